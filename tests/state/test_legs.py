"""Legs: what was seen between which addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.names import Method
from sipcm.state.legs import (
    COPY,
    FIRST,
    LEG_WEIGHT,
    MOST_LEGS,
    OF_CALLEE,
    RESPONSE,
    SEEN,
    Leg,
    mark,
    note,
)
from tests.frames import ALICE, BOB, Party, udp_frame

PROXY = Party("proxy", "203.0.113.1")
INVITE_1 = mark(1, Method.INVITE, 0)


def between(source: Party, destination: Party) -> Datagram:
    datagram = Datagram()
    frame = udp_frame(source, destination, b"x")
    assert decode(frame, 0, len(frame), 1, datagram) == DECODED
    return datagram


def leg(one: Party = ALICE, other: Party = PROXY) -> Leg:
    return Leg(one.address, one.port, other.address, other.port)


def chain(first: Leg) -> list[Leg]:
    found: list[Leg] = []
    here: Leg | None = first
    while here is not None:
        found.append(here)
        here = here.next
    return found


def test_a_leg_goes_both_ways():
    here = leg()
    assert here.joins(between(ALICE, PROXY))
    assert here.joins(between(PROXY, ALICE))
    assert not here.joins(between(PROXY, BOB))
    assert not here.joins(between(Party("alice", ALICE.host, 5070), PROXY))


@pytest.mark.parametrize("kind", [0, OF_CALLEE, RESPONSE, RESPONSE | OF_CALLEE])
def test_the_last_of_each_kind_is_remembered(kind):
    here = leg()
    assert [here.last(other) for other in range(4)] == [-1] * 4
    here.note(kind, 7)
    assert [here.last(other) for other in range(4)] == [
        7 if other == kind else -1 for other in range(4)
    ]


MESSAGES = st.tuples(
    st.integers(-1, 2**32 - 1), st.sampled_from(Method), st.sampled_from([0, 100, 200, 999])
)


@given(MESSAGES, MESSAGES)
def test_marks_tell_messages_apart(one, other):
    assert (mark(*one) == mark(*other)) == (one == other)


def test_what_was_seen_elsewhere_is_a_copy_the_first_time():
    first = leg()
    assert note(first, between(ALICE, PROXY), 0, INVITE_1) == FIRST
    assert note(first, between(ALICE, PROXY), 0, INVITE_1) == SEEN
    assert note(first, between(PROXY, BOB), 0, INVITE_1) == COPY
    assert note(first, between(PROXY, BOB), 0, INVITE_1) == SEEN
    assert note(first, between(ALICE, PROXY), 0, INVITE_1) == SEEN
    assert len(chain(first)) == 2


def test_kinds_are_told_apart():
    first = leg()
    note(first, between(ALICE, PROXY), 0, INVITE_1)
    for kind in (OF_CALLEE, RESPONSE, RESPONSE | OF_CALLEE):
        assert note(first, between(PROXY, BOB), kind, INVITE_1) == FIRST


def test_what_is_newer_on_a_leg_is_no_copy_of_what_was():
    first = leg()
    note(first, between(ALICE, PROXY), 0, INVITE_1)
    note(first, between(PROXY, BOB), 0, INVITE_1)
    assert note(first, between(PROXY, BOB), 0, mark(2, Method.BYE, 0)) == FIRST
    assert note(first, between(ALICE, PROXY), 0, mark(2, Method.BYE, 0)) == COPY


def test_legs_are_bounded_and_those_beyond_count_as_one():
    first = leg()
    for number in range(10 * MOST_LEGS):
        far = Party("far", f"192.0.2.{number + 20}")
        note(first, between(PROXY, far), 0, INVITE_1)
    assert len(chain(first)) == MOST_LEGS
    assert first.weight() == MOST_LEGS * LEG_WEIGHT
    assert chain(first)[-1].weight() == LEG_WEIGHT
    unknown = between(PROXY, Party("far", "198.51.100.99"))
    assert note(first, unknown, 0, INVITE_1) == SEEN
    assert note(first, unknown, 0, mark(2, Method.BYE, 0)) == FIRST
