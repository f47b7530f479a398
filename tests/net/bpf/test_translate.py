"""Programs as Python: the text, the same verdicts as the machine's, and what stays with it."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.instructions import Instruction
from sipcm.net.bpf.interpreter import run
from sipcm.net.bpf.translate import source, translate
from tests.net.bpf.packets import bitmap, packets
from tests.net.bpf.programs import (
    asks_linux,
    given_programs,
    jumps_back,
    program,
    random_packets,
    random_programs,
)

PORT_5060 = (
    "40,0,0,12;21,0,8,34525;48,0,0,20;21,2,0,132;21,1,0,6;21,0,17,17;40,0,0,54;21,14,0,5060;"
    "40,0,0,56;21,12,13,5060;21,0,12,2048;48,0,0,23;21,2,0,132;21,1,0,6;21,0,8,17;40,0,0,20;"
    "69,6,0,8191;177,0,0,14;72,0,0,14;21,2,0,5060;72,0,0,16;21,0,1,5060;6,0,0,262144;6,0,0,0"
)

TEXT = """\
def matches(packet, wire_len=None):
    try:
        a1 = packet[12] * 256 + packet[13]
        if a1 == 34525:
            if packet[20] not in {6, 17, 132}:
                return False
            if packet[55] == 196 and packet[54] == 19:
                return True
            return packet[57] == 196 and packet[56] == 19
        if a1 != 2048:
            return False
        if packet[23] not in {6, 17, 132}:
            return False
        if packet[21] or packet[20] & 31:
            return False
        x2 = header[packet[14]]
        if packet[x2 + 15] == 196 and packet[x2 + 14] == 19:
            return True
        return packet[x2 + 17] == 196 and packet[x2 + 16] == 19
    except stopped:
        return False
"""


def test_the_filter_of_every_day():
    assert source(program(PORT_5060)) == TEXT


BODIES = {
    "all": ("6,0,0,1", "return True"),
    "nothing": ("6,0,0,0", "return False"),
    "what is not used must be there": ("48,0,0,9;6,0,0,1", "packet[9]; return True"),
    "but not to fail": ("48,0,0,9;6,0,0,0", "return False"),
    "an earlier load as well": (
        "48,0,0,9;40,0,0,0;22,0,0,0",
        "packet[9]; return packet[0] * 256 + packet[1] != 0",
    ),
    "a word": ("32,0,0,9;22,0,0,0", "return word(packet, 9)[0] != 0"),
    "a word that is compared": (
        "32,0,0,26;21,0,1,167772161;6,0,0,1;6,0,0,0",
        r"return packet[29] == 1 and packet[26:29] == b'\n\x00\x00'",
    ),
    "the other way round": (
        "48,0,0,9;21,1,0,6;6,0,0,1;6,0,0,0",
        "return packet[9] != 6",
    ),
    "a range": (
        "40,0,0,0;53,0,2,7;37,1,0,90;6,0,0,1;6,0,0,0",
        "return 7 <= (packet[0] * 256 + packet[1]) <= 90",
    ),
    "several ranges": (
        "48,0,0,0;21,2,0,7;53,0,2,50;37,1,0,90;6,0,0,1;6,0,0,0",
        "a1 = packet[0]; return 50 <= a1 <= 90 or a1 == 7",
    ),
    "several ways": (
        "48,0,0,0;21,1,0,7;21,2,4,8;48,0,0,1;22,0,0,0;48,0,0,2;22,0,0,0;6,0,0,0",
        (
            "a1 = packet[0]; if a1 == 8:;     return packet[2] != 0; "
            "if a1 != 7:;     return False; return packet[1] != 0"
        ),
    ),
    "minus": ("48,0,0,0;132,0,0,0;22,0,0,0", "return -packet[0] & 0xffffffff != 0"),
    "bits": (
        "48,0,0,47;69,0,1,2;6,0,0,1;6,0,0,0",
        "if packet[47] & 2:;     return True; return False",
    ),
    "a comparison with X": (
        "48,0,0,1;7,0,0,0;48,0,0,2;45,0,1,0;6,0,0,1;6,0,0,0",
        "a1 = packet[1]; return packet[2] > a1",
    ),
    "constants": ("0,0,0,3;4,0,0,4;21,0,1,7;6,0,0,1;6,0,0,0", "return True"),
    "a known X": ("1,0,0,3;72,0,0,4;22,0,0,0", "return packet[7] * 256 + packet[8] != 0"),
    "memory": (
        "48,0,0,1;2,0,0,0;48,0,0,2;97,0,0,0;12,0,0,0;22,0,0,0",
        "a1 = packet[1]; return packet[2] + a1 != 0",
    ),
    "shifts": (
        "48,0,0,1;7,0,0,0;48,0,0,2;108,0,0,0;22,0,0,0",
        "a1 = packet[1]; a2 = packet[2]; return (a2 << a1 & 0xffffffff if a1 < 32 else 0) != 0",
    ),
    "division": (
        "48,0,0,1;7,0,0,0;48,0,0,2;60,0,0,0;6,0,0,1",
        "a1 = packet[1]; packet[2] // a1; return True",
    ),
    "Linux knows nothing of a packet here": (
        "48,0,0,-4048;21,0,1,1;6,0,0,1;6,0,0,0",
        "return packet[4294963248] == 1",
    ),
}


@pytest.mark.parametrize(("text", "body"), BODIES.values(), ids=BODIES)
def test_short_programs(text, body):
    lines = [f"        {line}" for line in body.split("; ")]
    head, tail = TEXT.splitlines()[:2], TEXT.splitlines()[-2:]
    assert source(program(text)).splitlines() == [*head, *lines, *tail]


def test_the_length_is_asked_for_where_it_is_needed():
    code = program("128,0,0,0;37,0,1,100;6,0,0,1;6,0,0,0")
    assert source(code) == (
        "def matches(packet, wire_len=None):\n"
        "    if wire_len is None:\n"
        "        wire_len = len(packet)\n"
        "    try:\n"
        "        return wire_len > 100\n"
        "    except stopped:\n"
        "        return False\n"
    )
    matches = translate(code)
    assert [matches(bytes(100)), matches(bytes(101))] == [False, True]
    assert [matches(b"", 100), matches(b"", wire_len=101)] == [False, True]


def test_what_many_share_is_a_function():
    """It takes the registers that it needs, and the length if that is asked for."""
    one = "48,0,0,{0};21,1,0,5;4,0,0,{0};2,0,0,0;"
    steps = "".join(one.format(number) for number in range(40))
    code = program(steps + "96,0,0,0;7,0,0,0;128,0,0,0;28,0,0,0;22,0,0,0")
    text = source(code)
    assert re.search(r"^def block\d+\(packet, a, length\):$", text, re.MULTILINE)
    assert re.search(r"^ +return block\d+\(packet, a\d+, wire_len\)$", text, re.MULTILINE)
    same_as_machine(code, [bytes(range(length)) for length in (0, 20, 60)])


def same_as_machine(code, seen):
    matches = translate(code)
    for packet in seen:
        verdict = matches(packet)
        assert type(verdict) is bool
        assert verdict == (run(code, packet)[0] != 0)


BACK = "4,0,0,1;48,0,0,0;21,1,0,7;5,0,0,-4;6,0,0,1"


def test_loops_are_left_to_the_machine():
    code = program(BACK)
    assert source(code) == ""
    matches = translate(code)
    assert [matches(b"\7"), matches(b"\6"), matches(b""), matches(b"\7", 100)] == [
        *(True, False, False, True)
    ]


def test_too_many_joints_are_left_to_the_machine():
    one = "48,0,0,{0};69,0,1,5;48,0,0,{0};2,0,0,0;"
    code = program("".join(one.format(number % 60) for number in range(1000)) + "6,0,0,1")
    assert source(code) == ""
    same_as_machine(code, [bytes(60), bytes(59)])


LONG = {
    "a list of hosts": ["32,0,0,26"]
    + [f"21,0,1,{7919 * number};6,0,0,1" for number in range(2000)],
    "conditions that must all hold": [
        f"48,0,0,{n % 60};21,1,0,{n % 60};6,0,0,0" for n in range(1300)
    ],
    "conditions of which one must hold": [
        f"48,0,0,{n % 60};21,0,1,7;5,0,0,{3 * (1299 - n)}" for n in range(1300)
    ],
    "arithmetic": ["48,0,0,0"] + ["36,0,0,3"] * 4000,
}


@pytest.mark.parametrize("parts", LONG.values(), ids=LONG)
def test_long_programs(parts):
    code = program(";".join([*parts, "6,0,0,1"]))
    text = source(code)
    assert text
    assert max(map(len, re.findall(r"^ *", text, re.MULTILINE))) < 40
    same_as_machine(code, [bytes(range(60)), bytes(60), b"\1" * 60, b"\7" * 59, b""])


def test_long_random_programs():
    """Few of them: deep trees, many functions."""
    random = Random("long")
    for _ in range(5):
        code = long_program(random)
        same_as_machine(code, [random.randbytes(random.choice([20, 60])) for _ in range(200)])


def long_program(random, length=3000):
    loads = [bpf.LD_BYTE, bpf.LD_HALF, bpf.LD_BYTE_X, bpf.TAX, bpf.ADD, bpf.LDX_HEADER]
    jumps = [bpf.JEQ, bpf.JGT, bpf.JSET, bpf.JGT | bpf.WITH_X]
    code = []
    for left in range(length, 0, -1):
        if random.random() < 0.3:
            jt, jf = (random.randrange(min(left, 12)) for _ in range(2))
            code.append(Instruction(random.choice(jumps), jt, jf, random.randrange(256)))
        else:
            code.append(Instruction(random.choice(loads), 0, 0, random.randrange(20)))
    return (*code, Instruction(bpf.RET_A, 0, 0, 0))


def test_what_is_no_program_is_refused():
    with pytest.raises(ValueError, match="no ret"):
        translate(program("48,0,0,0"))


@given(
    code=random_programs,
    seen=st.lists(random_packets, min_size=1, max_size=8),
    wire=st.one_of(st.none(), st.integers(0, 300)),
)
def test_the_verdicts_are_the_machines(code, seen, wire):
    matches = translate(code)
    for packet in seen:
        assert matches(packet, wire) is (run(code, packet, wire)[0] != 0)


def assert_same_verdicts(given):
    for each in given:
        matches = translate(each.instructions)
        verdicts = bitmap(matches(*packet) for packet in packets(each.linktype))
        assert verdicts == each.matching, (each.name, each.expression)
        if not asks_linux(each.instructions):
            assert bool(source(each.instructions)) != jumps_back(each.instructions)


@pytest.mark.no_cover
def test_a_sample_of_libpcaps_verdicts(shared_dir):
    assert_same_verdicts(given_programs()[::20])


@pytest.mark.soak
def test_all_of_libpcaps_verdicts(shared_dir):
    assert_same_verdicts(given_programs())


def test_what_x_holds_is_kept_in_memory():
    matches = translate(program("1,0,0,5;3,0,0,1;96,0,0,1;21,0,1,5;6,0,0,1;6,0,0,0"))
    assert matches(b"", 0)
