"""The pieces of an expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.select.errors import SelectError
from sipcm.select.tokens import END, LONGEST, QUOTED, is_bare, quoted, tokens


def pieces(expression: str) -> list[str]:
    return [f"{token.kind}:{token.text}" for token in tokens(expression)][:-1]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ""),
        (" \t\r\n ", ""),
        ("a=b", "word:a operator:= word:b"),
        ("a == b", "word:a operator:= word:b"),
        ("a!=b", "word:a operator:!= word:b"),
        ("a!~b", "word:a operator:!~ word:b"),
        ("a<=1 && b || !c", "word:a operator:<= word:1 operator:and word:b operator:or operator:not word:c"),
        ("a in(1,2)", "word:a word:in operator:( word:1 operator:, word:2 operator:)"),
        ('a~"^\\+49"', "word:a operator:~ quoted:^\\+49"),
        ("'it''s'", "quoted:it's"),
        ('"say ""hi"""', 'quoted:say "hi"'),
        ("'\"'", 'quoted:"'),
        ('""', "quoted:"),
        ("10.0.0.0/8", "word:10.0.0.0/8"),
        ("[2001:db8::1]", "word:[2001:db8::1]"),
        ("@timestamp>2024-05-31T14:30:00Z", "word:@timestamp operator:> word:2024-05-31T14:30:00Z"),
        ("é", "word:é"),
    ],
)  # fmt: skip
def test_pieces(expression, expected):
    assert " ".join(pieces(expression)) == expected


def test_places():
    *_, last, end = tokens('name ~ "a""b" ')
    assert (last.kind, last.position, last.end) == (QUOTED, 7, 13)
    assert (end.kind, end.position, end.end) == (END, 14, 14)
    assert (last.shown, end.shown) == ('"a"b"', "the end")


@pytest.mark.parametrize(
    ("expression", "position", "said"),
    [
        ('a = "b', 4, "the quote that begins here does not end"),
        ("a = 'b''", 4, "the quote that begins here does not end"),
        ("a & b", 2, '"&" has no meaning here'),
        ("a = b|c", 5, '"|" has no meaning here'),
        ("a = \ud800", 4, "this is no character"),
        ("x" * (LONGEST + 1), LONGEST, f"an expression has at most {LONGEST} characters"),
    ],
)
def test_mistakes(expression, position, said):
    with pytest.raises(SelectError) as caught:
        list(tokens(expression))
    assert caught.value.position == position
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    "word", ["and", "OR", "not", "In", "is", "contains", "icontains", "", "a b"]
)
def test_what_needs_quotes(word):
    assert not is_bare(word)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_quotes_hold_any_text(text):
    token, _ = tokens(quoted(text)) if len(text) < 900 else (None, None)
    assert token is None or (token.kind, token.text) == (QUOTED, text)


@given(st.text(max_size=LONGEST))
def test_nothing_else_happens(text):
    try:
        found = [(one.position, one.end) for one in tokens(text)]
    except SelectError as error:
        found = [(error.position, len(text))]
    assert found == sorted(found)
    assert 0 <= found[0][0] <= found[-1][1] == len(text)
