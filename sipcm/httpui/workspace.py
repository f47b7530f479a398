"""A capture that was sent, in a run of its own that no other knows of.

It is read in slices on the loop that serves the pages, each in a turn as pages have one, and in
between others have more time than it takes: packets that are captured meanwhile go before it. One
is read at a time.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from sipcm.clock import LAST_MOMENT, SECOND
from sipcm.effort import SLICE as MOST_EFFORT
from sipcm.errors import CaptureError
from sipcm.httpui.audience import Audience
from sipcm.httpui.exemption import exempt
from sipcm.httpui.faces import Around
from sipcm.httpui.health import share_of
from sipcm.httpui.patience import Turn, Turns
from sipcm.httpui.routes import UPLOADED
from sipcm.httpui.site import Site
from sipcm.log import Log
from sipcm.net.capturefile import CaptureFile
from sipcm.net.records import Cursor
from sipcm.run import Run
from sipcm.settings import Settings
from sipcm.source import Source, State
from sipcm.state.peers import Peers

UNDER: Final = "/uploads/"
"""Where the pages of uploads are, each under its name."""

SLICE: Final = 2_000_000
"""Nanoseconds for which it is read at a time, about."""

REST: Final = 2
"""So many times as long as it was read others have their turn."""

CHUNK: Final = 64
"""Packets between two looks at the clock."""

EFFORT: Final = MOST_EFFORT // 2
"""What is done at most between two looks, whatever a packet brings about."""

AFTER: Final = 60 * SECOND
"""Stream time that passes behind the last packet, so that calls that failed are told of."""

EVENTS: Final = 50_000
"""The newest events that are kept."""

EVENT_BYTES: Final = 64 << 20
"""Bytes that these may take; failures, which are some of them as a rule, may take half as much."""

EXPANSION: Final = 16
"""So many times the greatest size a compressed capture may have: SIP comes to a tenth of itself."""

MEGABYTE: Final = 1 << 20
_KILOBYTES: Final = 1 << 10  # of a megabyte

_KEPT: Final = (
    *("vxlan_ports", "dedup", "calls_max_entries", "calls_timeouts", "regs_max_entries"),
    *("reg_exp_delta", "reg_del_delay", "contact_ignore_port", "correlate", "websocket_ports"),
    *("tcp_gc_interval", "tcp_reorder_timeout", "tcp_connection_timeout", "tcp_msg_buf_max"),
    *("http_port", "http_addr", "http_upload_mb", "peers"),
)
"""Options that hold for uploads too: how packets are read, and how pages are served."""


def settings_for(name: str, given: Settings) -> Settings:
    """Return the settings for a capture called *name*, where sipcm runs with those *given*.

    What calls, registrations and messages take is no more than sipcm itself may, nor than the
    greatest size of a capture.
    """
    most = given.http_upload_mb
    values = {kept: getattr(given, kept) for kept in _KEPT} | {
        "pcap": (name,),
        "http_readonly": True,
        "calls_max_mem": _lower(given.calls_max_mem, most * _KILOBYTES),
        "regs_max_mem": _lower(given.regs_max_mem, most * _KILOBYTES),
        "messages_mb": min(given.messages_mb, most),
        "event_buffer_size": EVENTS,
    }
    return Settings(values)


def _lower(limit: int, other: int) -> int:
    """Return the lower of two limits, of which the first is none where it is 0."""
    return min(limit, other) if limit else other


class Workspace:
    """A capture of *size* bytes called *name*, to be found under *id*; *peers* have names.

    ``used`` is when a page of it was asked for last, by the clock of the loop; its ``audience`` are
    those who see its pages. Nothing in it may know it back, so that it is freed as soon as nobody
    knows it.
    """

    def __init__(
        self, id_: str, name: str, size: int, given: Settings, peers: Peers | None = None
    ) -> None:
        self.id = id_
        self.name = name
        self.size = size
        self.used = 0.0
        base = f"{UNDER}{id_}"
        self.run = Run(settings_for(name, given), base=base, peers=peers)
        self.run.pipeline.effort.most = EFFORT
        exempt(self.run.pipeline.ring.events)
        self.run.pipeline.ring.most_bytes = EVENT_BYTES
        if (failures := self.run.pipeline.tracker.reporter.failures) is not None:
            failures.most_bytes = EVENT_BYTES // 2
        if self.run.pipeline.messages is not None:
            exempt(self.run.pipeline.messages.queue.messages)
        self.source = Source(name, size)
        self.run.sources.append(self.source)
        self.audience = Audience()
        self.path = f"{base}/"
        self._most = given.http_upload_mb * MEGABYTE * EXPANSION
        self._turn = Turn()
        self._slice_begun = 0
        self._faults = 0

    def site(self) -> Site:
        """Return its pages."""
        around = Around(self.run.base, readonly=True, uploads=True)
        return Site(self.run, UPLOADED, around, self.audience, self.data)

    @property
    def done(self) -> bool:
        """Whether it was read, or will not be any further."""
        return self.source.state in {State.DONE, State.FAILED}

    def data(self) -> dict[str, Any]:
        """Return how things stand with it, as JSON has it."""
        return {
            "id": self.id,
            "path": self.path,
            "name": self.name,
            "size": self.size,
            "state": self.source.state,
            "done": self.done,
            "position": self.source.position,
            "share": share_of(self.source),
            "problem": self.source.problem,
        }

    async def read(
        self, capture: CaptureFile, turn: asyncio.Lock, log: Log, clock: Callable[[], int]
    ) -> None:
        """Read *capture* to its end when it is its *turn*; nothing that it holds ends this."""
        source = self.source
        source.format = capture.format
        async with turn:
            source.state = State.READING
            try:
                await self._read_blocks(capture, log, clock)
            except CaptureError as error:
                source.fail(str(error))
            except Exception as error:  # noqa: BLE001  a fault of ours costs one upload
                log.bug(f"an upload: {error!r}")
                source.fail("a fault in sipcm, which its log tells more of")
            else:
                source.done()
            finally:
                self._turn.leave()
            self.run.end()

    async def take_apart(self) -> None:
        """Free what the run holds, once nobody reads it any more.

        Its entries hold each other, and to free all else at once would take long.
        """
        pipeline = self.run.pipeline
        tracker = pipeline.tracker
        calls, bindings, wheel = tracker.calls, tracker.registrar.bindings, tracker.wheel
        with Turns() as turns:
            while not pipeline.finish():  # streams are open where it was not read to its end
                await turns.next()
            while call := calls.oldest():
                calls.remove(call)
                wheel.stop(call)
                if turns.over():
                    await turns.next()
            while binding := bindings.oldest():
                bindings.remove(binding)
                wheel.stop(binding)
                if turns.over():
                    await turns.next()
            while pipeline.messages is not None and pipeline.messages.drop():
                if turns.over():
                    await turns.next()
            while pipeline.ring.drop():
                if turns.over():
                    await turns.next()

    async def _read_blocks(self, capture: CaptureFile, log: Log, clock: Callable[[], int]) -> None:
        source, pipeline = self.source, self.run.pipeline
        await self._turn.next()
        self._slice_begun = clock()
        while capture.read():
            while self._take(capture.cursor, log) or pipeline.blocked():
                await self._rest(capture, clock)
            await self._rest(capture, clock)
            if capture.made > self._most:
                source.problem = f"cut off: it holds more than {self._most // MEGABYTE} MB"
                break
        else:
            source.problem = capture.warning() or ""
        await self._bring_about(pipeline.finish, capture, clock)
        end = min(pipeline.clock.now + AFTER, LAST_MOMENT)
        if pipeline.clock.started:
            await self._bring_about(lambda: pipeline.run_on(end), capture, clock)
        source.position = capture.position

    async def _bring_about(
        self, step: Callable[[], bool], capture: CaptureFile, clock: Callable[[], int]
    ) -> None:
        """Do *step*, which is over when it says so, with rests between."""
        while not step():
            await self._rest(capture, clock)

    def _take(self, cursor: Cursor, log: Log) -> bool:
        """Take some packets; False when *cursor* has no more."""
        before = int(cursor.number)
        try:
            taken = self.run.pipeline.run(cursor, CHUNK)
        except Exception as error:  # noqa: BLE001  a fault of ours costs one packet
            self._faults += 1
            if self._faults & (self._faults - 1) == 0:
                log.bug(f"an upload: dropped a packet because of a fault in sipcm: {error!r}")
            taken = 1
        self.source.received.value += cursor.number - before
        return taken > 0

    async def _rest(self, capture: CaptureFile, clock: Callable[[], int]) -> None:
        """Let others have their turn, if this one was long enough."""
        took = clock() - self._slice_begun
        if took >= SLICE:
            self.source.position = capture.position
            self._turn.leave()
            await asyncio.sleep(REST * took / 1_000_000_000)
            await self._turn.next()
            self._slice_begun = clock()
