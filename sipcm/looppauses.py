"""How long work pauses on an event loop, where others then have their turn."""

import asyncio
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

    async def aside(self, work: Callable[[], T]) -> T:
        """Do *work* in a thread."""
        return await asyncio.to_thread(work)
