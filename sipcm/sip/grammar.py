r"""The grammar of SIP as regular expressions, under the names of RFC 3261 25.1.

It knows what a line, a header name, an address and a list look like, in the strict form and in the
forms that a tolerant reader still understands. It does not know what a message means.

The input is an attacker's, so every pattern here runs in linear time: repetition of a character
class is possessive, and repetition of a group stands in an atomic group. (A possessive *group* is
avoided: CPython before 3.11.5 may lose its place in one, python/cpython#106052. For the same reason
the end is asked for with ``\Z`` and never with ``fullmatch``.)
"""

import sys
from itertools import islice

from sipcm.annotation import TYPE_CHECKING, Final
from sipcm.pattern import Pattern

if TYPE_CHECKING:
    import re

# Whether a byte is there is asked by its number: for one of a text CPython 3.11 raises and catches
# an exception first.
_LF: Final = 10
_CR: Final = 13
_COMMA: Final = 44

TOKEN: Final = rb"[A-Za-z0-9\-.!%*_+`'~]"
"""One character of a token; a method, a header name and a tag are made of them."""

LWS: Final = rb"[ \t\r\n]*+"
"""White space inside a header value, folds included."""

QUOTED_STRING: Final = rb'"[^"\\]*+(?>(?:\\(?s:.)[^"\\]*+)*)"'

SIP_VERSION: Final = rb"[Ss][Ii][Pp]/[0-9]++\.[0-9]++"

_BLANKS: Final = rb"[\0 \t\r\n\xef\xbb\xbf]"
JUNK: Final = rb"(?:%b{1,64}+|[^\r\n\x01-\x08\x0b\x0c\x0e-\x1f]{1,64}+\r?+\n%b{0,64}+)" % (
    _BLANKS,
    _BLANKS,
)
"""What may stand before a start line by mistake: white space, NULs, a BOM, a short line of text."""

_NAMES: Final = (
    b"Accept-Contact:a Allow-Events:u Call-ID:i Contact:m Content-Encoding:e Content-Length:l "
    b"Content-Type:c Event:o From:f Identity:y Refer-To:r Referred-By:b Reject-Contact:j "
    b"Request-Disposition:d Session-Expires:x Subject:s Supported:k To:t Via:v "
    b"Authorization CSeq Date Expires Max-Forwards P-Asserted-Identity Proxy-Authenticate "
    b"Proxy-Authorization Reason Record-Route Route Server Session-ID Subscription-State "
    b"User-Agent Warning WWW-Authenticate"
)

COMPACT_FORMS: Final[dict[bytes, bytes]] = {
    name: compact for name, _, compact in (n.partition(b":") for n in _NAMES.split()) if compact
}
"""Header name as the RFC writes it -> compact form (RFC 3261 7.3.3 and the IANA registry)."""

_CANONICAL: Final[dict[bytes, bytes]] = {
    spelling.lower(): name
    for name, _, compact in (n.partition(b":") for n in _NAMES.split())
    for spelling in (name, compact)
    if spelling
}


def canonical_name(name: bytes) -> bytes:
    """Return the header *name* as the RFC writes it, an unknown one as it is."""
    return _CANONICAL.get(name.lower(), name)


def any_case(text: bytes) -> bytes:
    """Return a pattern for *text* in any case; sre checks sets faster than IGNORECASE."""
    return b"".join(map(_in_any_case, text))


def _in_any_case(letter: int) -> bytes:
    if chr(letter).isalpha():
        return b"[%c%c]" % (letter ^ 32, letter)
    return b"%c" % letter if chr(letter).isdigit() else rb"\%c" % letter


def header_name(name: bytes) -> bytes:
    """Return a pattern for a header name, long or compact, up to and with its colon."""
    spellings = [name, COMPACT_FORMS[name]] if name in COMPACT_FORMS else [name]
    return b"(?:" + b"|".join(any_case(s) for s in spellings) + rb")[ \t]*+:"


class LineEnds:
    """One reading of line ends, and the patterns that depend on it.

    ``end``   the end of a line
    ``rest``  all that is left of a line, its end included
    ``value`` a header value over all its folded lines, without the last end
    """

    def __init__(self, end: bytes, rest: bytes, first: bytes) -> None:
        """Take the patterns *end* and *rest*, and those bytes *first* that may begin an end."""
        self.end = end
        self.rest = rest
        self.value = rb"[^\r\n]*+(?>(?:" + end + rb"[ \t][^\r\n]*+)*)"
        self._before = first
        self._headers: dict[bytes, re.Pattern[bytes]] = {}

    def header(self, name: bytes) -> "re.Pattern[bytes]":
        """Return what finds the header *name*, from the line end before it.

        Group 1 is its value, folds included. A line that the datagram cuts off is not found.
        """
        pattern = self._headers.get(name)
        if pattern is None:
            source = self._before + header_name(name) + b"(%b)(?=%b)" % (self.value, self.rest)
            pattern = self._headers[name] = Pattern(source).compiled()
        return pattern


LINE_FEED: Final = LineEnds(rb"\r*+\n", rb"[^\n]*+\n", rb"\n")
"""CRLF or LF ends a line, mixed as they come. A CR elsewhere hides the rest of its line."""

ANY_LINE_END: Final = LineEnds(rb"(?>\r\n?+|\n)", rb"[^\r\n]*+(?>\r\n?+|\n)", rb"[\r\n]")
"""Also a lone CR ends a line; for messages whose start line ends so."""


def unfold(value: bytes) -> bytes:
    """Strip *value* and put one space in the place of each fold (RFC 3261 7.3.1)."""
    if _LF not in value and _CR not in value:
        return value.strip(b" \t")
    lines = [line.strip(b" \t") for line in value.splitlines()]
    return lines[0] if len(lines) == 1 else b" ".join(line for line in lines if line)


# A quoted string or a bracket that is never closed runs to the end of the value.
_LIST_ELEMENT: Final = Pattern(
    rb'(?>(?:[^",<]++|"[^"\\]*+(?>(?:\\(?s:.)[^"\\]*+)*)(?:"|\\?+\Z)|<[^>]*+(?:>|\Z))+)'
)


def split_list(value: bytes, most: int = sys.maxsize) -> list[bytes]:
    """Split an unfolded header value at the commas outside quotes and angle brackets.

    At *most* so many elements are looked at.
    """
    if _COMMA not in value:
        only = value.strip(b" \t")
        return [only] if only and most > 0 else []
    elements = [found[0].strip(b" \t") for found in islice(_LIST_ELEMENT.finditer(value), most)]
    return [element for element in elements if element]


TAG_CHARACTER: Final = rb'[^;,"<> \t\r\n]'
"""One character of a tag; more than a token has, for tags are only ever compared."""

_TAG: Final = rb";" + LWS + any_case(b"tag") + LWS + rb"="

# name-addr or addr-spec, then parameters as far as the tag (RFC 3261 20.20, 20.39).
_DISPLAY_NAME: Final = rb'(?>(?:[^"<;]++|%b)*)' % QUOTED_STRING
_OTHER_PARAMETERS: Final = rb'(?>(?:(?!%b);(?:[^"<;]++|%b|<[^>]*+>)*)*)' % (_TAG, QUOTED_STRING)
_ADDRESS: Final = Pattern(
    rb'(?:%b<([^<>]*+)>|([^"<>;]*+))%b%b' % (_DISPLAY_NAME, LWS, _OTHER_PARAMETERS)
    + rb'(?:%b%b(?:"([^"]*+)"|(%b++))|\Z)' % (_TAG, LWS, TAG_CHARACTER)
)

# The tag where quotes or brackets do not pair; what stands in a pair of quotes is still no tag.
_LOOSE_TAG: Final = Pattern(rb'"[^"]*+"|' + _TAG + LWS + rb'"?+(' + TAG_CHARACTER + rb"++)")


def split_address(value: bytes) -> tuple[bytes, bytes, bool]:
    """Find the URI and the tag in the value of a From, To or Contact.

    Each is empty when absent. The last item is False where a quote, a bracket or the tag is broken
    and the two are what can still be made out.
    """
    found = _ADDRESS.match(value)
    if found:
        return (found[1] or found[2] or b"").strip(), found[3] or found[4] or b"", True
    _, bracket, inside = value.partition(b"<")
    uri, closed, rest = inside.partition(b">")
    if not closed:
        uri, semicolon, rest = (inside if bracket else value).partition(b";")
        rest = semicolon + rest
    tags = (tag[1] for tag in _LOOSE_TAG.finditer(rest) if tag[1])
    return uri.strip(), next(tags, b""), False


def parameter(name: bytes) -> Pattern:
    """Return a pattern that finds the parameter *name*, from the first semicolon on.

    Group 1 is a value in quotes, without them; group 2 any other, with the space around it.
    """
    spelled = b";" + LWS + any_case(name) + LWS + rb"(?=[=;]|\Z)"
    others = rb'(?>(?:[^";]++|%b|;(?!%b))*)' % (QUOTED_STRING, spelled[1:])
    return Pattern(
        others + spelled + rb'(?:=%b(?:"([^"\\]*+(?>(?:\\(?s:.)[^"\\]*+)*))"|([^";]*+)))?' % LWS
    )
