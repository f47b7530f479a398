"""Interfaces for tests: what comes by them, and when, is written down."""

from collections.abc import Callable

from sipcm.livesource import LiveSource
from sipcm.net.capture.ring import RingCursor
from sipcm.pauses import PlainPauses
from sipcm.source import State
from tests.fakeclock import FakeClock
from tests.net.capture.blocks import Record, block

BEGIN = 1_800_000_000_000_000_000
"""Nanoseconds since 1970 when the clock of a test says 0."""


class FakeTap:
    """An interface whose kernel hands over the blocks of *arriving* from their moments on.

    A block takes up a *share* of its ring.
    """

    def __init__(self, name: str, clock: FakeClock, groups: set[str]) -> None:
        self.name = name
        self.source = LiveSource(name, groups)
        self.cursor = RingCursor(1)
        self.is_open = self.misused = False
        self.arriving: list[tuple[int, bytes]] = []
        self.watched: list[int] = []
        self.closed = self.stopped = False
        self.share = 0.001
        self._blocks = 0
        self._clock = clock

    def arrive(self, moment: int, *packets: tuple[int, bytes]) -> None:
        """Let *packets*, each with its time, be handed over at *moment*."""
        records = [Record(data, timestamp) for timestamp, data in packets]
        self.arriving.append((moment, block(*records)))

    def open(self) -> None:
        self.is_open = True
        self.cursor = RingCursor(1)
        self.source.state = State.READING

    def descriptor(self) -> None:
        return None

    def read(self) -> bool:
        if self.arriving and self.arriving[0][0] <= self._clock.now:
            self.cursor.feed(self.arriving.pop(0)[1])
            self._blocks += 1
            return True
        return False

    def filled(self) -> float:
        blocks, self._blocks = self._blocks, 0
        return blocks * self.share if blocks else 0.0

    def measure(self) -> None:
        self.source.received.value = self.cursor.number

    def watch(self, now: int) -> None:
        self.watched.append(now)

    def stop(self) -> None:
        self.stopped = True

    def close(self, _now: int) -> None:
        self.closed = True


class LivePauses(PlainPauses):
    """Waits on a clock that is not real for what comes by *taps*.

    *during* is called in each wait, as others' turn.
    """

    def __init__(self, clock: FakeClock, taps: list[FakeTap], during: Callable[[], None]) -> None:
        self.clock = clock
        self.waits: list[int] = []
        self.rests: list[int] = []
        self.breaths = 0
        self._taps = taps
        self._during = during

    async def readable(self, _waiting: object, nanoseconds: int) -> None:
        self.waits.append(nanoseconds)
        now = self.clock.now
        comes = [tap.arriving[0][0] for tap in self._taps if tap.arriving]
        self.clock.now = min([now + nanoseconds, *(moment for moment in comes if moment > now)])
        self._during()

    async def rest(self, nanoseconds: int) -> None:
        self.rests.append(nanoseconds)
        self.clock.now += nanoseconds
        self._during()

    async def breathe(self) -> None:
        self.breaths += 1
        self._during()
