"""The pages of registrations: the table as a whole, the bindings in it, and how to find them."""

from collections.abc import Iterator
from typing import Final

from sipcm.export.endpointtext import endpoint_text
from sipcm.httpui import bindingtext
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
from sipcm.state.bindings import Binding, BindingTable
from sipcm.state.endpoints import address_and_port

PATH: Final = "/regs/list"


async def show(run: Run, query: Query) -> Page:
    """Show how full the table of bindings is."""
    query.refuse_others(())
    table = run.pipeline.tracker.registrar.bindings
    chain = await _longest_chain(table)
    totals = Totals(
        entries=int(table.active.value),
        begun=int(table.begun),
        limit=int(table.limit),
        longest_chain=chain,
        memory=int(table.memory.value),
        memory_limit=int(table.most_memory),
    )
    return Page(
        "Registration totals",
        "regs.html",
        {
            "entries": totals.entries,
            "most_entries": int(table.active.highest),
            "leaving": int(table.leaving.count),
            "begun": totals.begun,
            "evicted": int(table.evicted.value),
            "limit": totals.limit,
            "memory": totals.memory,
            "most_memory": int(table.memory.highest),
            "memory_limit": totals.memory_limit,
            "aors": len(table.by_aor),
            "longest_chain": chain,
        },
        totals.text("Reg Bindings"),
    )


async def show_list(run: Run, query: Query) -> Page:
    """Show the bindings that are asked for, in the order in which they began."""
    asked = read(query, bindingtext.FIELDS, fold=False)
    clock = run.pipeline.clock
    table = run.pipeline.tracker.registrar.bindings
    found = await find(_numbered(table), asked)
    following = next_page(PATH, query, found)
    listing = Listing(
        "bindings",
        found.shown,
        bindingtext.text,
        lambda binding: bindingtext.data(binding, clock),
        bindingtext.COLUMNS,
        last_line(found.matched, following),
        lambda binding: {"source": endpoint_text(*address_and_port(binding.client()))},
    )
    return Page(
        "Registrations",
        "regs_list.html",
        {
            "entries": int(table.active.value),
            "begun": int(table.begun),
            "matched": found.matched,
            "shown": len(found.shown),
            "first": asked.start,
            "next": following,
        },
        f"{asked.headline('Reg Bindings List')}\n",
        listing,
        {"asked": asked, "fields": bindingtext.FIELDS, "query": parameters(query, ("format",))},
        headers=headers(found.matched, following),
    )


async def show_query(_run: Run, query: Query) -> Page:
    """Show the form that finds bindings."""
    query.refuse_others(())
    fields = bindingtext.FIELDS
    return query_page("Find registrations", "regs_query.html", PATH, fields, fold=False)


def _numbered(table: BindingTable) -> Iterator[tuple[int, Binding]]:
    """Yield the bindings that are in the table, with their numbers."""
    for chain in _chains(table):
        for binding in chain:
            yield binding.number, binding


async def _longest_chain(table: BindingTable) -> int:
    """Return how many bindings one AOR has, at most."""
    longest = 0
    with Turns() as turns:
        for chain in _chains(table):
            longest = max(longest, len(chain))
            if turns.over():
                await turns.next()
    return longest


def _chains(table: BindingTable) -> Iterator[list[Binding]]:
    """Yield the bindings of each AOR, as they stand when it is their turn.

    Those that come meanwhile with a new AOR are not among them.
    """
    for aor in list(table.by_aor):
        if chain := table.of(aor):
            yield chain
