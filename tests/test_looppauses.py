"""Pauses on an event loop: others have their turn."""

import asyncio
import threading

from sipcm.looppauses import LoopPauses


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
