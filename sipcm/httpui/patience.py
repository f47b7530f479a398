"""Long work for a page, done in turns with the packets: a few milliseconds at a time.

Of all pages that take more than one turn only one has its turn between two slices of packets, so
that packets get their share however many pages are asked for.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Final, Self
from weakref import WeakKeyDictionary

TURN: Final = 4_000_000
"""Nanoseconds of one turn: more than packets get at a time, since somebody waits for the page."""

BETWEEN_LOOKS: Final = 64
"""Items between two looks at the clock."""

BETWEEN_PIECES: Final = 8
"""Pieces of a page between two looks: a row of a list may take a tenth of a millisecond."""

PIECE: Final = 1 << 16
"""Characters that are sent at once."""


_LOCKS: "Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]]" = WeakKeyDictionary()
"""Held, on each event loop, by the page that has its turn."""


class Turns:
    """Tells when a turn is over, and waits for the next one."""

    def __init__(self, between_looks: int = BETWEEN_LOOKS) -> None:
        self._between_looks = between_looks
        self._end = time.monotonic_ns() + TURN
        self._looks = 0
        self._lock: asyncio.Lock | None = None  # while it is held

    def __enter__(self) -> Self:
        """Return the turns of a piece of work."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let others have the turn that is left."""
        self.leave()

    def over(self) -> bool:
        """Tell, now and then, whether the turn is over."""
        self._looks += 1
        return self._looks % self._between_looks == 0 and time.monotonic_ns() >= self._end

    async def next(self) -> None:
        """Let others have their turn, then have the next."""
        await asyncio.sleep(0)  # for the packets: no other page has its turn as long as this has
        self.leave()
        lock = _LOCKS.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        await lock.acquire()
        self._lock = lock
        self._end = time.monotonic_ns() + TURN

    def leave(self) -> None:
        """End the turn early: before a wait for something else."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


async def joined_bytes(pieces: Iterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the *pieces* of a file as :func:`joined` does those of a page."""
    with Turns(BETWEEN_PIECES) as turns:
        kept = bytearray()
        for piece in pieces:
            kept += piece
            if len(kept) >= PIECE:
                turns.leave()
                yield bytes(kept)
                kept.clear()
            if turns.over():
                await turns.next()
        if kept:
            turns.leave()
            yield bytes(kept)


async def joined(pieces: Iterable[str]) -> AsyncGenerator[str, None]:
    """Yield the *pieces* as strings of a size that is good to send."""
    with Turns(BETWEEN_PIECES) as turns:
        kept: list[str] = []
        size = 0
        for piece in pieces:
            kept.append(piece)
            size += len(piece)
            if size >= PIECE:
                turns.leave()  # the client may take his time
                yield "".join(kept)
                kept, size = [], 0
            if turns.over():
                await turns.next()
        if kept:
            turns.leave()
            yield "".join(kept)
