"""Drives the real pipeline from packets or captures to events, in the order of the service."""

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sipcm import duration
from sipcm.clock import LAST_MOMENT
from sipcm.effort import ENDLESS
from sipcm.export.ndjson import document
from sipcm.feed import FORCE_MARGIN
from sipcm.net.capturefile import CaptureFile
from sipcm.net.pcapwriter import PcapWriter
from sipcm.net.records import Cursor
from sipcm.pipeline import Pipeline
from sipcm.state.events import Event
from sipcm.state.ratelimit import NO_LIMITS, USUAL_INTERVALS

Packet = tuple[int, bytes]
"""When it was captured, in nanoseconds since 1970, and the frame."""

Source = str | os.PathLike[str] | BinaryIO

FORCED = "100ms"
"""The -end_force_timeout under which the expected events of the corpora were observed."""


@dataclass
class Run:
    """A pipeline, every event that it gave, and what was wrong with the files."""

    pipeline: Pipeline
    events: list[Event] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def take(self, cursor: Cursor, most: int) -> bool:
        """Take up to *most* packets; False when the cursor has no more."""
        taken = self.pipeline.run(cursor, most)
        blocked = self.pipeline.blocked()
        self.drain()
        return taken > 0 or blocked

    def drain(self) -> None:
        ring = self.pipeline.ring
        self.events += ring.read(len(self.events), ring.size)
        ring.claim(len(self.events))

    def finish(self, force: str, wait: str) -> None:
        """Do what -end_force_timeout and -end_wait ask for."""
        pipeline = self.pipeline
        while not pipeline.finish():
            self.drain()
        on = duration.parse(wait)
        if cut := duration.parse(force):
            pipeline.tracker.force_timeouts(min(pipeline.clock.now + cut, LAST_MOMENT))
            on = max(on, cut + FORCE_MARGIN)
        end = min(pipeline.clock.now + on, LAST_MOMENT)
        while on and pipeline.clock.started and not pipeline.run_on(end):
            self.drain()
        self.drain()


def play(
    *sources: Source,
    force: str = "0",
    wait: str = "0",
    limit: int = 0,
    ring: int = 1024,
    slice_size: int = 2048,
    limits: tuple[int, int, int] = NO_LIMITS,
    effort: int = ENDLESS,
) -> Run:
    """Read captures one after the other into one pipeline and bring the run to its end.

    *force* and *wait* are -end_force_timeout and -end_wait, *limit* the most calls that are kept
    (0: any number), *ring* the size of the event ring, *slice_size* the packets between two drains,
    *limits* those of rates, *effort* what is done at most between two drains.
    """
    run = Run(Pipeline(limit, ring))
    run.pipeline.ring.limit(limits, USUAL_INTERVALS)
    run.pipeline.effort.most = effort
    run.drain()
    for source in sources:
        with CaptureFile(source) as capture:
            while capture.read():
                while run.take(capture.cursor, slice_size):
                    pass
            if warning := capture.warning():
                run.warnings.append(warning)
    run.finish(force, wait)
    return run


def capture_of(packets: Iterable[Packet], linktype: int = 1) -> io.BytesIO:
    """Write *packets* as a capture in memory."""
    stream = io.BytesIO()
    writer = PcapWriter(stream, linktype)
    for timestamp, frame in packets:
        writer.write(timestamp, frame)
    stream.seek(0)
    return stream


def events_of(packets: Iterable[Packet], **options: Any) -> list[Event]:
    """Return the events that *packets* give; *options* are those of :func:`play`."""
    return play(capture_of(packets), **options).events


def fields_of(event: Event) -> dict[str, Any]:
    """Return the JSON of *event* flat: a key is the last word of its path, and also all of it.

    ``event.duration`` is found as ``duration`` and ``event_duration``, ``client.ip`` as
    ``client_ip`` (its last word is not unique, so ``ip`` is that of the server).
    """
    flat: dict[str, Any] = {}
    _flatten(document(event), (), flat)
    return flat


def _flatten(fields: dict[str, Any], path: tuple[str, ...], flat: dict[str, Any]) -> None:
    for key, value in fields.items():
        if isinstance(value, dict):
            _flatten(value, (*path, key), flat)
        else:
            flat[key] = flat["_".join((*path, key))] = value
