"""Read the hops in a Via header (RFC 3261 20.42).

Nothing raises: a hop that is not as the grammar has it is read as far as it goes.
"""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import TOKEN
from sipcm.sip.parameters import (
    WELL_FORMED,
    Parameters,
    Parametrized,
    number,
    parse_parameters,
)

HIGHEST_PORT: Final = 65535

_SLASH: Final = rb"[ \t]*+/[ \t]*+"

# The host is the name or address up to the port. Without brackets an address of IPv6 runs into it.
_HOP: Final = re.compile(
    rb"(%b*+)%b(%b*+)%b(%b*+)[ \t]*+" % (TOKEN, _SLASH, TOKEN, _SLASH, TOKEN)
    + rb"(\[[^\]]*+\]|[^ \t:;\[]*+)[ \t]*+(?::[ \t]*+([0-9]*+))?[ \t]*+(?=;|\Z)"
)
_WELL_FORMED: Final = re.compile(
    rb"%b++%b%b++%b%b++[ \t]++" % (TOKEN, _SLASH, TOKEN, _SLASH, TOKEN)
    + rb"(?:\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9.\-]++)[ \t]*+(?::[ \t]*+[0-9]{1,5}+)?+[ \t]*+%b\Z"
    % WELL_FORMED
)


@dataclass(frozen=True, slots=True)
class Via(Parametrized):
    """One hop back to the sender of a request: how and from where the message was sent.

    ``protocol`` is the name and version, ``SIP/2.0``. ``host`` may be an address in brackets,
    ``port`` is None when absent. ``well_formed`` is False for what RFC 3261 25.1 does not allow.
    """

    protocol: bytes
    transport: bytes
    host: bytes
    port: int | None
    parameters: Parameters
    well_formed: bool

    @property
    def sent_protocol(self) -> bytes:
        """Protocol, version and transport (20.42)."""
        return self.protocol + b"/" + self.transport

    @property
    def sent_by(self) -> bytes:
        """The host and port that the sender gave itself (18.1.1)."""
        return self.host if self.port is None else b"%b:%d" % (self.host, self.port)

    @property
    def branch(self) -> bytes | None:
        """What tells the transaction (8.1.1.7)."""
        return self.parameter(b"branch")

    @property
    def received(self) -> bytes | None:
        """The address from which the message came, where it is not that in sent-by (18.2.1)."""
        return self.parameter(b"received")

    @property
    def rport(self) -> int | None:
        """The port from which it came; None also where the port is only asked for (RFC 3581 4)."""
        return number(self.parameter(b"rport"), HIGHEST_PORT)


def parse_via(element: bytes) -> Via:
    """Return the hop in one unfolded element of a Via header."""
    element = element.strip(b" \t")
    hop = _HOP.match(element)
    if hop is None:
        return _broken(element)
    name, version, transport, host, digits = hop.groups()
    port = number(digits, HIGHEST_PORT)
    return Via(
        protocol=name + b"/" + version,
        transport=transport,
        host=host,
        port=port,
        parameters=parse_parameters(element[hop.end() :]),
        well_formed=(port is not None or digits is None)
        and _WELL_FORMED.match(element) is not None,
    )


def _broken(element: bytes) -> Via:
    """Take protocol, transport and sender by the slashes and the space, whatever they are."""
    head, semicolon, rest = element.partition(b";")
    words = [word.strip(b" \t") for word in head.split(b"/", 2)]
    last = [*words.pop().split(None, 1), b"", b""]
    parameters = parse_parameters(semicolon + rest)
    return Via(b"/".join(words), last[0], last[1], None, parameters, well_formed=False)
