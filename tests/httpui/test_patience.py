"""Long work in turns."""

import asyncio
import time

import pytest

from sipcm.httpui.patience import PIECE, TURN, Turns, joined


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
