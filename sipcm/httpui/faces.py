"""From a page to one of its faces, piece by piece: long lists are never one long string."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from markupsafe import escape as markup_escape

from sipcm import duration
from sipcm.httpui.cells import breaking
from sipcm.httpui.negotiate import Face
from sipcm.httpui.page import Listing, Page
from sipcm.log import escape

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the begin of a formula; of the last four some do."""

SHORT: Final = 8
"""Items of a list that are written at once."""

_THIN = "\u202f"
"""The blank between groups of digits, the only one that is not printable and may stand."""

_SURROGATE = r"\udc"
"""How JSON has half of a character: of one beyond 16 bits, or a byte of a name that is no text."""


def figure(value: float) -> str:
    """Write a number for people: digits in groups of three, and two of a fraction."""
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return text.replace(",", _THIN)


def brief(value: float) -> str:
    """Write a rate for people, to about three digits."""
    if not value:
        return "0"
    return (
        figure(round(value)) if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.2f}"
    )


def seconds(value: float) -> str:
    """Write a time in seconds for people: ``1m2.5s``, to the millisecond."""
    return duration.render(round(value * 1000) * duration.MILLISECOND)


def breaks(text: str, before: str) -> Markup:
    """Let a line break in *text* before each of the characters *before*."""
    return Markup(breaking(text, before))  # noqa: S704  it is escaped


def editable(text: str) -> Markup:
    """Let *text* stand in a text area as it is, its line ends included.

    What is not printable is written by its number, which a browser reads as the same again.
    """
    return Markup(  # noqa: S704  it was escaped
        "".join(
            char if char.isprintable() or char in "\t\r\n" else f"&#x{ord(char):x};"
            for char in markup_escape(text)
        )
    )


def harmless(value: Any) -> Any:
    """Spell out what is not printable in a text, such as what turns the direction of writing."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value if value.replace(_THIN, "").isprintable() else escape(value)
    return value


TEMPLATES = Environment(
    loader=PackageLoader("sipcm.httpui"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    enable_async=False,
    auto_reload=False,
    finalize=harmless,
)
TEMPLATES.filters["breaks"] = breaks
TEMPLATES.filters["brief"] = brief
TEMPLATES.filters["editable"] = editable
TEMPLATES.filters["figure"] = figure
TEMPLATES.filters["seconds"] = seconds


_SECTIONS: Final = {"evrateblst": "events", "uploads": "upload"}
"""Which part of all pages paths belong to that do not begin with its name."""


@dataclass(frozen=True, slots=True)
class Around:
    """What HTML has around a page: where its links begin, and what is to be had.

    Where pages are ``readonly`` there are no forms that change something. ``uploads`` says whether
    captures may be sent. ``section`` is the part of all pages that the page is in, by the first
    part of its path.
    """

    base: str = ""
    readonly: bool = False
    uploads: bool = False
    section: str | None = None

    def at(self, path: str) -> "Around":
        """Return what is around the page at *path*, which begins behind ``base``."""
        first = path.removeprefix("/").partition("/")[0]
        return replace(self, section=_SECTIONS.get(first, first))

    def context(self) -> dict[str, Any]:
        """Return what templates see of it; only pages about an upload have one."""
        return {
            "base": self.base,
            "readonly": self.readonly,
            "takes_uploads": self.uploads,
            "section": self.section,
            "upload": None,
        }


NOTHING_AROUND: Final = Around()


def prepare() -> None:
    """Read all templates now: that takes long, and packets may come before a page is asked for."""
    for name in TEMPLATES.list_templates():
        TEMPLATES.get_template(name)


def pieces(page: Page, face: Face, around: Around = NOTHING_AROUND) -> Iterator[str]:
    """Return the *face* of *page*, as pieces to be joined; there is a CSV only of a list."""
    if face == Face.HTML:
        return _html(page, around)
    if face == Face.JSON:
        return _json(page)
    if face == Face.CSV and page.listing is not None:
        return _csv(page.listing)
    return _text(page)


def _text(page: Page) -> Iterator[str]:
    yield page.text
    if page.rest is not None:
        yield from page.rest()
    if page.listing is not None:
        yield from map(page.listing.text, page.listing.found)
        yield page.listing.end


def _html(page: Page, around: Around) -> Iterator[str]:
    context = {**around.context(), "title": page.title, **page.data, **page.extra}
    if (listing := page.listing) is not None:
        rows = listing.rows
        found = listing.found
        context[listing.name] = map(listing.data, found) if rows is None else rows(found)
    return TEMPLATES.get_template(page.template).generate(context)


def _json(page: Page) -> Iterator[str]:
    if page.listing is None:
        yield from _whole(page.data)
        return
    head = _dumps(page.data)[:-1]
    yield f"{head}, " if page.data else head
    yield f"{_dumps(page.listing.name)}: ["
    write = page.listing.json or partial(_data, page.listing)
    between = ""
    for row in page.listing.found:
        yield between + write(row)
        between = ",\n"
    yield "]}\n"


def _whole(data: dict[str, Any]) -> Iterator[str]:
    """Yield the JSON of *data*, lists that are not short item by item."""
    between = "{"
    for key, value in data.items():
        if isinstance(value, list) and len(value) > SHORT:
            yield between + _dumps({key: []})[1:-2]
            yield _dumps(value[0])
            for item in value[1:]:
                yield ", " + _dumps(item)
            yield "]"
        else:
            yield between + _dumps({key: value})[1:-1]
        between = ", "
    yield "}\n" if data else "{}\n"


def _data(listing: Listing[Any], row: Any) -> str:
    return _dumps(listing.data(row))


def _csv(listing: Listing[Any]) -> Iterator[str]:
    yield _csv_line(listing.columns)
    paths = [column.split(".") for column in listing.columns]
    for row in map(listing.data, listing.found):
        yield _csv_line(tuple(_cell(row, path) for path in paths))


def _csv_line(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(row: Any, path: list[str]) -> str:
    """Return the value at *path* for a spreadsheet: text from the wire is no formula there."""
    for key in path:
        row = row.get(key) if isinstance(row, dict) else None
    if isinstance(row, str):
        text = escape(row)
        return f"'{text}" if text.startswith(_FORMULA) else text
    return "" if row is None else json.dumps(row)


def _dumps(value: Any) -> str:
    text = json.dumps(value)
    return json.dumps(_as_text(value)) if _SURROGATE in text else text


def _as_text(value: Any) -> Any:
    r"""Return *value* with bytes of file names that are no text spelt out, as in ``\xff``."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {_as_text(key): _as_text(item) for key, item in value.items()}
    return [_as_text(item) for item in value] if isinstance(value, list | tuple) else value
