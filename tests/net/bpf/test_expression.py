"""Arithmetic on packets: what is reckoned at once, and that nothing else becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.expression import (
    LENGTH,
    Binary,
    HeaderLength,
    Load,
    Negation,
    Number,
    Register,
    binary,
    calculate,
    highest,
    negation,
    registers,
)
from sipcm.net.bpf.instructions import ADD, AND, ARITHMETIC, DIV, LSH, MOD, MUL, OR, RSH, SUB, XOR
from sipcm.net.bpf.intervals import HIGHEST
from tests.net.bpf.trees import CALCULATIONS, expressions, packets, value

BYTE, HALF, WORD = (Load(0, size) for size in (1, 2, 4))
HEADER = HeaderLength(14)

numbers = st.one_of(st.integers(0, 40), st.sampled_from([HIGHEST - 1, HIGHEST, 1 << 31]))


def simplified(expression):
    """Join anew what *expression* was joined from."""
    match expression:
        case Load() if expression.base is not None:
            return expression._replace(base=simplified(expression.base))
        case Binary():
            return binary(
                expression.operation, simplified(expression.left), simplified(expression.right)
            )
        case Negation():
            return negation(simplified(expression.operand))
    return expression


def size(expression):
    match expression:
        case Load():
            return 1 + size(expression.base)
        case Binary():
            return 1 + size(expression.left) + size(expression.right)
        case Negation():
            return 1 + size(expression.operand)
    return 1


@given(expressions, packets)
def test_a_simpler_expression_has_the_same_value(expression, packet):
    simpler = simplified(expression)
    assert value(simpler, packet, {}) == value(expression, packet, {})
    assert size(simpler) <= size(expression)
    assert simplified(simpler) == simpler


@given(expressions, packets)
def test_no_value_is_above_the_highest(expression, packet):
    bound = highest(expression)
    assert value(expression, packet, {}) <= bound
    assert not bound & (bound + 1)


@given(st.sampled_from(sorted(ARITHMETIC)), numbers, numbers)
def test_constants_are_reckoned_with(operation, left, right):
    result = calculate(operation, left, right)
    joined = binary(operation, Number(left), Number(right))
    if operation in {DIV, MOD} and not right:
        assert result is None
        assert joined == Binary(operation, Number(left), Number(right))
    else:
        assert result == CALCULATIONS[operation](left, right) & HIGHEST
        assert joined == Number(result)


SIMPLER = {
    "plus 0": (ADD, WORD, Number(0), WORD),
    "0 plus": (ADD, Number(0), WORD, WORD),
    "minus 0": (SUB, WORD, Number(0), WORD),
    "0 minus": (SUB, Number(0), WORD, Binary(SUB, Number(0), WORD)),
    "times 1": (MUL, Number(1), WORD, WORD),
    "times 0": (MUL, WORD, Number(0), Number(0)),
    "by 1": (DIV, WORD, Number(1), WORD),
    "by 0": (DIV, WORD, Number(0), Binary(DIV, WORD, Number(0))),
    "modulo 1": (MOD, WORD, Number(1), Binary(MOD, WORD, Number(1))),
    "or 0": (OR, Number(0), WORD, WORD),
    "xor 0": (XOR, WORD, Number(0), WORD),
    "left by 0": (LSH, WORD, Number(0), WORD),
    "left by 31": (LSH, WORD, Number(31), Binary(LSH, WORD, Number(31))),
    "left by 32": (LSH, WORD, Number(32), Number(0)),
    "right by 32": (RSH, BYTE, Number(32), Number(0)),
    "1 left by": (LSH, Number(1), WORD, Binary(LSH, Number(1), WORD)),
    "no bits": (AND, WORD, Number(0), Number(0)),
    "all bits of a byte": (AND, BYTE, Number(0xFF), BYTE),
    "more bits": (AND, HALF, Number(HIGHEST), HALF),
    "bits of a header's length": (AND, HEADER, Number(0x3F), HEADER),
    "some bits": (AND, Number(0x0F), BYTE, Binary(AND, BYTE, Number(0x0F))),
    "bits of bits": (
        AND,
        Binary(AND, WORD, Number(0x0FF0)),
        Number(0xFF00),
        Binary(AND, WORD, Number(0x0F00)),
    ),
    "bits of no bits": (AND, Binary(AND, WORD, Number(0xF0)), Number(0x0F), Number(0)),
    "bits of unknown bits": (
        AND,
        Binary(AND, WORD, LENGTH),
        Number(0x0F),
        Binary(AND, Binary(AND, WORD, LENGTH), Number(0x0F)),
    ),
    "of the packet only": (ADD, BYTE, WORD, Binary(ADD, BYTE, WORD)),
}


@pytest.mark.parametrize(("operation", "left", "right", "made"), SIMPLER.values(), ids=SIMPLER)
def test_what_is_simpler(operation, left, right, made):
    assert binary(operation, left, right) == made


NEGATIVE = [
    (Number(0), Number(0)),
    (Number(1), Number(HIGHEST)),
    (WORD, Negation(WORD)),
    (Negation(WORD), WORD),
]


@pytest.mark.parametrize(("operand", "made"), NEGATIVE)
def test_signs(operand, made):
    assert negation(operand) == made


BOUNDS = {
    "byte": (BYTE, 0xFF),
    "half": (HALF, 0xFFFF),
    "word": (WORD, HIGHEST),
    "header": (HEADER, 0x3F),
    "length": (LENGTH, HIGHEST),
    "bits": (Binary(AND, WORD, Number(0x14)), 0x1F),
    "more bits than there are": (Binary(AND, BYTE, Number(0xF00)), 0xFF),
    "shifted": (Binary(RSH, HALF, Number(4)), 0x0FFF),
    "shifted too far": (Binary(RSH, HALF, Number(32)), HIGHEST),
    "sum": (Binary(ADD, BYTE, Number(1)), HIGHEST),
}


@pytest.mark.parametrize(("expression", "bound"), BOUNDS.values(), ids=BOUNDS)
def test_bounds(expression, bound):
    assert highest(expression) == bound


READ = {
    "nothing": (None, set()),
    "packet": (Binary(ADD, WORD, LENGTH), set()),
    "register": (Register(3), {3}),
    "base": (Load(0, 1, Binary(ADD, Register(1), Register(2))), {1, 2}),
    "negated": (Negation(Register(0)), {0}),
}


@pytest.mark.parametrize(("expression", "slots"), READ.values(), ids=READ)
def test_which_memory_is_read(expression, slots):
    assert registers(expression) == slots
