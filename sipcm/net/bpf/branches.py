"""The blocks of a program, where each can go and what it needs: the map for its translation.

Programs that jump forward only, as ``check`` of the interpreter accepts them. A run of jumps on one
value of A is seen as what it means: sets of values, each with a place to go to.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.instructions import Instruction
from sipcm.net.bpf.intervals import HIGHEST, Intervals

LENGTH: Final = "length"
"""The name of what is no register but can be loaded as one: the length on the wire."""

SMALL: Final = 400
"""Instructions that are written out without a thought of their number."""

COMPARISONS: Final = frozenset({bpf.JEQ, bpf.JGT, bpf.JGE})
"""Jumps that ask which value A has, where they compare with a constant."""


@dataclass(slots=True)
class Block:
    """Instructions that are executed one after the other.

    ``body``   all but the last
    ``last``   returns, or jumps on a condition; None where it goes on in another block
    ``exits``  where it can go, in the order of the program: to which block for which values of A.
               Where ``last`` compares with X or bits: first where to if so, then where to if not
    """

    body: Sequence[Instruction]
    last: Instruction | None
    exits: dict[int, Intervals]


def find_blocks(instructions: Sequence[Instruction]) -> dict[int, Block]:
    """Return the blocks that can be reached, by the number of their first instruction, in order."""
    program = _Program(instructions)
    blocks: dict[int, Block] = {}
    waiting = [program.resolved[0]]
    while waiting:
        start = waiting.pop()
        if start not in blocks:
            blocks[start] = program.block(start)
            waiting += blocks[start].exits
    return dict(sorted(blocks.items()))


class _Program:
    """A program cut at the targets of its jumps.

    ``resolved``  for each instruction where a jump to it may go at once: past unconditional jumps,
                  and from one of several equal returns to the last
    """

    __slots__ = ("_instructions", "_targets", "resolved")

    def __init__(self, instructions: Sequence[Instruction]) -> None:
        self._instructions = instructions
        self.resolved = list(range(len(instructions)))
        returns: dict[Instruction, int] = {}
        for number, instruction in reversed([*enumerate(instructions)]):
            if instruction.code == bpf.JA:
                self.resolved[number] = self.resolved[number + 1 + instruction.k]
            elif instruction.code in bpf.RETURNS:
                self.resolved[number] = returns.setdefault(instruction, number)
        self._targets = {
            target
            for number, instruction in enumerate(instructions)
            if instruction.code in bpf.CONDITIONAL
            for target in self._ways(number)
        }

    def block(self, start: int) -> Block:
        """Return the block that begins at *start*."""
        end = start
        while not self._ends(end):
            end += 1
            if self.resolved[end] != end or end in self._targets:
                body = self._instructions[start:end]
                return Block(body, None, {self.resolved[end]: ((0, HIGHEST),)})
        body, last = self._instructions[start:end], self._instructions[end]
        if last.code in bpf.RETURNS:
            return Block(body, last, {})
        exits = self._switch(end) if last.code in COMPARISONS else self._exits(end)
        return Block(body, last if len(exits) > 1 else None, exits)

    def _ends(self, number: int) -> bool:
        code = self._instructions[number].code
        return code in bpf.RETURNS or code in bpf.CONDITIONAL

    def _ways(self, number: int) -> tuple[int, int]:
        """Return where a conditional jump goes if its condition holds and if not."""
        _, jt, jf, _ = self._instructions[number]
        return self.resolved[number + 1 + jt], self.resolved[number + 1 + jf]

    def _exits(self, number: int) -> dict[int, Intervals]:
        return dict.fromkeys(self._ways(number), ((0, HIGHEST),))

    def _switch(self, first: int) -> dict[int, Intervals]:
        """Return where to the comparisons from *first* on lead, for which values of A.

        The values between two constants of all the comparisons go the same way: a set of values is
        a number with a bit for each such range.
        """
        begins = self._ranges(first)
        everything = (1 << len(begins)) - 1
        reached: dict[int, int] = {first: everything}
        waiting = [first]
        while waiting:
            number = heappop(waiting)
            if self._instructions[number].code not in COMPARISONS:
                continue
            values = reached[number]
            holds = self._holding(number, begins) & everything
            for target, some in zip(self._ways(number), (holds, ~holds), strict=True):
                if target not in reached:
                    reached[target] = 0
                    heappush(waiting, target)
                reached[target] |= values & some
        return {
            target: _intervals(values, begins)
            for target, values in reached.items()
            if values and self._instructions[target].code not in COMPARISONS
        }

    def _ranges(self, first: int) -> list[int]:
        """Return the values of A from which on comparisons may turn out differently, in order."""
        begins = {0}
        seen = {first}
        waiting = [first]
        while waiting:
            number = waiting.pop()
            code, _, _, k = self._instructions[number]
            if code in COMPARISONS:
                begins |= {k, k + 1}
                waiting += {*self._ways(number)} - seen
                seen.update(self._ways(number))
        return sorted(begins - {HIGHEST + 1})

    def _holding(self, number: int, begins: list[int]) -> int:
        """Return the set of values for which the comparison *number* holds."""
        code, _, _, k = self._instructions[number]
        if code == bpf.JEQ:
            return 1 << bisect_left(begins, k)
        return -1 << bisect_left(begins, k if code == bpf.JGE else k + 1)


def _intervals(values: int, begins: list[int]) -> Intervals:
    """Return a set of ranges as a set of values."""
    bounds = [*begins, HIGHEST + 1]
    found: list[tuple[int, int]] = []
    for number, begin in enumerate(begins):
        if values >> number & 1:
            if found and found[-1][1] == begin - 1:
                begin = found.pop()[0]  # noqa: PLW2901 -- the two are one interval
            found.append((begin, bounds[number + 1] - 1))
    return tuple(found)


def find_needs(blocks: Mapping[int, Block]) -> dict[int, frozenset[str]]:
    """Return which registers each block takes over: "a", "x", "m0" to "m15", "length"."""
    needs: dict[int, frozenset[str]] = {}
    for start in sorted(blocks, reverse=True):
        block = blocks[start]
        needed = frozenset[str]().union(*(needs[target] for target in block.exits))
        for instruction in reversed([*block.body, *([block.last] if block.last else [])]):
            reads, writes = _registers(instruction)
            needed = needed - writes | reads
        needs[start] = needed
    return needs


_A: Final = frozenset({"a"})
_X: Final = frozenset({"x"})
_NONE: Final[frozenset[str]] = frozenset()
_REGISTERS: Final = {
    **dict.fromkeys(bpf.FIXED_LOADS, (_NONE, _A)),
    **dict.fromkeys(bpf.INDEXED_LOADS, (_X, _A)),
    **dict.fromkeys(bpf.ARITHMETIC, (_A, _A)),
    **dict.fromkeys((code | bpf.WITH_X for code in bpf.ARITHMETIC), (_A | _X, _A)),
    **{code: (_A | _X if code & bpf.WITH_X else _A, _NONE) for code in bpf.CONDITIONAL},
    bpf.NEG: (_A, _A),
    bpf.TAX: (_A, _X),
    bpf.TXA: (_X, _A),
    bpf.LD_CONSTANT: (_NONE, _A),
    bpf.LDX_CONSTANT: (_NONE, _X),
    bpf.LD_LENGTH: (frozenset({LENGTH}), _A),
    bpf.LDX_LENGTH: (frozenset({LENGTH}), _X),
    bpf.LDX_HEADER: (_NONE, _X),
    bpf.RET: (_NONE, _NONE),
    bpf.RET_A: (_A, _NONE),
}


def _registers(instruction: Instruction) -> tuple[frozenset[str], frozenset[str]]:
    """Return which registers an instruction reads and which it writes."""
    code, _, _, k = instruction
    slot = frozenset({f"m{k}"})
    if code in {bpf.ST, bpf.STX}:
        return (_A if code == bpf.ST else _X), slot
    if code in {bpf.LD_MEMORY, bpf.LDX_MEMORY}:
        return slot, (_A if code == bpf.LD_MEMORY else _X)
    return _REGISTERS[code]


def sizes(blocks: Mapping[int, Block], apart: frozenset[int]) -> dict[int, int]:
    """Return for each block the size of what it and all it leads to are, when written as a tree.

    The blocks *apart* are written once, elsewhere, and only referred to.
    """
    found: dict[int, int] = {}
    for start in sorted(blocks, reverse=True):
        block = blocks[start]
        led_to = sum(1 if target in apart else found[target] for target in block.exits)
        found[start] = len(block.body) + 1 + led_to
    return found


def find_apart(blocks: Mapping[int, Block]) -> frozenset[int]:
    """Return the blocks to write apart, so that the others can be written as often as needed.

    There are none while all is small, and then as few as keep it in proportion to the program.
    """
    joints = Counter(target for block in blocks.values() for target in block.exits)
    most = max(SMALL, 2 * sum(len(block.body) + 1 for block in blocks.values()))
    for smallest in (most, 32):
        apart = _joints_from(smallest, blocks, joints)
        found = sizes(blocks, apart)
        if found[min(blocks)] + sum(found[start] for start in apart) <= most:
            return apart
    return _joints_from(4, blocks, joints)


def _joints_from(
    smallest: int, blocks: Mapping[int, Block], joints: Mapping[int, int]
) -> frozenset[int]:
    """Return the blocks that several others lead to and that are larger than *smallest*."""
    apart = set()
    found: dict[int, int] = {}
    for start in sorted(blocks, reverse=True):
        block = blocks[start]
        size = len(block.body) + 1 + sum(found[target] for target in block.exits)
        is_apart = joints[start] > 1 and size > smallest
        if is_apart:
            apart.add(start)
        found[start] = 1 if is_apart else size
    return frozenset(apart)


def depth(blocks: Mapping[int, Block], apart: frozenset[int]) -> int:
    """Return how many of the blocks *apart* one path through the program meets at most."""
    found: dict[int, int] = {}
    for start in sorted(blocks, reverse=True):
        beyond = max((found[target] for target in blocks[start].exits), default=0)
        found[start] = beyond + (start in apart)
    return found[min(blocks)]
