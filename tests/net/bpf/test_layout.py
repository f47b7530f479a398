"""Instructions in a row: each way leads where it led in the graph, however far that is."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.codegen import Jump, Node, Return, Step
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.instructions import (
    ADD,
    JA,
    JEQ,
    JGT,
    JSET,
    LD_BYTE,
    MOST_INSTRUCTIONS,
    disassemble,
)
from sipcm.net.bpf.interpreter import check, run
from sipcm.net.bpf.layout import FARTHEST, arrange

YES, NO = Return(1), Return(0)


def follow(nodes, number, packet):
    """Walk through the graph as the machine walks through the program."""
    a = 0
    while not isinstance(node := nodes[number], Return):
        if isinstance(node, Step):
            for code, *_, k in node.block or ((node.code, 0, 0, node.k),):
                a = packet[k] if code == LD_BYTE else a + k
            number = node.following
        else:
            holds = {JEQ: a == node.k, JGT: a > node.k, JSET: a & node.k != 0}[node.code]
            number = node.then if holds else node.other
    return node.k


def random_nodes(random, count):
    """Make nodes that lead to the one before, and as often to any."""
    nodes: list[Node] = [NO, YES]
    for last in range(1, count):
        near, far = random.sample([last, random.randrange(last + 1)], 2)
        number = random.randrange(20)
        node: Node
        match random.randrange(6):
            case 0:
                node = Step(LD_BYTE, number, near)
            case 1:
                node = Step(0, 0, near, ((LD_BYTE, 0, 0, number), (ADD, 0, 0, number)))
            case _:
                node = Jump(random.choice([JEQ, JGT, JSET]), number, near, far)
        nodes.append(node)
    return nodes


@given(st.randoms(use_true_random=False), st.sampled_from([1, 2, 9, 100, 1000]))
def test_the_program_goes_where_the_graph_goes(random, count):
    random = Random(random.getrandbits(64))
    nodes = random_nodes(random, count)
    root = len(nodes) - 1
    code = arrange(nodes, root)
    check(code)
    for _ in range(8):
        packet = bytes(random.choices(range(20), k=20))
        assert run(code, packet) == (follow(nodes, root, packet), False)


ROWS = {
    "an end": ([YES], ["ret #1"]),
    "straight on": ([YES, Step(LD_BYTE, 7, 0)], ["ldb [7]", "ret #1"]),
    "a loop is put in as it is": (
        [YES, Step(0, 0, 0, ((LD_BYTE, 0, 0, 7), (JEQ, 0, 1, 9), (JA, 0, 0, 0xFFFFFFFD)))],
        ["ldb [7]", "jeq #0x9 jt 2 jf 3", "ja 0", "ret #1"],
    ),
    "what is not reached": ([YES, NO, Step(LD_BYTE, 7, 1)], ["ldb [7]", "ret #0"]),
    "two ways": ([YES, NO, Jump(JEQ, 7, 0, 1)], ["jeq #0x7 jt 1 jf 2", "ret #1", "ret #0"]),
    "a way that has its place elsewhere": (
        [YES, Step(ADD, 1, 0), Step(LD_BYTE, 7, 1), Step(LD_BYTE, 8, 1), Jump(JEQ, 7, 2, 3)],
        ["jeq #0x7 jt 1 jf 3", "ldb [7]", "ja 4", "ldb [8]", "add #1", "ret #1"],
    ),
    "a jump that has its place elsewhere": (
        [YES, NO, Jump(JEQ, 1, 0, 1), Step(ADD, 7, 2), Step(ADD, 8, 2), Jump(JEQ, 7, 3, 4)],
        [
            "jeq #0x7 jt 1 jf 3",
            *("add #7", "jeq #0x1 jt 5 jf 6", "add #8", "jeq #0x1 jt 5 jf 6"),
            *("ret #1", "ret #0"),
        ],
    ),
    "an end that has its place elsewhere": (
        [YES, Step(ADD, 7, 0), Step(ADD, 8, 0), Jump(JEQ, 7, 1, 2)],
        ["jeq #0x7 jt 1 jf 3", "add #7", "ret #1", "add #8", "ret #1"],
    ),
}


@pytest.mark.parametrize(("nodes", "lines"), ROWS.values(), ids=ROWS)
def test_rows(nodes, lines):
    shown = disassemble(arrange(nodes, len(nodes) - 1)).splitlines()
    assert [" ".join(line.split()[1:]) for line in shown] == lines


def over(distance, *, turned=False):
    """Make a jump that skips so many instructions on one of its ways."""
    nodes = [NO, Step(LD_BYTE, 7, 0)]
    for number in range(distance):
        nodes.append(Step(ADD, number, len(nodes) - 1))
    near, far = len(nodes) - 1, 1
    nodes.append(Jump(JEQ, 7, far, near) if turned else Jump(JEQ, 7, near, far))
    return nodes


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("distance", "more"), [(FARTHEST, 0), (FARTHEST + 1, 1), (2000, 1)])
def test_far_jumps_go_by_way_of_another(distance, more, turned):
    nodes = over(distance, turned=turned)
    code = arrange(nodes, len(nodes) - 1)
    check(code)
    assert len(code) == len(nodes) + more
    assert sum(instruction.code == JA for instruction in code) == more


def test_one_relay_serves_the_jumps_that_reach_it():
    nodes = over(300)
    for number in range(100):
        nodes.append(Jump(JEQ, number, 1, len(nodes) - 1))
    assert len(arrange(nodes, len(nodes) - 1)) == len(nodes) + 1


@pytest.mark.parametrize(
    ("then", "other", "more"),
    [(254, 255, 0), (255, 254, 0), (256, 200, 1), (200, 256, 1), (256, 255, 2), (255, 256, 2)],
)
def test_a_relay_may_push_the_other_way_out_of_reach(then, other, more):
    nodes: list[Node] = [NO, YES, Jump(JEQ, 100, 1, 0)]
    for _ in range(300):
        nodes.append(Step(ADD, 1, len(nodes) - 1))
    last = len(nodes) - 1
    nodes.append(Jump(JEQ, 7, last - then, last - other))
    nodes.append(Jump(JSET, 1, last + 1, last))
    nodes.append(Step(LD_BYTE, 0, last + 2))
    code = arrange(nodes, last + 3)
    check(code)
    assert len(code) == len(nodes) + more
    for byte in range(256):
        assert run(code, bytes([byte])) == (follow(nodes, last + 3, bytes([byte])), False)


def straight(count):
    return [YES, *(Step(ADD, number, number) for number in range(count - 1))]


def test_the_longest_program():
    nodes = straight(MOST_INSTRUCTIONS)
    assert len(arrange(nodes, len(nodes) - 1)) == MOST_INSTRUCTIONS


def test_a_longer_one_is_none():
    nodes = straight(MOST_INSTRUCTIONS + 1)
    with pytest.raises(
        FilterError, match=r"^the filter is too large: more than 4096 instructions$"
    ):
        arrange(nodes, len(nodes) - 1)
