"""What an expression is made of, as a tree, and how a tree is written.

To read what :func:`written` gives makes the same tree again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sipcm.select.tokens import is_bare, quoted

NEGATED: Final = {"!=": "=", "!~": "~", "not in": "in"}
"""Comparisons that are true where another is not, also of what is not known."""

ORDERS: Final = ("<", "<=", ">", ">=")
TEXTUAL: Final = ("~", "is", "contains", "icontains")
"""Comparisons that look at what is printed, of whatever kind a field is."""

COMPARISONS: Final = ("=", "!=", *ORDERS, "~", "!~", "in", "not in", "is", "contains", "icontains")


@dataclass(frozen=True, slots=True)
class Value:
    """What a field is compared with, as a text; where it stands in the expression."""

    text: str
    position: int = field(default=0, compare=False)
    length: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, how it is compared, and with what: one value, or several after ``in``."""

    name: str
    operator: str
    values: tuple[Value, ...]
    position: int = field(default=0, compare=False)
    place: int = field(default=0, compare=False)  # of the operator


@dataclass(frozen=True, slots=True)
class Known:
    """A field alone: whether it is known, or a flag is set."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, of which none is an And."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts, of which none is an Or."""

    parts: "tuple[Node, ...]"


Node = Comparison | Known | Not | And | Or


def every(parts: Iterable[Node]) -> Node:
    """Return what is true where all of *parts* are, of which there is at least one."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, And) else (part,)
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(parts: Iterable[Node]) -> Node:
    """Return what is true where any of *parts* is, of which there is at least one."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, Or) else (part,)
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def written(node: Node) -> str:
    """Write *node* as an expression, with quotes and parentheses where they are needed."""
    match node:
        case Known(name):
            return name
        case Comparison(name, operator, values):
            texts = ", ".join(value_text(value.text) for value in values)
            several = len(values) > 1
            return f"{name} {operator} ({texts})" if several else f"{name} {operator} {texts}"
        case Not(part):
            return f"not {_within(part, (And, Or))}"
        case And(parts):
            return " and ".join(_within(part, (Or,)) for part in parts)
        case Or(parts):
            return " or ".join(written(part) for part in parts)


def value_text(text: str) -> str:
    """Write a value, in quotes where they are needed."""
    return text if is_bare(text) else quoted(text)


def _within(node: Node, kinds: tuple[type, ...]) -> str:
    text = written(node)
    return f"({text})" if isinstance(node, kinds) else text
