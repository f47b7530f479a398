"""Programs to try the machines on: those that libpcap made for the given expressions, and random."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.instructions import Instruction, signed
from sipcm.net.bpf.intervals import HIGHEST
from tests.conftest import find_shared

Program = tuple[Instruction, ...]


def program(text: str) -> Program:
    """Read ``code,jt,jf,k;code,...``, with k signed or not."""
    lines = (map(int, line.split(",")) for line in text.split(";"))
    return tuple(Instruction(code, jt, jf, k & HIGHEST) for code, jt, jf, k in lines)


def jumps_back(instructions: Program) -> bool:
    return any(code == bpf.JA and signed(k) < 0 for code, _, _, k in instructions)


def asks_linux(instructions: Program) -> bool:
    """Tell whether something is loaded that is no part of a packet."""
    return any(code in bpf.FIXED_LOADS and k >= bpf.ANCILLARY for code, _, _, k in instructions)


@dataclass(frozen=True, slots=True)
class Given:
    """A program of libpcap's, and which of the packets of its link type it lets through."""

    name: str
    linktype: str
    expression: str
    instructions: Program
    matching: int


@cache
def given_programs() -> list[Given]:
    """Return the programs that both libpcaps made; none where there is no shared material."""
    shared = find_shared()
    if shared is None:
        return []
    return [
        each
        for file in ("expr.jsonl", "testrun_accept.jsonl")
        for line in (shared / "bpf" / file).read_text(encoding="utf-8").splitlines()
        for each in _programs(json.loads(line))
    ]


def _programs(record: dict[str, dict[str, str]]) -> Iterator[Given]:
    """Yield those that come with a verdict; HEAD's is the installed one's if it is not said."""
    installed = record["installed"]
    for build in ("installed", "head", "head_build"):
        made = record.get(build, {})
        text, match = made.get("prog"), made.get("match", installed.get("match"))
        if text and match:
            name = f"{record['id']} {build}"
            yield Given(name, record["dlt"], record["expr"], program(text), int(match, 16))  # type: ignore[arg-type]


_SIMPLE = (
    *(bpf.LD_CONSTANT, bpf.LD_LENGTH, bpf.LDX_CONSTANT, bpf.LDX_LENGTH),
    *(bpf.TAX, bpf.TXA, bpf.NEG, bpf.TAX, bpf.TXA),
)
_MEMORY = (bpf.LD_MEMORY, bpf.LDX_MEMORY, bpf.ST, bpf.STX)
_ARITHMETIC = sorted(code | source for code in bpf.ARITHMETIC for source in (0, bpf.WITH_X))
_NUMBERS = st.one_of(
    st.integers(0, 40),
    st.sampled_from([0, 1, 255, 256, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000]),
    st.sampled_from([HIGHEST - 20, HIGHEST, bpf.ANCILLARY, bpf.ANCILLARY + 4]),
    st.integers(0, HIGHEST),
)
_NEAR = st.integers(0, 24)


def _each(codes: Sequence[int], numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Instruction]:
    none = st.just(0)
    return st.builds(Instruction, st.sampled_from(codes), none, none, numbers)


_JUMPS = st.builds(
    Instruction,
    st.sampled_from([*sorted(bpf.CONDITIONAL), bpf.JEQ, bpf.JGT, bpf.JGE]),
    st.one_of(st.just(0), _NEAR),
    st.one_of(st.just(0), _NEAR),
    _NUMBERS,
)
_INSTRUCTIONS = st.one_of(
    _each([*bpf.FIXED_LOADS, *bpf.INDEXED_LOADS, bpf.LDX_HEADER], _NEAR),
    _each([*bpf.FIXED_LOADS, *bpf.INDEXED_LOADS], _NUMBERS),
    _each(_SIMPLE, _NUMBERS),
    _each(_MEMORY, st.integers(0, 3)),
    _each(_ARITHMETIC, st.integers(1, 31)),
    _each(sorted(set(_ARITHMETIC) - {bpf.DIV, bpf.MOD, bpf.LSH, bpf.RSH}), _NUMBERS),
    _JUMPS,
    _JUMPS,
    _each([bpf.JA], _NEAR),
    _each([bpf.RET, bpf.RET_A], st.integers(0, 1)),
)


def _closed(instructions: list[Instruction]) -> Program:
    """End the program, and shorten the jumps that leave it."""
    closed = []
    for number, (code, jt, jf, k) in enumerate(instructions):
        most = max(len(instructions) - number - 2, 0)
        distance = min(k, most) if code == bpf.JA else k
        closed.append(Instruction(code, min(jt, most), min(jf, most), distance))
    return tuple(closed)


random_programs = st.builds(
    lambda inner, last: _closed([*inner, last]),
    st.lists(_INSTRUCTIONS, max_size=40),
    _each([bpf.RET, bpf.RET, bpf.RET_A], st.integers(0, 1)),
)
"""Valid programs that jump forward only."""

random_packets = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from(b"\0\1\2\3\x11\x45\xff"), max_size=60).map(bytes),
)
