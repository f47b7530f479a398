"""What is reported of a call, when, and with which status."""

import pytest

from sipcm.clock import FALL, SECOND, Clock
from sipcm.sip.names import Method
from sipcm.state.calls import CALLEE_TERMINATED, TIMED_OUT, Call, Family
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import (
    ON_REPLY,
    ON_TIMEOUT,
    ORIGINATOR_NAMES,
    Event,
)
from sipcm.state.matching import CALLEE, CALLER
from sipcm.state.names import State
from sipcm.state.reporter import Reporter
from sipcm.state.ring import EventRing

NOW = 1_700_000_000 * SECOND


class Desk:
    """A reporter at NOW, and what it has reported."""

    def __init__(self):
        self.ring = EventRing(100)
        self.clock = Clock()
        self.reporter = Reporter(self.ring, self.clock)
        self.reporter.moment = self.reporter.timestamp = NOW
        self.reporter.trigger = ON_REPLY

    def events(self) -> list[Event]:
        return self.ring.read(0, 100)

    def told(self) -> list[tuple[str, int, str]]:
        return [(EVENT_NAMES[e.type], e.status, e.reason.decode()) for e in self.events()]


def call(state: State = State.INV_1ST, status: int = 0, method: Method = Method.INVITE) -> Call:
    made = Call(b"call-1", b"a", b"b", method)
    made.created = made.created_packet = NOW - 10 * SECOND
    made.state = state
    made.status = status
    made.reason = b"Said so" if status else b""
    made.caller.reply_status = status
    return made


TIMER = "internal: call state timeout"
IMPLIED = "internal: implied OK"
EXPIRED = [
    # state, status so far, creating method, type, status and reason of the event
    ("INIT", 0, "ACK", None),
    ("INV_1ST", 100, "INVITE", ("call-attempt", 408, TIMER)),
    ("INV_EARLY", 180, "INVITE", ("call-attempt", 408, TIMER)),
    ("INV_NEG", 486, "INVITE", ("call-attempt", 486, "Said so")),
    ("INV_NEG", 401, "INVITE", ("auth-failed", 401, "Said so")),
    ("INV_NEG", 407, "INVITE", ("auth-failed", 407, "Said so")),
    ("ESTABLISHED", 200, "INVITE", ("call-end", 408, TIMER)),
    ("BYE_SEEN", 200, "INVITE", None),
    ("BYE_REPLIED", 180, "INVITE", None),
    ("CANCELED", 180, "INVITE", ("call-attempt", 487, "internal: cancel")),
    ("CANCELED", 200, "CANCEL", ("call-attempt", 487, "internal: cancel")),
    ("CANCELED", 603, "INVITE", ("call-attempt", 603, "Said so")),
    ("NON_INV_1ST", 0, "OPTIONS", ("other-timeout", 408, TIMER)),
    ("NON_INV_1ST", 100, "REGISTER", ("other-timeout", 408, TIMER)),
    ("NON_INV_NEG", 404, "OPTIONS", ("other-failed", 404, "Said so")),
    ("NON_INV_NEG", 401, "OPTIONS", ("auth-failed", 401, "Said so")),
    ("NON_INV_FIN", 200, "OPTIONS", ("other-ok", 200, "Said so")),
    ("NON_INV_FIN", 200, "REGISTER", None),
    ("SUBSCRIBED", 200, "SUBSCRIBE", ("sub-del", 408, "internal: not refreshed")),
]


@pytest.mark.parametrize(("state", "status", "method", "expected"), EXPIRED)
def test_a_timer_that_fires(state, status, method, expected):
    desk = Desk()
    expired = call(State[state], status, Method[method])
    desk.reporter.expired(expired, NOW + SECOND)
    assert desk.told() == ([expected] if expected else [])
    for event in desk.events():
        assert (event.timestamp, event.trigger) == (NOW + SECOND, ON_TIMEOUT)
        assert event.call_flags & TIMED_OUT
    assert expired.flags == TIMED_OUT


def test_every_state_has_its_end():
    assert {row[0] for row in EXPIRED} == {state.name for state in State}


def test_a_challenge_of_the_callee_counts_as_well():
    desk = Desk()
    refused = call(State.INV_NEG, 486)
    refused.party(1).reply_status = 401
    desk.reporter.expired(refused, NOW)
    assert desk.told() == [("auth-failed", 486, "Said so")]


def test_a_deadline_is_told_in_packet_time():
    desk = Desk()
    desk.clock.advance(NOW)
    desk.clock.land(1000 * SECOND, FALL)
    desk.reporter.expired(call(), NOW + 5 * SECOND)
    (event,) = desk.events()
    assert event.timestamp == 1005 * SECOND


def test_an_answer():
    desk = Desk()
    answered = call(State.ESTABLISHED, 202)
    answered.early = NOW - 4 * SECOND
    desk.reporter.answered(answered)
    assert desk.told() == [("call-start", 202, "Said so")]
    (event,) = desk.events()
    assert (event.timestamp, event.started, event.trigger) == (NOW, NOW, ON_REPLY)
    assert (event.pdd, event.ring_time, event.duration) == (6 * SECOND, 4 * SECOND, -1)
    assert answered.answered == NOW


def test_an_implied_answer():
    desk = Desk()
    answered = call(State.ESTABLISHED, 180)
    desk.reporter.answer_implied(answered)
    assert desk.told() == [("call-start", 290, IMPLIED)]
    assert (answered.answered, desk.events()[0].started) == (NOW, NOW)


@pytest.mark.parametrize(
    ("side", "status", "expected", "who"),
    [
        (CALLER, 200, ("call-end", 200, "Said so"), "caller"),
        (CALLEE, 200, ("call-end", 200, "Said so"), "callee"),
        (CALLER, 486, ("call-end", 486, "Said so"), "caller"),
        (CALLEE, 180, ("call-end", 291, IMPLIED), "callee"),
        (CALLER, 0, ("call-end", 291, IMPLIED), "caller"),
    ],
)
def test_a_bye(side, status, expected, who):
    desk = Desk()
    ended = call(State.BYE_SEEN, status)
    ended.answered = NOW - 7 * SECOND
    desk.reporter.cleared(ended, side)
    assert desk.told() == [expected]
    (event,) = desk.events()
    assert event.duration == 7 * SECOND
    assert ORIGINATOR_NAMES[event.originator] == who
    assert bool(event.call_flags & CALLEE_TERMINATED) == (who == "callee")


def test_an_end_without_an_answer_has_no_duration():
    desk = Desk()
    desk.reporter.cleared(call(State.BYE_SEEN), CALLER)
    (event,) = desk.events()
    assert (event.duration, event.started, event.pdd, event.ring_time) == (-1, -1, -1, -1)


def test_a_refusal_of_the_credentials():
    desk = Desk()
    desk.reporter.refused(call(State.INV_NEG, 401), 401, b"No")
    assert desk.told() == [("auth-failed", 401, "No")]


def test_each_type_is_told_once():
    desk = Desk()
    made = call(State.ESTABLISHED, 200)
    for _ in range(3):
        desk.reporter.answered(made)
        desk.reporter.refused(made, 401, b"")
        desk.reporter.cleared(made, CALLER)
    assert [told[0] for told in desk.told()] == ["call-start", "auth-failed", "call-end"]
    befores = [EVENT_NAMES[event.event_before] for event in desk.events()]
    assert befores == ["empty", "call-start", "auth-failed"]


def test_times_are_packet_times_of_the_call():
    """Stream and packet time differ after a fall; differences are the same in both."""
    desk = Desk()
    made = call(State.ESTABLISHED, 200)
    made.created_packet = 50 * SECOND
    made.forked = made.created + SECOND
    desk.reporter.timestamp = 60 * SECOND
    desk.reporter.answered(made)
    (event,) = desk.events()
    assert (event.created, event.forked, event.started) == (50 * SECOND, 51 * SECOND, 60 * SECOND)


def test_what_was_late_has_no_negative_times():
    """A response with an older time than its request, as two interfaces may give."""
    desk = Desk()
    made = call(State.ESTABLISHED, 200)
    made.created = NOW + SECOND
    made.early = NOW + SECOND // 2
    desk.reporter.answered(made)
    made.answered = NOW + 9 * SECOND
    desk.reporter.cleared(made, CALLER)
    assert [event.pdd for event in desk.events()] == [0, 0]
    assert [event.ring_time for event in desk.events()][:1] == [0]
    assert desk.events()[1].duration == 0


# Families


def family(*members: Call) -> None:
    shared = Family()
    shared.open = len(members)
    for member in members:
        member.family = shared


def test_one_failure_is_told_when_the_last_of_a_family_is_gone():
    desk = Desk()
    silent, busy, gone = call(), call(State.INV_NEG, 486), call(State.INV_NEG, 503)
    family(silent, busy, gone)
    for number, member in enumerate((silent, busy, gone)):
        assert desk.told() == []
        desk.reporter.expired(member, NOW + number)
    assert desk.told() == [("call-attempt", 486, "Said so")]
    assert desk.events()[0].timestamp == NOW + 2


@pytest.mark.parametrize("how", ["answered", "answer_implied", "cleared"])
def test_no_failure_is_told_when_one_of_a_family_was_answered(how):
    desk = Desk()
    silent, good = call(), call(State.ESTABLISHED, 200)
    family(silent, good)
    desk.reporter.expired(silent, NOW)
    getattr(desk.reporter, how)(good, *([CALLER] if how == "cleared" else []))
    count = len(desk.events())
    desk.reporter.left(good)
    assert len(desk.events()) == count


def test_a_member_that_leaves_without_a_word_counts():
    desk = Desk()
    silent, evicted = call(), call(State.INV_EARLY, 180)
    family(silent, evicted)
    desk.reporter.expired(silent, NOW)
    desk.reporter.left(evicted)
    assert desk.told() == [("call-attempt", 408, TIMER)]


def test_a_family_that_leaves_without_a_failure_tells_nothing():
    desk = Desk()
    one, two = call(), call()
    family(one, two)
    desk.reporter.left(one)
    desk.reporter.left(two)
    desk.reporter.left(call())
    assert desk.told() == []
