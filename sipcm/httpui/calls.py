"""The pages of calls: the table as a whole, the calls in it, and how to find them."""

from collections.abc import Iterator
from typing import Final

from sipcm.httpui import calltext
from sipcm.httpui.filters import (
    find,
    headers,
    last_line,
    next_page,
    parameters,
    query_page,
    read,
)
from sipcm.httpui.page import Listing, Page
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import Query
from sipcm.httpui.tabletext import Totals
from sipcm.run import Run
from sipcm.state.calls import Call, CallTable
from sipcm.state.statenames import STATE_IDS, STATE_TEXTS

PATH: Final = "/calls/list"


async def show(run: Run, query: Query) -> Page:
    """Show how full the table of calls is, and of what."""
    query.refuse_others(())
    tracker = run.pipeline.tracker
    table = tracker.calls
    chain = await _longest_chain(table)
    totals = Totals(
        entries=int(table.active.value),
        begun=int(tracker.begun),
        limit=int(table.limit),
        longest_chain=chain,
        memory=int(table.memory.value),
        memory_limit=int(table.most_memory),
    )
    states = zip(STATE_IDS, STATE_TEXTS, table.by_state, strict=True)
    return Page(
        "Call totals",
        "calls.html",
        {
            "entries": totals.entries,
            "most_entries": int(table.active.highest),
            "begun": totals.begun,
            "evicted": int(table.evicted.value),
            "evicted_settled": int(table.evicted_settled.value),
            "copies": int(table.copies.value),
            "limit": totals.limit,
            "memory": totals.memory,
            "most_memory": int(table.memory.highest),
            "memory_limit": totals.memory_limit,
            "longest_chain": chain,
            "by_state": dict(zip(STATE_IDS, (c.value for c in table.by_state), strict=True)),
        },
        totals.text("CallTracking"),
        extra={"states": states},
    )


async def show_list(run: Run, query: Query) -> Page:
    """Show the calls that are asked for, in the order in which they began."""
    asked = read(query, calltext.FIELDS, fold=False)
    pipeline = run.pipeline
    table = pipeline.tracker.calls
    entries = table.active.value
    found = await find(_numbered(table), asked)
    following = next_page(PATH, query, found)
    listing = Listing(
        "calls",
        found.shown,
        lambda call: calltext.text(call, pipeline.clock),
        lambda call: calltext.data(call, pipeline.clock),
        calltext.COLUMNS,
        last_line(found.matched, following),
    )
    return Page(
        "Calls",
        "calls_list.html",
        {
            "entries": entries,
            "begun": pipeline.tracker.begun,
            "matched": found.matched,
            "shown": len(found.shown),
            "first": asked.start,
            "next": following,
        },
        f"{asked.headline('Calls List')}\n",
        listing,
        {"asked": asked, "fields": calltext.FIELDS, "query": parameters(query, ("format",))},
        headers=headers(found.matched, following),
    )


async def show_query(_run: Run, query: Query) -> Page:
    """Show the form that finds calls."""
    query.refuse_others(())
    return query_page("Find calls", "calls_query.html", PATH, calltext.FIELDS, fold=False)


def _numbered(table: CallTable) -> Iterator[tuple[int, Call]]:
    """Yield the calls that are in the table, with their numbers."""
    for chain in _chains(table):
        for call in chain:
            yield call.number, call


async def _longest_chain(table: CallTable) -> int:
    """Return how many calls have one Call-ID, at most."""
    longest = 0
    with Turns() as turns:
        for chain in _chains(table):
            longest = max(longest, len(chain))
            if turns.over():
                await turns.next()
    return longest


def _chains(table: CallTable) -> Iterator[list[Call]]:
    """Yield the calls of each Call-ID, as they stand when it is their turn.

    Those that come meanwhile with a new Call-ID are not among them.
    """
    for call_id in list(table.by_id):
        chain: list[Call] = []
        call = table.by_id.get(call_id)
        while call is not None:
            chain.append(call)
            call = call.same_id
        if chain:
            yield chain
