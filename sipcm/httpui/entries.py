"""What the pages of calls and those of registrations have in common: totals, list and form.

Both tables chain their entries by a key. What differs, each says in a :class:`Shown`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

from sipcm.clock import Clock
from sipcm.httpui.filters import (
    Asked,
    Filters,
    headers,
    last_line,
    next_page,
    query_page,
    read,
    shown,
)
from sipcm.httpui.finding import BLOCK, Block, find
from sipcm.httpui.order import NUMBER
from sipcm.httpui.page import Listing, Page
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import Query
from sipcm.httpui.tabletext import Totals
from sipcm.run import Run
from sipcm.state.bindings import Binding, BindingTable
from sipcm.state.calls import Call, CallTable

Table = CallTable | BindingTable
T = TypeVar("T", bound=Call | Binding)


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """A table as its pages show it.

    ``path``     of the list; the form is at ``query`` below it
    ``name``     of the list in JSON and of the file of CSV
    ``title``    of the list, ``headline`` that of its text face
    ``find``     the title of the form
    ``pages``    the templates of the list and of the form begin with it
    ``table``, ``begun``  the table of a run, and how many entries it ever had
    ``chains``   the entries of each key, as they stand when it is their turn
    ``filters``  what the list can be asked for
    ``text``, ``data``, ``columns``  as in :class:`Listing`; so is ``more``, of a run
    """

    path: str
    name: str
    title: str
    headline: str
    find: str
    pages: str
    table: Callable[[Run], Table]
    begun: Callable[[Run], int]
    chains: Callable[[Run], Iterator[list[T]]]
    text: Callable[[T, Clock], str]
    data: Callable[[T, Clock], dict[str, Any]]
    columns: tuple[str, ...]
    filters: Filters
    more: Callable[[Run, T], dict[str, Any]] | None = None

    async def totals(self, run: Run) -> Totals:
        """Return how full the table is."""
        table = self.table(run)
        return Totals(
            entries=int(table.active.value),
            begun=int(self.begun(run)),
            limit=int(table.limit),
            longest_chain=await self._longest_chain(run),
            memory=int(table.memory.value),
            memory_limit=int(table.most_memory),
        )

    def data_of(self, run: Run, totals: Totals) -> dict[str, Any]:
        """Return *totals* as JSON, with the gauges that go with them."""
        table = self.table(run)
        return {
            "entries": totals.entries,
            "most_entries": int(table.active.highest),
            "begun": totals.begun,
            "evicted": int(table.evicted.value),
            "limit": totals.limit,
            "memory": totals.memory,
            "most_memory": int(table.memory.highest),
            "memory_limit": totals.memory_limit,
            "longest_chain": totals.longest_chain,
        }

    async def show_list(self, run: Run, query: Query) -> Page:
        """Show the entries that are asked for, in the order in which they began."""
        asked = read(query, self.filters)
        clock = run.pipeline.clock
        entries, begun = int(self.table(run).active.value), int(self.begun(run))
        numbers = self.numbers(run)
        to_see = _to_look_at(numbers, asked)
        found = await find(self.blocks(run, to_see), asked, int(clock.now))
        matched = found.matched if to_see is numbers else len(numbers)
        following = next_page(self.path, query, found.next)
        listing = Listing(
            self.name,
            found.shown,
            lambda entry: self.text(entry, clock),
            lambda entry: self.data(entry, clock),
            self.columns,
            last_line(matched, following),
            None if self.more is None else partial(self.more, run),
        )
        return Page(
            self.title,
            f"{self.pages}_list.html",
            {
                "entries": entries,
                "begun": begun,
                "matched": matched,
                "shown": len(found.shown),
                "first": asked.start,
                "next": following,
                **asked.data(),
            },
            f"{asked.headline(self.headline)}\n",
            listing,
            shown(self.path, query, asked, self.filters),
            headers=headers(matched, following),
        )

    async def show_query(self, _run: Run, query: Query) -> Page:
        """Show the form that finds entries."""
        query.refuse_others(())
        return query_page(self.find, f"{self.pages}_query.html", self.path, self.filters)

    def numbers(self, run: Run) -> Sequence[int]:
        """Return the numbers of the entries that are in the table, in order."""
        return list(self.table(run).by_number or ())

    def blocks(self, run: Run, numbers: Sequence[int]) -> Iterator[Block[T]]:
        """Yield the entries that have *numbers*, with these, some at a time.

        Those that go meanwhile are passed over.
        """
        held = self.table(run).by_number or {}
        for at in range(0, len(numbers), BLOCK):
            entries = list(map(held.get, numbers[at : at + BLOCK]))
            found = cast("list[T]", [entry for entry in entries if entry is not None])
            yield found, [entry.number for entry in found]

    async def _longest_chain(self, run: Run) -> int:
        """Return how many entries have one key, at most."""
        longest = 0
        with Turns() as turns:
            for chain in self.chains(run):
                longest = max(longest, len(chain))
                if turns.over():
                    await turns.next()
        return longest


def _to_look_at(numbers: Sequence[int], asked: Asked[Any]) -> Sequence[int]:
    """Return which of *numbers* need to be looked at for what is *asked*; all may be.

    Where there is nothing to look for, those before and behind what is shown need not be seen.
    """
    order = asked.order
    if asked.selection is not None or (order is not None and order.name != NUMBER):
        return numbers
    first = bisect_left(numbers, asked.start)
    if order is None:
        return numbers[first : first + asked.most + 1]
    end = len(numbers) if order.after is None else bisect_left(numbers, order.after.number)
    return numbers[max(first, end - asked.most - 1) : end]
