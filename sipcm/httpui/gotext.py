"""Text as Go programs print it, which the text face keeps for the scripts that read it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

NO_TIME = "0001-01-01 00:00:00 +0000 UTC"
"""How Go prints a time that is not set."""

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": "\\\\",
    '"': r"\"",
}
_SECOND = 1_000_000_000

PART: Final = 1024
"""Characters that are escaped at once."""


def quoted(value: bytes) -> str:
    r"""Return *value* between quotes as %q does: what is no UTF-8 or not printable is escaped."""
    return f'"{_escaped(value.decode("utf-8", "surrogateescape"))}"'


def quoted_parts(value: bytes) -> Iterator[str]:
    """Yield what :func:`quoted` returns for a long *value*, part by part."""
    text = value.decode("utf-8", "surrogateescape")
    yield '"'
    for at in range(0, len(text), PART):
        yield _escaped(text[at : at + PART])
    yield '"'


def time_text(timestamp: int) -> str:
    """Render nanoseconds since the epoch in UTC, cut to whole seconds; below 0 is no time."""
    if timestamp < 0:
        return NO_TIME
    return _second_text(timestamp // _SECOND)


@lru_cache(1024)  # events of a list are close together
def _second_text(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S} +0000 UTC"


def _escaped(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(map(_escape, text))


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that surrogateescape could not decode
        return f"\\x{code - 0xDC00:02x}"
    if char.isprintable():
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
