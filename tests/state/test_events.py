"""Events: types and names, and the snapshot of a call."""

from sipcm.state import events
from sipcm.state.calls import JOINED, TEXT_COUNT, Call
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import (
    BY_TIMEOUT,
    CALL_END,
    MSG_PROBE,
    ON_TIMEOUT,
    ORIGINATOR_NAMES,
    TRIGGER_NAMES,
    UNKNOWN,
    Event,
)
from tests.stage import attributes

KINDS = [
    "empty",
    "call-start",
    "call-end",
    "call-attempt",
    "auth-failed",
    "action-log",
    "reg-new",
    "reg-del",
    "reg-expired",
    "sub-new",
    "sub-del",
    "other-failed",
    "other-timeout",
    "other-ok",
    "parse-error",
    "msg-probe",
]


def test_each_type_has_the_number_that_the_pages_print():
    assert list(EVENT_NAMES) == KINDS
    for number, name in enumerate(KINDS):
        assert getattr(events, name.upper().replace("-", "_")) == number


def test_triggers_and_originators_have_names():
    assert TRIGGER_NAMES[ON_TIMEOUT] == "timeout"
    assert ORIGINATOR_NAMES[BY_TIMEOUT] == "timeout"


def test_a_new_event_knows_nothing():
    event = Event(MSG_PROBE, 5)
    assert (event.type, event.timestamp, event.status) == (MSG_PROBE, 5, 0)
    times = (event.created, event.started, event.duration, event.pdd, event.ring_time, event.forked)
    assert set(times) == {UNKNOWN}
    assert [event.text(index) for index in range(TEXT_COUNT)] == [b""] * TEXT_COUNT
    assert (event.caller, event.callee, event.rate) == (None, None, None)


def test_an_event_keeps_what_its_call_was():
    """Every attribute that the two have in common is taken over, and stands still."""
    call = Call(b"id", b"from", b"to", 2)
    plain = [
        name
        for name in sorted(set(attributes(Call)) & set(attributes(Event)))
        if isinstance(getattr(call, name), int)
    ]
    for number, name in enumerate(plain, 1):
        setattr(call, name, number)
    call.created_packet, call.flags, call.method_name = 1234, 0x88, b"INVITE"
    call.tell([b"text-%d" % number for number in range(JOINED)])
    call.user_agent, call.uas = b"text-6", b"text-7"
    call.client, call.server = b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"
    call.caller.requests, call.party(1).replies = 3, 4
    event = Event(CALL_END, 99, call)
    own = {"status": 0, "reason": b"", "created": 1234, "forked": UNKNOWN, "method": b"INVITE"}
    expected = {name: number for number, name in enumerate(plain, 1)} | own
    assert {name: getattr(event, name) for name in expected} == expected
    assert (event.type, event.timestamp, event.call_flags) == (CALL_END, 99, 0x88)
    assert (event.call_id, event.from_tag, event.to_tag) == (b"id", b"from", b"to")
    assert (event.client, event.server) == (call.client, call.server)
    assert event.text(TEXT_COUNT - 1) == b"text-%d" % (TEXT_COUNT - 1)
    call.caller.requests = call.party(1).replies = 100
    assert event.caller is not None
    assert event.callee is not None
    assert (event.caller.requests, event.callee.replies) == (3, 4)
