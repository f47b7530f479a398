"""Rates and averages of counters over stream time, from bounded rings of samples.

Samples are taken when packets move stream time: each second for a minute, every 10 s for ten
minutes, every minute for a day. A rate over any interval is measured from the newest sample that
lies at least that far back, and scaled; over a longer time than there is, it is the average.

The first packet of each step takes a sample, before it is counted. So what one sample has more than
the one before was counted within that one's step, and after it nothing came: how the counters stood
in a silence is known without a sample, and a rate falls to 0 when time runs on without packets.
The same tells how much there was in each step of a ring.
"""

from sipcm.clock import MINUTE, SECOND
from sipcm.containers import deque
from sipcm.counters import Group

RINGS = ((SECOND, 61), (10 * SECOND, 61), (MINUTE, 1441))
"""Step in nanoseconds and number of samples of each ring."""

Sample = tuple[int, list[int]]


class History:
    """By how much counters rose in each step of a ring, the oldest first; the last is not over.

    ``begin`` is the moment at which the first step begins, ``step`` how long each is; nanoseconds.
    A row of ``rises`` has a number for each counter, and none before counting began.
    """

    def __init__(self, begin: int, step: int, rises: list[list[int]]) -> None:
        self.begin = begin
        self.step = step
        self.rises = rises


class Rates:
    """How fast the counters of *group* rise."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.next_due = 0
        self._begin: Sample | None = None
        self._rings: list[deque[Sample]] = [deque(maxlen=size) for _, size in RINGS]

    def sample(self, moment: int) -> None:
        """Remember the counters at *moment*, before what happens then is counted."""
        sample = (moment, list(self.group.values().values()))
        if self._begin is None:
            self._begin = sample
        for ring, (step, _) in zip(self._rings, RINGS, strict=True):
            if not ring or moment // step > ring[-1][0] // step:
                ring.append(sample)
        self.next_due = (moment // SECOND + 1) * SECOND

    def rate(self, interval: int, now: int) -> dict[str, float]:
        """Return by how much each counter rose per *interval* (ns), lately, seen at *now*."""
        return self._rise(self._sample_before(now - interval), interval, now)

    def average(self, interval: int, now: int) -> dict[str, float]:
        """Return by how much each counter rose per *interval* (ns) since the beginning."""
        return self._rise(self._begin, interval, now)

    def history(self, ring: int, names: list[str], now: int) -> History:
        """Return how the counters *names* rose in each step of the *ring* (of RINGS), up to *now*.

        There are as many steps as the ring has samples, less one.
        """
        step, size = RINGS[ring]
        last = now // step
        first = last - size + 2
        values = self.group.values()
        order = list(values)
        places = [order.index(name) for name in names]
        after = [values[name] for name in names]
        rises: list[list[int]] = [[] for _ in range(size - 1)]
        if self._begin is None:
            return History(first * step, step, rises)
        for at in range(max(self._begin[0] // step, first), last + 1):
            rises[at - first] = [0] * len(names)
        for moment, counted in reversed(self._rings[ring]):
            at = moment // step
            if at < first:
                break
            before = [counted[place] for place in places]
            if at <= last:
                rises[at - first] = [
                    risen - stood for risen, stood in zip(after, before, strict=True)
                ]
            after = before
        return History(first * step, step, rises)

    def _sample_before(self, moment: int) -> Sample | None:
        """Return how the counters stood at *moment*, or shortly before it.

        What no ring reaches any more is measured from the oldest sample that there is.
        """
        begin = self._begin
        if begin is None or moment <= begin[0]:
            return begin
        for ring, (step, _) in zip(self._rings, RINGS, strict=True):
            if ring[0][0] <= moment:
                return self._standing(ring, step, moment)
        return self._rings[-1][0]

    def _standing(self, ring: deque[Sample], step: int, moment: int) -> Sample:
        after = list(self.group.values().values())
        for sample in reversed(ring):
            if sample[0] <= moment:
                return sample if moment < (sample[0] // step + 1) * step else (moment, after)
            after = sample[1]
        return ring[0]

    def _rise(self, since: Sample | None, interval: int, now: int) -> dict[str, float]:
        values = self.group.values()
        if since is None or now <= since[0]:
            return dict.fromkeys(values, 0.0)
        scale = interval / (now - since[0])
        return {
            name: (value - before) * scale
            for (name, value), before in zip(values.items(), since[1], strict=True)
        }
