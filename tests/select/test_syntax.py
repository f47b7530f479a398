"""How trees are written, and that they can be read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.select.parser import parse
from sipcm.select.syntax import (
    COMPARISONS,
    And,
    Comparison,
    Known,
    Not,
    Or,
    Value,
    either,
    every,
    written,
)
from tests.select.expressions import trees

A, B, C = Known("a"), Known("b"), Known("c")


def test_parts_are_not_within_their_like():
    assert every([A, every([B, C])]) == And((A, B, C))
    assert either([either([A, B]), C]) == Or((A, B, C))
    assert every([either([A, B]), C]) == And((Or((A, B)), C))
    assert every([A]) == either([A]) == A


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Comparison("a", "=", (Value("b"),)), "a = b"),
        (Comparison("a", "~", (Value("^\\+49"),)), 'a ~ "^\\+49"'),
        (Comparison("a", "in", (Value("b"), Value("c d"))), 'a in (b, "c d")'),
        (Comparison("a", "not in", (Value("b"),)), "a not in b"),
        (Comparison("a", "=", (Value('"'),)), 'a = """"'),
        (Comparison("a", "=", (Value(""),)), 'a = ""'),
        (And((Or((A, B)), Not(C))), "(a or b) and not c"),
        (Or((And((A, B)), C)), "a and b or c"),
        (Not(And((A, B))), "not (a and b)"),
        (Not(Not(A)), "not not a"),
    ],
)
def test_written(node, text):
    assert written(node) == text
    assert parse(text) == node


@given(trees)
def test_what_is_written_is_read_again(node):
    assert parse(written(node)) == node


@given(
    st.sampled_from([one for one in COMPARISONS if "in" not in one.split()]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
)
def test_any_value(operator, text):
    node = Comparison("a", operator, (Value(text),))
    assert parse(written(node)) == node
