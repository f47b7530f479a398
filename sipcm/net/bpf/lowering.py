"""From the tree of what was written to a tree of tests on the bytes of a packet.

The tree is walked in the order of the text, because ``vlan`` and its like change what everything to
their right looks at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sipcm.net.bpf import widening, wireless
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError, Placed, UnsupportedError
from sipcm.net.bpf.expression import (
    LENGTH,
    Expression,
    Load,
    Number,
    binary,
    negation,
)
from sipcm.net.bpf.fragments import first_fragment, left_open
from sipcm.net.bpf.instructions import (
    ADD,
    ANCILLARY,
    AND,
    DIV,
    JEQ,
    JGE,
    JGT,
    LSH,
    MOD,
    MUL,
    OR,
    RSH,
    SUB,
    XOR,
)
from sipcm.net.bpf.intervals import HIGHEST, Intervals, between, complement, only
from sipcm.net.bpf.layers import Place
from sipcm.net.bpf.linktypes import IPV4, IPV6, LINUX_SLL, LINUX_SLL2, RADIO, carries
from sipcm.net.bpf.predicate import All, Any, Not, Predicate, compare, test
from sipcm.net.bpf.primitives import alike, primitive
from sipcm.net.bpf.protocols import ICMP6, LINK_NUMBERS, TRANSPORT4, UNREAD, protocol
from sipcm.net.bpf.specials import INTERFACE, PACKET_TYPE, special
from sipcm.net.bpf.syntax import (
    Arithmetic,
    Bytes,
    Chain,
    Constant,
    Filter,
    Inversion,
    Minus,
    Operation,
    PacketLength,
    Primitive,
    Protocol,
    Relation,
    Special,
    leaves,
)
from sipcm.net.bpf.tunnels import header_is_there
from sipcm.net.bpf.words import LINK, TUNNELS, UDP_TUNNELS

_OPERATIONS: Final = {
    "+": ADD,
    "-": SUB,
    "*": MUL,
    "/": DIV,
    "%": MOD,
    "&": AND,
    "|": OR,
    "^": XOR,
    "<<": LSH,
    ">>": RSH,
}
_COOKED_FIELDS: Final = {
    LINUX_SLL: (16, {(0, 2): PACKET_TYPE, (14, 2): ANCILLARY}),
    LINUX_SLL2: (20, {(0, 2): ANCILLARY, (4, 4): INTERFACE, (10, 1): PACKET_TYPE}),
}
"""Length of the cooked header, and which of its fields Linux tells, by offset and size."""

_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Checked = tuple[Expression, tuple[Predicate, ...]]
"""A number, and what must hold of the packet for it to be there."""


def lower(tree: Filter, context: Context) -> Predicate:
    """Return what *tree* asks of a packet. FilterError says what has no meaning, and where."""
    if context.fragments:
        context.tunnels = tuple(
            leaf.word for leaf in leaves(tree) if isinstance(leaf, Special) and leaf.word in TUNNELS
        )
    on_radio = context.layers.link == RADIO
    if on_radio:
        context.slots.used = wireless.SLOTS
    asked = _filter(context, tree)
    if UDP_TUNNELS.intersection(context.tunnels):
        asked = Any((*widening.of_tunnels(context), asked))
    return All((wireless.begin(), asked)) if on_radio else asked


def _filter(context: Context, tree: Filter) -> Predicate:
    match tree:
        case Chain():
            return _chain(context, tree)
        case Inversion():
            with _inverted(context):
                return Not(_filter(context, tree.operand))
        case Primitive():
            return primitive(context, [tree])
        case Protocol():
            with Placed(tree.position):
                return protocol(context, tree.name)
        case Special():
            with Placed(tree.position):
                return special(context, tree)
        case Relation():
            return _relation(context, tree)


def _chain(context: Context, chain: Chain) -> Predicate:
    """Join operands from left to right; neighbours that are joined alike become one."""
    joined = ""
    parts: list[Predicate] = []
    for joint, operand in _operands(chain):
        if joint != joined and len(parts) > 1:
            parts = [_join(joined, parts)]
        joined = joint
        if isinstance(operand, list):
            parts.append(primitive(context, operand))
        else:
            parts.append(_filter(context, operand))
    return parts[0] if len(parts) == 1 else _join(joined, parts)


def _operands(chain: Chain) -> Iterator[tuple[str, Filter | list[Primitive]]]:
    """Yield what is joined and how; values side by side that are alternatives come together."""
    row = [("", chain.first), *chain.rest]
    at = 0
    while at < len(row):
        joint, operand = row[at]
        at += 1
        if not isinstance(operand, Primitive):
            yield joint, operand
            continue
        values = [operand]
        while joint != "and" and at < len(row) and row[at][0] == "or":
            other = row[at][1]
            if not isinstance(other, Primitive) or not alike(operand, other):
                break
            values.append(other)
            at += 1
        yield joint, values


def _join(joint: str, parts: list[Predicate]) -> Predicate:
    return All(tuple(parts)) if joint == "and" else Any(tuple(parts))


def _relation(context: Context, relation: Relation) -> Predicate:
    left, left_checks = _number(context, relation.left)
    right, right_checks = _number(context, relation.right)
    comparison = relation.comparison
    if isinstance(left, Number) and not isinstance(right, Number):
        left, right, comparison = right, left, _MIRRORED[comparison]
    if isinstance(right, Number):
        asked = test(left, _numbers(comparison, right.value))
    else:
        asked = _compare(comparison, left, right)
    checks = (*left_checks, *right_checks)
    exact = All((*checks, asked))
    if not context.fragments:
        return exact
    with Placed(relation.position):
        unknown = (
            *widening.of_number(context, relation.left),
            *widening.of_number(context, relation.right),
        )
    return left_open(context, exact, unknown, first=True)


def _numbers(comparison: str, number: int) -> Intervals:
    """Return the numbers that compare so with *number*."""
    if comparison in {"==", "!="}:
        return only(number) if comparison == "==" else complement(only(number))
    if comparison in {">", ">="}:
        return between(number + (comparison == ">"), HIGHEST)
    return between(0, number - (comparison == "<"))


def _compare(comparison: str, left: Expression, right: Expression) -> Predicate:
    match comparison:
        case "==":
            return compare(JEQ, left, right)
        case "!=":
            return Not(compare(JEQ, left, right))
        case ">":
            return compare(JGT, left, right)
        case ">=":
            return compare(JGE, left, right)
        case "<":
            return Not(compare(JGE, left, right))
    return Not(compare(JGT, left, right))


def _number(context: Context, tree: Arithmetic) -> Checked:
    match tree:
        case Constant():
            return Number(tree.value), ()
        case PacketLength():
            return LENGTH, ()
        case Minus():
            operand, checks = _number(context, tree.operand)
            return negation(operand), checks
        case Operation():
            return _operation(context, tree)
        case Bytes():
            index, checks = _number(context, tree.at)
            with Placed(tree.position):
                return _bytes(context, tree, index, checks)


def _operation(context: Context, tree: Operation) -> Checked:
    """Join two numbers. Only what the left one needs is asked of the packet, as libpcap does."""
    left, checks = _number(context, tree.left)
    right, _ = _number(context, tree.right)
    if isinstance(right, Number):
        if right.value == 0 and tree.operator in {"/", "%"}:
            what = "division" if tree.operator == "/" else "modulus"
            raise FilterError(f"{what} by zero", tree.position)
        if isinstance(tree.right, Constant) and right.value > 31 and tree.operator in {"<<", ">>"}:
            raise FilterError("shift by more than 31 bits", tree.position)
    return binary(_OPERATIONS[tree.operator], left, right), checks


def _bytes(
    context: Context, tree: Bytes, index: Expression, checks: tuple[Predicate, ...]
) -> Checked:
    """Return bytes of a header, which must be there."""
    if tree.protocol == LINK:
        if context.layers.inside:
            checks = (*checks, header_is_there(context.layers))
        return _link_bytes(context, index, tree.size), checks
    place, asked = _header(context, tree.protocol)
    return place.at(index, tree.size), (*checks, *asked)


def _header(context: Context, name: str) -> tuple[Place, tuple[Predicate, ...]]:
    """Return where the header of a protocol begins, and what tells that it is there."""
    layers = context.layers
    if name == "radio":
        if layers.link != RADIO:
            raise UnsupportedError("radio information not present in capture")
        return Place(0), ()
    if name in LINK_NUMBERS and name not in UNREAD:
        return layers.payload.plus(layers.network), (carries(layers, LINK_NUMBERS[name]),)
    if name in TRANSPORT4:
        asked = (carries(layers, IPV4), protocol(context, name), first_fragment(layers))
        return layers.transport4(), asked
    if name == "icmp6":
        return layers.transport6(), (carries(layers, IPV6), layers.ip_test(6, 1, only(ICMP6)))
    raise FilterError(f"'{name}' does not support the index operation")


def _link_bytes(context: Context, index: Expression, size: int) -> Expression:
    """Return bytes of the link header; a cooked socket has none, but Linux tells some of it."""
    header = context.layers.header
    linktype = context.layers.link
    if not context.live or linktype not in {LINUX_SLL, LINUX_SLL2}:
        return header.at(index, size)
    length, fields = _COOKED_FIELDS[linktype]
    if isinstance(index, Number) and index.value >= length:
        return Load(index.value - length, size)
    if isinstance(index, Number) and (index.value, size) in fields:
        return Load(fields[index.value, size], size)
    raise FilterError("a cooked socket tells nothing of these bytes of the link header")


@contextmanager
def _inverted(context: Context) -> Iterator[None]:
    context.positive = not context.positive
    yield
    context.positive = not context.positive
