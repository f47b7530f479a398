"""Feeds packets into the pipeline of a run, and lets its time pass; drains what comes of it.

What files and interfaces have in common. Nothing here decides what a packet means or when a timer
fires.
"""

import sys
import time

from sipcm.annotation import TYPE_CHECKING, Callable, Final
from sipcm.clock import LAST_MOMENT
from sipcm.compiled import COMPILED
from sipcm.effort import SLICE
from sipcm.log import Log, write_line
from sipcm.net.records import Cursor
from sipcm.outlet import Outlet
from sipcm.pauses import Pauses
from sipcm.run import Run
from sipcm.silence import Silence

if TYPE_CHECKING:
    from sipcm.assemblylog import AssemblyLog

CHUNK: Final = 256 if COMPILED else 64
"""Packets between two looks at the clock and the ring: less than a millisecond."""

FORCE_MARGIN: Final = 250_000_000
"""Nanoseconds that stream time runs on after the timers that -end_force_timeout cut."""


class Feed:
    """Where packets go in; what they bring about goes to *outlet*.

    ``faults``  how many packets a fault of ours cost
    ``failed``  whether there was such a fault, or something could not be told
    """

    def __init__(
        self, run: Run, outlet: Outlet, log: Log, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.faults = 0
        self.failed = False
        run.pipeline.effort.most = SLICE
        self._run = run
        self._outlet = outlet
        self._log = log
        self._silence = Silence(run.pipeline, run.filtered, clock)
        settings = run.settings
        self._verbose = settings.verbose
        self._spell = 0  # of events left out that was told last
        self._assembly: AssemblyLog | None = None
        if settings.assembly_debug_log or settings.assembly_memuse_log:
            from sipcm import assemblylog  # noqa: PLC0415  rarely wanted

            self._assembly = assemblylog.AssemblyLog(run.pipeline, settings)

    async def chunk(self, cursor: Cursor, pauses: Pauses) -> bool:
        """Take some packets; False when the cursor has no more."""
        pipeline = self._run.pipeline
        verbose = self._verbose
        single = verbose or (self._assembly is not None and self._assembly.single)
        most = 1 if single else CHUNK
        try:
            taken = pipeline.run(cursor, most)
        except Exception as error:  # noqa: BLE001  a fault of ours costs one packet, not the run
            self._tell_fault(cursor, error)
            return True
        blocked = pipeline.blocked()
        if verbose and taken:
            self._tell_packet(cursor)
        if taken and self._assembly is not None:
            self._tell_assembly(cursor)
        if self._outlet.is_open:
            await self._outlet.drain(pauses)
        return taken == most or blocked

    async def take(self, cursor: Cursor, pauses: Pauses) -> None:
        """Take the packet on which *cursor* stands."""
        pipeline = self._run.pipeline
        try:
            pipeline.take(cursor)
        except Exception as error:  # noqa: BLE001  a fault of ours costs one packet, not the run
            self._tell_fault(cursor, error)
        if self._verbose:
            self._tell_packet(cursor)
        self._tell_assembly(cursor)
        await self._outlet.drain(pauses)
        while not pipeline.settle():
            await self._outlet.drain(pauses)
            await pauses.breathe()

    async def pass_time(self, moment: int, pauses: Pauses) -> None:
        """Let stream time run to *moment*, and everybody see what happened until then."""
        pipeline = self._run.pipeline
        while not pipeline.run_on(min(moment, LAST_MOMENT)):
            await self._outlet.drain(pauses)
            await pauses.breathe()
        await self._outlet.flush(pauses)

    def tell(self) -> None:
        """Say now and then that packets come and none of them is SIP, or that events are left out.

        Of the latter a live run tells the begin of each spell, any other that of the first alone.
        """
        if line := self._silence.tick():
            self._log.notice(line)
        spell = self._run.pipeline.ring.rates.spell
        if spell.count and spell.number != self._spell:
            if not self._spell or self._run.settings.is_live:
                from sipcm.leftout import beginning  # noqa: PLC0415  rarely so

                self._log.warning(beginning(self._run.pipeline))
            self._spell = int(spell.number)

    async def end(self, pauses: Pauses) -> None:
        """Bring the run to its end in packet time, as -end_force_timeout and -end_wait ask."""
        pipeline = self._run.pipeline
        settings = self._run.settings
        while not pipeline.finish():
            await self._outlet.drain(pauses)
            await pauses.breathe()
        clock = pipeline.clock
        wait = settings.end_wait
        if force := settings.end_force_timeout:
            pipeline.tracker.force_timeouts(min(clock.now + force, LAST_MOMENT))
            wait = max(wait, force + FORCE_MARGIN)
        end = min(clock.now + wait, LAST_MOMENT)
        while wait and clock.started and not pipeline.run_on(end):
            await self._outlet.drain(pauses)
            await pauses.breathe()
        pipeline.tracker.forcing = False  # what is injected from now on has its own time
        await self._outlet.flush(pauses)
        self.tell()
        self._run.end()

    def _tell_packet(self, cursor: Cursor) -> None:
        """Write the line of a packet; where that fails no other is tried."""
        from sipcm.verbose import packet_line  # noqa: PLC0415  rarely wanted

        try:
            sys.stderr.write(packet_line(self._run.pipeline, cursor) + "\n")
            sys.stderr.flush()
        except OSError:
            self._verbose = False
            self.failed = True

    def _tell_assembly(self, cursor: Cursor) -> None:
        """Write what is due about the reassembly of TCP."""
        if self._assembly is not None:
            for line in self._assembly.lines(int(cursor.number)):
                write_line(line)

    def _tell_fault(self, cursor: Cursor, error: Exception) -> None:
        """Count a packet that was dropped by a fault of sipcm; tell of the 1st, 2nd, 4th ..."""
        self.faults += 1
        self.failed = True
        if self.faults & (self.faults - 1) == 0:
            self._log.bug(
                f"dropped a packet at or shortly before number {cursor.number} because of a fault "
                f"in sipcm ({self.faults} so far): {error!r}"
            )
