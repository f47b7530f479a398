"""The pages of statistics: what became of the packets, in all, on average and lately."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sipcm import duration
from sipcm.clock import SECOND
from sipcm.counters import Group
from sipcm.httpui import runtimes
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.sip.names import Method, Reason
from sipcm.statistics import statistics_text
from sipcm.summary import losses, unwritten

TABLES: Final = (
    (
        "Packets",
        "total_packets total_size ip4 ip6 decode_errs other",
        "ip4_frags ip6_frags ip4_defrag ip6_defrag duplicates injected",
    ),
    (
        "Transports",
        "udp tcp sctp",
        "udp4 udp6 tcp4 tcp6 sctp4 sctp6 tls dtls vxlan vxlan4 vxlan6 ws ws4 ws6",
    ),
    (
        "TCP",
        "",
        (
            "tcp_syn tcp_fin tcp_closed tcp_ign tcp_stream_ign tcp_streams tcp_segs tcp_total_rcvd "
            "tcp_out_of_order tcp_miss tcp_missed_bytes tcp_recovered tcp_stream_timeouts "
            "tcp_reorder_timeouts"
        ),
    ),
    (
        "SIP",
        "parse_attempts parse_ok sip_reqs sip_repls tracked_ok_udp",
        (
            "sip_udp sip_tcp sip_ws sip_sctp tracked_ok_tcp tracked_ok_ws tracked_ok_sctp "
            "tiny_packets huge_packets"
        ),
    ),
    (
        "Errors",
        "parse_errs offset_errs body_errs tracked_err_udp",
        (
            "parse_errs_udp parse_errs_tcp parse_errs_ws parse_errs_sctp tracked_err_tcp "
            "tracked_err_ws tracked_err_sctp"
        ),
    ),
    ("Errors by kind", "", " ".join(f"parse_error_{reason.value}" for reason in Reason)),
    ("Requests by method", "", " ".join(f"sip_{method.name}" for method in Method)),
    ("Replies by class", "", " ".join(f"sip_{number}XX" for number in range(10))),
)
"""Tables for people: a caption, counters that are always shown, and those that are unless 0."""

TABS: Final = (
    ("/stats", "In all"),
    ("/stats/rate", "Lately"),
    ("/stats/avg", "On average"),
    ("/stats/raw", "Raw"),
)
INTERVALS: Final = ("1s", "10s", "1m", "1h")


async def show(run: Run, query: Query) -> Page:
    """Show what became of all packets."""
    query.refuse_others(())
    pipeline = run.pipeline
    values = pipeline.counters.group.values()
    live = [source for source in run.sources if source.losses()]
    kinds = (
        ("Layers", pipeline.encapsulations.group),
        ("Not decoded", pipeline.undecoded.group),
        ("UDP payloads", pipeline.payloads),
    )
    return Page(
        "Statistics",
        "stats.html",
        {
            **runtimes.data(run),
            "counters": values,
            "dropped": sum(source.lost() for source in run.sources),
            "not_written": {what: _not_written(run, what) for what in ("packets", "events")},
        },
        f"{runtimes.line(run)}\n\n\n{statistics_text(values)}\n"
        f"{''.join(losses(live))}{''.join(unwritten(run.outputs))}",
        extra={
            "here": "/stats",
            "tabs": TABS,
            "per": None,
            "tables": [
                *_tables(run, values),
                *(_kinds(*kind) for kind in kinds),
                *(_kinds(f"Interface {source.name}", source.group) for source in live),
                *(_kinds(f"Output {output.option}", output.group) for output in run.outputs),
            ],
        },
    )


def _not_written(run: Run, what: str) -> int:
    return sum(int(output.lost.value) for output in run.outputs if output.what == what)


async def show_average(run: Run, query: Query) -> Page:
    """Show how much there was in each interval of ``d``, on average over all packets."""
    query.refuse_others(("d",))
    interval = query.duration("d", SECOND)
    clock = run.pipeline.clock
    values = run.pipeline.rates.average(interval, clock.newest)
    head = f"Avg: per {duration.render(interval)}\t{runtimes.tail(run, clock.elapsed())}"
    return _over(run, "Statistics on average", "/stats/avg", interval, values, head)


async def show_rate(run: Run, query: Query) -> Page:
    """Show how much there was within the last ``d`` of stream time."""
    query.refuse_others(("d",))
    interval = query.duration("d", SECOND)
    values = run.pipeline.rates.rate(interval, run.pipeline.clock.now)
    per = duration.render(interval)
    head = f"Rate: per {per} (last update: 0s ago)\t{runtimes.tail(run, run.runtime())}"
    return _over(run, "Statistics lately", "/stats/rate", interval, values, head)


async def show_raw(run: Run, query: Query) -> Page:
    """Show every counter of the packets with its own name."""
    query.refuse_others(())
    group = run.pipeline.counters.group
    return Page(
        "Statistics, raw",
        "stats_raw.html",
        {"counters": group.values()},
        "".join(f"{counter.name}: {counter.value}\n" for counter in group.read()),
        extra={"here": "/stats/raw", "tabs": TABS, "rows": group.read()},
    )


def _over(
    run: Run, title: str, path: str, interval: int, values: Mapping[str, float], head: str
) -> Page:
    return Page(
        title,
        "stats.html",
        {"per": interval / SECOND, **runtimes.data(run), "counters": values},
        f"{head}\n\n\n{statistics_text(values)}\n",
        extra={
            "here": path,
            "tabs": TABS,
            "interval": duration.render(interval),
            "intervals": INTERVALS,
            "tables": list(_tables(run, values)),
        },
    )


def _tables(run: Run, values: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """Yield the tables that have rows: a caption, and name, meaning and value of each."""
    meanings = {counter.name: counter.description for counter in run.pipeline.counters.group.read()}
    for caption, always, others in TABLES:
        names = [*always.split(), *(name for name in others.split() if values[name])]
        if names:
            rows = [(name, _meaning(meanings[name], name), values[name]) for name in names]
            yield {"caption": caption, "rows": rows}


def _meaning(description: str, name: str) -> str:
    """Return what to call a counter under a caption: the method or class alone is enough."""
    alone = description.startswith("total number of sip ")
    return name.removeprefix("sip_") if alone else description


def _kinds(caption: str, group: Group) -> dict[str, Any]:
    """Return a table of the kinds that *group* counts, most frequent first."""
    counted = sorted((-value, name) for name, value in group.values().items() if value)
    return {"caption": caption, "rows": [("", name, -value) for value, name in counted]}
