"""The map of a program: its blocks, the values that lead from one to the next, what is shared."""

import pytest
from hypothesis import given

from sipcm.net.bpf import instructions as bpf
from sipcm.net.bpf.branches import depth, find_apart, find_blocks, find_needs, sizes
from sipcm.net.bpf.instructions import Instruction
from sipcm.net.bpf.intervals import contains
from tests.net.bpf.programs import program, random_programs

ALL = ((0, 0xFFFFFFFF),)


def exits(text):
    return {start: block.exits for start, block in find_blocks(program(text)).items()}


def test_straight_on():
    [block] = find_blocks(program("48,0,0,1;4,0,0,2;22,0,0,0")).values()
    assert [instruction.code for instruction in block.body] == [bpf.LD_BYTE, bpf.ADD]
    assert block.last == Instruction(bpf.RET_A, 0, 0, 0)
    assert block.exits == {}


SWITCHES = {
    "one value": ("48,0,0,0;21,0,1,5;6,0,0,1;6,0,0,0", {2: ((5, 5),)}),
    "more": ("48,0,0,0;37,0,1,5;6,0,0,1;6,0,0,0", {2: ((6, 0xFFFFFFFF),)}),
    "at least": ("48,0,0,0;53,0,1,5;6,0,0,1;6,0,0,0", {2: ((5, 0xFFFFFFFF),)}),
    "several values": (
        "48,0,0,0;21,2,0,5;21,1,0,6;21,0,1,9;6,0,0,1;6,0,0,0",
        {4: ((5, 6), (9, 9))},
    ),
    "a range": ("48,0,0,0;53,0,2,5;37,1,0,9;6,0,0,1;6,0,0,0", {3: ((5, 9),)}),
    "two ways": (
        "48,0,0,0;21,1,0,5;21,1,2,7;6,0,0,1;6,0,0,2;6,0,0,0",
        {3: ((5, 5),), 4: ((7, 7),)},
    ),
    "through a jump": ("48,0,0,0;21,1,0,5;5,0,0,1;6,0,0,1;6,0,0,0", {3: ((5, 5),)}),
    "to equal returns": (
        "48,0,0,0;21,0,1,5;6,0,0,1;21,0,1,9;6,0,0,1;6,0,0,0",
        {4: ((5, 5), (9, 9))},
    ),
    "the highest": ("48,0,0,0;21,0,1,-1;6,0,0,1;6,0,0,0", {2: ((0xFFFFFFFF, 0xFFFFFFFF),)}),
}


@pytest.mark.parametrize(("text", "accepted"), SWITCHES.values(), ids=SWITCHES)
def test_comparisons_are_sets_of_values(text, accepted):
    ways = exits(text)[0]
    rejected = len(program(text)) - 1
    assert {target: values for target, values in ways.items() if target != rejected} == accepted
    for value in (0, 4, 5, 6, 7, 8, 9, 10, 0xFFFFFFFF):
        assert sum(contains(values, value) for values in ways.values()) == 1


def test_what_no_value_leads_to_is_left_out():
    assert exits("48,0,0,0;37,0,1,-1;6,0,0,1;6,0,0,0") == {0: {3: ALL}, 3: {}}


@pytest.mark.parametrize("code", [bpf.JSET, bpf.JEQ | bpf.WITH_X])
def test_other_questions_have_two_answers(code):
    blocks = find_blocks(program(f"48,0,0,0;{code},1,0,5;6,0,0,0;6,0,0,1"))
    assert [*blocks[0].exits] == [3, 2]
    assert blocks[0].last == Instruction(code, 1, 0, 5)


@pytest.mark.parametrize("code", [bpf.JSET, bpf.JEQ | bpf.WITH_X, bpf.JEQ])
def test_a_question_without_consequence_is_none(code):
    blocks = find_blocks(program(f"48,0,0,0;{code},1,1,5;6,0,0,0;6,0,0,1"))
    assert blocks[0].last is None
    assert blocks[0].exits == {3: ALL}


def test_a_block_ends_where_others_jump_to():
    assert exits("48,0,0,0;69,1,0,5;48,0,0,1;4,0,0,1;22,0,0,0") == {
        0: dict.fromkeys([3, 2], ALL),
        2: {3: ALL},
        3: {},
    }


def test_a_jump_at_the_begin():
    assert exits("5,0,0,1;6,0,0,0;6,0,0,1") == {2: {}}


NEEDS = {
    "nothing": ("48,0,0,0;22,0,0,0", set()),
    "A": ("4,0,0,1;22,0,0,0", {"a"}),
    "A and X": ("12,0,0,0;22,0,0,0", {"a", "x"}),
    "X": ("80,0,0,1;22,0,0,0", {"x"}),
    "memory": ("97,0,0,3;96,0,0,5;22,0,0,0", {"m3", "m5"}),
    "own memory": ("3,0,0,3;96,0,0,3;22,0,0,0", {"x"}),
    "stored": ("2,0,0,3;6,0,0,1", {"a"}),
    "length": ("128,0,0,0;129,0,0,0;22,0,0,0", {"length"}),
    "compared": ("29,0,1,0;6,0,0,1;6,0,0,0", {"a", "x"}),
    "later": ("48,0,0,0;21,0,1,0;22,0,0,0;135,0,0,0;22,0,0,0", {"x"}),
    "constants": ("0,0,0,1;1,0,0,1;7,0,0,0;132,0,0,0;177,0,0,14;6,0,0,0", set()),
}


@pytest.mark.parametrize(("text", "needed"), NEEDS.values(), ids=NEEDS)
def test_what_a_block_takes_over(text, needed):
    assert find_needs(find_blocks(program(text)))[0] == needed


def diamonds(count):
    """Make a program of joints that each double the number of paths."""
    one = "48,0,0,{0};69,0,1,5;48,0,0,{0};2,0,0,0"
    return program(";".join([one.format(number % 60) for number in range(count)] + ["6,0,0,1"]))


@pytest.mark.parametrize("count", [1, 4, 5, 20, 1000])
def test_a_tree_stays_in_proportion(count):
    blocks = find_blocks(diamonds(count))
    apart = find_apart(blocks)
    found = sizes(blocks, apart)
    assert sum(found[start] for start in {0, *apart}) <= 400 + 3 * len(diamonds(count))
    assert (len(apart) > 0) == (count > 5)
    assert depth(blocks, apart) == len(apart)


@given(code=random_programs)
def test_every_way_leads_on(code):
    blocks = find_blocks(code)
    assert [*blocks] == sorted(blocks)
    for start, block in blocks.items():
        assert all(target > start and target in blocks for target in block.exits)
        assert (block.last is None) == (len(block.exits) == 1)
