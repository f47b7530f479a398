"""The service: opens the inputs, drives the pipeline in slices, feeds the sinks, ends in order.

A file is read without an event loop where nothing needs one, which keeps a short run short; with
``-loop`` the same slices run as a task of uvloop or asyncio. Either way a signal is heeded between
two slices.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, BinaryIO, cast

from sipcm.clock import LAST_MOMENT
from sipcm.errors import CaptureError, ConfigError
from sipcm.log import Log
from sipcm.net.pcapfile import PcapFile
from sipcm.net.records import Cursor
from sipcm.options import BY_NAME
from sipcm.pipe import Pipe
from sipcm.pipeline import Pipeline
from sipcm.runner import Stopper, heeding_signals, run_on_loop, run_plainly
from sipcm.settings import DEFAULT, Settings, pcap_files
from sipcm.state.ring import UNCLAIMED

if TYPE_CHECKING:
    from sipcm.export.ndjson import NdjsonSink

SLICE = 2048
"""Packets taken between two looks at signals and sinks: a few milliseconds."""

BATCH = 1024
"""Events handed to a sink at once."""

STDIN = 0
STDOUT = 1

FORCE_MARGIN = 250_000_000
"""Nanoseconds that stream time runs on after the timers that -end_force_timeout cut."""


class Service:
    """One run over the inputs that *settings* name."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self.settings = settings
        self.log = log
        self.failed = False
        self.faults = 0
        self._stopped = False
        self._files = pcap_files(settings.pcap, os.path.exists)
        if "-" in self._files and (settings.pcap_loop > 1 or self._files.count("-") > 1):
            raise ConfigError("-pcap -: standard input can be read only once")
        if any(_is_same(name, settings.json) for name in self._files):
            raise ConfigError(f"-json: {settings.json} is read by -pcap: give another file")
        self.pipeline = Pipeline(settings.calls_max_entries, settings.event_buffer_size)
        self._sink = _open_sink(settings.json)
        self._written = 0
        if self._sink is not None:
            self.pipeline.ring.claim(0)

    def stop(self) -> None:
        """End after the present slice, as if the input had ended there."""
        self._stopped = True

    def _goes_on(self) -> bool:
        return not self._stopped

    def slices(self) -> Iterator[None]:
        """Do all the work, pausing after each few milliseconds of it."""
        for name in takewhile(lambda _: self._goes_on(), self._names()):
            try:
                with self._open(name) as capture:
                    yield from self._read(capture)
                    if warning := capture.warning():
                        self.log.warning(warning)
            except CaptureError as error:
                if self._goes_on():
                    self.log.error(str(error))
                    self.failed = True
        yield from self._end()

    def close(self) -> None:
        """Hand the last events to the sink and close it."""
        self._drain()
        if sink := self._sink:
            try:
                sink.close()
            except OSError as error:
                self._give_up(sink, error)

    def summary(self) -> str:
        """Return what is printed at the end of the run."""
        from sipcm.summary import summary_text  # noqa: PLC0415  only at the end

        return "\n".join([*self._shown(), summary_text(self.pipeline)])

    def _shown(self) -> Iterator[str]:
        ring = self.pipeline.ring
        if self.settings.show and ring.oldest():
            yield (
                f"Only the last {ring.total - ring.oldest()} of {ring.total} events were kept for "
                "what follows: raise -event_buffer_size\n"
            )
        for what in self.settings.show:
            from sipcm.export.tables import call_table, event_table  # noqa: PLC0415  rarely wanted

            happened = ring.read(0, ring.total)
            yield call_table(happened) if what == "calls" else event_table(happened)

    def _names(self) -> Iterator[str]:
        for _ in range(max(self.settings.pcap_loop, 1)):
            yield from self._files

    def _open(self, name: str) -> PcapFile:
        if name == "-":
            return PcapFile(cast("BinaryIO", Pipe(STDIN, self._goes_on)), "standard input")
        return PcapFile(name)

    def _read(self, capture: PcapFile) -> Iterator[None]:
        while self._goes_on() and capture.read():
            while self._goes_on() and self._slice(capture.cursor):
                yield

    def _slice(self, cursor: Cursor) -> bool:
        """Take some packets; False when the cursor has no more."""
        try:
            taken = self.pipeline.run(cursor, 1 if self.settings.verbose else SLICE)
        except Exception as error:  # noqa: BLE001  a fault of ours costs one packet, not the run
            self._tell_fault(cursor, error)
            return True
        blocked = self.pipeline.blocked()
        if self.settings.verbose and taken:
            from sipcm.verbose import packet_line  # noqa: PLC0415  rarely wanted

            sys.stderr.write(packet_line(self.pipeline, cursor) + "\n")
        self._drain()
        return taken > 0 or blocked

    def _tell_fault(self, cursor: Cursor, error: Exception) -> None:
        """Count a packet that was dropped by a fault of sipcm; tell of the 1st, 2nd, 4th ..."""
        self.faults += 1
        self.failed = True
        if self.faults & (self.faults - 1) == 0:
            self.log.bug(
                f"dropped a packet at or shortly before number {cursor.number} because of a fault "
                f"in sipcm ({self.faults} so far): {error!r}"
            )

    def _end(self) -> Iterator[None]:
        """Bring the run to its end in packet time, as -end_force_timeout and -end_wait ask."""
        pipeline = self.pipeline
        while self._goes_on() and not pipeline.finish():
            self._drain()
            yield
        clock = pipeline.clock
        wait = self.settings.end_wait
        force = self.settings.end_force_timeout
        if force:
            pipeline.tracker.force_timeouts(min(clock.now + force, LAST_MOMENT))
            wait = max(wait, force + FORCE_MARGIN)
        end = min(clock.now + wait, LAST_MOMENT)
        while wait and clock.started and self._goes_on() and not pipeline.run_on(end):
            self._drain()
            yield

    def _drain(self) -> None:
        """Hand the sink all events that it has not seen."""
        ring = self.pipeline.ring
        while (sink := self._sink) and (batch := ring.read(self._written, BATCH)):
            try:
                sink.write(batch)
            except OSError as error:
                self._give_up(sink, error)
            self._written += len(batch)
        ring.claim(self._written if self._sink else UNCLAIMED)

    def _give_up(self, sink: "NdjsonSink", error: OSError) -> None:
        """Let go of a *sink* that failed; the run goes on without it.

        Where the reader has gone, as ``head`` does, the run ends.
        """
        self._sink = None
        with suppress(OSError):  # what it still holds cannot be written either
            sink.close()
        if isinstance(error, BrokenPipeError):
            self.stop()
            return
        self.log.error(f"-json: {self.settings.json}: {error.strerror}")
        self.failed = True


def run(settings: Settings, log: Log) -> int:
    """Do what *settings* ask for, print the summary and return the exit status (0 or 1)."""
    service = Service(settings, log)
    stopper = Stopper(service.stop)
    with heeding_signals(stopper):
        if settings.origin(BY_NAME["loop"]) == DEFAULT:
            run_plainly(service.slices(), stopper)
        else:
            run_on_loop(settings.loop, service.slices(), stopper)
        service.close()
        out = sys.stderr if settings.json == "-" else sys.stdout
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="backslashreplace")
        if out is not None:
            out.write(service.summary())
            out.flush()
    return 1 if service.failed else 0


def _is_same(name: str, path: str) -> bool:
    """Tell whether two names mean one file; ``-`` means standard input and output."""
    try:
        return "-" not in (name, path) and os.path.samestat(os.stat(name), os.stat(path))  # noqa: PTH116
    except (OSError, ValueError):  # one of them is not there yet
        return False


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
