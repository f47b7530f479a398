"""Programs as Python functions: the filter for packets of files, ten times as fast as the machine.

A program that jumps forward only is a tree of conditions, if what several paths share is written
once for each. The tree becomes nested ``if`` of which every arm returns. How long a packet is need
not be asked for: Python raises where a load leaves it, and then there is no match.
"""

from collections.abc import Mapping, Sequence
from struct import Struct, error
from typing import Any, Final, Protocol

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.branches import (
    COMPARISONS,
    LENGTH,
    Block,
    depth,
    find_apart,
    find_blocks,
    find_needs,
    sizes,
)
from sipcm.net.bpf.instructions import Instruction, signed
from sipcm.net.bpf.interpreter import check, run
from sipcm.net.bpf.intervals import Intervals, complement, intersection
from sipcm.net.bpf.pythontext import (
    Condition,
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

DEEPEST: Final = 100
"""Calls of one function from within another that are left to Python's stack."""

INDENT: Final = "    "
LONGEST: Final = 60
"""Characters of an expression; more nested ones get a variable."""

_NAMES: Final = {
    "word": Struct(">I").unpack_from,
    "header": tuple(4 * (byte & 0xF) for byte in range(256)),
    "stopped": (IndexError, ZeroDivisionError, error),
}
"""What a translation may use; its text is made of numbers and these."""


class Matches(Protocol):
    """A filter as a function."""

    def __call__(self, packet: bytes, wire_len: int | None = None) -> bool:
        """Tell whether *packet* matches; *wire_len* is its length before it was cut, in bytes."""


def translate(instructions: Sequence[Instruction]) -> Matches:
    """Return a function that tells of a packet what the program does.

    Where a program jumps back or branches too much, that is the interpreter behind the same
    signature. What Linux knows of a packet (ancillary loads) is outside of it in either. Raises
    ValueError for what is no valid program.
    """
    text = source(instructions)
    if not text:
        return _interpreted(tuple(instructions))
    names: dict[str, Any] = dict(_NAMES)
    exec(compile(text, "<filter>", "exec"), names)  # noqa: S102 -- made from numbers only
    matches: Matches = names["matches"]
    return matches


def _interpreted(instructions: tuple[Instruction, ...]) -> Matches:
    def matches(packet: bytes, wire_len: int | None = None) -> bool:
        return run(instructions, packet, wire_len)[0] != 0

    return matches


def source(instructions: Sequence[Instruction]) -> str:
    """Return the text of the function that a program becomes; nothing where it stays one.

    Raises ValueError for what is no valid program.
    """
    check(instructions)
    if any(code == bpf.JA and signed(k) < 0 for code, _, _, k in instructions):
        return ""
    blocks = find_blocks(instructions)
    apart = find_apart(blocks)
    return "" if depth(blocks, apart) > DEEPEST else _Text(blocks, apart).write()


Registers = dict[str, Value]
Arm = tuple[Condition, int]
"""What is asked, and the block to go on with if it holds."""


class _Text:
    """A translation under way.

    The blocks *apart* become functions, which take the registers that they need.
    """

    def __init__(self, blocks: Mapping[int, Block], apart: frozenset[int]) -> None:
        self._blocks = blocks
        self._apart = apart
        self._needs = find_needs(blocks)
        self._sizes = sizes(blocks, apart)
        self._lines: list[str] = []
        self._indent = ""
        self._variables = 0

    def write(self) -> str:
        """Return all functions, the one to call last."""
        for start in sorted(self._apart):
            parameters = sorted(self._needs[start])
            self._say(f"def block{start}({', '.join(['packet', *parameters])}):")
            self._write_body(start, {name: named(name) for name in parameters})
        first = min(self._blocks)
        self._say("def matches(packet, wire_len=None):")
        self._indent = INDENT
        if LENGTH in self._needs[first]:
            self._say("if wire_len is None:")
            self._say(f"{INDENT}wire_len = len(packet)")
        self._say("try:")
        zeros = dict.fromkeys(self._needs[first], constant(0))
        self._write_body(first, {**zeros, LENGTH: named("wire_len")})
        self._say("except stopped:")
        self._say(f"{INDENT}return False")
        return "\n".join([*self._lines, ""])

    def _say(self, line: str) -> None:
        self._lines.append(self._indent + line)

    def _write_body(self, start: int, registers: Registers) -> None:
        """Write a block, also one apart, and all it leads to, one level deeper."""
        self._indent += INDENT
        self._write_on(self._write_block(start, registers), registers)
        self._indent = self._indent.removesuffix(INDENT)

    def _write_arm(self, start: int, registers: Registers) -> None:
        """Write what is to be done from a block on, one level deeper.

        That is never the largest of the ways to go: the levels are few, here and in the text.
        """
        self._indent += INDENT
        self._write_on(start, registers.copy())
        self._indent = self._indent.removesuffix(INDENT)

    def _write_on(self, start: int | None, registers: Registers) -> None:
        while start is not None:
            if start in self._apart:
                given = [registers[name].text for name in sorted(self._needs[start])]
                self._say(f"return block{start}({', '.join(['packet', *given])})")
                return
            start = self._write_block(start, registers)

    def _write_block(self, start: int, registers: Registers) -> int | None:
        """Write a block; return the one to go on with, at the same level."""
        block = self._blocks[start]
        for instruction in block.body:
            self._write_step(instruction, registers)
        if block.last is None:
            [target] = block.exits
            return self._continue(target, registers)
        if block.exits:
            return self._write_exits(block, block.last, registers)
        if block.last.code == bpf.RET_A:
            self._say(f"return {registers['a'].text} != 0")
        elif block.last.k == 0:
            self._say("return False")
        else:
            self._drop(registers)
            self._say("return True")
        return None

    def _continue(self, target: int, registers: Registers) -> int:
        """Return the *target*, the only one, after leaving behind what it does not need."""
        if "a" not in self._needs[target]:
            self._drop(registers)
        return target

    def _write_step(self, instruction: Instruction, registers: Registers) -> None:
        """Follow an instruction that neither jumps nor returns.

        Only A may be an expression that was not reckoned yet, for it is mostly used once.
        """
        code, _, _, k = instruction
        if code in bpf.FIXED_LOADS:
            self._drop(registers)
            registers["a"] = load(bpf.FIXED_LOADS[code], k)
        elif code in bpf.INDEXED_LOADS:
            self._drop(registers)
            registers["a"] = load(bpf.INDEXED_LOADS[code], k, registers["x"])
        elif code == bpf.LDX_HEADER:
            registers["x"] = header_length(k)
            self._settle("x", registers)
        elif code & ~bpf.WITH_X in bpf.ARITHMETIC:
            self._write_arithmetic(code, k, registers)
        elif code == bpf.NEG:
            registers["a"] = negative(registers["a"])
        else:
            self._move(code, k, registers)

    def _write_arithmetic(self, code: int, k: int, registers: Registers) -> None:
        operation = code & ~bpf.WITH_X
        by_x = code & bpf.WITH_X != 0
        if len(registers["a"].text) > LONGEST or (by_x and operation in {bpf.LSH, bpf.RSH}):
            self._settle("a", registers)
        other = registers["x"] if by_x else constant(k)
        registers["a"] = arithmetic(operation, registers["a"], other)

    def _move(self, code: int, k: int, registers: Registers) -> None:
        """Follow an instruction that copies: no text comes of it."""
        if code in {bpf.ST, bpf.TAX}:
            self._settle("a", registers)
            registers[f"m{k}" if code == bpf.ST else "x"] = registers["a"]
        elif code == bpf.STX:
            registers[f"m{k}"] = registers["x"]
        elif code in {bpf.LDX_CONSTANT, bpf.LDX_MEMORY, bpf.LDX_LENGTH}:
            registers["x"] = self._source(code, k, registers)
        else:
            self._drop(registers)
            registers["a"] = self._source(code, k, registers)

    @staticmethod
    def _source(code: int, k: int, registers: Registers) -> Value:
        if code in {bpf.LD_CONSTANT, bpf.LDX_CONSTANT}:
            return constant(k)
        if code in {bpf.LD_MEMORY, bpf.LDX_MEMORY}:
            return registers[f"m{k}"]
        return registers["x" if code == bpf.TXA else LENGTH]

    def _settle(self, register: str, registers: Registers) -> None:
        """Reckon a register, so that its value can be used more than once."""
        value = registers[register]
        if not value.simple:
            self._variables += 1
            name = f"{register}{self._variables}"
            self._say(f"{name} = {value.text}")
            registers[register] = named(name, value.highest)

    def _drop(self, registers: Registers) -> None:
        """Forget A; where it comes from must be in the packet all the same."""
        value = registers.pop("a", None)
        if value is not None and value.stops:
            self._say(value.text)

    def _write_exits(self, block: Block, last: Instruction, registers: Registers) -> int | None:
        """Write the ways to go, all but the largest; return where that leads to."""
        ways = self._switch if last.code in COMPARISONS else self._fork
        arms, rest = ways(block, last, registers)
        if not arms:
            return self._continue(rest, registers)
        if not self._is_needed(block):
            registers.pop("a")  # it is reckoned in the condition
        if len(arms) == 1 and (text := self._as_verdict(*arms[0], rest)):
            self._say(f"return {text}")
            return None
        for condition, target in arms:
            self._say(f"if {condition.holds}:")
            self._write_arm(target, registers)
        return rest

    def _switch(self, block: Block, _: Instruction, registers: Registers) -> tuple[list[Arm], int]:
        """Return the ways that a value decides on, and the largest, which gets the rest."""
        possible = registers["a"].possible
        ways = {
            target: values
            for target, wanted in block.exits.items()
            if (values := intersection(wanted, possible))
        }
        rest = max(ways, key=self._size)
        if len(ways) > 2 or self._is_needed(block):
            self._settle("a", registers)
        arms = self._members(ways, rest, registers["a"])
        if not all(condition.simply for condition, _ in arms):
            self._settle("a", registers)
            arms = self._members(ways, rest, registers["a"])
        return arms, rest

    @staticmethod
    def _members(ways: Mapping[int, Intervals], rest: int, value: Value) -> list[Arm]:
        possible = value.possible
        arms = []
        for target, wanted in ways.items():
            if target != rest:
                arms.append((member(value, wanted, possible), target))
                possible = intersection(possible, complement(wanted))
        return arms

    def _fork(self, block: Block, last: Instruction, registers: Registers) -> tuple[list[Arm], int]:
        """Return the smaller of the two ways that a condition decides on, and the other."""
        if self._is_needed(block):
            self._settle("a", registers)
        other = registers["x"] if last.code & bpf.WITH_X else constant(last.k)
        condition = comparison(last.code, registers["a"], other)
        then, otherwise = block.exits
        if self._size(then) <= self._size(otherwise):
            return [(condition, then)], otherwise
        return [(condition.opposite, otherwise)], then

    def _is_needed(self, block: Block) -> bool:
        return any("a" in self._needs[target] for target in block.exits)

    def _size(self, target: int) -> int:
        return 1 if target in self._apart else self._sizes[target]

    def _as_verdict(self, condition: Condition, target: int, rest: int) -> str:
        """Return what to return where one way accepts the packet and the other one does not."""
        verdicts = (self._verdict(target), self._verdict(rest))
        if not condition.strict or None in verdicts or verdicts[0] == verdicts[1]:
            return ""
        return condition.holds if verdicts[0] else condition.fails

    def _verdict(self, target: int) -> bool | None:
        """Return what a block does that does nothing but return; None of any other."""
        block = self._blocks[target]
        if block.body or block.last is None or block.last.code != bpf.RET:
            return None
        return block.last.k > 0
