"""What lists are asked for, and what is found."""

import pytest

from sipcm.httpui.filters import (
    Asked,
    Filters,
    headers,
    last_line,
    next_page,
    parameters,
    query_page,
    read,
    shown,
    wire,
)
from sipcm.httpui.query import BadExpressionError, BadParameterError, Query
from sipcm.select.callfields import CALLS
from sipcm.select.field import Field, Table
from sipcm.select.kinds import TEXT
from sipcm.select.pattern import LONGEST
from tests.peers import made

Person = dict[str, str]

TABLE = Table(
    "people",
    "name = Anna",
    (
        Field("name", TEXT, "how somebody is called", "o['name'].encode()", ("who",)),
        Field("town", TEXT, "where somebody lives", "o['town'].encode()"),
    ),
    {},
)
FOLDED = Filters(TABLE, ("name", "town"), fold=True)
UNFOLDED = Filters(TABLE, ("name", "town"), fold=False)
PEOPLE: list[Person] = [
    {"name": "Anna", "town": "Ulm"},
    {"name": "Hannah", "town": "Köln"},
    {"name": "Bert", "town": "Ulm"},
    {"name": "Anna", "town": "Köln"},
]


def asked(*pairs: tuple[str, str], fold: bool = True) -> Asked[Person]:
    return read(Query(pairs), FOLDED if fold else UNFOLDED)


def numbers(*pairs: tuple[str, str], fold: bool = True) -> list[int]:
    wanted = asked(*pairs, fold=fold)
    picked = [at for at in wanted.picks(PEOPLE, 0) if at >= wanted.start]
    return picked[: wanted.most]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], [0, 1, 2, 3]),
        ([("name", "")], [0, 1, 2, 3]),
        ([("filter", "name"), ("val", "")], [0, 1, 2, 3]),
        ([("name", "anna")], [0, 1, 3]),
        ([("filter", "name"), ("val", "anna")], [0, 1, 3]),
        ([("town", "KÖL")], [1, 3]),
        ([("name", "anna"), ("town", "köln")], [1, 3]),
        ([("name", "anna"), ("filter", "town"), ("val", "ulm")], [0]),
        ([("name", "an"), ("name", "ha")], [1]),
        ([("name", "an"), ("filter", "name"), ("val", "ha")], [1]),
        ([("name", ".nna")], []),
        ([("name", ".nna"), ("re", "")], [0, 1, 3]),
        ([("name", "^.nna$"), ("re", "1")], [0, 3]),
        ([("name", "^.nna$"), ("re", "0")], []),
        ([("name", "^anna"), ("re", "")], []),
        ([("name", "(?i)^anna"), ("re", "")], [0, 3]),
        ([("town", "K.ln"), ("re", "")], [1, 3]),
        ([("name", "Anna"), ("exact", "")], [0, 3]),
        ([("name", "anna"), ("exact", "1")], []),
        ([("name", "Ann"), ("exact", "yes")], []),
        ([("name", "ann"), ("exact", "off")], [0, 1, 3]),
        ([("filter", "name"), ("val", "Anna"), ("town", "Ulm"), ("exact", "")], [0]),
        ([("name", "Anna"), ("exact", ""), ("re", "0")], [0, 3]),
        ([("name", ""), ("exact", "")], [0, 1, 2, 3]),
        ([("name", "nobody")], []),
        ([("s", "2")], [2, 3]),
        ([("s", "9")], []),
        ([("n", "2")], [0, 1]),
        ([("n", "0")], []),
        ([("n", "2"), ("name", "anna")], [0, 1]),
        ([("n", "1"), ("s", "1"), ("name", "anna")], [1]),
        ([("q", "name = Anna")], [0, 3]),
        ([("q", "  ")], [0, 1, 2, 3]),
        ([("q", "who ~ ^.nna$ and not town = Ulm")], [3]),
        ([("q", "name = Anna"), ("town", "köln")], [3]),
        ([("q", "name = Anna"), ("name", "Ann"), ("exact", "")], []),
    ],
)
def test_what_is_found(pairs, expected):
    assert numbers(*pairs) == expected


@pytest.mark.parametrize(("text", "expected"), [("anna", [1]), ("Anna", [0, 3]), ("ann", [1])])
def test_case_may_matter(text, expected):
    assert numbers(("name", text), fold=False) == expected


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([("nmae", "x")], '"nmae": unknown parameter'),
        ([("n", "-1")], 'n: "-1" is not a whole number'),
        ([("n", "many")], 'n: "many" is not a whole number'),
        ([("s", "x")], 's: "x" is not a whole number'),
        ([("s", str(1 << 63))], "s: "),
        ([("re", "x")], 're: "x" is not one of 1, true,'),
        ([("exact", "x")], 'exact: "x" is not one of 1, true,'),
        ([("exact", ""), ("re", "on")], "exact: it does not go together with re"),
        ([("filter", "nmae"), ("val", "x")], 'filter: "nmae" is not one of name, town'),
        ([("val", "x")], "filter: it is missing beside val: one of name, town"),
        ([("filter", "name"), ("filter", "town"), ("val", "x")], "filter: it is given 2 times"),
        (
            [("name", "("), ("re", "")],
            r'name: "(" is not a regular expression: missing ): (',
        ),
        (
            [("filter", "name"), ("val", "a**"), ("re", "")],
            'val: "a**" is not a regular expression: bad repetition operator: **',
        ),
        (
            [("name", r"(\w)\1"), ("re", "")],
            r'name: "(\w)\1" is not a regular expression: invalid escape sequence: \1',
        ),
        (
            [("town", "x" * (LONGEST + 1)), ("re", "")],
            f"town: a regular expression has at most {LONGEST} characters, this one has 257",
        ),
        ([("name", str(n)) for n in range(17)], "name: of 17 filters 16 are allowed"),
        (
            [("town", r"(\pL{50}){20}"), ("re", "")],
            r'town: "(\pL{50}){20}" is not a regular expression: pattern too large',
        ),
    ],
)
def test_what_cannot_be_followed(pairs, reason):
    with pytest.raises(BadParameterError) as caught:
        asked(*pairs)
    assert str(caught.value).startswith(reason)


def test_a_bad_expression_is_no_matter_without_re():
    assert numbers(("name", "(")) == []


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("name =", 6, 'q: expected a value after "=", found the end'),
        ("naem = x", 0, 'q: "naem" is no field of people; did you mean name?'),
        ('town = x or name ~ "("', 19, 'q: "(" is not a regular expression: missing ): ('),
    ],
)
def test_a_mistake_in_an_expression_has_a_place(text, position, said):
    with pytest.raises(BadExpressionError) as caught:
        asked(("name", "x"), ("q", text))
    assert str(caught.value) == said
    assert (caught.value.error.position, caught.value.error.expression) == (position, text)


def test_peers_can_be_asked_for_where_they_have_names():
    query, filters = Query((("q", "client and peer = a"),)), Filters(CALLS, (), fold=False)
    with pytest.raises(BadExpressionError) as caught:
        read(query, filters)
    said = "q: peer: no network has a name; start with -peers FILE"
    assert (str(caught.value), caught.value.error.position) == (said, 11)
    asked: Asked[object] = read(query, filters, made(("192.0.2.0/24", "a")))
    assert asked.data()["selected"] == "client and peer = a"


def test_an_expression_is_given_once():
    with pytest.raises(BadParameterError, match="q: it is given 2 times"):
        asked(("q", "name = a"), ("q", "name = b"))


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ([("name", "a b")], 'name icontains "a b"'),
        ([("name", "a"), ("exact", "")], "name is a"),
        ([("name", "^a"), ("re", "")], 'name ~ "^a"'),
        ([("name", "a"), ("filter", "town"), ("val", "b")], "name icontains a and town icontains b"),
        ([("name", "a"), ("q", "town = x or town = y")], (
            "name icontains a and (town = x or town = y)"
        )),
    ],
)  # fmt: skip
def test_filters_are_translated(pairs, text):
    wanted = asked(*pairs)
    assert wanted.data() == {"selected": text, "sorted": None}
    again = asked(("q", text))
    assert again.selection is not None
    assert again.selection.text == text


def test_nothing_is_asked_for():
    assert asked().data() == {"selected": None, "sorted": None}
    assert asked(("sort", "-town")).data() == {"selected": None, "sorted": "-town"}


def test_slow_is_what_searches():
    assert not asked().slow
    assert not asked(("name", "x")).slow
    assert asked(("name", "x.y"), ("re", "")).slow


def test_what_only_the_template_needs():
    query = Query([("name", "a"), ("s", "3"), ("sort", "town"), ("re", "1"), ("format", "html")])
    extra = shown("/list", query, read(query, FOLDED), FOLDED)
    assert extra["query"] == "name=a&s=3&sort=town&re=1"
    assert extra["translated"] == "/list?s=3&sort=town&q=name+~+a"
    assert extra["sorting"].link("town") == "/list?name=a&re=1&sort=-town"
    assert shown("/list", Query(()), asked(), FOLDED)["translated"] is None


@pytest.mark.parametrize(
    ("pairs", "line"),
    [
        ([], 'List (filter: from 0 max 100 matches, match  against "" regexp false):'),
        (
            [("name", 'a"b'), ("s", "3"), ("n", "7")],
            r'List (filter: from 3 max 7 matches, match name against "a\"b" regexp false):',
        ),
        (
            [("name", "a"), ("filter", "town"), ("val", "b"), ("re", "")],
            (
                'List (filter: from 0 max 100 matches, match name against "a" and town against "b" '
                "regexp true):"
            ),
        ),
        (
            [("name", "a"), ("exact", "")],
            'List (filter: from 0 max 100 matches, match name against "a" exactly regexp false):',
        ),
        (
            [("name", "a"), ("q", "town = b"), ("sort", "-name")],
            (
                'List (filter: from 0 max 100 matches, match name against "a" and q against '
                '"town = b" regexp false sorted by -name):'
            ),
        ),
    ],
)
def test_the_first_line(pairs, line):
    assert asked(*pairs).headline("List") == line


def test_links_keep_what_says_something():
    query = Query([("name", "a b&c"), ("val", ""), ("re", ""), ("s", "1"), ("format", "json")])
    assert parameters(query, ("format",), s=5) == "name=a+b%26c&re=&s=5"
    assert parameters(Query([("exact", ""), ("n", "")])) == "exact="
    assert next_page("/list", query, asked(), {"s": 4}) == "/list?name=a+b%26c&re=&format=json&s=4"
    behind = next_page("/list", query, asked(), {"after": "4:é"})
    assert behind == "/list?name=a+b%26c&re=&s=1&format=json&after=4%3A%C3%A9"
    assert next_page("/list", query, asked(), None) is None


@pytest.mark.parametrize(
    ("matched", "following", "line"),
    [
        (9, "/list?s=4", "9 matches in all, the next: /list?s=4\n"),
        (9, None, "9 matches in all\n"),
        (1, None, "1 match in all\n"),
        (0, None, "0 matches in all\n"),
    ],
)
def test_the_last_line_tells_how_many_there_are(matched, following, line):
    assert last_line(matched, following) == line


def test_headers_tell_the_same():
    assert headers(9, None) == {"X-Total-Count": "9"}
    assert headers(9, "/list?s=4") == {
        "X-Total-Count": "9",
        "Link": '</list?s=4>; rel="next"',
    }


def test_the_page_that_explains_the_filters():
    page = query_page("Find", "x.html", "/people", UNFOLDED)
    assert page.data["filters"][0] == {"name": "name", "about": "how somebody is called"}
    assert page.data["fields"][0] == {
        "name": "name",
        "aliases": ["who"],
        "about": "how somebody is called",
        "kind": "text, case matters",
    }
    assert "    town    where somebody lives\n" in page.text
    assert "    q       an expression, such as name = Anna\n" in page.text
    assert "    name            how somebody is called (text, case matters)\n" in page.text
    assert "TEXT is found anywhere in the field, in the same case." in page.text


def test_wire_bytes_are_text():
    assert wire(b"a\xff\xc3\xa9\x01") == "a\\xffé\x01"
