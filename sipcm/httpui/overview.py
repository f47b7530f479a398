"""The first page: how things stand in a few numbers, and what other pages there are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sipcm.clock import SECOND
from sipcm.httpui import runtimes
from sipcm.httpui.health import source_data
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.log import escape
from sipcm.run import Run
from sipcm.state.callstate import ESTABLISHED
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.version import VERSION

LATELY: Final = 10
"""Seconds of stream time over which rates are told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the table of contents."""

    path: str
    about: str
    built: bool


async def show(run: Run, query: Query, pages: Sequence[Entry]) -> Page:
    """Show the inputs, a few numbers, and all *pages*."""
    query.refuse_others(())
    data = {
        "version": VERSION,
        **runtimes.data(run),
        **_numbers(run),
        "sources": [source_data(source) for source in run.sources],
        "pages": [asdict(page) for page in pages],
    }
    return Page("Overview", "overview.html", data, _text(run, data, pages))


def _numbers(run: Run) -> dict[str, Any]:
    pipeline = run.pipeline
    calls = pipeline.tracker.calls
    counted = pipeline.counters.group.values()
    rate = pipeline.rates.rate(LATELY * SECOND, pipeline.clock.now)
    by_type = zip(EVENT_NAMES[1:], pipeline.ring.by_type[1:], strict=True)
    return {
        "entries": int(calls.active.value),
        "established": int(calls.by_state[ESTABLISHED].value),
        "bindings": int(pipeline.tracker.registrar.bindings.active.value),
        "packets": counted["total_packets"],
        "messages": counted["parse_ok"],
        "parse_errors": counted["parse_errs"],
        "packets_per_second": rate["total_packets"] / LATELY,
        "messages_per_second": rate["parse_ok"] / LATELY,
        "events": int(pipeline.ring.total),
        "events_by_type": {name: int(counter.value) for name, counter in by_type},
    }


def _text(run: Run, data: dict[str, Any], pages: Sequence[Entry]) -> str:
    lines = [
        f"sipcm {VERSION}  {runtimes.line(run)}",
        "",
        f"{data['entries']:9} entries   {data['established']:9} established",
        f"{data['bindings']:9} bindings",
        f"{data['packets']:9} packets   {data['packets_per_second']:9.1f} per second lately",
        f"{data['messages']:9} messages  {data['messages_per_second']:9.1f} per second lately",
        f"{data['events']:9} events    {data['parse_errors']:9} parse errors",
        "",
        *(
            f"{source.name}: {source.state.value}, {source.received.value} packets"
            + (f": {source.problem}" if source.problem else "")
            for source in run.sources
        ),
        "",
        *(
            f"{page.path:<24}{page.about}" + ("" if page.built else " (not built yet)")
            for page in pages
        ),
    ]
    return "".join(f"{escape(line)}\n" for line in lines)
