"""Reads the files of a run into its pipeline: as fast as it can, or paced as they were recorded.

Works in slices of a few milliseconds, between which signals are heeded, pages are answered and
sinks are fed. Nothing here decides what a packet means or when a timer fires: how fast packets come
changes no event.
"""

import time
from itertools import takewhile

from sipcm.annotation import TYPE_CHECKING, BinaryIO, Callable, Final, Iterator, cast
from sipcm.clock import IN_STEP
from sipcm.errors import CaptureError, ConfigError
from sipcm.feed import Feed
from sipcm.inputs import input_names, pipe_of, size_of
from sipcm.log import Log
from sipcm.net.capturefile import CaptureFile
from sipcm.net.records import Cursor
from sipcm.outlet import Outlet
from sipcm.pauses import Pauses
from sipcm.run import Run
from sipcm.settings import Settings
from sipcm.source import STANDARD_INPUT, Source, State

if TYPE_CHECKING:
    from sipcm.capturefilter import CaptureFilter
    from sipcm.progress import Progress
    from sipcm.replay import Schedule

SLICE: Final = 2_000_000
"""Nanoseconds between two pauses, about."""

PATIENCE: Final = 100_000_000
"""Nanoseconds between two looks at whether the run goes on, and by how much time has."""


class Intake:
    """Brings the inputs that the settings of *run* name into its pipeline.

    Of their packets only those are taken that *admitted* lets through, if there is such a filter.

    ``misused``  whether the filter had no meaning for any packet of an input
    """

    def __init__(
        self,
        run: Run,
        outlet: Outlet,
        log: Log,
        clock: Callable[[], int] = time.monotonic_ns,
        admitted: "CaptureFilter | None" = None,
    ) -> None:
        self.misused = False
        self.progress: Progress | None = None
        self._run = run
        self._outlet = outlet
        self._feed = Feed(run, outlet, log, clock)
        self._log = log
        self._clock = clock
        self._admitted = admitted
        if admitted is not None:
            run.pipeline.wholes = admitted.wholes
        self._stopped = False
        self._failed = False
        self._slice_end = 0
        self._counted = 0  # records of the present file
        self._unjudged = 0  # of these, those that the filter has no meaning for
        self._refused: int | None = None  # the link type of the first of them, until it is told
        settings = run.settings
        self._names = input_names(settings)
        self._passes = max(settings.pcap_loop, 1)
        groups: set[str] = set()
        planned: dict[str, int] = {}
        for name in self._names:
            planned[name] = planned.get(name, 0) + self._passes
        self._sources = {
            name: Source(name, size_of(name), passes, groups) for name, passes in planned.items()
        }
        run.sources.extend(self._sources.values())
        self._schedule = _schedule(settings) if settings.replay else None

    @property
    def failed(self) -> bool:
        """Return whether something could not be read, or a fault of ours cost a packet."""
        return self._failed or self._feed.failed

    @property
    def faults(self) -> int:
        """Return how many packets a fault of ours cost."""
        return self._feed.faults

    def stop(self) -> None:
        """End after the present slice, as if the input had ended there."""
        self._stopped = True

    def goes_on(self) -> bool:
        """Tell whether nobody has asked to stop."""
        return not self._stopped

    def open(self) -> None:
        """Do nothing: each file is opened when its turn has come."""

    async def read_all(self, pauses: Pauses) -> None:
        """Read all inputs and bring the run to its end in packet time."""
        begun: set[str] = set()
        for name in takewhile(lambda _: self.goes_on(), self._planned()):
            if name in begun:
                self._run.pipeline.begin_anew()
                begun.clear()
            begun.add(name)
            source = self._sources[name]
            if source.state == State.FAILED:
                continue
            try:
                await self._read(name, source, pauses)
            except (CaptureError, ConfigError) as error:
                if self.goes_on():
                    source.fail(str(error))
                    self._log.error(str(error))
                    self._failed = True
                    self.misused |= isinstance(error, ConfigError)
        await self._feed.end(pauses)

    async def go_on(self, pauses: Pauses) -> None:
        """Let stream time run on with the clock of the machine until somebody asks to stop."""
        clock = self._run.pipeline.clock
        before = self._clock()
        while self.goes_on():
            await pauses.sleep(PATIENCE)
            now = self._clock()
            if clock.started:
                await self._feed.pass_time(clock.now + now - before, pauses)
            before = now

    def close(self) -> None:
        """Do nothing: each file is closed when it was read."""

    def _planned(self) -> Iterator[str]:
        for _ in range(self._passes):
            yield from self._names

    async def _read(self, name: str, source: Source, pauses: Pauses) -> None:
        """Read one input to its end."""
        source.state = State.READING
        pipe = pipe_of(name, self.goes_on)
        if self._schedule is not None:
            self._schedule.border()
        if pipe is None:
            with await pauses.aside(lambda: CaptureFile(name)) as capture:
                await self._read_blocks(capture, source, pauses)
        else:
            # Whoever writes into a pipe may take his time.
            stream, what = cast("BinaryIO", pipe), STANDARD_INPUT if name == "-" else name
            with pipe, await pauses.aside(lambda: CaptureFile(stream, name=what)) as capture:
                await self._read_blocks(capture, source, pauses, aside=True)
        if self.goes_on():
            source.done()

    async def _read_blocks(
        self, capture: CaptureFile, source: Source, pauses: Pauses, *, aside: bool = False
    ) -> None:
        """Read *capture* block by block, *aside* where that may have to wait."""
        source.format = capture.format
        self._counted = self._unjudged = 0
        self._refused = None
        if self._admitted is not None:
            capture.cursor.sieve = self._admitted.sieve
        while self.goes_on():
            if aside:
                await self._outlet.flush(pauses)
            if not (await pauses.aside(capture.read) if aside else capture.read()):
                break
            await self._walk(capture, source, pauses)
            if self._clock() >= self._slice_end:
                source.position = capture.position
                await self._breathe(pauses)
        if warning := capture.warning():
            source.problem = warning
            self._log.warning(warning)
        if self._counted and self._unjudged == self._counted and self.goes_on():
            raise ConfigError(f"{source.name}: {self._why_refused()}")

    async def _walk(self, capture: CaptureFile, source: Source, pauses: Pauses) -> None:
        """Take all packets of the present block of *capture*."""
        if self._schedule is not None:
            await self._replay(capture, source, self._schedule, pauses)
            return
        while self.goes_on() and await self._chunk(capture.cursor, source, pauses):
            if self._clock() >= self._slice_end:
                source.position = capture.position
                await self._breathe(pauses)

    async def _breathe(self, pauses: Pauses) -> None:
        """Let others have their turn, and begin another slice."""
        if self.progress is not None:
            self.progress.tick()
        self._feed.tell()
        await pauses.breathe()
        self._slice_end = self._clock() + SLICE

    async def _chunk(self, cursor: Cursor, source: Source, pauses: Pauses) -> bool:
        """Take some packets; False when the cursor has no more."""
        try:
            return await self._feed.chunk(cursor, pauses)
        finally:
            self._count(cursor, source)

    async def _replay(
        self, capture: CaptureFile, source: Source, schedule: "Schedule", pauses: Pauses
    ) -> None:
        """Take each packet of the present block of *capture* when it is due."""
        cursor = capture.cursor
        while self.goes_on() and cursor.next():
            now = self._clock()
            due = schedule.due(cursor.timestamp, now)
            source.position = capture.position
            if due > now:
                await self._wait(due, cursor.timestamp, pauses)
            elif now >= self._slice_end:
                await self._breathe(pauses)
            if not self.goes_on():
                return
            sent = self._clock()
            schedule.sent(sent)
            source.late(sent - due)
            await self._feed.take(cursor, pauses)
            self._count(cursor, source)
        self._count(cursor, source)

    def _count(self, cursor: Cursor, source: Source) -> None:
        """Count what *cursor* has come past since the last time, and tell what was not judged."""
        source.received.value += cursor.number - self._counted
        self._counted = int(cursor.number)
        if self._admitted is None:
            return
        sieve = self._admitted.sieve
        source.filtered.value += sieve.left_out()
        unjudged = int(sieve.unjudged())
        if unjudged and not self._unjudged:
            self._refused = int(sieve.refused)
        self._unjudged += unjudged
        if self._refused is not None and self._unjudged < self._counted:
            self._log.warning(
                f"{source.name}: packets are left out on which the filter has no meaning: "
                f"{self._why_refused()}"
            )
            self._refused = None

    def _why_refused(self) -> str:
        """Say what the filter has against the link type that was refused first."""
        if self._admitted is None or self._refused is None:
            return ""
        return str(self._admitted.refusal(self._refused))

    async def _wait(self, due: int, timestamp: int, pauses: Pauses) -> None:
        """Wait until *due*, while stream time goes on towards the packet of *timestamp*."""
        clock = self._run.pipeline.clock
        begun, before = self._clock(), clock.now
        after = clock.moment(timestamp)
        # A packet in doubt is taken at the present moment, which must not depend on the pace.
        sure = self._run.pipeline.doubt is None and clock.started
        in_step = sure and clock.leap(after) == IN_STEP and after > before
        while self.goes_on() and (rest := due - (now := self._clock())) > 0:
            if in_step and now > begun:
                moment = before + (after - before) * (now - begun) // (due - begun)
                await self._feed.pass_time(moment, pauses)
            if self.progress is not None:
                self.progress.tick()
            self._feed.tell()
            await pauses.sleep(min(rest, PATIENCE))
        self._slice_end = self._clock() + SLICE


def _schedule(settings: Settings) -> "Schedule":
    from sipcm.replay import Pace, Schedule  # noqa: PLC0415  most runs read at once

    return Schedule(Pace(settings.delay_scale, settings.min_delay, settings.max_delay))
