"""Numbers that a filter computes from a packet: loads, lengths, arithmetic.

Expressions are tuples that can be compared and hashed; equal ones have equal values in any one
packet. The functions that make them reckon with constants at once, in unsigned 32 bits.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from sipcm.net.bpf.instructions import ADD, AND, DIV, LSH, MOD, MUL, OR, RSH, SUB, XOR
from sipcm.net.bpf.intervals import HIGHEST

COMMUTATIVE: Final = frozenset({ADD, MUL, OR, AND, XOR})


class Number(NamedTuple):
    """A constant."""

    value: int
    kind: str = "number"


class Length(NamedTuple):
    """The length of the packet on the wire, in bytes."""

    kind: str = "length"


class Register(NamedTuple):
    """A slot of the machine's memory that the filter itself has set."""

    slot: int
    kind: str = "register"


class HeaderLength(NamedTuple):
    """The length in bytes of the IPv4 header that begins at a fixed *offset*."""

    offset: int
    kind: str = "header length"


class Load(NamedTuple):
    """*size* bytes (1, 2 or 4) at *offset*, counted from *base* where there is one."""

    offset: int
    size: int
    base: "Expression | None" = None
    kind: str = "load"


class Binary(NamedTuple):
    """Two numbers joined by arithmetic; *operation* is the code of the instruction."""

    operation: int
    left: "Expression"
    right: "Expression"
    kind: str = "binary"


class Negation(NamedTuple):
    """The number that makes zero with *operand*."""

    operand: "Expression"
    kind: str = "negation"


Expression = Number | Length | Register | HeaderLength | Load | Binary | Negation

LENGTH: Final = Length()
_NO_SLOTS: Final[frozenset[int]] = frozenset()


def calculate(operation: int, left: int, right: int) -> int | None:
    """Return what the machine makes of two numbers; None where it divides by zero."""
    if right == 0 and operation in {DIV, MOD}:
        return None
    return _CALCULATIONS[operation](left, right) & HIGHEST


_CALCULATIONS: Final[dict[int, Callable[[int, int], int]]] = {
    ADD: lambda left, right: left + right,
    SUB: lambda left, right: left - right,
    MUL: lambda left, right: left * right,
    DIV: lambda left, right: left // right,
    MOD: lambda left, right: left % right,
    AND: lambda left, right: left & right,
    OR: lambda left, right: left | right,
    XOR: lambda left, right: left ^ right,
    LSH: lambda left, right: left << right if right < 32 else 0,
    RSH: lambda left, right: left >> right if right < 32 else 0,
}


def binary(operation: int, left: Expression, right: Expression) -> Expression:
    """Join two expressions, as simply as can be."""
    if isinstance(left, Number) and isinstance(right, Number):
        value = calculate(operation, left.value, right.value)
        return Binary(operation, left, right) if value is None else Number(value)
    if isinstance(left, Number) and operation in COMMUTATIVE:
        left, right = right, left
    simpler = _simplified(operation, left, right.value) if isinstance(right, Number) else None
    return simpler or Binary(operation, left, right)


def _simplified(operation: int, left: Expression, value: int) -> Expression | None:
    """Return *left* joined with a constant without the join, where that is possible."""
    if operation == AND:
        return _masked(left, value)
    if value == 0 and operation in {ADD, SUB, OR, XOR, LSH, RSH}:
        return left
    if value == 1 and operation in {MUL, DIV}:
        return left
    if (value == 0 and operation == MUL) or (value > 31 and operation in {LSH, RSH}):
        return Number(0)
    return None


def _masked(left: Expression, mask: int) -> Expression | None:
    """Return the bits of *left* under *mask* without a join of their own."""
    if mask == 0:
        return Number(0)
    most = highest(left)
    if mask & most == most:
        return left
    if isinstance(left, Binary) and left.operation == AND and isinstance(left.right, Number):
        return binary(AND, left.left, Number(left.right.value & mask))
    return None


def negation(operand: Expression) -> Expression:
    """Return what makes zero with *operand*."""
    if isinstance(operand, Number):
        return Number(-operand.value & HIGHEST)
    return operand.operand if isinstance(operand, Negation) else Negation(operand)


def highest(expression: Expression) -> int:
    """Return a number, all bits set below its highest, that *expression* never exceeds."""
    if isinstance(expression, Load):
        return HIGHEST >> (32 - 8 * expression.size)
    if isinstance(expression, HeaderLength):
        return 0x3F
    if isinstance(expression, Binary) and isinstance(expression.right, Number):
        number = expression.right.value
        if expression.operation == AND:
            return (1 << min(number, highest(expression.left)).bit_length()) - 1
        if expression.operation == RSH and number < 32:
            return highest(expression.left) >> number
    return HIGHEST


def registers(expression: Expression | None) -> frozenset[int]:
    """Return the slots of memory that the value of *expression* depends on."""
    match expression:
        case Load():
            return _NO_SLOTS if expression.base is None else registers(expression.base)
        case Binary():
            return registers(expression.left) | registers(expression.right)
        case Register():
            return frozenset({expression.slot})
        case Negation():
            return registers(expression.operand)
    return _NO_SLOTS
