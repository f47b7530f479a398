"""Work for pages, done in turns with the packets: a few milliseconds at a time.

Of all pages only one has its turn between two slices of packets, so that packets get their share
however many pages are asked for, and nobody waits for long. A page that has had few turns goes
before those that have had many: who wants a short one does not wait for everybody's searches.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import Final, Self, TypeVar
from weakref import WeakKeyDictionary

from sipcm import garbage

P = TypeVar("P", str, bytes)

TURN: Final = 2_000_000
"""Nanoseconds of one turn: what is begun before its end may take two or three more milliseconds."""

SHORT_TURN: Final = 1_000_000
"""The same where packets are read late."""

FEW: Final = 4
"""Turns after which a page is long, and waits behind those that are not."""

IN_A_ROW: Final = 3
"""Turns of short pages after which a long one has its own."""

BETWEEN_LOOKS: Final = 64
"""Items between two looks at the clock."""

BETWEEN_PIECES: Final = 8
"""Pieces of a page between two looks: a row of a list may take a tenth of a millisecond."""

PIECE: Final = 1 << 18
"""Characters that are sent at once: a list of the usual length is one piece."""


class Desk:
    """Where the pages of an event loop wait for their turn; one has it at a time.

    ``is_late`` tells whether packets are read late, so that turns are short.
    """

    def __init__(self) -> None:
        self.is_late: Callable[[], bool] = bool
        self._taken = False
        self._short: deque[asyncio.Future[None]] = deque()
        self._long: deque[asyncio.Future[None]] = deque()
        self._passed = 0  # turns of short pages since a long one had its own

    def is_crowded(self) -> bool:
        """Tell whether anybody waits."""
        return any(not waiting.done() for lane in (self._short, self._long) for waiting in lane)

    async def come(self, had: int = 0) -> int:
        """Wait for a turn after those that were *had*; return when it ends."""
        if self._taken:
            await self._wait(self._queue(had))
        self._taken = True
        return self._end()

    async def stay(self, had: int) -> int:
        """Let the packets have their turn, then other pages; return when the next one ends."""
        waiting = self._queue(had)
        self._give()
        await self._wait(waiting)
        return self._end()

    def go(self) -> None:
        """Give up the turn; the next page has its own after the packets."""
        if self.is_crowded():
            self._give()
        else:
            asyncio.get_running_loop().call_soon(self._give)

    def _queue(self, had: int) -> "asyncio.Future[None]":
        waiting = asyncio.get_running_loop().create_future()
        (self._short if had < FEW else self._long).append(waiting)
        return waiting

    async def _wait(self, waiting: "asyncio.Future[None]") -> None:
        try:
            # What is done already would suspend nobody.
            await (asyncio.sleep(0) if waiting.done() else waiting)
        except BaseException:
            if not waiting.cancelled():  # the turn was given to who has gone
                self.go()
            raise

    def _give(self) -> None:
        """Give the turn to the next in line, if anybody is there."""
        while self._short or self._long:
            if self._short and (not self._long or self._passed < IN_A_ROW):
                lane = self._short
                self._passed += bool(self._long)
            else:
                lane = self._long
                self._passed = 0
            waiting = lane.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return
        self._taken = False

    def _end(self) -> int:
        return time.monotonic_ns() + (SHORT_TURN if self.is_late() else TURN)


_DESKS: "Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Desk]]" = WeakKeyDictionary()


def desk() -> Desk:
    """Return the desk of the running event loop."""
    return _DESKS.setdefault(asyncio.get_running_loop(), Desk())


class Turn:
    """The turn of a page: whether it has one, and when that is over."""

    def __init__(self) -> None:
        self._end = 0
        self._had = 0
        self._desk: Desk | None = None  # while the turn is had

    def begin(self) -> None:
        """Begin a first turn at once, beside that of any page."""
        self._end = time.monotonic_ns() + TURN

    def is_over(self) -> bool:
        """Tell whether it is over, or was none."""
        return time.monotonic_ns() >= self._end

    async def next(self) -> None:
        """Let others have their turn, then have the next."""
        if self._desk is not None:
            garbage.look()
            at, self._desk = self._desk, None
            self._end = await at.stay(self._had)
        else:
            at = desk()
            self._end = await at.come(self._had)
        self._had += 1
        self._desk = at

    def leave(self) -> None:
        """End the turn early: before a wait for something else."""
        if self._desk is not None:
            garbage.look()
            self._desk.go()
            self._desk = None
            self._end = 0


_TURN: Final[ContextVar[Turn | None]] = ContextVar("turn", default=None)


@contextmanager
def taking_turns() -> Iterator[Turn]:
    """Let all that is done meanwhile for a page be in its turn, whatever it is made of."""
    turn = Turn()
    token = _TURN.set(turn)
    try:
        yield turn
    finally:
        turn.leave()
        _TURN.reset(token)


class Turns:
    """Tells when a turn is over, and waits for the next one: that of the page that it is part of.

    Work that is part of no page has turns of its own, the first of which it need not wait for.
    """

    def __init__(self, between_looks: int = BETWEEN_LOOKS) -> None:
        self._between_looks = between_looks
        self._looks = 0
        self._whole = _TURN.get()
        self._turn = self._whole or Turn()
        if self._whole is None:
            self._turn.begin()

    def __enter__(self) -> Self:
        """Return the turns of a piece of work."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let others have the turn that is left, if the page ends here."""
        if self._whole is None:
            self.leave()

    def over(self) -> bool:
        """Tell, now and then, whether the turn is over."""
        self._looks += 1
        return self._looks % self._between_looks == 0 and self._turn.is_over()

    async def next(self) -> None:
        """Let others have their turn, then have the next."""
        await self._turn.next()

    def leave(self) -> None:
        """End the turn early: before a wait for something else."""
        self._turn.leave()


async def joined_bytes(pieces: Iterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the *pieces* of a file as :func:`joined` does those of a page."""
    async for some in _batches(pieces):
        yield b"".join(some)


async def joined(pieces: Iterable[str]) -> AsyncGenerator[str, None]:
    """Yield the *pieces* as strings of a size that is good to send."""
    async for some in _batches(pieces):
        yield "".join(some)


async def _batches(pieces: Iterable[P]) -> AsyncGenerator[list[P], None]:
    """Yield *pieces* in lists of PIECE characters or more, in turns."""
    with Turns(1) as turns:
        coming = iter(pieces)
        kept: list[P] = []
        size = 0
        while some := list(islice(coming, BETWEEN_PIECES)):
            kept += some
            size += sum(map(len, some))
            if size >= PIECE:
                turns.leave()  # the client may take his time
                yield kept
                kept, size = [], 0
            if turns.over():
                await turns.next()
        if kept:
            turns.leave()
            yield kept
