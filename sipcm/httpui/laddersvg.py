"""Draw a ladder as SVG 1.1: for a page, where a style sheet colours it, or as a file of its own.

Colours are presentation attributes, so that a file needs no style and no script; the classes are
for the sheet of the pages, which goes before them and knows the dark. Nothing tells by colour
alone: requests have filled heads, responses open ones, what was seen before is broken, and status
and words stand beside. Positions are pixels.
"""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from sipcm.export.timetext import date_time_text
from sipcm.httpui.ladder import (
    MARKS,
    Arrow,
    Column,
    Fate,
    Kind,
    Ladder,
    cells,
    clip,
    left_out,
    seconds,
)

LETTER: Final = 7.3
"""Width of a letter at 12 pixels; those of monospaced fonts are 0.6 of their height."""

SMALL: Final = 6.4
"""Width of a letter at 10.5 pixels."""

GUTTER: Final = 118
"""Width of the times at the left."""

NARROWEST: Final = 138
WIDEST: Final = 270
"""Width from one column to the next."""

DESK: Final = 1150
"""Width of a drawing beyond which its columns are no wider than they must be."""

MARGIN: Final = 12
HEADER: Final = 58
NAMES: Final = 15
"""How much higher what stands above the columns is where one of them has a name."""

ROW: Final = 44
LINE: Final = 16
LONG: Final = 15
"""Rows from which on the endpoints stand below the ladder too."""

LOOP: Final = 40
"""How far an arrow goes to the right that comes back to its column."""

_INK: Final = "#17202a"
_FAINT: Final = "#56616d"
_RULE: Final = "#b8c0c8"
_COLOURS: Final = {
    Kind.REQUEST: "#0b63a5",
    Kind.PROVISIONAL: "#56616d",
    Kind.SUCCESS: "#1b6e3a",
    Kind.REDIRECTION: "#6a3fa0",
    Kind.CHALLENGE: "#8a5a00",
    Kind.FAILURE: "#b3261e",
}
_DASHES: Final = {Fate.NEWS: "", Fate.REPEAT: "7 4", Fate.COPY: "2 4", Fate.LATE: "2 4"}
_FONT: Final = (
    "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', "
    "monospace"
)


class Drawing:
    """Where things of *ladder* are: what the drawing and its tests have in common."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.step = _step(ladder)
        self.notes = left_out(ladder)
        columns = max(len(ladder.columns), 1)
        self.width = round(GUTTER + self.step * columns + MARGIN)
        self.names = NAMES if any(column.peer for column in ladder.columns) else 0
        self.head = HEADER + self.names
        self.top = self.head + LINE * len(self.notes)
        self.end = self.top + ROW * len(ladder.arrows)
        self.long = len(ladder.arrows) >= LONG
        self.height = self.end + (self.head if self.long else MARGIN)

    def x(self, column: int) -> float:
        """Return where the line of *column* stands."""
        return GUTTER + self.step * (column + 0.5)

    def y(self, row: int) -> int:
        """Return where the arrow of *row* lies."""
        return self.top + ROW * row + ROW // 2

    def label(self, arrow: Arrow) -> tuple[float, str]:
        """Return the middle of what stands at *arrow*, and as much of it as there is room for."""
        middle, room = self._room(arrow)
        return middle, clip(arrow.sent.label, int(room / LETTER))

    def detail(self, arrow: Arrow) -> tuple[float, str]:
        """Return the same of what stands below."""
        middle, room = self._room(arrow)
        text = _detail(arrow)
        most = int(room / SMALL)
        return middle, clip(text if cells(text) <= most else text.replace("CSeq ", "", 1), most)

    def _room(self, arrow: Arrow) -> tuple[float, float]:
        left, right = sorted((self.x(arrow.begin), self.x(arrow.end)))
        if arrow.begin == arrow.end:
            return left, self.step - 8
        return (left + right) / 2, right - left - 20


def draw(ladder: Ladder, *, title: str, linked: bool) -> Iterator[Markup]:
    """Yield *ladder* as one SVG element; arrows are *linked* to the messages on the page."""
    return _parts(Drawing(ladder), title, linked=linked)


def document(ladder: Ladder, *, title: str) -> Iterator[str]:
    """Yield *ladder* as an SVG file."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield from draw(ladder, title=title, linked=False)
    yield "\n"


def _parts(drawing: Drawing, title: str, *, linked: bool) -> Iterator[Markup]:
    width, height = drawing.width, drawing.height
    narrow = " narrow" if len(drawing.ladder.columns) <= 2 else ""
    yield Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="ladder{}" role="{}" aria-label="{}"'
        ' width="{}" height="{}" viewBox="0 0 {} {}" font-family="{}" font-size="12">\n'
    ).format(narrow, "group" if linked else "img", title, width, height, width, height, _FONT)
    yield Markup("<title>{}</title>\n").format(title)
    yield Markup('<rect class="ground" width="{}" height="{}" fill="#ffffff"/>\n').format(
        width, height
    )
    yield _text(MARGIN, 16, "time, UTC", "faint", _FAINT, 10.5, "start")
    yield _text(MARGIN, 30, "since begin", "faint", _FAINT, 10.5, "start")
    yield _text(MARGIN, 44, "+since last", "faint", _FAINT, 10.5, "start")
    for number, column in enumerate(drawing.ladder.columns):
        yield _life(drawing, number)
        yield from _head(drawing, number, column, 14)
        if drawing.long:
            yield from _head(drawing, number, column, drawing.end + 16)
    for number, note in enumerate(drawing.notes):
        line = drawing.head + LINE * number + 10
        room = int((width - 2 * MARGIN) / SMALL)
        yield _text(MARGIN, line, clip(note, room), "note", _INK, 10.5, "start", halo=True)
    for row, arrow in enumerate(drawing.ladder.arrows):
        yield from _row(drawing, row, arrow, linked=linked)
    yield Markup("</svg>")


def _life(drawing: Drawing, number: int) -> Markup:
    return Markup(
        '<line class="life" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}" stroke="{3}"/>\n'
    ).format(drawing.x(number), drawing.head - 8, drawing.end, _RULE)


def _head(drawing: Drawing, number: int, column: Column, y: int) -> Iterator[Markup]:
    x = drawing.x(number)
    room = drawing.step - 8
    if column.peer:
        shown = clip(column.peer, int(room / LETTER))
        yield _text(x, y, shown, "peer", _INK, 12, whole=column.peer)
    y += drawing.names
    lines = (
        (column.host, LETTER, 12, "host", _INK),
        (column.port, LETTER, 12, "port", _INK),
        (column.agent, SMALL, 10.5, "faint", _FAINT),
    )
    for place, (text, letter, size, name, colour) in enumerate(lines):
        if text:
            shown = clip(text, int(room / letter))
            yield _text(x, y + 15 * place, shown, name, colour, size, whole=text)


def _row(drawing: Drawing, row: int, arrow: Arrow, *, linked: bool) -> Iterator[Markup]:
    sent = arrow.sent
    y = drawing.y(row)
    colour = _COLOURS[sent.kind]
    clock = date_time_text(sent.timestamp)[11:]
    since = f"{seconds(arrow.since_begin)} {arrow.since_last / 1_000_000_000:+.3f}"
    since = clip(since, int((GUTTER - MARGIN) / SMALL))
    middle, label = drawing.label(arrow)
    below, detail = drawing.detail(arrow)
    if linked:
        # What is seen comes first, as it is seen (WCAG 2.5.3): some steer by speaking it.
        name = f"{clock} {since} {label} {detail}: {_told(drawing, arrow)}"
        yield Markup('<a class="{} {}" href="#m{}" aria-label="{}">\n').format(
            sent.kind, sent.fate, sent.order, name
        )
    else:
        yield Markup('<g class="{} {}">\n').format(sent.kind, sent.fate)
    yield Markup("<title>{}</title>\n").format(_told(drawing, arrow))
    yield Markup(
        '<rect class="hit" x="0" y="{}" width="{}" height="{}" fill="#000000" fill-opacity="0"/>\n'
    ).format(y - ROW // 2, drawing.width, ROW)
    yield _text(MARGIN, y - 3, clock, "time", _INK, 12, "start")
    yield _text(MARGIN, y + 11, since, "faint", _FAINT, 10.5, "start")
    yield _line(drawing, arrow, y, colour)
    yield _text(middle, y - 6, label, "label", colour, 12, halo=True)
    yield _text(below, y + 13, detail, "faint", _FAINT, 10.5, halo=True)
    yield Markup("</a>\n") if linked else Markup("</g>\n")


def _line(drawing: Drawing, arrow: Arrow, y: int, colour: str) -> Markup:
    begin, end = drawing.x(arrow.begin), drawing.x(arrow.end)
    if arrow.begin == arrow.end:
        path = f"M{begin:.1f} {y - 4} h{LOOP} v8 h-{LOOP - 2}"
        head, back, at = end + 1, 8, y + 4
    else:
        forward = 1 if end > begin else -1
        path = f"M{begin:.1f} {y} H{end - forward * 2:.1f}"
        head, back, at = end - forward, -forward * 8, y
    dashes = _DASHES[arrow.sent.fate]
    filled = colour if arrow.sent.kind == Kind.REQUEST else "none"
    return Markup(
        '<path class="line" d="{}" fill="none" stroke="{}" stroke-width="1.6"{}/>\n'
        '<path class="head{}" d="M{:.1f} {} L{:.1f} {} L{:.1f} {}{}" fill="{}" stroke="{}"'
        ' stroke-width="1.4" stroke-linejoin="round"/>\n'
    ).format(
        path,
        colour,
        Markup(' stroke-dasharray="{}"').format(dashes) if dashes else "",
        " filled" if filled != "none" else "",
        head + back,
        at - 4,
        head,
        at,
        head + back,
        at + 4,
        " Z" if filled != "none" else "",
        filled,
        colour,
    )


def _text(
    x: float,
    y: float,
    text: str,
    name: str,
    colour: str,
    size: float,
    anchor: str = "middle",
    *,
    halo: bool = False,
    whole: str = "",
) -> Markup:
    behind = Markup(' paint-order="stroke" stroke="#ffffff" stroke-width="4"') if halo else ""
    more = Markup("<title>{}</title>").format(whole) if whole and whole != text else ""
    return Markup(
        '<text class="{}" x="{:.1f}" y="{}" text-anchor="{}" font-size="{}" fill="{}"{}>'
        "{}{}</text>\n"
    ).format(f"{name} halo" if halo else name, x, y, anchor, size, colour, behind, text, more)


def _detail(arrow: Arrow) -> str:
    words = (f"#{arrow.sent.number}", MARKS[arrow.sent.fate], arrow.sent.detail)
    return " ".join(word for word in words if word)


def _told(drawing: Drawing, arrow: Arrow) -> str:
    """Return all of a row in words."""
    source, destination = drawing.ladder.columns[arrow.begin], drawing.ladder.columns[arrow.end]
    return (
        f"{arrow.sent.label} from {source.named} to {destination.named}, {_detail(arrow)}, "
        f"{seconds(arrow.since_begin)} s after the begin"
    )


def _step(ladder: Ladder) -> float:
    """Return how far columns are apart: as far as what stands between them needs, in bounds."""
    heads = [max(cells(column.host), cells(column.peer)) * LETTER + 12 for column in ladder.columns]
    labels = [
        max(cells(arrow.sent.label) * LETTER, cells(_detail(arrow)) * SMALL) + 26
        for arrow in ladder.arrows
        if abs(arrow.begin - arrow.end) <= 1
    ]
    share = (DESK - GUTTER) / max(len(ladder.columns), 1)
    return min(max([NARROWEST, *heads, *labels]), max(min(WIDEST, share), NARROWEST))
