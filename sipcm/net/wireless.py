"""IEEE 802.11 as monitors hear it: from a data frame to the LLC header that it carries."""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import LAYER_WLAN, Layer
from sipcm.net.link import ETHERTYPE_LLC
from sipcm.net.number import read_u16_little, read_u32_little
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    ENCRYPTED,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_LINKTYPE,
    Datagram,
)

IEEE802_11: Final = 105
IEEE802_11_PADDED: Final = 0x1_0000 + IEEE802_11
"""Ours: a frame whose header is padded to 4 bytes, as radiotap may say. No link type is so high."""

DATA: Final = 2  # the type of a frame (IEEE 802.11-2020 9.2.4.1.3)
NO_DATA: Final = 0x40  # bits of the subtype: null functions, and what has a QoS field
QUALITY: Final = 0x80
BOTH_SYSTEMS: Final = 0x03  # to and from the distribution system: a fourth address
PROTECTED: Final = 0x40
ORDER: Final = 0x80
AGGREGATED: Final = 0x80  # several frames in one (9.3.2.2.2)

HAS_TIME: Final = 1 << 0
HAS_FLAGS: Final = 1 << 1
MORE_FIELDS: Final = 1 << 31
PADDED: Final = 0x20


@final
class Radiotap(Layer):
    """What the receiver tells of a frame (LINKTYPE_IEEE802_11_RADIOTAP), in front of it."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the header, whose length is in it."""
        if not datagram.enter(LAYER_WLAN, 8):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        length = read_u16_little(buffer, at + 2)
        if buffer[at] or length < 8:
            return BAD_HEADER
        if datagram.end - at < length:
            return TRUNCATED
        datagram.start = at + length
        padded = is_padded(buffer, at, length)
        datagram.detail = IEEE802_11_PADDED if padded else IEEE802_11
        return UNKNOWN_LINKTYPE


@final
class Wlan(Layer):
    """A frame of IEEE 802.11 (9.3.2.1), its header padded to 4 bytes or not."""

    __slots__ = ("_padded",)

    def __init__(self, *, padded: bool) -> None:
        self._padded: bool = padded

    def decode(self, datagram: Datagram) -> i64:
        """Step over 24 to 36 bytes where the frame carries data that can be read."""
        if not datagram.enter(LAYER_WLAN, 2):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        kind: i64 = buffer[at]
        flags: i64 = buffer[at + 1]
        if kind & 3 or (kind >> 2) & 3 != DATA or kind & NO_DATA:
            return CONTROL
        if flags & PROTECTED:
            return ENCRYPTED
        header: i64 = 24
        if flags & BOTH_SYSTEMS == BOTH_SYSTEMS:
            header += 6
        quality = header
        if kind & QUALITY:
            header += 6 if flags & ORDER else 2
        if datagram.end - at < header:
            return TRUNCATED
        if kind & QUALITY and buffer[at + quality] & AGGREGATED:
            return CONTROL
        if self._padded:
            header = (header + 3) & ~3
            if datagram.end - at < header:
                return TRUNCATED
        datagram.start = at + header
        datagram.detail = ETHERTYPE_LLC
        return UNKNOWN_ETHERTYPE


def is_padded(buffer: bytes, at: i64, length: i64) -> bool:
    """Tell whether the flags of the radiotap header at *at* speak of padding."""
    present = read_u32_little(buffer, at + 4)
    field: i64 = 8
    more = present
    while more & MORE_FIELDS:
        if field + 4 > length:
            return False
        more = read_u32_little(buffer, at + field)
        field += 4
    if present & HAS_TIME:
        field = ((field + 7) & ~7) + 8
    return present & HAS_FLAGS != 0 and field < length and buffer[at + field] & PADDED != 0
