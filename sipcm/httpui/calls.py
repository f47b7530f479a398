"""The pages of calls: the table as a whole, the calls in it, and how to find them."""

from collections.abc import Iterator
from typing import Final

from sipcm.httpui import calltext
from sipcm.httpui.entries import Shown
from sipcm.httpui.filters import Filters
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
    """Yield the calls of each Call-ID, as they stand when it is their turn.

    Those that come meanwhile with a new Call-ID are not among them.
    """
    table = run.pipeline.tracker.calls
    for call_id in list(table.by_id):
        if chain := table.of(call_id):
            yield chain


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
    columns=calltext.COLUMNS,
    filters=Filters(FIELDS, ("cid", "ftag", "ttag", "key", "state"), fold=False),
)
