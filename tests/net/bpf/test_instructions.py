"""How instructions are written, as tcpdump writes them."""

import pytest

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.instructions import Instruction, disassemble, signed

LINES = [
    (Instruction(bpf.LD_WORD, 0, 0, 26), "(000) ld       [26]"),
    (Instruction(bpf.LD_HALF, 0, 0, 12), "(000) ldh      [12]"),
    (Instruction(bpf.LD_BYTE_X, 0, 0, 14), "(000) ldb      [x + 14]"),
    (Instruction(bpf.LD_HALF, 0, 0, bpf.ANCILLARY), "(000) ldh      [proto]"),
    (Instruction(bpf.LD_BYTE, 0, 0, bpf.ANCILLARY + 48), "(000) ldb      [vlanp]"),
    (Instruction(bpf.LD_BYTE, 0, 0, bpf.ANCILLARY + 60), "(000) ldb      [vlan_tpid]"),
    (Instruction(bpf.LD_BYTE, 0, 0, bpf.ANCILLARY + 64), "(000) ldb      [-4032]"),
    (Instruction(bpf.LD_WORD_X, 0, 0, bpf.ANCILLARY), "(000) ld       [x + -4096]"),
    (Instruction(bpf.LD_CONSTANT, 0, 0, 255), "(000) ld       #0xff"),
    (Instruction(bpf.LDX_CONSTANT, 0, 0, 0xFFFFFFFF), "(000) ldx      #0xffffffff"),
    (Instruction(bpf.LD_LENGTH, 0, 0, 0), "(000) ld       #pktlen"),
    (Instruction(bpf.LDX_LENGTH, 0, 0, 0), "(000) ldx      #pktlen"),
    (Instruction(bpf.LDX_HEADER, 0, 0, 14), "(000) ldxb     4*([14]&0xf)"),
    (Instruction(bpf.LD_MEMORY, 0, 0, 3), "(000) ld       M[3]"),
    (Instruction(bpf.STX, 0, 0, 15), "(000) stx      M[15]"),
    (Instruction(bpf.TAX, 0, 0, 0), "(000) tax"),
    (Instruction(bpf.NEG, 0, 0, 0), "(000) neg"),
    (Instruction(bpf.ADD, 0, 0, 12), "(000) add      #12"),
    (Instruction(bpf.SUB, 0, 0, 0xFFFFFFFF), "(000) sub      #-1"),
    (Instruction(bpf.AND, 0, 0, 0xFFFFFF00), "(000) and      #0xffffff00"),
    (Instruction(bpf.ADD | bpf.WITH_X, 0, 0, 0), "(000) add      x"),
    (Instruction(bpf.JA, 0, 0, 5), "(000) ja       6"),
    (Instruction(bpf.JA, 0, 0, 0xFFFFFFFF), "(000) ja       0"),
    (Instruction(bpf.JEQ, 2, 10, 0x800), "(000) jeq      #0x800           jt 3\tjf 11"),
    (Instruction(bpf.JSET | bpf.WITH_X, 0, 1, 0), "(000) jset     x                jt 1\tjf 2"),
    (Instruction(bpf.RET, 0, 0, 262144), "(000) ret      #262144"),
    (Instruction(bpf.RET_A, 0, 0, 0), "(000) ret"),
    (Instruction(0x77, 0, 0, 0), "(000) unimp    0x77"),
]


@pytest.mark.parametrize(("instruction", "line"), LINES, ids=[line for _, line in LINES])
def test_a_line_says_what_an_instruction_does(instruction, line):
    assert disassemble([instruction]) == line


def test_lines_are_numbered():
    code = [Instruction(bpf.JA, 0, 0, 0)] * 1000 + [Instruction(bpf.JEQ, 0, 0, 1)]
    lines = disassemble(code).split("\n")
    assert lines[7] == "(007) ja       8"
    assert lines[1000] == "(1000) jeq      #0x1             jt 1001\tjf 1001"


@pytest.mark.parametrize(("k", "value"), [(0, 0), (0x7FFFFFFF, 0x7FFFFFFF), (0xFFFFFFF1, -15)])
def test_jumps_have_signed_distances(k, value):
    assert signed(k) == value
