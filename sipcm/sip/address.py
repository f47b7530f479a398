"""Read the addresses in From, To, Contact and the like: name-addr or addr-spec, with parameters.

What From and To come to, URI and tag, is what the scanner sees: both ask the same grammar. Nothing
raises, and broken addresses are read as far as they go.
"""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import LWS, QUOTED_STRING, TOKEN, split_address

_SCHEME: Final = rb"[A-Za-z][A-Za-z0-9+.\-]*+:"

# name-addr, addr-spec and generic-param of RFC 3261 25.1; a URI with a comma, a question mark or a
# semicolon must stand in brackets (20).
_NAME_ADDR: Final = rb"(?:%b|(?>(?:%b++%b)*))" % (
    QUOTED_STRING,
    TOKEN,
    LWS,
) + rb'%b<%b[^<>" \t\r\n]++>' % (LWS, _SCHEME)
_ADDR_SPEC: Final = _SCHEME + rb'[^<>",;? \t\r\n]++'
_VALUE: Final = rb"=%b(?:%b|[A-Za-z0-9\-.!%%*_+`'~\[\]:]++)%b" % (LWS, QUOTED_STRING, LWS)
_WELL_FORMED: Final = re.compile(
    rb"(?:%b|%b)%b" % (_NAME_ADDR, _ADDR_SPEC, LWS)
    + rb"(?>(?:;%b%b++%b(?:%b)?)*)\Z" % (LWS, TOKEN, LWS, _VALUE)
)

# The same as far as it must be told apart: what comes before the parameters, and one of them.
_HEAD: Final = re.compile(rb'((?>(?:[^"<;]++|%b)*))<[^>]*+>|[^";]*+' % QUOTED_STRING)
_PARAMETER: Final = re.compile(rb';([^;="]*+)(?:=%b(%b|[^;]*+))?' % (LWS, QUOTED_STRING))
_QUOTED_PAIR: Final = re.compile(rb"\\((?s:.))")


@dataclass(frozen=True, slots=True)
class Address:
    """An address: display name without its quotes, URI as text, tag, and all parameters.

    Names of parameters are in lower case, values without quotes and empty when absent.
    ``well_formed`` is False for what RFC 3261 25.1 does not allow.
    """

    display_name: bytes
    uri: bytes
    tag: bytes
    parameters: tuple[tuple[bytes, bytes], ...]
    well_formed: bool

    def parameter(self, name: bytes) -> bytes | None:
        """Return the value of the parameter *name* (lower case), None without it."""
        return next((value for known, value in self.parameters if known == name), None)


def parse_address(value: bytes) -> Address:
    """Return the address in the unfolded header value or list element *value*."""
    value = value.strip(b" \t")
    uri, tag, sound = split_address(value)
    head = _HEAD.match(value)
    if head is None or not sound:
        return Address(b"", uri, tag, (), well_formed=False)
    return Address(
        display_name=_unquote((head[1] or b"").strip(b" \t")),
        uri=uri,
        tag=tag,
        parameters=_parameters(value[head.end() :]),
        well_formed=value == b"*" or _WELL_FORMED.match(value) is not None,
    )


def uri_and_parameters(value: bytes) -> tuple[bytes, bytes]:
    """Return the URI of the address *value*, and what stands behind it as it was written.

    The latter is nothing where a quote or a bracket is not closed.
    """
    uri, _, _ = split_address(value)
    head = _HEAD.match(value)
    return uri, b"" if head is None else value[head.end() :]


def _parameters(text: bytes) -> tuple[tuple[bytes, bytes], ...]:
    pairs = (
        (found[1].strip().lower(), _unquote((found[2] or b"").strip()))
        for found in _PARAMETER.finditer(text)
    )
    return tuple((name, value) for name, value in pairs if name)


def _unquote(text: bytes) -> bytes:
    """Return what a quoted string says, other text as it is."""
    if len(text) >= 2 and text.startswith(b'"') and text.endswith(b'"'):
        return _QUOTED_PAIR.sub(rb"\1", text[1:-1])
    return text
