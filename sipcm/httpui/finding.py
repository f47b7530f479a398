"""How what a list is asked for is found: in one walk over all there is, in turns."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from itertools import compress
from time import monotonic_ns
from typing import Any, Final, Generic, TypeVar

from sipcm.httpui.filters import HIGHEST, Asked
from sipcm.httpui.order import Best, Entry, Order, Place
from sipcm.httpui.patience import Turns

T = TypeVar("T")

Block = tuple[Sequence[T], Sequence[int]]
"""Items, and the number of each."""

BLOCK: Final = 256
"""Items of a block, about, so that a look at the clock between two costs nothing."""

SHORT: Final = 1_000_000
"""Nanoseconds that the items which are looked at between two looks at the clock may take."""

MASK: Final = 63


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What was found: the entries to show, and the number of each.

    ``matched`` counts all that fit, from wherever they are shown; ``next`` are the parameters that
    lead to the page behind these, None where there is none.
    """

    numbers: Sequence[int]
    shown: list[T]
    matched: int
    next: dict[str, object] | None


async def find(blocks: Iterable[Block[T]], asked: Asked[T], now: int = 0) -> Found[T]:
    """Return what is *asked* for of what is in *blocks*, in any order, at the moment *now*."""
    with Turns(1) as turns:
        finder: _Sorted[T] | _Numbered[T]
        finder = _Numbered(asked) if asked.order is None else _Sorted(asked, asked.order, now)
        step = 1 if asked.slow else BLOCK
        for all_items, all_numbers in blocks:
            at = 0
            while at < len(all_items):
                items = all_items[at : at + step]
                begun = monotonic_ns()
                places = asked.picks(items, now)
                if asked.slow:
                    step = next_step(step, monotonic_ns() - begun)
                await finder.take(items, all_numbers[at : at + len(items)], places, turns)
                at += len(items)
                if turns.over():
                    await turns.next()
        return await finder.found(turns)


def next_step(step: int, took: int) -> int:
    """Return how many items to look at next, when so many have taken so many nanoseconds."""
    if took > SHORT:
        return max(step // 2, 1)
    return min(step * 2, BLOCK) if took < SHORT // 4 else step


class _Numbered(Generic[T]):
    """Finds entries in the order of their numbers."""

    def __init__(self, asked: Asked[T]) -> None:
        # One more than is shown: where the next page begins. The highest number is the first to
        # go. Numbers and items are apart, since pairs of them would be a burden for the garbage
        # collector.
        self._asked = asked
        self._highest: list[int] = []
        self._kept: dict[int, T] = {}
        self._matched = 0

    async def take(
        self, items: Sequence[T], numbers: Sequence[int], places: Sequence[int], _turns: Turns
    ) -> None:
        """Take in those of *items* that are at *places*."""
        highest, kept, asked = self._highest, self._kept, self._asked
        self._matched += len(places)
        start, most = asked.start, asked.most
        if len(kept) > most:
            bound = -highest[0]
            places = [place for place in places if start <= numbers[place] < bound]
        for place in places:
            number = numbers[place]
            if number < start:
                continue
            if len(kept) <= most:
                heappush(highest, -number)
                kept[number] = items[place]
            elif number < -highest[0]:
                del kept[-heapreplace(highest, -number)]
                kept[number] = items[place]

    async def found(self, turns: Turns) -> Found[T]:
        """Return what was found."""
        highest, kept = self._highest, self._kept
        following: dict[str, object] | None = None
        if len(kept) > self._asked.most:
            following = {"s": -heappop(highest)}
        numbers = array("q")
        shown: list[T] = []
        while highest:
            number = -heappop(highest)
            numbers.append(number)
            shown.append(kept.pop(number))
            if not len(shown) & MASK and turns.over():
                await turns.next()
        numbers.reverse()
        shown.reverse()
        return Found(numbers, shown, self._matched, following)


class _Sorted(Generic[T]):
    """Finds entries in an order that was asked for; those with an unknown key come last."""

    def __init__(self, asked: Asked[T], order: Order, now: int) -> None:
        limit = min(asked.most, HIGHEST - 1) + 1  # one more: whether there is a next page
        self._asked = asked
        self._order = order
        self._moment = order.moment(now)
        self._known: Best[T] = Best(limit, falling=order.falling)
        self._unknown: Best[T] = Best(limit, falling=order.falling)
        self._matched = 0

    async def take(
        self, items: Sequence[T], numbers: Sequence[int], places: Sequence[int], turns: Turns
    ) -> None:
        """Take in those of *items* that are at *places*."""
        self._matched += len(places)
        start, key, moment = self._asked.start, self._order.key, self._moment
        found: list[Entry[T]] = [
            (numbers[at] if key is None else key(items[at], moment), numbers[at], items[at])
            for at in places
            if numbers[at] >= start
        ]
        known = [entry[0] is not None for entry in found]
        unknown: list[Entry[T]] = []
        if not all(known):
            unknown = [(0, number, item) for key, number, item in found if key is None]
            found = list(compress(found, known))
        if (after := self._order.after) is not None:
            found, unknown = self._behind(after, found, unknown)
        for best, entries in ((self._known, found), (self._unknown, unknown)):
            if entries and best.add(entries):
                best.keep(await self._all_of(best, turns))

    def _behind(
        self, after: Place, known: list[Entry[T]], unknown: list[Entry[T]]
    ) -> tuple[list[Entry[T]], list[Entry[T]]]:
        """Leave out what is not behind *after*."""
        if after.key is None:
            return [], self._beyond((0, after.number), unknown)
        return self._beyond((after.key, after.number), known), unknown

    def _beyond(self, place: tuple[Any, int], entries: list[Entry[T]]) -> list[Entry[T]]:
        if self._order.falling:
            return [entry for entry in entries if entry[:2] < place]
        return [entry for entry in entries if entry[:2] > place]

    async def _all_of(self, best: Best[T], turns: Turns) -> list[Entry[T]]:
        kept: list[Entry[T]] = []
        for entry in best.ordered():
            kept.append(entry)
            if not len(kept) & MASK and turns.over():
                await turns.next()
        return kept

    async def found(self, turns: Turns) -> Found[T]:
        """Return what was found."""
        most = self._asked.most
        known = await self._all_of(self._known, turns)
        unknown = await self._all_of(self._unknown, turns) if len(known) <= most else []
        more = len(known) + len(unknown) > most
        shown = known[:most]
        place = self._order.place
        places = [place(key, number, self._moment) for key, number, _ in shown[-1:]]
        if len(shown) < most and unknown:
            rest = unknown[: most - len(shown)]
            places = [place(None, rest[-1][1], self._moment)]
            shown += rest
        following: dict[str, object] | None = None
        if more:
            last = places[0] if places else self._order.after
            following = {"after": "" if last is None else str(last)}
        return Found(
            array("q", [number for _, number, _ in shown]),
            [item for _, _, item in shown],
            self._matched,
            following,
        )
