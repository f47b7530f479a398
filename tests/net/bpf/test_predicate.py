"""Trees of tests: what is decided at once, and that making them smaller changes no answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.expression import LENGTH, Load, Number, Register
from sipcm.net.bpf.instructions import JEQ, JGE, JGT
from sipcm.net.bpf.intervals import EVERYTHING, NOTHING, between, only
from sipcm.net.bpf.predicate import (
    FALSE,
    TRUE,
    All,
    Any,
    Assignment,
    Comparison,
    Not,
    compare,
    simplify,
)
from sipcm.net.bpf.predicate import Test as Asked
from sipcm.net.bpf.predicate import test as ask
from tests.net.bpf.trees import holds, intervals, predicates, several_packets, with_memory

A, B, C = (Asked(Load(number, 1), only(1)) for number in range(3))
SET = Assignment(0, LENGTH)
SLOT = Asked(Register(0), only(1))


def a_is(*numbers):
    return Asked(Load(0, 1), numbers)


TESTS = {
    "everything": (Load(0, 1), EVERYTHING, TRUE),
    "nothing": (Load(0, 1), NOTHING, FALSE),
    "a constant in it": (Number(5), between(4, 6), TRUE),
    "a constant outside": (Number(5), only(6), FALSE),
    "something": (Load(0, 1), only(1), A),
}


@pytest.mark.parametrize(("expression", "numbers", "made"), TESTS.values(), ids=TESTS)
def test_what_needs_no_packet_is_no_test(expression, numbers, made):
    assert ask(expression, numbers) == made


COMPARISONS = {
    "itself is equal": (JEQ, LENGTH, LENGTH, TRUE),
    "itself is not less": (JGE, LENGTH, LENGTH, TRUE),
    "itself is not more": (JGT, LENGTH, LENGTH, FALSE),
    "equal": (JEQ, Number(3), Number(4), FALSE),
    "more": (JGT, Number(4), Number(3), TRUE),
    "not more": (JGT, Number(3), Number(4), FALSE),
    "at least": (JGE, Number(3), Number(4), FALSE),
    "unknown": (JGT, LENGTH, Number(4), Comparison(JGT, LENGTH, Number(4))),
}


@pytest.mark.parametrize(
    ("operation", "left", "right", "made"), COMPARISONS.values(), ids=COMPARISONS
)
def test_what_needs_no_packet_is_no_comparison(operation, left, right, made):
    assert compare(operation, left, right) == made


SIMPLER = {
    "a test": (A, A),
    "a double not": (Not(Not(A)), A),
    "not true": (Not(TRUE), FALSE),
    "not false": (Not(FALSE), TRUE),
    "all of one": (All((A,)), A),
    "any of one": (Any((A,)), A),
    "all with true": (All((A, TRUE, B)), All((A, B))),
    "all with false": (All((A, FALSE, B)), FALSE),
    "any with true": (Any((A, TRUE, B)), TRUE),
    "any with false": (Any((A, FALSE, B)), Any((A, B))),
    "all of all": (All((A, All((B, C)))), All((A, B, C))),
    "any of any": (Any((Any((A, B)), C)), Any((A, B, C))),
    "twice": (All((A, B, A)), All((A, B))),
    "one question": (Any((A, B, a_is((3, 4)))), Any((a_is((1, 1), (3, 4)), B))),
    "numbers that touch": (Any((A, a_is((2, 4)))), a_is((1, 4))),
    "what is common": (All((a_is((1, 5)), B, a_is((4, 9)))), All((a_is((4, 5)), B))),
    "nothing common": (All((A, B, a_is((2, 2)))), FALSE),
    "nothing common of three": (All((A, a_is((2, 2)), a_is((3, 3)))), FALSE),
    "everything together": (Any((a_is((0, 4)), B, a_is((5, 0xFFFFFFFF)))), TRUE),
    "alike at the begin": (Any((All((A, B)), All((A, C)))), All((A, Any((B, C))))),
    "alike and no more": (Any((All((A, B)), A)), A),
    "alike throughout": (Any((All((A, B)), C, All((A, B)))), Any((All((A, B)), C))),
    "one of them asks less": (
        Any((All((A, Any((B, C)), SLOT)), All((A, Any((B, C)))))),
        All((A, Any((B, C)))),
    ),
    "alternatives twice": (
        All((Any((A, B)), C, Any((A, B)))),
        All((Any((A, B)), C)),
    ),
    "alike up to one question": (
        Any((All((B, A)), All((B, a_is((2, 2)))))),
        All((B, a_is((1, 2)))),
    ),
    "alike in pairs": (
        Any((All((A, B)), All((C, B)), All((A, C)), All((C, A)))),
        Any((All((A, Any((B, C)))), All((C, Any((B, A)))))),
    ),
    "alike below not": (
        All((C, Not(All((A, B))), Not(All((A, C))))),
        All((C, Not(All((A, Any((B, C))))))),
    ),
    "none of two": (All((Not(A), Not(a_is((3, 3))))), Not(a_is((1, 1), (3, 3)))),
    "not both": (Any((Not(A), Not(B))), Not(All((A, B)))),
    "what is set before counts": (Any((SET, A, A)), Any((SET, A, A))),
    "what is set in order": (All((SLOT, SET, SLOT)), All((SLOT, SET, SLOT))),
    "what is set below not": (Any((Not(SET), A, A)), Any((Not(SET), A, A))),
    "set for others": (All((A, SET, FALSE, B)), All((A, SET, FALSE))),
    "set for nobody": (All((A, FALSE, SET)), FALSE),
}


@pytest.mark.parametrize(("given_", "simpler"), SIMPLER.values(), ids=SIMPLER)
def test_fewer_tests(given_, simpler):
    assert simplify(given_) == simpler


def size(predicate):
    """Count what is asked."""
    if isinstance(predicate, Not):
        return size(predicate.operand)
    return sum(map(size, predicate.parts)) if isinstance(predicate, All | Any) else 1


@given(tree=predicates, seen=several_packets)
def test_a_smaller_tree_says_the_same(tree, seen):
    smaller = simplify(tree)
    assert size(smaller) <= size(tree)
    for packet in seen:
        assert holds(smaller, packet) is holds(tree, packet)


@given(sets=st.lists(intervals, min_size=1, max_size=5), value=st.integers(0, 255))
def test_one_question_about_one_number(sets, value):
    parts = tuple(Asked(Load(0, 1), numbers) for numbers in sets)
    for tree in (All(parts), Any(parts)):
        smaller = simplify(tree)
        assert size(smaller) <= 1
        assert holds(smaller, bytes([value])) is holds(tree, bytes([value]))


@given(tree=with_memory, seen=several_packets)
def test_what_is_kept_in_memory_is_the_same(tree, seen):
    smaller = simplify(tree)
    for packet in seen:
        assert holds(smaller, packet) is holds(tree, packet)
