"""The funnel: how many packets got how far on their way to a call, and why the others did not.

For whoever sees no calls: each stage tells how many reached it and, of those that did not come from
the stage before, how many stopped for which reason, with a sample of each. Made when it is asked
for, from what the pipeline counts anyway.
"""

from sipcm.annotation import Any, Final, Iterator
from sipcm.counters import Counter
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.timetext import rfc3339
from sipcm.net import layer, packet
from sipcm.net.outcome import layer_names
from sipcm.pipeline import Pipeline
from sipcm.samples import Sample
from sipcm.sip.payload import KIND_NAMES, SIP

STAGES: Final = ("frames", "link", "network", "transport", "sip", "parsed", "tracked")

TITLES: Final = {
    "frames": "frames",
    "link": "of a known link type",
    "network": "with IP",
    "transport": "with UDP, TCP or SCTP",
    "sip": "that look like SIP",
    "parsed": "that can be read",
    "tracked": "tracked",
}
"""What each stage says of the packets that reached it."""

_BEFORE_IP: Final = {
    layer.LAYER_ETHERNET,
    layer.LAYER_VLAN,
    layer.LAYER_LLC,
    layer.LAYER_SLL,
    layer.LAYER_SLL2,
    layer.LAYER_LOOPBACK,
    layer.LAYER_RAW,
    layer.LAYER_PPP,
    layer.LAYER_PPPOE,
    layer.LAYER_HDLC,
    layer.LAYER_MPLS,
    layer.LAYER_PSEUDOWIRE,
    layer.LAYER_LOGGED,
    layer.LAYER_WLAN,
    layer.LAYER_VNTAG,
}
_NOT_IP: Final = {
    packet.UNKNOWN_ETHERTYPE,
    packet.UNKNOWN_FAMILY,
    packet.UNKNOWN_LLC,
    packet.UNKNOWN_PPP,
}
_BY_LAYER: Final = {
    packet.TRUNCATED,
    packet.BAD_HEADER,
    packet.CONTROL,
    packet.ENCRYPTED,
}


class Stop:
    """Why packets did not reach a stage, how many, and one of them."""

    def __init__(self, reason: str, count: int, sample: Sample | None = None) -> None:
        self.reason = reason
        self.count = count
        self.sample = sample


class Stage:
    """A stage, how many packets reached it, and why others did not, the most frequent first.

    ``joined`` is how many came in beside those of the stage before: packets that were put together
    from fragments.
    """

    def __init__(
        self, name: str, count: int, stops: tuple[Stop, ...] = (), joined: int = 0
    ) -> None:
        self.name = name
        self.count = count
        self.stops = stops
        self.joined = joined


def funnel(pipeline: Pipeline, filtered: int = 0) -> tuple[Stage, ...]:
    """Return the stages of *pipeline*, to which a filter let all but *filtered* packets through."""
    count = pipeline.counters.group.values()
    stops: dict[str, list[Stop]] = {name: [] for name in STAGES}
    if filtered:
        stops["link"].append(Stop("left out by -bpf", filtered))
    if duplicates := count["duplicates"]:
        sample = pipeline.samples.by_counter.get(pipeline.counters.duplicates)
        stops["link"].append(Stop("captured twice", duplicates, sample))
    for name, stop in _undecoded(pipeline):
        stops[name].append(stop)
    if left_out := int(pipeline.defragmenter.filtered.value):
        stops["transport"].append(Stop("left out by -bpf once put together", left_out))
    stops["sip"] += _payloads(pipeline)
    stops["sip"] += _streams(pipeline)
    stops["parsed"] += _errors(pipeline)
    stops["tracked"] += _untracked(pipeline)
    joined = count["ip4_defrag"] + count["ip6_defrag"]
    reached = count["total_packets"] + filtered
    stages = [Stage("frames", reached)]
    for name in ("link", "network", "transport"):
        reached -= sum(stop.count for stop in stops[name])
        more = joined if name == "transport" else 0
        reached += more
        stages.append(Stage(name, reached, _sorted(stops[name]), more))
    parsed = count["parse_ok"]
    tracked = sum(count[f"tracked_ok_{name}"] for name in ("udp", "tcp", "ws", "sctp"))
    stages += [
        Stage("sip", parsed + count["parse_errs"], _sorted(stops["sip"])),
        Stage("parsed", parsed, _sorted(stops["parsed"])),
        Stage("tracked", tracked, _sorted(stops["tracked"])),
    ]
    return tuple(stages)


def reasons(stages: tuple[Stage, ...]) -> dict[str, int]:
    """Return how many packets stopped for each reason, in whatever stage."""
    found: dict[str, int] = {}
    for stage in stages:
        for stop in stage.stops:
            found[stop.reason] = found.get(stop.reason, 0) + stop.count
    return found


def funnel_data(stages: tuple[Stage, ...]) -> list[dict[str, Any]]:
    """Return *stages* as JSON has them."""
    return [
        {
            "stage": stage.name,
            "count": stage.count,
            **({"joined": stage.joined} if stage.joined else {}),
            "stopped": [
                {
                    "reason": stop.reason,
                    "count": stop.count,
                    **({"sample": sample_data(stop.sample)} if stop.sample else {}),
                }
                for stop in stage.stops
            ],
        }
        for stage in stages
    ]


def sample_data(sample: Sample) -> dict[str, Any]:
    """Return *sample* as JSON has it; a key is absent where there is nothing to say."""
    data = {
        "@timestamp": rfc3339(sample.timestamp),
        "layers": " ".join(layer_names(sample.layers)),
        "source": endpoint_text(sample.source, sample.source_port),
        "destination": endpoint_text(sample.destination, sample.destination_port),
        "bytes": sample.excerpt.hex(" "),
    }
    return {key: value for key, value in data.items() if value}


def sample_text(sample: Sample) -> str:
    """Return *sample* on one line."""
    data = sample_data(sample)
    parts = [data["@timestamp"]]
    if "layers" in data:
        parts.append(f"[{data['layers']}]")
    if "source" in data:
        parts.append(f"{data['source']} -> {data['destination']}")
    if sample.excerpt:
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in sample.excerpt)
        parts += [data["bytes"], f'"{text}"']
    return " ".join(parts)


def funnel_lines(stages: tuple[Stage, ...]) -> Iterator[str]:
    """Yield *stages* as lines of text without line ends, samples below their reasons."""
    for stage in stages:
        for stop in stage.stops:
            yield f"\t\t{stop.reason:<30} = {stop.count:9}"
            if stop.sample is not None:
                yield f"\t\t\te.g. {sample_text(stop.sample)}"
        joined = f" ({stage.joined} put together from fragments)" if stage.joined else ""
        yield f"\t{TITLES[stage.name]:<30} = {stage.count:9}{joined}"


def _undecoded(pipeline: Pipeline) -> Iterator[tuple[str, Stop]]:
    """Yield the kinds of undecoded packets with the stage that they did not reach."""
    kinds = {counter.name: key for key, counter in pipeline.undecoded.kinds.items()}
    for counter in pipeline.undecoded.group.read():
        key = int(kinds.get(counter.name, 0))
        yield _stage_of(key >> 32, key & 0xFFFF_FFFF), _stop(pipeline, counter)


def _stage_of(outcome: int, detail: int) -> str:
    if outcome == packet.UNKNOWN_LINKTYPE:
        return "link"
    if outcome in _NOT_IP or (outcome in _BY_LAYER and detail in _BEFORE_IP):
        return "network"
    return "transport"


def _payloads(pipeline: Pipeline) -> Iterator[Stop]:
    pipeline.payloads.read()
    for name, counter in zip(KIND_NAMES, pipeline.payload_kinds, strict=True):
        if name != KIND_NAMES[SIP] and counter.value:
            yield Stop(f"UDP: {name}", int(counter.value), _sample(pipeline, counter))


def _streams(pipeline: Pipeline) -> Iterator[Stop]:
    """Yield what came in streams and is no SIP; the other segments may hold parts of messages."""
    counters, streams = pipeline.counters, pipeline.streams
    rows = {
        "TCP: a stream without SIP": counters.tcp_ign,
        "TCP: TLS, encrypted": counters.tls,
        "WebSocket: other messages": streams.websocket.foreign,
        "SCTP: other messages": streams.sctp.counters.foreign,
    }
    for reason, counter in rows.items():
        if counter.value:
            yield Stop(reason, int(counter.value), _sample(pipeline, counter))


def _errors(pipeline: Pipeline) -> Iterator[Stop]:
    for counter in pipeline.counters.errors.values():
        if counter.value:
            yield Stop(counter.description, int(counter.value), _sample(pipeline, counter))


def _untracked(pipeline: Pipeline) -> Iterator[Stop]:
    counters = pipeline.counters
    over = {
        "UDP": counters.over_udp,
        "TCP": counters.over_tcp,
        "WebSocket": counters.over_ws,
        "SCTP": counters.over_sctp,
    }
    for name, transport in over.items():
        counter = transport.tracked_err
        if counter.value:
            yield Stop(
                f"{name}: no header that a call needs",
                int(counter.value),
                _sample(pipeline, counter),
            )


def _stop(pipeline: Pipeline, counter: Counter) -> Stop:
    return Stop(counter.name, int(counter.value), _sample(pipeline, counter))


def _sample(pipeline: Pipeline, counter: Counter) -> Sample | None:
    return pipeline.samples.by_counter.get(counter)


def _sorted(stops: list[Stop]) -> tuple[Stop, ...]:
    return tuple(sorted(stops, key=lambda stop: (-stop.count, stop.reason)))
