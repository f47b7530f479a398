"""Graphs of decisions: the same answers as the tree, with fewer questions."""

import pytest
from hypothesis import given

from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError, TooLargeError
from sipcm.net.bpf.expression import Binary, Load, Number, Register
from sipcm.net.bpf.graph import (
    ACCEPT,
    MOST_DECISIONS,
    MOST_KNOWN,
    REJECT,
    Effort,
    Graph,
    Threading,
    decide,
    jumps,
)
from sipcm.net.bpf.instructions import AND, DIV, JEQ, JGT
from sipcm.net.bpf.intervals import NOTHING, complement, intersection, only
from sipcm.net.bpf.linktypes import begin
from sipcm.net.bpf.lowering import lower
from sipcm.net.bpf.parser import parse
from sipcm.net.bpf.predicate import (
    All,
    Any,
    Assignment,
    Comparison,
    HeaderChain,
    Not,
    simplify,
)
from sipcm.net.bpf.predicate import Test as Asked
from tests.net.bpf.asking import NOBODY
from tests.net.bpf.trees import holds, predicates, several_packets, with_memory

TYPE, PROTOCOL, FLAGS, PORT = Load(12, 2), Load(23, 1), Load(20, 2), Load(36, 2)


def ask(expression, *numbers):
    return Asked(expression, tuple((number, number) for number in sorted(numbers)))


def walk(graph, number, packet):
    """Follow a packet through the graph, from higher numbers to lower ones."""
    memory: dict[int, int] = {}
    while number > ACCEPT:
        following = graph.then if holds(graph.atoms[number], packet, memory) else graph.other
        assert following[number] < number
        number = following[number]
    return number == ACCEPT


@given(predicates, several_packets)
def test_the_graph_says_what_the_tree_says(predicate, packets):
    graph, root = decide(predicate)
    simpler, begin = decide(simplify(predicate))
    for packet in packets:
        expected = holds(predicate, packet)
        assert walk(graph, root, packet) == expected
        assert walk(simpler, begin, packet) == expected


def led_on(predicate):
    """Return the graph of *predicate*, and what another pass makes of it."""
    graph, root = decide(simplify(predicate))
    again, first = Threading(graph, root, Effort()).threaded()
    return (graph.atoms, graph.then, graph.other, root), (
        again.atoms,
        again.then,
        again.other,
        first,
    )


@given(predicates)
def test_another_pass_finds_nothing_to_do(predicate):
    graph, again = led_on(predicate)
    assert graph == again


SEVERAL_PASSES = [
    (
        "(udp port 0 and 5060 and 5060) or (not (port 5080 and arp) or dst host 203.0.113.5)"
        " and ip[2] < tcp[8:4]"
    ),
    (
        "dst port 40000 or 5060 or 443 or not (not src host 2001:db8::1 and ip multicast)"
        " and (not portrange 5060-5061)"
    ),
    (
        "((udp) or host 2001:db8:1::10) or dst or src host ::1 and (192.168.1.20 and 10.0.0.1)"
        " or (src and dst port 5080)"
    ),
]


@pytest.mark.parametrize("text", SEVERAL_PASSES)
def test_what_falls_away_may_lead_to_what_is_settled(text):
    context = Context(begin("EN10MB", live=False), NOBODY, None, live=False, fragments=False)
    tree = parse(text)
    assert tree is not None
    graph, again = led_on(lower(tree, context))
    assert graph == again


@given(with_memory, several_packets)
def test_memory_is_what_was_put_there(predicate, packets):
    graph, root = decide(predicate)
    for packet in packets:
        assert walk(graph, root, packet) == holds(predicate, packet)


def shape(predicate):
    """Return the decisions as lines, in the order of their paths."""
    graph, root = decide(predicate)
    names = {REJECT: "no", ACCEPT: "yes"}
    numbers = list(graph.reachable(root))
    names |= {number: str(at) for at, number in enumerate(numbers)}
    return [
        (graph.atoms[number], names[graph.then[number]], names[graph.other[number]])
        for number in numbers
    ]


IP4, IP6 = ask(TYPE, 0x800), ask(TYPE, 0x86DD)
TCP, UDP, EITHER = ask(PROTOCOL, 6), ask(PROTOCOL, 17), ask(PROTOCOL, 6, 17)
SIP = ask(PORT, 5060)

SHAPES = {
    "all": (All((IP4, UDP)), [(IP4, "1", "no"), (UDP, "yes", "no")]),
    "any": (Any((IP4, UDP)), [(IP4, "yes", "1"), (UDP, "yes", "no")]),
    "not": (Not(IP4), [(IP4, "no", "yes")]),
    "nothing is asked": (All(()), []),
    "one thing twice": (All((IP4, Any((IP4, UDP)))), [(IP4, "yes", "no")]),
    "what excludes each other": (All((IP4, UDP, IP6)), []),
    "one of two is the other no longer": (
        Any((All((IP6, UDP)), All((IP4, UDP, SIP)))),
        [
            (IP6, "1", "2"),
            (UDP, "yes", "no"),
            (IP4, "3", "no"),
            (UDP, "4", "no"),
            (SIP, "yes", "no"),
        ],
    ),
    "one of few is left": (
        All((EITHER, Any((All((TCP, IP4)), All((UDP, IP6)))))),
        [(EITHER, "1", "no"), (TCP, "2", "3"), (IP4, "yes", "no"), (IP6, "yes", "no")],
    ),
    "bits of a known number": (
        All((ask(FLAGS, 0x2000, 0x4000), ask(Binary(AND, FLAGS, Number(0x1FFF)), 0))),
        [(ask(FLAGS, 0x2000, 0x4000), "yes", "no")],
    ),
    "bits of one of several numbers": (
        All((ask(PROTOCOL, 6, 17), ask(Binary(AND, PROTOCOL, Number(1)), 0), TCP)),
        [
            (EITHER, "1", "no"),
            (ask(Binary(AND, PROTOCOL, Number(1)), 0), "2", "no"),
            (TCP, "yes", "no"),
        ],
    ),
    "bits of many numbers": (
        All((Asked(PROTOCOL, ((0, 99),)), ask(Binary(AND, PROTOCOL, Number(0x80)), 0))),
        [
            (Asked(PROTOCOL, ((0, 99),)), "1", "no"),
            (ask(Binary(AND, PROTOCOL, Number(0x80)), 0), "yes", "no"),
        ],
    ),
    "both ways lead to the same": (
        Any((All((IP4, UDP)), All((Not(IP4), UDP)))),
        [(UDP, "yes", "no")],
    ),
    "a comparison twice": (
        Any(
            (
                All((Comparison(JGT, PORT, FLAGS), IP4)),
                All((Not(Comparison(JGT, PORT, FLAGS)), UDP)),
            )
        ),
        [(Comparison(JGT, PORT, FLAGS), "1", "2"), (IP4, "yes", "no"), (UDP, "yes", "no")],
    ),
    "a comparison after either answer": (
        All((Any((Comparison(JGT, PORT, FLAGS), IP4)), Any((UDP, Comparison(JGT, PORT, FLAGS))))),
        [
            (Comparison(JGT, PORT, FLAGS), "2", "1"),
            (IP4, "2", "no"),
            (UDP, "yes", "3"),
            (Comparison(JGT, PORT, FLAGS), "yes", "no"),
        ],
    ),
    "a chain of headers twice": (
        All((HeaderChain(4, 14, 17), Any((HeaderChain(4, 14, 17), IP4)))),
        [(HeaderChain(4, 14, 17), "yes", "no")],
    ),
    "a range of what is known": (
        All((Not(SIP), Asked(PORT, ((5000, 5059), (5061, 5100))))),
        [(SIP, "no", "1"), (Asked(PORT, ((5000, 5100),)), "yes", "no")],
    ),
}


@pytest.mark.parametrize(("predicate", "decisions"), SHAPES.values(), ids=SHAPES)
def test_shapes(predicate, decisions):
    assert shape(predicate) == decisions


R0, R1 = Register(0), Register(1)
MEMORY = {
    "set and read": (
        All((Assignment(0, PORT), ask(R0, 7))),
        [(Assignment(0, PORT), "1", "1"), (ask(R0, 7), "yes", "no")],
    ),
    "set and not read": (All((Assignment(0, PORT), IP4)), [(IP4, "yes", "no")]),
    "read by what is not read": (
        All((Assignment(0, PORT), Assignment(1, R0), IP4)),
        [(IP4, "yes", "no")],
    ),
    "read on a way that does not set it": (
        All((Any((All((IP4, Assignment(0, Number(7)))), IP6)), ask(R0, 7))),
        [
            (Assignment(0, Number(0)), "1", "1"),
            (IP4, "2", "3"),
            (Assignment(0, Number(7)), "4", "4"),
            (IP6, "4", "no"),
            (ask(R0, 7), "yes", "no"),
        ],
    ),
    "set anew": (
        All((Assignment(0, PORT), ask(R0, 7), Assignment(0, FLAGS), ask(R0, 7))),
        [
            (Assignment(0, PORT), "1", "1"),
            (ask(R0, 7), "2", "no"),
            (Assignment(0, FLAGS), "3", "3"),
            (ask(R0, 7), "yes", "no"),
        ],
    ),
    "another one set anew": (
        All((Assignment(0, PORT), ask(R0, 7), Assignment(1, FLAGS), ask(R0, 7), ask(R1, 7))),
        [
            (Assignment(0, PORT), "1", "1"),
            (ask(R0, 7), "2", "no"),
            (Assignment(1, FLAGS), "3", "3"),
            (ask(R1, 7), "yes", "no"),
        ],
    ),
    "compared": (
        All((Comparison(JEQ, R0, PORT), Assignment(0, FLAGS), Comparison(JEQ, R0, PORT))),
        [
            (Assignment(0, Number(0)), "1", "1"),
            (Comparison(JEQ, R0, PORT), "2", "no"),
            (Assignment(0, FLAGS), "3", "3"),
            (Comparison(JEQ, R0, PORT), "yes", "no"),
        ],
    ),
    "no matter for a chain of headers": (
        All((HeaderChain(6, 14, 17), Assignment(0, PORT), HeaderChain(6, 14, 17), ask(R0, 7))),
        [
            (HeaderChain(6, 14, 17), "1", "no"),
            (Assignment(0, PORT), "2", "2"),
            (ask(R0, 7), "yes", "no"),
        ],
    ),
}


@pytest.mark.parametrize(("predicate", "decisions"), MEMORY.values(), ids=MEMORY)
def test_memory(predicate, decisions):
    assert shape(predicate) == decisions


COSTS = [
    (NOTHING, 0),
    (only(7), 1),
    (((0, 7),), 1),
    (((7, 0xFFFFFFFF),), 1),
    (((7, 9),), 2),
    (((0, 1), (7, 9), (11, 11)), 4),
]


@pytest.mark.parametrize(("numbers", "count"), COSTS)
def test_how_many_comparisons_a_set_takes(numbers, count):
    assert jumps(numbers) == count


def test_a_test_asks_for_what_is_cheapest():
    """Known to be no number of one half, a range of the other half takes one comparison."""
    lower = Asked(PORT, ((0, 5059),))
    [_, (second, *_), *_] = shape(All((Not(lower), Asked(PORT, ((5060, 5090),)))))
    assert intersection(second.numbers, complement(lower.numbers)) == ((5060, 5090),)
    assert jumps(second.numbers) == 1


def test_a_division_by_zero_may_be_anything():
    divided = Asked(Binary(DIV, PROTOCOL, Number(0)), only(1))
    assert shape(All((EITHER, Any((All((TCP, divided)), divided)))))[-1][0] == divided


@pytest.mark.parametrize(("count", "times"), [(MOST_KNOWN, 1), (MOST_KNOWN + 1, 2)])
def test_what_is_known_is_limited(count, times):
    """One fact too many, and each is forgotten before it is asked for again."""
    asked = [ask(Load(number, 1), 7) for number in range(count)]
    assert [atom for atom, *_ in shape(All((*asked, *asked)))] == asked * times


def test_decisions_are_limited():
    alternatives = Any(tuple(ask(Load(number, 1), 7) for number in range(MOST_DECISIONS)))
    with pytest.raises(FilterError, match=f"^the filter is too large: more than {MOST_DECISIONS} "):
        decide(alternatives)


def test_what_is_looked_at_is_limited(monkeypatch):
    pairs = Any(tuple(All((ask(PORT, number), ask(FLAGS, number))) for number in range(40)))
    decide(pairs)
    monkeypatch.setattr("sipcm.net.bpf.graph.MOST_STEPS", 1000)
    with pytest.raises(TooLargeError, match=r"^the filter is too large: its tests depend on each"):
        decide(pairs)


def test_equal_decisions_are_one():
    graph = Graph()
    assert graph.decision(IP4, ACCEPT, REJECT) == graph.decision(IP4, ACCEPT, REJECT) == 2
    assert graph.decision(IP4, ACCEPT, ACCEPT) == ACCEPT
    assert len(graph.atoms) == 3
