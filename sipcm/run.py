"""One run as pages and closing words see it: what was asked for, the state of all, and its times.

Whoever drives the run fills it; nobody here drives anything.
"""

import time

from sipcm import duration
from sipcm.annotation import TYPE_CHECKING, Callable, Iterator, Sequence
from sipcm.counters import Group
from sipcm.net.ports import tunnel_ports
from sipcm.pipeline import Pipeline
from sipcm.settings import Settings
from sipcm.source import Source, State
from sipcm.state.changes import Changes
from sipcm.state.correlation import Correlator
from sipcm.state.failures import MOST, Failures
from sipcm.state.messages import Messages
from sipcm.state.peers import Peers
from sipcm.state.statenames import STATE_IDS, STATE_NAMES
from sipcm.streams import Streams

if TYPE_CHECKING:
    from sipcm.held import Held
    from sipcm.onlookers import Onlookers
    from sipcm.output import Output

KILOBYTE = 1024
LONGEST = 1 << 61
"""Nanoseconds that may be added to any moment."""


class Run:
    """The settings, the pipeline, the inputs and outputs, and for how long they have been read.

    ``begun`` is when it began, by the clock of the machine (ns since 1970).
    ``peers`` are those that the operator gave names.
    ``more_groups`` are counters of what else takes part in this run.
    ``late`` says that packets are read late, ``held`` for how long the event loop was held, if
    there is one; ``onlookers`` are those who ask for pages, where packets gather while nobody does.
    ``clock`` gives nanoseconds of a clock that never goes back, ``today`` those since 1970;
    ``arguments`` are those of the command line; ``base`` is what the paths of its pages begin with.
    """

    def __init__(
        self,
        settings: Settings,
        arguments: Sequence[str] = (),
        clock: Callable[[], int] = time.monotonic_ns,
        today: Callable[[], int] = time.time_ns,
        base: str = "",
        peers: Peers | None = None,
    ) -> None:
        self.settings = settings
        self.today = today
        self.base = base
        self.peers = peers
        self.arguments = tuple(arguments)
        self.pipeline = Pipeline(
            settings.calls_max_entries,
            settings.event_buffer_size,
            most_bindings=settings.regs_max_entries,
            calls_memory=settings.calls_max_mem * KILOBYTE,
            bindings_memory=settings.regs_max_mem * KILOBYTE,
            dedup=settings.dedup,
            ports=tunnel_ports(settings.vxlan_ports),
        )
        tracker = self.pipeline.tracker
        registrar = tracker.registrar
        registrar.grace = settings.reg_exp_delta
        registrar.delay = settings.reg_del_delay
        registrar.ignore_port = settings.contact_ignore_port
        for state, seconds in timeouts(settings.calls_timeouts):
            tracker.timeouts.set(state, seconds)
        if settings.serves:
            _serve_calls(self.pipeline, settings)
            if peers is not None:
                self.pipeline.tell_apart(peers)
        _limit_events(self.pipeline, settings)
        _set_streams(self.pipeline.streams, settings)
        self.sources: list[Source] = []
        self.outputs: list[Output] = []
        self.more_groups: list[Group] = []
        self.late = False
        self.held: Held | None = None
        self.onlookers: Onlookers | None = None
        self._clock = clock
        self._begun = clock()
        self.begun = today()
        self._ended: int | None = None

    def end(self) -> None:
        """Note that the input has come to its end."""
        self._ended = self._clock()

    def moment(self) -> int:
        """Return the present moment of the clock, in nanoseconds."""
        return self._clock()

    def uptime(self) -> int:
        """Return the nanoseconds since the begin of the run."""
        return self._clock() - self._begun

    def stopped_since(self) -> int | None:
        """Return the nanoseconds since the end of the input; None before it."""
        return None if self._ended is None else self._clock() - self._ended

    def runtime(self) -> int:
        """Return for how many nanoseconds the input has been read."""
        return (self._clock() if self._ended is None else self._ended) - self._begun

    def filtered(self) -> int:
        """Return how many packets the filter has left out of all inputs."""
        return sum(int(source.filtered.value) for source in self.sources)

    def is_empty(self) -> bool:
        """Tell whether nothing could be read of any input, nor was anything injected."""
        return not self.pipeline.counters.injected.value and all(
            source.state == State.FAILED and not source.received.value for source in self.sources
        )

    def peer(self, address: bytes) -> str:
        """Return the name that the operator gave to the network of *address*, empty if none."""
        return "" if self.peers is None else self.peers.name(address)

    def groups(self) -> list[Group]:
        """Return all groups of counters, in order of their names."""
        pipeline = self.pipeline
        correlator = pipeline.tracker.correlator
        groups = [
            pipeline.counters.group,
            pipeline.defragmenter.group,
            pipeline.encapsulations.group,
            pipeline.payloads,
            pipeline.ring.group,
            pipeline.ring.rates.group,
            pipeline.ring.rates.table.group,
            pipeline.tracker.calls.group,
            pipeline.tracker.registrar.bindings.group,
            *pipeline.streams.groups(),
            pipeline.undecoded.group,
            *(source.group for source in self.sources),
            *(output.group for output in self.outputs),
            *([pipeline.messages.group] if pipeline.messages is not None else ()),
            *([correlator.group] if correlator is not None else ()),
            *self.more_groups,
        ]
        return sorted(groups, key=lambda group: group.name)


def timeouts(chosen: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield state and seconds of what ``-calls_timeouts`` sets."""
    for text in chosen:
        name, _, value = text.partition(":")
        names = STATE_IDS if name in STATE_IDS else STATE_NAMES
        yield names.index(name), duration.parse(value) // duration.SECOND


def _serve_calls(pipeline: Pipeline, settings: Settings) -> None:
    """Let *pipeline* keep what only pages of calls and registrations need, as *settings* say."""
    pipeline.tracker.reporter.changes = Changes()
    pipeline.tracker.reporter.failures = Failures(min(settings.event_buffer_size, MOST))
    pipeline.tracker.calls.keep_order()
    pipeline.tracker.registrar.bindings.keep_order()
    if settings.messages_mb:
        pipeline.messages = Messages(settings.messages_mb << 20)
    if settings.correlate:
        pipeline.tracker.correlator = Correlator(list(settings.correlate))


def _set_streams(streams: Streams, settings: Settings) -> None:
    """Let *streams* wait and keep as *settings* say."""
    tcp = streams.tcp
    tcp.table.interval = min(settings.tcp_gc_interval, LONGEST)
    tcp.table.timeout = min(settings.tcp_connection_timeout, LONGEST)
    tcp.waiting.timeout = min(settings.tcp_reorder_timeout, LONGEST)
    streams.most = settings.tcp_msg_buf_max
    streams.websocket_ports = frozenset(settings.websocket_ports)


def _limit_events(pipeline: Pipeline, settings: Settings) -> None:
    """Let *pipeline* tell no more events of one sender than *settings* allow."""
    rates = pipeline.ring.rates
    rates.report_min = settings.evr_conseq_report_min
    rates.report_max = settings.evr_conseq_report_max
    rates.table.set_most(settings.evr_max_entries)
    rates.table.set_periodic(
        settings.evr_gc_interval, settings.evr_gc_old_age, settings.evr_gc_target
    )
    pipeline.ring.limit(settings.event_limits(), settings.event_intervals())
