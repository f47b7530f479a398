"""The tracker: dialogues as scripts (see tests/stage.py) and the events they give."""

import sys

import pytest

from sipcm.clock import SECOND
from sipcm.sip.names import Method
from sipcm.state.bindings import Binding
from sipcm.state.calls import Call
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import ORIGINATOR_NAMES, Event
from sipcm.state.names import State
from sipcm.state.trace import flag_names, message_trace
from tests.stage import BEGIN, Stage, script
from tests.state.consistency import assert_forgotten

AGES = 5000
"""Seconds after which every timer has fired."""

ANSWERED = ">INVITE <100 +1 <180 +2 <200 >ACK"

DIALOGUES = [
    # what happens, the events at the end of all timers
    ("answered", ANSWERED + " +30 >BYE <200", "call-start 200, call-end 200"),
    ("callee ends", ANSWERED + " +30 <BYE >200", "call-start 200, call-end 200"),
    ("never ended", ANSWERED, "call-start 200, call-end 408"),
    ("busy", ">INVITE <486 >ACK", "call-attempt 486"),
    ("moved", ">INVITE <302 >ACK", "call-attempt 302"),
    ("busy, status beyond 6xx", ">INVITE <999 >ACK", "call-attempt 999"),
    ("no answer", ">INVITE <100", "call-attempt 408"),
    ("rings for ever", ">INVITE <180", "call-attempt 408"),
    ("busy, then answered", ">INVITE <486 +1 <200/c >ACK/c >BYE/c", "call-start 200, call-end 200"),
    # authentication
    (
        "challenged, then answered",
        ">INVITE <401 >ACK >INVITE <200 >ACK >BYE",
        "call-start 200, call-end 200",
    ),
    ("challenged, then busy", ">INVITE <407 >ACK >INVITE <486 >ACK", "call-attempt 486"),
    (
        "challenged, new From tag",
        ">INVITE <401/x >ACK >INVITE~c <200/y~c >BYE~c",
        "call-start 200, call-end 200",
    ),
    (
        "challenged, new From tag, the old challenge again",
        ">INVITE <401/x >INVITE~c <401/x~a#1 >ACK/x~a#1 <200:INVITE/y~c#2 >BYE~c#3",
        "call-start 200, call-end 200",
    ),
    (
        "challenged, a strange From tag, then the retry",
        ">INVITE <401/x >INVITE~z >INVITE#2 <200/y#2 >BYE/y#3",
        "call-start 200, call-end 200, call-attempt 408",
    ),
    ("challenged twice", ">INVITE <401/x >ACK/x >INVITE <401/y >ACK/y", "auth-failed 401"),
    ("challenged by two", ">INVITE <407/x >ACK/x >INVITE <401/y >ACK/y", "auth-failed 401"),
    (
        "challenged twice, then let in",
        ">INVITE <401 >ACK >INVITE <401 >ACK >INVITE <200 >BYE",
        "auth-failed 401, call-start 200, call-end 200",
    ),
    ("challenged, given up", ">INVITE <401 >ACK", "auth-failed 401"),
    ("challenge sent twice", ">INVITE <401 <401 >ACK", "auth-failed 401"),
    ("REGISTER challenged twice", ">REGISTER <401 >REGISTER <401", "auth-failed 401"),
    ("REGISTER challenged, given up", ">REGISTER <401", "auth-failed 401"),
    ("OPTIONS challenged, then OK", ">OPTIONS <401 >OPTIONS <200", "other-ok 200"),
    (
        "re-INVITE challenged twice",
        ANSWERED + " >INVITE/b <401 >ACK >INVITE/b <401 >ACK >BYE",
        "call-start 200, auth-failed 401, call-end 200",
    ),
    # CANCEL (RFC 3261 9.1)
    ("cancelled", ">INVITE <180 >CANCEL <200 <487:INVITE >ACK", "call-attempt 487"),
    ("cancelled, no final response", ">INVITE <180 >CANCEL <200", "call-attempt 487"),
    (
        "cancelled, refused otherwise",
        ">INVITE <180 >CANCEL <481 <603:INVITE >ACK",
        "call-attempt 603",
    ),
    (
        "cancelled, answered at the same time",
        ">INVITE <180 >CANCEL <200:INVITE <200:CANCEL >ACK +1 >BYE",
        "call-start 200, call-end 200",
    ),
    ("response to an unseen CANCEL", ">INVITE <180 <200:CANCEL", "call-attempt 487"),
    (
        "CANCEL of an answered call",
        ANSWERED + " >CANCEL <481 +9 >BYE",
        "call-start 200, call-end 200",
    ),
    # BYE
    ("BYE in an early dialog", ">INVITE <180 >BYE", "call-end 291"),
    ("BYE challenged", ANSWERED + " >BYE <401 >BYE <200", "call-start 200, call-end 200"),
    ("BYE after a refusal", ">INVITE <486 >BYE/b", "call-end 486"),
    ("response to an unseen BYE", ANSWERED + " <200:BYE#2", "call-start 200, call-end 200"),
    # what was missed
    ("only BYE seen", ">BYE/b <200", "call-end 291"),
    ("only the response to BYE seen", "<200:BYE", "call-end 200"),
    ("only 200 seen", "<200:INVITE +5 >BYE#2", "call-start 200, call-end 200"),
    ("only 180 seen", "<180:INVITE", "call-attempt 408"),
    ("only a refusal seen", "<503:INVITE", "call-attempt 503"),
    ("only ACK seen", ">ACK/b", ""),
    ("only PRACK seen", ">PRACK/b <200", ""),
    ("ACK, then INFO", ">ACK/b >INFO <200", "other-ok 200"),
    ("ACK, then INFO unheard", ">ACK/b >INFO", "other-timeout 408"),
    ("UPDATE, then the answer to an INFO", ">UPDATE/b <200:INFO#2", "other-ok 200"),
    ("ACK, then re-INVITE", ">ACK/b >INVITE/b <200 +1 >BYE", "call-start 290, call-end 200"),
    ("only re-INVITE seen", ">INVITE/b +1 >BYE", "call-start 290, call-end 291"),
    ("only CANCEL seen", ">CANCEL <200", "call-attempt 487"),
    ("INVITE missed, ACK first", ">ACK/b <200:INVITE +1 >BYE#2", "call-start 200, call-end 200"),
    ("INVITE missed, PRACK first", ">PRACK/b <486:INVITE", "call-attempt 486"),
    (
        "200 missed, re-INVITE",
        ">INVITE <180 +1 >INVITE/b <200 >BYE",
        "call-start 290, call-end 200",
    ),
    ("180 and 200 missed, INFO", ">INVITE +1 >INFO/b <200 >BYE", "call-start 290, call-end 291"),
    ("INFO in an early dialog", ">INVITE <180 +1 >INFO <200 >BYE", "call-end 291"),
    (
        "early dialog with PRACK and UPDATE",
        ">INVITE <180 >PRACK <200 >UPDATE <200 <200:INVITE >ACK >BYE",
        "call-start 200, call-end 200",
    ),
    # in an answered call
    (
        "re-INVITE refused",
        ANSWERED + " >INVITE/b <488 >ACK +1 >BYE",
        "call-start 200, call-end 200",
    ),
    ("INFO", ANSWERED + " >INFO <200 <INFO >200 >BYE", "call-start 200, call-end 200"),
    ("OPTIONS of the callee", ANSWERED + " <OPTIONS >200 >BYE", "call-start 200, call-end 200"),
    (
        "INVITE of the callee",
        ANSWERED + " <INVITE >200 <ACK +1 <BYE",
        "call-start 200, call-end 200",
    ),
    # forks
    (
        "two ring, one answers",
        ">INVITE <180/b <180/c +1 <200/b +9 >BYE/b",
        "call-start 200, call-end 200",
    ),
    (
        "two ring, the other answers",
        ">INVITE <180/b <180/c +1 <200/c +9 >BYE/c",
        "call-start 200, call-end 200",
    ),
    (
        "two answer",
        ">INVITE <200/b <200/c +1 >BYE/b >BYE/c#3",
        "call-start 200, call-start 200, call-end 200, call-end 200",
    ),
    ("two fail", ">INVITE <180/b <180/c <486/b <503/c", "call-attempt 486"),
    ("one fails, one is silent", ">INVITE <180/b <180/c <486/c", "call-attempt 486"),
    ("three are silent", ">INVITE <180/b <180/c <180/d", "call-attempt 408"),
    (
        "one refuses, one answers",
        ">INVITE <180/b <180/c <486/c +9 <200/b +9 >BYE/b",
        "call-start 200, call-end 200",
    ),
    (
        "one refuses after the answer",
        ">INVITE <200/b >ACK/b <486:INVITE/c +9 >BYE/b",
        "call-start 200, call-end 200",
    ),
    (
        "one rings after the answer",
        ">INVITE <200/b >ACK +1 <180:INVITE/c",
        "call-start 200, call-end 408",
    ),
    ("forked, cancelled", ">INVITE <180/b <180/c >CANCEL/ <200 <487:INVITE/b", "call-attempt 487"),
    ("refused elsewhere by the same server", ">INVITE <180/b <404/c >ACK/c", "call-attempt 404"),
    ("tried elsewhere", ">INVITE <486/b <180/c <200/c >BYE/c", "call-start 200, call-end 200"),
    ("BYE with a strange tag", ANSWERED + " >BYE/z", "call-start 200, call-end 408"),
    (
        "BYE with a strange tag, refused",
        ANSWERED + " >BYE/z <481/z +1 >BYE/b <200/b",
        "call-start 200, call-end 200",
    ),
    (
        "BYE of a branch whose answer was missed",
        ">INVITE <180/b <180/c +9 >BYE/z <200/z +9 <486:INVITE/b",
        "call-end 291",
    ),
    (
        "BYE with a strange tag, of a call that fails",
        ">INVITE <180/b +9 >BYE/z <481/z +9 <486:INVITE/b",
        "call-attempt 486",
    ),
    (
        "BYE of the callee with a strange tag",
        ANSWERED + " <BYE/z >481/z",
        "call-start 200, call-end 408",
    ),
    (
        "100 with a strange tag",
        ">INVITE <180/b <100/z <200/b >BYE/b",
        "call-start 200, call-end 200",
    ),
    # outside of dialogs
    ("OPTIONS", ">OPTIONS <200", "other-ok 200"),
    ("OPTIONS twice", ">OPTIONS <200 +1 >OPTIONS <200", "other-ok 200"),
    (
        "OPTIONS refused again and again",
        ">OPTIONS <503" + 9 * " +4 >OPTIONS <503",
        "other-failed 503",
    ),
    ("MESSAGE, then one refused", ">MESSAGE <202 +1 >MESSAGE <408", "other-failed 408"),
    ("OPTIONS refused", ">OPTIONS <404", "other-failed 404"),
    ("OPTIONS refused, then OK", ">OPTIONS <404 +1 >OPTIONS <200", "other-ok 200"),
    ("OPTIONS unheard", ">OPTIONS <100", "other-timeout 408"),
    ("MESSAGE", ">MESSAGE <202", "other-ok 202"),
    ("an extension", ">FOO <200", "other-ok 200"),
    ("a response alone", "<200:OPTIONS", "other-ok 200"),
    ("a refusal alone", "<404:OPTIONS", "other-failed 404"),
    ("NOTIFY within a subscription", ">SUBSCRIBE <200 <NOTIFY >200", "other-ok 200"),
    ("NOTIFY alone", "<NOTIFY >200", "other-ok 200"),
    ("INFO alone", ">INFO/b <200", "other-ok 200"),
    ("REGISTER", ">REGISTER <200", "reg-new 200, reg-expired 200"),
    (
        "REGISTER, then again",
        ">REGISTER <200 +60 >REGISTER <200",
        "reg-new 200, reg-expired 200",
    ),
    ("REGISTER refused", ">REGISTER <403", "other-failed 403"),
    ("REGISTER unheard", ">REGISTER", "other-timeout 408"),
]


def spoken(events: list[Event]) -> str:
    return ", ".join(f"{EVENT_NAMES[event.type]} {event.status}" for event in events)


@pytest.mark.parametrize(
    ("dialogue", "expected"), [row[1:] for row in DIALOGUES], ids=[row[0] for row in DIALOGUES]
)
def test_dialogues(dialogue, expected):
    stage = Stage().play(dialogue).wait(AGES)
    assert spoken(stage.events()) == expected
    assert_forgotten(stage)


@pytest.mark.parametrize(
    "dialogue", [row[1] for row in DIALOGUES], ids=[row[0] for row in DIALOGUES]
)
def test_a_message_seen_twice_tells_nothing_new(dialogue):
    """What a mirror port delivers twice is a retransmission."""
    once = Stage().play(dialogue).wait(AGES)
    twice = Stage().play(dialogue, times=2).wait(AGES)
    assert spoken(twice.events()) == spoken(once.events())
    assert [event.timestamp for event in twice.events()] == [
        event.timestamp for event in once.events()
    ]


@pytest.mark.parametrize("limit", [0, 1])
def test_nothing_keeps_what_has_left(limit):
    """Links between entries would keep them for ever: no garbage collector looks for them."""
    stage = Stage(limit)
    seen: dict[int, Call | Binding] = {}
    for number, (_, dialogue, _) in enumerate(DIALOGUES):
        for step in script(dialogue, f"call-{number}"):
            stage.now += SECOND
            stage.send(step.payload, by_caller=step.by_caller)
            seen |= {id(call): call for call in stage.held()}
            seen |= {id(binding): binding for binding in stage.bindings.held()}
    stage.wait(AGES).play(">OPTIONS", "another")
    assert len(seen) > len(DIALOGUES)
    while seen:
        _, entry = seen.popitem()
        assert sys.getrefcount(entry) == 2
        assert (entry.older, entry.newer, entry.before, entry.after) == (None,) * 4


def test_the_times_of_a_call():
    stage = Stage().play(">INVITE +0.1 <100 +0.9 <180 +0.5 <180 +1.5 <200 >ACK +30 <BYE >200")
    started, ended = stage.events()
    assert (started.timestamp, ended.timestamp) == (BEGIN + 3 * SECOND, BEGIN + 33 * SECOND)
    for event in (started, ended):
        assert (event.created, event.started) == (BEGIN, BEGIN + 3 * SECOND)
        assert (event.pdd, event.ring_time) == (SECOND, 2 * SECOND)
    assert (started.duration, ended.duration) == (-1, 30 * SECOND)


PDD = [
    # dialogue, seconds to the first ringing or the final response, seconds of ringing
    (">INVITE +1 <200", 1, None),
    (">INVITE +1 <180/ +1 <200", 1, 1),
    (">INVITE +1 <181 +1 <180 +1 <200", 1, 2),
    (">INVITE +1 <100 +1 <179 +1 <200", 3, None),
    (">INVITE +1 <180 +2 <486", 1, None),
    (">INVITE +1 <486", 1, None),
    (">INVITE", None, None),
    (">INVITE +1 <401 >ACK +1 >INVITE +1 <200", 3, None),
    (">INVITE +1 <401 >ACK +1 >INVITE +1 <180 +1 <200", 3, 1),
    (">INVITE +1 <180 +2 <200 >ACK +1 >INVITE/b <180 +1 <200 +1 >BYE", 1, 2),
    (">INVITE +1 <401/x >ACK/x +1 >INVITE~c#1 +1 <180/y~c +1 <200/y~c", 3, 1),
    (">OPTIONS +1 <200", 1, None),
    (">OPTIONS +1 <180 +1 <200", 2, None),
]


@pytest.mark.parametrize(("dialogue", "pdd", "ring"), PDD)
def test_post_dial_delay_and_ringing(dialogue, pdd, ring):
    event = Stage().play(dialogue).wait(AGES).events()[-1]
    assert event.pdd == (-1 if pdd is None else pdd * SECOND)
    assert event.ring_time == (-1 if ring is None else ring * SECOND)


TIMEOUTS = [
    # dialogue, the state in which it ends, seconds after the last message at which it is forgotten
    (">ACK/b", "INIT", 1),
    (">INVITE", "INV_1ST", 120),
    (">INVITE +100 <100", "INV_1ST", 120),
    (">INVITE +100 <180", "INV_EARLY", 180),
    (">INVITE <486", "INV_NEG", 30),
    (">INVITE <200", "ESTABLISHED", 3600),
    (">INVITE <200 +3000 <OPTIONS", "ESTABLISHED", 3600),
    (">INVITE <200 >BYE", "BYE_SEEN", 30),
    (">INVITE <200 >BYE <200", "BYE_REPLIED", 5),
    (">INVITE >CANCEL", "CANCELED", 5),
    (">INVITE <486 >INVITE", "INV_1ST", 120),
    (">OPTIONS", "NON_INV_1ST", 30),
    (">OPTIONS <404", "NON_INV_NEG", 5),
    (">OPTIONS <200", "NON_INV_FIN", 5),
    # A retransmission or what says nothing new extends the timer and never cuts it.
    (">INVITE +100 >INVITE#1", "INV_1ST", 120),
    (">INVITE <180 +100 <180", "INV_EARLY", 180),
    (">INVITE <200 +3000 <200", "ESTABLISHED", 3600),
    (">INVITE <180 +100 >INFO", "INV_EARLY", 180),
    (">INVITE >INFO/b +1 <200", "ESTABLISHED", 3600),
    (">INVITE <486 +20 >ACK", "INV_NEG", 30),
    (">INVITE <200 >BYE +20 >BYE#2", "BYE_SEEN", 30),
]


@pytest.mark.parametrize(("dialogue", "state", "seconds"), TIMEOUTS)
def test_timeouts(dialogue, state, seconds):
    stage = Stage().play(dialogue)
    assert State(stage.call().state).name == state
    stage.wait(seconds - 0.000_000_001)
    assert stage.call().state == State[state]
    stage.wait(0.000_000_001)
    assert stage.held() == []
    assert all(event.timestamp <= stage.now for event in stage.events())


def test_an_event_of_a_timer_has_its_deadline():
    stage = Stage().play(">INVITE <486").wait(AGES)
    (event,) = stage.events()
    assert event.timestamp == BEGIN + 30 * SECOND


ORIGINATORS = [
    (ANSWERED + " >BYE", "caller"),
    (ANSWERED + " <BYE", "callee"),
    (ANSWERED, "timeout"),
    (ANSWERED + " <200:BYE#2", "caller"),
    (ANSWERED + " >200:BYE#2", "callee"),
    (ANSWERED + " >BYE <BYE", "caller"),
]


@pytest.mark.parametrize(("dialogue", "who"), ORIGINATORS)
def test_who_ended_the_call(dialogue, who):
    ended = Stage().play(dialogue).wait(AGES).events()[-1]
    assert (EVENT_NAMES[ended.type], ORIGINATOR_NAMES[ended.originator]) == ("call-end", who)
    assert ("Callee_Terminated" in flag_names(ended.call_flags)) == (who == "callee")


REASONS = [
    (">INVITE <486", "Busy Here"),
    (">INVITE", "internal: call state timeout"),
    (">INVITE >CANCEL", "internal: cancel"),
    (">INVITE >CANCEL <200 <487:INVITE", "Request Terminated"),
    (">INVITE/b", "internal: call state timeout"),
    (">BYE/b", "internal: implied OK"),
    (ANSWERED + " >INVITE/b <401 >ACK >INVITE/b <401", "Unauthorized"),
    (">OPTIONS <200", "OK"),
]


@pytest.mark.parametrize(("dialogue", "reason"), REASONS)
def test_reasons(dialogue, reason):
    stage = Stage().play(dialogue)
    events = stage.events() if "401" in dialogue else stage.wait(AGES).events()
    assert events[-1].reason.decode() == reason


def test_requests_and_responses_are_counted_by_side():
    stage = Stage().play(">INVITE >INVITE#1 <180 <180 <200 >ACK >INFO <200 <INFO <INFO#1 >200 >200")
    call = stage.call()
    caller, callee = call.caller, call.callee
    assert (caller.requests, caller.request_repeats) == (3, 1)
    assert (caller.replies, caller.reply_repeats) == (3, 1)
    assert (caller.cseq, caller.reply_cseq, caller.reply_status) == (2, 2, 200)
    assert (callee.requests, callee.request_repeats) == (1, 1)
    assert (callee.replies, callee.reply_repeats) == (1, 1)
    assert (caller.last_method, callee.last_method) == (Method.INFO, Method.INFO)
    assert message_trace(call) == ">INVITE{1}<180{1}<200>ACK>INFO<200<INFO{1}>200{1}"


OLD = [
    # what comes late or again and must not be taken for news
    ("180 after 200", ">INVITE <200 <180"),
    ("200 again", ">INVITE <200 <200"),
    ("487 after 486", ">INVITE <486 <480"),
    ("response to an older request", ">INVITE#5 <180:INVITE#4"),
    ("request with an older CSeq", ">INVITE#5 >INVITE#4"),
]


@pytest.mark.parametrize("dialogue", [row[1] for row in OLD], ids=[row[0] for row in OLD])
def test_what_is_old_changes_nothing(dialogue):
    words = dialogue.split()
    before, after = Stage().play(" ".join(words[:-1])).call(), Stage().play(dialogue).call()
    assert (after.state, after.status, after.reason) == (before.state, before.status, before.reason)
    assert repeats(after) == repeats(before) + 1


def repeats(call: Call) -> int:
    return sum(party.request_repeats + party.reply_repeats for party in (call.caller, call.callee))


def test_the_call_of_the_last_message():
    assert Stage().tracker.last is None
    stage = Stage().play(">INVITE <180/b <180/c")
    assert stage.tracker.last is stage.held()[0]
    assert stage.tracker.begun == 2
    assert Stage().play(">INVITE <180/b <100/z").tracker.last is None


def test_forced_timeouts():
    stage = (
        Stage().play(ANSWERED, "answered").play(">INVITE <486", "busy").play(">OPTIONS", "asked")
    )
    stage.tracker.force_timeouts(stage.now + SECOND // 10)
    stage.wait(0.1)
    assert sorted(stage.told()) == [
        ("call-attempt", 486),
        ("call-end", 408),
        ("call-start", 200),
        ("other-timeout", 408),
    ]
    for event in stage.events()[1:]:
        assert event.timestamp == stage.now
        assert "Forced_Timeout" in flag_names(event.call_flags)
    assert_forgotten(stage)
