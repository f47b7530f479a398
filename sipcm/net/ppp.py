"""Point-to-point links: PPP as it is captured, in PPPoE and in L2TP, and Cisco's HDLC.

Knows no IP; the numbers of PPP are a table of their own in decode.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import LAYER_HDLC, LAYER_L2TP, LAYER_PPP, LAYER_PPPOE, Layer, too_short
from sipcm.net.number import read_u16
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    DECODED,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_PPP,
    Datagram,
)

ALL_STATIONS: Final = 0xFF  # the address in HDLC-like framing (RFC 1662 3.1)
CISCO_UNICAST: Final = 0x0F
CISCO_MULTICAST: Final = 0x8F

L2TP_CONTROL: Final = 0x80
L2TP_LENGTH: Final = 0x40
L2TP_SEQUENCE: Final = 0x08
L2TP_OFFSET: Final = 0x02
L2TP_RESERVED: Final = 0x34


@final
class Ppp(Layer):
    """PPP (RFC 1661 2), with or without address and control in front of it."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over what frames it and over the protocol, one byte of it where compressed."""
        if not datagram.enter(LAYER_PPP, 1):
            return TRUNCATED
        return ppp(datagram)


@final
class PppOrHdlc(Layer):
    """PPP in HDLC-like framing, or Cisco's HDLC: the first byte tells (LINKTYPE_PPP_HDLC)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the one or the other."""
        if datagram.end > datagram.start:
            address: i64 = datagram.buffer[datagram.start]
            if address in (CISCO_UNICAST, CISCO_MULTICAST):
                return cisco_hdlc(datagram)
        if not datagram.enter(LAYER_PPP, 1):
            return TRUNCATED
        return ppp(datagram)


@final
class DirectedPpp(Layer):
    """PPP behind one byte that tells the direction (LINKTYPE_PPP_WITH_DIR, LINKTYPE_PPP_PPPD)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over that byte, then over PPP; pppd writes the byte in place of the address."""
        if not datagram.enter(LAYER_PPP, 2):
            return TRUNCATED
        control: i64 = datagram.buffer[datagram.start + 1]
        datagram.start += 2 if control == 0x03 else 1
        if datagram.start == datagram.end:
            return TRUNCATED
        return ppp(datagram)


@final
class Hdlc(Layer):
    """Cisco's HDLC: address, control, then an ethertype (LINKTYPE_C_HDLC)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 4 bytes."""
        return cisco_hdlc(datagram)


@final
class Pppoe(Layer):
    """A session of PPP over Ethernet (RFC 2516 4)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 6 bytes, then over PPP, which ends where the length says."""
        if not datagram.enter(LAYER_PPPOE, 7):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        if read_u16(buffer, at) != 0x1100:  # version and type 1, session data
            return BAD_HEADER
        length = read_u16(buffer, at + 4)
        if length == 0:
            return BAD_HEADER
        datagram.start = at + 6
        datagram.narrow(length)
        return ppp(datagram)


@final
class L2tp(Layer):
    """L2TP, where it carries PPP (RFC 2661 3.1)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 6 to 14 bytes and the padding that an offset announces, then over PPP."""
        buffer = datagram.buffer
        at = datagram.start
        if datagram.end - at < 2:
            return too_short(datagram, LAYER_L2TP)
        reserved_and_version: i64 = buffer[at + 1]
        if buffer[at] & L2TP_RESERVED or reserved_and_version != 2:
            return DECODED
        if not datagram.enter(LAYER_L2TP, 6):
            return TRUNCATED
        flags: i64 = buffer[at]
        if flags & L2TP_CONTROL:
            return CONTROL
        header: i64 = 6
        if flags & L2TP_LENGTH:
            length = read_u16(buffer, at + 2)
            if length < 8:
                return BAD_HEADER
            datagram.narrow(length)
            header += 2
        if flags & L2TP_SEQUENCE:
            header += 4
        if flags & L2TP_OFFSET:
            if datagram.end - at < header + 2:
                return TRUNCATED
            header += 2 + read_u16(buffer, at + header)
        if datagram.end - at == header and not datagram.truncated:
            return CONTROL  # without PPP it only acknowledges
        if datagram.end - at <= header:
            return TRUNCATED
        datagram.start = at + header
        return ppp(datagram)


def ppp(datagram: Datagram) -> i64:
    """Read the PPP header at ``start``, where at least one byte lies."""
    buffer = datagram.buffer
    at = datagram.start
    first: i64 = buffer[at]
    if first == ALL_STATIONS:
        at += 2
        if datagram.end <= at:
            return TRUNCATED
        first = buffer[at]
    # The low bit ends the number: one byte where it is compressed (RFC 1661 6.5).
    if first & 1:
        datagram.start = at + 1
        datagram.detail = first
        return UNKNOWN_PPP
    if datagram.end - at < 2:
        return TRUNCATED
    datagram.detail = read_u16(buffer, at)
    datagram.start = at + 2
    return UNKNOWN_PPP


def cisco_hdlc(datagram: Datagram) -> i64:
    """Step over address, control and ethertype."""
    if not datagram.enter(LAYER_HDLC, 4):
        return TRUNCATED
    datagram.detail = read_u16(datagram.buffer, datagram.start + 2)
    datagram.start += 4
    return UNKNOWN_ETHERTYPE
