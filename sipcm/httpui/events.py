"""The pages of events: what happened, and how to find it."""

from collections.abc import Iterator
from typing import Final

from sipcm.httpui import eventtext
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
from sipcm.httpui.finding import Block, find
from sipcm.httpui.order import NUMBER
from sipcm.httpui.page import Listing, Page
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.select.eventfields import EVENTS
from sipcm.state.events import Event
from sipcm.state.ring import EventRing

PATH: Final = "/events"
STREAM: Final = "/events/stream"

BLOCK: Final = 256
"""Events that are taken from the ring at once."""

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
    asked = read(query, FILTERS)
    ring = run.pipeline.ring
    size, total, oldest = ring.size, ring.total, ring.oldest()
    now = run.pipeline.clock.packet_time(run.pipeline.clock.now)
    first = max(asked.start, oldest)
    begin, end = _to_look_at(asked, first, total) or (oldest, total)
    found = await find(_blocks(ring, begin, end), asked, now)
    whole = (begin, end) == (oldest, total)
    matched = found.matched if whole else total - oldest
    following = next_page(PATH, query, found.next)
    listing = Listing(
        "events",
        zip(found.numbers, found.shown, strict=True),
        lambda row: eventtext.text(*row, size, now),
        lambda row: eventtext.data(*row, size),
        eventtext.COLUMNS,
        last_line(matched, following),
        # Most events are of calls that have ended.
        lambda row: {"tracked": row[1].call_id in run.pipeline.tracker.calls.by_id},
    )
    return Page(
        "Events",
        "events.html",
        {
            "total": total,
            "kept": total - oldest,
            "buffered": size,
            "matched": matched,
            "shown": len(found.shown),
            "first": first,
            "next": following,
            **asked.data(),
        },
        f"{asked.headline('Events List')}\nTotal Generated:{total:7}\tMax. Buffered:{size:7}\n\n",
        listing,
        {**shown(PATH, query, asked, FILTERS), "live": _live(query, asked)},
        headers=headers(matched, following),
    )


def _live(query: Query, asked: Asked[Event]) -> str | None:
    """Return the stream that goes on where the list begins; None unless that is with the newest."""
    order = asked.order
    newest = order is not None and order.falling and order.name in {NUMBER, "time"}
    if not newest or (order is not None and order.after) or asked.start:
        return None
    return f"{STREAM}?{parameters(query, ('format', 'sort', 'n', 's'))}"


def _to_look_at(asked: Asked[Event], first: int, total: int) -> tuple[int, int] | None:
    """Return which numbers need to be looked at of those from *first* on; None for all there are.

    Where there is nothing to look for, those before and behind what is shown need not be seen.
    """
    order = asked.order
    if asked.selection is not None:
        return None
    if order is None:
        return first, min(total, first + asked.most + 1)
    if order.name != NUMBER or not order.falling:
        return None
    end = total if order.after is None else min(total, order.after.number)
    return max(first, end - asked.most - 1), end


async def show_query(_run: Run, query: Query) -> Page:
    """Show the form that finds events."""
    query.refuse_others(())
    return query_page("Find events", "events_query.html", PATH, FILTERS)


def _blocks(ring: EventRing, first: int, end: int) -> Iterator[Block[Event]]:
    """Yield the events from *first* to before *end* with their numbers, some at a time.

    Between two blocks packets may come: what was overwritten since is passed over.
    """
    while first < end:
        first = max(first, ring.oldest())
        found = ring.read(first, min(BLOCK, end - first))
        yield found, range(first, first + len(found))
        first += BLOCK
