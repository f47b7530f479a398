"""What failed, from the moment at which that is known: for pages that tell what fails now, and why.

The event of a refused call comes when nothing can follow any more, half a minute later. Here the
call has failed with its final refusal, and that is taken back where the attempt goes on: where it
is tried again, or answered on another branch. What fails without a refusal fails with its event.
So each failure is here once, in the form of an event.
"""

from sipcm.annotation import Final, final, i64
from sipcm.state.events import (
    AUTH_FAILED,
    CALL_ATTEMPT,
    MEAN_WEIGHT,
    OTHER_FAILED,
    OTHER_TIMEOUT,
    REG_EXPIRED,
    Event,
)
from sipcm.state.ranges import Ranges

FAILURES: Final = (
    1 << CALL_ATTEMPT | 1 << AUTH_FAILED | 1 << OTHER_FAILED | 1 << OTHER_TIMEOUT | 1 << REG_EXPIRED
)
"""A bit for each type of events that tell of what did not come about, or ended without a word."""

MOST: Final = 65_536
"""Failures that are kept at most."""

NOWHERE: Final = -1


@final
class Failures:
    """The newest *size* failures of up to ``most_bytes``; ``total`` is the number of the next."""

    __slots__ = ("_bytes", "_calls", "_early", "_events", "_first", "most_bytes", "size", "total")

    def __init__(self, size: int) -> None:
        self.size: i64 = size
        self.most_bytes: i64 = size * MEAN_WEIGHT
        self.total: i64 = 0
        self._first: i64 = 0
        self._bytes: i64 = 0
        self._events: list[Event | None] = [None] * size
        # Of those without an event yet: their numbers by call, and their calls by number.
        self._early: Ranges[int] = Ranges()
        self._calls: Ranges[int] = Ranges()

    def early(self, call: i64, event: Event) -> None:
        """Keep that *call* has failed, of which *event* will tell, unless it is kept already."""
        if call in self._early:
            return
        self._early[call] = self.total
        self._calls[self.total] = call
        self._add(event)
        if len(self._early) > 2 * self.size:  # their calls went without a word
            self._settle(self._calls[self.settled()])

    def told(self, call: i64, event: Event) -> None:
        """Keep *event* of *call*, unless it was kept before it came."""
        if self._settle(call) == NOWHERE:
            self._add(event)

    def take_back(self, call: i64) -> None:
        """Forget that *call* has failed, if its event has not come: it goes on."""
        number = self._settle(call)
        if number != NOWHERE and number >= self._first:
            self._forget(number)

    def settled(self) -> i64:
        """Return the number before which none can be taken back any more."""
        for number in self._calls:
            return number
        return self.total

    def oldest(self) -> i64:
        """Return the number of the oldest failure that is still here."""
        return self._first

    def read(self, start: i64, most: i64) -> list[tuple[int, Event]]:
        """Return the failures among *most* numbers from *start* on, each with its number."""
        first = max(start, self._first)
        last = min(self.total, first + most)
        found: list[tuple[int, Event]] = []
        for number in range(first, last):
            event = self._events[number % self.size]
            if event is not None:
                found.append((number, event))
        return found

    def _settle(self, call: i64) -> i64:
        """Forget that the event of *call* has not come; return the number of its failure."""
        number = self._early.pop(call)
        if number is None:
            return NOWHERE
        del self._calls[number]
        return number

    def _add(self, event: Event) -> None:
        if self.total - self._first == self.size:
            self._drop()
        self._events[self.total % self.size] = event
        self._bytes += event.weight()
        while self._bytes > self.most_bytes and self._first < self.total:
            self._drop()
        self.total += 1

    def _drop(self) -> None:
        """Let the oldest failure go."""
        self._forget(self._first)
        self._first += 1

    def _forget(self, number: i64) -> None:
        """Forget the failure of that *number*, unless that has happened already."""
        place = number % self.size
        event = self._events[place]
        if event is not None:
            self._bytes -= event.weight()
            self._events[place] = None
