"""Transport addresses, each as one text of bytes; and where SIP was seen, in bounded memory.

By that memory probes are told from other traffic.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.packet import Datagram

SIP_PORTS: Final = (5060, 5061)
PORT_BYTES: Final = 2
NO_ENDPOINT: Final = b"\0\0"
BYTES: Final[list[bytes]] = [bytes((code,)) for code in range(256)]
"""Each byte by its number: compiled, what is made of them takes a fifth of what to_bytes takes."""

GENERATION: Final = 32_768
"""Endpoints in a generation; two are kept, so those not seen for that many others are forgotten."""


@final
class Endpoints:
    """A bounded memory of transport addresses."""

    __slots__ = ("before", "recent")

    def __init__(self) -> None:
        self.recent: set[bytes] = set()
        self.before: set[bytes] = set()

    def learn_from(self, datagram: Datagram) -> None:
        """Remember that SIP was seen at both ends of *datagram*."""
        if datagram.source_port not in SIP_PORTS:
            self.learn(datagram.source(), datagram.source_port)
        if datagram.destination_port not in SIP_PORTS:
            self.learn(datagram.destination(), datagram.destination_port)

    def learn(self, address: bytes, port: i64) -> None:
        """Remember that SIP was seen at *address* and *port*; its own ports are known anyway."""
        if port in SIP_PORTS:
            return
        if len(self.recent) >= GENERATION:
            self.before, self.recent = self.recent, self.before
            self.recent.clear()
        self.recent.add(endpoint(address, port))

    def knows(self, address: bytes, port: i64) -> bool:
        """Tell whether *port* is one of SIP's own or SIP was seen there."""
        if port in SIP_PORTS:
            return True
        key = endpoint(address, port)
        return key in self.recent or key in self.before


def endpoint(address: bytes, port: i64) -> bytes:
    """Return *address* and *port* as one."""
    return b"%b%b%b" % (address, BYTES[port >> 8], BYTES[port & 0xFF])


def address_and_port(endpoint: bytes) -> tuple[bytes, int]:
    """Return what an *endpoint* is made of; no address where there was none."""
    size = len(endpoint) - PORT_BYTES
    return endpoint[:size], int.from_bytes(endpoint[size:], "big")
