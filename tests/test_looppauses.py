"""Pauses on an event loop: others have their turn."""

import asyncio
import os
import select
import threading
import time

import pytest

from sipcm.looppauses import LoopPauses
from sipcm.runner import run_on_loop


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


def test_what_may_wait_holds_up_nobody():
    free = threading.Event()

    async def main() -> bool:
        waiting = asyncio.create_task(LoopPauses().aside(lambda: free.wait(30)))
        await asyncio.sleep(0.01)
        free.set()
        return await waiting

    assert asyncio.run(main())


@pytest.mark.parametrize("name", ["uvloop", "asyncio"])
def test_a_wait_ends_when_there_is_something_to_read_or_after_a_while(name):
    took: list[float] = []
    reader, writer = os.pipe()

    async def main() -> None:
        pauses = LoopPauses()
        with select.epoll() as waiting:
            waiting.register(reader, select.EPOLLIN)
            for nanoseconds in (1_000_000, 30_000_000_000, 30_000_000_000):
                begun = time.monotonic()
                asyncio.get_running_loop().call_later(0.01, os.write, writer, b"x")
                await pauses.readable(waiting, nanoseconds)
                took.append(time.monotonic() - begun)

    run_on_loop(name, main(), lambda: None)
    os.close(reader)
    os.close(writer)
    assert max(took) < 30
