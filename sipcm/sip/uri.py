"""Read SIP and tel URIs, as far as telling who is called and comparing addresses-of-record needs.

Text comes in as bytes and stays bytes; nothing raises. Other schemes are not read.
"""

import re
from dataclasses import dataclass
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

Parameters = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Uri:
    """A SIP, SIPS or tel URI (RFC 3261 19.1.1, RFC 3966 3).

    ``scheme`` and ``host`` are in lower case. ``user`` of a tel URI is its number; None where a URI
    names no user. ``port`` is None when absent. Names of ``parameters`` are in lower case, a value
    is empty when absent. ``headers`` is the text after the question mark.
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
            scheme.lower(), user, password, host.lower(), number, _split(parameters), headers or b""
        )
    if found := _TEL_URI.match(text):
        return Uri(b"tel", found[2], None, b"", None, _split(found[3]), b"")
    return None


def address_of_record(text: bytes) -> bytes:
    """Return the URI *text* in the form under which bindings are kept; other text as it is."""
    uri = parse_uri(text)
    return text.strip() if uri is None else uri.address_of_record


def _split(parameters: bytes) -> Parameters:
    pairs = (parameter.partition(b"=") for parameter in parameters.split(b";")[1:])
    return tuple((name.lower(), value) for name, _, value in pairs)


def _unescape(user: bytes) -> bytes:
    """Undo the escapes that need not be (RFC 3261 19.1.2), write the others in upper case."""
    return _ESCAPED.sub(_unescape_one, user)


def _unescape_one(escaped: re.Match[bytes]) -> bytes:
    character = int(escaped[0][1:], 16)
    return bytes([character]) if character in _UNRESERVED else escaped[0].upper()
