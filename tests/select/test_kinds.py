"""Kinds of fields, by themselves."""

import pytest

from sipcm.select.compiler import sort_key
from sipcm.select.kinds import LONGEST_KEY, words
from tests.select.people import PEOPLE, Person


def key(name: str, person: Person) -> object:
    return sort_key(PEOPLE.named(name), PEOPLE)(person, 100)


@pytest.mark.parametrize(
    ("name", "person", "expected"),
    [
        ("name", Person(name=b"Anna"), "Anna"),
        ("name", Person(name=b"\xff"), "\\xff"),
        ("name", Person(name=b"x" * 999), "x" * LONGEST_KEY),
        ("name", Person(), None),
        ("uri", Person(uri=b"sip:x"), "sip:x"),
        ("method", Person(method=b"BYE"), "BYE"),
        ("mood", Person(mood=3), 3),
        ("mood", Person(), None),
        ("host", Person(host=b"\x0a\0\0\x01"), (4 << 128) + 0x0A000001),
        ("host", Person(host=bytes(15) + b"\1"), (16 << 128) + 1),
        ("host", Person(), None),
        ("age", Person(age=0), 0),
        ("age", Person(), None),
        ("status", Person(status=200), 200),
        ("status", Person(), None),
        ("away", Person(), 0),
        ("away", Person(away=True), 1),
        ("idle", Person(since=40), 60),
    ],
)
def test_keys(name, person, expected):
    assert key(name, person) == expected
    if expected is not None:
        assert PEOPLE.named(name).kind.read_key(str(expected)) == expected


def test_keys_that_are_no_whole_number_are_read_again():
    read = PEOPLE.named("size").kind.read_key
    assert [read(str(value)) for value in (7, 0.1, 1e-07, 1e30)] == [7, 0.1, 1e-07, 1e30]


@pytest.mark.parametrize("name", ["mood", "host", "age", "size", "away"])
def test_what_is_no_key(name):
    with pytest.raises(ValueError, match=r"could not convert|invalid literal"):
        PEOPLE.named(name).kind.read_key("x")


def test_every_kind_says_what_values_are():
    assert [field.name for field in PEOPLE.fields if not field.kind.about] == []
    assert words({"a": 1, "b": 2}).about == "one of a, b"
    assert words({"a": 1}, "a word").about == "a word"
