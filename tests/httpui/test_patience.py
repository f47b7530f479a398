"""Long work in turns."""

import asyncio
import time
from itertools import pairwise

import pytest

from sipcm.httpui.patience import PIECE, TURN, Turns, joined, joined_bytes


def run(work):
    return asyncio.run(work)


async def pieces_of(parts):
    return [piece async for piece in joined(parts)]


def slowly(item):
    end = time.monotonic_ns() + TURN // 50
    while time.monotonic_ns() < end:
        pass
    return item


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

    async def many():
        order: list[str] = []
        pages = [asyncio.ensure_future(page(order, name)) for name in "abc"]
        while not all(task.done() for task in pages):
            order.append("packets")
            await asyncio.sleep(0)
        return order

    order = run(many())
    assert [order.count(name) for name in "abc"] == [5, 5, 5]
    assert not any(one != "packets" != other for one, other in pairwise(order))


def test_a_client_that_takes_his_time_holds_up_no_other_page():
    async def talk():
        slow = joined("x" * PIECE for _ in range(3))
        with Turns() as turns:
            await turns.next()
        await anext(slow)
        async with asyncio.timeout(5):
            with Turns() as turns:
                await turns.next()
        await slow.aclose()

    run(talk())


def test_short_work_is_one_turn():
    turns = Turns()
    assert not any(turns.over() for _ in range(63))


@pytest.mark.parametrize(
    ("parts", "sizes"),
    [
        ([], []),
        (["", ""], [0]),
        (["a", "b"], [2]),
        (["a" * PIECE], [PIECE]),
        (["a" * (PIECE - 1), "b", "c"], [PIECE, 1]),
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
        ([b"a" * (PIECE - 1), b"b", b"c"], [PIECE, 1]),
        ([b"a" * 3 * PIECE], [3 * PIECE]),
    ],
)
def test_joined_bytes(parts, sizes):
    async def collect():
        return [piece async for piece in joined_bytes(parts)]

    found = run(collect())
    assert b"".join(found) == b"".join(parts)
    assert [len(piece) for piece in found] == sizes
