"""How long work pauses on an event loop, where others then have their turn."""

import asyncio
import select
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class LoopPauses:
    """On the running event loop."""

    def __init__(self) -> None:
        self._rest: asyncio.Future[None] | None = None

    async def breathe(self) -> None:
        """Let all others have their turn."""
        await asyncio.sleep(0)

    async def sleep(self, nanoseconds: int) -> None:
        """Do nothing for a while; a loop may wake a millisecond early or late."""
        await asyncio.sleep(nanoseconds / 1_000_000_000)

    async def rest(self, nanoseconds: int) -> None:
        """Do nothing for a while, or until :meth:`rouse`."""
        loop = asyncio.get_running_loop()
        self._rest = loop.create_future()
        timer = loop.call_later(nanoseconds / 1_000_000_000, self.rouse)
        try:
            await self._rest
        finally:
            timer.cancel()
            self._rest = None

    def rouse(self) -> None:
        """Let a rest be over."""
        if self._rest is not None and not self._rest.done():
            self._rest.set_result(None)

    async def readable(self, waiting: select.epoll, nanoseconds: int) -> None:
        """Rest until *waiting* has come to life; others have their turn meanwhile."""
        loop = asyncio.get_running_loop()
        loop.add_reader(waiting.fileno(), self.rouse)
        try:
            await self.rest(nanoseconds)
        finally:
            loop.remove_reader(waiting.fileno())

    async def aside(self, work: Callable[[], T]) -> T:
        """Do *work* in a thread."""
        return await asyncio.to_thread(work)
