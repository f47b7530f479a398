"""Random expressions and trees of tests, and what they are of a packet when simply evaluated.

They ask nothing that a packet of ``LENGTH`` bytes cannot answer: no load beyond it, no division by
zero. In what order they are asked is therefore of no account but for assignments.
"""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.expression import (
    LENGTH,
    Binary,
    Expression,
    HeaderLength,
    Load,
    Negation,
    Number,
    Register,
)
from sipcm.net.bpf.intervals import HIGHEST
from sipcm.net.bpf.predicate import (
    All,
    Any,
    Assignment,
    Comparison,
    Not,
    Predicate,
    Test,
)

SIZE = 100
"""Bytes of a packet that all trees can be asked of."""

SLOTS = 3

CALCULATIONS: dict[int, Callable[[int, int], int]] = {
    bpf.ADD: lambda left, right: left + right,
    bpf.SUB: lambda left, right: left - right,
    bpf.MUL: lambda left, right: left * right,
    bpf.DIV: lambda left, right: left // right,
    bpf.MOD: lambda left, right: left % right,
    bpf.AND: lambda left, right: left & right,
    bpf.OR: lambda left, right: left | right,
    bpf.XOR: lambda left, right: left ^ right,
    bpf.LSH: lambda left, right: left << min(right, 32),
    bpf.RSH: lambda left, right: left >> min(right, 32),
}
COMPARISONS: dict[int, Callable[[int, int], bool]] = {
    bpf.JEQ: lambda left, right: left == right,
    bpf.JGT: lambda left, right: left > right,
    bpf.JGE: lambda left, right: left >= right,
}

Memory = dict[int, int]


def value(expression: Expression, packet: bytes, memory: Memory) -> int:
    """Return what *expression* is of *packet*."""
    match expression:
        case Number():
            return expression.value
        case Register():
            return memory.get(expression.slot, 0)
        case HeaderLength():
            return 4 * (packet[expression.offset] & 15)
        case Load():
            base = value(expression.base, packet, memory) if expression.base is not None else 0
            at = base + expression.offset
            return int.from_bytes(packet[at : at + expression.size])
        case Binary():
            left = value(expression.left, packet, memory)
            right = value(expression.right, packet, memory)
            return CALCULATIONS[expression.operation](left, right) & HIGHEST
        case Negation():
            return -value(expression.operand, packet, memory) & HIGHEST
    return len(packet)


def holds(predicate: Predicate, packet: bytes, memory: Memory | None = None) -> bool:
    """Tell whether *predicate* is true of *packet*, asking from left to right."""
    memory = {} if memory is None else memory
    match predicate:
        case All():
            return all(holds(part, packet, memory) for part in predicate.parts)
        case Any():
            return any(holds(part, packet, memory) for part in predicate.parts)
        case Not():
            return not holds(predicate.operand, packet, memory)
        case Assignment():
            memory[predicate.slot] = value(predicate.expression, packet, memory)
            return True
        case Comparison():
            left = value(predicate.left, packet, memory)
            right = value(predicate.right, packet, memory)
            return COMPARISONS[predicate.operation](left, right)
        case Test():
            found = value(predicate.expression, packet, memory)
            return any(low <= found <= high for low, high in predicate.numbers)
    raise AssertionError(f"no tree holds {predicate}")


T = TypeVar("T")


def _made(kind: Callable[..., T], *parts: st.SearchStrategy[object]) -> st.SearchStrategy[T]:
    """Make tuples of a *kind*; ``st.builds`` would make up the fields that have a default too."""
    return st.tuples(*parts).map(lambda values: kind(*values))


_SIZES = st.sampled_from([1, 2, 4])
_CONSTANTS = st.one_of(
    st.integers(0, 9), st.sampled_from([15, 16, 31, 32, 255, 256, 0x1FFF, HIGHEST - 1, HIGHEST])
)
_NUMBERS = _made(Number, _CONSTANTS)
_FIXED = _made(Load, st.integers(0, 4), _SIZES)
_LEAVES: st.SearchStrategy[Expression] = st.one_of(
    _FIXED, _FIXED, _NUMBERS, st.just(LENGTH), _made(HeaderLength, st.integers(0, 2))
)
_SAFE = sorted(bpf.ARITHMETIC - {bpf.DIV, bpf.MOD})


def _short(index: Expression) -> Expression:
    return Binary(bpf.AND, index, Number(15))


def _calculated(operation: int, left: Expression, right: Expression) -> Expression:
    """Join two numbers; a constant to shift by has to be one that the machine takes."""
    if operation in {bpf.LSH, bpf.RSH} and isinstance(right, Number):
        right = Number(right.value % 32)
    return Binary(operation, left, right)


def _divided(operation: int, left: Expression, right: Expression) -> Expression:
    return Binary(operation, left, Binary(bpf.OR, right, Number(1)))


def _grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        _made(_calculated, st.sampled_from(_SAFE), inner, inner),
        _made(_calculated, st.sampled_from(_SAFE), inner, _NUMBERS),
        _made(Binary, st.just(bpf.AND), inner, _NUMBERS),
        _made(_divided, st.sampled_from([bpf.DIV, bpf.MOD]), inner, inner),
        _made(Load, st.integers(0, 40), _SIZES, _made(_short, inner)),
        _made(Negation, inner),
    )


expressions = st.recursive(_LEAVES, _grown, max_leaves=6)

_ENDS = st.lists(_CONSTANTS, unique=True, max_size=6).map(sorted)


def _sets(ends: list[int]) -> tuple[tuple[int, int], ...]:
    """Make a set of every two ends, and of the last one alone if it is odd."""
    numbers: list[tuple[int, int]] = []
    for low, high in zip(ends[::2], [*ends[1::2], ends[-1]] if ends else [], strict=False):
        if numbers and numbers[-1][1] + 1 >= low:
            numbers[-1] = (numbers[-1][0], high)
        else:
            numbers.append((low, high))
    return tuple(numbers)


intervals = _ENDS.map(_sets)
"""Sets of numbers, of which many border on each other, on 0, and on the highest number."""

_FEW: list[Expression] = [
    Load(0, 1),
    Load(1, 2),
    Binary(bpf.AND, Load(0, 1), Number(4)),
    Binary(bpf.AND, Load(1, 2), Number(0x1FFF)),
    Load(2, 1, HeaderLength(3)),
    Load(4, 1, HeaderLength(3)),
]
_ASKED = st.one_of(st.sampled_from(_FEW), st.sampled_from(_FEW), expressions)
_TESTS: st.SearchStrategy[Predicate] = st.one_of(
    _made(Test, _ASKED, intervals),
    _made(Test, _ASKED, intervals),
    _made(Comparison, st.sampled_from(sorted(COMPARISONS)), _ASKED, _ASKED),
)


def _joined(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(_made(All, several), _made(Any, several), _made(Not, inner))


predicates = st.recursive(_TESTS, _joined, max_leaves=12)

_OF_MEMORY = _made(Register, st.integers(0, SLOTS - 1))
_WITH_MEMORY: st.SearchStrategy[Expression] = st.one_of(
    _OF_MEMORY,
    _FIXED,
    _NUMBERS,
    _made(Binary, st.just(bpf.ADD), _OF_MEMORY, st.one_of(_NUMBERS, _FIXED)),
    _made(Load, st.integers(0, 4), _SIZES, _made(_short, _OF_MEMORY)),
)
_STEPS: st.SearchStrategy[Predicate] = st.one_of(
    _made(Assignment, st.integers(0, SLOTS - 1), _WITH_MEMORY),
    _made(Test, _WITH_MEMORY, intervals),
    _made(Comparison, st.just(bpf.JEQ), _WITH_MEMORY, _WITH_MEMORY),
)

with_memory = st.recursive(_STEPS, _joined, max_leaves=12)
"""Trees that keep numbers in memory and ask for them."""

packets = st.one_of(
    st.binary(min_size=SIZE, max_size=SIZE),
    st.lists(st.sampled_from(b"\0\1\2\4\x0f\xff"), min_size=SIZE, max_size=SIZE).map(bytes),
)
several_packets = st.lists(packets, min_size=1, max_size=4)
