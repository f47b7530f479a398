"""Interfaces of a pcapng file: what an interface description says of the packets that name it.

Turns the body of the block into link type, snap length and the unit of time, and the timestamps of
packets into nanoseconds. Knows nothing of blocks (draft-ietf-opsawg-pcapng 4.2).
"""

from sipcm.annotation import Final, final, i64

SECOND: Final = 1_000_000_000

# Times are clipped to those that a classic pcap file can tell, from 1970 to 2106.
LATEST: Final = (1 << 32) * SECOND - 1

# Link type, reserved, snap length.
FIXED_PART: Final = 8

OPTION_HEADER: Final = 4
END_OF_OPTIONS: Final = 0
TIME_RESOLUTION: Final = 9
TIME_OFFSET: Final = 14

MICROSECONDS: Final = 6


@final
class Interface:
    """One interface: where packets were captured.

    ``linktype``  of its packets
    ``snaplen``   how many bytes of a packet were kept at most; 0 is no limit

    *resolution* is the option if_tsresol: a power of ten, or with the highest bit of two.
    *offset* is if_tsoffset, in seconds.
    """

    __slots__ = ("_latest", "_offset", "_per_second", "_unit", "linktype", "snaplen")

    def __init__(self, linktype: i64, snaplen: i64, resolution: i64, offset: int) -> None:
        self.linktype: i64 = linktype
        self.snaplen: i64 = snaplen
        exponent = int(resolution & 0x7F)
        self._per_second: int = (2 if resolution & 0x80 else 10) ** exponent
        self._offset: int = offset * SECOND
        self._unit: i64 = 0  # in nanoseconds; 0 where it takes longer numbers to reckon with it
        self._latest: i64 = 0  # in units
        if resolution <= 9 and offset == 0:
            self._unit = SECOND // self._per_second
            self._latest = LATEST // self._unit

    def nanoseconds(self, high: i64, low: i64) -> i64:
        """Return the time of a timestamp, given in two halves of 32 bits."""
        unit = self._unit
        if unit == 0:
            return self._exactly(int(high), int(low))
        ticks = (high << 32) | low
        if high > 0x7FFFFFFF or ticks > self._latest:
            return LATEST
        return ticks * unit

    def _exactly(self, high: int, low: int) -> i64:
        moment = ((high << 32) | low) * SECOND // self._per_second + self._offset
        return min(max(moment, 0), LATEST)


def read_interface(buffer: bytes, start: i64, end: i64, *, big: bool) -> Interface | None:
    """Return the interface that ``buffer[start:end]`` describes; None when it is malformed."""
    if end - start < FIXED_PART:
        return None
    linktype = _number(buffer, start, 2, big=big)
    snaplen = _number(buffer, start + 4, 4, big=big)
    resolution: i64 = MICROSECONDS
    offset = 0
    at = start + FIXED_PART
    while end - at >= OPTION_HEADER:
        code = _number(buffer, at, 2, big=big)
        length: i64 = _number(buffer, at + 2, 2, big=big)
        at += OPTION_HEADER
        if code == END_OF_OPTIONS:
            break
        if length > end - at:
            return None
        if code == TIME_RESOLUTION:
            if length != 1:
                return None
            resolution = buffer[at]
        elif code == TIME_OFFSET:
            if length != 8:
                return None
            offset = _number(buffer, at, 8, big=big, signed=True)
        at += (length + 3) & ~3
    return Interface(linktype, snaplen, resolution, offset)


def _number(buffer: bytes, at: i64, size: i64, *, big: bool, signed: bool = False) -> int:
    return int.from_bytes(buffer[at : at + size], "big" if big else "little", signed=signed)
