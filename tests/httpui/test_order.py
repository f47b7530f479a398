"""In which order lists are shown, and where pages go on."""

import random

import pytest

from sipcm.httpui.order import NEWEST, RUN, Best, Entry, Place, Sorting, read_order
from sipcm.httpui.query import BadParameterError, Query
from sipcm.select.callfields import CALLS
from sipcm.select.peerfields import naming
from tests.peers import made
from tests.select.people import PEOPLE


def order(*pairs: tuple[str, str]):
    return read_order(Query(pairs), PEOPLE)


def test_the_numbers_are_the_order_of_all_lists():
    assert order() is None
    assert order(("sort", "")) is None
    assert order(("sort", "number")) is None


def test_a_field_by_any_of_its_names():
    found = order(("sort", "who"))
    assert found is not None
    assert (found.name, found.falling, found.after, str(found)) == ("name", False, None, "name")


def test_the_other_way_round():
    found = order(("sort", "-age"), ("after", "7:15000000000"))
    assert found is not None
    assert (str(found), found.falling, found.after) == ("-age", True, Place(15_000_000_000, 7))
    numbers = order(("sort", "-number"), ("after", "7:7"))
    assert numbers is not None
    assert (numbers.key, numbers.after) == (None, Place(7, 7))
    assert order(("sort", "-number"), ("after", "7")) == numbers


def test_places_are_read_as_they_are_written():
    for place in (Place("a:b c", 3), Place("", 3), Place(None, 3)):
        found = order(("sort", "name"), ("after", str(place)))
        assert found is not None
        assert found.after == place


def test_keys_that_pass_are_those_of_the_moment_of_the_first_page():
    first = order(("sort", "left"))
    assert first is not None
    assert first.moment(20) == 20
    for key in (7, None):
        place = first.place(key, 3, 20)
        following = order(("sort", "left"), ("after", str(place)))
        assert following is not None
        assert (following.after, following.moment(30)) == (place, 20)
        assert following.place(key, 3, 20) == place


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("sort", "naem")], 'sort: "naem" is no field of people; did you mean name?'),
        ([("sort", "zzz")], 'sort: "zzz" is no field of people'),
        ([("sort", "--name")], 'sort: "-name" is no field of people'),
        ([("sort", "name"), ("sort", "age")], "sort: it is given 2 times"),
        ([("after", "3:4")], "after: it is missing what sort is"),
        ([("sort", "name"), ("after", "x:4")], 'after: "x:4" is no place in this list'),
        ([("sort", "name"), ("after", ":4")], 'after: ":4" is no place in this list'),
        ([("sort", "age"), ("after", "3:x")], 'after: "3:x" is no place in this list'),
        ([("sort", "age"), ("after", "3:")], 'after: "3:" is no place in this list'),
        ([("sort", "age"), ("after", "3:" + "1" * 5000)], "after: "),
        ([("sort", "-number"), ("after", "٣:3")], "after: "),
        ([("sort", "left"), ("after", "3:4")], 'after: "3:4" is no place in this list'),
        ([("sort", "left"), ("after", "3@x:4")], 'after: "3@x:4" is no place in this list'),
        ([("sort", "left"), ("after", f"3@{1 << 63}:4")], "after: "),
        ([("sort", "age"), ("after", "3@5:4")], 'after: "3@5:4" is no place in this list'),
    ],
)
def test_mistakes(pairs, said):
    with pytest.raises(BadParameterError) as caught:
        order(*pairs)
    assert str(caught.value).startswith(said)
    assert len(str(caught.value)) < 200


def test_nothing_is_sorted_by_names_that_nobody_gave():
    query = Query((("sort", "-client_peer"),))
    with pytest.raises(BadParameterError) as caught:
        read_order(query, CALLS)
    said = "sort: client_peer: no network has a name; start with -peers FILE"
    assert str(caught.value) == said
    named = read_order(query, naming(CALLS, made(("192.0.2.0/24", "a"))))
    assert str(named) == "-client_peer"


def test_links_of_columns():
    sorting = Sorting("/list", "n=3", order(("sort", "age")))
    assert (sorting.state("age"), sorting.link("age")) == ("ascending", "/list?n=3&sort=-age")
    assert (sorting.state("name"), sorting.link("name")) == ("none", "/list?n=3&sort=name")
    assert (sorting.state("number"), sorting.link("number")) == ("none", "/list?n=3")
    back = Sorting("/list", "", order(("sort", "-age")))
    assert (back.state("age"), back.link("age")) == ("descending", "/list?sort=age")
    plain = Sorting("/list", "", None)
    assert (plain.state("number"), plain.link("number")) == ("ascending", "/list?sort=-number")
    assert plain.link("age") == "/list?sort=age"


def test_links_of_columns_where_the_newest_come_first():
    usual = Sorting("/list", "", NEWEST, "-number")
    assert (usual.state("number"), usual.link("number")) == ("descending", "/list?sort=number")
    rising = Sorting("/list", "", None, "-number")
    assert (rising.state("number"), rising.link("number")) == ("ascending", "/list")
    other = Sorting("/list", "n=3", order(("sort", "age")), "-number")
    assert (other.state("number"), other.link("number")) == ("none", "/list?n=3")
    assert other.link("age") == "/list?n=3&sort=-age"


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("limit", [0, 1, 7, 3 * RUN])
def test_the_first_ones_are_kept(limit, falling):
    entries = [(number * 7 % 1000, number, object()) for number in range(10 * RUN)]
    random.Random(4).shuffle(entries)
    best = Best[object](limit, falling=falling)
    most = 0
    for at in range(0, len(entries), 256):
        if best.add(entries[at : at + 256]):
            best.keep(list(best.ordered()))
        most = max(most, best._kept)
    expected = sorted(entries, key=lambda entry: entry[:2], reverse=falling)[:limit]
    assert list(best.ordered()) == expected
    assert most <= 2 * limit + RUN + 256


@pytest.mark.parametrize("falling", [False, True])
def test_what_comes_behind_the_last_is_not_even_kept(falling):
    """So that a list is put in order once where most of it comes too late to be shown."""
    best = Best[None](7, falling=falling)
    sign = -1 if falling else 1
    first: list[Entry[None]] = [(sign * number, number, None) for number in range(7)]
    best.add(first)
    best.keep(list(best.ordered()))
    for number in range(7, 10 * RUN):
        assert not best.add([(sign * number, number, None)])
    assert list(best.ordered()) == first
    better: Entry[None] = (sign * 5, 9, None)
    best.add([better])
    expected = sorted([*first, better], key=lambda entry: entry[:2], reverse=falling)[:7]
    assert list(best.ordered()) == expected


@pytest.mark.parametrize("falling", [False, True])
def test_nothing_is_behind_the_last_while_there_is_room(falling):
    best = Best[None](3, falling=falling)
    best.keep([(0, 0, None)])
    best.add([(-1, 1, None), (1, 2, None)])
    assert sorted(number for _, number, _ in best.ordered()) == [0, 1, 2]
