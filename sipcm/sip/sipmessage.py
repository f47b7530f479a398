"""A SIP message as a value: each field under the name that RFC 3261 has for it.

What the scanner decides (start line, Call-ID, CSeq, tags, where the body begins) is taken from it
and not read a second time. Everything else is read when it is asked for, and kept where that pays.
A field is None, or empty where there may be several, when the message has none; nothing raises.
"""

import re
from functools import cached_property
from typing import Final

from sipcm.sip.address import Address, parse_address
from sipcm.sip.authentication import Authentication, parse_authentication
from sipcm.sip.cseq import CSeq, parse_cseq
from sipcm.sip.event import Event, parse_event
from sipcm.sip.grammar import SIP_VERSION, canonical_name, split_list, unfold
from sipcm.sip.header import Header, count_headers, read_headers
from sipcm.sip.mediatype import MediaType, parse_media_type
from sipcm.sip.message import MISSING_FROM, MISSING_TO, Message
from sipcm.sip.parameters import number
from sipcm.sip.quirk import Quirk
from sipcm.sip.reasonvalue import ReasonValue, parse_reason
from sipcm.sip.sdp import SessionDescription, find_sdp
from sipcm.sip.sessionid import SessionId, parse_session_id
from sipcm.sip.subscriptionstate import SubscriptionState, parse_subscription_state
from sipcm.sip.uri import Uri, parse_uri
from sipcm.sip.urn import Urn, parse_urn
from sipcm.sip.via import Via, parse_via
from sipcm.sip.violations import find_violations
from sipcm.sip.warningvalue import WarningValue, parse_warnings

MOST_HEADERS: Final = 256
"""Headers that are read for people to see, and for violations; few messages have thirty."""

_VERSION: Final = re.compile(SIP_VERSION)


class SipMessage:
    """A SIP request or response.

    Two are equal when start line, headers (under whichever spelling of a name) and body are.
    """

    def __init__(self, scanned: Message) -> None:
        """Take the message that the scanner found, whose buffer is that message alone."""
        self._scanned = scanned

    def __repr__(self) -> str:
        """Show the start line."""
        return f"<SipMessage {self._start_line.decode('utf-8', 'backslashreplace')}>"

    def __eq__(self, other: object) -> bool:
        """Tell whether both say the same, however it is written."""
        return self._content == other._content if isinstance(other, SipMessage) else NotImplemented

    def __hash__(self) -> int:
        """Be the same for equal messages."""
        return hash(self._content)

    # The start line

    @property
    def is_request(self) -> bool:
        """Tell a request from a response (7)."""
        return self._scanned.status == 0

    @cached_property
    def version(self) -> bytes:
        """The version of SIP as it is written (7.1)."""
        found: list[bytes] = _VERSION.findall(self._start_line)
        return found[-1 if self.is_request else 0]

    @property
    def method(self) -> bytes:
        """The method (7.1); of a response, that of its CSeq (20.16)."""
        return self._scanned.method_token

    @property
    def request_uri(self) -> bytes:
        """The request URI as it is written (8.1.1.1); empty for a response."""
        return self._scanned.request_uri()

    @property
    def uri(self) -> Uri | Urn | None:
        """The parts of the request URI (19.1); None where it is no SIP, SIPS, tel URI or URN."""
        return parse_uri(self.request_uri) or parse_urn(self.request_uri)

    @property
    def status(self) -> int:
        """The status code (7.2); 0 for a request."""
        return self._scanned.status

    @property
    def reason_phrase(self) -> bytes:
        """The reason phrase (7.2); empty for a request."""
        return self._scanned.reason_phrase()

    # Headers by name

    @cached_property
    def headers(self) -> tuple[Header, ...]:
        """All header fields in order (7.3)."""
        return read_headers(self._scanned)

    @cached_property
    def first_headers(self) -> tuple[Header, ...]:
        """The first MOST_HEADERS of them, which are all but in a message made to be long."""
        return read_headers(self._scanned, MOST_HEADERS)

    @cached_property
    def more_headers(self) -> int:
        """How many there are behind the first ones."""
        if len(self.first_headers) < MOST_HEADERS:
            return 0
        return count_headers(self._scanned) - MOST_HEADERS

    def header(self, name: bytes) -> bytes | None:
        """Return the value of the first header *name* (any case, or compact), None without one."""
        found = self._lines_of(name).search(*self._head)
        return None if found is None else unfold(found[1])

    def all(self, name: bytes) -> list[bytes]:
        """Return the values of all headers *name* (any case, or compact) in order."""
        return [unfold(value) for value in self._lines_of(name).findall(*self._head)]

    def elements(self, name: bytes) -> list[bytes]:
        """Return the values of all headers *name*, split at their commas, in order (7.3.1)."""
        return [element for value in self.all(name) for element in split_list(value)]

    # Dialog and transaction

    @property
    def call_id(self) -> bytes:
        """What all messages of a call, or of a client's registrations, have in common (20.8)."""
        return self._scanned.call_id

    @cached_property
    def from_(self) -> Address | None:
        """Who began the dialog, and its tag there (20.20)."""
        missing = self._scanned.missing & MISSING_FROM
        return None if missing else parse_address(self._scanned.first(b"From"))

    @cached_property
    def to(self) -> Address | None:
        """Who is asked, and the tag of who answered (20.39)."""
        missing = self._scanned.missing & MISSING_TO
        return None if missing else parse_address(self._scanned.first(b"To"))

    @property
    def cseq(self) -> CSeq | None:
        """The number and method of the transaction (20.16)."""
        return parse_cseq(self._scanned.first(b"CSeq"))

    @cached_property
    def via(self) -> tuple[Via, ...]:
        """The hops back to the sender of the request, the nearest first (20.42)."""
        return tuple(map(parse_via, self.elements(b"Via")))

    @property
    def max_forwards(self) -> int | None:
        """How many hops are left; None also for what is no number up to 255 (20.22)."""
        return number(self.header(b"Max-Forwards"), 255)

    # Routing and registration

    @cached_property
    def contacts(self) -> tuple[Address, ...]:
        """Where to send what follows (20.10); the URI may be ``*`` (10.2.2)."""
        return self._addresses(b"Contact")

    @property
    def expires(self) -> int | None:
        """For how many seconds (20.19); a malformed value means an hour (20.10)."""
        seconds = self._scanned.expires()
        return None if seconds < 0 else seconds

    @property
    def route(self) -> tuple[Address, ...]:
        """The proxies to go through (20.34)."""
        return self._addresses(b"Route")

    @property
    def record_route(self) -> tuple[Address, ...]:
        """The proxies that want to see the dialog (20.30)."""
        return self._addresses(b"Record-Route")

    # Who and why

    @property
    def user_agent(self) -> bytes | None:
        """The product that sent the request (20.41)."""
        return self.header(b"User-Agent")

    @property
    def server(self) -> bytes | None:
        """The product that answered (20.35)."""
        return self.header(b"Server")

    @property
    def p_asserted_identity(self) -> tuple[Address, ...]:
        """Who the user is, as a trusted proxy vouches (RFC 3325 9.1)."""
        return self._addresses(b"P-Asserted-Identity")

    @property
    def reason(self) -> tuple[ReasonValue, ...]:
        """Why the request was sent (RFC 3326 2)."""
        return tuple(map(parse_reason, self.elements(b"Reason")))

    @property
    def warnings(self) -> tuple[WarningValue, ...]:
        """What a response warns of (20.43)."""
        values = map(parse_warnings, self.all(b"Warning"))
        return tuple(warning for value in values for warning in value)

    @property
    def session_id(self) -> SessionId | None:
        """What tells the session from end to end (RFC 7989 5)."""
        value = self.header(b"Session-ID")
        return None if value is None else parse_session_id(value)

    # Authentication

    @property
    def www_authenticate(self) -> tuple[Authentication, ...]:
        """The challenges of a 401 (20.44)."""
        return self._authentication(b"WWW-Authenticate")

    @property
    def proxy_authenticate(self) -> tuple[Authentication, ...]:
        """The challenges of a 407 (20.27)."""
        return self._authentication(b"Proxy-Authenticate")

    @property
    def authorization(self) -> tuple[Authentication, ...]:
        """The credentials for a user agent or registrar (20.7)."""
        return self._authentication(b"Authorization")

    @property
    def proxy_authorization(self) -> tuple[Authentication, ...]:
        """The credentials for proxies (20.28)."""
        return self._authentication(b"Proxy-Authorization")

    # Events

    @property
    def event(self) -> Event | None:
        """What is subscribed to, or told of (RFC 6665 8.2.1)."""
        value = self.header(b"Event")
        return None if value is None else parse_event(value)

    @property
    def subscription_state(self) -> SubscriptionState | None:
        """How the subscription stands (RFC 6665 8.2.3)."""
        value = self.header(b"Subscription-State")
        return None if value is None else parse_subscription_state(value)

    # The body

    @property
    def content_length(self) -> int | None:
        """How long the body is said to be (20.14); None also for what is no number."""
        length = self._scanned.content_length
        return None if length < 0 else length

    @property
    def content_type(self) -> MediaType | None:
        """What the body is (20.15)."""
        value = self.header(b"Content-Type")
        return None if value is None else parse_media_type(value)

    @property
    def body(self) -> bytes:
        """The body (7.4): as long as Content-Length says, or up to the end of the datagram."""
        begin, length = self._scanned.body_at, self._scanned.content_length
        return self._scanned.buffer[begin : self._scanned.end if length < 0 else begin + length]

    @cached_property
    def sdp(self) -> SessionDescription | None:
        """The session description in the body or in a part of it (RFC 8866, RFC 5621)."""
        return find_sdp(self.content_type, self.body)

    @cached_property
    def quirks(self) -> Quirk:
        """The violations of RFC 3261 that were tolerated."""
        return find_violations(self._scanned, self.first_headers)

    @property
    def _start_line(self) -> bytes:
        """The start line, without what may stand before it."""
        head = self._scanned.buffer[: self._scanned.headers_at].rstrip(b"\r\n")
        return head[max(head.rfind(b"\r"), head.rfind(b"\n")) + 1 :].strip(b"\0 \t\xef\xbb\xbf")

    @property
    def _head(self) -> tuple[bytes, int, int]:
        """Where headers are looked for: from the last byte of the start line on."""
        scanned = self._scanned
        return scanned.buffer, scanned.headers_at - 1, scanned.headers_end

    def _lines_of(self, name: bytes) -> re.Pattern[bytes]:
        """Return what finds headers *name*, without reading any other."""
        return self._scanned.line_ends.header(canonical_name(name))

    @property
    def _content(self) -> tuple[object, ...]:
        line = (self.status, self.method, self.request_uri, self.version, self.reason_phrase)
        headers = tuple((header.canonical_name.lower(), header.value) for header in self.headers)
        return (*line, headers, self.body)

    def _addresses(self, name: bytes) -> tuple[Address, ...]:
        return tuple(map(parse_address, self.elements(name)))

    def _authentication(self, name: bytes) -> tuple[Authentication, ...]:
        values = map(parse_authentication, self.all(name))
        return tuple(one for value in values for one in value)
