"""From the ring of events to the sink that -json names; a sink that fails costs no run.

The core waits where the sink has not taken what the ring holds: every event arrives. Who reads a
pipe may take his time; while he is waited for others have their turn. Only at the end of a run that
somebody has stopped is he not waited for any longer than a few seconds.
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
    as ``head`` does.
    """

    def __init__(
        self,
        path: str,
        ring: EventRing,
        log: Log,
        wanted: Callable[[], bool],
        gone: Callable[[], None],
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
        self._sink: NdjsonSink | None = None
        self._pipe: PipeWriter | None = None

    @property
    def is_open(self) -> bool:
        """Return whether there is a sink."""
        return self._sink is not None

    async def open(self, pauses: Pauses) -> None:
        """Open the sink, which begins an empty file; ConfigError when that cannot be.

        A FIFO is opened when it has a reader; a run that is stopped before goes on without.
        """
        if not self._path:
            return
        from sipcm.export.ndjson import NdjsonSink  # noqa: PLC0415  rarely wanted

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
        if not isinstance(opened, io.BufferedWriter):
            self._pipe = opened
        self._sink = NdjsonSink(opened)
        self._ring.claim(0)

    async def drain(self, pauses: Pauses) -> None:
        """Hand the sink all events that it has not seen."""
        ring = self._ring
        while (sink := self._sink) and (batch := ring.read(self._written, BATCH)):
            try:
                sink.write(self._choice(batch))
                await self._push(pauses)
            except OSError as error:
                self._give_up(sink, error)
            self._written += len(batch)
        if self._sink is not None:
            ring.claim(self._written)

    async def flush(self, pauses: Pauses) -> None:
        """Let the reader see all events so far."""
        await self.drain(pauses)
        if (sink := self._sink) and self._flushed != self._written:
            self._flushed = self._written
            try:
                sink.flush()
            except OSError as error:
                self._give_up(sink, error)

    async def close(self, pauses: Pauses) -> None:
        """Hand the last events to the sink and close it."""
        await self.drain(pauses)
        if sink := self._sink:
            try:
                sink.close()
            except OSError as error:
                self._give_up(sink, error)

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

    def _give_up(self, sink: "NdjsonSink", error: OSError) -> None:
        """Let go of a *sink* that failed; the run goes on without it."""
        from contextlib import suppress  # noqa: PLC0415  rarely wanted

        self._sink = self._pipe = None
        self._ring.claim(UNCLAIMED)
        with suppress(OSError):  # what it still holds cannot be written either
            sink.close()
        if isinstance(error, BrokenPipeError):
            self._gone()
            return
        self._log.error(f"-json: {self._path}: {error.strerror}")
        self.failed = True


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
