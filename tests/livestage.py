"""A live capture on interfaces and clocks that a test moves."""

from collections.abc import Callable

from sipcm.livecapture import LiveCapture
from sipcm.log import Log
from sipcm.outlet import Outlet
from sipcm.run import Run
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.walltime import WallTime
from tests.fakeclock import FakeClock
from tests.faketap import BEGIN, FakeTap, LivePauses
from tests.servicing import drive, settings
from tests.stage import packets

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class LiveStage:
    """A live capture of *count* interfaces with everything around it, *watched* by somebody."""

    def __init__(self, count=1, *, watched=True, **given):
        self.watched = watched
        self.clock, self.today = FakeClock(), FakeClock()
        self.today.now = BEGIN
        groups: set[str] = set()
        self.taps = [FakeTap(f"eth{number}", self.clock, groups) for number in range(count)]
        given = {"iface": tuple(tap.name for tap in self.taps), **given}
        self.run = Run(settings(**given), (), self.clock, self.now)
        log = Log()
        outlet = Outlet("", self.run.pipeline.ring, log, lambda: True, lambda: False)
        self.capture = LiveCapture(
            self.run,
            outlet,
            log,
            self.taps,  # type: ignore[arg-type]
            clock=self.clock,
            wall=WallTime(self.clock, self.now),
        )
        self.end = 0
        self.at: dict[int, Callable[[], object]] = {}
        self.pauses = LivePauses(self.clock, self.taps, self.turn)

    def now(self):
        """Return the wall clock's time, which goes with the other one."""
        return self.today.now + self.clock.now

    def look(self):
        """Ask for a page, so to say."""
        assert self.run.onlookers is not None
        self.run.onlookers.look()

    def turn(self):
        if self.watched:
            self.look()
        for moment in [moment for moment in self.at if moment <= self.clock.now]:
            self.at.pop(moment)()
        if self.clock.now >= self.end:
            self.capture.stop()

    def go(self, seconds):
        """Capture for so long."""
        self.end = self.clock.now + int(seconds * SECOND)
        if self.watched:
            self.look()
        self.capture.open()
        drive(self.capture.read_all(self.pauses))
        self.capture.close()
        return self

    def arrive(self, what, call, moment, lag=0, tap=0, ahead=0):
        """Let messages come at *moment*, a microsecond apart, the wall clock *ahead*."""
        happened = packets(what, call, BEGIN + moment + ahead)
        times = [(time + 1000 * number, data) for number, (time, data) in enumerate(happened)]
        self.taps[tap].arrive(moment + lag, *times)
        return len(times)

    def steady(self, apart=20_000_000, tap=0):
        """Let a packet come every 20 ms or so, for two seconds."""
        for moment in range(SECOND, 3 * SECOND, apart):
            self.arrive(">OPTIONS", f"{tap}-{moment}", moment, tap=tap)
        return self

    def events(self):
        ring = self.run.pipeline.ring
        return [
            (EVENT_NAMES[event.type], (event.timestamp - BEGIN) // SECOND)
            for event in ring.read(0, ring.total)
        ]

    def stream_time(self):
        return int(self.run.pipeline.clock.now)
