"""The pages of calls: the table as a whole, the calls in it, and how to find them."""

from collections.abc import Iterable, Iterator
from typing import Final

from markupsafe import Markup

from sipcm.httpui import callrow, calltext
from sipcm.httpui.cells import grouped
from sipcm.httpui.entries import Shown
from sipcm.httpui.filters import Asked, Filters
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.select.callfields import CALLS as FIELDS
from sipcm.state.calls import Call
from sipcm.state.statenames import STATE_IDS, STATE_TEXTS


async def show(run: Run, query: Query) -> Page:
    """Show how full the table of calls is, and of what."""
    query.refuse_others(())
    table = run.pipeline.tracker.calls
    totals = await CALLS.totals(run)
    states = zip(STATE_IDS, STATE_TEXTS, table.by_state, strict=True)
    data = CALLS.data_of(run, totals) | {
        "evicted_settled": int(table.evicted_settled.value),
        "copies": int(table.copies.value),
        "by_state": dict(zip(STATE_IDS, (c.value for c in table.by_state), strict=True)),
    }
    text = totals.text("CallTracking")
    return Page("Call totals", "calls.html", data, text, extra={"states": states})


def _chains(run: Run) -> Iterator[list[Call]]:
    """Yield the calls of each Call-ID, as they stand when it is their turn."""
    table = run.pipeline.tracker.calls
    for call_ids in table.by_id.lots():
        for call_id in call_ids:
            if chain := table.of(call_id):
                yield chain


def _rows(run: Run, asked: Asked[Call], found: Iterable[Call]) -> Iterator[Markup]:
    clock, base, dated = run.pipeline.clock, run.base, not asked.by_time
    return grouped(callrow.row(call, clock, dated=dated, base=base) for call in found)


CALLS: Final = Shown(
    path="/calls/list",
    name="calls",
    title="Calls",
    headline="Calls List",
    find="Find calls",
    pages="calls",
    table=lambda run: run.pipeline.tracker.calls,
    begun=lambda run: run.pipeline.tracker.begun,
    chains=_chains,
    text=calltext.text,
    data=calltext.data,
    json=calltext.json_text,
    columns=calltext.COLUMNS,
    filters=Filters(FIELDS, ("cid", "ftag", "ttag", "key", "state"), fold=False),
    rows=_rows,
)
