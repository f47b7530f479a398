"""Waits for what others bring about, for as long as it takes: no guess at how long that is."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 60
"""Seconds after which what is waited for does not come."""

LOOK = 0.02
"""Seconds between two looks."""


def wait_until(true: Callable[[], object], what: str = "what is waited for") -> None:
    """Return as soon as *true* is. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} does not come")
        time.sleep(LOOK)


async def others_until(true: Callable[[], object], what: str = "what is waited for") -> None:
    """Let all others on the event loop have their turn until *true* is. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} does not come")
        await asyncio.sleep(LOOK)
