"""Generic routing encapsulation and what switches mirror in it.

From a GRE header to the ethertype of what it carries; NVGRE (RFC 7637) is GRE with a key.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import LAYER_ERSPAN, LAYER_GRE, Layer
from sipcm.net.link import ETHERTYPE_BRIDGED, ETHERTYPE_IPV4, ETHERTYPE_RAW
from sipcm.net.number import read_u16
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_FAMILY,
    Datagram,
)

ETHERTYPE_ERSPAN: Final = 0x88BE
ETHERTYPE_ERSPAN_3: Final = 0x22EB
ETHERTYPE_PPP: Final = 0x880B
ETHERTYPE_WCCP: Final = 0x883E

CHECKSUM: Final = 0x8000
ROUTING: Final = 0x4000
KEY: Final = 0x2000
SEQUENCE: Final = 0x1000
ACKNOWLEDGMENT: Final = 0x0080


@final
class Gre(Layer):
    """GRE with checksum, key and sequence number (RFC 2784, RFC 2890), or PPTP's (RFC 2637 4.1)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 4 to 16 bytes; source routes, which nobody uses, are a BAD_HEADER."""
        if not datagram.enter(LAYER_GRE, 4):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        flags = read_u16(buffer, at)
        number = read_u16(buffer, at + 2)
        version = flags & 7
        if flags & ROUTING or version > 1:
            return BAD_HEADER
        header: i64 = 4
        if flags & CHECKSUM:
            header += 4
        if flags & KEY:
            header += 4
        if flags & SEQUENCE:
            header += 4
        if version == 1:
            if number != ETHERTYPE_PPP:
                return BAD_HEADER
            if flags & SEQUENCE == 0:
                return CONTROL  # an acknowledgment alone
            if flags & ACKNOWLEDGMENT:
                header += 4
        elif number == ETHERTYPE_ERSPAN and flags & SEQUENCE == 0:
            number = ETHERTYPE_BRIDGED  # ERSPAN type I has no header of its own
        elif number == ETHERTYPE_WCCP:
            number = ETHERTYPE_IPV4
            if datagram.end - at <= header:
                return TRUNCATED
            first: i64 = buffer[at + header]
            if first >> 4 != 4:
                header += 4  # that of version 2, where version 1 goes on with IPv4 at once
        if datagram.end - at < header:
            return TRUNCATED
        datagram.start = at + header
        datagram.detail = number
        return UNKNOWN_ETHERTYPE


@final
class Erspan(Layer):
    """Frames that a switch mirrors, type II: a header of 8 bytes, then Ethernet."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 8 bytes."""
        if not datagram.enter(LAYER_ERSPAN, 8):
            return TRUNCATED
        version: i64 = datagram.buffer[datagram.start]
        if version >> 4 != 1:
            return BAD_HEADER
        datagram.start += 8
        datagram.detail = ETHERTYPE_BRIDGED
        return UNKNOWN_ETHERTYPE


@final
class Erspan3(Layer):
    """Frames that a switch mirrors, type III: 12 bytes, 8 more where announced."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the header to an Ethernet frame or an IP packet."""
        if not datagram.enter(LAYER_ERSPAN, 12):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        version: i64 = buffer[at]
        if version >> 4 != 2:
            return BAD_HEADER
        kinds = read_u16(buffer, at + 10)
        header: i64 = 20 if kinds & 1 else 12
        if datagram.end - at < header:
            return TRUNCATED
        kind = (kinds >> 10) & 31
        if kind == 0:
            datagram.detail = ETHERTYPE_BRIDGED
        elif kind == 2:
            datagram.detail = ETHERTYPE_RAW
        else:
            datagram.detail = kind
            return UNKNOWN_FAMILY
        datagram.start = at + header
        return UNKNOWN_ETHERTYPE
