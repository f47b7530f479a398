"""Regular expressions of RE2: linear in the text, bounded in memory, whoever wrote them.

Many are nothing but a text, at the begin or the end or anywhere: that is looked for without RE2,
which would take ten times as long.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from sipcm.option import quote
from sipcm.select.texts import encoded, wire

LONGEST: Final = 256
"""Characters of a regular expression."""

MEMORY: Final = 1 << 18
"""Bytes that a regular expression may take; one that needs more is refused."""

_LITERAL = re.compile(r"(\^?)((?:[^\\.^$*+?()\[\]{}|]|\\[!-/:-@\[-`{-~])*)(\$?)", re.DOTALL)
_UNIT = re.compile(
    r"(?:([^\\.^$*+?()\[\]{}|]|\\[!-/:-@\[-`{-~])|\[\^?\]?[^\[\]\\]*\]|[.^$])([*+?]?)\??", re.DOTALL
)
"""A character or any of some, and how often it may come."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ANCHOR = re.compile(r"\^|\\[AbB]")


def searcher(text: str) -> Callable[[bytes], Any]:
    """Return what searches bytes for the regular expression *text*: None where it finds nothing.

    ValueError says what is wrong with *text*, in a line of its own.
    """
    try:
        import re2  # noqa: PLC0415  only who uses it pays for it
    except ImportError:  # there is none for PyPy
        raise ValueError(
            "a regular expression takes the library google-re2, which is not installed"
        ) from None
    if len(text) > LONGEST:
        raise ValueError(
            f"a regular expression has at most {LONGEST} characters, this one has {len(text)}"
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    re2.purge()  # it would keep the last 128 that anybody thought of
    try:
        search: Callable[[bytes], Any] = re2.compile(encoded(text), options=options).search
    except re2.error as error:
        reason = wire(error.args[0])
        raise ValueError(f"{quote(text)} is not a regular expression: {reason}") from None
    return search


def literal(text: str) -> tuple[str, bytes] | None:
    """Return what the regular expression *text* looks for and where, if it is only a text.

    The place is a form with the text to search and the text to find in it.
    """
    found = _LITERAL.fullmatch(text)
    if found is None:
        return None
    begin, middle, end = found.groups()
    if begin and end:
        form = "{0} == {1}"
    elif begin:
        form = "{0}.startswith({1})"
    else:
        form = "{0}.endswith({1})" if end else "{1} in {0}"
    return form, encoded(_ESCAPED.sub(r"\1", middle))


def needed(text: str) -> bytes:
    """Return the longest text that whatever the regular expression *text* finds has in it.

    It is empty where there is none, or none is found out.
    """
    runs, at = [""], 0
    while at < len(text):
        unit = _UNIT.match(text, at)
        if unit is None:
            return b""
        at = unit.end()
        char, often = unit[1] or "", unit[2]
        if char and often in ("", "+"):
            runs[-1] += char[-1]
        if often or not char:
            runs.append("")
    return encoded(max(runs, key=len))


def depends_on_begin(text: str) -> bool:
    """Tell whether the regular expression *text* may see where a text begins."""
    return _ANCHOR.search(text) is not None
