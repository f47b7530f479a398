"""The instructions of the classic BPF machine: their codes, and programs as text.

A program is a sequence of instructions that load from the packet into an accumulator A or an index
register X, reckon, jump forward and end by telling how many bytes of the packet to keep. Sources:
McCanne and Jacobson 1993, and the kernel's Documentation/networking/filter.rst.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

# Loads into A: from a fixed offset, from X plus an offset, a constant, a memory slot, the length.
LD_WORD: Final = 0x20
LD_HALF: Final = 0x28
LD_BYTE: Final = 0x30
LD_WORD_X: Final = 0x40
LD_HALF_X: Final = 0x48
LD_BYTE_X: Final = 0x50
LD_CONSTANT: Final = 0x00
LD_MEMORY: Final = 0x60
LD_LENGTH: Final = 0x80

# Loads into X. The last is four times the low half of a byte: the length of an IPv4 header.
LDX_CONSTANT: Final = 0x01
LDX_MEMORY: Final = 0x61
LDX_LENGTH: Final = 0x81
LDX_HEADER: Final = 0xB1

ST: Final = 0x02
STX: Final = 0x03
TAX: Final = 0x07
TXA: Final = 0x87

# Arithmetic on A with a constant; with WITH_X added, with X.
ADD: Final = 0x04
SUB: Final = 0x14
MUL: Final = 0x24
DIV: Final = 0x34
OR: Final = 0x44
AND: Final = 0x54
LSH: Final = 0x64
RSH: Final = 0x74
NEG: Final = 0x84
MOD: Final = 0x94
XOR: Final = 0xA4

# Jumps: always, or on what A compared with a constant (WITH_X added: with X) gives.
JA: Final = 0x05
JEQ: Final = 0x15
JGT: Final = 0x25
JGE: Final = 0x35
JSET: Final = 0x45

WITH_X: Final = 0x08

RET: Final = 0x06
RET_A: Final = 0x16

MEMORY_SLOTS: Final = 16
MOST_INSTRUCTIONS: Final = 4096
"""What the kernel takes at most (BPF_MAXINSNS)."""

ANCILLARY: Final = 0xFFFFF000
"""Offsets from here on are no bytes of the packet but what Linux knows of it (SKF_AD_OFF)."""

# What Linux knows, four apart from there on, by the names of tcpdump (SKF_AD_ in linux/filter.h).
_KNOWN: Final = (
    *("proto", "type", "ifidx", "nla", "nlan", "mark", "queue", "hatype"),
    *("rxhash", "cpu", "xor_x", "vlan_tci", "vlanp", "poff", "random", "vlan_tpid"),
)
_NAMES: Final = {ANCILLARY + 4 * number: name for number, name in enumerate(_KNOWN)}

ARITHMETIC: Final = frozenset({ADD, SUB, MUL, DIV, MOD, OR, AND, XOR, LSH, RSH})
CONDITIONAL: Final = frozenset(
    code | source for code in (JEQ, JGT, JGE, JSET) for source in (0, WITH_X)
)
RETURNS: Final = frozenset({RET, RET_A})

# How many bytes each takes from the packet.
FIXED_LOADS: Final = {LD_WORD: 4, LD_HALF: 2, LD_BYTE: 1}
INDEXED_LOADS: Final = {LD_WORD_X: 4, LD_HALF_X: 2, LD_BYTE_X: 1}

_FORMATS: Final = {
    LD_WORD: ("ld", "[{k}]"),
    LD_HALF: ("ldh", "[{k}]"),
    LD_BYTE: ("ldb", "[{k}]"),
    LD_WORD_X: ("ld", "[x + {k}]"),
    LD_HALF_X: ("ldh", "[x + {k}]"),
    LD_BYTE_X: ("ldb", "[x + {k}]"),
    LD_CONSTANT: ("ld", "#{bits:#x}"),
    LD_MEMORY: ("ld", "M[{k}]"),
    LD_LENGTH: ("ld", "#pktlen"),
    LDX_CONSTANT: ("ldx", "#{bits:#x}"),
    LDX_MEMORY: ("ldx", "M[{k}]"),
    LDX_LENGTH: ("ldx", "#pktlen"),
    LDX_HEADER: ("ldxb", "4*([{k}]&0xf)"),
    ST: ("st", "M[{k}]"),
    STX: ("stx", "M[{k}]"),
    TAX: ("tax", ""),
    TXA: ("txa", ""),
    NEG: ("neg", ""),
    RET: ("ret", "#{k}"),
    RET_A: ("ret", ""),
}

_CALCULATIONS: Final = {
    ADD: "add",
    SUB: "sub",
    MUL: "mul",
    DIV: "div",
    OR: "or",
    AND: "and",
    LSH: "lsh",
    RSH: "rsh",
    MOD: "mod",
    XOR: "xor",
}
_JUMPS: Final = {JEQ: "jeq", JGT: "jgt", JGE: "jge", JSET: "jset"}
# Numbers that people count in rather than look at bits of.
_DECIMAL: Final = frozenset({ADD, SUB, MUL, DIV, LSH, RSH, MOD})


class Instruction(NamedTuple):
    """One instruction, as the kernel takes it (struct sock_filter).

    ``jt`` and ``jf`` are how many instructions a conditional jump skips where its condition holds
    and where it does not, 0 to 255; ``k`` is an offset, a constant or a slot, unsigned 32 bits.
    """

    code: int
    jt: int
    jf: int
    k: int


def disassemble(instructions: Sequence[Instruction]) -> str:
    """Return a line for each instruction, as ``tcpdump -d`` does, without blanks at its end."""
    return "\n".join(_line(number, instruction) for number, instruction in enumerate(instructions))


def signed(k: int) -> int:
    """Return *k* as the signed number it may stand for: jumps go back in loops."""
    return k - (1 << 32) if k >> 31 else k


def _line(number: int, instruction: Instruction) -> str:
    code, jt, jf, k = instruction
    name, operand = _words(code, k)
    line = f"({number:03}) {name:<8} "
    if code == JA:
        return f"{line}{number + 1 + signed(k)}"
    if code in CONDITIONAL:
        return f"{line}{operand:<16} jt {number + 1 + jt}\tjf {number + 1 + jf}"
    return f"{line}{operand}".rstrip()


def _words(code: int, k: int) -> tuple[str, str]:
    if code in FIXED_LOADS and k in _NAMES:
        return _FORMATS[code][0], f"[{_NAMES[k]}]"
    if code in _FORMATS:
        name, pattern = _FORMATS[code]
        return name, pattern.format(k=signed(k), bits=k)
    if code == JA:
        return "ja", ""
    plain = code & ~WITH_X
    names = _JUMPS if plain in _JUMPS else _CALCULATIONS
    if plain not in names:
        return "unimp", f"{code:#x}"
    if code & WITH_X:
        return names[plain], "x"
    return names[plain], f"#{signed(k)}" if plain in _DECIMAL else f"#{k:#x}"
