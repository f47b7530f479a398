"""Transport layers: ports, and the bounds of a UDP payload.

Knows no IP and nothing of what the payload says.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import LAYER_SCTP, LAYER_TCP, LAYER_UDP, Layer
from sipcm.net.number import read_u16
from sipcm.net.packet import BAD_HEADER, DECODED, SCTP, TCP, TRUNCATED, TUNNEL, Datagram

UDP_HEADER: Final = 8


@final
class Udp(Layer):
    """User datagrams (RFC 768)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Leave the payload between ``start`` and ``end``; TUNNEL says which one the ports mean."""
        if not datagram.enter(LAYER_UDP, UDP_HEADER):
            return TRUNCATED
        read_ports(datagram)
        length = read_u16(datagram.buffer, datagram.start + 4)
        # 0 stands for what a jumbogram holds (RFC 2675 4) and for a length left to the card.
        if length:
            if length < UDP_HEADER:
                return BAD_HEADER
            datagram.narrow(length)
        datagram.start += UDP_HEADER
        ports = datagram.ports
        tunnel: i64 = ports[datagram.destination_port] or ports[datagram.source_port]
        if tunnel == 0:
            return DECODED
        datagram.detail = tunnel
        return TUNNEL


@final
class Tcp(Layer):
    """Segments of TCP (RFC 9293 3.1), left to whoever puts the streams together."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Note the ports and leave ``start`` at the header."""
        if datagram.enter(LAYER_TCP, 4):
            read_ports(datagram)
        return TCP


@final
class Sctp(Layer):
    """Packets of SCTP (RFC 9260 3.1)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Note the ports and leave ``start`` at the header."""
        if datagram.enter(LAYER_SCTP, 4):
            read_ports(datagram)
        return SCTP


def read_ports(datagram: Datagram) -> None:
    """Note the two ports with which every transport header begins."""
    datagram.source_port = read_u16(datagram.buffer, datagram.start)
    datagram.destination_port = read_u16(datagram.buffer, datagram.start + 2)
