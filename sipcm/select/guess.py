"""What somebody may have meant who wrote no expression: a text, wherever in an item it may stand.

A text that is in quotes, or that has neither operators nor fields with words that ask for
something, is looked for as a whole.
"""

import re
from itertools import pairwise
from typing import Final

from sipcm.select.errors import SelectError
from sipcm.select.field import Field, Table
from sipcm.select.kinds import ADDRESS, STATUS, TOKEN, Kind
from sipcm.select.syntax import Comparison, Node, Value, either
from sipcm.select.tokens import END, QUOTED, tokens

LONGEST: Final = 128
"""Characters of a text that is looked for."""

_OPERATORS: Final = re.compile(r"[()=<>!~,&|]")
_ASKING: Final = ("in", "is", "contains", "icontains", "and", "or")
_STATUS: Final = re.compile(r"[1-6](?:[0-9]{2}|[xX]{2})")
_METHOD: Final = re.compile(r"[A-Z]{3,}")
_ENDPOINT: Final = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5})?|([^:]+):[0-9]{1,5}")
_PART_OF_ADDRESS: Final = re.compile(r"(?=.*[0-9a-fA-F])[0-9a-fA-F]*(?:[.:][0-9a-fA-F]*)+")


def guess(expression: str, table: Table) -> Node | None:
    """Return what finds the text *expression* where people look for it in items of *table*.

    None where it is meant as an expression, and where nobody looks for a text.
    """
    text = _text(expression, table)
    if not 0 < len(text) <= LONGEST:
        return None
    fields = [table.named(name) for name in table.looked_in]
    found = [asked for field in fields if (asked := _asked(field, text))]
    found.sort(key=lambda asked: asked.operator != "=")
    return either(found) if found else None


def _text(expression: str, table: Table) -> str:
    """Return the text that *expression* is, empty where it is more than that."""
    try:
        first, *rest = tokens(expression)
    except SelectError:
        first, rest = None, []
    if first is not None and first.kind == QUOTED and rest[0].kind == END:
        return first.text.strip()
    words = expression.strip("\"' \t\r\n").split()
    asks = any(
        table.find(word) is not None and following.lower() in _ASKING
        for word, following in pairwise(words)
    )
    return "" if asks or _OPERATORS.search(expression) else " ".join(words)


def _asked(field: Field, text: str) -> Comparison | None:
    """Return what finds *text* in *field*, None where it cannot stand there."""
    kind = field.kind
    if field.missing:
        return None
    if kind is STATUS or kind is TOKEN:
        form = _STATUS if kind is STATUS else _METHOD
        return _comparison(field, "=", text) if form.fullmatch(text) else None
    if kind is ADDRESS:
        whole = _ENDPOINT.fullmatch(text)
        address = (whole[1] or whole[2]) if whole else text
        if _is_one(kind, address):
            return _comparison(field, "=", address)
        return _comparison(field, "icontains", text) if _PART_OF_ADDRESS.fullmatch(text) else None
    if kind.choices and _is_one(kind, text):
        return _comparison(field, "=", text)
    part = text.lower()
    if kind.choices and not any(part in choice.lower() for choice in kind.choices):
        return None
    return _comparison(field, "icontains", text)


def _is_one(kind: Kind, text: str) -> bool:
    try:
        kind.read(text)
    except ValueError:
        return False
    return True


def _comparison(field: Field, operator: str, text: str) -> Comparison:
    return Comparison(field.name, operator, (Value(text),))
