"""The machine: each instruction, how it stops, what it refuses, and libpcap's own verdicts."""

import pytest

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.instructions import Instruction
from sipcm.net.bpf.interpreter import check, run
from tests.net.bpf.packets import bitmap, packets
from tests.net.bpf.programs import given_programs, program

PACKET = bytes(range(0x10, 0x20))
HIGHEST = 0xFFFFFFFF


def machine(*steps, packet=PACKET, **given):
    """Run steps, each a code and perhaps a k, and then return A."""
    code = [Instruction(step[0], 0, 0, step[1] if len(step) > 1 else 0) for step in steps]
    code.append(Instruction(bpf.RET_A, 0, 0, 0))
    check(code)
    return run(code, packet, **given)


RESULTS = {
    "a byte": ([(bpf.LD_BYTE, 15)], 0x1F),
    "a half": ([(bpf.LD_HALF, 14)], 0x1E1F),
    "a word": ([(bpf.LD_WORD, 12)], 0x1C1D1E1F),
    "a byte at X": ([(bpf.LDX_CONSTANT, 10), (bpf.LD_BYTE_X, 5)], 0x1F),
    "a half at X": ([(bpf.LDX_CONSTANT, 10), (bpf.LD_HALF_X, 4)], 0x1E1F),
    "a word at X": ([(bpf.LDX_CONSTANT, 10), (bpf.LD_WORD_X, 2)], 0x1C1D1E1F),
    "a header": ([(bpf.LDX_HEADER, 15), (bpf.TXA,)], 60),
    "constant": ([(bpf.LD_CONSTANT, HIGHEST)], HIGHEST),
    "length": ([(bpf.LD_LENGTH,)], 16),
    "length in X": ([(bpf.LDX_LENGTH,), (bpf.TXA,)], 16),
    "A begins as 0": ([], 0),
    "X begins as 0": ([(bpf.LD_CONSTANT, 1), (bpf.TXA,)], 0),
    "memory begins as 0": ([(bpf.LD_CONSTANT, 1), (bpf.LD_MEMORY, 15)], 0),
    "memory": ([(bpf.LD_CONSTANT, 7), (bpf.ST, 15), (bpf.LDX_MEMORY, 15), (bpf.TXA,)], 7),
    "memory of X": ([(bpf.LDX_CONSTANT, 7), (bpf.STX, 0), (bpf.LD_MEMORY, 0)], 7),
    "A to X": ([(bpf.LD_CONSTANT, 7), (bpf.TAX,), (bpf.LD_CONSTANT, 1), (bpf.TXA,)], 7),
    "minus": ([(bpf.LD_CONSTANT, 1), (bpf.NEG,)], HIGHEST),
    "sum": ([(bpf.LD_CONSTANT, HIGHEST), (bpf.ADD, 2)], 1),
    "difference": ([(bpf.SUB, 1)], HIGHEST),
    "product": ([(bpf.LD_CONSTANT, 0x80000001), (bpf.MUL, 2)], 2),
    "quotient": ([(bpf.LD_CONSTANT, 7), (bpf.DIV, 2)], 3),
    "remainder": ([(bpf.LD_CONSTANT, 7), (bpf.MOD, 4)], 3),
    "or": ([(bpf.LD_CONSTANT, 6), (bpf.OR, 3)], 7),
    "and": ([(bpf.LD_CONSTANT, 6), (bpf.AND, 3)], 2),
    "xor": ([(bpf.LD_CONSTANT, 6), (bpf.XOR, 3)], 5),
    "left": ([(bpf.LD_CONSTANT, 3), (bpf.LSH, 31)], 0x80000000),
    "right": ([(bpf.LD_CONSTANT, HIGHEST), (bpf.RSH, 31)], 1),
    "left by X": (
        [(bpf.LD_CONSTANT, 3), (bpf.LDX_CONSTANT, 32), (bpf.LSH | bpf.WITH_X,)],
        0,
    ),
    "right by X": (
        [(bpf.LD_CONSTANT, 3), (bpf.LDX_CONSTANT, HIGHEST), (bpf.RSH | bpf.WITH_X,)],
        0,
    ),
    "minus X": ([(bpf.LDX_CONSTANT, 1), (bpf.SUB | bpf.WITH_X,)], HIGHEST),
}


@pytest.mark.parametrize(("steps", "result"), RESULTS.values(), ids=RESULTS)
def test_each_instruction(steps, result):
    assert machine(*steps) == (result, False)


STOPS = {
    "byte": [(bpf.LD_BYTE, 16)],
    "half": [(bpf.LD_HALF, 15)],
    "word": [(bpf.LD_WORD, 13)],
    "header": [(bpf.LDX_HEADER, 16)],
    "far": [(bpf.LD_BYTE, HIGHEST)],
    "at X": [(bpf.LDX_CONSTANT, 10), (bpf.LD_HALF_X, 5)],
    "beyond 32 bits": [(bpf.LDX_CONSTANT, HIGHEST), (bpf.LD_BYTE_X, 1)],
    "division by X": [(bpf.DIV | bpf.WITH_X,)],
    "remainder by X": [(bpf.MOD | bpf.WITH_X,)],
    "Linux": [(bpf.LD_WORD, bpf.ANCILLARY)],
}


@pytest.mark.parametrize("steps", STOPS.values(), ids=STOPS)
def test_what_is_impossible_stops(steps):
    assert machine(*steps, (bpf.LD_CONSTANT, 1)) == (0, True)


def test_what_linux_knows_can_be_given():
    vlan = bpf.ANCILLARY + 44
    assert machine((bpf.LD_HALF, vlan), ancillary={vlan: 100}) == (100, False)
    assert machine((bpf.LD_HALF, vlan), ancillary={vlan + 4: 1}) == (0, True)
    at_x = [(bpf.LDX_CONSTANT, vlan), (bpf.LD_HALF_X, 0)]
    assert machine(*at_x, ancillary={vlan: 100}) == (0, True)


def test_the_length_may_be_more_than_was_captured():
    assert machine((bpf.LD_LENGTH,), wire_length=1500) == (1500, False)
    assert machine((bpf.LD_BYTE, 16), wire_length=1500) == (0, True)


@pytest.mark.parametrize(
    ("code", "a", "other", "holds"),
    [
        (bpf.JEQ, 5, 5, True),
        (bpf.JEQ, 5, 6, False),
        (bpf.JGT, 6, 5, True),
        (bpf.JGT, 5, 5, False),
        (bpf.JGE, 5, 5, True),
        (bpf.JGE, 4, 5, False),
        (bpf.JSET, 6, 2, True),
        (bpf.JSET, 6, 9, False),
    ],
)
@pytest.mark.parametrize("source", [0, bpf.WITH_X])
def test_jumps(code, a, other, holds, source):
    code = [
        Instruction(bpf.LDX_CONSTANT, 0, 0, other if source else 77),
        Instruction(bpf.LD_CONSTANT, 0, 0, a),
        Instruction(code | source, 1, 0, 77 if source else other),
        Instruction(bpf.RET, 0, 0, 1),
        Instruction(bpf.RET, 0, 0, 2),
    ]
    check(code)
    assert run(code, b"") == (2 if holds else 1, False)


COUNT = "4,0,0,1;21,1,0,{};5,0,0,-3;6,0,0,9"


def test_a_jump_back_makes_a_loop():
    code = program(COUNT.format(1000))
    check(code)
    assert run(code, b"") == (9, False)


def test_a_loop_without_an_end_is_stopped():
    code = program(COUNT.format(HIGHEST))
    check(code)
    assert run(code, b"") == (0, True)


INVALID = [
    ("", "a program has 1 to 4096 instructions, not 0"),
    (";".join(["6,0,0,0"] * 4097), "a program has 1 to 4096 instructions, not 4097"),
    ("119,0,0,0;6,0,0,0", "instruction 0: the code 0x77 is unknown"),
    ("4,0,0,1", "the last instruction is no ret"),
    ("5,0,0,1;6,0,0,0", "instruction 0: a jump to 2 leaves the program"),
    ("5,0,0,-2;6,0,0,0", "instruction 0: a jump to -1 leaves the program"),
    ("21,0,1,0;6,0,0,0", "instruction 0: a jump to 2 leaves the program"),
    ("21,1,0,0;6,0,0,0", "instruction 0: a jump to 2 leaves the program"),
    ("6,0,0,0;21,256,0,0;6,0,0,0", "instruction 1: (21, 256, 0, 0) does not fit into its fields"),
    ("2,0,0,16;6,0,0,0", "instruction 0: there is no memory slot 16"),
    ("97,0,0,16;6,0,0,0", "instruction 0: there is no memory slot 16"),
    ("52,0,0,0;6,0,0,0", "instruction 0: division by zero"),
    ("148,0,0,0;6,0,0,0", "instruction 0: division by zero"),
    ("100,0,0,32;6,0,0,0", "instruction 0: shift by 32 bits"),
    ("116,0,0,32;6,0,0,0", "instruction 0: shift by 32 bits"),
]


@pytest.mark.parametrize(("text", "complaint"), INVALID, ids=[words for _, words in INVALID])
def test_what_is_no_program_is_refused(text, complaint):
    with pytest.raises(ValueError, match=r".") as caught:
        check(program(text) if text else ())
    assert str(caught.value) == complaint


def test_numbers_must_fit():
    with pytest.raises(ValueError, match="does not fit"):
        check([Instruction(bpf.RET, 0, 0, HIGHEST + 1)])


def assert_same_verdicts(given):
    for each in given:
        check(each.instructions)
        verdicts = (run(each.instructions, *packet)[0] for packet in packets(each.linktype))
        assert bitmap(verdicts) == each.matching, (each.name, each.expression)


def test_a_sample_of_libpcaps_verdicts(shared_dir):
    assert_same_verdicts(given_programs()[::40])


@pytest.mark.soak
def test_all_of_libpcaps_verdicts(shared_dir):
    assert_same_verdicts(given_programs())
