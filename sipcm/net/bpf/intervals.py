"""Sets of unsigned 32-bit numbers as sorted tuples of closed intervals that do not touch.

What a test asks for and what is known of a value are both such sets, so that one is decided by the
other: a subset is true, no common number is false.
"""

from collections.abc import Callable, Iterable
from typing import Final

HIGHEST: Final = 0xFFFFFFFF

Intervals = tuple[tuple[int, int], ...]
Join = Callable[[Intervals, Intervals], Intervals]

NOTHING: Final[Intervals] = ()
EVERYTHING: Final[Intervals] = ((0, HIGHEST),)
ZERO: Final[Intervals] = ((0, 0),)


def only(number: int) -> Intervals:
    """Return the set of one *number*."""
    return ((number, number),)


def between(lowest: int, highest: int) -> Intervals:
    """Return the numbers from *lowest* to *highest*; none where that is the wrong way round."""
    return ((lowest, highest),) if lowest <= highest else NOTHING


def union(some: Intervals, others: Intervals) -> Intervals:
    """Return what is in one of the two sets."""
    return _joined(sorted(some + others))


def intersection(some: Intervals, others: Intervals) -> Intervals:
    """Return what is in both sets."""
    common = []
    at = to = 0
    while at < len(some) and to < len(others):
        low, high = some[at]
        first, last = others[to]
        if low <= last and first <= high:
            common.append((max(low, first), min(high, last)))
        if high < last:
            at += 1
        else:
            to += 1
    return tuple(common)


def complement(numbers: Intervals) -> Intervals:
    """Return what is not in the set."""
    gaps = []
    begin = 0
    for low, high in numbers:
        if begin < low:
            gaps.append((begin, low - 1))
        begin = high + 1
    if begin <= HIGHEST:
        gaps.append((begin, HIGHEST))
    return tuple(gaps)


def settled(known: Intervals, wanted: Intervals) -> bool | None:
    """Tell whether a number of *known* is one of *wanted*; None where it may be or not."""
    if len(known) == len(wanted) == 1:
        [(low, high)], [(first, last)] = known, wanted
        if high < first or last < low:
            return False
        return True if first <= low and high <= last else None
    common = intersection(known, wanted)
    if not common:
        return False
    return True if common == known else None


def contains(numbers: Intervals, number: int) -> bool:
    """Tell whether *number* is in the set."""
    return any(low <= number <= high for low, high in numbers)


def joined(sets: Iterable[Intervals], join: Join) -> Intervals:
    """Return what *join* makes of all sets, joining them in pairs: each is looked at few times."""
    left = list(sets)
    while len(left) > 1:
        odd = left[-1:] if len(left) % 2 else []
        left = [*map(join, left[::2], left[1::2]), *odd]
    return left[0]


def _joined(ordered: Iterable[tuple[int, int]]) -> Intervals:
    joined: list[tuple[int, int]] = []
    for low, high in ordered:
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)
