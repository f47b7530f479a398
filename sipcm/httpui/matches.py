"""The events that fit an expression, remembered: an event never changes.

Of a million events each has to be looked at once. Whoever asks again, as people do who look at one
list, needs only those that have come since.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from time import monotonic_ns
from typing import Final
from weakref import WeakKeyDictionary

from sipcm.httpui.finding import BLOCK, next_step
from sipcm.httpui.patience import Turns
from sipcm.run import Run
from sipcm.select.compiler import Selection
from sipcm.state.events import Event
from sipcm.state.ring import EventRing

MOST: Final = 8
"""Expressions of which the events are remembered; those that were not asked for longest go."""


class Matches:
    """The numbers of the events of *ring* that fit *selection*, in order."""

    def __init__(self, ring: EventRing, selection: Selection[Event]) -> None:
        self._ring = ring
        self._selection = selection
        self._numbers = array("q")
        self._seen = 0  # events before this one were looked at
        self._step = 1 if selection.slow else BLOCK

    async def numbers(self) -> "array[int]":
        """Return the numbers of those that are there now; new ones are looked at, in turns."""
        ring, picks = self._ring, self._selection.picks
        end = int(ring.total)
        with Turns(1) as turns:
            while self._seen < end:
                begin = max(self._seen, int(ring.oldest()))
                begun = monotonic_ns()
                events = ring.read(begin, self._step)
                self._numbers.extend([begin + place for place in picks(events, 0)])
                self._seen = begin + len(events)
                if self._selection.slow:
                    self._step = next_step(self._step, monotonic_ns() - begun)
                if turns.over():
                    await turns.next()
        gone = bisect_left(self._numbers, int(ring.oldest()))
        del self._numbers[:gone]
        return self._numbers[:]


_MATCHES: "Final[WeakKeyDictionary[Run, OrderedDict[str, Matches]]]" = WeakKeyDictionary()


async def matching(run: Run, selection: Selection[Event]) -> "array[int]":
    """Return the numbers of the events of *run* that fit *selection*, which knows no moment."""
    kept = _MATCHES.setdefault(run, OrderedDict())
    matches = kept.pop(selection.text, None) or Matches(run.pipeline.ring, selection)
    kept[selection.text] = matches
    if len(kept) > MOST:
        kept.popitem(last=False)
    return await matches.numbers()
