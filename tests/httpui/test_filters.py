"""What lists are asked for, and what is found."""

import asyncio
import gc
from itertools import count, islice

import pytest

from sipcm.httpui.filters import (
    LONGEST,
    Asked,
    Field,
    Found,
    find,
    headers,
    last_line,
    next_page,
    parameters,
    query_page,
    read,
    wire,
)
from sipcm.httpui.query import BadParameterError, Query

Person = dict[str, str]

FIELDS: tuple[Field[Person], ...] = (
    Field("name", "how somebody is called", lambda person: person["name"]),
    Field("town", "where somebody lives", lambda person: person["town"]),
)
PEOPLE: list[Person] = [
    {"name": "Anna", "town": "Ulm"},
    {"name": "Hannah", "town": "Köln"},
    {"name": "Bert", "town": "Ulm"},
    {"name": "Anna", "town": "Köln"},
]


def asked(*pairs: tuple[str, str], fold: bool = True) -> Asked[Person]:
    return read(Query(pairs), FIELDS, fold=fold)


def found(*pairs: tuple[str, str], fold: bool = True) -> Found[Person]:
    return asyncio.run(find(enumerate(PEOPLE), asked(*pairs, fold=fold)))


def numbers(*pairs: tuple[str, str], fold: bool = True) -> list[int]:
    return list(found(*pairs, fold=fold).numbers)


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
    ],
)
def test_what_is_found(pairs, expected):
    assert numbers(*pairs) == expected


@pytest.mark.parametrize(("text", "expected"), [("anna", [1]), ("Anna", [0, 3]), ("ann", [1])])
def test_case_may_matter(text, expected):
    assert numbers(("name", text), fold=False) == expected


def test_so_many_match_and_the_next_ones_begin_there():
    result = found(("name", "anna"), ("n", "2"))
    assert (result.matched, result.next) == (3, 3)
    assert found(("name", "anna"), ("n", "3")).next is None
    assert found(("n", "0")).next == 0
    result = found(("name", "anna"), ("s", "3"))
    assert (result.matched, list(result.numbers), result.next) == (3, [3], None)
    assert found(("s", "9")).matched == 4


def test_numbers_and_items_stay_together():
    result = found(("name", "anna"), ("n", "2"))
    assert [PEOPLE[number] for number in result.numbers] == result.shown


def test_a_long_list_is_no_burden_for_the_garbage_collector():
    """Objects that it counts would bring it about in the midst, and with it a long pause."""
    people = PEOPLE * 5000
    wanted = asked(("n", "1000000"))
    gc.disable()
    try:
        before = gc.get_count()[0]
        result = asyncio.run(find(enumerate(people), wanted))
        more = gc.get_count()[0] - before
    finally:
        gc.enable()
    assert len(result.shown) == len(people)
    assert more < 2000


def test_the_order_is_that_of_the_numbers_not_of_the_items():
    shuffled = [(number * 7 % 50, PEOPLE[0]) for number in range(50)]
    result = asyncio.run(find(shuffled, asked(("n", "5"), ("s", "10"))))
    assert list(result.numbers) == [10, 11, 12, 13, 14]
    assert result.shown == PEOPLE[:1] * 5
    assert (result.matched, result.next) == (50, 15)


def test_a_long_search_lets_others_work():
    async def search() -> int:
        turns = count()

        async def other() -> None:
            while True:
                next(turns)
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        people = ((number, PEOPLE[0]) for number in range(50_000))
        await find(people, asked(("name", "x")))
        task.cancel()
        return next(turns)

    assert asyncio.run(search()) > 3


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


def test_nothing_on_standard_error(capfd):
    with pytest.raises(BadParameterError):
        asked(("name", "("), ("re", ""))
    asked(("name", "(x+x+)+y"), ("re", "")).fits({"name": "x" * 5000, "town": ""})
    assert capfd.readouterr() == ("", "")


def test_no_expression_runs_away():
    hostile = asked(("name", "^(([a-z])+.)+[A-Z]([a-z])+$"), ("re", ""))
    assert not hostile.fits({"name": "a" * 5000, "town": ""})


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
    ],
)
def test_the_first_line(pairs, line):
    assert asked(*pairs).headline("List") == line


def test_links_keep_what_says_something():
    query = Query([("name", "a b&c"), ("val", ""), ("re", ""), ("s", "1"), ("format", "json")])
    assert parameters(query, ("format",), s=5) == "name=a+b%26c&re=&s=5"
    assert parameters(Query([("exact", ""), ("n", "")])) == "exact="
    assert (
        next_page("/list", query, Found([], [], 9, 4)) == "/list?name=a+b%26c&re=&format=json&s=4"
    )
    assert next_page("/list", query, Found([], [], 9, None)) is None


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
    page = query_page("Find", "x.html", "/people", FIELDS, fold=False)
    assert page.data["filters"][0] == {"name": "name", "about": "how somebody is called"}
    assert "    town    where somebody lives\n" in page.text
    assert "TEXT is found anywhere in the field, in the same case." in page.text


def test_wire_bytes_are_text():
    assert wire(b"a\xff\xc3\xa9\x01") == "a\\xffé\x01"


def test_the_walk_ends_with_the_items():
    result = asyncio.run(find(islice(zip(count(), PEOPLE * 1000), 700), asked(("n", "1000000"))))
    assert len(result.shown) == result.matched == 700
