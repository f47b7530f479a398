"""What pages have in common: sheets, scripts and the icon, read and packed once at the start.

They are given out without comments and indentation, which nobody reads there.
"""

import gzip
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_ASIDE: Final = re.compile(rb"^[ \t]*(?://.*\n|/\*.*?\*/\n)|^[ \t]+", re.MULTILINE)
"""Blanks at the begin of a line, and comments that have lines to themselves."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What is given out, as it is and packed (RFC 9110 8.4.1.3), and its Content-Type."""

    content: bytes
    packed: bytes
    content_type: str


def bare(source: bytes) -> bytes:
    """Return the sheet or script *source*, no text of which spans lines, without what is aside."""
    return _ASIDE.sub(b"", source)


def _read(name: str, content_type: str) -> Asset:
    content = files("sipcm.httpui").joinpath("static", name).read_bytes()
    if not name.endswith(".svg"):
        content = bare(content)
    return Asset(content, gzip.compress(content, mtime=0), content_type)


ASSETS: Final = {
    f"/static/{name}": _read(name, content_type)
    for name, content_type in (
        ("style.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("sipcm.js", "text/javascript"),
        ("upload.css", "text/css"),
        ("upload.js", "text/javascript"),
    )
}
"""All of them, by path."""

# Browsers look here for the icon of what names none: texts, and a drawing by itself.
ASSETS["/favicon.ico"] = ASSETS["/static/icon.svg"]
