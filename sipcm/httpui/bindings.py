"""The pages of registrations: the table as a whole, the bindings in it, and how to find them."""

from collections.abc import Iterable, Iterator
from typing import Final

from markupsafe import Markup

from sipcm.httpui import bindingrow, bindingtext
from sipcm.httpui.cells import grouped
from sipcm.httpui.entries import Shown
from sipcm.httpui.filters import Asked, Filters
from sipcm.httpui.oneaor import is_flapping
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.select.bindingfields import BINDINGS as FIELDS
from sipcm.state.bindings import Binding, BindingTable


async def show(run: Run, query: Query) -> Page:
    """Show how full the table of bindings is."""
    query.refuse_others(())
    table = _table(run)
    totals = await BINDINGS.totals(run)
    data = BINDINGS.data_of(run, totals) | {
        "leaving": int(table.leaving.count),
        "evicted_crowd": int(table.evicted_crowd.value),
        "aors": len(table.by_aor),
    }
    return Page("Registration totals", "regs.html", data, totals.text("Reg Bindings"))


def _table(run: Run) -> BindingTable:
    return run.pipeline.tracker.registrar.bindings


def _chains(run: Run) -> Iterator[list[Binding]]:
    """Yield the bindings of each AOR, as they stand when it is their turn."""
    table = _table(run)
    for aors in table.by_aor.lots():
        for aor in aors:
            if chain := table.of(aor):
                yield chain


def _rows(run: Run, asked: Asked[Binding], found: Iterable[Binding]) -> Iterator[Markup]:
    clock, table, base = run.pipeline.clock, _table(run), run.base
    by_aor = asked.order is not None and asked.order.name == "aor"
    return grouped(
        bindingrow.row(
            binding,
            clock,
            flapping=is_flapping(run, binding.aor),
            contacts=len(table.of(binding.aor)),
            by_aor=by_aor,
            base=base,
        )
        for binding in found
    )


BINDINGS: Final = Shown(
    path="/regs/list",
    name="bindings",
    title="Registrations",
    headline="Reg Bindings List",
    find="Find registrations",
    pages="regs",
    table=_table,
    begun=lambda run: _table(run).begun,
    chains=_chains,
    text=lambda binding, _: bindingtext.text(binding),
    data=bindingtext.data,
    json=None,
    columns=bindingtext.COLUMNS,
    filters=Filters(FIELDS, ("aor", "contact", "src", "ua", "cid"), fold=False),
    rows=_rows,
)
