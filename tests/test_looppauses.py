"""Pauses on an event loop: others have their turn."""

import asyncio
import os
import select
import threading

import pytest

from sipcm.looppauses import LoopPauses
from sipcm.runner import run_on_loop

HOUR = 3600 * 10**9


def others_run_during(pause) -> list[str]:
    async def main() -> list[str]:
        done: list[str] = []

        async def other() -> None:
            done.append("other")

        task = asyncio.create_task(other())
        await pause(LoopPauses())
        done.append("work")
        await task
        return done

    return asyncio.run(main())


def test_others_have_their_turn():
    assert others_run_during(lambda pauses: pauses.breathe()) == ["other", "work"]
    assert others_run_during(lambda pauses: pauses.sleep(1_000_000)) == ["other", "work"]
    assert others_run_during(lambda pauses: pauses.rest(1_000_000)) == ["other", "work"]


@pytest.mark.parametrize("name", ["uvloop", "asyncio"])
def test_a_rest_is_over_when_it_is_asked_to_be(name):
    """One that is not would outlast the test."""

    async def main() -> None:
        loop, pauses = asyncio.get_running_loop(), LoopPauses()
        pauses.rouse()  # nobody rests yet
        loop.call_soon(pauses.rouse)
        loop.call_soon(pauses.rouse)
        await pauses.rest(HOUR)
        with select.epoll() as waiting:
            loop.call_soon(pauses.rouse)
            await pauses.readable(waiting, HOUR)
        pauses.rouse()

    run_on_loop(name, main(), lambda: None)


def test_what_may_wait_holds_up_nobody():
    free = threading.Event()

    async def main() -> bool:
        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def work() -> bool:
            loop.call_soon_threadsafe(begun.set)
            return free.wait(30)

        waiting = asyncio.create_task(LoopPauses().aside(work))
        await begun.wait()
        free.set()
        return await waiting

    assert asyncio.run(main())


@pytest.mark.parametrize("name", ["uvloop", "asyncio"])
def test_a_wait_ends_when_there_is_something_to_read_or_after_a_while(name):
    """A wait that misses what it is for would outlast the test."""
    reader, writer = os.pipe()

    async def main() -> None:
        pauses = LoopPauses()
        with select.epoll() as waiting:
            waiting.register(reader, select.EPOLLIN)
            await pauses.readable(waiting, 1_000_000)
            assert waiting.poll(0) == []
            asyncio.get_running_loop().call_soon(os.write, writer, b"x")
            await pauses.readable(waiting, HOUR)
            assert len(waiting.poll(0)) == 1
            await pauses.readable(waiting, HOUR)

    run_on_loop(name, main(), lambda: None)
    os.close(reader)
    os.close(writer)
