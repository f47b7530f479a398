"""What the pages of calls and those of registrations have in common: totals, list and form.

Both tables chain their entries by a key. What differs, each says in a :class:`Shown`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar, cast

from markupsafe import Markup

from sipcm.clock import Clock
from sipcm.httpui.exemption import exempt
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
from sipcm.state.ranges import Ranges

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
    ``text``, ``data``, ``json``, ``columns``  as in :class:`Listing`; so is ``rows``, of a run and
                 what was asked
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
    json: Callable[[T, Clock], str] | None
    columns: tuple[str, ...]
    filters: Filters
    rows: Callable[[Run, Asked[T], Iterable[T]], Iterator[Markup]]

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
        asked = read(query, self.filters, run.peers)
        clock = run.pipeline.clock
        entries, begun = int(self.table(run).active.value), int(self.begun(run))
        held = self._held(run)
        matched = len(held)
        to_see = _at_an_end(held, asked) or to_look_at(exempt(list(held)), asked)
        whole = len(to_see) == matched
        found = await find(self.blocks(run, to_see), asked, int(clock.now))
        matched = found.matched if whole else matched
        path = run.base + self.path
        following = next_page(path, query, asked, found.next)
        json = self.json
        listing = Listing(
            self.name,
            found.shown,
            lambda entry: self.text(entry, clock),
            lambda entry: self.data(entry, clock),
            self.columns,
            last_line(matched, following),
            partial(self.rows, run, asked),
            None if json is None else lambda entry: json(entry, clock),
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
            shown(path, query, asked, self.filters),
            headers=headers(matched, following),
        )

    async def show_query(self, run: Run, query: Query) -> Page:
        """Show the form that finds entries."""
        query.refuse_others(())
        path = run.base + self.path
        return query_page(self.find, f"{self.pages}_query.html", path, self.filters)

    def blocks(self, run: Run, numbers: Sequence[int]) -> Iterator[Block[T]]:
        """Yield the entries that have *numbers*, with these, some at a time.

        Those that go meanwhile are passed over.
        """
        held = self._held(run)
        for at in range(0, len(numbers), BLOCK):
            block = numbers[at : at + BLOCK]
            entries = held.several(block)
            if all(entries):
                yield cast("list[T]", entries), block
                continue
            found = cast("list[T]", [entry for entry in entries if entry is not None])
            yield found, [entry.number for entry in found]

    def _held(self, run: Run) -> Ranges[Any]:
        held = self.table(run).by_number
        return Ranges() if held is None else held

    async def _longest_chain(self, run: Run) -> int:
        """Return how many entries have one key, at most."""
        longest = 0
        with Turns() as turns:
            for chain in self.chains(run):
                longest = max(longest, len(chain))
                if turns.over():
                    await turns.next()
        return longest


def _at_an_end(held: Ranges[Any], asked: Asked[Any]) -> list[int] | None:
    """Return which numbers need to be looked at where the first or the last *held* are asked for.

    There may be a million: to have them all in a list would take long.
    """
    order = asked.order
    if asked.selection is not None or asked.start:
        return None
    most = min(asked.most, len(held)) + 1
    if order is None:
        return list(islice(held, most))
    if order.name == NUMBER and order.after is None:
        return list(islice(reversed(held), most))[::-1]
    return None


def to_look_at(numbers: Sequence[int], asked: Asked[Any]) -> Sequence[int]:
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
