"""Small charts as SVG 1.1: columns over time, one for each step.

A chart has no text but its title and description, which are for those who do not see it, and who
find the figures beside it too: so it may be stretched to whatever room there is. The column of the
step that is not over yet is open, the others are filled; colours are those of the style sheet.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from sipcm.httpui.cells import cell

COLUMN: Final = 5
"""Width of a column with the gap behind it, in units of the drawing."""

GAP: Final = 1

LEAST: Final = 1.0
"""Height of the lowest column that is not nothing."""

TENTHS: Final = 10
"""Of a unit are the shortest lengths that are written."""


def known(value: float | None) -> float:
    """Return *value* as a height can be made of it: 0 where it is none, infinite or below that."""
    return value if value is not None and 0 < value < math.inf else 0.0


def highest(values: Sequence[float | None]) -> float:
    """Return the greatest of *values* that is a number; 0 where there is none."""
    return max(map(known, values), default=0.0)


def ends(values: Sequence[float | None], height: float) -> list[float | None]:
    """Return the upper ends of the columns of *values*, the greatest of which is at 0.

    What is nothing, or no number, has no column.
    """
    heights = list(map(known, values))
    top = max(heights, default=0.0)
    return [height - max(height * (value / top), LEAST) if value else None for value in heights]


def fold(values: Sequence[float | None], most: int) -> list[float | None]:
    """Return *values* as at most so many, each the mean of as many of them, counted from the end.

    What is not known counts for nothing, unless none of those that come together is known.
    """
    if not values:
        return []
    if len(values) <= most:
        return list(values)
    lump = math.ceil(len(values) / most)
    # What is left at the begin is less than a whole one, and has its own place if there is one.
    first = len(values) % lump
    starts = range(first - lump if first else 0, len(values), lump)
    return [_mean(values[max(start, 0) : start + lump]) for start in starts]


def _mean(values: Sequence[float | None]) -> float | None:
    some = [value for value in values if value is not None]
    return sum(value / len(some) for value in some) if some else None


def draw(values: Sequence[float | None], *, height: int, title: str, about: str) -> Markup:
    """Return the chart of *values*, which is called *title* and told of in words by *about*."""
    width = max(len(values) * COLUMN - GAP, 1)
    feet, lengths = _feet(len(values), height), _lengths(height)
    *over, last = ends(values, height) or [None]
    drawn = [
        foot + lengths[round(TENTHS * end)]
        for foot, end in zip(feet, over, strict=False)
        if end is not None
    ]
    paths = f'<path class="columns" d="{"".join(drawn)}"/>' if drawn else ""
    if last is not None:
        left, wide, top = (len(values) - 1) * COLUMN, COLUMN - GAP, lengths[round(TENTHS * last)]
        tall = lengths[round(TENTHS * (height - last))]
        paths += f'<path class="running" d="M{left} {top}h{wide}v{tall}h-{wide}z"/>'
    return Markup(  # noqa: S704  its texts went through cells
        f'<svg class="chart" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img">'
        f"<title>{cell(title)}</title><desc>{cell(about)}</desc>{paths}</svg>"
    )


@lru_cache(maxsize=4)
def _feet(steps: int, height: int) -> list[str]:
    """Return where the column of each step begins, which goes on with its upper end.

    It is a line, which the style sheet makes as wide: there are many of them.
    """
    return [f"M{step * COLUMN + (COLUMN - GAP) // 2} {height}V" for step in range(steps)]


@lru_cache(maxsize=4)
def _lengths(most: int) -> list[str]:
    """Return all lengths up to *most* in tenths, without a fraction that is nothing."""
    return [f"{tenths / TENTHS:.1f}".removesuffix(".0") for tenths in range(most * TENTHS + 1)]
