"""Events as they come, as Server-Sent Events (HTML Living Standard, 9.2).

A stream reads the ring by itself and holds nothing up. A client that is slow, or comes back after a
while, is told how many events the ring did not keep for it. What it gets has the number of the
event and the name of the run as its id, by which it goes on.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Any, Final

from sipcm import duration
from sipcm.export.eventline import line
from sipcm.httpui.audience import Audience
from sipcm.httpui.events import FILTERS
from sipcm.httpui.filters import OTHERS, Asked, read
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import BadParameterError, Query
from sipcm.option import quote
from sipcm.run import Run

BLOCK: Final = 64
"""Events that are looked at between two looks at the clock."""

TICK: Final = 0.1
"""Seconds between two looks at whether something has come."""

HEARTBEAT: Final = 150
"""Looks without anything to tell, after which a comment shows that the connection is alive."""

RETRY: Final = 2000
"""Milliseconds after which a browser whose connection is lost comes back."""

NOT_TAKEN: Final = ("n", "sort", "after")
"""Parameters of the list that mean nothing here."""

TAKEN: Final = tuple(
    name for name in (*(one.name for one in FILTERS.parameters), *OTHERS) if name not in NOT_TAKEN
)
"""Parameters of the list that mean the same here."""

ID: Final = r"[0-9]{1,18}(?:-[0-9a-f]{1,16})?"
"""Where a client has been: the number of an event, and the run that it was of."""

_ID = re.compile(ID)


class EventStream:
    """What one client asks for, and how far it has come.

    *last* is the id of the event that it had last, in the words of Last-Event-ID, if any. Raises
    BadParameterError.
    """

    def __init__(self, run: Run, query: Query, last: str) -> None:
        for name in NOT_TAKEN:
            if name in query:
                raise BadParameterError(f"{name}: a stream has no such thing; it goes on with s")
        if "format" in query:
            raise BadParameterError("format: a stream has only one, text/event-stream")
        query.refuse_others(TAKEN)
        self._asked: Asked[Any] = read(query, FILTERS, run.peers)
        self._run = run
        self._name = f"{run.begun // duration.SECOND:x}"
        self._anew = False
        self._number = self._begin(query, last)

    def _begin(self, query: Query, last: str) -> int:
        """Return the number of the first event to tell."""
        ring = self._run.pipeline.ring
        if last:
            if not _ID.fullmatch(last):
                raise BadParameterError(f"Last-Event-ID: {quote(last)} is none of this server")
            number, _, name = last.partition("-")
            following = int(number) + 1
            if name in ("", self._name) and following <= ring.total:
                return following
            self._anew = True  # that was another run: its numbers mean nothing here
            return 0
        return self._asked.start if query.text("s") else int(ring.total)

    async def pieces(self, audience: Audience) -> AsyncGenerator[str, None]:
        """Yield what the client is sent, as one of the *audience* of the run, until that has ended.

        An empty piece comes now and then when there is nothing to send.
        """
        yield f"retry: {RETRY}\n: events from number {self._number} on\n\n"
        if self._anew:
            yield _told("restarted", {})
        quiet = 0
        ended = audience.ended
        while not ended.is_set():
            async for piece in self._news(ended):
                quiet = 0
                yield piece
            await asyncio.sleep(TICK)
            quiet += 1
            if quiet < HEARTBEAT:
                yield ""
            else:
                quiet = 0
                # The id alone tells how far all was looked through; it is no event.
                number = self._number - 1
                yield f"id: {number}-{self._name}\n: nothing new\n\n" if number >= 0 else ":\n\n"
        yield f": {audience.last_words}\n\n"

    async def _news(self, ended: asyncio.Event) -> AsyncGenerator[str, None]:
        """Yield all that has come since the last time and is asked for, some at a time."""
        ring, clock = self._run.pipeline.ring, self._run.pipeline.clock
        with Turns(1) as turns:
            while self._number < ring.total and not ended.is_set():
                oldest = int(ring.oldest())
                missed = oldest - self._number
                text = _told("missed", {"missed": missed}) if missed > 0 else ""
                first = max(self._number, oldest)
                events = ring.read(first, 1 if self._asked.slow else BLOCK)
                now = int(clock.packet_time(clock.now))
                for place in self._asked.picks(events, now):
                    number = first + place
                    text += f"id: {number}-{self._name}\ndata: {line(events[place])}\n\n"
                self._number = first + len(events)
                if text:
                    turns.leave()  # the client may take its time
                    yield text
                if turns.over():
                    await turns.next()


def _told(kind: str, data: dict[str, int]) -> str:
    """Return what is told of the stream itself, which has no id."""
    values = ",".join(f'"{key}":{value}' for key, value in data.items())
    return f"event: {kind}\ndata: {{{values}}}\n\n"
