"""Read and compare SIP and tel URIs, and compare URNs.

Text comes in as bytes and stays bytes; nothing raises. Other schemes are not read.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

from sipcm.sip.parameters import Parameters, Parametrized
from sipcm.sip.urn import ESCAPED, parse_urn

_SIP_URI: Final = re.compile(
    rb"([Ss][Ii][Pp][Ss]?+):"
    rb"(?:([^@:<>\" \t]++)(?::([^@<>\" \t]*+))?@)?"
    rb"(\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9._\-]++)(?::([0-9]{1,5}))?"
    rb"((?>(?:;[^;?]*+)*))(?:\?(.*))?\Z"
)
_TEL_URI: Final = re.compile(rb"([Tt][Ee][Ll]):([0-9A-Fa-f*#+\-.()]++)((?>(?:;[^;?]*+)*))\Z")
_VISUAL_SEPARATORS: Final = b"-.()"  # RFC 3966 3
_NEEDS_ESCAPE: Final = b';/?:@&=+$,%<>"'
"""Characters that mean something else escaped: reserved ones (RFC 2396 2.2) and delimiters."""

_NEVER_IGNORED: Final = frozenset({b"transport", b"user", b"ttl", b"method", b"maddr"})
"""Parameters that make two URIs differ where only one has them (RFC 3261 19.1.4).

``gr`` is none of them: by these rules a public GRUU is its AOR (RFC 5627 5.4).
"""

MOST_REMEMBERED: Final = 4096
"""URIs of which it is remembered how they compare, for comparing them again."""

LONGEST_COMPARED: Final = 512
MOST_PARAMETERS: Final = 16
"""URIs that are longer, or have more parameters or headers, are only compared as texts."""


@dataclass(frozen=True, slots=True)
class Uri(Parametrized):
    """A SIP, SIPS or tel URI (RFC 3261 19.1.1, RFC 3966 3).

    ``scheme`` and ``host`` are in lower case, an IPv6 address is in the form of RFC 5952. ``user``
    of a tel URI is its number; None where a URI names no user. ``port`` is None when absent. Names
    of ``parameters`` are in lower case, a value is empty when absent. ``headers`` is the text after
    the question mark.
    """

    scheme: bytes
    user: bytes | None
    password: bytes | None
    host: bytes
    port: int | None
    parameters: Parameters
    headers: bytes

    @property
    def address_of_record(self) -> bytes:
        """Scheme, user, host and port in canonical form (RFC 3261 10.3, step 5)."""
        if self.scheme == b"tel":
            return self._telephone_number()
        user = b"" if self.user is None else _unescape(self.user) + b"@"
        port = b"" if self.port is None else b":%d" % self.port
        return self.scheme + b":" + user + self.host + port

    def equals(self, other: "Uri", *, ignore_port: bool = False) -> bool:
        """Tell whether both mean the same resource (RFC 3261 19.1.4, RFC 3966 4).

        What a parameter means is the same in any case. One that only *other* or only this URI has
        makes a difference where the RFC says so; each header does.
        """
        return _agree(_likeness(self), _likeness(other), ignore_port=ignore_port)

    def _telephone_number(self) -> bytes:
        context = self.parameter(b"phone-context")
        suffix = b";phone-context=" + _phone_value(b"phone-context", context) if context else b""
        return b"tel:" + _digits(self.user or b"") + suffix


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two URIs must have in common to be the same.

    ``fixed`` and ``port`` must be equal, ``free`` parameters only where both have them.
    """

    fixed: tuple[object, ...]
    port: int | None
    free: dict[bytes, bytes]


def parse_uri(text: bytes) -> Uri | None:
    """Return the URI in *text*, None if it is none of SIP, SIPS or tel or not well formed."""
    text = text.strip()
    if found := _SIP_URI.match(text):
        scheme, user, password, host, port, parameters, headers = found.groups()
        number = None if port is None else int(port)
        if number is not None and number > 65535:
            return None
        return Uri(
            scheme.lower(), user, password, _host(host), number, _split(parameters), headers or b""
        )
    if found := _TEL_URI.match(text):
        return Uri(b"tel", found[2], None, b"", None, _split(found[3]), b"")
    return None


def address_of_record(text: bytes) -> bytes:
    """Return the URI *text* in the form under which bindings are kept.

    Of a URN that is the assigned name (RFC 8141 3.1). What is none of ours, or too long to be one,
    is kept as it is.
    """
    if len(text) > LONGEST_COMPARED:
        return text.strip()
    if uri := parse_uri(text):
        return uri.address_of_record
    urn = parse_urn(text)
    return text.strip() if urn is None else urn.canonical


def place_of_same(uri: bytes, others: list[bytes], *, ignore_port: bool) -> int:
    """Return where the first of *others* is that is the same as *uri*, -1 where none is.

    By RFC 3261 19.1.4, RFC 3966 4 and RFC 8141 3.1. What is none of ours, or too long to be
    compared part by part, is compared without case.
    """
    ours = _likeness_of(uri)
    text = uri.strip().lower() if ours is None else b""
    for place, other in enumerate(others):
        theirs = _likeness_of(other)
        if ours is None or theirs is None:
            same = ours is theirs and _is_text(other.strip(), text)
        else:
            same = _agree(ours, theirs, ignore_port=ignore_port)
        if same:
            return place
    return -1


def _is_text(text: bytes, lowered: bytes) -> bool:
    return len(text) == len(lowered) and text.lower() == lowered


def _likeness_of(text: bytes) -> Likeness | None:
    """Return how the URI *text* compares, None where that is as a text only."""
    return _remembered(text) if len(text) <= LONGEST_COMPARED else None


@lru_cache(MOST_REMEMBERED)
def _remembered(text: bytes) -> Likeness | None:
    uri = parse_uri(text)
    if uri is None and (urn := parse_urn(text)):
        return Likeness((urn.canonical,), None, {})
    if uri is None or len(uri.parameters) + uri.headers.count(b"&") > MOST_PARAMETERS:
        return None
    return _likeness(uri)


def _likeness(uri: Uri) -> Likeness:
    if uri.scheme == b"tel":
        values = {name: _phone_value(name, value) for name, value in uri.parameters}
        return Likeness((uri.scheme, _digits(uri.user or b""), values), None, {})
    values = {name: _unescape(value).lower() for name, value in uri.parameters}
    needed = {name: value for name, value in values.items() if name in _NEVER_IGNORED}
    return Likeness(
        (
            uri.scheme,
            _plain(uri.user),
            _plain(uri.password),
            uri.host,
            needed,
            _headers(uri.headers),
        ),
        uri.port,
        {name: value for name, value in values.items() if name not in needed},
    )


def _agree(one: Likeness, other: Likeness, *, ignore_port: bool) -> bool:
    if one.fixed != other.fixed or (one.port != other.port and not ignore_port):
        return False
    theirs = other.free
    for name, value in one.free.items():  # noqa: SIM110  a thousand times for some a message
        if theirs.get(name, value) != value:
            return False
    return True


def _host(text: bytes) -> bytes:
    """Return a host in lower case, an address of IPv6 in its shortest form (RFC 5954 4.2)."""
    if text[:1] != b"[":
        return text.lower()
    try:
        return b"[%b]" % str(IPv6Address(text[1:-1].decode())).encode()
    except ValueError:
        return text.lower()


def _headers(text: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a URI, in an order of their own."""
    pairs = (header.partition(b"=") for header in text.split(b"&"))
    return sorted((_unescape(name).lower(), _unescape(value)) for name, _, value in pairs)


def _split(parameters: bytes) -> Parameters:
    pairs = (parameter.partition(b"=") for parameter in parameters.split(b";")[1:])
    return tuple((name.lower(), value) for name, _, value in pairs)


def _digits(number: bytes) -> bytes:
    return number.translate(None, _VISUAL_SEPARATORS).lower()


def _phone_value(name: bytes, value: bytes) -> bytes:
    """Return a parameter of a tel URI as it compares: numbers without what only parts them."""
    if name == b"ext" or (name == b"phone-context" and value[:1] == b"+"):
        return _digits(value)
    return _unescape(value).lower()


def _plain(text: bytes | None) -> bytes | None:
    return None if text is None else _unescape(text)


def _unescape(text: bytes) -> bytes:
    """Undo the escapes that need not be (RFC 3261 19.1.2), write the others in upper case."""
    return ESCAPED.sub(_unescape_one, text) if b"%" in text else text


def _unescape_one(escaped: re.Match[bytes]) -> bytes:
    character = int(escaped[0][1:], 16)
    visible = 0x20 < character < 0x7F and character not in _NEEDS_ESCAPE
    return bytes([character]) if visible else escaped[0].upper()
