"""The tracker keeps no more calls than it may, forgets them whole, and takes any messages."""

import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import SECOND
from sipcm.sip.names import Method
from sipcm.state.calls import MOST_SAME_ID, MOST_TEXT
from sipcm.state.events import CALL_END, CALL_START, ON_TIMEOUT, Event
from sipcm.state.matching import MOST_KEY
from sipcm.state.names import State
from sipcm.state.tracker import MOST_EVENTS, MOST_EVICTIONS
from tests.stage import Stage, made_up
from tests.state.consistency import assert_consistent, assert_forgotten

AGES = 5000
"""Seconds after which every timer has fired."""


@pytest.mark.parametrize("missing", [1, 2, 4, 8])
def test_a_message_that_lacks_a_header_is_not_tracked(missing):
    stage = Stage()
    message = made_up(Method.INVITE)
    message.missing = missing
    assert not stage.feed(message)
    assert stage.held() == []
    assert stage.tracker.last is None


@pytest.mark.parametrize("name", ["call_id", "from_tag", "to_tag"])
def test_what_is_too_long_is_not_tracked(name):
    stage = Stage()
    message = made_up(Method.INVITE)
    message.end = 2 * MOST_KEY
    setattr(message, name, MOST_KEY * b"x")
    assert stage.feed(message)
    setattr(message, name, (MOST_KEY + 1) * b"x")
    assert not stage.feed(message)
    assert len(stage.held()) == 1


def test_no_tag_of_a_response_is_too_long_either():
    stage = Stage().play(">INVITE <180")
    message = made_up(Method.INVITE, 200, to_tag=(MOST_KEY + 1) * b"x")
    message.end = 2 * MOST_KEY
    assert not stage.feed(message)
    assert stage.call().to_tag == b"b"


def test_timers_wait_for_room_in_the_ring():
    stage = Stage(ring=2 * MOST_EVENTS)
    for number in range(500):
        stage.play(">INVITE", str(number))
    stage.ring.claim(0)
    read: list[Event] = []
    while not stage.tracker.advance(stage.now + 120 * SECOND):
        batch = stage.ring.read(len(read), 2 * MOST_EVENTS)
        assert len(batch) > MOST_EVENTS
        read += batch
        stage.ring.claim(len(read))
    read += stage.ring.read(len(read), 2 * MOST_EVENTS)
    assert [event.call_id for event in read] == [str(number).encode() for number in range(500)]
    assert_forgotten(stage)


FLOOD = 2000
"""Twenty times what the table holds."""


def test_a_flood_of_calls_does_not_push_out_the_answered_ones():
    stage = Stage(limit=100, ring=10)
    for number in range(10):
        stage.play(">INVITE <200", f"answered-{number}")
    for number in range(FLOOD):
        stage.feed(made_up(Method.INVITE, call_id=b"flood-%d" % number))
    assert stage.calls.active.value == stage.calls.active.highest == 100
    assert stage.calls.evicted.value == stage.calls.fail_lim.value == FLOOD - 90
    kept = [call.call_id for call in stage.held()]
    assert kept[:10] == [b"answered-%d" % number for number in range(10)]
    assert kept[10:] == [b"flood-%d" % number for number in range(FLOOD - 90, FLOOD)]
    assert stage.tracker.begun == FLOOD + 10
    assert_consistent(stage)
    stage.wait(AGES)
    assert_forgotten(stage)


def test_where_all_are_answered_the_oldest_goes_and_is_told():
    stage = Stage(limit=16)
    for number in range(17):
        stage.play(">INVITE <200", str(number))
    assert [call.call_id for call in stage.held()] == [b"%d" % n for n in range(3, 17)]
    assert stage.calls.evicted_settled.value == 3
    assert stage.told().count(("action-log", 200)) == 3
    assert_consistent(stage)


def test_answered_calls_leave_an_eighth_for_new_ones():
    """Requests that nobody answers push out each other, and never an answered call."""
    stage = Stage(limit=16)
    for number in range(20):
        stage.play(">INVITE <200", f"answered-{number}")
    before = [call.call_id for call in stage.held()]
    for number in range(100):
        stage.play(">INVITE", f"flood-{number}")
    kept = [call.call_id for call in stage.held()]
    assert kept == [*before, b"flood-98", b"flood-99"]


@pytest.mark.parametrize("most", [20_000, 200_000])
def test_memory_is_bounded_as_well(most):
    stage = Stage(memory=most)
    for number in range(1000):
        stage.feed(made_up(Method.INVITE, call_id=b"%d-" % number + b"x" * (number % 7 * 100)))
    assert most - 2000 < stage.calls.memory.value <= most + 2000
    assert stage.calls.evicted.value == 1000 - stage.calls.active.value
    assert_consistent(stage)


def test_a_heavy_call_pushes_out_several_light_ones():
    stage = Stage(memory=20_000)
    for number in range(30):
        stage.feed(made_up(Method.INVITE, call_id=b"%d" % number))
    for number in range(10):
        stage.feed(made_up(Method.INVITE, call_id=b"%d" % number + b"x" * 8000))
    assert stage.calls.memory.value < 40_000


def light(stage: Stage, count: int, *, settled: bool) -> None:
    for number in range(count):
        stage.feed(made_up(Method.INVITE, call_id=b"light-%d" % number))
        if settled:
            stage.feed(made_up(Method.INVITE, 200, call_id=b"light-%d" % number, to_tag=b"b"))


def test_the_memory_limit_holds_after_each_message_whatever_comes():
    """Heavy newcomers, each as heavy as forty of those that they meet."""
    stage = Stage(memory=1_000_000)
    light(stage, 2000, settled=False)
    tag = MOST_KEY * b"t"
    for number in range(200):
        call_id = b"%d" % number + (MOST_KEY - 9) * b"x"
        stage.feed(made_up(Method.INVITE, call_id=call_id, from_tag=tag))
        stage.feed(made_up(Method.INVITE, 180, call_id=call_id, from_tag=tag, to_tag=tag))
        assert stage.calls.memory.value <= 1_000_000
    assert_consistent(stage)


def test_what_grows_keeps_within_the_memory_too():
    stage = Stage(memory=200_000)
    light(stage, 200, settled=False)
    kept = [call.call_id for call in stage.held()]
    for call_id in kept:
        stage.feed(made_up(Method.INVITE, 180, call_id=call_id, to_tag=MOST_KEY * b"t"))
        assert stage.calls.memory.value <= 200_000
    assert_consistent(stage)


def test_answered_calls_that_are_heavy_leave_an_eighth_of_the_memory():
    stage = Stage(memory=1_000_000)
    light(stage, 2000, settled=True)
    tag = MOST_KEY * b"t"
    for number in range(100):
        call_id = b"%d" % number
        stage.feed(made_up(Method.INVITE, call_id=call_id, from_tag=tag))
        stage.feed(made_up(Method.INVITE, 200, call_id=call_id, from_tag=tag, to_tag=tag))
        assert stage.calls.settled.weight <= 875_000 + 3 * MOST_KEY
    before = stage.calls.evicted_settled.value
    light(stage, 90, settled=False)
    assert stage.calls.evicted_settled.value == before
    assert_consistent(stage)


def test_a_message_pushes_out_so_many_calls_at_most():
    stage = Stage(memory=300_000)
    light(stage, 300, settled=True)
    for number in range(20):
        told, evicted = stage.ring.total, stage.calls.evicted.value
        call_id, tag = b"%d" % number + (MOST_KEY - 9) * b"x", MOST_KEY * b"t"
        stage.feed(made_up(Method.INVITE, 200, call_id=call_id, from_tag=tag, to_tag=tag))
        assert stage.ring.total - told <= MOST_EVENTS
        assert stage.calls.evicted.value - evicted <= 2 * MOST_EVICTIONS + 2


def test_methods_and_reasons_are_cut():
    stage = Stage()
    long = 5000 * "X"
    head = "From: <sip:a@h>;tag=a\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 "
    assert stage.send(f"{long} sip:b@h SIP/2.0\r\n{head}{long}\r\n\r\n".encode())
    assert stage.send(f"SIP/2.0 404 {long}\r\n{head}{long}\r\n\r\n".encode(), by_caller=False)
    call = stage.call()
    assert (len(call.method_name), len(call.reason)) == (MOST_TEXT, MOST_TEXT)
    for _ in range(2):
        stage.send(f"SIP/2.0 401 {long}\r\n{head}{long}\r\n\r\n".encode(), by_caller=False)
    stage.wait(AGES)
    assert all(len(event.reason) <= MOST_TEXT for event in stage.events())


def test_what_was_decided_is_told_when_it_is_pushed_out():
    stage = Stage(limit=2)
    stage.play(">INVITE <486", "refused").play(">OPTIONS <200", "pinged")
    stage.play(">INVITE", "1").play(">INVITE", "2").play(">INVITE", "3")
    assert stage.told() == [("call-attempt", 486), ("other-ok", 200)]
    assert [event.trigger for event in stage.events()] == [ON_TIMEOUT] * 2


def test_calls_of_one_call_id_are_bounded():
    stage = Stage()
    for number in range(10 * MOST_SAME_ID):
        stage.play(f">INVITE/t{number}~f{number}" if number == 5 else f">INVITE~f{number}")
    kept = [call.from_tag for call in reversed(stage.held())]
    assert len(kept) == MOST_SAME_ID
    assert kept[0] == b"f5", "the answered one stays"
    assert kept[1:] == [b"f%d" % n for n in range(9 * MOST_SAME_ID + 1, 10 * MOST_SAME_ID)]
    assert_consistent(stage)


def test_branches_of_one_call_are_bounded():
    stage = Stage(ring=10)
    stage.play(">INVITE")
    for number in range(10 * MOST_SAME_ID):
        stage.play(f"<180:INVITE/t{number}")
    assert len(stage.held()) == MOST_SAME_ID
    assert_consistent(stage)
    stage.wait(AGES)
    assert stage.told() == [("call-attempt", 408)]
    assert_forgotten(stage)


def test_an_evicted_call_leaves_nothing_behind():
    stage = Stage(limit=1)
    stage.play(">INVITE", "first")
    call = stage.call()
    held = sys.getrefcount(call)
    stage.play(">INVITE", "second").play("<180", "second")
    assert held > sys.getrefcount(call) == 2
    assert (call.older, call.newer, call.same_id) == (None, None, None)


def test_a_call_that_timed_out_leaves_nothing_behind():
    stage = Stage().play(">INVITE")
    call = stage.call()
    stage.play(">OPTIONS", "second").wait(AGES)
    assert sys.getrefcount(call) == 2


def test_a_family_tells_its_failure_even_when_the_last_is_evicted():
    stage = Stage(limit=2)
    stage.play(">INVITE <180/b <180/c <486/c")
    assert stage.told() == []
    stage.play(">OPTIONS", "1").play(">OPTIONS", "2")
    assert stage.told() == [("call-attempt", 486)]


def test_a_refusal_of_the_whole_weighs_what_it_says():
    stage = Stage().play(">INVITE <180/b <180/c <486/c")
    assert_consistent(stage)


def test_what_is_not_refused_is_the_invite():
    """A 481 to another request, from a branch that nobody heard of, refuses no branch."""
    stage = Stage().play(">INVITE <180/b >OPTIONS <481:OPTIONS/x")
    assert State.INV_EARLY in [call.state for call in stage.held()]


def test_a_binding_that_leaves_weighs_what_its_last_message_says():
    stage = Stage()
    stage.tracker.registrar.delay = 5
    stage.play(">REGISTER <200", "short", "Expires: 60\r\n")
    stage.play(">REGISTER#2 <200", "a-much-longer-call-id", "Expires: 0\r\n")
    (binding,) = stage.bindings.held()
    assert binding.leaving
    assert_consistent(stage)


TAGS = st.sampled_from([b"", b"a", b"b", b"c"])
MESSAGES = st.builds(
    made_up,
    st.sampled_from(Method),
    st.sampled_from([0, 0, 0, 100, 180, 183, 200, 202, 302, 401, 407, 486, 487, 699, 999]),
    cseq=st.integers(0, 3),
    call_id=st.sampled_from([b"1", b"2", b"3"]),
    from_tag=TAGS,
    to_tag=TAGS,
)
PAUSES = st.sampled_from([0, 0, 0, 1, 4, 29, 31, 121, 181, 3601]).map(
    lambda seconds: seconds * SECOND + 1
)


@given(st.lists(st.tuples(MESSAGES, PAUSES), max_size=40), st.sampled_from([0, 1, 2, 5]))
def test_any_messages_end_and_tell_each_thing_once(happened, limit):
    stage = Stage(limit)
    for message, pause in happened:
        told = stage.ring.total
        assert stage.feed(message)
        assert stage.ring.total - told <= MOST_EVENTS
        assert_consistent(stage)
        assert limit == 0 or stage.calls.active.value <= limit
        stage.wait(pause / SECOND)
    stage.wait(3600)
    assert_forgotten(stage)
    assert stage.calls.evicted.value <= stage.tracker.begun
    # Each message has its own time, so two times name a call.
    seen = Counter((event.type, event.created, event.forked) for event in stage.events())
    assert all(count == 1 for count in seen.values())
    for kind, created, forked in seen:
        if kind == CALL_END and seen[CALL_START, created, forked]:
            assert order(stage, CALL_START, created, forked) < order(
                stage, CALL_END, created, forked
            )


def order(stage: Stage, kind: int, created: int, forked: int) -> int:
    return [(event.type, event.created, event.forked) for event in stage.events()].index(
        (kind, created, forked)
    )
