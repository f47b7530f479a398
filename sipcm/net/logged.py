"""Packets as packet filters and capture interfaces log them: behind a header of the host's own.

NFLOG of Linux, PFLOG and ENC of the BSDs, PKTAP of macOS.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import LAYER_LOGGED, Layer
from sipcm.net.link import ETHERTYPE_RAW
from sipcm.net.number import read_u16_little, read_u32_little
from sipcm.net.packet import (
    BAD_HEADER,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_LINKTYPE,
    Datagram,
)

NFLOG_PAYLOAD: Final = 9
SHORTEST_PFLOG: Final = 48
SHORTEST_PKTAP: Final = 108


@final
class Nflog(Layer):
    """What the NFLOG target of iptables hands out (LINKTYPE_NFLOG): attributes, one the packet."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 4 bytes and all attributes to the IP packet."""
        if not datagram.enter(LAYER_LOGGED, 4):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        version: i64 = buffer[at + 1]
        if version != 0:
            return BAD_HEADER
        at += 4
        end = datagram.end
        while end - at >= 4:
            length = read_u16_little(buffer, at)
            kind = read_u16_little(buffer, at + 2)
            if length < 4:
                return BAD_HEADER
            if kind & 0x7FFF == NFLOG_PAYLOAD:
                datagram.start = at
                datagram.narrow(length)
                datagram.start = at + 4
                datagram.detail = ETHERTYPE_RAW
                return UNKNOWN_ETHERTYPE
            at += (length + 3) & ~3
        return TRUNCATED


@final
class Pflog(Layer):
    """What pf of the BSDs logs (LINKTYPE_PFLOG): the header says how long it is."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the header, padded to 4 bytes, to the IP packet."""
        if not datagram.enter(LAYER_LOGGED, SHORTEST_PFLOG):
            return TRUNCATED
        length: i64 = datagram.buffer[datagram.start]
        header = (length + 3) & ~3
        if header < SHORTEST_PFLOG:
            return BAD_HEADER
        return raw(datagram, header)


@final
class Enc(Layer):
    """What the IPsec interface of OpenBSD shows (LINKTYPE_ENC): 12 bytes, then an IP packet."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 12 bytes to the IP packet."""
        if not datagram.enter(LAYER_LOGGED, 12):
            return TRUNCATED
        return raw(datagram, 12)


@final
class Pktap(Layer):
    """What macOS captures on several interfaces at once: a header that says the link type."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the header to a frame of that link type."""
        if not datagram.enter(LAYER_LOGGED, SHORTEST_PKTAP):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        length = read_u32_little(buffer, at)
        if length < SHORTEST_PKTAP:
            return BAD_HEADER
        if datagram.end - at < length:
            return TRUNCATED
        datagram.detail = read_u32_little(buffer, at + 8)
        datagram.start = at + length
        return UNKNOWN_LINKTYPE


def raw(datagram: Datagram, header: i64) -> i64:
    """Step over *header* bytes to an IP packet, told by its version."""
    if datagram.end - datagram.start < header:
        return TRUNCATED
    datagram.start += header
    datagram.detail = ETHERTYPE_RAW
    return UNKNOWN_ETHERTYPE
