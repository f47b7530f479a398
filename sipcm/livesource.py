"""One interface as operators see it: whether it is there, what came, and what was lost."""

from collections import deque
from typing import Final

from sipcm.clock import SECOND
from sipcm.source import Source, State

RECENTLY: Final = 10 * SECOND


class LiveSource(Source):
    """An interface; ``passed`` and ``dropped`` count what its filter let through."""

    in_bytes = False  # it brings packets

    def __init__(self, name: str, groups: set[str] | None = None) -> None:
        super().__init__(name, groups=groups)
        counter = self.group.counter
        self.passed = counter("passed", "packets that the kernel took for sipcm")
        self.dropped = counter("dropped", "of these, lost since sipcm was too busy to read them")
        self.unread = counter("unread", "of these, left when the run or the interface ended")
        self.freezes = counter("freezes", "times that the ring of the kernel was full")
        self.gone = counter("gone", "times that the interface went down or away")
        self.lag = self.group.gauge("lag_ms", "milliseconds from a packet to its being read")
        self._lately: deque[tuple[int, int]] = deque(maxlen=64)

    def lose(self, moment: int, passed: int, dropped: int, freezes: int) -> None:
        """Count what the kernel tells at *moment* of any clock in nanoseconds."""
        self.passed.value += passed
        self.dropped.value += dropped
        self.freezes.value += freezes
        if dropped:
            if self._lately and moment - self._lately[-1][0] < SECOND // 4:
                moment, before = self._lately.pop()
                dropped += before
            self._lately.append((moment, dropped))

    def complaint(self) -> str:
        """Return why nothing is captured, empty where it is."""
        return self.problem if self.state == State.WAITING else super().complaint()

    def lost(self) -> int:
        """Return how many packets were lost."""
        return int(self.dropped.value)

    def losses(self) -> str:
        """Return a line about what was captured and lost."""
        passed, dropped = int(self.passed.value), int(self.dropped.value)
        share = f" ({dropped / passed:.2%})" if dropped else ""
        parts = [
            f"{self.name}: {int(self.received.value)} packets captured",
            f"{dropped} of {passed} lost{share}",
        ]
        if self.unread.value:
            parts.append(f"{int(self.unread.value)} left unread")
        if self.freezes.value:
            parts.append(f"ring full {int(self.freezes.value)} times")
        if self.gone.value:
            parts.append(f"down or away {int(self.gone.value)} times")
        if complaint := self.complaint():
            parts.append(complaint)
        return ", ".join(parts)

    def lost_lately(self, moment: int) -> int:
        """Return how many packets were lost within the ten seconds before *moment*."""
        while self._lately and self._lately[0][0] < moment - RECENTLY:
            self._lately.popleft()
        return sum(dropped for _, dropped in self._lately)
