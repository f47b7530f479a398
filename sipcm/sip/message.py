"""One reusable object that the scanner fills anew for each SIP message.

It holds what following a call needs (method, status, CSeq, Call-ID, tags) and where the rest lies
in the block of packets, and reads a further header when it is asked for one. It knows nothing of
packets, time or calls, and is valid until the next message is scanned or the block is let go.
"""

from sipcm.annotation import Final, Match, final, i64
from sipcm.pattern import Pattern
from sipcm.sip.expires import UNSAID, delta_seconds
from sipcm.sip.grammar import (
    LINE_FEED,
    LineEnds,
    split_address,
    split_list,
    unfold,
)
from sipcm.sip.plainvalue import is_only_address, number_in, uri_at, uri_end
from sipcm.words import holds

UNDEF: Final = 0  # a response without a CSeq
REGISTER: Final = 1
INVITE: Final = 2
ACK: Final = 3
BYE: Final = 4
PRACK: Final = 5
CANCEL: Final = 6
OPTIONS: Final = 7
SUBSCRIBE: Final = 8
NOTIFY: Final = 9
UPDATE: Final = 10
INFO: Final = 11
REFER: Final = 12
PUBLISH: Final = 13
MESSAGE: Final = 14
OTHER: Final = 15  # an extension method; methods are case-sensitive (RFC 3261 7.1)

METHOD_NUMBERS: Final[dict[bytes, int]] = {
    b"REGISTER": REGISTER,
    b"INVITE": INVITE,
    b"ACK": ACK,
    b"BYE": BYE,
    b"PRACK": PRACK,
    b"CANCEL": CANCEL,
    b"OPTIONS": OPTIONS,
    b"SUBSCRIBE": SUBSCRIBE,
    b"NOTIFY": NOTIFY,
    b"UPDATE": UPDATE,
    b"INFO": INFO,
    b"REFER": REFER,
    b"PUBLISH": PUBLISH,
    b"MESSAGE": MESSAGE,
}

# Bits of Message.missing: the headers without which a message belongs to no call.
MISSING_FROM: Final = 1
MISSING_TO: Final = 2
MISSING_CALL_ID: Final = 4
MISSING_CSEQ: Final = 8

# Bits of Message.quirks. What they mean is told in sipcm.sip.quirk, which also has the bits that
# only a reading of every header finds.
LEADING_CRLF: Final = 1 << 0
EXTRA_SPACE: Final = 1 << 1
URI_SPACE: Final = 1 << 2
BARE_STATUS: Final = 1 << 3
VERSION: Final = 1 << 4
LINE_END: Final = 1 << 5
NO_EMPTY_LINE: Final = 1 << 6
CSEQ_METHOD: Final = 1 << 7
CSEQ_RANGE: Final = 1 << 8
CALL_ID_SPACE: Final = 1 << 9
BAD_ADDRESS: Final = 1 << 10
BAD_CONTENT_LENGTH: Final = 1 << 11
LEADING_JUNK: Final = 1 << 12
CSEQ_SPACE: Final = 1 << 13

# A header value that is one address in its plainest form.
ONLY_ADDRESS: Final = Pattern(rb'(?:[^"<>,;]*+|[ \t]*+"[^"\\]*+"[ \t]*+)<([^<>"]*+)>[^,<"]*+\Z')

# Groups of ``Message.usual``.
USUAL_PHRASE: Final = 2
USUAL_URI: Final = 4
USUAL_FROM: Final = 6
USUAL_TO: Final = 8

NOWHERE: Final = -1
"""The place of what is not there, or was not looked for."""

MOST_VALUE: Final = 8192
"""Bytes of a header value that are read; no header that matters here is nearly as long."""

MOST_LINES: Final = 32
"""Lines of one header that are read."""

MOST_ELEMENTS: Final = 32
"""Values of one header that are read, on all of its lines."""

_USUAL_ENDS: Final = LINE_FEED  # at hand, where it would be looked up in another module

_SPACE: Final = 32
_QUOTE: Final = 34


@final
class Message:
    """A SIP message: what the scanner found, and positions in ``buffer``.

    ``start``, ``end``     the bounds of the datagram
    ``headers_at``         the first byte after the start line
    ``headers_end``        where the empty line begins, or ``end``
    ``body_at``            the first byte after the empty line, or ``end``
    ``status``             0 for a request
    ``method``             a number from above; of a response, that of its CSeq
    ``method_token``       the same as text
    ``cseq``               its number
    ``call_id``            with its folds and other white space, if any, as single spaces
    ``from_tag_at`` ...    where the tags of From and To lie, NOWHERE once they are taken out or
                           where they were given
    ``content_length``     -1 when absent or unreadable
    ``missing``            MISSING_ bits
    ``quirks``             the violations that were tolerated and cost nothing to see
    ``error_at``           where reading failed, counted from ``start``
    ``uri_at``, ``uri_end``        the request URI
    ``phrase_at``, ``phrase_end``  the reason phrase
    ``line_ends``          how the lines of this message end
    ``usual``              the match of a message in the usual form; then ``uri_at`` to
                           ``phrase_end`` are not set
    ``located``            it was noted where the first header of each kind lies that is asked for
                           by a method below: ``contact_at`` and ``contact_end``, its value without
                           white space around it, to ``server_end``; how many ``contacts`` there
                           are; and where the first P-Asserted-Identity is, or NOWHERE
    ``from_uri_at`` ...    where the URIs in From and To lie, NOWHERE where it takes a closer look
    ``order``, ``via_at``  what a signature needs: the digits of its headers behind that of the
                           method, and where the value of the first Via begins
    ``restarts``           a line among the headers begins a message where lines come in a stream;
                           looked for in the plain form only
    ``seen_at`` ...        for the scanner's own use
    """

    __slots__ = (
        "agent_at",
        "agent_end",
        "body_at",
        "buffer",
        "call_id",
        "contact_at",
        "contact_end",
        "contacts",
        "content_length",
        "cseq",
        "end",
        "error_at",
        "expires_at",
        "expires_end",
        "from_tag_at",
        "from_tag_end",
        "from_uri_at",
        "from_uri_end",
        "given_from_tag",
        "given_to_tag",
        "headers_at",
        "headers_end",
        "identity_at",
        "line_ends",
        "located",
        "method",
        "method_token",
        "missing",
        "order",
        "phrase_at",
        "phrase_end",
        "quirks",
        "restarts",
        "seen_at",
        "seen_end",
        "seen_tag",
        "seen_tag_end",
        "server_at",
        "server_end",
        "start",
        "status",
        "to_tag_at",
        "to_tag_end",
        "to_uri_at",
        "to_uri_end",
        "uri_at",
        "uri_end",
        "usual",
        "via_at",
    )

    def __init__(self) -> None:
        self.buffer: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.headers_at: i64 = 0
        self.headers_end: i64 = 0
        self.body_at: i64 = 0
        self.status: i64 = 0
        self.method: i64 = UNDEF
        self.method_token: bytes = b""
        self.cseq: i64 = 0
        self.call_id: bytes = b""
        self.given_from_tag: bytes = b""
        self.given_to_tag: bytes = b""
        self.from_tag_at: i64 = NOWHERE
        self.from_tag_end: i64 = NOWHERE
        self.to_tag_at: i64 = NOWHERE
        self.to_tag_end: i64 = NOWHERE
        self.content_length: i64 = -1
        self.missing: i64 = 0
        self.quirks: i64 = 0
        self.error_at: i64 = 0
        self.uri_at: i64 = 0
        self.uri_end: i64 = 0
        self.phrase_at: i64 = 0
        self.phrase_end: i64 = 0
        self.line_ends: LineEnds = _USUAL_ENDS
        self.usual: Match | None = None
        self.located: bool = False
        self.from_uri_at: i64 = NOWHERE
        self.from_uri_end: i64 = NOWHERE
        self.to_uri_at: i64 = NOWHERE
        self.to_uri_end: i64 = NOWHERE
        self.contact_at: i64 = NOWHERE
        self.contact_end: i64 = NOWHERE
        self.contacts: i64 = 0
        self.expires_at: i64 = NOWHERE
        self.expires_end: i64 = NOWHERE
        self.agent_at: i64 = NOWHERE
        self.agent_end: i64 = NOWHERE
        self.server_at: i64 = NOWHERE
        self.server_end: i64 = NOWHERE
        self.identity_at: i64 = NOWHERE
        self.order: i64 = 0
        self.via_at: i64 = NOWHERE
        self.restarts: bool = False
        self.seen_at: i64 = NOWHERE
        self.seen_end: i64 = NOWHERE
        self.seen_tag: i64 = NOWHERE
        self.seen_tag_end: i64 = NOWHERE

    def begin(self, buffer: bytes, start: i64, end: i64) -> None:
        """Forget everything and take the datagram that lies in *start*..*end* of *buffer*."""
        self.begin_plain(buffer, start, end)
        self.headers_at = self.headers_end = self.body_at = start
        self.method = UNDEF
        self.method_token = b""
        self.cseq = 0
        self.call_id = b""
        self.from_tag = b""
        self.to_tag = b""
        self.located = False
        self.from_uri_at = self.to_uri_at = NOWHERE

    def begin_plain(self, buffer: bytes, start: i64, end: i64) -> None:
        """Take the datagram, and forget what a reading of the plain form does not always set."""
        self.buffer = buffer
        self.start = start
        self.end = end
        self.status = 0
        self.content_length = -1
        self.missing = 0
        self.quirks = 0
        self.error_at = 0
        self.headers_at = self.headers_end = start
        self.uri_at = self.uri_end = start
        self.phrase_at = self.phrase_end = start
        self.line_ends = _USUAL_ENDS
        self.usual = None
        self.contacts = 0
        self.expires_end = NOWHERE
        self.agent_end = NOWHERE
        self.server_end = NOWHERE
        self.identity_at = NOWHERE
        self.via_at = NOWHERE
        self.restarts = False

    @property
    def from_tag(self) -> bytes:
        """The tag of the From, on one line; empty where it has none."""
        if self.from_tag_at >= 0:
            self.given_from_tag = _part(self.buffer, self.from_tag_at, self.from_tag_end)
            self.from_tag_at = NOWHERE
        return self.given_from_tag

    @from_tag.setter
    def from_tag(self, tag: bytes) -> None:
        self.from_tag_at = NOWHERE
        self.given_from_tag = tag

    @property
    def to_tag(self) -> bytes:
        """The tag of the To, on one line; empty where it has none."""
        if self.to_tag_at >= 0:
            self.given_to_tag = _part(self.buffer, self.to_tag_at, self.to_tag_end)
            self.to_tag_at = NOWHERE
        return self.given_to_tag

    @to_tag.setter
    def to_tag(self, tag: bytes) -> None:
        self.to_tag_at = NOWHERE
        self.given_to_tag = tag

    def is_from(self, tag: bytes) -> bool:
        """Tell whether *tag* is that of the From, without taking that out."""
        if self.from_tag_at >= 0:
            return holds(self.buffer, self.from_tag_at, self.from_tag_end, tag)
        return self.given_from_tag == tag

    def is_to(self, tag: bytes) -> bool:
        """Tell whether *tag* is that of the To, without taking that out."""
        if self.to_tag_at >= 0:
            return holds(self.buffer, self.to_tag_at, self.to_tag_end, tag)
        return self.given_to_tag == tag

    def has_to_tag(self) -> bool:
        """Tell whether the To has a tag, without taking it out."""
        if self.to_tag_at >= 0:
            return self.to_tag_end > self.to_tag_at
        return len(self.given_to_tag) > 0

    def request_uri(self) -> bytes:
        """Return the request URI as it was written; empty for a response."""
        if self.usual is not None:
            return self.usual[USUAL_URI] or b""
        return self.buffer[self.uri_at : self.uri_end] if self.uri_end > self.uri_at else b""

    def reason_phrase(self) -> bytes:
        """Return the reason phrase; empty for a request."""
        if self.usual is not None:
            return (self.usual[USUAL_PHRASE] or b"").strip(b" \t")
        if self.phrase_end > self.phrase_at:
            phrase = self.buffer[self.phrase_at : self.phrase_end]
            return phrase.strip(b" \t") if _has_blank_end(phrase) else phrase
        return b""

    def first(self, name: bytes) -> bytes:
        """Return the value of the first header *name* (the RFC's spelling) on one line.

        Empty when there is none. A header line that the end of the datagram cuts off is none. What
        is longer than MOST_VALUE is cut.
        """
        lines = self.line_ends.header(name)
        found = lines.search(self.buffer, self.headers_at - 1, self.headers_end)
        return b"" if found is None else _reasonable(found[1])

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of the headers *name*, each on one line, in order.

        There are MOST_LINES at most. A list that is longer than MOST_VALUE ends at a comma before.
        """
        lines = self.line_ends.header(name)
        found = lines.findall(self.buffer, self.headers_at - 1, self.headers_end)
        return [_whole_elements(_reasonable(value)) for value in found[:MOST_LINES]]

    def elements(self, name: bytes) -> list[bytes]:
        """Return the values of the headers *name*, split at their commas, in order.

        There are MOST_ELEMENTS at most.
        """
        elements: list[bytes] = []
        for value in self.values(name):
            elements += split_list(value, MOST_ELEMENTS - len(elements))
        return elements

    def from_uri(self) -> bytes:
        """Return the URI in the From header, without brackets and display name."""
        if self.usual is not None and self.usual.end(USUAL_FROM) - self.headers_at < MOST_VALUE:
            return self.usual[USUAL_FROM].strip()
        if self.from_uri_at >= 0:
            return self._stripped(self.from_uri_at, self.from_uri_end)
        return split_address(self.first(b"From"))[0]

    def to_uri(self) -> bytes:
        """Return the URI in the To header, without brackets and display name."""
        if self.usual is not None and self.usual.end(USUAL_TO) - self.headers_at < MOST_VALUE:
            return self.usual[USUAL_TO].strip()
        if self.to_uri_at >= 0:
            return self._stripped(self.to_uri_at, self.to_uri_end)
        return split_address(self.first(b"To"))[0]

    def contact_uri(self) -> bytes:
        """Return the URI of the first contact; ``*`` for a REGISTER that removes them all."""
        if not self.located:
            return self._uri(b"Contact", 0)
        if self.contacts == 0:
            return b""
        if self.contact_end - self.contact_at < MOST_VALUE:
            at = uri_at(self.buffer, self.contact_at, self.contact_end)
            if at == self.contact_at:
                return self.buffer[at : self.contact_end]
            if at >= 0:
                end = uri_end(self.buffer, at, self.contact_end)
                # Behind a name in quotes one has to see that the rest is sound.
                if end > at and (
                    self.buffer[self.contact_at] != _QUOTE
                    or is_only_address(self.buffer, end + 1, self.contact_end)
                ):
                    return self.buffer[at:end]
        value = self._slice(self.contact_at, self.contact_end)
        only = ONLY_ADDRESS.match(value)
        if only is not None:
            return only[1].strip()
        if self.contacts == 1:
            elements = split_list(_whole_elements(value), MOST_ELEMENTS)
        else:
            elements = self.elements(b"Contact")
        return split_address(elements[0])[0] if elements else b""

    def contact_values(self) -> list[bytes]:
        """Return the values of all Contact headers, each on one line, in order."""
        if not self.located or self.contacts > 1:
            return self.values(b"Contact")
        if self.contacts == 0:
            return []
        return [_whole_elements(self._slice(self.contact_at, self.contact_end))]

    def identity(self, position: i64) -> bytes:
        """Return the URI number *position* (from 0) in P-Asserted-Identity (RFC 3325 9.1)."""
        if self.located and self.identity_at < 0:
            return b""
        return self._uri(b"P-Asserted-Identity", position)

    def user_agent(self) -> bytes:
        """Return the User-Agent header."""
        if self.located:
            return self._slice(self.agent_at, self.agent_end)
        return self.first(b"User-Agent")

    def server(self) -> bytes:
        """Return the Server header."""
        if self.located:
            return self._slice(self.server_at, self.server_end)
        return self.first(b"Server")

    def expires(self) -> i64:
        """Return the seconds in the Expires header, UNSAID without, 3600 for a malformed one."""
        if self.located:
            seconds = number_in(self.buffer, self.expires_at, self.expires_end)
            if seconds >= 0:
                return seconds
            value = self._slice(self.expires_at, self.expires_end)
        else:
            value = self.first(b"Expires")
        if not value:
            return UNSAID
        return delta_seconds(value)

    def _slice(self, at: i64, end: i64) -> bytes:
        if end - at > MOST_VALUE:
            return self.buffer[at : at + MOST_VALUE].strip(b" \t")
        return self.buffer[at:end] if end > at else b""

    def _stripped(self, at: i64, end: i64) -> bytes:
        """Return what lies in *at*..*end* without white space around it, which is seldom there."""
        text = self._slice(at, end)
        return text.strip() if _has_blank_end(text) else text

    def _uri(self, name: bytes, position: i64) -> bytes:
        lines = self.line_ends.header(name)
        found = lines.search(self.buffer, self.headers_at - 1, self.headers_end)
        if found is None:
            return b""
        only = ONLY_ADDRESS.match(_reasonable(found[1])) if position == 0 else None
        if only is not None:
            return only[1].strip()
        addresses = self.elements(name)
        return split_address(addresses[position])[0] if position < len(addresses) else b""


def _part(buffer: bytes, at: i64, end: i64) -> bytes:
    return buffer[at:end] if end > at else b""


def _has_blank_end(text: bytes) -> bool:
    """Tell whether there may be white space to strip off *text*, which few have."""
    size: i64 = len(text)
    return size > 0 and (text[0] <= _SPACE or text[size - 1] <= _SPACE)


def _reasonable(value: bytes) -> bytes:
    """Put a header value on one line; of one that is longer than any header goes, the begin."""
    if len(value) > MOST_VALUE:
        value = value.lstrip(b" \t")[:MOST_VALUE]
    return unfold(value)


def _whole_elements(value: bytes) -> bytes:
    """Leave out the element in which a list was cut, unless that is all there is."""
    if len(value) < MOST_VALUE - 1:
        return value
    whole, comma, _ = value.rpartition(b",")
    return whole if comma else value
