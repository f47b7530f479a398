"""Long work for a page, done in turns with the packets: a few milliseconds at a time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Final

TURN: Final = 4_000_000
"""Nanoseconds of one turn: more than packets get at a time, since somebody waits for the page."""

BETWEEN_LOOKS: Final = 64
"""Items between two looks at the clock."""

BETWEEN_PIECES: Final = 8
"""Pieces of a page between two looks: a row of a list may take a tenth of a millisecond."""

PIECE: Final = 1 << 16
"""Characters that are sent at once."""


class Turns:
    """Tells when a turn is over, and waits for the next one."""

    def __init__(self, between_looks: int = BETWEEN_LOOKS) -> None:
        self._between_looks = between_looks
        self._end = time.monotonic_ns() + TURN
        self._looks = 0

    def over(self) -> bool:
        """Tell, now and then, whether the turn is over."""
        self._looks += 1
        return self._looks % self._between_looks == 0 and time.monotonic_ns() >= self._end

    async def next(self) -> None:
        """Let others have their turn."""
        await asyncio.sleep(0)
        self._end = time.monotonic_ns() + TURN


async def joined(pieces: Iterable[str]) -> AsyncGenerator[str, None]:
    """Yield the *pieces* as strings of a size that is good to send."""
    turns = Turns(BETWEEN_PIECES)
    kept: list[str] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield "".join(kept)
            kept, size = [], 0
        if turns.over():
            await turns.next()
    if kept:
        yield "".join(kept)
