"""From the ring of events to the sink that -json names; a sink that fails costs no run.

The core waits where the sink has not taken what the ring holds: every event arrives.
"""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from sipcm.errors import ConfigError
from sipcm.log import Log
from sipcm.state.ring import UNCLAIMED, EventRing

if TYPE_CHECKING:
    from sipcm.export.ndjson import NdjsonSink

BATCH = 1024
"""Events handed to the sink at once."""

STDOUT = 1


class Outlet:
    """Hands each event of *ring* to the sink for *path*, once and in order; no path, no sink.

    *gone* is called when the reader of the events has gone, as ``head`` does.
    """

    def __init__(self, path: str, ring: EventRing, log: Log, gone: Callable[[], None]) -> None:
        self.failed = False
        self._path = path
        self._ring = ring
        self._log = log
        self._gone = gone
        self._written = 0
        self._flushed = 0
        self._sink: NdjsonSink | None = None

    def open(self) -> None:
        """Open the sink, which begins an empty file; ConfigError when that cannot be."""
        self._sink = _open_sink(self._path)
        if self._sink is not None:
            self._ring.claim(0)

    def drain(self) -> None:
        """Hand the sink all events that it has not seen."""
        ring = self._ring
        while (sink := self._sink) and (batch := ring.read(self._written, BATCH)):
            try:
                sink.write(batch)
            except OSError as error:
                self._give_up(sink, error)
            self._written += len(batch)
        ring.claim(self._written if self._sink else UNCLAIMED)

    def flush(self) -> None:
        """Let the reader see all events so far."""
        self.drain()
        if (sink := self._sink) and self._flushed != self._written:
            self._flushed = self._written
            try:
                sink.flush()
            except OSError as error:
                self._give_up(sink, error)

    def close(self) -> None:
        """Hand the last events to the sink and close it."""
        self.drain()
        if sink := self._sink:
            try:
                sink.close()
            except OSError as error:
                self._give_up(sink, error)

    def _give_up(self, sink: "NdjsonSink", error: OSError) -> None:
        """Let go of a *sink* that failed; the run goes on without it."""
        self._sink = None
        with suppress(OSError):  # what it still holds cannot be written either
            sink.close()
        if isinstance(error, BrokenPipeError):
            self._gone()
            return
        self._log.error(f"-json: {self._path}: {error.strerror}")
        self.failed = True


def _open_sink(path: str) -> "NdjsonSink | None":
    if not path:
        return None
    from sipcm.export.ndjson import NdjsonSink  # noqa: PLC0415  rarely wanted

    try:
        if path == "-":
            # Not sys.stdout.buffer: it may write less than it was given (PYTHONUNBUFFERED).
            return NdjsonSink(os.fdopen(STDOUT, "wb", closefd=False))
        return NdjsonSink(io.BufferedWriter(io.FileIO(path, "wb")))
    except OSError as error:
        raise ConfigError(f"-json: {path}: {error.strerror}") from None
