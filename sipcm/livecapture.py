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
from sipcm.onlookers import Onlookers
from sipcm.outlet import Outlet
from sipcm.pauses import Pauses
from sipcm.progress import Progress
from sipcm.rests import BRIEFLY, Rests
from sipcm.rights import become, check_user
from sipcm.run import Run
from sipcm.source import State
from sipcm.supervisor import Supervisor
from sipcm.tap import Tap
from sipcm.walltime import WallTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sipcm.packetfile import PacketFile

SLICE: Final = 3_500_000
"""Nanoseconds between two pauses; what is being read then takes up to a millisecond more."""
LATE: Final = 150
"""Milliseconds, beside those of a rest, from which on packets go before pages, which have shorter
turns then."""

BREATH: Final = 2_000_000
"""Nanoseconds of others' work after which it is the packets' turn again."""
BREATHS: Final = 4
"""Turns that others have between two slices if each is short: a request to be heard, read, answered
and told of takes one each."""

ON_ITS_WAY: Final = 3 * RETIRE * 1_000_000
"""Nanoseconds after which a packet that came has been handed over by the kernel."""

IN_DOUBT: Final = SECOND
"""Nanoseconds since the clock was set after which no packet of any interface is from before."""

LAST_WORDS: Final = SECOND
"""Nanoseconds for which packets are read at most that came before the end,"""
LONGEST_TURN: Final = LAST_WORDS // 10
"""and those that a turn counts for at most: where the machine stood still meanwhile nobody read."""

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
        run.onlookers = self._onlookers = Onlookers(clock)
        self._stopped = False
        self._failed = False
        self._slice_end = 0
        self._look_at = 0  # at all that is no packet, while packets come
        self._step = 0  # by which the wall clock was set; packets from before it may still come
        self._is_set = False  # stream time has taken that step, for the last packet
        self._stepped = 0  # when that was seen
        self._moved = clock()  # when packets moved stream time last, and to where
        self._newest = 0
        self._measured = 0  # packets that the cursor had come past then
        self._in_step = self._moved  # when the wall clock moved it last
        self._waiting = select.epoll()
        self._merged = MergedCursor([tap.cursor for tap in taps]) if len(taps) > 1 else None
        self._recorded = RecordingCursor(taps[0].cursor) if file is not None else None
        if file is not None:
            run.outputs.append(file.output)
        settings = run.settings
        told = (settings.json, settings.write, settings.verbose, settings.assembly_debug_log)
        self._rests = Rests(
            self._onlookers,
            self._moved,
            settings.max_blocked_timeout,
            several=self._merged is not None,
            told=any(told),
        )
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
        self._onlookers.begun = pauses.rouse
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
        rest = self._rests.rest(max([tap.filled() for tap in self._taps]), now)
        if not rest or now >= self._look_at:
            await self._let_time_pass(now, pauses)
        if rest:
            await pauses.rest(rest)
        else:
            wait = BRIEFLY if self._holds() else self._rests.wait()
            await pauses.readable(self._waiting, wait)
        self._rests.over(now, self._clock(), gathered=rest > 0)
        self._slice_end = self._rests.ended + SLICE

    def _holds(self) -> bool:
        """Return whether there are packets that wait for earlier ones of another interface."""
        return self._merged is not None and self._merged.holds()

    async def _read(self, pauses: Pauses, *, rest: bool = False) -> bool:
        """Take all blocks of an only interface, or one of each that has one.

        False where there was nothing to take. *rest*: nothing is to come any more.
        """
        merged = self._merged
        if merged is None:
            [tap] = self._taps
            fed = False
            while tap.read():
                await self._walk(tap.cursor, pauses)
                if not fed:
                    fed = True
                    self._measure(tap.cursor)  # the packets that waited longest
                if self._stopped:
                    break
                self._heed_clock()
            if fed:
                self._measure(tap.cursor)
            return fed
        # Where the clock was set back what came before may still wait, and is of the clock of then.
        now = self._wall.until_step() if self._step < 0 else self._wall.now()
        until = FOREVER if rest else now - ON_ITS_WAY
        fed = False
        for number, tap in enumerate(self._taps):
            if merged.needs(number):
                read = tap.read()
                merged.tell(number, dry=not read)
                fed |= read
        merged.until = until
        walked = await self._walk(merged, pauses)
        self._measure(merged)
        return walked or fed

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
        return inner.number != before

    async def _breathe(self, pauses: Pauses) -> None:
        """Let others have their turn, and begin another slice."""
        now = self._clock()
        if now >= self._look_at:
            self._look_around(now)
            await self._outlet.flush(pauses)
        for _ in range(BREATHS):
            await pauses.breathe()
            if self._clock() - now >= BREATH:
                break
        self._slice_end = self._clock() + SLICE

    def _look_around(self, now: int) -> None:
        """See to all that is no packet."""
        self._look_at = now + self._rests.patience
        self._watch(now)
        self._feed.tell()
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
        lag = max(self._wall.now() - int(cursor.timestamp), 0)
        meant = self._rests.gathered if lag > self._moved - self._rests.ended else 0
        self._run.late = lag - meant >= LATE * MILLISECOND
        for tap in self._taps:
            tap.source.lag.note(lag // MILLISECOND)

    def _record(self, *, all_of_it: bool = False) -> None:
        """Have what was recorded written."""
        if self._file is not None and self._recorded is not None:
            self._file.take(self._recorded, all_of_it=all_of_it)

    def _heed_clock(self) -> None:
        """Find out whether the wall clock was set."""
        if step := self._wall.step():
            if self._is_set:
                self._believe_step()
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
        timestamp = int(cursor.timestamp)
        if self._step > 0:
            after = timestamp > self._wall.until_step()
        else:
            after = timestamp <= self._wall.now()
        if after != self._is_set:
            self._set_clock(after=after)
        if after and (self._merged is None or self._clock() - self._stepped >= IN_DOUBT):
            self._believe_step()
        await self._feed.take(cursor, pauses)
        return True

    def _set_clock(self, *, after: bool) -> None:
        """Place the times of packets as those of the clock *after* it was set, or before."""
        self._run.pipeline.clock.step(self._step if after else -self._step)
        self._is_set = after

    def _believe_step(self) -> None:
        """Place the times of all packets to come as those of a clock that was set."""
        if not self._is_set:
            self._set_clock(after=True)
        self._step, self._is_set = 0, False

    async def _let_time_pass(self, now: int, pauses: Pauses) -> None:
        """See to all that time brings about, where no packet is left that came before."""
        if self._step and now - self._stepped >= ON_ITS_WAY and not self._holds():
            self._believe_step()
        self._look_around(now)
        self._record()
        await self._pass_time(now, pauses)

    async def _pass_time(self, now: int, pauses: Pauses) -> None:
        """Let stream time follow the wall clock."""
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
        over, left = now + ON_ITS_WAY, LAST_WORDS
        while left > 0:
            if not await self._read(pauses, rest=now >= over):
                if now >= over:
                    return
                await pauses.readable(self._waiting, over - now)
            before, now = now, self._clock()
            left -= min(now - before, LONGEST_TURN)

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
