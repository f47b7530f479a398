"""From expressions to trees, and where mistakes are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.select.errors import SelectError
from sipcm.select.parser import DEEPEST, MOST_TERMS, MOST_VALUES, parse
from sipcm.select.syntax import written
from tests.tables import faults

WRITTEN = {
    'from~"^\\+49" and status>=400 and duration<15 and not method=OPTIONS': (
        'from ~ "^\\+49" and status >= 400 and duration < 15 and not method = OPTIONS'
    ),
    "a=1 or b=2 and c=3": "a = 1 or b = 2 and c = 3",
    "(a=1 or b=2) and c=3": "(a = 1 or b = 2) and c = 3",
    "not a and b": "not a and b",
    "not (a and b)": "not (a and b)",
    "not(a)": "not a",
    "NOT a AND b OR c": "not a and b or c",
    "! a && b || c": "not a and b or c",
    "((a))": "a",
    "a and (b and c)": "a and b and c",
    "a or (b or c)": "a or b or c",
    "a in 10.0.0.0/8": "a in 10.0.0.0/8",
    "a IN (1)": "a in 1",
    "a in(1,2 , 3)": "a in (1, 2, 3)",
    "a not in (1, 2)": "a not in (1, 2)",
    "not a in (1, 2)": "not a in (1, 2)",
    "a Contains b": "a contains b",
    "a is ''": 'a is ""',
    'a = "and"': 'a = "and"',
    "a=[::1]": 'a = "[::1]"',
    "a\n=\tb": "a = b",
}

MISTAKES = {
    "": (0, "expected the name of a field, found the end"),
    "   ": (3, "expected the name of a field, found the end"),
    "a and": (5, "expected the name of a field, found the end"),
    "and a": (0, 'expected the name of a field, found "and"'),
    '"a" = b': (0, 'expected the name of a field, found "a"; quotes are for values'),
    "= b": (0, 'expected the name of a field, found "="'),
    "a b": (2, 'expected a comparison such as =, <, ~ or in after "a", found "b"'),
    "a =": (3, 'expected a value after "=", found the end'),
    "a = and b": (4, 'expected a value after "=", found "and"; quoted it is a text: "and"'),
    "a >= <= b": (5, 'expected a value after ">=", found "<="'),
    "a = b c": (6, 'expected "and", "or" or the end, found "c"; a value with blanks or marks'),
    "a = sip:x;y=z": (11, 'expected "and", "or" or the end, found "="; a value with blanks or'),
    "a = b)": (5, 'expected the end, found ")"; there is no ( that it would close'),
    "(a = b": (6, 'expected ")" for the "(" at character 1, found the end'),
    "c and (a = b d": (13, 'expected ")" for the "(" at character 7, found "d"; a value with'),
    "()": (1, 'expected the name of a field, found ")"'),
    "a in ()": (6, 'expected a value after "(", found ")"'),
    "a in (1 2)": (8, 'expected "," or ")", found "2"'),
    "a in (1,": (8, 'expected a value after ",", found the end'),
    "a in": (4, 'expected a value after "in", found the end'),
    "a not b": (2, 'expected a comparison such as =, <, ~ or in after "a", found "not"'),
    "a = b not c": (6, 'expected "and", "or" or the end, found "not"'),
    "a , b": (2, 'expected a comparison such as =, <, ~ or in after "a", found ","'),
}


def test_trees():
    def check(row: tuple[str, str]) -> None:
        expression, expected = row
        assert written(parse(expression)) == expected

    assert (
        faults(check, {expression: (expression, text) for expression, text in WRITTEN.items()})
        == {}
    )


def test_mistakes():
    def check(row: tuple[str, tuple[int, str]]) -> None:
        expression, (position, said) = row
        with pytest.raises(SelectError) as caught:
            parse(expression)
        error = caught.value
        assert (error.position, str(error)[: len(said)]) == (position, said)
        assert error.expression == expression
        assert error.details[1] == f"  {' ' * position}^"

    assert (
        faults(check, {expression: (expression, row) for expression, row in MISTAKES.items()}) == {}
    )


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), f"more than {DEEPEST} parentheses"),
        ("not " * (DEEPEST + 1) + "a", f"more than {DEEPEST} parentheses and negations"),
        ("(" * 2000, f"more than {DEEPEST} parentheses"),
        ("!" * 2000, f"more than {DEEPEST} parentheses"),
        (" or ".join("a" * (MOST_TERMS + 1)), f"more than {MOST_TERMS} comparisons"),
        (f"a in ({','.join('1' * (MOST_VALUES + 1))})", f"more than {MOST_VALUES} values"),
    ],
)
def test_limits(expression, said):
    with pytest.raises(SelectError) as caught:
        parse(expression)
    assert str(caught.value).startswith(said)


def test_what_is_allowed():
    parse("(" * DEEPEST + "a" + ")" * DEEPEST)
    parse("not " * DEEPEST + "a")
    parse(" or ".join("a" * MOST_TERMS))
    parse(f"a in ({','.join('1' * MOST_VALUES)})")
    side_by_side = " and ".join(["(not a)"] * (DEEPEST + 1))
    assert written(parse(side_by_side)) == side_by_side.replace("(", "").replace(")", "")


PIECES = st.sampled_from(
    [*"()=<>~!,&|\"'", "and", "or", "not", "in", "is", "a", "b", "1", '"x y"', "!=", "!~"]
)


@given(st.lists(PIECES, max_size=30).map(" ".join) | st.text(max_size=80))
def test_whatever_is_written(expression):
    """It is a tree, which is written so that it makes the same again, or a mistake with a place."""
    error, node = None, None
    try:
        node = parse(expression)
    except SelectError as mistake:
        error = mistake
    if error is not None:
        assert 0 <= error.position <= len(expression)
        assert len(error.details) == 2
        assert "\n" not in str(error)
    if node is not None:
        assert parse(written(node)) == node
