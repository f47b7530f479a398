"""Things by number, in a small dictionary for each range of numbers in place of a great one.

As in :mod:`sipcm.state.parts` none of them takes long to be made anew. Numbers are given in order,
and what has one goes some time later: a range fills up, becomes sparse and is gone. A dictionary
keeps the memory of the most it ever held, so that a single call which lasts would keep that of
thousands; therefore a range is copied into one that fits when it is full, and whenever half of it
has gone then.
"""

from itertools import chain

from sipcm.annotation import Final, Generic, Iterator, Sequence, TypeVar, final, i64

T = TypeVar("T")

BITS: Final = 12
"""Of a number, those that tell it from others of its range."""


@final
class Ranges(Generic[T]):
    """What a dictionary from numbers is; in their order where they were put in by it."""

    __slots__ = ("_count", "_newest", "_ranges")

    def __init__(self) -> None:
        self._count: i64 = 0
        self._ranges: dict[int, dict[int, T]] = {}
        self._newest: i64 = -1  # the range that fills up, whose room will be needed

    def get(self, number: i64) -> T | None:
        """Return what has *number*, None where nothing has."""
        things = self._ranges.get(number >> BITS)
        return None if things is None else things.get(number)

    def several(self, numbers: Sequence[int]) -> list[T | None]:
        """Return for each of *numbers*, which ascend, what has it, None where nothing has."""
        from bisect import bisect_left  # noqa: PLC0415  only pages ask

        found: list[T | None] = []
        nothing: dict[int, T] = {}
        at = 0
        while at < len(numbers):
            place = numbers[at] >> BITS
            end = bisect_left(numbers, place + 1 << BITS, at)
            found += map(self._ranges.get(place, nothing).get, numbers[at:end])
            at = end
        return found

    def __getitem__(self, number: i64) -> T:
        """Return what has *number*; KeyError where nothing has."""
        return self._ranges[number >> BITS][number]

    def __setitem__(self, number: i64, thing: T) -> None:
        """Let *thing* have *number*."""
        place = number >> BITS
        things = self._ranges.get(place)
        if things is None:
            things = {}
            self._ranges[place] = things
            if place > self._newest:
                self._fit(self._newest)
                self._newest = place
        before: i64 = len(things)
        things[number] = thing
        self._count += len(things) - before

    def pop(self, number: i64) -> T | None:
        """Let nothing have *number*; return what had it, None where nothing had."""
        thing = self.get(number)
        if thing is not None:
            del self[number]
        return thing

    def __delitem__(self, number: i64) -> None:
        """Let nothing have *number*; KeyError where nothing has."""
        place = number >> BITS
        things = self._ranges[place]
        del things[number]
        self._count -= 1
        left: i64 = len(things)
        if left == 0:
            del self._ranges[place]
        elif left & (left - 1) == 0 and place != self._newest:
            self._fit(place)

    def __contains__(self, number: i64) -> bool:
        """Tell whether something has *number*."""
        things = self._ranges.get(number >> BITS)
        return things is not None and number in things

    def __len__(self) -> int:
        """Return how many numbers there are."""
        return self._count

    def __iter__(self) -> Iterator[int]:
        """Return all numbers, the lowest first."""
        return chain.from_iterable(self._ranges.values())

    def __reversed__(self) -> Iterator[int]:
        """Return all numbers, the highest first."""
        return chain.from_iterable(map(reversed, reversed(self._ranges.values())))

    def _fit(self, place: i64) -> None:
        """Let the range at *place*, if there is one, have no more room than it needs."""
        things = self._ranges.get(place)
        if things is not None:
            self._ranges[place] = dict(things)
