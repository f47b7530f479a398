"""Why no packet can match: which part of a filter excludes what stands before it."""

from collections.abc import Callable, Iterator

from sipcm.net.bpf.protocols import TRANSPORT4
from sipcm.net.bpf.syntax import (
    Arithmetic,
    Bytes,
    Chain,
    Filter,
    Inversion,
    Minus,
    Operation,
    Relation,
    Special,
    leaves,
)
from sipcm.net.bpf.words import TUNNELS


def excluding(tree: Filter, is_empty: Callable[[Filter], bool]) -> tuple[Filter, bool]:
    """Return the part from which on a filter is empty, and whether others stand before it.

    *is_empty* tells that of the first parts of a row. The filter as a whole is known to be.
    """
    while isinstance(tree, Chain):
        for count in range(len(tree.rest) - 1, -1, -1):
            before = Chain(tree.first, tree.rest[:count]) if count else tree.first
            if not is_empty(before):
                return tree.rest[count][1], True
        tree = tree.first
    return tree, False


def place(tree: Filter) -> int:
    """Return where in the text a part of a filter begins, but for ``not`` and parentheses."""
    while isinstance(tree, Chain | Inversion):
        tree = tree.first if isinstance(tree, Chain) else tree.operand
    return tree.position


def advice(tree: Filter, part: Filter, *, joined: bool, link: str) -> str:
    """Return what to write instead of the empty filter *tree*, which *part* makes so."""
    for each in leaves(part):
        if joined and isinstance(each, Special) and each.word in TUNNELS:
            return (
                f"{each.word} changes what stands to its right, and what is to its left is not "
                f"behind it: write it first, as in {each.word} and port 5060"
            )
    if any(header in TRANSPORT4 for each in leaves(tree) for header in _headers(each)):
        return "bytes as in udp[8:4] are read of IPv4 only; in IPv6 that is ip6[48:4]"
    if joined:
        return "no packet is this and what stands before it; alternatives are joined by or"
    return f"no packet of {link} is that"


def _headers(tree: Filter) -> Iterator[str]:
    """Yield the protocols of whose headers bytes are compared."""
    if isinstance(tree, Relation):
        yield from _read(tree.left)
        yield from _read(tree.right)


def _read(number: Arithmetic) -> Iterator[str]:
    match number:
        case Bytes():
            yield number.protocol
            yield from _read(number.at)
        case Operation():
            yield from _read(number.left)
            yield from _read(number.right)
        case Minus():
            yield from _read(number.operand)
