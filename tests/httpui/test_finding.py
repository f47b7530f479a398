"""How entries are found: in order, page by page, in turns."""

import asyncio
import gc
from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm import garbage
from sipcm.httpui import finding, patience
from sipcm.httpui.filters import Asked, Filters, next_page, read
from sipcm.httpui.finding import BLOCK, Found, find
from sipcm.httpui.patience import TURN, Turns
from sipcm.httpui.query import Query
from sipcm.select.compiler import sort_key
from tests.select.expressions import people
from tests.select.people import PEOPLE, Person

FILTERS = Filters(PEOPLE, ("name", "uri"), fold=True)
ANNA, BERT, NOBODY = Person(b"Anna", age=5), Person(b"Bert", age=3), Person()


def asked(*pairs: tuple[str, str]) -> Asked[Any]:
    return read(Query(pairs), FILTERS)


def search(
    persons: Sequence[Person],
    *pairs: tuple[str, str],
    numbers: Sequence[int] = (),
    block: int = 3,
    now: int = 10**12,
) -> Found[Any]:
    numbered = numbers or range(len(persons))
    blocks = [
        (persons[at : at + block], numbered[at : at + block])
        for at in range(0, len(persons), block)
    ]
    return asyncio.run(find(blocks, asked(*pairs), now))


def test_so_many_match_and_the_next_ones_begin_there():
    found = search([ANNA, BERT, ANNA, ANNA], ("name", "anna"), ("n", "2"))
    assert (found.matched, found.next) == (3, {"s": 3})
    assert search([ANNA, BERT, ANNA], ("name", "anna"), ("n", "2")).next is None
    assert search([ANNA], ("n", "0")).next == {"s": 0}
    found = search([ANNA, BERT], ("s", "9"))
    assert (found.matched, list(found.numbers), found.next) == (2, [], None)


def test_the_order_is_that_of_the_numbers_not_of_the_items():
    shuffled = [number * 7 % 50 for number in range(50)]
    persons = [Person(size=number) for number in shuffled]
    found = search(persons, ("n", "5"), ("s", "10"), numbers=shuffled)
    assert list(found.numbers) == [10, 11, 12, 13, 14]
    assert [person.size for person in found.shown] == [10, 11, 12, 13, 14]
    assert (found.matched, found.next) == (50, {"s": 15})


def test_sorted_what_is_not_known_comes_last():
    persons = [NOBODY, ANNA, BERT, NOBODY]
    assert list(search(persons, ("sort", "age")).numbers) == [2, 1, 0, 3]
    assert list(search(persons, ("sort", "-age")).numbers) == [1, 2, 3, 0]
    assert list(search(persons, ("sort", "-number")).numbers) == [3, 2, 1, 0]
    assert list(search(persons, ("sort", "idle")).numbers) == [0, 1, 2, 3]


def test_sorted_from_a_number_on():
    found = search([ANNA, BERT, ANNA, BERT], ("sort", "name"), ("s", "1"))
    assert (list(found.numbers), found.matched) == ([2, 1, 3], 4)


def test_sorted_none_are_shown_and_all_are_behind():
    found = search([ANNA], ("sort", "name"), ("n", "0"))
    assert (found.shown, found.matched, found.next) == ([], 1, {"after": ""})
    again = search([ANNA], ("sort", "name"), ("n", "0"), ("after", "5:A"))
    assert again.next == {"after": "5:A"}


FIELDS = st.sampled_from(["name", "age", "mood", "host", "size", "away", "status", "number"])


@given(st.lists(people, max_size=25), FIELDS, st.booleans(), st.integers(1, 7))
def test_pages_follow_one_another(persons, name, falling, size):
    """Together they are the whole list, each entry once, in order."""
    pairs = [("n", str(size)), ("sort", f"-{name}" if falling else name)]
    seen: list[int] = []
    for _ in range(len(persons) + 1):
        found = search(persons, *pairs)
        seen += found.numbers
        assert len(found.shown) <= size
        following = next_page("/list", Query(pairs), read(Query(pairs), FILTERS), found.next)
        if following is None:
            break
        pairs = parse_qsl(following.partition("?")[2])
    keys: list[tuple[Any, int]] = [(number, number) for number in range(len(persons))]
    if name != "number":
        key = sort_key(PEOPLE.named(name), PEOPLE)
        keys = [(key(person, 10**12), number) for number, person in enumerate(persons)]
    known = sorted((entry for entry in keys if entry[0] is not None), reverse=falling)
    unknown = [number for value, number in keys if value is None]
    assert seen == [number for _, number in known] + sorted(unknown, reverse=falling)


@pytest.mark.parametrize("sort", ["left", "-left"])
def test_pages_are_right_while_time_passes(sort):
    persons = [Person(age=number * 7 % 50) for number in range(50)]
    seen: list[int] = []
    after: tuple[tuple[str, str], ...] = ()
    for page in range(10):
        found = search(persons, ("sort", sort), ("n", "5"), *after, now=3 * page)
        seen += found.numbers
        after = (("after", str((found.next or {}).get("after"))),)
    assert found.next is None
    assert sorted(seen) == list(range(50))


def test_pages_are_right_while_entries_come_and_go():
    persons = {number: Person(size=number) for number in range(10)}

    def page(*pairs: tuple[str, str]) -> Found[Any]:
        listed = sorted(persons)
        return search([persons[n] for n in listed], ("n", "3"), *pairs, numbers=listed)

    first = page(("sort", "size"))
    del persons[2], persons[0]
    persons[20] = Person(size=1)
    assert first.next is not None
    second = page(("sort", "size"), ("after", str(first.next["after"])))
    assert [list(first.numbers), list(second.numbers)] == [[0, 1, 2], [3, 4, 5]]


def test_a_long_list_is_no_burden_for_the_garbage_collector(monkeypatch):
    """Objects that it counts would bring it about in the midst, and with it a long pause."""
    persons = [ANNA] * 20_000
    blocks = [(persons[at : at + BLOCK], range(at, at + BLOCK)) for at in range(0, 20_000, BLOCK)]
    wanted = asked(("n", "1000000"))
    monkeypatch.setattr(garbage, "look", bool)  # it would begin to count anew
    gc.disable()
    try:
        before = gc.get_count()[0]
        found = asyncio.run(find(blocks, wanted))
        more = gc.get_count()[0] - before
    finally:
        gc.enable()
    assert len(found.shown) == len(persons)
    assert more < 2000


@pytest.mark.parametrize(
    ("pairs", "most"),
    [
        ([("name", "x")], 150),
        ([("sort", "age")], 150),
        ([("n", "50000")], 600),  # others have their turns while the page is put together, too
        ([("sort", "age"), ("n", "50000")], 600),
    ],
)
def test_a_long_search_lets_others_work(pairs, most, monkeypatch):
    looks = count(0, TURN // 2)
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic_ns=lambda: next(looks)))

    async def run() -> int:
        turns = count()

        async def other() -> None:
            while True:
                next(turns)
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        blocks = (([ANNA] * BLOCK, range(at, at + BLOCK)) for at in range(0, 60_000, BLOCK))
        await find(blocks, asked(*pairs))
        task.cancel()
        return next(turns)

    assert most // 2 < asyncio.run(run()) < most


def test_the_longer_a_search_takes_the_fewer_items_it_looks_at_at_once(monkeypatch):
    sizes = []
    moment = count(0, 3_000_000)

    class Watched(Asked[Any]):
        def picks(self, items: Sequence[Any], now: int) -> Sequence[int]:  # noqa: ARG002
            sizes.append(len(items))
            return ()

        @property
        def slow(self) -> bool:
            return True

    def watch(took: int) -> list[int]:
        nonlocal moment
        sizes.clear()
        moment = count(0, took)
        monkeypatch.setattr(finding, "monotonic_ns", lambda: next(moment))
        monkeypatch.setattr(Turns, "over", lambda _self: False)
        blocks = [([ANNA] * 20, range(20))] * 3
        asyncio.run(find(blocks, Watched(100, 0, False, False, ())))
        return sizes

    assert watch(3_000_000) == [1] * 60
    assert watch(10) == [1, 2, 4, 8, 5, 20, 20]
