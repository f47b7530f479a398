"""Eight bytes at once: how the hot modules find a byte without looking at each.

Eight bytes in a row make a *word*, the first of them in its low bits. A question to all of its
bytes is answered by *marks*: the low bits of those to which it applies. Only the lowest mark is
sure, those above it may be wrong; so marks of several questions may be joined, and the lowest is
sure again.

Bytes below 14, say: ``((word - ones * 14) & ~word) >> 7 & ONES``. Bytes that are 62: the same of
``word ^ ones * 62``, below 1. ``ones`` is ONES as a variable of type i64: a number above 2 ** 62
that stands in the source is an object for mypyc, a product is reckoned by the C compiler.
"""

from struct import Struct

from sipcm.annotation import Final, i32, i64

ONES: Final = 0x0101010101010101

WORD: Final = 8
"""Bytes of a word."""

UNPACK_WORD: Final = Struct("<q").unpack_from
"""For where a word is read for each packet and :func:`read_word` is not compiled."""

# The bits of the first bytes of a word.
FIRST_TWO: Final = 0xFFFF
FIRST_THREE: Final = 0xFFFFFF
FIRST_FOUR: Final = 0xFFFFFFFF
FIRST_FIVE: Final = 0xFFFFFFFFFF
FIRST_SIX: Final = 0xFFFFFFFFFFFF
FIRST_SEVEN: Final = 0xFFFFFFFFFFFFFF


def read_word(buffer: bytes, at: i64) -> i64:
    """Return the eight bytes at *at*, which must be there, as a word.

    Where it is compiled a call of it is a few instructions: setup.py tells mypyc how.
    """
    word: i64 = UNPACK_WORD(buffer, at)[0]
    return word


def read_half(buffer: bytes, at: i64) -> i32:
    """Return the four bytes at *at*, which must be there, as half a word, likewise."""
    return i32(int.from_bytes(buffer[at : at + WORD // 2], "little", signed=True))


def word_at(buffer: bytes, at: i64, end: i64) -> i64:
    """Return the bytes at *at* as a word, with zeros in place of what lies at *end* or behind."""
    if end - at >= WORD:
        return read_word(buffer, at)
    word: i64 = 0
    place: i64 = 0
    while at < end:
        code: i64 = buffer[at]
        word |= code << place
        place += 8
        at += 1
    return word


def holds(buffer: bytes, at: i64, end: i64, text: bytes) -> bool:
    """Tell whether *text* is what lies in *at*..*end*."""
    size: i64 = len(text)
    if end - at != size:
        return False
    last = size - WORD
    place: i64 = 0
    while place < last:
        if read_word(buffer, at + place) != read_word(text, place):
            return False
        place += WORD
    if last >= 0:
        return read_word(buffer, at + last) == read_word(text, last)
    return word_at(buffer, at, end) == word_at(text, 0, size)


def first(marks: i64) -> i64:
    """Return the number of the byte, from 0, that has the lowest of *marks*; there is one."""
    return ((marks - 1) & ~marks & ONES) * ONES >> 56 & 15


def swapped(word: i64) -> i64:
    """Return the first two bytes of *word* as a number in network order."""
    return (word & 0xFF) << 8 | word >> 8 & 0xFF
