"""Eight bytes at once say what they say one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.words import ONES, first, holds, read_half, read_word, swapped, word_at

EIGHT = st.binary(min_size=8, max_size=8)


def below(word: int, bound: int) -> int:
    return ((word - bound * ONES) & ~word) >> 7 & ONES


def number(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


@given(EIGHT, st.binary(max_size=3), st.binary(max_size=3))
def test_read_word(data, before, after):
    assert read_word(before + data + after, len(before)) == number(data)


@given(EIGHT)
def test_read_half(data):
    assert int(read_half(data, 3)) == number(data[3:7])


@given(st.binary(max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_word_at(data, at, end):
    end = min(end, len(data))
    at = min(at, end)
    assert word_at(data, at, end) == number(data[at:end][:8].ljust(8, b"\0"))


@given(st.binary(max_size=20), st.binary(max_size=3), st.binary(max_size=3), st.data())
def test_holds(text, before, after, data):
    buffer, at = before + text + after, len(before)
    end = at + len(text)
    assert holds(buffer, at, end, text)
    assert not holds(buffer, at, end, text + b"x")
    if text:
        place = data.draw(st.integers(0, len(text) - 1))
        other = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        assert not holds(buffer, at, end, other)
        assert not holds(buffer, at, end, text[1:])


@given(EIGHT, st.sampled_from([1, 14, 33, 128]))
def test_bytes_below(data, bound):
    marks = below(number(data), bound)
    found = [place for place, code in enumerate(data) if code < bound]
    assert bool(marks) == bool(found)
    if found:
        assert first(marks) == found[0]


@given(EIGHT, st.integers(0, 127))
def test_bytes_that_are_equal(data, code):
    marks = below(number(data) ^ code * ONES, 1)
    assert bool(marks) == (code in data)
    if marks:
        assert first(marks) == data.index(code)


@pytest.mark.parametrize("place", range(8))
def test_first(place):
    for above in range(1 << (7 - place)):
        others = sum(1 << 8 * (place + 1 + bit) for bit in range(8) if above >> bit & 1)
        assert first(1 << 8 * place | others) == place


@given(EIGHT)
def test_swapped(data):
    for place in range(7):
        assert swapped(number(data) >> 8 * place) == int.from_bytes(data[place : place + 2], "big")
