"""What Prometheus is told: families of metrics, made of what is counted anyway, when it asks.

Names begin with ``sipcm_`` and end with their unit. Labels have values of closed sets: names of
inputs and peers that the operator gave, and words of ours; nothing from the wire is a label.
"""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from prometheus_client import ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from sipcm.clock import SECOND
from sipcm.counters import METHODS, PacketCounters, TransportCounters
from sipcm.funnel import funnel
from sipcm.livesource import LiveSource
from sipcm.net.names import Outcome
from sipcm.run import Run
from sipcm.sip.method import METHOD_NAMES
from sipcm.sip.names import Reason
from sipcm.sip.payload import KIND_NAMES, SIP
from sipcm.sip.status import CODES
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.indicators import Histogram
from sipcm.state.peers import OTHER as OTHER_PEER
from sipcm.state.statenames import STATE_IDS
from sipcm.version import VERSION

Rows = Iterable[tuple[tuple[str, ...], float]]
"""Values with those of their labels."""

OTHER: Final = "other"
"""The method that is none of those that RFCs define, and what else has no name."""

PART: Final = 256
"""Rows of a family at most that are made at once."""

METHOD_LABELS: Final = tuple(name.decode() or OTHER for name in METHOD_NAMES)
REASON_LABELS: Final = {int(reason): reason.name.lower() for reason in Reason}
OUTCOME_LABELS: Final = {int(outcome): outcome.name.lower() for outcome in Outcome}

_PROCESS: Final = ProcessCollector(registry=None)


def families(run: Run) -> Iterator[Metric]:
    """Yield all families of *run*, as things stand when each is asked for.

    One that would be large is yielded in parts, one after the other with the same name.
    """
    yield _gauge("build_info", "What is running.", ("version", "python"), [
        ((VERSION, platform.python_version()), 1)
    ])  # fmt: skip
    yield from _inputs(run)
    yield from _outputs(run)
    yield from _packets(run)
    yield from _messages(run)
    yield from _state(run)
    yield from _times(run)
    yield from _pages(run)
    if (held := run.held) is not None:
        yield _histogram(
            "loop_held_seconds",
            "For how long the event loop was held at a time, while all else waits.",
            {("packets",): held.packets, ("pages",): held.pages},
            ("kind",),
        )
    yield from _PROCESS.collect()


def _inputs(run: Run) -> Iterator[Metric]:
    # Two inputs of one name, a file that is read twice, are one row.
    received: dict[tuple[str, ...], float] = {}
    filtered: dict[tuple[str, ...], float] = {}
    dropped: dict[tuple[str, ...], float] = {}
    up: dict[tuple[str, ...], float] = {}
    lag: dict[tuple[str, ...], float] = {}
    for source in run.sources:
        name = source.name.encode("utf-8", "backslashreplace").decode()
        _add(received, (name,), int(source.received.value))
        _add(filtered, (name,), int(source.filtered.value))
        _add(dropped, (name, "ring"), source.lost())
        up[name,] = min(up.get((name,), 1), 0 if source.complaint() else 1)
        if isinstance(source, LiveSource):
            lag[name,] = int(source.lag.value) / 1000
    label = ("source",)
    yield _counter("capture_packets", "Packets read.", label, received.items())
    yield _counter("capture_filtered", "Packets that -bpf left out.", label, filtered.items())
    yield _counter(
        "capture_dropped",
        "Packets that were lost since sipcm was too busy to read them.",
        ("source", "reason"),
        dropped.items(),
    )
    yield _gauge("capture_up", "Whether the input can be read.", label, up.items())
    yield _gauge(
        "capture_lag_seconds", "From a packet to its being read, lately.", label, lag.items()
    )
    clock = run.pipeline.clock
    moment = clock.packet_time(clock.now) if clock.started else 0
    yield _gauge("capture_clock_seconds", "The time of the packets.", (), [((), moment / SECOND)])
    latest = max(lag.values(), default=0)
    yield _gauge("pipeline_lag_seconds", "How late packets are read.", (), [((), latest)])


def _outputs(run: Run) -> Iterator[Metric]:
    told = [((output.option.removeprefix("-"),), output) for output in run.outputs]
    label = ("output",)
    yield _counter(
        "output_written", "Events of -json and packets of -w that were written.", label,
        [(name, int(output.written.value)) for name, output in told],
    )  # fmt: skip
    yield _counter(
        "output_lost", "Those that could not be written.", label,
        [(name, int(output.lost.value)) for name, output in told],
    )  # fmt: skip
    yield _gauge(
        "output_up", "Whether the output can be written.", label,
        [(name, 0 if output.complaint() else 1) for name, output in told],
    )  # fmt: skip


def _packets(run: Run) -> Iterator[Metric]:
    pipeline = run.pipeline
    counted = pipeline.counters.group.values()
    stages = funnel(pipeline, run.filtered())
    yield _counter(
        "funnel_packets",
        "Packets that came so far on their way to a call; see /health.",
        ("stage",),
        [((stage.name,), stage.count) for stage in stages],
    )
    yield _counter(
        "decode_discarded",
        "Packets that are not followed, by where they stopped and why.",
        ("layer", "reason"),
        _discarded(run, counted).items(),
    )
    yield _gauge(
        "tcp_streams", "Directions of TCP connections that are known.", (),
        [((), int(pipeline.streams.tcp.counters.streams.value))],
    )  # fmt: skip
    yield _counter(
        "tcp_gaps", "Gaps in TCP streams that were passed.", (), [((), counted["tcp_miss"])]
    )
    yield _counter(
        "tcp_missed_bytes", "Bytes in these gaps.", (), [((), counted["tcp_missed_bytes"])]
    )


def _discarded(run: Run, counted: Mapping[str, int]) -> dict[tuple[str, ...], float]:
    pipeline = run.pipeline
    rows: dict[tuple[str, ...], float] = {}
    _add(rows, ("link", "duplicate"), counted["duplicates"])
    of_kinds = {counter.name: key >> 32 for key, counter in pipeline.undecoded.kinds.items()}
    for counter in pipeline.undecoded.group.read():
        outcome = OUTCOME_LABELS.get(int(of_kinds.get(counter.name, -1)), OTHER)
        _add(rows, ("decode", outcome), int(counter.value))
    pipeline.payloads.read()
    for name, counter in zip(KIND_NAMES, pipeline.payload_kinds, strict=True):
        if name != KIND_NAMES[SIP]:
            _add(rows, ("udp", name), int(counter.value))
    streams = pipeline.streams
    _add(rows, ("tcp", "no_sip"), counted["tcp_ign"])
    _add(rows, ("tcp", "tls"), counted["tls"])
    _add(rows, ("ws", "no_sip"), int(streams.websocket.foreign.value))
    _add(rows, ("sctp", "no_sip"), int(streams.sctp.counters.foreign.value))
    return rows


def _messages(run: Run) -> Iterator[Metric]:
    counters = run.pipeline.counters
    over = {
        "udp": counters.over_udp,
        "tcp": counters.over_tcp,
        "ws": counters.over_ws,
        "sctp": counters.over_sctp,
    }
    results: dict[tuple[str, ...], float] = {}
    for transport, of in over.items():
        results[transport, "tracked"] = int(of.tracked_ok.value)
        results[transport, "untracked"] = int(of.tracked_err.value)
        results[transport, "unreadable"] = int(of.parse_errs.value)
    yield _counter(
        "sip_messages", "SIP messages by what became of them.", ("transport", "result"),
        results.items(),
    )  # fmt: skip
    yield from _by_peer(
        run,
        "sip_requests",
        "SIP requests.",
        ("method", "transport"),
        lambda peer: _requests(over, peer),
    )
    yield from _by_peer(
        run,
        "sip_responses",
        "SIP responses; what is not registered counts as the 00 of its class (RFC 3261 8.1.3.2).",
        ("method", "status_code"),
        lambda peer: _responses(counters, peer),
    )
    indicators = run.pipeline.tracker.reporter.indicators
    yield _counter(
        "sip_retransmissions",
        "Messages that were sent again.",
        ("kind",),
        [
            (("request",), int(indicators.repeated_requests.value)),
            (("response",), int(indicators.repeated_replies.value)),
        ],
    )
    yield _counter(
        "sip_parse_errors",
        "Messages that cannot be read.",
        ("reason",),
        [
            ((REASON_LABELS.get(int(number), OTHER),), int(counter.value))
            for number, counter in counters.errors.items()
            if counter.value
        ],
    )


def _by_peer(
    run: Run,
    name: str,
    text: str,
    labels: tuple[str, ...],
    rows: Callable[[int], dict[tuple[str, ...], float]],
) -> Iterator[Metric]:
    """Yield the family *name* with the *rows* of each peer, and a label that tells them apart.

    Where no peer has a name there is no such label.
    """
    if (peers := run.pipeline.peers) is None:
        yield from _in_parts(name, text, labels, list(rows(OTHER_PEER).items()))
        return
    for number, peer in enumerate(peers.names):
        of_peer = [((*values, peer), count) for values, count in rows(number).items()]
        yield from _in_parts(name, text, (*labels, "peer"), of_peer)


def _in_parts(
    name: str, text: str, labels: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], float]]
) -> Iterator[Metric]:
    for first in range(0, max(len(rows), 1), PART):
        yield _counter(name, text, labels, rows[first : first + PART])


def _requests(over: Mapping[str, TransportCounters], peer: int) -> dict[tuple[str, ...], float]:
    """Return the requests of *peer* by method and transport."""
    rows: dict[tuple[str, ...], float] = {}
    for transport, of in over.items():
        counted = of.requests[peer * METHODS : (peer + 1) * METHODS]
        for label, counter in zip(METHOD_LABELS, counted, strict=False):
            if counter.value:
                _add(rows, (label, transport), int(counter.value))
    return rows


def _responses(counters: PacketCounters, peer: int) -> dict[tuple[str, ...], float]:
    """Return the responses of *peer* by method and status."""
    rows: dict[tuple[str, ...], float] = {}
    count = len(CODES)
    for method, label in enumerate(METHOD_LABELS):
        first = (peer * METHODS + method) * count
        for code, counter in zip(CODES, counters.responses[first : first + count], strict=True):
            if counter is not None:
                _add(rows, (label, f"{code:03}"), int(counter.value))
    return rows


def _state(run: Run) -> Iterator[Metric]:
    tracker, ring = run.pipeline.tracker, run.pipeline.ring
    calls, bindings = tracker.calls, tracker.registrar.bindings
    by_state = zip(STATE_IDS, calls.by_state, strict=True)
    yield _gauge(
        "calls",
        "Calls and other exchanges that are followed.",
        ("state",),
        [((name,), int(counter.value)) for name, counter in by_state],
    )
    yield _counter("calls_begun", "Calls and exchanges so far.", (), [((), int(tracker.begun))])
    yield _counter(
        "calls_evicted", "Calls that had to go to stay within the limits.", (),
        [((), int(calls.evicted.value))],
    )  # fmt: skip
    yield _gauge("calls_limit", "Calls at most; 0 is no limit.", (), [((), int(calls.limit))])
    leaving = int(bindings.leaving.count)
    yield _gauge(
        "registrations",
        "Contacts that are registered, or whose reg-del waits.",
        ("state",),
        [(("live",), int(bindings.active.value) - leaving), (("leaving",), leaving)],
    )
    yield _counter(
        "registrations_evicted", "Registrations that had to go to stay within the limits.", (),
        [((), int(bindings.evicted.value))],
    )  # fmt: skip
    types = tuple(enumerate(EVENT_NAMES))[1:]
    yield _counter(
        "events", "Events, told or not.", ("type",),
        [((name,), int(ring.by_type[number].value)) for number, name in types],
    )  # fmt: skip
    yield _counter(
        "events_blacklisted", "Events of types that are not kept.", ("type",),
        [((name,), int(ring.blacklisted_types[number])) for number, name in types],
    )  # fmt: skip
    yield _counter(
        "events_suppressed", "Events that came too often and were left out.", (),
        [((), int(ring.rates.left_out()))],
    )  # fmt: skip


def _times(run: Run) -> Iterator[Metric]:
    noted = run.pipeline.tracker.reporter.indicators
    yield _histogram(
        "session_request_delay_seconds",
        "INVITE to the first 18x or final response (SRD, RFC 6076 4.3).",
        {("answered",): noted.answered, ("refused",): noted.refused},
        ("outcome",),
    )
    yield _histogram("ring_seconds", "The first 18x to the answer.", {(): noted.ringing})
    yield _histogram(
        "session_duration_seconds", "Answer to BYE (SDT, RFC 6076 4.5).", {(): noted.session}
    )
    yield _histogram(
        "session_disconnect_delay_seconds",
        "BYE to the 2xx (SDD, RFC 6076 4.4).",
        {(): noted.disconnect},
    )
    yield _histogram(
        "registration_request_delay_seconds",
        "REGISTER to the 2xx (RRD, RFC 6076 4.1).",
        {(): noted.registration},
    )


def _pages(run: Run) -> Iterator[Metric]:
    groups = {group.name: group for group in run.more_groups}
    if "http" not in groups:
        return
    counted = groups["http"].values()
    rows = {
        "http_connections": "connections",
        "http_connections_refused": "refused",
        "http_connections_pushed_out": "pushed_out",
        "http_logins_failed": "auth_failed",
    }
    texts = {counter.name: counter.description for counter in groups["http"].read()}
    for name, key in rows.items():
        if key in counted:
            yield _counter(name, f"{texts[key].capitalize()}.", (), [((), counted[key])])


def _add(rows: dict[tuple[str, ...], float], labels: tuple[str, ...], count: float) -> None:
    rows[labels] = rows.get(labels, 0) + count


def _counter(name: str, text: str, labels: tuple[str, ...], rows: Rows) -> Metric:
    family = CounterMetricFamily(f"sipcm_{name}", text, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _gauge(name: str, text: str, labels: tuple[str, ...], rows: Rows) -> Metric:
    family = GaugeMetricFamily(f"sipcm_{name}", text, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _histogram(
    name: str,
    text: str,
    rows: Mapping[tuple[str, ...], Histogram],
    labels: tuple[str, ...] = (),
) -> Metric:
    family = HistogramMetricFamily(f"sipcm_{name}", text, labels=labels)
    for values, noted in rows.items():
        buckets: list[tuple[str, float]] = []
        total = 0
        for bound, count in zip([*noted.bounds, None], noted.counts, strict=True):
            total += int(count)
            buckets.append(("+Inf" if bound is None else str(bound / SECOND), total))
        family.add_metric(values, buckets, int(noted.total) / SECOND)
    return family
