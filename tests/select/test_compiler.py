"""What expressions pick: by hand, and as a naive reading has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.select.compiler import MOST_PATTERNS, SLOW, compile_node, select
from sipcm.select.errors import SelectError
from sipcm.select.parser import parse
from sipcm.select.syntax import written
from tests.examples import examples
from tests.select.expressions import means, people, trees
from tests.select.people import PEOPLE, Person
from tests.steps import count_lines

SECOND = 10**9
ANNA = Person(b"Anna", b"sip:+4973112@ulm", b"INVITE", 1, b"\x0a\0\0\x01", 40 * SECOND, status=486)
BERT = Person(b"Bert \xff", b"tel:110", b"bye", 3, away=True, size=7, since=5)
NOBODY = Person()
ALL = [ANNA, BERT, NOBODY]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("name = Anna", [0]),
        ("name = anna", []),
        ("name != Anna", [1, 2]),
        ('name = ""', [2]),
        ("name in (Anna, x)", [0]),
        ("name not in (Anna, x)", [1, 2]),
        (r'name = "Bert \xff"', [1]),
        (r"name contains \xff", [1]),
        ("name icontains ANN", [0]),
        ("name contains ANN", []),
        ("name ~ ^[AB]", [0, 1]),
        ("name !~ ^A", [1, 2]),
        ("name ~ ''", [0, 1, 2]),
        ("uri ~ '^\\+49'", [0]),
        ("uri ~ '^sip:'", [0]),
        ("uri ~ '^[+]49'", [0]),
        ("uri ~ '[+]49'", [0]),
        ("uri ~ '^1.0$'", [1]),
        ("uri = 110 or uri = tel:110", [1]),
        ("uri in (110, x)", [1]),
        ("uri is 110", []),
        ("uri is tel:110", [1]),
        ("method = invite", [0]),
        ("method = BYE", [1]),
        ("method is BYE", []),
        ("mood = 'so so'", [1]),
        ("mood ~ '^so'", [1]),
        ("mood = GLAD", [0]),
        ("mood", [0, 1]),
        ("not mood", [2]),
        ("host = 10.0.0.1", [0]),
        ("host = 10.0.0.0/8", [0]),
        ("host in (192.0.2.0/24, 10.0.0.0/30)", [0]),
        ("host = 0.0.0.0/0", [0]),
        ("host = ::/0", []),
        ("host != 10.0.0.1", [1, 2]),
        ("host ~ '^10[.]'", [0]),
        ("age < 1m", [0]),
        ("age >= 40", [0]),
        ("age > 40", []),
        ("age != 40", [1, 2]),
        ("not age = 40", [1, 2]),
        ("not (age < 1m)", [1, 2]),
        ("age < 1h or age >= 1h", [0]),
        ("status = 4xx", [0]),
        ("status > 4xx", []),
        ("status >= 4xx", [0]),
        ("status < 5xx", [0]),
        ("status is 0", [1, 2]),
        ("status contains 48", [0]),
        ("size = 7", [1]),
        ("away", [1]),
        ("away = false", [0, 2]),
        ("idle < 1m", [0, 1, 2]),
        ("idle = 95ns", [1]),
        ("who = Anna and person.name = Anna", [0]),
        ("NAME = Anna", [0]),
    ],
)
def test_picks(expression, expected):
    selection = select(expression, PEOPLE)
    assert selection.picks(ALL, 100) == expected
    assert [selection.fits(person, 100) for person in ALL] == [at in expected for at in range(3)]


@pytest.mark.parametrize(
    ("uri", "rest"),
    [(b"sip:a@b", "a@b"), (b"sips:a:b@c", "a:b@c"), (b"tel:+1", "+1"), (b"a@b", "a@b"), (b"", "")],
)
def test_a_uri_without_its_scheme(uri, rest):
    assert select(f'uri = "{rest}"', PEOPLE).fits(Person(uri=uri), 0)
    assert select(f'uri in ("{rest}", x)', PEOPLE).fits(Person(uri=uri), 0)
    assert select(f'uri ~ "^[{rest or "x"}]"', PEOPLE).fits(Person(uri=uri), 0) is bool(rest)


@pytest.mark.no_cover
@given(trees, st.lists(people, min_size=1, max_size=8))
@examples(400)
def test_the_naive_reading_picks_the_same(node, persons):
    picked = compile_node(node, PEOPLE).picks(persons, 0)
    assert picked == [at for at, person in enumerate(persons) if means(node, person)]


@pytest.mark.parametrize(
    ("expression", "position", "said"),
    [
        ("naem = x", 0, '"naem" is no field of people; did you mean name?'),
        (
            "zzz = x",
            0,
            '"zzz" is no field of people; fields are name, uri, method, mood, host, age',
        ),
        ("name = x and naem", 13, '"naem" is no field of people'),
        ("age = x", 6, 'age: "x" is not a duration such as 15, 300ms or 1m30s'),
        ("size < 1s", 7, 'size: "1s" is not a number such as 400'),
        ("mood = bad", 7, 'mood: "bad" is not one of glad, sad, so so'),
        ("host in (10.0.0.1, home)", 19, 'host: "home" is not an address such as'),
        ("status = teapot", 9, 'status: "teapot" is not a status such as 404 or 4xx'),
        ("born > noon", 7, 'born: "noon" is not a time such as 2024-05-31'),
        ("away = maybe", 7, 'away: "maybe" is not true or false'),
        ("name < x", 5, "name has no order: it is a text; use =, !=, in or ~"),
        ("mood >= sad", 5, "mood has no order: it is a one of glad"),
        (
            "age ~ 1",
            4,
            "age has no text to search: it is a duration such as 300ms or 1m30s; compare",
        ),
        ("born contains 2024", 5, "born has no text to search"),
        ('name ~ "("', 7, '"(" is not a regular expression: missing ): ('),
        (
            " or ".join(["name ~ a.b"] * (MOST_PATTERNS + 1)),
            14 * MOST_PATTERNS + 7,
            f"more than {MOST_PATTERNS} regular expressions",
        ),
    ],
)
def test_mistakes(expression, position, said):
    with pytest.raises(SelectError) as caught:
        select(expression, PEOPLE)
    error = caught.value
    assert (error.position, str(error)[: len(said)]) == (position, said)
    assert error.expression == expression


def test_without_a_moment_what_depends_on_it_is_refused():
    with pytest.raises(SelectError, match="idle goes on with time") as caught:
        select("name = x or idle < 1s", PEOPLE, moment=False)
    assert caught.value.position == 12
    select("age < 1s", PEOPLE, moment=False)


def test_what_is_quick_is_looked_at_first():
    """A regular expression searches only those that all else fits, wherever it stands."""
    selection = select("name ~ 'x.y' and size = 40 and name = z", PEOPLE)
    persons = [Person(name=b"x" * 1000)] * 1000
    lines, picked = count_lines(lambda: selection.picks(persons, 0))
    assert picked == []
    assert lines < 2500, "no function of ours is called for any of them"


def test_slow_is_what_searches():
    assert select("name ~ 'a.b'", PEOPLE).slow
    assert not select("name ~ '^ab' and uri = x or size in (1, 2, 3)", PEOPLE).slow
    assert SLOW > 64 * 5


def test_the_longest_expressions_are_compiled():
    deep = "not (" * 16 + "name ~ 'a.b'" + ")" * 16
    assert select(deep, PEOPLE).fits(NOBODY, 0) is False
    wide = " or ".join(f"(name = {n} and not uri ~ x)" for n in range(32))
    assert select(wide, PEOPLE).fits(Person(name=b"31"), 0)
    alternating = "(name = a or (name = b and " * 16 + "size = 1" + "))" * 16
    assert select(alternating, PEOPLE).fits(Person(name=b"a"), 0)


HOSTILE = ["__import__('os')", "o.name", "v0", "'''", "\\", "{}", "{0}", "\n", "x := 1", "#", "\0"]


@given(st.sampled_from(["=", "~", "is", "contains", "icontains", "in"]), st.sampled_from(HOSTILE))
def test_no_value_becomes_code(operator, text):
    expression = written(parse(f'name {operator} "{text}"'))
    try:
        selection = select(expression, PEOPLE)
    except SelectError:
        return
    assert selection.fits(Person(name=text.encode()), 0) or operator == "~"
