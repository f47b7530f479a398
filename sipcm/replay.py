"""When each packet of a replay is due: the gaps of a capture as waits on one schedule.

Pure arithmetic on nanoseconds. A wait is the gap to the packet before, scaled, then at least the
minimum, then at most the maximum. Waits add up to an absolute schedule: a packet that is late does
not delay the rest. Only the minimum also holds between the moments at which packets really went.

Where capture time leaps (:mod:`sipcm.clock`) there is no gap to wait for: nobody wants to sit out
the day between two files, or the 50 years to a damaged timestamp.
"""

from sipcm.annotation import Final
from sipcm.clock import DAY, MINUTE

FOREVER: Final = 1 << 62
"""The longest wait, in nanoseconds."""


class Pace:
    """How gaps become waits: -delay_scale, -min_delay and -max_delay; 0 leaves each out."""

    def __init__(self, scale: float = 0.0, lowest: int = 0, highest: int = 0) -> None:
        self.scale = scale
        self.lowest = lowest
        self.highest = highest

    def wait(self, gap: int) -> int:
        """Return how long to wait after the packet before; less than 0 where time went back."""
        wait = gap
        if self.scale > 0:
            wait = int(max(min(gap * self.scale, FOREVER), -FOREVER))
        if self.lowest:
            wait = max(wait, self.lowest)
        if self.highest:
            wait = min(wait, self.highest)
        return wait

    def least(self) -> int:
        """Return how long to wait at any rate after a packet really went."""
        return min(self.lowest, self.highest) if self.highest else self.lowest


class Schedule:
    """The moments at which packets are due, on the clock of whoever asks."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._timestamp: int | None = None
        self._target = 0
        self._sent = 0
        self._at_border = False

    def border(self) -> None:
        """Note that another input begins: that it goes back in time moves no schedule back."""
        self._at_border = True

    def due(self, timestamp: int, now: int) -> int:
        """Return when the next packet, of *timestamp*, is due; the first one is at once, *now*."""
        if self._timestamp is None:
            self._target = now
        else:
            gap = timestamp - self._timestamp
            if not -MINUTE <= gap <= DAY or (self._at_border and gap < 0):
                gap = 0
            self._target += self._pace.wait(gap)
            if least := self._pace.least():
                self._target = max(self._target, self._sent + least)
        self._timestamp = timestamp
        self._at_border = False
        return self._target

    def sent(self, moment: int) -> None:
        """Note that the packet went at *moment*."""
        self._sent = moment
