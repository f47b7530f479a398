"""Calls that belong together: by which values, for how long, and how many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.compiled import COMPILED
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan
from sipcm.state import correlation
from sipcm.state.correlation import (
    LONGEST_VALUE,
    MOST_ENDED,
    MOST_TOGETHER,
    MOST_VALUES,
    Correlator,
)
from tests.examples import examples
from tests.stage import BEGIN, Stage, packets
from tests.webharness import run_of

HEAD = b"INVITE sip:x SIP/2.0\r\nCall-ID: a\r\n"


def values(keys: str, headers: bytes) -> list[bytes]:
    message = Message()
    data = HEAD + headers + b"\r\n\r\n"
    scan(data, 0, len(data), message)
    return Correlator(keys.split(",")).values(message)


@pytest.mark.parametrize(
    ("keys", "headers", "expected"),
    [
        ("X-Call-ID", b"X-Call-ID: leg@one", [b"leg@one"]),
        ("x-call-id", b"X-CALL-ID:   leg@one  ", [b"leg@one"]),
        ("X-Call-ID", b"X-Call-ID-2: leg@one", []),
        ("X-Call-ID", b"X-Call-ID:", []),
        ("X-Call-ID", b'X-Call-ID: "leg@one"', [b"leg@one"]),
        ("X-Call-ID", b"X-Call-ID: one\r\n two", [b"one two"]),
        ("X-Call-ID", b"X-Call-ID: one;x=1", [b"one"]),
        ("X-Call-ID,X-CID", b"X-CID: b\r\nX-Call-ID: a", [b"a", b"b"]),
        ("X-Call-ID,X-CID", b"X-CID: a\r\nX-Call-ID: a", [b"a"]),
        ("Session-ID", b"Session-ID: abc;remote=def", [b"abc"]),
        ("Session-ID:remote", b"Session-ID: abc;remote=def", [b"def"]),
        ("Session-ID:remote", b"Session-ID: abc;remote=" + b"0" * 32, []),
        ("Session-ID", b"Session-ID: " + b"0" * 32 + b";remote=def", []),
        ("P-Charging-Vector:icid-value", b"P-Charging-Vector: icid-value=1a;orig-ioi=x", [b"1a"]),
        ("P-Charging-Vector:icid-value", b'P-Charging-Vector: a=b; ICID-Value = "1;a"', [b"1;a"]),
        ("P-Charging-Vector:icid-value", b"P-Charging-Vector: orig-ioi=x", []),
        ("P-Charging-Vector:icid-value", b'P-Charging-Vector: a="b;icid-value=no"', []),
        ("X", b"X: " + b"v" * LONGEST_VALUE, [b"v" * LONGEST_VALUE]),
        ("X", b"X: " + b"v" * (LONGEST_VALUE + 1), []),
    ],
)
def test_values(keys, headers, expected):
    assert values(keys, headers) == expected


def test_calls_with_a_value_in_common():
    found = Correlator(["X"])
    assert found.hold(1, b"v")
    assert found.legs(1) == [1]
    assert found.hold(2, b"v")
    assert not found.hold(2, b"v")
    assert found.hold(3, b"other")
    assert found.legs(1) == found.legs(2) == [1, 2]
    assert found.legs(3) == [3]
    assert found.linked.value == 2


def test_calls_over_others():
    found = Correlator(["X"])
    for number, value in ((1, b"a"), (2, b"b"), (3, b"c")):
        found.hold(number, value)
    found.hold(2, b"a")
    found.hold(3, b"b")
    assert found.legs(1) == [1, 2, 3]
    assert found.linked.value == 3


def test_a_call_that_was_named_before_it_began():
    found = Correlator(["X"])
    found.hold(1, b"id@2")
    found.begin(2, b"id@2")
    assert found.legs(2) == [1, 2]
    assert found.next == 3


def test_values_are_forgotten_with_the_last_call_that_has_them():
    found = Correlator(["X"])
    found.hold(1, b"v")
    found.hold(2, b"v")
    found.leave(1)
    found.hold(3, b"v")
    assert found.legs(1) == [1, 2, 3]
    found.leave(2)
    found.leave(3)
    found.hold(4, b"v")
    assert found.legs(4) == [4]
    assert found.legs(3) == [1, 2, 3]


def test_a_call_without_others_is_forgotten_at_once():
    found = Correlator(["X"])
    found.hold(1, b"v")
    found.leave(1)
    assert [*found._by_number, *found._by_value, *found._held, *found._ended] == []
    found.leave(1)


def test_too_many_together_stay_apart():
    found = Correlator(["X"])
    for number in range(MOST_TOGETHER + 5):
        found.hold(number, b"v")
    assert len(found.legs(0)) == MOST_TOGETHER
    assert found.legs(MOST_TOGETHER) == [MOST_TOGETHER]
    assert found.full.value == 5


def test_too_many_values_of_a_call():
    found = Correlator(["X"])
    held = [found.hold(1, b"%d" % number) for number in range(MOST_VALUES + 1)]
    assert held == [True] * MOST_VALUES + [False]
    assert found.full.value == 1


@pytest.mark.skipif(COMPILED, reason="a constant of a compiled module stays what it is")
def test_too_many_values_of_all(monkeypatch):
    monkeypatch.setattr(correlation, "MOST_INDEXED", 2)
    found = Correlator(["X"])
    assert [found.hold(number, b"%d" % number) for number in range(3)] == [True, True, False]
    assert found.hold(4, b"1")


def test_ended_calls_are_remembered_for_a_while():
    found = Correlator(["X"])
    many = MOST_ENDED + 2048
    for number in range(0, many, 2):
        found.hold(number, b"%d" % number)
        found.hold(number + 1, b"%d" % number)
        found.leave(number)
        found.leave(number + 1)
    assert found.legs(many - 1) == [many - 2, many - 1]
    assert found.legs(0) == [0]
    assert len(found._by_number) <= MOST_ENDED + 1024
    assert len(found._by_value) == 0


@examples(50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["hold", "hold", "join", "leave"]),
            st.integers(0, 6),
            st.integers(0, 6),
        ),
        max_size=40,
    )
)
def test_sets_are_those_of_the_naive_way(steps):
    """A value links those that have it while one that has it is tracked; links stay."""
    found = Correlator(["X"])
    groups: list[set[int]] = []
    holders: dict[int, set[int]] = {}
    values_of: dict[int, set[int]] = {number: set() for number in range(7)}
    group_of_value: dict[int, int] = {}
    left: set[int] = set()

    def group(number: int) -> set[int]:
        for known in groups:
            if number in known:
                return known
        groups.append({number})
        return groups[-1]

    def unite(one: int, other: int) -> None:
        first, second = group(one), group(other)
        if first is not second:
            first |= second
            groups.remove(second)

    for what, number, other in steps:
        if number in left or (what == "join" and (other in left or other == number)):
            continue
        if what == "hold":
            found.hold(number, b"%d" % other)
            if other in values_of[number]:
                continue
            if holders.get(other):
                unite(number, group_of_value[other])
            group(number)
            holders.setdefault(other, set()).add(number)
            group_of_value[other] = number
            values_of[number].add(other)
        elif what == "join":
            found.join(number, other)
            unite(number, other)
        else:
            found.leave(number)
            left.add(number)
            for value in values_of[number]:
                holders[value].discard(number)
    for number in range(7):
        alone = number in left and len(group(number)) == 1
        assert found.legs(number) == ([number] if alone else sorted(group(number)))
    assert len(found._by_value) == sum(map(bool, holders.values()))


# With a tracker


def staged(keys: str) -> tuple[Stage, Correlator]:
    stage = Stage()
    stage.tracker.correlator = found = Correlator(keys.split(","))
    return stage, found


def test_the_call_id_of_the_other():
    stage, found = staged("X-Call-ID")
    stage.play(">INVITE <180", "leg-1").play(">INVITE", "leg-2", "X-Call-ID: leg-1\r\n")
    assert found.legs(0) == [0, 1]


def test_the_call_id_of_one_that_begins_later():
    stage, found = staged("X-Call-ID")
    stage.play(">INVITE", "leg-2", "X-Call-ID: leg-1\r\n").play(">INVITE <180", "leg-1")
    assert found.legs(0) == [0, 1]


def test_its_own_call_id_links_nothing():
    stage, found = staged("X-Call-ID")
    stage.play(">INVITE", "leg-1", "X-Call-ID: leg-1\r\n")
    assert found.legs(0) == [0]


def test_a_value_in_a_response():
    stage, found = staged("Session-ID")
    stage.play(">INVITE <180", "leg-1", "Session-ID: abc\r\n")
    stage.play(">INVITE", "leg-2").play("<180", "leg-2", "Session-ID: abc\r\n")
    assert found.legs(0) == [0, 1]


def test_calls_leave():
    stage, found = staged("X")
    stage.play(">INVITE <486 >ACK", "leg-1", "X: 1\r\n").wait(3600)
    assert stage.held() == []
    assert [*found._held, *found._by_value] == []


def test_evicted_calls_leave():
    stage = Stage(limit=2)
    stage.tracker.correlator = found = Correlator(["X"])
    for number in range(5):
        stage.play(">INVITE", f"leg-{number}", f"X: {number}\r\n")
    assert sorted(found._held) == [3, 4]


def test_only_where_it_is_asked_for():
    assert run_of(packets(">INVITE"), http_port=1).pipeline.tracker.correlator is None
    assert run_of([(BEGIN, b"")], correlate=("X",)).pipeline.tracker.correlator is None
    assert run_of([(BEGIN, b"")], correlate=("X",), http_port=1).pipeline.tracker.correlator
