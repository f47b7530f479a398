"""Read the addresses in From, To, Contact and the like: name-addr or addr-spec, with parameters.

What From and To come to, URI and tag, is what the scanner sees: both ask the same grammar. Nothing
raises, and broken addresses are read as far as they go.
"""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import LWS, QUOTED_STRING, TOKEN, split_address
from sipcm.sip.parameters import (
    WELL_FORMED,
    Parameters,
    Parametrized,
    number,
    parse_parameters,
    unquote,
)

_SCHEME: Final = rb"[A-Za-z][A-Za-z0-9+.\-]*+:"

# name-addr, addr-spec and generic-param of RFC 3261 25.1; a URI with a comma, a question mark or a
# semicolon must stand in brackets (20).
_NAME_ADDR: Final = rb"(?:%b|(?>(?:%b++%b)*))" % (
    QUOTED_STRING,
    TOKEN,
    LWS,
) + rb'%b<%b[^<>" \t\r\n]++>' % (LWS, _SCHEME)
_ADDR_SPEC: Final = _SCHEME + rb'[^<>",;? \t\r\n]++'
_WELL_FORMED: Final = re.compile(rb"(?:%b|%b)%b%b\Z" % (_NAME_ADDR, _ADDR_SPEC, LWS, WELL_FORMED))

# The same as far as it must be told apart: what comes before the parameters, and one of them.
_HEAD: Final = re.compile(rb'((?>(?:[^"<;]++|%b)*))<[^>]*+>|[^";]*+' % QUOTED_STRING)


@dataclass(frozen=True, slots=True)
class Address(Parametrized):
    """An address: display name without its quotes, URI as text, tag, and all parameters.

    Names of parameters are in lower case, values without quotes and empty when absent.
    ``well_formed`` is False for what RFC 3261 25.1 does not allow.
    """

    display_name: bytes
    uri: bytes
    tag: bytes
    parameters: Parameters
    well_formed: bool

    @property
    def expires(self) -> int | None:
        """The seconds for which a contact is or shall be bound; None when not said (20.10)."""
        return number(self.parameter(b"expires"))

    @property
    def q(self) -> bytes | None:
        """The preference of a contact among others, from 0 to 1, as it is written (20.10)."""
        return self.parameter(b"q")

    @property
    def instance(self) -> bytes | None:
        """The URN of the device that a contact is of, without its brackets (RFC 5626 4.1)."""
        value = self.parameter(b"+sip.instance")
        return None if value is None else value.removeprefix(b"<").removesuffix(b">")

    @property
    def reg_id(self) -> int | None:
        """Which of its flows the device registers (RFC 5626 4.2)."""
        return number(self.parameter(b"reg-id"))


def parse_address(value: bytes) -> Address:
    """Return the address in the unfolded header value or list element *value*."""
    value = value.strip(b" \t")
    uri, tag, sound = split_address(value)
    head = _HEAD.match(value)
    if head is None or not sound:
        return Address(b"", uri, tag, (), well_formed=False)
    return Address(
        display_name=unquote((head[1] or b"").strip(b" \t")),
        uri=uri,
        tag=tag,
        parameters=parse_parameters(value[head.end() :]),
        well_formed=value == b"*" or _WELL_FORMED.match(value) is not None,
    )


def uri_and_parameters(value: bytes) -> tuple[bytes, bytes]:
    """Return the URI of the address *value*, and what stands behind it as it was written.

    The latter is nothing where a quote or a bracket is not closed.
    """
    uri, _, _ = split_address(value)
    head = _HEAD.match(value)
    return uri, b"" if head is None else value[head.end() :]
