"""Numbers as they lie in headers, most significant byte first unless said otherwise.

The caller sees to it that the bytes are there.
"""

from sipcm.annotation import i64


def read_u16(buffer: bytes, at: i64) -> i64:
    """Return the two bytes at *at* as a number in network order."""
    high: i64 = buffer[at]
    low: i64 = buffer[at + 1]
    return (high << 8) | low


def read_u32(buffer: bytes, at: i64) -> i64:
    """Return the four bytes at *at* as a number in network order."""
    a: i64 = buffer[at]
    b: i64 = buffer[at + 1]
    c: i64 = buffer[at + 2]
    d: i64 = buffer[at + 3]
    return (a << 24) | (b << 16) | (c << 8) | d


def read_u16_little(buffer: bytes, at: i64) -> i64:
    """Return the two bytes at *at* as a number in the order of nearly every host."""
    low: i64 = buffer[at]
    high: i64 = buffer[at + 1]
    return (high << 8) | low


def read_u32_little(buffer: bytes, at: i64) -> i64:
    """Return the four bytes at *at* as a number in the order of nearly every host."""
    a: i64 = buffer[at]
    b: i64 = buffer[at + 1]
    c: i64 = buffer[at + 2]
    d: i64 = buffer[at + 3]
    return (d << 24) | (c << 16) | (b << 8) | a


def read_u16_as(buffer: bytes, at: i64, *, big: bool) -> i64:
    """Return the two bytes at *at* as a number, the most significant first if *big*."""
    return read_u16(buffer, at) if big else read_u16_little(buffer, at)


def read_u32_as(buffer: bytes, at: i64, *, big: bool) -> i64:
    """Return the four bytes at *at* as a number, the most significant first if *big*."""
    return read_u32(buffer, at) if big else read_u32_little(buffer, at)
