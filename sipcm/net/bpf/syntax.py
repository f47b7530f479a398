"""What the parser makes of a filter: a tree of what was written, with nothing resolved yet."""

from collections.abc import Iterator
from typing import NamedTuple


class Qualifiers(NamedTuple):
    """What stands before a value: ``udp src port`` of ``udp src port 5060``; empty if left out.

    ``direction`` is src, dst, "src or dst", "src and dst", or a word for an 802.11 address.
    """

    protocol: str
    direction: str
    type: str


class Value(NamedTuple):
    """What is compared with: the kind of its token, its text, and what follows that.

    ``number``  of a number
    ``prefix``  the length behind a slash
    ``mask``    the address behind ``mask``
    """

    kind: str
    text: str
    position: int
    number: int = 0
    prefix: int | None = None
    mask: str | None = None

    @property
    def written(self) -> str:
        """The value as it was written, for messages."""
        if self.prefix is not None:
            return f"{self.text}/{self.prefix}"
        return self.text if self.mask is None else f"{self.text} mask {self.mask}"


class Primitive(NamedTuple):
    """A value and what it is compared with, as ``dst port 5060``."""

    qualifiers: Qualifiers
    value: Value
    position: int


class Protocol(NamedTuple):
    """A protocol that stands alone, as ``udp``."""

    name: str
    position: int


class Special(NamedTuple):
    """A word of its own kind with its arguments, as ``less 100``, ``vlan 7``, ``llc rr``."""

    word: str
    arguments: "tuple[int | str, ...]"
    position: int


class Relation(NamedTuple):
    """Two numbers that are compared."""

    comparison: str
    left: "Arithmetic"
    right: "Arithmetic"
    position: int


class Inversion(NamedTuple):
    """What is true where its operand is not."""

    operand: "Filter"


class Chain(NamedTuple):
    """Operands joined by ``and`` and ``or``, which bind alike, from left to right."""

    first: "Filter"
    rest: "tuple[tuple[str, Filter], ...]"


class Constant(NamedTuple):
    """A number as it was written."""

    value: int
    position: int


class PacketLength(NamedTuple):
    """The word ``len``."""

    position: int


class Bytes(NamedTuple):
    """``size`` bytes of the header of a protocol, ``at`` an index."""

    protocol: str
    at: "Arithmetic"
    size: int
    position: int


class Operation(NamedTuple):
    """Two numbers joined by arithmetic; ``operator`` as it is written."""

    operator: str
    left: "Arithmetic"
    right: "Arithmetic"
    position: int


class Minus(NamedTuple):
    """A number with its sign changed."""

    operand: "Arithmetic"
    position: int


Arithmetic = Constant | PacketLength | Bytes | Operation | Minus
Filter = Primitive | Protocol | Special | Relation | Inversion | Chain
Leaf = Primitive | Protocol | Special | Relation


def leaves(tree: Filter) -> Iterator[Leaf]:
    """Yield the conditions that a filter joins and inverts, from left to right."""
    match tree:
        case Chain():
            yield from leaves(tree.first)
            for _, operand in tree.rest:
                yield from leaves(operand)
        case Inversion():
            yield from leaves(tree.operand)
        case _:
            yield tree
