"""From the ring of events to the sink that -json names; a sink that fails costs no run.

The core waits where the sink has not taken what the ring holds: every event arrives. Who reads a
pipe may take his time; while he is waited for others have their turn. Only at the end of a run that
somebody has stopped is he not waited for any longer than a few seconds. What comes when a sink has
failed is counted; a FIFO is written again once it has another reader.
"""

import errno
import io
import os
import stat

from sipcm.annotation import TYPE_CHECKING, Callable, Final
from sipcm.errors import ConfigError
from sipcm.eventchoice import Choice
from sipcm.log import Log
from sipcm.pauses import Pauses
from sipcm.state.ring import UNCLAIMED, EventRing

if TYPE_CHECKING:
    from sipcm.export.ndjson import NdjsonSink
    from sipcm.output import Output
    from sipcm.pipewriter import PipeWriter

BATCH: Final = 1024
"""Events handed to the sink at once."""

STDOUT: Final = 1

BETWEEN_LOOKS: Final = 5_000_000
"""Nanoseconds between two looks at whether the reader of a pipe has made room."""

MOST_LOOKS: Final = 600
"""Looks at a reader that takes nothing, once the run was stopped: three seconds."""

LOOKS_IN_SILENCE: Final = 200
"""Looks for a reader, for a second, after which it is told that he is waited for."""


class Outlet:
    """Hands each event of *ring* to the sink for *path*, once and in order; no path, no sink.

    Those that *choice* leaves out are read and not written.
    *wanted* tells whether the run goes on; *gone* is called when the reader of the events has gone,
    as ``head`` does, and tells whether it goes on nevertheless.

    ``output`` is how things stand, for operators; None where there is no path.
    """

    def __init__(
        self,
        path: str,
        ring: EventRing,
        log: Log,
        wanted: Callable[[], bool],
        gone: Callable[[], bool],
        choice: Choice = list,
    ) -> None:
        self.failed = False
        self._path = path
        self._ring = ring
        self._log = log
        self._wanted = wanted
        self._gone = gone
        self._choice = choice
        self._written = 0
        self._flushed = 0
        self._unsure = 0  # events that were handed to the sink and may not have left it
        self._is_open = False
        self._unread = False  # a FIFO that has lost its reader
        self._sink: NdjsonSink | None = None
        self._pipe: PipeWriter | None = None
        self.output = _output(path) if path else None

    @property
    def is_open(self) -> bool:
        """Return whether events are read: for a sink, or to be counted when that has failed."""
        return self._is_open

    async def open(self, pauses: Pauses) -> None:
        """Open the sink, which begins an empty file; ConfigError when that cannot be.

        A FIFO is opened when it has a reader; a run that is stopped before goes on without.
        """
        if not self._path:
            return
        looks = 0
        try:
            while (opened := _open(self._path)) is None:
                if not self._wanted():
                    return
                looks += 1
                if looks == LOOKS_IN_SILENCE:
                    self._log.notice(f"-json: {self._path}: waiting until somebody reads it")
                await pauses.sleep(BETWEEN_LOOKS)
        except OSError as error:
            raise ConfigError(f"-json: {self._path}: {error.strerror}") from None
        self._use(opened)
        self._ring.claim(0)
        self._is_open = True

    async def drain(self, pauses: Pauses) -> None:
        """Hand the sink all events that it has not seen."""
        ring = self._ring
        while self._is_open and (batch := ring.read(self._written, BATCH)):
            chosen = self._choice(batch)
            self._unsure += len(chosen)
            if (sink := self._sink) is None:
                self._settle(lost=self._unsure)
            else:
                try:
                    sink.write(chosen)
                    await self._push(pauses)
                except OSError as error:
                    self._give_up(sink, error)
            self._written += len(batch)
        if self._is_open:
            ring.claim(self._written)

    async def flush(self, pauses: Pauses) -> None:
        """Let the reader see all events so far."""
        await self.drain(pauses)
        if self._unread:
            self._look_for_reader()
        if (sink := self._sink) and self._flushed != self._written:
            self._flushed = self._written
            try:
                sink.flush()
            except OSError as error:
                self._give_up(sink, error)
            else:
                self._settle()

    async def close(self, pauses: Pauses) -> None:
        """Hand the last events to the sink and close it."""
        await self.drain(pauses)
        if sink := self._sink:
            try:
                sink.close()
            except OSError as error:
                self._give_up(sink, error)
            else:
                self._settle()

    def _use(self, opened: "io.BufferedWriter | PipeWriter") -> None:
        """Write to what was *opened*."""
        from sipcm.export.ndjson import NdjsonSink  # noqa: PLC0415  rarely wanted

        if not isinstance(opened, io.BufferedWriter):
            self._pipe = opened
        self._sink = NdjsonSink(opened)

    def _settle(self, lost: int = 0) -> None:
        """Count the events that have left the sink for good, but for those that were *lost*."""
        if self.output is not None:
            self.output.written.value += self._unsure - lost
            self.output.lost.value += lost
        self._unsure = 0

    def _look_for_reader(self) -> None:
        """Go on writing a FIFO that has another reader."""
        if self.output is not None and (pipe := _open_again(self._path)) is not None:
            self._use(pipe)
            self._unread = False
            self.output.problem = ""
            lost = self.output.lost.value
            self._log.warning(
                f"-json: {self._path}: it is read again; so far {lost} events were lost"
            )

    async def _push(self, pauses: Pauses) -> None:
        """Wait until the reader of a pipe has taken all; BrokenPipeError when he is given up."""
        pipe = self._pipe
        looks = written = 0
        while pipe is not None and not pipe.push():
            looks = 0 if self._wanted() or pipe.written > written else looks + 1
            written = pipe.written
            if looks > MOST_LOOKS:
                raise OSError(errno.ETIMEDOUT, "nobody reads it; the last events are lost")
            await pauses.sleep(BETWEEN_LOOKS)
        if pipe is not None:
            self._settle()

    def _give_up(self, sink: "NdjsonSink", error: OSError) -> None:
        """Let go of a *sink* that failed; the run goes on without it if it is worth that."""
        from contextlib import suppress  # noqa: PLC0415  rarely wanted

        lost = self._unsure if self._pipe is None else self._pipe.kept().count(b"\n")
        self._sink = self._pipe = None
        with suppress(OSError):  # what it still holds cannot be written either
            sink.close()
        why = error.strerror or str(error)
        if isinstance(error, BrokenPipeError):
            goes_on, named = self._gone(), self._path != "-"
            if not goes_on and not named:  # a filter ends so
                self._is_open = False
                self._ring.claim(UNCLAIMED)
                return
            self._unread = goes_on and named
            why = f"its reader has gone; {_consequence(goes_on=goes_on, named=named)}"
        self._settle(lost)
        self._log.error(f"-json: {self._path}: {why}")
        if self.output is not None:
            self.output.problem = why
        self.failed = True


def _output(path: str) -> "Output":
    from sipcm.output import Output  # noqa: PLC0415  rarely wanted

    return Output("-json", path, "events", "json")


def _consequence(*, goes_on: bool, named: bool) -> str:
    """Tell what comes of it that a pipe has no reader, one of *named* path or standard output."""
    if not goes_on:
        return "the run ends"
    return "events are lost until it has another" if named else "events are lost from now on"


def _open(path: str) -> "io.BufferedWriter | PipeWriter | None":
    """Open *path* for writing; None for a FIFO that nobody reads yet."""
    if path == "-":
        # Not sys.stdout.buffer: it may write less than it was given (PYTHONUNBUFFERED).
        if stat.S_ISREG(os.fstat(STDOUT).st_mode):
            return io.BufferedWriter(io.FileIO(STDOUT, "wb", closefd=False))
        from sipcm.pipewriter import PipeWriter  # noqa: PLC0415  rarely wanted

        return PipeWriter(STDOUT, owned=False)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except FileNotFoundError:
        mode = stat.S_IFREG
    if not stat.S_ISREG(mode):
        return _open_pipe(path)
    return io.BufferedWriter(io.FileIO(path, "wb"))


def _open_pipe(path: str) -> "PipeWriter | None":
    from sipcm.pipewriter import PipeWriter, lacks_reader  # noqa: PLC0415  rarely wanted

    try:
        return PipeWriter(os.open(path, os.O_WRONLY | os.O_NONBLOCK), owned=True)
    except OSError as error:
        if lacks_reader(path, error):
            return None
        raise


def _open_again(path: str) -> "PipeWriter | None":
    """Open the FIFO *path* if it has a reader; None where it has not, or is no FIFO any more."""
    try:
        return _open_pipe(path) if stat.S_ISFIFO(os.stat(path).st_mode) else None  # noqa: PTH116
    except OSError:
        return None
