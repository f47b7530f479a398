"""Small charts as SVG 1.1: columns over time, one for each step.

A chart has no text but its title and description, which are for those who do not see it, and who
find the figures beside it too: so it may be stretched to whatever room there is. The column of the
step that is not over yet is open, the others are filled; colours are those of the style sheet.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

COLUMN: Final = 5
"""Width of a column with the gap behind it, in units of the drawing."""

GAP: Final = 1

LEAST: Final = 1.0
"""Height of the lowest column that is not nothing."""

DIGITS: Final = 1


class Column(NamedTuple):
    """A column: its place among the steps, its left and upper end, width and height."""

    step: int
    left: float
    top: float
    width: float
    height: float


def known(value: float | None) -> float:
    """Return *value* as a height can be made of it: 0 where it is none, infinite or below that."""
    return value if value is not None and math.isfinite(value) and value > 0 else 0.0


def highest(values: Sequence[float | None]) -> float:
    """Return the greatest of *values* that is a number; 0 where there is none."""
    return max(map(known, values), default=0.0)


def columns(values: Sequence[float | None], height: float) -> Iterator[Column]:
    """Yield the columns of *values*, the greatest of which is as high as the chart.

    What is nothing, or no number, has no column.
    """
    top = highest(values)
    for step, value in enumerate(map(known, values)):
        if value:
            tall = min(max(height * (value / top), LEAST), height)
            left = float(step * COLUMN)
            yield Column(step, left, height - tall, float(COLUMN - GAP), tall)


def fold(values: Sequence[float | None], most: int) -> list[float | None]:
    """Return *values* as at most so many, each the mean of as many of them, counted from the end.

    What is not known counts for nothing, unless none of those that come together is known.
    """
    if not values:
        return []
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
    over: list[str] = []
    running = ""
    for column in columns(values, height):
        if column.step == len(values) - 1:
            running = _outline(column)
        else:
            over.append(_outline(column))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img">'
        "<title>{}</title><desc>{}</desc>"
        '<path class="columns" d="M0 0{}"/><path class="running" d="M0 0{}"/></svg>'
    ).format(width, height, title, about, "".join(over), running)


def _outline(column: Column) -> str:
    left, top, width, tall = (
        _short(part) for part in (column.left, column.top, column.width, column.height)
    )
    return f"M{left} {top}h{width}v{tall}h-{width}z"


def _short(value: float) -> str:
    """Write a length to a tenth, without a fraction that is nothing."""
    return f"{value:.{DIGITS}f}".removesuffix(".0")
