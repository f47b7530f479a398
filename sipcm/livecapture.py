"""Reads the interfaces of a run into its pipeline, and lets time pass while nothing comes.

Works in slices of a few milliseconds, between which signals are heeded, pages are answered and
sinks are fed. Stream time follows the times that the kernel gives to packets. While no packet is
left to be read it follows the wall clock, as far behind as a packet may be on its way; a step of
that clock moves no stream time.
"""

import select
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sipcm.clock import MINUTE, SECOND
from sipcm.errors import CaptureError
from sipcm.feed import Feed
from sipcm.log import Log
from sipcm.net.capture.merge import MergedCursor
from sipcm.net.capture.packetsocket import RETIRE
from sipcm.net.capture.recording import RecordingCursor
from sipcm.net.capture.ring import LiveCursor
from sipcm.net.records import Cursor
from sipcm.outlet import Outlet
from sipcm.pauses import Pauses
from sipcm.progress import Progress
from sipcm.rights import become, check_user
from sipcm.run import Run
from sipcm.source import State
from sipcm.supervisor import Supervisor
from sipcm.tap import Tap
from sipcm.walltime import WallTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sipcm.packetfile import PacketFile

SLICE: Final = 5_000_000
"""Nanoseconds between two pauses, about,"""
BUSY_SLICE: Final = 12_000_000
"""and when packets are read late: packets go before pages, of which each still has its turn."""
LATE: Final = 100
"""Milliseconds."""

BREATH: Final = 2_000_000
"""Nanoseconds of others' work after which it is the packets' turn again."""
BREATHS: Final = 4
"""Turns that others have between two slices if each is short: a request to be heard, read, answered
and told of takes one each."""

PATIENCE: Final = SECOND // 10
"""Nanoseconds between two looks at whether the run goes on."""

ON_ITS_WAY: Final = 3 * RETIRE * 1_000_000
"""Nanoseconds after which a packet that came has been handed over by the kernel."""

BRIEFLY: Final = RETIRE * 1_000_000
"""Nanoseconds between two looks at whether packets have waited for long enough for others."""

LAST_WORDS: Final = SECOND
"""Nanoseconds for which packets are read at most that came before the end."""

MILLISECOND: Final = 1_000_000
FOREVER: Final = (1 << 63) - 1


class LiveCapture:
    """Brings what the *taps* carry into the pipeline of *run*, and writes it to *file*."""

    def __init__(
        self,
        run: Run,
        outlet: Outlet,
        log: Log,
        taps: "Sequence[Tap]",
        file: "PacketFile | None" = None,
        clock: Callable[[], int] = time.monotonic_ns,
        wall: WallTime | None = None,
    ) -> None:
        self.progress: Progress | None = None
        self._run = run
        self._outlet = outlet
        self._log = log
        self._taps = taps
        self._clock = clock
        self._wall = wall or WallTime(clock, run.today)
        self._file = file
        self._supervisor = Supervisor(clock=clock)
        self._feed = Feed(run, outlet, log, clock)
        self._stopped = False
        self._failed = False
        self._slice = SLICE
        self._slice_end = 0
        self._flush_at = 0
        self._step = 0  # by which the wall clock was set; packets from before it may still come
        self._stepped = 0  # when that was seen
        self._moved = clock()  # when packets moved stream time last, and to where
        self._newest = 0
        self._measured = 0  # packets that the cursor had come past then
        self._in_step = self._moved  # when the wall clock moved it last
        self._waiting = select.epoll()
        self._merged = MergedCursor([tap.cursor for tap in taps]) if len(taps) > 1 else None
        self._recorded = RecordingCursor(taps[0].cursor) if file is not None else None
        if file is not None:
            run.more_groups.append(file.group)
        settings = run.settings
        self._patience = min(settings.max_blocked_timeout or PATIENCE, PATIENCE)
        run.sources.extend(tap.source for tap in taps)

    @property
    def misused(self) -> bool:
        """Return whether the filter had no meaning for an interface, or a right was missing."""
        return any(tap.misused for tap in self._taps)

    @property
    def failed(self) -> bool:
        """Return whether something was missing, could not be written, or was a fault of ours."""
        written = self._file is None or not self._file.failed
        return self._failed or self._feed.failed or not written

    @property
    def faults(self) -> int:
        """Return how many packets a fault of ours cost."""
        return self._feed.faults

    def stop(self) -> None:
        """End after the present slice and what the kernel has taken until then."""
        self._stopped = True

    def goes_on(self) -> bool:
        """Tell whether nobody has asked to stop."""
        return not self._stopped

    def open(self) -> None:
        """Open all interfaces, and the file; leave root in between if that was asked for.

        Raises ConfigError; CaptureError where there is no interface to wait for. Either way
        :meth:`close` gives back what was opened.
        """
        settings = self._run.settings
        if settings.user:
            check_user(settings.user)
        self._open_taps()
        if settings.user:
            become(settings.user)
            self._log.info(f"going on as {settings.user}")
        if self._file is not None:
            self._file.open()

    def _open_taps(self) -> None:
        wait = self._run.settings.wait_interface
        for number, tap in enumerate(self._taps):
            try:
                tap.open()
            except CaptureError as error:
                if wait:
                    tap.wait_for(self._clock())
                    continue
                self._failed = True
                tap.source.fail(str(error))
                if self._all_failed():
                    raise
                self._log.error(str(error))
            self._look_after(number, tap)

    async def read_all(self, pauses: Pauses) -> None:
        """Capture until somebody asks to stop, and bring the run to its end in packet time."""
        self._supervisor.ready()
        while self.goes_on():
            await self._turn(pauses)
        self._supervisor.stopping()
        await self._read_rest(pauses)
        await self._feed.end(pauses)

    async def go_on(self, pauses: Pauses) -> None:
        """Do nothing: who has asked for the end of a capture has asked for that of the run."""

    async def _turn(self, pauses: Pauses) -> None:
        """Read what there is, or wait for more."""
        self._heed_clock()
        if await self._read(pauses):
            return
        now = self._clock()
        if self._step and now - self._stepped >= ON_ITS_WAY:
            self._set_clock()
        self._look_around(now)
        self._record()
        await self._pass_time(now, pauses)
        await pauses.readable(self._waiting, BRIEFLY if self._holds() else self._patience)
        self._slice_end = self._clock() + self._slice

    def _holds(self) -> bool:
        """Return whether there are packets that wait for earlier ones of another interface."""
        return self._merged is not None and self._merged.holds()

    async def _read(self, pauses: Pauses, *, rest: bool = False) -> bool:
        """Take a block of each interface that has one; False where there was nothing to take.

        *rest*: nothing is to come any more.
        """
        merged = self._merged
        if merged is None:
            [tap] = self._taps
            if not tap.read():
                return False
            await self._walk(tap.cursor, pauses)
            return True
        until = FOREVER if rest else self._wall.now() - ON_ITS_WAY
        fed = False
        for number, tap in enumerate(self._taps):
            if merged.needs(number):
                read = tap.read()
                merged.tell(number, dry=not read)
                fed |= read
        merged.until = until
        return await self._walk(merged, pauses) or fed

    async def _walk(self, cursor: LiveCursor, pauses: Pauses) -> bool:
        """Take all packets that *cursor* has; tell whether there were any."""
        inner, before = cursor, cursor.number
        if (recorded := self._recorded) is not None:
            recorded.inner = inner
            cursor = recorded
        goes_on = True
        while goes_on:
            if self._step:
                goes_on = await self._take_across(cursor, pauses)
            else:
                goes_on = await self._feed.chunk(cursor, pauses)
            if self._clock() >= self._slice_end:
                self._measure(inner)
                await self._breathe(pauses)
        self._measure(inner)
        return inner.number != before

    async def _breathe(self, pauses: Pauses) -> None:
        """Let others have their turn, and begin another slice."""
        now = self._clock()
        self._look_around(now)
        if now >= self._flush_at:
            self._flush_at = now + PATIENCE
            await self._outlet.flush(pauses)
        for _ in range(BREATHS):
            await pauses.breathe()
            if self._clock() - now >= BREATH:
                break
        self._slice_end = self._clock() + self._slice

    def _look_around(self, now: int) -> None:
        """See to all that is no packet."""
        self._watch(now)
        self._feed.tell_silence()
        self._supervisor.alive()
        if self.progress is not None:
            self.progress.tick()

    def _measure(self, cursor: LiveCursor) -> None:
        """Count what came since the last time, and note how far behind its time it was read."""
        for tap in self._taps:
            tap.measure()
        if cursor.number == self._measured:
            return
        self._measured = int(cursor.number)
        self._moved = self._clock()
        self._newest = int(self._run.pipeline.clock.now)
        self._record()
        lag = max(self._wall.now() - int(cursor.timestamp), 0) // MILLISECOND
        self._slice = BUSY_SLICE if lag >= LATE else SLICE
        for tap in self._taps:
            tap.source.lag.note(lag)

    def _record(self, *, all_of_it: bool = False) -> None:
        """Have what was recorded written."""
        if self._file is not None and self._recorded is not None:
            self._file.take(self._recorded, all_of_it=all_of_it)

    def _heed_clock(self) -> None:
        """Find out whether the wall clock was set."""
        if step := self._wall.step():
            self._step += step
            self._stepped = self._clock()
            way = "forward" if step > 0 else "back"
            self._log.notice(
                f"the clock of the system was set {way} by {abs(step) / SECOND:.1f} s; timers "
                "do not follow it"
            )

    async def _take_across(self, cursor: Cursor, pauses: Pauses) -> bool:
        """Take a packet that may have come before the clock was set, or after."""
        if not cursor.next():
            return False
        before = self._wall.until_step()
        timestamp = int(cursor.timestamp)
        if timestamp > before if self._step > 0 else timestamp <= self._wall.now():
            self._set_clock()
        await self._feed.take(cursor, pauses)
        return True

    def _set_clock(self) -> None:
        """Place the times of packets anew: they are of a clock that was set."""
        self._run.pipeline.clock.step(self._step)
        self._step = 0

    async def _pass_time(self, now: int, pauses: Pauses) -> None:
        """Let stream time follow the wall clock, where no packet is left that came before."""
        clock = self._run.pipeline.clock
        if not clock.started or self._holds():
            return
        moment = self._newest + now - self._moved - ON_ITS_WAY
        if not self._step:
            # Where packets were lost while we were stopped the last that was kept is old by now.
            today = int(clock.moment(self._wall.now())) - ON_ITS_WAY
            if today <= clock.now + (now - self._in_step) + MINUTE:
                moment = max(moment, today)
        await self._feed.pass_time(moment, pauses)
        self._in_step = now

    def _watch(self, now: int) -> None:
        """See what has become of the interfaces."""
        for number, tap in enumerate(self._taps):
            was_open = tap.is_open
            tap.watch(now)
            if tap.is_open and not was_open:
                self._look_after(number, tap)
        if self._all_failed():
            self._stopped = True

    def _all_failed(self) -> bool:
        return all(tap.source.state == State.FAILED for tap in self._taps)

    def _look_after(self, number: int, tap: Tap) -> None:
        """Wait for the packets of *tap*, which was opened, and walk through them."""
        if self._merged is not None:
            self._merged.replace(number, tap.cursor)
        if (descriptor := tap.descriptor()) is not None:
            self._waiting.register(descriptor, select.EPOLLIN)

    async def _read_rest(self, pauses: Pauses) -> None:
        """Read what the kernel has taken before the end, if that does not take long.

        Of each interface the last block is handed over only when it is old enough.
        """
        for tap in self._taps:
            tap.stop()
        now = self._clock()
        end, over = now + LAST_WORDS, now + ON_ITS_WAY
        while now < end:
            if not await self._read(pauses, rest=now >= over):
                if now >= over:
                    return
                await pauses.readable(self._waiting, over - now)
            now = self._clock()

    def close(self) -> None:
        """Give back the interfaces, and close the file with all that was captured."""
        now = self._clock()
        for tap in self._taps:
            tap.close(now)
            if tap.source.state == State.READING:
                tap.source.done()
            elif tap.source.state != State.DONE:
                self._failed = True
        self._waiting.close()
        if self._file is not None:
            self._record(all_of_it=True)
            self._file.close()
