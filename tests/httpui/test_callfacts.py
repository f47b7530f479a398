"""What is said of a call: outcomes, times, and from what."""

import pytest

from sipcm.httpui import callfacts
from sipcm.httpui.sentmessages import Read
from sipcm.state.events import EMPTY, Event
from tests.stage import BEGIN, Stage, packets
from tests.webharness import run_of

SECOND = 1_000_000_000


def of(stage: Stage) -> tuple[list[Event], Event, str]:
    """Return events of a call, what is told of it, and its outcome."""
    happened = stage.events()
    call = stage.held()[0] if stage.held() else None
    told = happened[-1] if call is None else callfacts.so_far(call, stage.clock)
    return happened, told, callfacts.outcome(happened, call, told)


@pytest.mark.parametrize(
    ("script", "wait", "outcome"),
    [
        (">INVITE", 0, "goes on: first invite"),
        (">INVITE <180", 0, "goes on: early dialog, 180 Ringing"),
        (">INVITE <486 >ACK", 0, "refused: 486 Busy Here; waits for another try"),
        (">INVITE >CANCEL <200", 0, "goes on: canceled"),
        (
            ">INVITE >CANCEL <200 <487:INVITE",
            0,
            "refused: 487 Request Terminated; waits for another try",
        ),
        (">REGISTER <401", 0, "refused: 401 Unauthorized; waits for another try"),
        (">INVITE <180 <200", 0, "answered, goes on"),
        (">INVITE <200 >ACK +9 >BYE <200", 900, "answered, ended by caller"),
        (">INVITE <200 >ACK +9 <BYE >200", 900, "answered, ended by callee"),
        (">INVITE <200 >ACK", 90_000, "answered, ended by timeout"),
        (">INVITE <486 >ACK", 900, "failed: 486 Busy Here"),
        (">INVITE", 900, "failed: 408 internal: call state timeout"),
        (">INVITE <407 >ACK", 900, "credentials refused: 407 Proxy Authentication Required"),
        (">REGISTER <200", 0, "registered"),
        (">OPTIONS <200", 900, "answered: 200 OK"),
        (">OPTIONS", 900, "no answer"),
    ],
)
def test_outcomes(script, wait, outcome):
    stage = Stage().play(script)
    if wait:
        stage.wait(wait)
    assert of(stage)[2] == outcome


def test_when_no_event_tells():
    told = Event(EMPTY, 0)
    assert callfacts.outcome([], None, told) == "no event tells"
    told.status, told.reason = 200, b"O\x1bK"
    assert callfacts.outcome([], None, told) == r"no event tells; last answer 200 O\x1bK"


def test_when_it_may_have_been_left_out():
    told = Event(EMPTY, 0)
    told.status, told.reason = 486, b"Busy Here"
    assert callfacts.outcome([], None, told, left_out=True) == (
        "no event tells (-evr_limits left out events, maybe those of this call); "
        "last answer 486 Busy Here"
    )


def test_times_of_a_call_that_goes_on():
    stage = Stage().play(">INVITE +1 <180 +2 <200 >ACK").wait(10)
    told = of(stage)[1]
    assert callfacts.timing(told, [], whole=True) == {
        "begin": "2023-11-14T22:13:20.000000000Z",
        "answered": "2023-11-14T22:13:23.000000000Z",
        "pdd": 1.0,
        "ring_time": 2.0,
        "talk": 10.0,
        "total": 13.0,
    }


def test_times_of_a_call_that_has_ended():
    stage = Stage().play(">INVITE +1 <180 +2 <200 >ACK +30 >BYE <200").wait(900)
    timing = callfacts.timing(of(stage)[1], [], whole=False)
    assert (timing["talk"], timing["total"]) == (30.0, 33.0)


def messages(script: str) -> list[Read]:
    store = run_of(packets(script), http_port=1).pipeline.messages
    assert store is not None
    return [Read(kept, number) for number, kept in enumerate(store.of([0]), 1)]


def test_the_whole_of_a_call_tells_how_long_it_took():
    read = [one.kept for one in messages(">INVITE <486 +3 >ACK")]
    assert callfacts.timing(Event(EMPTY, 0), read, whole=True)["total"] == 3.0
    assert "total" not in callfacts.timing(Event(EMPTY, 0), read, whole=False)


def test_an_end_without_a_message():
    stage = Stage().play(">INVITE <200 >ACK").wait(90_000)
    told = of(stage)[1]
    read = [one.kept for one in messages(">INVITE <200 >ACK")]
    timing = callfacts.timing(told, read, whole=True)
    assert timing["total"] == timing["talk"] > 3000


def test_messages_alone():
    told = callfacts.read_from(messages(">INVITE <180 <486 >ACK"))
    summary = callfacts.summary(told)
    assert summary["client"] == {"ip": "192.0.2.10", "port": 5060, "transport": "udp"}
    assert summary["server"] == {"ip": "198.51.100.20", "port": 5060}
    assert summary["sip"]["from"] == "sip:alice@example.com"
    assert summary["sip"]["to"] == "sip:bob@example.com"
    assert summary["sip"]["response"] == {"status": 486}
    assert summary["uri"]["original"] == "sip:bob@example.com"
    assert told.created == BEGIN


def test_messages_that_begin_with_a_response():
    told = callfacts.read_from(messages("<200:INVITE"))
    assert callfacts.summary(told)["client"]["ip"] == "192.0.2.10"
