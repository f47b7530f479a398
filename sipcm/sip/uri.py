"""Read and compare SIP and tel URIs.

Text comes in as bytes and stays bytes; nothing raises. Other schemes are not read.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

_SIP_URI: Final = re.compile(
    rb"([Ss][Ii][Pp][Ss]?+):"
    rb"(?:([^@:<>\" \t]++)(?::([^@<>\" \t]*+))?@)?"
    rb"(\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9._\-]++)(?::([0-9]{1,5}))?"
    rb"((?>(?:;[^;?]*+)*))(?:\?(.*))?\Z"
)
_TEL_URI: Final = re.compile(rb"([Tt][Ee][Ll]):([0-9A-Fa-f*#+\-.()]++)((?>(?:;[^;?]*+)*))\Z")
_VISUAL_SEPARATORS: Final = b"-.()"  # RFC 3966 3
_ESCAPED: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
_UNRESERVED: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
)

_NEVER_IGNORED: Final = frozenset({b"transport", b"user", b"ttl", b"method", b"maddr", b"gr"})
"""Parameters that make two URIs differ where only one has them (RFC 3261 19.1.4, RFC 5627 5)."""

MOST_REMEMBERED: Final = 4096
"""URIs of which the parts are remembered, for comparing them again."""

Parameters = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Uri:
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

    def parameter(self, name: bytes) -> bytes | None:
        """Return the value of the parameter *name* (lower case), None without it."""
        return next((value for known, value in self.parameters if known == name), None)

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
        if self.scheme != other.scheme:
            return False
        ours, theirs = dict(self.parameters), dict(other.parameters)
        if self.scheme == b"tel":
            same_number = self.address_of_record == other.address_of_record
            return same_number and ours.keys() == theirs.keys() and _agree(ours, theirs)
        return (
            _plain(self.user) == _plain(other.user)
            and _plain(self.password) == _plain(other.password)
            and self.host == other.host
            and (ignore_port or self.port == other.port)
            and _agree(ours, theirs)
            and _headers(self.headers) == _headers(other.headers)
        )

    def _telephone_number(self) -> bytes:
        number = (self.user or b"").translate(None, _VISUAL_SEPARATORS).lower()
        context = self.parameter(b"phone-context")
        return b"tel:" + number + (b";phone-context=" + context.lower() if context else b"")


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
    """Return the URI *text* in the form under which bindings are kept; other text as it is."""
    uri = parse_uri(text)
    return text.strip() if uri is None else uri.address_of_record


def same_uri(one: bytes, other: bytes, *, ignore_port: bool = False) -> bool:
    """Tell whether two texts are the same URI; what is none of ours is compared without case."""
    if one == other:
        return True
    first, second = _remembered(one), _remembered(other)
    if first is None or second is None:
        return first is second and one.strip().lower() == other.strip().lower()
    return first.equals(second, ignore_port=ignore_port)


_remembered = lru_cache(MOST_REMEMBERED)(parse_uri)


def _host(text: bytes) -> bytes:
    """Return a host in lower case, an address of IPv6 in its shortest form (RFC 5954 4.2)."""
    if text[:1] != b"[":
        return text.lower()
    try:
        return b"[%b]" % str(IPv6Address(text[1:-1].decode())).encode()
    except ValueError:
        return text.lower()


def _agree(one: dict[bytes, bytes], other: dict[bytes, bytes]) -> bool:
    """Tell whether the parameters of two URIs let these be the same."""
    both = one.keys() & other.keys()
    apart = one.keys() ^ other.keys()
    return apart.isdisjoint(_NEVER_IGNORED) and all(
        _unescape(one[name]).lower() == _unescape(other[name]).lower() for name in both
    )


def _headers(text: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a URI, in an order of their own."""
    pairs = (header.partition(b"=") for header in text.split(b"&"))
    return sorted((_unescape(name).lower(), _unescape(value)) for name, _, value in pairs)


def _split(parameters: bytes) -> Parameters:
    pairs = (parameter.partition(b"=") for parameter in parameters.split(b";")[1:])
    return tuple((name.lower(), value) for name, _, value in pairs)


def _plain(text: bytes | None) -> bytes | None:
    return None if text is None else _unescape(text)


def _unescape(user: bytes) -> bytes:
    """Undo the escapes that need not be (RFC 3261 19.1.2), write the others in upper case."""
    return _ESCAPED.sub(_unescape_one, user)


def _unescape_one(escaped: re.Match[bytes]) -> bytes:
    character = int(escaped[0][1:], 16)
    return bytes([character]) if character in _UNRESERVED else escaped[0].upper()
