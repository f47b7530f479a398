"""Kinds of fields: which values they are compared with, and how, as Python.

A kind turns a comparison into a piece of Python whose ``o`` is the item, ``now`` the present
moment and ``x`` a place for a value; what was written in the expression is only ever a constant
with a name there. What is not known compares with nothing: every piece is false then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from sipcm import duration
from sipcm.select import values
from sipcm.select.texts import encoded

Constant = Callable[[object], str]
"""Takes a value and gives the name by which a piece of Python calls it."""

LONGEST_KEY: Final = 64
"""Characters of a text by which lists are sorted."""

CHEAP: Final = 1
TEXT_COST: Final = 4


def _itself(source: str) -> str:
    return f"({source})"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind.

    ``about``     what values are, for people
    ``read``      the value that a text stands for; ValueError says what would be one
    ``among``     whether a source is one of some values
    ``key``       by what lists are sorted, None for what is not known
    ``read_key``  the same again from its text
    ``order``     how a source stands to a value by ``<`` and its like; None where there is no order
    ``known``     whether a source is known
    ``cost``      how long a comparison takes, compared to others
    ``textual``   whether a source is what is printed, as bytes from the wire
    ``scheme``    whether a text is looked at without its scheme too
    ``choices``   the values that there are, where these are but some words
    """

    about: str
    read: Callable[[str], Any]
    among: Callable[[str, Sequence[Any], Constant], str]
    key: Callable[[str], str]
    read_key: Callable[[str], Any]
    order: Callable[[str, str, Any, Constant], str] | None = None
    known: Callable[[str], str] = _itself
    cost: int = CHEAP
    textual: bool = False
    scheme: bool = False
    choices: tuple[str, ...] = ()


REST: Final = "x[x.find(b':') + 1 :]"
"""The URI in ``x`` without what stands before its first colon, as in ``sip:`` and ``tel:``."""


def plain(source: str) -> str:
    """Return *source*, bytes from the wire, as they are printed."""
    return f"(x if (x := {source}).isascii() else plain(x))"


def ordered(about: str, read: Callable[[str], values.Span], lowest: int = 0) -> Kind:
    """Return the kind of numbers that *read* reads; what is below *lowest* is not known."""

    def among(source: str, found: Sequence[values.Span], constant: Constant) -> str:
        tests = " or ".join(_is(span, constant) for span in found)
        return f"((x := {source}) >= {lowest} and ({tests}))"

    def order(source: str, operator: str, span: values.Span, constant: Constant) -> str:
        bound = constant(span[0] if operator in ("<", ">=") else span[1])
        return f"((x := {source}) >= {lowest} and x {operator} {bound})"

    return Kind(
        about,
        read,
        among,
        order=order,
        known=lambda source: f"(({source}) >= {lowest})",
        key=lambda source: f"x if (x := {source}) >= {lowest} else None",
        read_key=lambda text: float(text) if "." in text or "e" in text else int(text),
    )


def words(choices: Mapping[str, int], about: str = "") -> Kind:
    """Return the kind of words that stand for numbers, whatever their case; so they are sorted."""
    folded = {name.lower(): value for name, value in choices.items()}

    def read(text: str) -> int:
        word = text.lower()
        if word not in folded:
            raise ValueError(f"is not one of {', '.join(folded)}")
        return folded[word]

    known = set(folded.values())
    return Kind(
        about or f"one of {', '.join(choices)}",
        read,
        _among,
        known=lambda source: f"(({source}) in {known!r})",
        key=lambda source: f"x if (x := {source}) in {known!r} else None",
        read_key=int,
        choices=tuple(choices),
    )


def names(choices: Sequence[str], *, absent: bool = False) -> Kind:
    """Return the kind of texts that are one of *choices*; with *absent* they can be empty too."""

    def read(text: str) -> bytes:
        if text not in choices and not (absent and not text):
            near = get_close_matches(text, choices, n=1)
            known = f"a name; did you mean {near[0]}?" if near else f"one of {', '.join(choices)}"
            raise ValueError(f"is not {known}")
        return encoded(text)

    return replace(TEXT, read=read, choices=tuple(choices))


def _is(span: values.Span, constant: Constant) -> str:
    low, high = span
    return f"x == {constant(low)}" if low == high else f"{constant(low)} <= x <= {constant(high)}"


def _among(source: str, found: Sequence[object], constant: Constant) -> str:
    if len(found) == 1:
        return f"({source}) == {constant(found[0])}"
    return f"({source}) in {constant(frozenset(found))}"


def _text_among(source: str, found: Sequence[bytes], constant: Constant) -> str:
    return _among(plain(source), found, constant)


def _uri_among(source: str, found: Sequence[bytes], constant: Constant) -> str:
    name = constant(frozenset(found))
    return f"((x := {plain(source)}) in {name} or {REST} in {name})"


def _token_among(source: str, found: Sequence[bytes], constant: Constant) -> str:
    return _among(f"({source}).upper()", found, constant)


def _address_among(source: str, found: Sequence[tuple[int, int, int]], constant: Constant) -> str:
    tests = " or ".join(_in_network(*network, constant) for network in found)
    return f"((x := {source}) != b'' and ({tests}))"


def _in_network(size: int, mask: int, value: int, constant: Constant) -> str:
    if mask == (1 << size * 8) - 1:
        return f"x == {constant(value.to_bytes(size, 'big'))}"
    masked = f"int.from_bytes(x, 'big') & {constant(mask)} == {constant(value)}"
    return f"len(x) == {size} and {masked}"


def _read_text_key(text: str) -> str:
    return text[:LONGEST_KEY]


def _text_key(source: str) -> str:
    return f"wire({source})[:{LONGEST_KEY}] or None"


def _address_key(source: str) -> str:
    return f"int.from_bytes(x, 'big') + (len(x) << 128) if (x := {source}) else None"


TEXT: Final = Kind(
    "text, case matters",
    encoded,
    _text_among,
    key=_text_key,
    read_key=_read_text_key,
    cost=TEXT_COST,
    textual=True,
)
URI: Final = Kind(
    "URI, with or without its sip:, case matters",
    encoded,
    _uri_among,
    key=_text_key,
    read_key=_read_text_key,
    cost=TEXT_COST,
    textual=True,
    scheme=True,
)
TOKEN: Final = Kind(
    "word, whatever its case",
    lambda text: encoded(text).upper(),
    _token_among,
    key=_text_key,
    read_key=_read_text_key,
)
FLAG: Final = Kind(
    "true or false", values.flag, _among, key=lambda source: f"int({source})", read_key=int
)
ADDRESS: Final = Kind(
    "IP address, or a network such as 10.0.0.0/8",
    values.network,
    _address_among,
    key=_address_key,
    read_key=int,
    cost=2,
)
NUMBER: Final = ordered("number", values.number)
PORT: Final = ordered("number", values.number, lowest=1)
STATUS: Final = ordered("status, or a class of them such as 4xx", values.status, lowest=1)
SECONDS: Final = ordered(
    "duration such as 300ms or 1m30s; a number alone is seconds",
    lambda text: values.span(text, duration.SECOND),
)
MILLISECONDS: Final = ordered(
    "duration such as 300ms or 1m30s; a number alone is milliseconds",
    lambda text: values.span(text, duration.MILLISECOND),
)
TIME: Final = ordered("day, minute or second such as 2024-05-31T14:30Z", values.time)
