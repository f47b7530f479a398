"""Values as Python expressions: reckoned, they are what the machine reckons."""

from itertools import pairwise, product
from struct import Struct, error

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.expression import calculate
from sipcm.net.bpf.intervals import HIGHEST, contains, intersection
from sipcm.net.bpf.pythontext import (
    Value,
    arithmetic,
    comparison,
    constant,
    header_length,
    load,
    member,
    named,
    negative,
)

PACKET = bytes([0x13, 0xC4, 0xFF, 0x00, 0x45, 0x80])


def reckon(text, **names):
    tools = {"word": Struct(">I").unpack_from, "header": [4 * (byte & 15) for byte in range(256)]}
    return eval(text, {"packet": PACKET, **tools, **names})


NUMBERS = st.one_of(st.integers(0, 40), st.integers(0, HIGHEST), st.just(HIGHEST))
OPERATIONS = sorted(bpf.ARITHMETIC)


@given(operation=st.sampled_from(OPERATIONS), left=NUMBERS, right=NUMBERS, known=st.integers(0, 3))
def test_arithmetic(operation, left, right, known):
    result = calculate(operation, left, right)
    sides = [named("l"), named("r")]
    for side, number in enumerate((left, right)):
        if known >> side & 1:
            sides[side] = constant(number)
    value = arithmetic(operation, *sides)
    if result is None:
        assert value.stops
        with pytest.raises(ZeroDivisionError):
            reckon(value.text, l=left, r=right)
    else:
        assert reckon(value.text, l=left, r=right) == result <= value.highest
        assert value.number in {None, result}


@pytest.mark.parametrize("operation", [bpf.DIV, bpf.MOD])
def test_division_by_a_known_zero(operation):
    value = arithmetic(operation, constant(1), constant(0))
    assert value.stops
    with pytest.raises(ZeroDivisionError):
        reckon(value.text)


@given(number=NUMBERS)
def test_negative(number):
    assert reckon(negative(named("n")).text, n=number) == -number & HIGHEST


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("known", [False, True])
def test_what_a_result_never_exceeds(operation, known):
    """Numbers that are known to be small are not cut to 32 bits."""
    byte, other = load(1, 0), constant(3) if known else named("r", 255)
    value = arithmetic(operation, byte, other)
    assert ("0xffffffff" in value.text) == (
        operation == bpf.SUB or (operation == bpf.LSH and not known)
    )
    assert all(
        reckon(value.text, packet=bytes([left]), r=right) <= value.highest
        for left, right in product([0, 1, 127, 128, 255], [1, 2, 255])
    )


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("offset", [0, 1, 2])
def test_loads(size, offset):
    expected = int.from_bytes(PACKET[offset : offset + size], "big")
    assert reckon(load(size, offset).text) == expected
    assert reckon(load(size, 0, named("x")).text, x=offset) == expected
    assert reckon(load(size, 0, constant(offset)).text) == expected
    assert load(size, offset).highest == 256**size - 1


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("offset", [6, HIGHEST])
@pytest.mark.parametrize("x", [0, HIGHEST])
def test_loads_from_outside_raise(size, offset, x):
    for start in {offset, max(offset - size + 1, 6 - size + 1)}:
        with pytest.raises((IndexError, error)):
            reckon(load(size, start, named("x")).text, x=x)


def test_the_length_of_a_header():
    assert reckon(header_length(4).text) == 20
    assert header_length(4).highest == 60


def intervals(bounds):
    """Make a set of values of sorted *bounds*, with gaps."""
    closed: list[tuple[int, int]] = []
    for low, high in [*pairwise(bounds)][::2]:
        if not closed or low > closed[-1][1] + 1:
            closed.append((low, high))
    return tuple(closed)


BOUNDS = st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=9)
SETS = BOUNDS.map(sorted).map(intervals).filter(lambda values: values != ((0, 0xFFFF),))
"""Neither empty nor everything: what is decided is not asked for."""


@given(wanted=SETS, x=st.integers(0, 4))
def test_membership(wanted, x):
    value = load(2, 0, named("x"))
    possible = value.possible
    condition = member(value, wanted, possible)
    is_one = contains(wanted, int.from_bytes(PACKET[x : x + 2], "big"))
    assert reckon(condition.holds, x=x) is is_one
    assert reckon(condition.fails, x=x) is not is_one
    assert reckon(condition.opposite.fails, x=x) is is_one
    if condition.simply:
        assert condition.holds.count(value.text) <= 1


EDGES = [0, 1, 5, 9, 10, 0xFFFE, 0xFFFF]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (((5, 5),), "a == 5"),
        (((0, 4), (6, 0xFFFF)), "a != 5"),
        (((5, 6), (9, 9)), "a in {5, 6, 9}"),
        (((0, 9),), "a <= 9"),
        (((10, 0xFFFF),), "a >= 10"),
        (((5, 9),), "5 <= a <= 9"),
        (((0, 4), (10, 0xFFFF)), "not 5 <= a <= 9"),
        (((1, 1), (5, 10)), "5 <= a <= 10 or a == 1"),
    ],
)
def test_sets_are_asked_for_shortly(wanted, text):
    value = named("a", 0xFFFF)
    assert member(value, wanted, value.possible).holds == text
    for number in EDGES:
        assert reckon(text, a=number) == contains(wanted, number)


def test_only_possible_values_are_told_apart():
    value = named("a", 0xFFFF)
    possible = intersection(value.possible, ((5, 5), (9, 9)))
    assert member(value, ((0, 8),), possible).holds == "a <= 8"
    assert member(constant(5), ((5, 5),), ((5, 6),)).holds == "5 == 5"


@pytest.mark.parametrize(("size", "right", "wrong"), [(2, 0x13C4, 0x13C5), (4, 0x13C4FF00, 0)])
def test_bytes_are_compared_one_by_one(size, right, wrong):
    for value, last in ((load(size, 0), "{}"), (load(size, 0, named("x")), "x + {}")):
        same = member(value, ((right, right),), value.possible)
        assert same.holds.startswith(f"packet[{last.format(size - 1)}] == ")
        assert reckon(same.holds, x=0) is True
        assert reckon(same.fails, x=0) is False
        other = member(value, ((wrong, wrong),), value.possible)
        assert reckon(other.holds, x=0) is False
        for short in range(size):
            with pytest.raises(IndexError):
                reckon(same.holds, packet=PACKET[:short], x=0)


@pytest.mark.parametrize("bits", [0, 1, 0x80, 0xFF, 0x100, 0x2000, 0x1FFF, 0xFFFF, 0x10000])
@pytest.mark.parametrize("value", [load(1, 1), load(2, 0), load(2, 3), load(4, 0), named("a")])
def test_bits(bits, value):
    condition = comparison(bpf.JSET, value, constant(bits))
    number = reckon(value.text, a=0x2080)
    assert bool(reckon(condition.holds, a=0x2080)) is bool(number & bits)
    assert reckon(condition.fails, a=0x2080) is not bool(number & bits)
    assert not condition.strict
    if value.place:
        with pytest.raises((IndexError, error)):
            reckon(condition.holds, packet=PACKET[: value.place.offset + value.place.size - 1])


@pytest.mark.parametrize("a", [4, 5, 6])
def test_comparisons_with_x(a):
    results = {bpf.JEQ: a == 5, bpf.JGT: a > 5, bpf.JGE: a >= 5, bpf.JSET: a & 5 != 0}
    for code, result in results.items():
        condition = comparison(code | bpf.WITH_X, named("a"), named("x"))
        assert bool(reckon(condition.holds, a=a, x=5)) is result
        assert reckon(condition.fails, a=a, x=5) is not result


def test_simple_values_need_no_parentheses():
    assert named("a").operand == "a"
    assert Value("a + b").operand == "(a + b)"
