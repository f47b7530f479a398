"""For how long the event loop is held."""

import asyncio
import inspect
import time

import pytest

from sipcm.held import BOUNDS, Held, Measured
from sipcm.runner import run_on_loop
from sipcm.state.indicators import Histogram


def busy(milliseconds: int) -> None:
    end = time.monotonic_ns() + milliseconds * 1_000_000
    while time.monotonic_ns() < end:
        pass


def count(histogram: Histogram) -> int:
    return sum(histogram.counts)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_steps_are_noted_by_who_takes_them(loop):
    held = Held()

    async def page() -> None:
        busy(20)
        await asyncio.sleep(0)

    async def packets() -> None:
        await asyncio.sleep(0)
        busy(20)
        held.begin()
        await asyncio.create_task(page())
        await asyncio.sleep(0.1)  # a wait holds up nobody
        assert count(held.pages) == 2
        assert count(held.packets) == 1  # that of the begin counts not, the present is not over

    run_on_loop(loop, packets(), lambda: None, held.watch)
    assert sum(held.pages.counts[BOUNDS.index(15) + 1 :]) >= 1
    assert held.pages.total >= 20_000_000


def test_nothing_is_noted_before_the_begin():
    held = Held()

    async def start() -> None:
        await asyncio.sleep(0)

    run_on_loop("asyncio", start(), lambda: None, held.watch)
    assert count(held.packets) == 0


def test_what_tasks_return_raise_and_hear_of_comes_through():
    held = Held()
    heard = []

    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise KeyError

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    async def work() -> None:
        held.begin()
        assert await asyncio.create_task(answer()) == 42
        with pytest.raises(KeyError):
            await asyncio.create_task(fail())
        task = asyncio.create_task(wait(), name="waiting")
        assert task.get_name() == "waiting"
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert count(held.pages) == 4

    run_on_loop("asyncio", work(), lambda: None, held.watch)
    assert heard == ["cancelled"]


def test_work_that_never_begins_is_closed():
    held = Held()

    async def never() -> None:
        raise AssertionError

    loop = asyncio.new_event_loop()
    held.watch(loop)
    task = loop.create_task(never())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    work = never()
    Measured(work, held, held.pages).close()
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED
