"""The pages of events: what happened, and how to find it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from markupsafe import Markup

from sipcm.httpui import eventrow, eventtext
from sipcm.httpui.cells import grouped
from sipcm.httpui.entries import to_look_at
from sipcm.httpui.filters import (
    Asked,
    Filters,
    headers,
    last_line,
    next_page,
    parameters,
    query_page,
    read,
    shown,
)
from sipcm.httpui.finding import BLOCK, Block, Found, find
from sipcm.httpui.matches import matching
from sipcm.httpui.order import NUMBER
from sipcm.httpui.page import Listing, Page
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.select.eventfields import EVENTS
from sipcm.state.events import Event
from sipcm.state.ring import EventRing

PATH: Final = "/events"
STREAM: Final = "/events/stream"

FILTERS: Final = Filters(
    EVENTS,
    (
        "name",
        "src",
        "dst",
        "sport",
        "dport",
        "proto",
        "status",
        "cid",
        "fu",
        "tu",
        "method",
        "uri",
        "contact",
        "reason",
        "ua",
        "uas",
    ),
    fold=True,
)


async def show(run: Run, query: Query) -> Page:
    """Show the events that are asked for, oldest first."""
    asked = read(query, FILTERS, run.peers)
    ring = run.pipeline.ring
    size, total, oldest = ring.size, ring.total, ring.oldest()
    now = run.pipeline.clock.packet_time(run.pipeline.clock.now)
    numbers: Sequence[int] = range(oldest, total)
    sought = asked
    if asked.selection is not None and not asked.selection.passes:
        numbers = await matching(run, asked.selection)
        sought = replace(asked, selection=None)
    to_see = to_look_at(numbers, sought)
    found = await find(_blocks(ring, to_see), sought, now)
    matched = found.matched if to_see is numbers else len(numbers)
    path = run.base + PATH
    following = next_page(path, query, asked, found.next)
    return Page(
        "Events",
        "events.html",
        {
            "total": total,
            "kept": total - oldest,
            "buffered": size,
            "matched": matched,
            "shown": len(found.shown),
            "first": max(asked.start, oldest),
            "next": following,
            **asked.data(),
        },
        f"{asked.headline('Events List')}\nTotal Generated:{total:7}\tMax. Buffered:{size:7}\n\n",
        listing("events", run, asked, found, last_line(matched, following), size, now),
        {**shown(path, query, asked, FILTERS), "live": _live(run, query, asked)},
        headers=headers(matched, following),
    )


def listing(
    name: str,
    run: Run,
    asked: Asked[Event],
    found: Found[Event],
    end: str,
    size: int,
    now: int,
    *,
    placed: bool = False,
) -> Listing[tuple[int, Event]]:
    """Return the list called *name* of the events that were *found* in a ring of that *size*.

    Its text ends with *end*, and tells ages at *now*. Its HTML tells addresses too where events are
    *placed*; text and JSON always do.
    """
    return Listing(
        name,
        zip(found.numbers, found.shown, strict=True),
        lambda row: eventtext.text(*row, size, now),
        lambda row: eventtext.data(*row, size),
        eventtext.COLUMNS,
        end,
        partial(_rows, run, dated=not asked.by_time, placed=placed),
        lambda row: eventtext.json_text(*row, size),
    )


def _rows(
    run: Run, found: Iterable[tuple[int, Event]], *, dated: bool, placed: bool
) -> Iterator[Markup]:
    """Yield the rows of the events that were *found*; most are of calls that have ended."""
    base, by_id = run.base, run.pipeline.tracker.calls.by_id
    peer = run.peer if placed else None
    told = (
        eventrow.row(
            number, event, dated=dated, tracked=event.call_id in by_id, base=base, peer=peer
        )
        for number, event in found
    )
    return grouped(told)


def _live(run: Run, query: Query, asked: Asked[Event]) -> str | None:
    """Return the stream that goes on where the list begins; None unless that is with the newest."""
    order = asked.order
    newest = order is not None and order.falling and order.name in {NUMBER, "time"}
    if asked.unasked or not newest or (order is not None and order.after) or asked.start:
        return None
    return f"{run.base}{STREAM}?{parameters(query, ('format', 'sort', 'n', 's'))}"


async def show_query(run: Run, query: Query) -> Page:
    """Show the form that finds events."""
    query.refuse_others(())
    return query_page("Find events", "events_query.html", run.base + PATH, FILTERS)


def _blocks(ring: EventRing, numbers: Sequence[int]) -> Iterator[Block[Event]]:
    """Yield the events that have *numbers*, with these, some at a time.

    Between two blocks packets may come: what was overwritten since is passed over.
    """
    for at in range(0, len(numbers), BLOCK):
        block = numbers[at : at + BLOCK]
        block = block[bisect_left(block, int(ring.oldest())) :]
        if not block:
            continue
        if block[-1] - block[0] < len(block):  # they follow one another
            yield ring.read(block[0], len(block)), block
        else:
            yield [event for number in block for event in ring.read(number, 1)], block
