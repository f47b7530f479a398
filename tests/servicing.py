"""Runs the service in this process: without a loop, or on virtual time."""

import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from sipcm.intake import Intake
from sipcm.log import Log
from sipcm.outlet import Outlet
from sipcm.pauses import PlainPauses
from sipcm.run import Run
from sipcm.settings import Settings
from tests.fakeclock import FakeClock

T = TypeVar("T")


def settings(*files: Path | str, **values: Any) -> Settings:
    """Return the settings of a run over *files*, some options of which were given."""
    given = {"pcap": tuple(map(str, files)), **values}
    return Settings(given, dict.fromkeys(given, "command line"))


def drive(work: Coroutine[Any, Any, None]) -> None:
    """Run *work* that never suspends to its end."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("the work was suspended")


class CountedPauses(PlainPauses):
    """Counts the pauses, and calls *during* in each."""

    def __init__(self, during: Callable[[], None] = lambda: None) -> None:
        self.count = 0
        self._during = during

    async def breathe(self) -> None:
        self.count += 1
        self._during()


class VirtualPauses(PlainPauses):
    """Sleeps on a clock that is not real, and oversleeps by *late* nanoseconds each time."""

    def __init__(self, clock: FakeClock, late: int = 0) -> None:
        self.clock = clock
        self.late = late
        self.slept: list[int] = []

    async def sleep(self, nanoseconds: int) -> None:
        self.slept.append(nanoseconds)
        self.clock.now += nanoseconds + self.late


class Stage:
    """An intake with everything around it, on a clock of its own if one is given."""

    def __init__(self, given: Settings, clock: FakeClock | None = None) -> None:
        self.log = Log()
        self.run = Run(given)
        ring = self.run.pipeline.ring
        self.outlet = Outlet(given.json, ring, self.log, self.goes_on, self.gone)
        drive(self.outlet.open(PlainPauses()))
        self.intake = Intake(self.run, self.outlet, self.log, clock or time.monotonic_ns)

    def goes_on(self) -> bool:
        return self.intake.goes_on()

    def stop(self) -> None:
        self.intake.stop()

    def gone(self) -> bool:
        self.stop()
        return False

    def read_all(self, pauses: PlainPauses | None = None) -> "Stage":
        """Read all inputs and close the sink."""
        drive(self.intake.read_all(pauses or PlainPauses()))
        drive(self.outlet.close(PlainPauses()))
        return self

    def packets(self) -> int:
        return int(self.run.pipeline.counters.total_packets.value)
