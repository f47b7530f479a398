"""The wall clock of the machine beside one that never goes back: tells when it was set.

NTP that only slows it down or speeds it up sets nothing; what is told are steps.
"""

import time
from collections.abc import Callable
from typing import Final

SMALLEST_STEP: Final = 50_000_000
"""Nanoseconds. What is less is taken for the time between two looks at the clocks."""

_TRIES: Final = 3
_CLOSE: Final = 1_000_000


class WallTime:
    """The time of day, *today*, watched by means of *clock*; both in nanoseconds.

    ``before``  how far the wall clock was ahead of the other before its last step
    """

    def __init__(
        self,
        clock: Callable[[], int] = time.monotonic_ns,
        today: Callable[[], int] = time.time_ns,
    ) -> None:
        self._clock = clock
        self._today = today
        self._ahead = self._look()
        self.before = self._ahead

    def now(self) -> int:
        """Return the time of day, in nanoseconds since 1970."""
        return self._clock() + self._ahead

    def until_step(self) -> int:
        """Return what the time of day would be now if the clock had not been set last."""
        return self._clock() + self.before

    def step(self) -> int:
        """Return by how much the clock was set since this was asked last; 0 if it was not."""
        if abs(self._today() - self.now()) < _CLOSE:
            return 0  # as nearly always: the usual look takes three times as long
        ahead = self._look()
        step = ahead - self._ahead
        if abs(step) < SMALLEST_STEP:
            self._ahead = ahead
            return 0
        self.before = self._ahead
        self._ahead = ahead
        return step

    def _look(self) -> int:
        """Return how far the wall clock is ahead, as two looks in close succession tell."""
        for _ in range(_TRIES):
            before = self._clock()
            today = self._today()
            after = self._clock()
            if after - before < _CLOSE:
                break
        return today - after
