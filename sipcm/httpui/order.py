"""In which order a list is shown, and where in it a page goes on.

A page goes on behind an entry, whose key and number stand in the address: so none is shown twice
or left out because others came or went meanwhile. Keys that change by themselves, such as an age,
are for all pages those of the moment of the first, which stands there too. What is not known comes
last, in either order.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from sipcm.httpui.exemption import exempt
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

_PLACE: Final = re.compile(r"([0-9]+)(?:@([0-9]{1,18}))?(?::(.*))?", re.DOTALL)
"""A number, a moment and a key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which entry a page goes on: its key, None where that is not known, and its number.

    ``moment`` is that of the key where keys change by themselves.
    """

    key: Any
    number: int
    moment: int | None = None

    def __str__(self) -> str:
        """Write it for an address."""
        key = "" if self.key is None else f":{self.key}"
        return f"{self.number}{key}" if self.moment is None else f"{self.number}@{self.moment}{key}"


@dataclass(frozen=True, slots=True)
class Order:
    """By which field a list is sorted, which way, and behind which entry it begins.

    ``key`` returns the key of an item at a moment; without it the number is the key. ``passes``
    tells that keys change by themselves.
    """

    name: str
    falling: bool
    key: Callable[[Any, int], Any] | None
    after: Place | None
    passes: bool = False

    def __str__(self) -> str:
        """Write it for an address."""
        return f"-{self.name}" if self.falling else self.name

    def moment(self, now: int) -> int:
        """Return the moment for which keys are asked: *now*, or that of the first page."""
        return now if self.after is None or self.after.moment is None else self.after.moment

    def place(self, key: Any, number: int, moment: int) -> Place:
        """Return the place behind the entry of that *number*, with its *key* at *moment*."""
        return Place(key, number, moment if self.passes else None)


NEWEST: Final = Order(NUMBER, falling=True, key=None, after=None)
"""The order with the newest entry first."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """The links by which the columns of the list at *path* are sorted; *query* is all else.

    ``usual`` is the order that the list has unless another is asked for.
    """

    path: str
    query: str
    order: Order | None
    usual: str = NUMBER

    def link(self, name: str) -> str:
        """Return where the list is sorted by *name*: rising, or falling if it is that already.

        By the number it is the usual way first.
        """
        state = self.state(name)
        falling = state == "ascending" or (
            name == NUMBER and state == "none" and self.usual != name
        )
        wanted = f"-{name}" if falling else name
        plain = f"{self.path}?{self.query}" if self.query else self.path
        if wanted == self.usual:
            return plain
        return f"{plain}{'&' if self.query else '?'}sort={wanted}"

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
    if field.missing:
        raise BadParameterError(f"sort: {field.name}: {field.missing}")
    key = sort_key(field, table)
    place = _place(after, field.kind.read_key, passes=field.passes)
    return Order(field.name, falling, key, place, field.passes)


def _place(text: str, read_key: Callable[[str], Any], *, passes: bool = False) -> Place | None:
    if not text:
        return None
    found = _PLACE.fullmatch(text) if len(text) <= LONGEST else None
    if found is not None and passes == (found[2] is not None):
        number, moment, key = found.groups()
        try:
            return Place(
                None if key is None else read_key(key),
                int(number),
                None if moment is None else int(moment),
            )
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
        self._newest: list[Entry[T]] = exempt([])
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
        self._runs = [exempt(entries)]
        self._kept = len(entries)
        if entries and self._kept == self._limit:
            self._worst = entries[-1]

    def _close(self) -> None:
        if self._newest:
            self._newest.sort(reverse=self._falling)
            self._runs.append(self._newest)
            self._newest = exempt([])
