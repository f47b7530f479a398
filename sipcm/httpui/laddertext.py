"""Draw a ladder with letters, for terminals: one line a message.

News are drawn through, what was seen before is broken and named. What a message is stands on its
line, cut where there is no room.
"""

from collections.abc import Iterator
from typing import Final

from sipcm.export.timetext import date_time_text
from sipcm.httpui.ladder import MARKS, Arrow, Column, Fate, Ladder, cells, clip, left_out

GUTTER: Final = 23
"""Places for time and what has passed since the message before, beside those of the number."""

NARROWEST: Final = 14
WIDEST: Final = 44
"""Places from one column to the next."""

LEAST: Final = 60
USUAL: Final = 100
MOST: Final = 400
"""Places of a line: at least, where it is not said, and at most."""

_LINES: Final = 3
"""Lines of one text above a column."""

_TITLE: Final = "# time, UTC      +since "
_SINCE: Final = 8
_DAY: Final = 86_400


class Grid:
    """Where the lines of the columns of *ladder* stand when it is to be *width* places wide."""

    def __init__(self, ladder: Ladder, width: int) -> None:
        self.columns = ladder.columns
        self.digits = max([3, *(len(str(arrow.sent.number)) for arrow in ladder.arrows[-1:])])
        self.gutter = self.digits + GUTTER
        count = max(len(self.columns), 1)
        self.margin = 9 if width < USUAL else 11
        room = width - self.gutter - 2 * self.margin - 1
        self.step = max(min(room // max(count - 1, 1), WIDEST), NARROWEST)
        self.at = [self.margin + self.step * number for number in range(count)]
        self.width = self.at[-1] + self.margin + 1
        self.whole = max(width - self.gutter, self.width)

    def room(self, number: int) -> int:
        """Return how many places there are above the column of that *number*."""
        inner = 0 < number < len(self.columns) - 1
        beside = self.step if inner else min(self.step, 2 * self.margin)
        return max(beside - 1, 1)


def lines(ladder: Ladder, width: int = USUAL) -> Iterator[str]:
    """Yield the lines of *ladder*, *width* places wide where there are not too many columns."""
    grid = Grid(ladder, width)
    yield from (f"... {note}" for note in left_out(ladder))
    yield from _heads(grid)
    for arrow in ladder.arrows:
        yield f"{_times(arrow, grid.digits)}{_drawn(grid, arrow)}".rstrip()


def _heads(grid: Grid) -> Iterator[str]:
    """Yield name, host, port and product above each column, in as many lines as they need."""
    tops = [_head(column, grid.room(number)) for number, column in enumerate(grid.columns)]
    height = max(map(len, tops), default=0)
    for line in range(height):
        places = [" "] * grid.whole
        for top, at in zip(tops, grid.at, strict=False):
            text = top[line] if line < len(top) else ""
            _lay(places, max(at - cells(text) // 2, 0), text)
        title = _TITLE if line == height - 1 else ""
        yield f"{' ' * (grid.digits - 1)}{title:<{GUTTER + 1}}{''.join(places)}".rstrip()


def _head(column: Column, room: int) -> list[str]:
    whole = f"{column.host}:{column.port}"
    ends = [whole]
    if not column.port.isdigit() or len(whole) > room:
        ends = [*_wrapped(column.host, room), column.port]
    return [*_wrapped(column.peer, room), *ends, *_wrapped(column.agent, room)]


def _wrapped(text: str, room: int) -> list[str]:
    """Cut *text* into a few lines."""
    found: list[str] = []
    while text:
        last = len(found) == _LINES - 1 or cells(text) <= room
        line = clip(text, room) if last else clip(text, room + 1)[:-1]
        found.append(line)
        text = "" if last else text[len(line) :].lstrip()
    return found


def _times(arrow: Arrow, digits: int) -> str:
    clock = date_time_text(arrow.sent.timestamp)[11:]
    return f"{arrow.sent.number:{digits}} {clock} {_since(arrow.since_last):>{_SINCE}} "


def _since(nanoseconds: int) -> str:
    """Return what has passed: in seconds to the millisecond, if it is long in seconds or days."""
    passed = nanoseconds / 1_000_000_000
    for text in (f"{passed:+.3f}", f"{passed:+.0f}"):
        if len(text) <= _SINCE:
            return text
    return f"{passed / _DAY:+.0f}d"


def _drawn(grid: Grid, arrow: Arrow) -> str:
    """Return the lines of the columns, and the arrow over them."""
    places = [" "] * grid.whole
    for at in grid.at:
        _lay(places, at, "|")
    left, right = sorted((grid.at[arrow.begin], grid.at[arrow.end]))
    words = f"{MARKS[arrow.sent.fate]} {arrow.sent.label}".strip()
    if left == right:
        last = arrow.begin == len(grid.columns) - 1
        room = grid.whole - left if last else grid.step
        _lay(places, left + 1, clip(f"<> {words}", room - 1))
        return "".join(places)
    inside = right - left - 2  # beside the head
    forward = arrow.end > arrow.begin
    begin = left + 1 if forward else left + 2
    stroke = "-" if arrow.sent.fate == Fate.NEWS else "- "
    _lay(places, begin, (stroke * inside)[:inside])
    # Where it is narrow the words matter more than the line, of which one place stays.
    text = f" {words} " if cells(words) <= inside - 4 else clip(words, inside - 1)
    _lay(places, begin + (inside - cells(text) + forward) // 2, text)
    _lay(places, right - 1 if forward else left + 1, ">" if forward else "<")
    return "".join(places)


def _lay(places: list[str], at: int, text: str) -> None:
    """Lay *text* over *places* from *at* on; what takes two places leaves the second empty."""
    for char in text:
        size = cells(char)
        places[at : at + size] = [char, ""][:size]
        at += size
