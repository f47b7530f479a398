"""One direction of a connection: positions, and what waits for its turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.tcpstream import (
    ANOTHER,
    ENDED,
    FAR,
    FOREIGN,
    LARGE_GAP,
    NOWHERE,
    NUMBERS,
    OURS,
    Held,
    Stream,
    is_near,
)

KEY = b"\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x01\x00\x02"


def stream_at(number: int) -> Stream:
    stream = Stream(KEY, 0)
    stream.next = number
    return stream


def released(stream: Stream) -> list[tuple[int, bytes]]:
    found = []
    while (held := stream.release()) is not None:
        timestamp, size, data = told(held)
        assert not data or len(data) == 8 + size
        found.append((timestamp, data[8:] if data else b"?" * size))
    return found


def told(held: Held | None) -> tuple[int, int, bytes]:
    assert held is not None
    return held.timestamp, held.size, held.data


@pytest.mark.parametrize("number", [0, 5, NUMBERS, NUMBERS - 5])
@pytest.mark.parametrize("ahead", [0, 1, -1, 1000, -1000, (1 << 31) - 1, -(1 << 31)])
def test_places_of_sequence_numbers(number, ahead):
    stream = stream_at(number)
    stream.position = 7
    assert stream.place((number + ahead) & NUMBERS) == 7 + ahead


def test_positions_go_on_where_numbers_wrap_around():
    stream = stream_at(NUMBERS)
    stream.move(10)
    assert (stream.next, stream.position) == (9, 10)
    assert stream.place(NUMBERS) == 0


def test_pieces_come_with_their_time_and_addresses():
    stream = stream_at(0)
    assert stream.hold(3, 3, b"..def", 2, 11) == 3
    assert stream.gap() == 3
    assert stream.release() is None
    assert stream.hold(0, 3, b"abc", 0, 12) == 3
    assert stream.gap() == 0
    assert told(stream.release()) == (12, 3, KEY[:8] + b"abc")
    assert told(stream.release()) == (11, 3, KEY[:8] + b"def")
    assert (stream.release(), stream.waiting, stream.held) == (None, None, 0)


def test_nothing_is_kept_behind_the_end():
    stream = stream_at(0)
    stream.end = 4
    assert stream.hold(2, 6, b"cdefgh", 0, 0) == 2
    assert stream.hold(4, 2, b"ef", 0, 0) == 0
    assert stream.hold(0, 2, b"ab", 0, 0) == 2
    assert b"".join(data for _, data in released(stream)) == b"abcd"


def test_what_was_cut_off_is_held_without_bytes():
    stream = stream_at(0)
    stream.hold(0, 2, b"ab", 0, 1)
    stream.hold(2, 3, b"", 0, 2)
    stream.hold(4, 3, b"efg", 0, 3)
    assert released(stream) == [(1, b"ab"), (2, b"???"), (3, b"fg")]


def test_a_new_stream_has_no_end():
    assert stream_at(0).end == NOWHERE


def test_whose_a_segment_is():
    stream = stream_at(1000)
    stream.move(3)
    assert stream.judge(1003, 3, 5) == stream.judge(1000, 0, 3) == OURS
    assert stream.judge(0, FAR + 4, 0) == FOREIGN
    assert stream.judge(7, FAR + 4, 5) == FOREIGN
    assert stream.judge(7, FAR + 4, 5) == FOREIGN  # it repeats, and does not go on
    assert stream.judge(12, FAR + 9, 1) == ANOTHER
    stream.state = ENDED
    assert stream.judge(1003, 3, 5) == ANOTHER
    assert stream.judge(1003, 3, 0) == stream.judge(1000, 0, 3) == OURS
    assert stream.judge(7, FAR + 4, 5) == ANOTHER


def test_a_large_gap_that_was_passed_is_doubted():
    stream = stream_at(0)
    stream.skip(LARGE_GAP - 1)
    assert stream.judge(10, 10, 5) == OURS
    stream.skip(LARGE_GAP)
    assert stream.judge(10, 10, 5) == OURS
    begin, end = LARGE_GAP - 1, 2 * LARGE_GAP - 1
    assert stream.judge(begin, begin, 5) == stream.judge(end - 5, end - 5, 5) == ANOTHER
    assert stream.judge(begin - 1, begin - 1, 5) == stream.judge(end - 4, end - 4, 5) == OURS


def test_near():
    assert is_near(FAR)
    assert is_near(-FAR)
    assert not is_near(FAR + 1)
    assert not is_near(-FAR - 1)


@given(st.lists(st.tuples(st.integers(-5, 40), st.integers(0, 12)), max_size=30))
def test_the_first_bytes_stay_whatever_comes(pieces):
    stream = stream_at(0)
    model: dict[int, int] = {}
    for number, (begin, size) in enumerate(pieces):
        data = bytes([number]) * size
        kept = stream.hold(begin, size, data, 0, number) if size else 0
        new = [at for at in range(max(begin, 0), begin + size) if at not in model]
        model |= dict.fromkeys(new, number)
        assert kept == len(new)
        assert stream.held == len(model)
    upto = next(at for at in range(100) if at not in model)
    assert b"".join(data for _, data in released(stream)) == bytes(model[at] for at in range(upto))
    assert stream.position == upto
