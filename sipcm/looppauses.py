"""How long work pauses on an event loop, where others then have their turn."""

import asyncio
import select
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class LoopPauses:
    """On the running event loop."""

    async def breathe(self) -> None:
        """Let all others have their turn."""
        await asyncio.sleep(0)

    async def sleep(self, nanoseconds: int) -> None:
        """Do nothing for a while; a loop may wake a millisecond early or late."""
        await asyncio.sleep(nanoseconds / 1_000_000_000)

    async def readable(self, waiting: select.epoll, nanoseconds: int) -> None:
        """Wait for *waiting*, or for so long; others have their turn meanwhile."""
        loop = asyncio.get_running_loop()
        come: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not come.done():
                come.set_result(None)

        timer = loop.call_later(nanoseconds / 1_000_000_000, wake)
        loop.add_reader(waiting.fileno(), wake)
        try:
            await come
        finally:
            timer.cancel()
            loop.remove_reader(waiting.fileno())

    async def aside(self, work: Callable[[], T]) -> T:
        """Do *work* in a thread."""
        return await asyncio.to_thread(work)
