"""The service: wires inputs, core, sinks and pages together, and ends them in order.

A file is read without an event loop where nothing needs one, which keeps a short run short. With
pages, or ``-loop``, the same work is a task of uvloop or asyncio.
"""

import io
import sys

from sipcm import garbage
from sipcm.annotation import TYPE_CHECKING, Iterator, Sequence
from sipcm.eventchoice import event_choice
from sipcm.intake import Intake
from sipcm.log import Log
from sipcm.options import BY_NAME
from sipcm.outlet import Outlet
from sipcm.pauses import Pauses, PlainPauses
from sipcm.run import Run
from sipcm.runner import Stopper, run_on_loop, run_plainly
from sipcm.settings import DEFAULT, Settings
from sipcm.signals import Heeding
from sipcm.state.eventnames import EVENT_NAMES

if TYPE_CHECKING:
    from sipcm.capturefilter import CaptureFilter
    from sipcm.httpui.server import Server
    from sipcm.packetfile import PacketFile
    from sipcm.reader import Reader
    from sipcm.state.peers import Peers


class Service:
    """One run over the inputs that *settings* name; *arguments* are those of the command line."""

    def __init__(self, settings: Settings, log: Log, arguments: Sequence[str] = ()) -> None:
        self.settings = settings
        self.log = log
        self.run = Run(settings, arguments, peers=_peers(settings))
        ring = self.run.pipeline.ring
        for name in settings.event_types_blst:
            ring.blacklist |= 1 << EVENT_NAMES.index(name)
        self._told = False
        self.choice = event_choice(settings.select, self.run.peers)
        self.outlet = Outlet(settings.json, ring, log, self.goes_on, self.reader_gone, self.choice)
        if self.outlet.output is not None:
            self.run.outputs.append(self.outlet.output)
        self.reader: Reader = self._live() if settings.is_live else self._files()

    @property
    def failed(self) -> bool:
        """Whether something that was asked for could not be done."""
        return self.reader.failed or self.outlet.failed

    def stop(self) -> None:
        """End after the present slice, as if the input had ended there."""
        self.reader.stop()

    def goes_on(self) -> bool:
        """Tell whether nobody has asked to stop."""
        return self.reader.goes_on()

    def reader_gone(self) -> bool:
        """End a run that was for the reader of -json alone, who has gone; tell if it goes on.

        What is captured into a FIFO goes on since that may have another reader.
        """
        settings = self.settings
        if settings.serves or settings.write or (settings.is_live and settings.json != "-"):
            return self.goes_on()
        self.stop()
        return False

    async def work(self, pauses: Pauses) -> None:
        """Read all inputs, tell what they held and, if asked to, stay for the pages."""
        server = await self._serve() if self.settings.serves else None
        try:
            self.reader.open()
            await self.outlet.open(pauses)
            self._show_progress()
            if server is not None:
                garbage.settle()
                _keep_memory()
            if self.run.held is not None:
                self.run.held.begin()
            await self.reader.read_all(pauses)
            self._hide_progress()
            if server is not None and self.settings.forever and self.reader.goes_on():
                self.tell()
                self.log.info(f"the input has ended; the pages stay on {server.url()} until Ctrl-C")
                await self.reader.go_on(pauses)
        finally:
            self.reader.close()
            await self.outlet.close(pauses)
            if server is not None:
                await server.stop()

    def tell(self) -> None:
        """Print what was shown by request, and the summary; once in a run that had something."""
        if self._told or self.run.is_empty():
            return
        self._told = True
        out = sys.stderr if self.settings.json == "-" else sys.stdout
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="backslashreplace")
        if out is not None:
            from sipcm.summary import summary_text  # noqa: PLC0415  only at the end

            run = self.run
            summary = summary_text(run.pipeline, run.sources, run.filtered(), run.outputs)
            out.write("\n".join([*self._shown(narrow=out.isatty()), summary]))
            out.flush()

    def _shown(self, *, narrow: bool) -> Iterator[str]:
        """Yield the tables of -show, cut for a terminal if *narrow*, and what to know of them."""
        pipeline = self.run.pipeline
        ring = pipeline.ring
        if not self.settings.show:
            return
        from sipcm.export.tables import (  # noqa: PLC0415  rarely wanted
            WIDEST,
            call_table,
            event_table,
            registration_table,
        )

        widest = WIDEST if narrow else 0
        if oldest := ring.oldest():
            yield (
                f"Only the last {ring.total - oldest} of {ring.total} events were kept for "
                "what follows: raise -event_buffer_size\n"
            )
        if blacklist := [name for at, name in enumerate(EVENT_NAMES) if ring.blacklist >> at & 1]:
            yield f"Events of these types were not kept for what follows: {', '.join(blacklist)}\n"
        if left_out := ring.rates.left_out():
            yield f"{left_out} events came too often and were left out of what follows\n"
        for what in self.settings.show:
            happened = ring.read(0, ring.total)
            if what == "calls":
                held = pipeline.tracker.calls.held()
                yield call_table(happened, held, widest, self.choice)
            elif what == "registrations":
                bound = pipeline.tracker.registrar.bindings.held()
                yield registration_table(happened, bound, widest, self.choice)
            else:
                yield event_table(self.choice(happened), widest)

    def _files(self) -> "Reader":
        admitted = _filter(self.settings, self.log)
        return Intake(self.run, self.outlet, self.log, admitted=admitted)

    def _live(self) -> "Reader":
        from sipcm.livecapture import LiveCapture  # noqa: PLC0415  most runs read files
        from sipcm.livefilter import LiveFilter  # noqa: PLC0415
        from sipcm.livesource import LiveSource  # noqa: PLC0415
        from sipcm.net.capture.addresses import own_addresses  # noqa: PLC0415
        from sipcm.tap import Tap, nowhere  # noqa: PLC0415

        if self.settings.user:
            from sipcm.provisions import lay_in  # noqa: PLC0415  rarely wanted

            lay_in(pages=self.settings.serves)
        file = self._packet_file() if self.settings.write else None
        wanted = LiveFilter(self.settings, self.log, own_addresses())
        self.run.pipeline.wholes = wanted.wholes
        groups: set[str] = set()
        place = nowhere if file is None else file.place
        taps = [
            Tap(name, LiveSource(name, groups), wanted, self.log, place)
            for name in self.settings.iface
        ]
        return LiveCapture(self.run, self.outlet, self.log, taps, file)

    def _packet_file(self) -> "PacketFile":
        from sipcm.packetfile import PacketFile, Rotation  # noqa: PLC0415  rarely wanted

        settings = self.settings
        rotation = Rotation(settings.w_max_mb << 20, settings.w_max_time, settings.w_max_files)
        return PacketFile(settings.write, rotation, settings.snaplen, self.log)

    async def _serve(self) -> "Server":
        from sipcm.httpui.server import Server  # noqa: PLC0415  costs more than a short run

        server = Server(self.run, self.log)
        await server.start()
        self.run.more_groups.append(server.group)
        self.log.info(f"pages on {server.url()}")
        return server

    def _show_progress(self) -> None:
        if self.settings.verbose or sys.stderr is None or not sys.stderr.isatty():
            return
        from sipcm.progress import Progress  # noqa: PLC0415  only on a terminal

        progress = Progress(self.run.sources, sys.stderr)
        self.reader.progress = progress
        self.log.make_room = progress.clear

    def _hide_progress(self) -> None:
        if (progress := self.reader.progress) is not None:
            self.reader.progress = None
            self.log.make_room = None
            progress.clear()


def _keep_memory() -> None:
    from sipcm import heap  # noqa: PLC0415  costs more than a short run

    heap.keep()


def _filter(settings: Settings, log: Log) -> "CaptureFilter | None":
    if not settings.bpf.strip():
        return None
    from sipcm.capturefilter import CaptureFilter  # noqa: PLC0415  most runs take every packet

    return CaptureFilter(settings.bpf, log, exact=settings.bpf_exact)


def _peers(settings: Settings) -> "Peers | None":
    if not settings.peers:
        return None
    from sipcm.peerfile import read_peers  # noqa: PLC0415  rarely wanted

    return read_peers(settings.peers)


def run(settings: Settings, log: Log, arguments: Sequence[str] = ()) -> int:
    """Do what *settings* ask for, print the summary and return the exit status (0, 1 or 2)."""
    service = Service(settings, log, arguments)
    stopper = Stopper(service.stop)
    with Heeding(stopper):
        if settings.serves or settings.origin(BY_NAME["loop"]) != DEFAULT:
            from sipcm.held import Held  # noqa: PLC0415  costs more than a short run
            from sipcm.looppauses import LoopPauses  # noqa: PLC0415  costs more than a short run

            work = service.work(LoopPauses())
            service.run.held = held = Held()
            run_on_loop(settings.loop, work, stopper, held.watch)
        else:
            run_plainly(service.work(PlainPauses()), stopper)
        service.tell()
    if service.reader.misused:
        return 2
    return 1 if service.failed else 0
