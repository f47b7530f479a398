"""From decisions to instructions: the same answers, and nothing loaded that is there already."""

import pytest
from hypothesis import given

from sipcm.net.bpf.codegen import Generator, Held, Jump, Return, Step
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import (
    LENGTH,
    Binary,
    Expression,
    HeaderLength,
    Load,
    Negation,
    Number,
    Register,
)
from sipcm.net.bpf.graph import decide
from sipcm.net.bpf.headerchain import chain_steps
from sipcm.net.bpf.instructions import ADD, AND, DIV, JEQ, JGE, JGT, MUL, SUB, disassemble
from sipcm.net.bpf.interpreter import check, run
from sipcm.net.bpf.intervals import ZERO, complement, only
from sipcm.net.bpf.layout import arrange
from sipcm.net.bpf.predicate import All, Any, Assignment, Comparison, HeaderChain, Not
from sipcm.net.bpf.predicate import Test as Asked
from tests.net.bpf.trees import holds, predicates, several_packets, with_memory


def program(predicate, snaplen=9):
    generator = Generator(*decide(predicate), snaplen)
    return arrange(generator.nodes, generator.root)


def assert_same_verdicts(predicate, packets):
    code = program(predicate)
    check(code)
    for packet in packets:
        assert run(code, packet) == (9 if holds(predicate, packet) else 0, False)


@given(predicates, several_packets)
def test_the_program_says_what_the_tree_says(predicate, packets):
    assert_same_verdicts(predicate, packets)


@given(with_memory, several_packets)
def test_the_memory_of_the_machine(predicate, packets):
    assert_same_verdicts(predicate, packets)


BYTE, OTHER, HALF, WORD = Load(0, 1), Load(1, 1), Load(0, 2), Load(0, 4)
R0 = Register(0)
HEADER = HeaderLength(3)
FAR, FARTHER = Load(4, 1, HEADER), Load(6, 2, HEADER)
LONGER = Binary(ADD, LENGTH, Number(6))
MIXED = Binary(ADD, BYTE, OTHER)


def ask(expression, *numbers):
    return Asked(expression, tuple((number, number) for number in sorted(numbers)))


def bits(expression, mask):
    return Binary(AND, expression, Number(mask))


LISTINGS = {
    "a byte": (ask(BYTE, 7), "ldb [0]; jeq #0x7 jt 2 jf 3; ret #9; ret #0"),
    "a half and a word": (
        All((ask(HALF, 7), ask(WORD, 8))),
        "ldh [0]; jeq #0x7 jt 2 jf 5; ld [0]; jeq #0x8 jt 4 jf 5; ret #9; ret #0",
    ),
    "length": (ask(LENGTH, 7), "ld #pktlen; jeq #0x7 jt 2 jf 3; ret #9; ret #0"),
    "a header": (
        ask(HEADER, 20),
        "ldxb 4*([3]&0xf); txa; jeq #0x14 jt 3 jf 4; ret #9; ret #0",
    ),
    "behind a header, X stays": (
        All((ask(FAR, 7), ask(FARTHER, 8))),
        (
            "ldxb 4*([3]&0xf); ldb [x + 4]; jeq #0x7 jt 3 jf 6; "
            "ldh [x + 6]; jeq #0x8 jt 5 jf 6; ret #9; ret #0"
        ),
    ),
    "A stays": (
        Any((All((ask(BYTE, 7), ask(OTHER, 1))), All((ask(BYTE, 8), ask(HALF, 2))))),
        (
            "ldb [0]; jeq #0x7 jt 2 jf 4; ldb [1]; jeq #0x1 jt 7 jf 8; "
            "jeq #0x8 jt 5 jf 8; ldh [0]; jeq #0x2 jt 7 jf 8; ret #9; ret #0"
        ),
    ),
    "a bit": (
        Asked(bits(BYTE, 4), complement(ZERO)),
        "ldb [0]; jset #0x4 jt 2 jf 3; ret #9; ret #0",
    ),
    "a bit, as its number": (ask(bits(BYTE, 4), 4), "ldb [0]; jset #0x4 jt 2 jf 3; ret #9; ret #0"),
    "no bit": (ask(bits(BYTE, 6), 0), "ldb [0]; jset #0x6 jt 2 jf 3; ret #0; ret #9"),
    "not the bit's number": (
        Asked(bits(BYTE, 4), complement(only(4))),
        "ldb [0]; jset #0x4 jt 2 jf 3; ret #0; ret #9",
    ),
    "some bits": (
        ask(bits(BYTE, 6), 4),
        "ldb [0]; and #0x6; jeq #0x4 jt 3 jf 4; ret #9; ret #0",
    ),
    "several numbers": (
        ask(BYTE, 6, 7, 9),
        "ldb [0]; jeq #0x6 jt 4 jf 2; jeq #0x7 jt 4 jf 3; jeq #0x9 jt 4 jf 5; ret #9; ret #0",
    ),
    "a range": (
        Asked(HALF, ((5060, 5090),)),
        "ldh [0]; jge #0x13c4 jt 2 jf 4; jgt #0x13e2 jt 4 jf 3; ret #9; ret #0",
    ),
    "up to": (Asked(HALF, ((0, 5059),)), "ldh [0]; jgt #0x13c3 jt 2 jf 3; ret #0; ret #9"),
    "from": (Asked(HALF, ((5060, 65535),)), "ldh [0]; jge #0x13c4 jt 2 jf 3; ret #9; ret #0"),
    "up to one": (Asked(HALF, ((0, 1),)), "ldh [0]; jgt #0x1 jt 2 jf 3; ret #0; ret #9"),
    "the two highest": (
        Asked(HALF, ((65534, 65535),)),
        "ldh [0]; jge #0xfffe jt 2 jf 3; ret #9; ret #0",
    ),
    "all but one": (
        Asked(HALF, complement(only(5060))),
        "ldh [0]; jeq #0x13c4 jt 2 jf 3; ret #0; ret #9",
    ),
    "all but one of two bytes": (
        Asked(HALF, ((0, 5059), (5061, 65535))),
        "ldh [0]; jeq #0x13c4 jt 2 jf 3; ret #0; ret #9",
    ),
    "a comparison with a constant's X": (
        Comparison(JGT, BYTE, LENGTH),
        "ldb [0]; ldx #pktlen; jgt x jt 3 jf 4; ret #9; ret #0",
    ),
    "a comparison of two loads": (
        Comparison(JGE, BYTE, OTHER),
        "ldb [1]; tax; ldb [0]; jge x jt 4 jf 5; ret #9; ret #0",
    ),
    "a comparison by way of memory": (
        Comparison(JEQ, FAR, MIXED),
        (
            "ldb [1]; tax; ldb [0]; add x; st M[0]; "
            "ldxb 4*([3]&0xf); ldb [x + 4]; ldx M[0]; jeq x jt 9 jf 10; ret #9; ret #0"
        ),
    ),
    "X is there": (
        All((ask(Load(4, 1, BYTE), 7), Comparison(JEQ, OTHER, BYTE))),
        ("ldb [0]; tax; ldb [x + 4]; jeq #0x7 jt 4 jf 7; ldb [1]; jeq x jt 6 jf 7; ret #9; ret #0"),
    ),
    "a sum turned round": (
        ask(Binary(ADD, LENGTH, FAR), 7),
        "ldxb 4*([3]&0xf); ldb [x + 4]; ldx #pktlen; add x; jeq #0x7 jt 5 jf 6; ret #9; ret #0",
    ),
    "a difference is not": (
        ask(Binary(SUB, LENGTH, BYTE), 7),
        "ldb [0]; tax; ld #pktlen; sub x; jeq #0x7 jt 5 jf 6; ret #9; ret #0",
    ),
    "signs": (ask(Negation(BYTE), 7), "ldb [0]; neg; jeq #0x7 jt 3 jf 4; ret #9; ret #0"),
    "constants": (
        ask(Load(4, 1, Number(3)), 7),
        "ldx #0x3; ldb [x + 4]; jeq #0x7 jt 3 jf 4; ret #9; ret #0",
    ),
    "a division of constants": (
        ask(Binary(DIV, Number(6), BYTE), 7),
        "ldb [0]; tax; ld #0x6; div x; jeq #0x7 jt 5 jf 6; ret #9; ret #0",
    ),
    "memory": (
        All((Assignment(0, BYTE), ask(R0, 7), ask(Load(1, 1, R0), 8))),
        (
            "ldb [0]; st M[0]; jeq #0x7 jt 3 jf 7; ldx M[0]; ldb [x + 1]; jeq #0x8 jt 6 jf 7; "
            "ret #9; ret #0"
        ),
    ),
    "equal tails are one": (
        Any((All((ask(BYTE, 1), ask(HALF, 5, 9))), All((Not(ask(BYTE, 1)), ask(OTHER, 6, 9))))),
        (
            "ldb [0]; jeq #0x1 jt 2 jf 4; ldh [0]; jeq #0x5 jt 7 jf 6; "
            "ldb [1]; jeq #0x6 jt 7 jf 6; jeq #0x9 jt 7 jf 8; ret #9; ret #0"
        ),
    ),
    "memory that is set anew": (
        All((ask(Load(1, 1, R0), 8), Assignment(0, BYTE), ask(Load(1, 1, R0), 9))),
        (
            "ld #0x0; st M[0]; ldx M[0]; ldb [x + 1]; jeq #0x8 jt 5 jf 11; "
            "ldb [0]; st M[0]; ldx M[0]; ldb [x + 1]; jeq #0x9 jt 10 jf 11; ret #9; ret #0"
        ),
    ),
    "A and X are there on one of two ways": (
        All((Any((ask(OTHER, 1), ask(FAR, 7))), Comparison(JEQ, FARTHER, FAR))),
        (
            "ldb [1]; jeq #0x1 jt 2 jf 5; ldxb 4*([3]&0xf); ldb [x + 4]; ja 8; "
            "ldxb 4*([3]&0xf); ldb [x + 4]; jeq #0x7 jt 8 jf 13; "
            "st M[0]; ldh [x + 6]; ldx M[0]; jeq x jt 12 jf 13; ret #9; ret #0"
        ),
    ),
    "X is there on one of two ways, but not needed at once": (
        All((Any((ask(OTHER, 1), ask(FAR, 7))), Comparison(JEQ, FARTHER, LONGER))),
        (
            "ldb [1]; jeq #0x1 jt 5 jf 2; ldxb 4*([3]&0xf); ldb [x + 4]; jeq #0x7 jt 5 jf 13; "
            "ld #pktlen; add #6; st M[0]; ldxb 4*([3]&0xf); ldh [x + 6]; ldx M[0]; "
            "jeq x jt 12 jf 13; ret #9; ret #0"
        ),
    ),
    "bits of two numbers": (
        ask(Binary(AND, BYTE, LENGTH), 0),
        "ldb [0]; ldx #pktlen; and x; jeq #0x0 jt 4 jf 5; ret #9; ret #0",
    ),
    "everything": (Not(Any(())), "ret #9"),
}


@pytest.mark.parametrize(("predicate", "listing"), LISTINGS.values(), ids=LISTINGS)
def test_listings(predicate, listing):
    lines = (line.split(maxsplit=1)[1] for line in disassemble(program(predicate)).splitlines())
    assert "; ".join(" ".join(line.split()) for line in lines) == listing


def test_a_chain_of_headers_is_one_step():
    chain = HeaderChain(4, 14, 17)
    jump = Jump(JEQ, 17, 0, 1)
    loop = Step(0, 0, 2, chain_steps(chain, 0))
    assert Generator(*decide(chain), 9).nodes == [Return(9), Return(0), jump, loop]


def nested(depth):
    """Make a sum that needs a slot of memory for each of its parts."""
    expression: Expression = FAR
    for number in range(depth):
        product = Binary(MUL, Load(number, 1, FAR), expression)
        expression = Binary(SUB, FAR, product)
    return ask(expression, 7)


def test_an_expression_of_many_parts():
    assert_same_verdicts(nested(8), [bytes(range(100))])
    with pytest.raises(FilterError, match="an expression has too many parts"):
        program(nested(9))


def test_a_loop_needs_memory():
    chain = HeaderChain(4, 14, 17)
    last = All((Assignment(15, BYTE), chain, ask(Register(15), 7)))
    with pytest.raises(FilterError, match="too many tunnels within each other"):
        program(last)
    first = All((Assignment(14, BYTE), chain, ask(Register(14), 7)))
    check(program(first))


def test_what_is_held():
    both, one = Held(BYTE, HEADER), Held(BYTE)
    assert both.common(one) == both.common(Held(BYTE, OTHER)) == one
    assert both.covers(one)
    assert both.covers(Held())
    assert not one.covers(both)
