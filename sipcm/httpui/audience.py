"""Who is being answered from a run that may go while he is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class GoneError(Exception):
    """What was being shown is gone, with one line that says why."""


class Audience:
    """Those who are being answered from a run; it is there until ``ended`` is set.

    ``last_words`` say why it has ended, in one line.
    """

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.last_words = ""
        self._limits: dict[asyncio.Timeout, float] = {}

    @asynccontextmanager
    async def answering(self, patience: float = 0) -> AsyncIterator[None]:
        """Do what answers one of them; GoneError so many seconds after all were sent away."""
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limits[limit] = patience
                try:
                    yield
                finally:
                    del self._limits[limit]
        except TimeoutError as error:
            if limit.expired():
                raise GoneError(self.last_words) from error
            raise

    def end(self, last_words: str) -> None:
        """Let streams come to their end, with these *last_words*."""
        self.last_words = last_words
        self.ended.set()

    def send_away(self, last_words: str) -> None:
        """End what is being answered: pages at once, since what they would show goes."""
        self.end(last_words)
        now = asyncio.get_running_loop().time()
        for limit, patience in self._limits.items():
            limit.reschedule(now + patience)
