"""Long work in turns."""

import asyncio
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

from sipcm import garbage
from sipcm.httpui import patience
from sipcm.httpui.patience import (
    BETWEEN_PIECES,
    FEW,
    IN_A_ROW,
    PIECE,
    SHORT_TURN,
    TURN,
    Turns,
    desk,
    joined,
    joined_bytes,
    taking_turns,
)
from tests.waiting import PATIENCE


def run(work):
    return asyncio.run(work)


async def pieces_of(parts):
    return [piece async for piece in joined(parts)]


def slowly(item):
    end = time.monotonic_ns() + TURN // 50
    while time.monotonic_ns() < end:
        pass
    return item


async def beside_packets(page):
    """Return in which order three pages had their turns, and packets between them."""
    order: list[str] = []
    pages = [asyncio.ensure_future(page(order, name)) for name in "abc"]
    while not all(task.done() for task in pages):
        order.append("packets")
        await asyncio.sleep(0)
    return order


def test_others_have_their_turns():
    async def both():
        turns = 0
        task = asyncio.ensure_future(pieces_of(str(slowly(item)) for item in range(640)))
        while not task.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert run(both()) > 3


def test_packets_get_their_share_however_many_pages_are_asked_for():
    """Between two turns of one page others have theirs, but not before the packets."""

    async def page(order, name):
        with Turns(1) as turns:
            await turns.next()
            for _ in range(5):
                order.append(name)
                await turns.next()

    order = run(beside_packets(page))
    assert [order.count(name) for name in "abc"] == [5, 5, 5]
    assert not any(one != "packets" != other for one, other in pairwise(order))


def test_a_client_that_takes_his_time_holds_up_no_other_page(monkeypatch):
    async def talk():
        slow = joined("x" * PIECE for _ in range(9 * BETWEEN_PIECES))
        monkeypatch.setattr(Turns, "over", lambda _self: True)
        await anext(slow)  # one turn of its own, and then one of the desk
        for _ in range(2):
            await anext(slow)
            async with asyncio.timeout(PATIENCE):
                with Turns() as turns:
                    await turns.next()
        await slow.aclose()

    run(talk())


def test_short_work_is_one_turn():
    turns = Turns()
    turns._turn._end = 0  # however long it takes
    assert [turns.over() for _ in range(64)] == [False] * 63 + [True]


@pytest.mark.parametrize(
    ("parts", "sizes"),
    [
        ([], []),
        (["", ""], [0]),
        (["a", "b"], [2]),
        (["a" * PIECE], [PIECE]),
        (["a" * (PIECE - 1), *["b"] * BETWEEN_PIECES, "c"], [PIECE - 2 + BETWEEN_PIECES, 2]),
        (["a" * 3 * PIECE], [3 * PIECE]),
    ],
)
def test_joined(parts, sizes):
    found = run(pieces_of(parts))
    assert "".join(found) == "".join(parts)
    assert [len(piece) for piece in found] == sizes


@pytest.mark.parametrize(
    ("parts", "sizes"),
    [
        ([], []),
        ([b"a", b"b"], [2]),
        ([b"a" * (PIECE - 1), *[b"b"] * BETWEEN_PIECES, b"c"], [PIECE - 2 + BETWEEN_PIECES, 2]),
        ([b"a" * 3 * PIECE], [3 * PIECE]),
    ],
)
def test_joined_bytes(parts, sizes):
    async def collect():
        return [piece async for piece in joined_bytes(parts)]

    found = run(collect())
    assert b"".join(found) == b"".join(parts)
    assert [len(piece) for piece in found] == sizes


def test_of_many_pages_that_come_at_once_one_has_its_turn_between_two_slices():
    async def page(order, name):
        with taking_turns() as turn:
            await turn.next()
            order.append(name)

    order = run(beside_packets(page))
    assert [name for name in order if name != "packets"] == ["a", "b", "c"]
    assert not any(one != "packets" != other for one, other in pairwise(order))


@pytest.fixture
def standing_clock(monkeypatch):
    """Let no turn end by itself, however slow the machine is."""
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic_ns=lambda: 0))


@pytest.mark.usefixtures("standing_clock")
def test_all_that_makes_a_page_is_in_its_turn():
    async def talk():
        with taking_turns() as turn:
            await turn.next()
            with Turns(1) as turns:
                assert not turns.over()
            assert not turn.is_over()
            with Turns(1) as turns:
                turns.leave()
                assert turns.over()
                await turns.next()
                assert not turn.is_over()

    run(talk())


def test_a_page_that_has_had_few_turns_goes_before_long_ones_which_go_on_all_the_same():
    async def page(order, name, turns):
        with taking_turns() as turn:
            for _ in range(turns):
                await turn.next()
                order.append(name)

    async def many():
        order: list[str] = []
        long = [asyncio.ensure_future(page(order, name, 40)) for name in "AB"]
        for _ in range(8 * FEW):
            await asyncio.sleep(0)
        order.clear()
        short = [asyncio.ensure_future(page(order, name, 2)) for name in "abcdef"]
        await asyncio.gather(*short)
        at = len(order)
        await asyncio.gather(*long)
        return "".join(order[:at])

    order = run(many())
    assert [order.count(name) for name in "abcdef"] == [2] * 6
    assert sorted(order.replace("A", "").replace("B", "")[:6]) == list("abcdef")
    order = order.strip("AB")
    assert order.count("A") + order.count("B") == len(order) // (IN_A_ROW + 1) > 0


def test_who_goes_while_he_waits_lets_the_next_have_his_turn():
    async def page():
        with taking_turns() as turn:
            await turn.next()
            await turn.next()
            await turn.next()

    async def many():
        pages = [asyncio.ensure_future(page()) for _ in range(6)]
        for gone in (0, 2, 5):
            await asyncio.sleep(0)
            pages[gone].cancel()
        outcomes = await asyncio.wait_for(asyncio.gather(*pages, return_exceptions=True), PATIENCE)
        await asyncio.wait_for(page(), PATIENCE)
        return outcomes

    assert [outcome is None for outcome in run(many())] == [False, True, False, True, True, False]


def test_one_that_is_alone_goes_between_two_turns_too():
    async def alone():
        task = asyncio.ensure_future(asyncio.sleep(0.001))
        with taking_turns() as turn:
            await turn.next()
            while not task.done():
                await turn.next()
            task = asyncio.ensure_future(turn.next())
            await asyncio.sleep(0)
            task.cancel()
        with taking_turns() as turn:
            await asyncio.wait_for(turn.next(), PATIENCE)

    run(alone())


@pytest.mark.usefixtures("standing_clock")
@pytest.mark.parametrize(("late", "length"), [(False, TURN), (True, SHORT_TURN)])
def test_turns_are_short_where_packets_are_late(late, length):
    async def talk():
        desk().is_late = lambda: late
        with taking_turns() as turn:
            await turn.next()
            return turn._end

    assert run(talk()) == length
    assert SHORT_TURN < TURN


def test_what_a_turn_has_made_is_looked_through_at_its_end(monkeypatch):
    looks: list[str] = []
    monkeypatch.setattr(garbage, "look", lambda: looks.append("look"))

    async def page():
        with taking_turns() as turn:
            await turn.next()  # the end of none
            assert len(looks) == 0
            await turn.next()
            assert len(looks) == 1
        assert len(looks) == 2
        turn.leave()
        assert len(looks) == 2

    run(page())
