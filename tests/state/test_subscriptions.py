"""Subscriptions (RFC 6665): what each message says, and what is told of the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import SECOND
from sipcm.sip.expires import MOST_EXPIRES, UNSAID
from sipcm.sip.message import Message
from sipcm.sip.names import Method
from sipcm.state import callstate
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.names import State
from sipcm.state.subscriptions import (
    FATAL,
    MOST_PACKAGE,
    NOTHING,
    SUBSCRIPTION_WEIGHT,
    USUAL_EXPIRES,
    Subscription,
    package_of,
)
from tests.sip.readings import scanned
from tests.stage import BEGIN, Stage, script
from tests.state.consistency import assert_consistent, assert_forgotten

GRACE = 30
"""Seconds that a subscription outlives what was granted."""

OVER, ALIVE = callstate.RSP_SUB_OVER, callstate.RSP_SUB_ALIVE
N_OVER, N_ALIVE = callstate.REQ_SUB_OVER, callstate.REQ_SUB_ALIVE

# What one message says


def message(start: str, *lines: str, cseq: int = 1) -> Message:
    read = scanned(*(line.encode() for line in lines))
    status, _, method = start.rpartition(" ")
    read.method, read.status, read.cseq = Method[method], int(status or 0), cseq
    return read


def known(package: str = "presence", asked: int = 600) -> Subscription:
    subscription = Subscription()
    subscription.package, subscription.asked = package.encode(), asked
    return subscription


PACKAGES = [
    ("Event: presence", "presence"),
    ("o: Presence ; foo=bar", "presence"),
    ("Event: dialog;sla;id=7 ; ma", "dialog;7"),
    ("Event: dialog; ID = 7", "dialog;7"),
    ('Event: dialog;sla="x;id=9";id=1', "dialog;1"),
    ("Event:", ""),
    ("Via: x", ""),
]


@pytest.mark.parametrize(("line", "package"), PACKAGES)
def test_the_package(line, package):
    assert package_of(message("SUBSCRIBE", line)) == package.encode()


def test_a_long_package_is_cut():
    assert len(package_of(message("SUBSCRIBE", "Event: " + "x" * 60_000))) == MOST_PACKAGE


NOTIFICATIONS = [
    # Subscription-State, seconds asked for, what it says before and while it goes on, granted
    ("active;expires=60", 600, N_ALIVE, N_ALIVE, 60),
    ("Active ; Expires = 60", 600, N_ALIVE, N_ALIVE, 60),
    ("pending;expires=60", 600, N_ALIVE, N_ALIVE, 60),
    ("active", 600, N_ALIVE, NOTHING, 600),
    ("active", UNSAID, N_ALIVE, NOTHING, USUAL_EXPIRES),
    ("active;expires=abc", 600, N_ALIVE, N_ALIVE, 3600),
    ("active;expires=4294967296", 600, N_ALIVE, N_ALIVE, MOST_EXPIRES),
    ("active;reason=x;expires=60", 600, N_ALIVE, N_ALIVE, 60),
    ('active;reason="a;expires=0;b";expires=60', 600, N_ALIVE, N_ALIVE, 60),
    ("active;expires=60", 0, NOTHING, N_ALIVE, 60),
    ("active", 0, NOTHING, NOTHING, UNSAID),
    ("active;expires=0", 600, N_OVER, N_OVER, UNSAID),
    ("terminated", 600, N_OVER, N_OVER, UNSAID),
    ("terminated;reason=timeout;expires=60", 600, N_OVER, N_OVER, UNSAID),
    ("waiting", 600, NOTHING, NOTHING, UNSAID),
    ("", 600, NOTHING, NOTHING, UNSAID),
]


@pytest.mark.parametrize(("state", "asked", "before", "alive", "granted"), NOTIFICATIONS)
def test_a_notify(state, asked, before, alive, granted):
    notify = message("NOTIFY", "Event: presence", f"Subscription-State: {state}")
    for goes_on, expected in ((False, before), (True, alive)):
        subscription = known(asked=asked)
        assert subscription.request(notify, goes_on) == expected
        assert subscription.granted in (granted if expected != NOTHING else UNSAID, UNSAID)


ANSWERS = [
    # status, Expires, seconds asked for, what it says, granted
    (200, "60", 600, ALIVE, 60),
    (202, "60", 600, ALIVE, 60),
    (202, "", 600, ALIVE, 600),
    (200, "", UNSAID, NOTHING, UNSAID),
    (200, "60", UNSAID, ALIVE, 60),
    (200, "", 0, OVER, UNSAID),
    (200, "0", 600, OVER, UNSAID),
    (100, "60", 600, NOTHING, UNSAID),
    (302, "60", 600, NOTHING, UNSAID),
    (401, "60", 600, NOTHING, UNSAID),
]


@pytest.mark.parametrize(("status", "expires", "asked", "expected", "granted"), ANSWERS)
def test_an_answer(status, expires, asked, expected, granted):
    lines = [f"Expires: {expires}"] if expires else []
    for goes_on in (False, True):
        subscription = known(asked=asked)
        assert subscription.response(message(f"{status} SUBSCRIBE", *lines), goes_on) == expected
        assert subscription.granted == granted


@pytest.mark.parametrize("method", ["SUBSCRIBE", "NOTIFY"])
@pytest.mark.parametrize("status", [*FATAL, 401, 403, 407, 423, 479, 486, 491, 500, 503, 603])
def test_a_refusal_ends_it_or_not(status, method):
    refusal = message(f"{status} {method}")
    assert known().response(refusal, True) == (OVER if status in FATAL else NOTHING)
    assert known().response(refusal, False) == NOTHING


def test_other_messages_say_nothing():
    for text in ("INFO", "200 INFO", "481 INFO", "PUBLISH", "200 PUBLISH", "200 NOTIFY"):
        start = text.split()
        made = message(text, "Expires: 60", "Subscription-State: terminated")
        read = known().response if len(start) == 2 else known().request
        assert read(made, True) == NOTHING


def test_what_concerns_another_package_says_nothing():
    """A dialog with two subscriptions (RFC 6665 4.5.1)."""
    ours = known("presence")
    other = ("Event: dialog", "Expires: 0")
    assert ours.request(message("SUBSCRIBE", *other, cseq=2), True) == NOTHING
    assert (ours.package, ours.asked) == (b"presence", 600)
    assert ours.response(message("200 SUBSCRIBE", "Expires: 0", cseq=2), True) == NOTHING
    assert ours.response(message("481 SUBSCRIBE", cseq=2), True) == NOTHING
    ended = ("Event: dialog", "Subscription-State: terminated")
    assert ours.request(message("NOTIFY", *ended, cseq=5), True) == NOTHING
    assert ours.response(message("481 NOTIFY", cseq=5), True) == NOTHING
    assert ours.response(message("481 NOTIFY", cseq=6), True) == OVER
    assert ours.response(message("481 SUBSCRIBE", cseq=3), True) == OVER


def test_a_copy_is_for_another_notifier():
    one = known()
    one.granted, one.lapses = 60, 7
    other = one.copy()
    assert (other.package, other.asked) == (b"presence", 600)
    assert (other.granted, other.lapses) == (UNSAID, 0)
    assert other.weight() == SUBSCRIPTION_WEIGHT + 8


# What is told of the whole: the headers stand before the message that carries them

EVENT = "Event: presence\r\n"
ACTIVE = EVENT + "Subscription-State: active;expires=300\r\n"
TERMINATED = EVENT + "Subscription-State: terminated;reason=timeout\r\n"
HEADERS = {
    "s": EVENT + "Expires: 600\r\n",
    "0": EVENT + "Expires: 0\r\n",
    "-": EVENT,
    "a": ACTIVE,
    "p": ACTIVE.replace("active", "pending"),
    "n": EVENT + "Subscription-State: active\r\n",
    "t": TERMINATED,
    "T": TERMINATED.replace("presence", "dialog"),
    ".": "",
}
"""Headers of a message by a letter."""


def play(stage: Stage, text: str) -> Stage:
    """Play *text*: words of a script, each with a colon and the letter of its headers."""
    words = text.split()
    plain = " ".join(word.partition("=")[0] for word in words)
    letters = [word.partition("=")[2] or "." for word in words if word[0] != "+"]
    begin = stage.now
    for step, letter in zip(script(plain), letters, strict=True):
        stage.now = begin + step.time
        headers = HEADERS[letter].encode()
        payload = step.payload.replace(b"Content-Length", headers + b"Content-Length")
        assert stage.send(payload, by_caller=step.by_caller)
    return stage


BEGUN = ">SUBSCRIBE=s <200=s"

DIALOGUES = [
    # what happens, the events, seconds until the last of them or None
    ("lapses", BEGUN, "sub-new 200, sub-del 408", 600 + GRACE),
    ("a NOTIFY shortens it", BEGUN + " <NOTIFY=a >200", "sub-new 200, sub-del 408", 300 + GRACE),
    ("202 without Expires", ">SUBSCRIBE=s <202=-", "sub-new 202, sub-del 408", 600 + GRACE),
    ("nobody says a time", ">SUBSCRIBE=- <200=- <NOTIFY=n >200", "sub-new 200, sub-del 408", 3630),
    ("no NOTIFY and no time", ">SUBSCRIBE=- <200=-", "other-ok 200", 5),
    ("refreshed", BEGUN + " +500 >SUBSCRIBE/b=s <200=s", "sub-new 200, sub-del 408", 1130),
    ("refresh unheard", BEGUN + " +500 >SUBSCRIBE/b=s", "sub-new 200, sub-del 408", 630),
    ("refresh by NOTIFY", BEGUN + " +500 <NOTIFY=a >200", "sub-new 200, sub-del 408", 830),
    ("ended by NOTIFY", BEGUN + " +9 <NOTIFY=t >200", "sub-new 200, sub-del 200", 9),
    ("ended by SUBSCRIBE", BEGUN + " +9 >SUBSCRIBE/b=0 <200=0", "sub-new 200, sub-del 200", 9),
    (
        "ended by SUBSCRIBE, its answer says nothing",
        BEGUN + " +9 >SUBSCRIBE/b=0 <200=-",
        "sub-new 200, sub-del 200",
        9,
    ),
    (
        "ended, and the last NOTIFY",
        BEGUN + " +9 >SUBSCRIBE/b=0 <200=0 <NOTIFY=t >200",
        "sub-new 200, sub-del 200",
        9,
    ),
    (
        "ended, the last NOTIFY first",
        BEGUN + " +9 >SUBSCRIBE/b=0 <NOTIFY=t >200 <200:SUBSCRIBE=0",
        "sub-new 200, sub-del 200",
        9,
    ),
    (
        "ended, and a NOTIFY that crosses",
        BEGUN + " +9 >SUBSCRIBE/b=0 <200=0 <NOTIFY=a >200",
        "sub-new 200, sub-del 200",
        9,
    ),
    ("end unheard", BEGUN + " +9 >SUBSCRIBE/b=0", "sub-new 200, sub-del 408", 630),
    ("refresh gives 481", BEGUN + " +9 >SUBSCRIBE/b=s <481", "sub-new 200, sub-del 481", 9),
    ("refresh gives 489", BEGUN + " +9 >SUBSCRIBE/b=s <489", "sub-new 200, sub-del 489", 9),
    ("refresh gives 503", BEGUN + " +9 >SUBSCRIBE/b=s <503", "sub-new 200, sub-del 408", 630),
    (
        "refresh challenged",
        BEGUN + " +9 >SUBSCRIBE/b=s <401 >SUBSCRIBE/b=s <200=s",
        "sub-new 200, sub-del 408",
        639,
    ),
    ("NOTIFY gives 481", BEGUN + " +9 <NOTIFY=a >481", "sub-new 200, sub-del 200", 9),
    ("NOTIFY of another package", BEGUN + " +9 <NOTIFY=T >200", "sub-new 200, sub-del 408", 630),
    ("NOTIFY of another is 481", BEGUN + " +9 <NOTIFY=T >481", "sub-new 200, sub-del 408", 630),
    ("NOTIFY before the 200", ">SUBSCRIBE=s <NOTIFY=a >200 <200:SUBSCRIBE=s", "sub-new 290, sub-del 408", 630),
    ("NOTIFY and no 200", ">SUBSCRIBE=s <NOTIFY=p >200", "sub-new 290, sub-del 408", 330),
    ("begun again", BEGUN + " <NOTIFY=t >200 +1 >SUBSCRIBE/b=s <200=s", "sub-new 200, sub-del 200, sub-new 200, sub-del 408", 631),
    ("poll", ">SUBSCRIBE=0 <200=0 <NOTIFY=t >200", "other-ok 200", 5),
    ("poll, NOTIFY first", ">SUBSCRIBE=0 <NOTIFY=t >200 <200:SUBSCRIBE=0", "other-ok 200", 5),
    ("poll, active", ">SUBSCRIBE=0 <200=0 <NOTIFY=a >200", "other-ok 200", 5),
    ("refused", ">SUBSCRIBE=s <403", "other-failed 403", 5),
    ("unknown package", ">SUBSCRIBE=s <489", "other-failed 489", 5),
    ("challenged", ">SUBSCRIBE=s <401/x >SUBSCRIBE=s <200/y=s", "sub-new 200, sub-del 408", 630),
    ("challenged twice", ">SUBSCRIBE=s <401/x >SUBSCRIBE=s <401/y", "auth-failed 401", 0),
    ("unheard", ">SUBSCRIBE=s", "other-timeout 408", 30),
    ("only the 200 seen", "<200:SUBSCRIBE=s", "sub-new 200, sub-del 408", 630),
    ("only a NOTIFY seen", "<NOTIFY=a >200", "other-ok 200", 5),
    (
        "two notifiers",
        ">SUBSCRIBE=s <200/b=s <NOTIFY/b=a >200/b +1 <NOTIFY/c=a >200/c +9 <NOTIFY/b=t >200/b",
        "sub-new 200, sub-new 290, sub-del 200, sub-del 408",
        331,
    ),
    (
        "two notifiers, a NOTIFY first",
        ">SUBSCRIBE=s <NOTIFY/c=a >200/c <200:SUBSCRIBE/b=s +9 <NOTIFY/c#2=t >200/c <NOTIFY/b#2=t >200/b",
        "sub-new 290, sub-new 200, sub-del 291, sub-del 200",
        9,
    ),
    ("two notifiers, one ends at once", BEGUN + " <NOTIFY/c=t >200/c", "sub-new 200, sub-del 408", 630),
    ("publish", ">PUBLISH=s <200=s", "other-ok 200", 5),
    ("publish again", ">PUBLISH=s <412 >PUBLISH=s <200=s", "other-ok 200", 5),
    ("REFER", ">REFER <202 <NOTIFY=a >200 +1 <NOTIFY=t >200", "other-ok 202", 6),
    (
        "REFER in a call",
        ">INVITE <200 >ACK +9 >REFER <202 <NOTIFY=a >200 <NOTIFY=t >200 +1 >BYE <200",
        "call-start 200, call-end 200",
        10,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dialogue", "expected", "seconds"),
    [row[1:] for row in DIALOGUES],
    ids=[row[0] for row in DIALOGUES],
)
def test_dialogues(dialogue, expected, seconds):
    stage = play(Stage(), dialogue).wait(9000)
    events = stage.events()
    assert ", ".join(f"{EVENT_NAMES[event.type]} {event.status}" for event in events) == expected
    assert (events[-1].timestamp - BEGIN) / SECOND == seconds
    assert_forgotten(stage)


def test_the_times_of_a_subscription():
    stage = play(Stage(), "+1 >SUBSCRIBE=s +0.25 <200=s +100 >SUBSCRIBE/b=s <200=s +50 <NOTIFY=t")
    new, gone = stage.events()
    assert (new.created, new.timestamp) == (BEGIN + SECOND, BEGIN + 1_250_000_000)
    assert (new.started, new.duration, new.expires, new.pdd) == (
        new.timestamp,
        -1,
        600,
        250_000_000,
    )
    assert (gone.started, gone.duration, gone.expires) == (new.timestamp, 150 * SECOND, 600)


def test_a_subscription_that_lapses_says_how_long_it_was_granted():
    stage = play(Stage(), BEGUN).wait(9000)
    gone = stage.events()[-1]
    assert (gone.expires, gone.duration) == (600, 630 * SECOND)


def test_a_live_subscription_is_settled():
    stage = play(Stage(), BEGUN)
    assert State(stage.call().state) == State.SUBSCRIBED
    assert stage.calls.settled.count == 1
    assert_consistent(stage)


WORDS = st.sampled_from(
    [
        *("+1", "+400", ">SUBSCRIBE=s", ">SUBSCRIBE/b=s", ">SUBSCRIBE/b=0", ">SUBSCRIBE=0"),
        *("<200:SUBSCRIBE=s", "<200:SUBSCRIBE=0", "<481:SUBSCRIBE", "<401:SUBSCRIBE", "<202:SUBSCRIBE"),
        *("<NOTIFY=a", "<NOTIFY=t", "<NOTIFY=n", "<NOTIFY/c=a", "<NOTIFY/c=t", ">200:NOTIFY", ">481:NOTIFY"),
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=15))
def test_each_subscription_begins_and_ends_in_turn(words):
    stage = play(Stage(), " ".join(words)).wait(9000)
    live: dict[tuple[int, int], bool] = {}
    for event in stage.events():
        kind = EVENT_NAMES[event.type]
        key = (int(event.created), int(event.forked))
        if kind in {"sub-new", "sub-del"}:
            assert live.get(key, False) == (kind == "sub-del")
            live[key] = kind == "sub-new"
    assert not any(live.values())
    assert_forgotten(stage)
