"""Sets of numbers as intervals, against sets of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.intervals import (
    EVERYTHING,
    HIGHEST,
    NOTHING,
    ZERO,
    between,
    complement,
    contains,
    intersection,
    joined,
    only,
    settled,
    union,
)

# Numbers at both ends of all that there are. A set of them is the model; what lies between them
# belongs to no set but to complements.
NEAR = [*range(12), *range(HIGHEST - 11, HIGHEST + 1)]
BETWEEN = HIGHEST // 2

models = st.sets(st.sampled_from(NEAR))


def made(model):
    """Put a set together number by number."""
    numbers = NOTHING
    for number in model:
        numbers = union(numbers, only(number))
    return numbers


def elements(numbers):
    return {number for number in [*NEAR, BETWEEN] if contains(numbers, number)}


def assert_is(numbers, model):
    assert elements(numbers) == model
    ends = [end for interval in numbers for end in interval]
    assert ends == sorted(ends)
    assert all(low - high > 1 for high, low in zip(ends[1::2], ends[2::2], strict=False))


@given(models)
def test_a_set_is_what_was_put_into_it(model):
    assert_is(made(model), model)


@given(models, models)
def test_sets_are_joined(some, others):
    assert_is(union(made(some), made(others)), some | others)
    assert_is(intersection(made(some), made(others)), some & others)


@given(models)
def test_complements(model):
    numbers = made(model)
    assert_is(complement(numbers), {*NEAR, BETWEEN} - model)
    assert complement(complement(numbers)) == numbers
    assert union(numbers, complement(numbers)) == EVERYTHING
    assert intersection(numbers, complement(numbers)) == NOTHING


@given(models, models)
def test_complements_are_joined_the_other_way(some, others):
    one, other = made(some), made(others)
    assert complement(union(one, other)) == intersection(complement(one), complement(other))


@given(models, models)
def test_equal_sets_are_equal_tuples(some, others):
    """That is what the compiler tells a subset from."""
    common = intersection(made(some), made(others))
    assert (common == made(some)) == (some <= others)
    assert (common == NOTHING) == some.isdisjoint(others)


RANGES = {
    "several": (5060, 5061, ((5060, 5061),)),
    "one": (5060, 5060, ((5060, 5060),)),
    "the wrong way round": (5061, 5060, NOTHING),
    "all": (0, HIGHEST, EVERYTHING),
}


@pytest.mark.parametrize(("low", "high", "numbers"), RANGES.values(), ids=RANGES)
def test_ranges(low, high, numbers):
    assert between(low, high) == numbers


def test_sets_with_names():
    assert (elements(NOTHING), elements(ZERO)) == (set(), {0})
    assert elements(EVERYTHING) == {*NEAR, BETWEEN}
    assert (complement(NOTHING), complement(EVERYTHING)) == (EVERYTHING, NOTHING)


def test_neighbours_grow_together():
    assert union(((0, 4), (9, 9)), ((5, 8), (11, 11))) == ((0, 9), (11, 11))
    assert union(((0, 9),), ((2, 3),)) == ((0, 9),)


@given(models, models)
def test_what_is_known_settles_a_question_or_not(known, wanted):
    answers = {number in wanted for number in known}
    expected = answers.pop() if len(answers) == 1 else None
    if known:
        assert settled(made(known), made(wanted)) is expected


@given(st.lists(models, min_size=1, max_size=9))
def test_many_sets_are_joined_at_once(several):
    sets = [made(each) for each in several]
    assert_is(joined(sets, union), set().union(*several))
    assert_is(joined(sets, intersection), several[0].intersection(*several))
