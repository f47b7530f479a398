"""Text as cells of HTML tables, for rows that are written without a template.

A template takes a tenth of a millisecond for each row of a list, most of it to find out what it was
given. Here it is known: text from the wire, which goes through :func:`cell` or :func:`breaking`.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from markupsafe import Markup
from markupsafe import escape as markup_escape

from sipcm.export.timetext import BILLION, rfc3339
from sipcm.log import escape
from sipcm.select.texts import wire

REFUSED: Final = 400
"""From this status on a response refuses."""

_TELLING: Final = re.compile("""[&<>"']""").search
"""Finds what HTML does not take as it is."""


def cell(text: str) -> str:
    """Return *text* for HTML, what is not printable spelt out."""
    return _written(_printable(text))


def breaking(text: str, before: str) -> str:
    """Return *text* as :func:`cell` does, with room for a line break before each of *before*."""
    text = _printable(text)
    for char in before:
        text = text.replace(char, f"\n{char}")
    return _written(text).replace("\n", "<wbr>")


def _printable(text: str) -> str:
    return text if text.isprintable() else escape(text)


def _written(text: str) -> str:
    return text if _TELLING(text) is None else str(markup_escape(text))


@lru_cache(maxsize=1024)
def usual(value: bytes, before: str) -> str:
    """Return what :func:`breaking` does of bytes that are the same in many rows."""
    return breaking(wire(value), before)


def time_of(timestamp: int) -> str:
    """Return what rfc3339 does, the second of which is the same in many rows."""
    seconds, rest = divmod(timestamp, BILLION)
    return f"{_second(seconds)}{rest:09}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return rfc3339(seconds * BILLION)[: -len("000000000Z")]


def moment(time: str, *, dated: bool) -> str:
    """Return the cell with *time* (RFC 3339), which tells the day too if it is to be *dated*."""
    day = f"{time[:10]} " if dated else ""
    return f'<td><time datetime="{time}">{day}{time[11:23]}</time></td>'


def mark(status: int) -> str:
    """Return the class that a cell with *status* has besides: that of what is bad."""
    return " bad" if status >= REFUSED else ""


def grouped(rows: Iterable[tuple[str, str]]) -> Iterator[Markup]:
    """Yield *rows*, which are pairs of what stands above a group of them, and the row itself.

    Where nothing is to stand above them that is empty.
    """
    before = ""
    for head, row in rows:
        above = ""
        if head != before:
            above = f"</tbody><tbody>\n{head}\n" if before else f"{head}\n"
            before = head
        yield Markup(above + row)  # noqa: S704  its texts went through cells


def head_of(html: str, columns: int, kind: str = "") -> str:
    """Return the row with *html* that stands above a group of rows with so many *columns*."""
    of = f' class="{kind}"' if kind else ""
    return f'<tr><th scope="rowgroup" colspan="{columns}"{of}>{html}</th></tr>'
