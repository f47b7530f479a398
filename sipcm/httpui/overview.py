"""The first page: how things stand, what comes, what fails and why, and what is lost.

Nothing here takes longer with more calls: all but the last events are sums that are kept anyway.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from sipcm import leftout
from sipcm.clock import SECOND
from sipcm.export.endpointtext import endpoint_text
from sipcm.funnel import TITLES, Stage, funnel, funnel_data, sample_data
from sipcm.httpui import eventrow, eventtext, runtimes
from sipcm.httpui.cells import time_of
from sipcm.httpui.health import source_data
from sipcm.httpui.losses import Loss, losses
from sipcm.httpui.outcomes import Outcomes, failures
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.httpui.trends import LATELY, SPANS, Trends, look_back, present, usual
from sipcm.log import escape
from sipcm.run import Run
from sipcm.select.texts import wire
from sipcm.source import Source
from sipcm.state.calls import FROM, TO
from sipcm.state.callstate import ESTABLISHED
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.statenames import STATE_IDS, STATE_TEXTS
from sipcm.version import VERSION

MOST_EVENTS: Final = 10
"""The newest events that are shown."""

_OTHER_STATES: Final = [state for state in STATE_IDS if not state.startswith("inv_")]
_OTHERS: Final = f"state in ({', '.join(_OTHER_STATES)})"
_LISTED: Final = {
    "calls": f"/calls/list?{urlencode({'q': f'not {_OTHERS}'})}",
    "others": f"/calls/list?{urlencode({'q': _OTHERS})}",
}
"""Where calls are listed, and all other exchanges."""

MOST_STOPS: Final = 3
"""Reasons for which packets stopped that are shown of each stage."""


class Contents:
    """The table of contents of pages, which never change: paths, and what each page is *about*."""

    def __init__(self, about: Iterable[tuple[str, str]]) -> None:
        about = tuple(about)
        self.data = [{"path": path, "about": words} for path, words in about]
        self.lines = [f"{path:<23} {words}" for path, words in about]
        self.rows = Markup("").join(
            Markup('<li><a href="{0}">{0}</a> {1}\n').format(*page) for page in about
        )


async def show(run: Run, query: Query, pages: Contents) -> Page:
    """Show the state of all, and all *pages*; ``span`` is how far the charts look back."""
    query.refuse_others(("span",))
    trends = look_back(run, query.choice("span", usual(run), SPANS))
    failed = await failures(run, trends.span)
    lost = losses(run)
    stages = funnel(run.pipeline, run.filtered())
    ring = run.pipeline.ring
    newest = list(enumerate(ring.read(ring.total - MOST_EVENTS, MOST_EVENTS), _first(run)))[::-1]
    data = {
        "version": VERSION,
        **runtimes.data(run),
        **_numbers(run),
        "sources": [source_data(source) for source in run.sources],
        "problems": _problems(run, lost),
        "notices": _notices(run),
        "losses": [loss.data() for loss in lost],
        "rates": trends.data(),
        "failures": failed.data(),
        "latest": [eventtext.data(number, event, int(ring.size)) for number, event in newest],
        "funnel": funnel_data(stages),
        "pages": pages.data,
    }
    extra = {
        "contents": pages.rows,
        "spans": {name: words for name, (words, _, _) in SPANS.items()},
        "span": trends.span,
        "query": urlencode(query.pairs(("format",))),
        "lately": LATELY,
        "charts": trends.charts(),
        "step": trends.step / SECOND,
        "newest": [Markup(eventrow.brief_row(event, run.base)) for _, event in newest],  # noqa: S704
        "others": sum(data["by_state"][state] for state in _OTHER_STATES),
        "listed": _LISTED,
        "states": list(zip(STATE_IDS, STATE_TEXTS, data["by_state"].values(), strict=True)),
        "stages": [_brief(stage) for stage in stages],
        "part": trends.part(),
        **_followed(stages),
    }
    return Page(
        "Overview",
        "overview.html",
        data,
        "",
        extra=extra,
        rest=lambda: [_text(run, data, pages, trends, failed, lost, newest)],
    )


def _first(run: Run) -> int:
    ring = run.pipeline.ring
    return int(max(ring.total - MOST_EVENTS, ring.oldest()))


def _numbers(run: Run) -> dict[str, Any]:
    pipeline = run.pipeline
    calls = pipeline.tracker.calls
    bindings = pipeline.tracker.registrar.bindings
    counted = pipeline.counters.group.values()
    rate = pipeline.rates.rate(LATELY * SECOND, pipeline.clock.now)
    by_type = zip(EVENT_NAMES[1:], pipeline.ring.by_type[1:], strict=True)
    return {
        "entries": int(calls.active.value),
        "established": int(calls.by_state[ESTABLISHED].value),
        "by_state": {
            name: int(counter.value)
            for name, counter in zip(STATE_IDS, calls.by_state, strict=True)
        },
        "bindings": int(bindings.active.value),
        "aors": len(bindings.by_aor),
        "packets": counted["total_packets"],
        "messages": counted["parse_ok"],
        "parse_errors": counted["parse_errs"],
        "packets_per_second": rate["total_packets"] / LATELY,
        "messages_per_second": rate["parse_ok"] / LATELY,
        "events": int(pipeline.ring.total),
        "events_by_type": {name: int(counter.value) for name, counter in by_type},
    }


def _problems(run: Run, lost: Sequence[Loss]) -> list[str]:
    """Return what is wrong now, in words; empty where all is well."""
    problems = [
        f"{source.name}: {complaint}" for source in run.sources if (complaint := source.complaint())
    ]
    problems += filter(None, (output.complaint() for output in run.outputs))
    problems += [
        f"{loss.lately} packets were lost in the last 10s: {loss.about}"
        for loss in lost
        if loss.lately
    ]
    return problems


def _notices(run: Run) -> list[str]:
    """Return what should be known, though nothing is wrong."""
    left_out = leftout.lately(run.pipeline, present(run))
    return [left_out] if left_out else []


def _followed(stages: Sequence[Stage]) -> dict[str, int]:
    """Return how many messages came, by their looks, and how many could not be followed."""
    reached = {stage.name: stage.count for stage in stages}
    return {"sip_like": reached["sip"], "unfollowed": reached["sip"] - reached["tracked"]}


def _brief(stage: Stage) -> dict[str, Any]:
    """Return a stage with the most frequent reasons only."""
    rest = stage.stops[MOST_STOPS:]
    return {
        "title": TITLES[stage.name],
        "count": stage.count,
        "stops": [
            (stop, sample_data(stop.sample) if stop.sample is not None else {})
            for stop in stage.stops[:MOST_STOPS]
        ],
        "kinds": len(rest),
        "others": sum(stop.count for stop in rest),
    }


def _text(
    run: Run,
    data: dict[str, Any],
    pages: Contents,
    trends: Trends,
    failed: Outcomes,
    lost: Sequence[Loss],
    newest: Iterable[tuple[int, Event]],
) -> str:
    lines = [
        f"sipcm {VERSION}  {runtimes.line(run)}",
        "",
        *(f"problem: {problem}" for problem in data["problems"]),
        *(f"notice: {notice}" for notice in data["notices"]),
        f"{data['entries']:9} entries   {data['established']:9} established",
        f"{data['bindings']:9} bindings  {data['aors']:9} addresses-of-record",
        f"{data['packets']:9} packets   {data['packets_per_second']:9.1f} per second lately",
        f"{data['messages']:9} messages  {data['messages_per_second']:9.1f} per second lately",
        f"{data['events']:9} events    {data['parse_errors']:9} parse errors",
        "",
        *(_source(source) for source in run.sources),
        "",
        "lost:",
        *(f"{loss.count:9} {loss.name}" for loss in lost),
        "",
        "calls by state:",
        *(f"{count:9} {name}" for name, count in data["by_state"].items() if count),
        "",
        f"failed in the {SPANS[trends.span][0]}: {failed.failed}"
        + ("" if failed.whole else ", of the newest alone"),
        *(_cause(row.data()) for row in failed.rows),
        "",
        *trends.lines(),
        "",
        "newest events:",
        *(_event(*row) for row in newest),
        "",
        *pages.lines,
    ]
    return "".join(f"{escape(line)}\n" for line in lines)


def _source(source: Source) -> str:
    problem = f": {source.problem}" if source.problem else ""
    return f"{source.name}: {source.state}, {source.received.value} packets{problem}"


def _cause(row: dict[str, Any]) -> str:
    return f"{row['count']:9} {row['type']} {row['method']} {row['status']} {row['reason']}"


def _event(number: int, event: Event) -> str:
    caller = wire(event.text(FROM)) or endpoint_text(event.client, event.client_port) or "-"
    callee = wire(event.text(TO)) or endpoint_text(event.server, event.server_port) or "-"
    time, name = time_of(event.timestamp)[11:23], EVENT_NAMES[event.type]
    return f"{number:9} {time} {name:<13}{event.status or '-':>4} {caller} -> {callee}"
