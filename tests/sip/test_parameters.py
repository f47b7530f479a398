"""Parameters: names in lower case, values without quotes, and what numbers there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.parameters import number, parse_parameters, split_value, unquote


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", ()),
        (b";", ()),
        (b";a", ((b"a", b""),)),
        (b";A=B", ((b"a", b"B"),)),
        (b" ; a = b ;c", ((b"a", b"b"), (b"c", b""))),
        (b';a="b;c=\\"d\\\\";e=f', ((b"a", b'b;c="d\\'), (b"e", b"f"))),
        (b";a=;b=1", ((b"a", b""), (b"b", b"1"))),
        (b";=x;b", ((b"b", b""),)),
        (b';a="b', ((b"a", b'"b'),)),
        (b";a=b=c", ((b"a", b"b=c"),)),
        (b";a=[::1]", ((b"a", b"[::1]"),)),
    ],
)
def test_parameters(text, expected):
    assert parse_parameters(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", (b"", ())),
        (b" a ", (b"a", ())),
        (b"a;", (b"a", ())),
        (b"a b ; c=d", (b"a b", ((b"c", b"d"),))),
    ],
)
def test_split_value(text, expected):
    assert split_value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b'"a"', b"a"), (b'"', b'"'), (b'""', b""), (b'"a\\"\\\\"', b'a"\\'), (b"a\\b", b"a\\b")],
)
def test_unquote(text, expected):
    assert unquote(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"0", 0),
        (b"007", 7),
        (b"4294967295", 2**32 - 1),
        (b"4294967296", None),
        (b"0" * 11, None),
        (b"", None),
        (b"-1", None),
        (b" 1", None),
        (None, None),
    ],
)
def test_number(text, expected):
    assert number(text) == expected


def test_number_has_a_bound():
    assert (number(b"65535", 65535), number(b"65536", 65535)) == (65535, None)


@given(st.lists(st.sampled_from([*';="\\ a', "\xff", "ab"])).map("".join))
def test_total(text):
    for name, value in parse_parameters(text.encode("latin-1")):
        assert name
        assert name == name.lower()
        assert b";" not in value or b'"' in text.encode("latin-1")
