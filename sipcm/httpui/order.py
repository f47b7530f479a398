"""In which order a list is shown, and where in it a page goes on.

A page goes on behind an entry, whose key and number stand in the address: so none is shown twice
or left out because others came or went meanwhile. What is not known comes last, in either order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from sipcm.httpui.query import BadParameterError, Query
from sipcm.option import quote
from sipcm.select.compiler import sort_key
from sipcm.select.field import Table

T = TypeVar("T")

Entry = tuple[Any, int, T]
"""Key, number and item. No two have the same number, so items are never compared."""

RUN: Final = 2048
"""Entries that are sorted at once, which takes no longer than a turn may."""

NUMBER: Final = "number"
"""The key by which all lists are sorted unless asked otherwise."""

LONGEST: Final = 400
"""Characters of a place in a list."""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which entry a page goes on: its key, None where that is not known, and its number."""

    key: Any
    number: int

    def __str__(self) -> str:
        """Write it for an address."""
        return f"{self.number}" if self.key is None else f"{self.number}:{self.key}"


@dataclass(frozen=True, slots=True)
class Order:
    """By which field a list is sorted, which way, and behind which entry it begins.

    ``key`` returns the key of an item at a moment; without it the number is the key.
    """

    name: str
    falling: bool
    key: Callable[[Any, int], Any] | None
    after: Place | None

    def __str__(self) -> str:
        """Write it for an address."""
        return f"-{self.name}" if self.falling else self.name


@dataclass(frozen=True, slots=True)
class Sorting:
    """The links by which the columns of the list at *path* are sorted; *query* is all else."""

    path: str
    query: str
    order: Order | None

    def link(self, name: str) -> str:
        """Return where the list is sorted by *name*: rising, or falling if it is that already."""
        turned = "-" if self.state(name) == "ascending" else ""
        plain = f"{self.path}?{self.query}" if self.query else self.path
        if name == NUMBER and not turned:
            return plain
        return f"{plain}{'&' if self.query else '?'}sort={turned}{name}"

    def state(self, name: str) -> str:
        """Return how the list is sorted by *name*, as aria-sort has it."""
        if self.order is None:
            return "ascending" if name == NUMBER else "none"
        if self.order.name != name:
            return "none"
        return "descending" if self.order.falling else "ascending"


def read_order(query: Query, table: Table) -> Order | None:
    """Return the order that *query* asks for; None for that of the numbers."""
    text, after = query.text("sort"), query.text("after")
    falling, name = text.startswith("-"), text.removeprefix("-")
    if name in ("", NUMBER) and not falling:
        if after:
            raise BadParameterError("after: it is missing what sort is; begin at a number with s")
        return None
    if name == NUMBER:
        place = _place(after, int)
        behind = None if place is None else Place(place.number, place.number)
        return Order(NUMBER, falling, None, behind)
    field = table.find(name)
    if field is None:
        near = table.nearest(name)
        hint = f"; did you mean {near}?" if near else ""
        raise BadParameterError(f"sort: {quote(name)} is no field of {table.what}{hint}")
    key = sort_key(field, table)
    return Order(field.name, falling, key, _place(after, field.kind.read_key))


def _place(text: str, read_key: Callable[[str], Any]) -> Place | None:
    if not text:
        return None
    number, colon, key = text.partition(":")
    try:
        if number.isascii() and number.isdigit() and len(text) <= LONGEST:
            return Place(read_key(key) if colon else None, int(number))
    except ValueError:
        pass
    raise BadParameterError(f"after: {quote(text)} is no place in this list")


class Best(Generic[T]):
    """The first so many of entries that come in any order; the last ones where that is *falling*.

    No more than three times as many are kept, and never are more than RUN sorted at once.
    """

    def __init__(self, limit: int, *, falling: bool) -> None:
        self._limit = limit
        self._falling = falling
        self._newest: list[Entry[T]] = []
        self._runs: list[list[Entry[T]]] = []
        self._kept = 0
        self._worst: Entry[T] | None = None

    def add(self, entries: list[Entry[T]]) -> bool:
        """Take *entries* in; tell whether so many are kept that :meth:`keep` should be called."""
        if (worst := self._worst) is not None:
            if self._falling:
                entries = [entry for entry in entries if entry > worst]
            else:
                entries = [entry for entry in entries if entry < worst]
        self._newest += entries
        self._kept += len(entries)
        if len(self._newest) >= RUN:
            self._close()
        return self._kept >= 2 * self._limit + RUN

    def ordered(self) -> Iterator[Entry[T]]:
        """Yield the entries in their order, from the first to the last that is asked for."""
        self._close()
        return islice(merge(*self._runs, reverse=self._falling), self._limit)

    def keep(self, entries: list[Entry[T]]) -> None:
        """Go on with *entries* alone, which are all that :meth:`ordered` gives."""
        self._runs = [entries]
        self._kept = len(entries)
        if entries and self._kept == self._limit:
            self._worst = entries[-1]

    def _close(self) -> None:
        if self._newest:
            self._newest.sort(reverse=self._falling)
            self._runs.append(self._newest)
            self._newest = []
