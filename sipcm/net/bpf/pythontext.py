"""Values of registers as Python expressions: the words that a translation is made of.

A value is reckoned when its text is run, and exactly then its loads may leave the packet. All texts
are made from numbers and from names that are given here, never from anything else.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.expression import calculate
from sipcm.net.bpf.intervals import (
    HIGHEST,
    Intervals,
    between,
    complement,
    intersection,
    only,
)

FEW: Final = 4
"""Intervals of so many values are looked up one by one."""

_OPERATORS: Final = {
    bpf.ADD: "+",
    bpf.SUB: "-",
    bpf.MUL: "*",
    bpf.DIV: "//",
    bpf.MOD: "%",
    bpf.AND: "&",
    bpf.OR: "|",
    bpf.XOR: "^",
    bpf.LSH: "<<",
    bpf.RSH: ">>",
}
_COMPARISONS: Final = {bpf.JEQ: ("==", "!="), bpf.JGT: (">", "<="), bpf.JGE: (">=", "<")}


class Place(NamedTuple):
    """Where bytes are loaded from: *offset*, counted from the value that *base* names."""

    base: str
    offset: int
    size: int

    def at(self, number: int) -> str:
        """Return the index of a byte, counted from the first of these, in the packet."""
        offset = self.offset + number
        if not self.base:
            return str(offset)
        return f"{self.base} + {offset}" if offset else self.base

    def byte(self, number: int) -> str:
        """Return a byte, counted from the first of these."""
        return f"packet[{self.at(number)}]"


@dataclass(frozen=True, slots=True)
class Value:
    """What a register holds.

    ``text``    the Python expression
    ``highest`` what it never exceeds
    ``simple``  it is a name or a number: written twice it costs no more
    ``stops``   it may be impossible to reckon, and the packet does not match then
    ``number``  the value where that is known
    ``place``   where it comes from, if it is nothing but a load
    """

    text: str
    highest: int = HIGHEST
    simple: bool = False
    stops: bool = False
    number: int | None = None
    place: Place | None = None

    @property
    def operand(self) -> str:
        """Return the text to be joined with others."""
        if self.simple or (self.place is not None and self.place.size != 2):
            return self.text
        return f"({self.text})"

    @property
    def possible(self) -> Intervals:
        """Return the values that it can have."""
        return between(0, self.highest) if self.number is None else only(self.number)


def constant(number: int) -> Value:
    """Return a value that is known."""
    return Value(str(number), number, simple=True, number=number)


def named(name: str, highest: int = HIGHEST) -> Value:
    """Return the value of a variable."""
    return Value(name, highest, simple=True)


def load(size: int, offset: int, base: Value | None = None) -> Value:
    """Return the *size* bytes at *offset*, from the simple value *base* on.

    Beyond 32 bits or not: where the sum is outside of the packet, Python says so.
    """
    if base is not None and base.number is not None:
        offset, base = offset + base.number, None
    place = Place("" if base is None else base.text, offset, size)
    if size == 1:
        text = place.byte(0)
    elif size == 2:
        text = f"{place.byte(0)} * 256 + {place.byte(1)}"
    else:
        text = f"word(packet, {place.at(0)})[0]"
    return Value(text, (1 << 8 * size) - 1, stops=True, place=place)


def header_length(offset: int) -> Value:
    """Return four times the low half of a byte."""
    return Value(f"header[{Place('', offset, 1).byte(0)}]", 60, stops=True)


def negative(value: Value) -> Value:
    """Return what makes zero with *value*."""
    return Value(f"-{value.operand} & {HIGHEST:#x}", stops=value.stops)


def arithmetic(operation: int, left: Value, right: Value) -> Value:
    """Return what *operation* makes of two values; *right* is simple, and for shifts *left* too."""
    if left.number is not None and right.number is not None:
        result = calculate(operation, left.number, right.number)
        if result is not None:
            return constant(result)
    text = f"{left.operand} {_OPERATORS[operation]} {right.operand}"
    shift = operation in {bpf.LSH, bpf.RSH}
    if shift and right.number is not None and right.number > 31:
        return constant(0)
    highest = _highest(operation, left.highest, right)
    if highest > HIGHEST or operation == bpf.SUB:
        text, highest = f"{text} & {HIGHEST:#x}", HIGHEST
    if shift and right.number is None:
        text = f"({text} if {right.text} < 32 else 0)"
    stops = left.stops or (operation in {bpf.DIV, bpf.MOD} and not right.number)
    return Value(text, highest, stops=stops)


def _highest(operation: int, left: int, right: Value) -> int:
    """Return what the result never exceeds before it is cut to 32 bits."""
    if operation == bpf.ADD:
        return left + right.highest
    if operation == bpf.MUL:
        return left * right.highest
    if operation == bpf.AND:
        return min(left, right.highest)
    if operation in {bpf.OR, bpf.XOR}:
        return (1 << max(left.bit_length(), right.highest.bit_length())) - 1
    if operation == bpf.LSH:
        return HIGHEST + 1 if right.number is None else left << right.number
    if right.number and operation == bpf.DIV:
        return left // right.number
    if right.number and operation == bpf.MOD:
        return min(left, right.number - 1)
    return left >> right.number if operation == bpf.RSH and right.number is not None else left


class Condition(NamedTuple):
    """What asks whether something is so, and the opposite.

    ``simply``  the value is asked for once only
    ``strict``  ``holds`` is True or False and not only taken for one
    """

    holds: str
    fails: str
    simply: bool = True
    strict: bool = True

    @property
    def opposite(self) -> "Condition":
        """Return the question the other way round."""
        return self._replace(holds=self.fails, fails=self.holds)


def member(value: Value, wanted: Intervals, possible: Intervals) -> Condition:
    """Ask whether *value* is one of those *wanted*.

    *possible* are those that it can still have: some of them are wanted, and others are not.
    """
    others = intersection(complement(wanted), possible)
    if len(wanted) <= len(others):
        return _member(value, wanted)
    return _member(value, others).opposite


def _member(value: Value, wanted: Intervals) -> Condition:
    if value.place and value.place.size > 1 and len(wanted) == 1 and wanted[0][0] == wanted[0][1]:
        return _equal_bytes(value.place, wanted[0][0])
    few = [number for low, high in wanted if high - low < FEW for number in range(low, high + 1)]
    ranges = [(low, high) for low, high in wanted if high - low >= FEW]
    tests = [_between(value, low, high) for low, high in ranges]
    if few:
        tests.append(_one_of(value, few))
    if len(tests) == 1:
        return tests[0]
    return Condition(
        " or ".join(test.holds for test in tests),
        " and ".join(test.fails for test in tests),
        simply=False,
    )


def _between(value: Value, low: int, high: int) -> Condition:
    if high >= value.highest:
        return Condition(f"{value.text} >= {low}", f"{value.text} < {low}")
    if low == 0:
        return Condition(f"{value.text} <= {high}", f"{value.text} > {high}")
    holds = f"{low} <= {value.operand} <= {high}"
    return Condition(holds, f"not {holds}")


def _one_of(value: Value, numbers: list[int]) -> Condition:
    if len(numbers) == 1:
        return Condition(f"{value.text} == {numbers[0]}", f"{value.text} != {numbers[0]}")
    listed = ", ".join(map(str, numbers))
    return Condition(f"{value.text} in {{{listed}}}", f"{value.text} not in {{{listed}}}")


def _equal_bytes(place: Place, number: int) -> Condition:
    """Compare byte by byte, the last first: it differs most often, and fails in a short packet."""
    first, last = number >> 8, number & 0xFF
    rest = place.size - 1
    if rest == 1:
        terms = [(place.byte(1), str(last)), (place.byte(0), str(first))]
    else:
        cut = f"packet[{place.at(0)}:{place.at(rest)}]"
        terms = [(place.byte(rest), str(last)), (cut, repr(first.to_bytes(rest, "big")))]
    return Condition(
        " and ".join(f"{left} == {right}" for left, right in terms),
        " or ".join(f"{left} != {right}" for left, right in terms),
    )


def comparison(code: int, left: Value, right: Value) -> Condition:
    """Ask what a conditional jump asks that is no set of values: of X, or of bits."""
    test = code & ~bpf.WITH_X
    if test in _COMPARISONS:
        holds, fails = (f"{left.text} {word} {right.text}" for word in _COMPARISONS[test])
        return Condition(holds, fails)
    if left.place and left.place.size == 2 and right.number and right.number & 0xFF:
        return _some_bits(left.place, right.number)
    text = f"{left.operand} & {right.text}"
    return Condition(text, f"not {text}", strict=False)


def _some_bits(place: Place, bits: int) -> Condition:
    """Look for bits of two bytes, at the second first: that fails in a short packet."""
    terms = [_bits(place.byte(1), bits & 0xFF), _bits(place.byte(0), bits >> 8 & 0xFF)]
    holds = " or ".join(filter(None, terms))
    return Condition(holds, f"not ({holds})", strict=False)


def _bits(byte: str, bits: int) -> str:
    return (byte if bits == 0xFF else f"{byte} & {bits}") if bits else ""
