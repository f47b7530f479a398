"""MPLS: from a stack of labels to what the path carries, which nothing in the header names.

Told as routers tell it: the first half byte is the version of IP, or 0 for a control word
(RFC 4928 3). A pseudowire that has none is told by the ethertype at its place.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import LAYER_MPLS, LAYER_PSEUDOWIRE, Layer
from sipcm.net.link import (
    ETHERTYPE_BRIDGED,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPE_PSEUDOWIRE,
)
from sipcm.net.number import read_u16
from sipcm.net.packet import CONTROL, TRUNCATED, UNKNOWN_ETHERTYPE, Datagram

CARRIED: Final = frozenset(
    (0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x9100, 0x8847, 0x8848, 0x8863, 0x8864)
)
"""Ethertypes that a pseudowire is likely to carry."""


@final
class Mpls(Layer):
    """A stack of labels (RFC 3032 2.1), taken as one layer."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 4 bytes a label, up to the one that says it is the last."""
        if not datagram.enter(LAYER_MPLS, 5):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        end = datagram.end
        while True:
            bottom: i64 = buffer[at + 2]
            at += 4
            if bottom & 1:
                break
            if end - at < 5:
                return TRUNCATED
        datagram.start = at
        first: i64 = buffer[at]
        first >>= 4
        if first == 4:
            datagram.detail = ETHERTYPE_IPV4
        elif first == 6:
            datagram.detail = ETHERTYPE_IPV6
        else:
            datagram.detail = ETHERTYPE_PSEUDOWIRE
        return UNKNOWN_ETHERTYPE


@final
class Pseudowire(Layer):
    """Ethernet over MPLS, with a control word in front of it or not (RFC 4448 4.6)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the control word where there is one."""
        if not datagram.enter(LAYER_PSEUDOWIRE, 18):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        first: i64 = buffer[at]
        behind = read_u16(buffer, at + 12)
        if first >> 4 == 1 and behind not in CARRIED:
            return CONTROL  # an associated channel (RFC 5586)
        # An address may begin with 0 as well, so the ethertypes decide.
        if first >> 4 == 0 and (read_u16(buffer, at + 16) in CARRIED or behind not in CARRIED):
            datagram.start = at + 4
        datagram.detail = ETHERTYPE_BRIDGED
        return UNKNOWN_ETHERTYPE
