"""Things by number, in ranges: what a dictionary says, in its order, and no memory for the gone."""

import sys
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.state.ranges import BITS, Ranges

RANGE = 1 << BITS
STEPS = st.lists(st.tuples(st.integers(1, 2 * RANGE), st.integers(0, 3)))


def filled(count: int) -> Ranges[str]:
    ranges: Ranges[str] = Ranges()
    for number in range(count):
        ranges[number] = str(number)
    return ranges


def check(ranges: Ranges[str], plain: dict[int, str]) -> None:
    numbers = list(plain)
    assert list(ranges) == numbers
    assert list(reversed(ranges)) == numbers[::-1]
    assert len(ranges) == len(numbers)
    assert ranges.several(numbers) == [ranges[number] for number in numbers] == [*plain.values()]
    for number in [*numbers[:9], *(one + 1 for one in numbers[:9]), 0]:
        assert ranges.get(number) == plain.get(number)
        assert (number in ranges) == (number in plain)


@given(STEPS)
def test_it_is_a_dictionary_in_order(steps):
    """Numbers are put in that are ever higher; after each some of the oldest or newest go."""
    ranges: Ranges[str] = Ranges()
    plain: dict[int, str] = {}
    newest = 0
    for more, gone in steps:
        newest += more
        ranges[newest] = plain[newest] = str(newest)
        for number in [*islice(plain if more % 2 else reversed(plain), gone)]:
            del ranges[number], plain[number]
    check(ranges, plain)


@pytest.mark.parametrize("left", [0, 1, 2, 3, 100, RANGE // 2, RANGE // 2 + 1, RANGE])
def test_so_many_are_left_of_each_range(left):
    ranges, plain = filled(3 * RANGE), {number: str(number) for number in range(3 * RANGE)}
    for number in range(3 * RANGE):
        if number % RANGE >= left:
            del ranges[number], plain[number]
    check(ranges, plain)


def test_what_is_put_anew_keeps_its_place():
    ranges = filled(3)
    ranges[1] = "again"
    assert ranges.several([0, 1, 2]) == ["0", "again", "2"]


def test_what_is_taken_out():
    ranges = filled(2)
    assert (ranges.pop(0), ranges.pop(0), ranges.pop(RANGE)) == ("0", None, None)
    assert (list(ranges), len(ranges)) == ([1], 1)


def test_what_is_not_there():
    ranges = filled(1)
    assert ranges.get(1) is None
    assert ranges.get(RANGE) is None
    assert ranges.several([0, 1, RANGE, 9 * RANGE]) == ["0", None, None, None]
    assert ranges.several([]) == []
    for number in (1, RANGE):
        with pytest.raises(KeyError):
            ranges[number]
        with pytest.raises(KeyError):
            del ranges[number]


def test_one_that_stays_of_each_range_keeps_no_memory_of_the_others():
    ranges = filled(9 * RANGE)
    for number in range(9 * RANGE):
        if number % RANGE:
            del ranges[number]
    sizes = [sys.getsizeof(things) for things in ranges._ranges.values()]
    # The newest may need its room yet.
    assert max(sizes[:-1]) < 500 < 50_000 < sizes[-1]


def test_one_that_stayed_while_its_range_filled_up_keeps_no_memory_either():
    ranges = filled(RANGE)
    for number in range(1, RANGE):
        del ranges[number]
    [before] = map(sys.getsizeof, ranges._ranges.values())
    ranges[RANGE] = "next"
    sizes = [sys.getsizeof(things) for things in ranges._ranges.values()]
    assert max(sizes) < 500 < 50_000 < before
    assert list(ranges) == [0, RANGE]


def test_the_newest_range_keeps_its_room_while_older_ones_come_again():
    ranges = filled(2 * RANGE)
    for number in range(RANGE):
        del ranges[number]
    ranges[0] = "again"
    for number in range(RANGE + 1, 2 * RANGE):
        del ranges[number]
    assert sys.getsizeof(ranges._ranges[1]) > 50_000


def test_ranges_that_are_empty_are_gone():
    ranges = filled(9 * RANGE)
    for number in range(9 * RANGE):
        del ranges[number]
    assert list(ranges._ranges) == []
