"""Which call is meant: forks, retries, and what else has the same Call-ID."""

import pytest

from sipcm.clock import SECOND
from sipcm.state.calls import FORK_CHILD
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.names import State
from sipcm.state.trace import flag_names, message_trace
from tests.stage import BEGIN, Stage, told
from tests.state.consistency import assert_forgotten

AGES = 5000


def test_a_fork_is_a_call_of_its_own():
    stage = Stage().play(">INVITE +1 <180/b +1 <180/c")
    child, parent = stage.held()
    assert (parent.to_tag, child.to_tag) == (b"b", b"c")
    assert flag_names(parent.flags) == ["Reused", "Fork_Parent"]
    assert flag_names(child.flags) == ["Fork_Child"]
    assert (child.created, child.forked, parent.forked) == (BEGIN, BEGIN + 2 * SECOND, -1)
    assert (child.texts, child.client, child.server) == (parent.texts, parent.client, parent.server)
    assert child.signature == parent.signature != 0
    assert child.family is parent.family
    assert message_trace(child) == ">INVITE<180{1}"


ONE_ID = [
    # what was begun before with the same Call-ID and From tag; what comes then; what that tells
    (
        ">REGISTER <200/r",
        ">INVITE <180/b <200/b >ACK/b +9 >BYE/b <200/b",
        "INVITE call-start call-end",
    ),
    (">REGISTER", ">INVITE <486/b >ACK/b", "INVITE call-attempt"),
    (">REGISTER <401/r", "<200:INVITE/b", "INVITE call-start call-end"),
    (">REGISTER", ">INVITE >CANCEL <200 <487:INVITE/b >ACK/b", "INVITE call-attempt"),
    (">OPTIONS <200/o", ">INVITE <200/b >ACK/b +9 <BYE/b >200/b", "INVITE call-start call-end"),
    (">OPTIONS", ">REGISTER <403/r", "REGISTER other-failed"),
    (">REGISTER <200/r", ">OPTIONS <200/o", "OPTIONS other-ok"),
    (">REGISTER <200/r", ">MESSAGE <404/o", "MESSAGE other-failed"),
    (">INVITE <180/b", ">REGISTER <403/r", "REGISTER other-failed"),
    (">INVITE <200/b >ACK/b", ">SUBSCRIBE <489/s", "SUBSCRIBE other-failed"),
]


@pytest.mark.parametrize(("before", "then", "expected"), ONE_ID)
def test_what_is_begun_otherwise_is_of_its_own(before, then, expected):
    """Some agents have one Call-ID and tag for all that they begin."""
    method, *words = expected.split()
    stage = Stage().play(before).wait(1).play(then).wait(AGES)
    events = [event for event in stage.events() if event.method == method.encode()]
    assert [EVENT_NAMES[event.type] for event in events] == words
    assert {event.call_flags & FORK_CHILD for event in events} == {0}
    alone = Stage().play(before).wait(AGES)
    others = [event for event in stage.events() if event.method != method.encode()]
    assert told(others) == alone.told()
    assert_forgotten(stage)


def test_messages_of_forks_go_to_their_branch():
    stage = Stage().play(">INVITE <180/b <180/c <200/c >ACK/c <UPDATE/b")
    child, parent = stage.held()
    assert (State(parent.state), State(child.state)) == (State.INV_EARLY, State.ESTABLISHED)
    assert (parent.callee.requests, child.callee.requests) == (1, 0)


def test_a_call_that_is_tried_again_forgets_the_tag_of_the_refusal():
    call = Stage().play(">INVITE <401/x >ACK/x >INVITE").call()
    assert (call.to_tag, State(call.state)) == (b"", State.INV_1ST)


def test_a_late_refusal_does_not_bring_its_tag_back():
    call = Stage().play(">REGISTER <401/x >REGISTER <200/y <403:REGISTER/z#1").call()
    assert (call.to_tag, call.status) == (b"y", 200)


def test_another_call_with_the_same_call_id():
    """A strange From tag without a challenge before it: not the same caller."""
    stage = Stage().play(">INVITE <486 >INVITE~z")
    assert [call.from_tag for call in stage.held()] == [b"z", b"a"]
    stage = Stage().play(">INVITE <401 <200/y~z")
    assert [call.from_tag for call in stage.held()] == [b"z", b"a"]
