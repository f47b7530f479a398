"""Bindings and the table that holds them."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.contact import Contact
from sipcm.sip.expires import UNSAID
from sipcm.state.bindings import (
    ASKED_WEIGHT,
    BINDING_WEIGHT,
    CONTACT,
    COUNTERS,
    DEVICE,
    FROM,
    MOST_OF_ONE_AOR,
    REWRITTEN,
    TO,
    UAS,
    UNASKED,
    Asked,
    Binding,
    BindingTable,
)
from sipcm.state.endpoints import address_and_port
from sipcm.state.ranges import Ranges

AOR = b"sip:alice@example.com"
CLIENT = b"\x0a\n\n\n\x13\xc4"
SERVER = b"\n\0\0\x01\x13\n"


def contact(uri: str, device: str = "") -> Contact:
    return Contact(uri.encode(), UNSAID, device.encode())


def bound(uri: str, device: str = "", aor: bytes = AOR) -> Binding:
    return Binding(aor, contact(uri, device))


def holding(*bindings: Binding) -> BindingTable:
    table = BindingTable(0)
    for binding in bindings:
        table.add(binding)
    return table


def test_bindings_are_known_by_their_numbers_where_that_is_asked_for():
    assert holding(bound("sip:a@h")).by_number is None
    table = BindingTable(0)
    table.keep_order()
    for uri in ("sip:a@h", "sip:b@h", "sip:c@h"):
        table.add(bound(uri))
    held = cast("Ranges[Binding]", table.by_number)
    table.touch(held[0], True)
    assert [held[number].number for number in held] == [0, 1, 2]
    table.remove(held[1])
    assert list(held) == [0, 2]


# A binding


def test_a_new_binding_knows_its_contact():
    binding = bound("sip:a@h", "device")
    assert (binding.aor, binding.text(CONTACT), binding.text(DEVICE)) == (
        AOR,
        b"sip:a@h",
        b"device",
    )
    assert [binding.text(index) for index in (FROM, TO)] == [AOR, AOR]
    nothing = {*range(REWRITTEN, UAS + 1)} - {FROM, TO}
    assert {binding.text(index) for index in nothing} == {b""}
    assert binding.client() == binding.server() == (b"", 0)
    assert (binding.expires, binding.announced, binding.leaving) == (UNSAID, False, False)
    assert binding.same_aor is None


def test_what_was_told_is_kept_apart():
    binding = bound("sip:a@h")
    binding.told = b"c\nd\nr\ncall\nf\nt\n\r\nto\n" + CLIENT + SERVER
    binding.common = b"uri\nua\nuas"
    assert [binding.text(index) for index in range(UAS + 1)] == [
        b"c",
        b"d",
        b"r",
        b"call",
        b"f",
        b"t",
        b"to",  # the From, which is that of the To
        b"to",
        b"uri",
        b"ua",
        b"uas",
    ]
    assert (binding.client(), binding.server()) == tuple(map(address_and_port, (CLIENT, SERVER)))
    binding.told = b"c\n\n\ncall\nf\nt\nother\nto\n" + CLIENT + SERVER
    assert (binding.text(FROM), binding.text(TO)) == (b"other", b"to")
    binding.told = b"c\n\n\ncall\nf\nt\n\r\n\r\n" + CLIENT + SERVER
    assert binding.text(FROM) == binding.text(TO) == binding.aor


@pytest.mark.parametrize(
    ("uri", "ignore_port", "expected"),
    [
        ("sip:a@H", False, True),
        ("sip:a@203.0.113.9:31337", False, True),
        ("sip:a@203.0.113.9:1", False, False),
        ("sip:a@203.0.113.9:1", True, True),
        ("sip:a@h:1", False, False),
        ("sip:a@h:1", True, True),
        ("sip:b@h", True, False),
    ],
)
def test_where_a_binding_leads(uri, ignore_port, expected):
    binding = bound("sip:a@h")
    binding.told = binding.told.replace(b"\n\n", b"\n\nsip:a@203.0.113.9:31337", 1)
    assert binding.text(REWRITTEN) == b"sip:a@203.0.113.9:31337"
    found = holding(binding).find(AOR, contact(uri), ignore_port)
    assert found is (binding if expected else None)


# What is asked for


def test_a_question_weighs_what_it_holds_until_it_is_answered():
    asked = Asked(1, (b"<sip:a@h>", b"<sip:b@h>"), 60)
    assert asked.weight == ASKED_WEIGHT + 18
    asked.gone = (contact("sip:gone@h"),)
    asked.weigh()
    assert asked.weight == 2 * ASKED_WEIGHT + 18 + 10
    asked.answer()
    assert (asked.cseq, asked.contacts, len(asked.gone)) == (UNASKED, (), 1)
    assert asked.weight == 2 * ASKED_WEIGHT + 10


# The table


def test_bindings_of_one_aor_are_chained_newest_first():
    one, two, three, other = (
        bound("sip:1@h"),
        bound("sip:2@h"),
        bound("sip:3@h"),
        bound("x", "", b"b"),
    )
    table = holding(one, two, other, three)
    assert table.of(AOR) == [three, two, one]
    assert table.held() == [three, two, one, other]
    assert [one.number, two.number, other.number, three.number] == [0, 1, 2, 3]
    table.remove(two)
    assert table.of(AOR) == [three, one]
    table.remove(three)
    table.remove(one)
    assert (table.of(AOR), list(table.by_aor), two.same_aor) == ([], [b"b"], None)


FOUND = [
    # contacts of the bindings (oldest first), the one that is sought, which it is
    (["sip:a@h", "sip:b@h"], "sip:a@h", 0),
    (["sip:a@h", "sip:b@h"], "sip:c@h", None),
    (["sip:a@h x", "sip:b@h"], "sip:c@h x", 0),
    (["sip:a@h x", "sip:b@h"], "sip:b@h x", 0),
    (["sip:a@h x", "sip:b@h"], "sip:b@h y", 1),
    (["sip:a@h x"], "sip:a@h y", None),
    (["sip:a@h x"], "sip:a@h", 0),
    (["sip:a@h"], "sip:a@h x", 0),
    ([], "sip:a@h", None),
]


@pytest.mark.parametrize(("held", "sought", "expected"), FOUND)
def test_find(held, sought, expected):
    bindings = [bound(*one.split()) for one in held]
    found = holding(*bindings).find(AOR, contact(*sought.split()), ignore_port=False)
    assert found is (None if expected is None else bindings[expected])


def test_limits():
    table = BindingTable(1)
    assert not table.full()
    table.add(bound("sip:a@h"))
    assert table.full()
    assert not table.too_heavy()
    table = BindingTable(0, 2 * BINDING_WEIGHT)
    table.add(bound("sip:a@h"))
    assert not table.full()
    table.add(bound("sip:a@h"))
    assert (table.full(), table.too_heavy()) == (True, True)
    assert not holding(*(bound("x") for _ in range(9))).full()


def test_what_is_leaving_goes_first_then_what_changed_least_recently():
    one, two, three = bound("sip:1@h"), bound("sip:2@h"), bound("sip:3@h")
    table = holding(one, two, three)
    assert table.oldest() is one
    table.touch(one, leaving=False)
    assert table.oldest() is two
    table.touch(three, leaving=True)
    assert (table.oldest(), three.leaving) == (three, True)
    table.touch(three, leaving=False)
    assert (table.oldest(), three.leaving) == (two, False)
    assert BindingTable(0).oldest() is None


def test_a_crowd():
    bindings = [bound(f"sip:{number}@h") for number in range(MOST_OF_ONE_AOR)]
    for number, binding in enumerate(bindings):
        binding.refreshed = 1000 - number if number > 3 else 2000
    table = holding(*bindings[:-1])
    assert table.crowd_of(AOR) is None
    table.add(bindings[-1])
    assert table.crowd_of(AOR) is bindings[-1]
    table.touch(bindings[2], leaving=True)
    assert table.crowd_of(AOR) is bindings[2]
    assert table.crowd_of(b"other") is None


def test_of_those_refreshed_at_once_the_oldest_of_a_crowd_goes():
    bindings = [bound(f"sip:{number}@h") for number in range(MOST_OF_ONE_AOR)]
    assert holding(*bindings).crowd_of(AOR) is bindings[0]


def test_the_weight_of_a_binding():
    binding = bound("sip:a@h", "device")
    table = holding(binding)
    before = table.memory.value
    assert before == BINDING_WEIGHT + len(AOR) + len(binding.told) + len(binding.common)
    told = binding.told
    binding.told, binding.common = told + b"x" * 100, binding.common + b"y" * 10
    table.weigh(binding)
    table.weigh(binding)
    assert table.memory.value == table.live.weight == before + 110
    binding.told = told
    table.weigh(binding)
    assert (table.memory.value, table.memory.highest) == (before + 10, before + 110)
    table.remove(binding)
    assert (table.memory.value, table.live.weight, table.live.count) == (0, 0, 0)


def test_counters():
    table = BindingTable(0)
    table.count("del_star")
    assert table.group.name == "regs"
    assert table.group.values()["del_star"] == 1
    assert {name for name, _ in COUNTERS} <= set(table.group.values())


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 9)), max_size=60))
def test_lanes_and_chains_and_gauges_stay_true(steps):
    """Each step adds a binding, or changes it, or takes it away when it is there so."""
    table = BindingTable(0)
    bindings = [bound(f"sip:{number}@h", "", b"%d" % (number % 2)) for number in range(6)]
    chains: dict[bytes, list[Binding]] = {b"0": [], b"1": []}
    lanes: dict[bool, list[Binding]] = {False: [], True: []}
    for number, leaving, weight in steps:
        binding = bindings[number]
        mates = chains[binding.aor]
        if binding not in mates:
            binding.leaving = False
            table.add(binding)
            mates.insert(0, binding)
            lanes[False].append(binding)
        elif binding.leaving and leaving:
            table.remove(binding)
            binding.weight = 0
            mates.remove(binding)
            lanes[True].remove(binding)
        else:
            lanes[binding.leaving].remove(binding)
            table.touch(binding, leaving)
            lanes[leaving].append(binding)
            binding.told = b"x" * weight
            table.weigh(binding)
        for aor, chain in chains.items():
            assert table.of(aor) == chain
        held = lanes[False] + lanes[True]
        assert table.oldest() is next(iter(lanes[True] + lanes[False]), None)
        assert (table.live.count, table.leaving.count) == (len(lanes[False]), len(lanes[True]))
        assert table.active.value == len(held)
        assert table.memory.value == sum(one.weight for one in held)
        assert table.live.weight + table.leaving.weight == table.memory.value
