"""The machine that programs are written for, step by step, and what a program must look like.

It answers as bpf_filter() does for packets in user space, bit for bit: arithmetic is unsigned with
32 bits, and a program that loads beyond what was captured ends, whatever else it asks. Slow, and
therefore what the faster ways are measured against.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.expression import calculate
from sipcm.net.bpf.instructions import Instruction, signed
from sipcm.net.bpf.intervals import HIGHEST

MOST_STEPS: Final = 100_000
"""After so many a program that jumps back is taken to never end."""

_MEMORY: Final = frozenset({bpf.LD_MEMORY, bpf.LDX_MEMORY, bpf.ST, bpf.STX})
_OTHERS: Final = frozenset(
    {
        *(bpf.LD_CONSTANT, bpf.LD_LENGTH, bpf.LDX_CONSTANT, bpf.LDX_LENGTH, bpf.LDX_HEADER),
        *(bpf.TAX, bpf.TXA, bpf.NEG, bpf.JA),
    }
)
_KNOWN: Final = frozenset(
    {
        *(bpf.FIXED_LOADS.keys() | bpf.INDEXED_LOADS.keys()),
        *(_MEMORY | _OTHERS | bpf.CONDITIONAL | bpf.RETURNS),
        *(code | source for code in bpf.ARITHMETIC for source in (0, bpf.WITH_X)),
    }
)


def run(
    instructions: Sequence[Instruction],
    packet: bytes,
    wire_length: int | None = None,
    ancillary: Mapping[int, int] | None = None,
) -> tuple[int, bool]:
    """Return what a program that passes ``check`` makes of *packet*, and whether it was stopped.

    The number is how many bytes to keep, 0 where the packet does not match. It is 0 as well where
    the program was stopped: by a load outside of the packet, a division by zero, or because it
    takes too long. *wire_length* is the length of the packet before it was cut, in bytes.
    *ancillary* gives what is loaded from the offsets beyond all packets where Linux tells what it
    knows of one; those not given are outside of the packet.
    """
    machine = _Machine(packet, len(packet) if wire_length is None else wire_length, ancillary or {})
    at = 0
    for _ in range(MOST_STEPS):
        code, jt, jf, k = instructions[at]
        at += 1
        if code == bpf.RET:
            return k, False
        if code == bpf.RET_A:
            return machine.a, False
        if code == bpf.JA:
            at += signed(k)
        elif code in bpf.CONDITIONAL:
            at += jt if machine.holds(code, k) else jf
        elif not machine.step(code, k):
            break
    return 0, True


class _Machine:
    """The registers of the machine, and what it sees."""

    __slots__ = ("_ancillary", "_length", "_memory", "_packet", "_x", "a")

    def __init__(self, packet: bytes, length: int, ancillary: Mapping[int, int]) -> None:
        self.a = 0
        self._x = 0
        self._memory = [0] * bpf.MEMORY_SLOTS
        self._packet = packet
        self._length = length & HIGHEST
        self._ancillary = ancillary

    def holds(self, code: int, k: int) -> bool:
        """Tell whether a conditional jump goes where its condition sends it."""
        other = self._x if code & bpf.WITH_X else k
        test = code & ~bpf.WITH_X
        if test == bpf.JEQ:
            return self.a == other
        if test == bpf.JGT:
            return self.a > other
        if test == bpf.JGE:
            return self.a >= other
        return self.a & other != 0

    def step(self, code: int, k: int) -> bool:
        """Execute an instruction that does not jump; return False where that stops the program."""
        if code in bpf.FIXED_LOADS:
            if k not in self._ancillary:
                return self._load(k, bpf.FIXED_LOADS[code])
            self.a = self._ancillary[k] & HIGHEST
        elif code in bpf.INDEXED_LOADS:
            return self._load(self._x + k, bpf.INDEXED_LOADS[code])
        elif code == bpf.LDX_HEADER:
            if k >= len(self._packet):
                return False
            self._x = (self._packet[k] & 0xF) * 4
        elif code & ~bpf.WITH_X in bpf.ARITHMETIC:
            result = calculate(code & ~bpf.WITH_X, self.a, self._x if code & bpf.WITH_X else k)
            if result is None:
                return False
            self.a = result
        else:
            self._move(code, k)
        return True

    def _load(self, begin: int, size: int) -> bool:
        end = begin + size
        if end > len(self._packet):
            return False
        self.a = int.from_bytes(self._packet[begin:end], "big")
        return True

    def _move(self, code: int, k: int) -> None:
        if code == bpf.LD_CONSTANT:
            self.a = k
        elif code == bpf.LD_MEMORY:
            self.a = self._memory[k]
        elif code == bpf.LD_LENGTH:
            self.a = self._length
        elif code == bpf.LDX_CONSTANT:
            self._x = k
        elif code == bpf.LDX_MEMORY:
            self._x = self._memory[k]
        elif code == bpf.LDX_LENGTH:
            self._x = self._length
        elif code == bpf.ST:
            self._memory[k] = self.a
        elif code == bpf.STX:
            self._memory[k] = self._x
        elif code == bpf.TAX:
            self._x = self.a
        elif code == bpf.TXA:
            self.a = self._x
        else:
            self.a = -self.a & HIGHEST


def check(instructions: Sequence[Instruction]) -> None:
    """Raise ValueError unless every path through the program is defined and can end.

    The rules are the kernel's (Documentation/networking/filter.rst, and bpf_check_classic), but
    that a jump may go back and memory be read before it is written.
    """
    length = len(instructions)
    if not 0 < length <= bpf.MOST_INSTRUCTIONS:
        raise ValueError(f"a program has 1 to {bpf.MOST_INSTRUCTIONS} instructions, not {length}")
    for number, instruction in enumerate(instructions):
        if complaint := _complaint(instruction, number, length):
            raise ValueError(f"instruction {number}: {complaint}")
    if instructions[-1].code not in bpf.RETURNS:
        raise ValueError("the last instruction is no ret")


def _complaint(instruction: Instruction, number: int, length: int) -> str:
    code, jt, jf, k = instruction
    if code not in _KNOWN:
        return f"the code {code:#x} is unknown"
    if not (0 <= jt < 256 and 0 <= jf < 256 and 0 <= k <= HIGHEST):
        return f"{tuple(instruction)} does not fit into its fields"
    targets = _targets(instruction, number)
    if not all(0 <= target < length for target in targets):
        return f"a jump to {max(targets, key=abs)} leaves the program"
    if code in _MEMORY and k >= bpf.MEMORY_SLOTS:
        return f"there is no memory slot {k}"
    if code in {bpf.DIV, bpf.MOD} and k == 0:
        return "division by zero"
    return f"shift by {k} bits" if code in {bpf.LSH, bpf.RSH} and k > 31 else ""


def _targets(instruction: Instruction, number: int) -> list[int]:
    code, jt, jf, k = instruction
    if code == bpf.JA:
        return [number + 1 + signed(k)]
    return [number + 1 + jt, number + 1 + jf] if code in bpf.CONDITIONAL else []
