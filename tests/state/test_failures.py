"""What failed, from the moment at which that is known."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sipcm.clock import SECOND
from sipcm.export.eventline import line
from sipcm.state.events import CALL_ATTEMPT, MEAN_WEIGHT, OTHER_TIMEOUT, Event
from sipcm.state.failures import FAILURES, Failures
from tests.examples import examples
from tests.frames import ALICE, BOB, Party
from tests.stage import BEGIN, Stage, script, told

LONG = 100


def failed(number: int = 0) -> Event:
    event = Event(CALL_ATTEMPT, number)
    event.number = number
    return event


def numbers(failures: Failures) -> list[int]:
    return [event.number for _, event in failures.read(0, failures.total)]


def staged(text: str = "", **options: int) -> Stage:
    stage = Stage(**options)
    stage.tracker.reporter.failures = Failures(100)
    return stage.play(text)


def kept(stage: Stage) -> list[tuple[str, int]]:
    failures = stage.tracker.reporter.failures
    assert failures is not None
    return told(event for _, event in failures.read(0, failures.total))


def since_begin(stage: Stage) -> list[float]:
    failures = stage.tracker.reporter.failures
    assert failures is not None
    return [(event.timestamp - BEGIN) / SECOND for _, event in failures.read(0, failures.total)]


# The list


def test_each_is_kept_once():
    failures = Failures(10)
    failures.early(7, failed(7))
    failures.early(7, failed(8))
    failures.told(7, failed(9))
    failures.told(3, failed(3))
    assert numbers(failures) == [7, 3]
    failures.told(7, failed(10))
    assert numbers(failures) == [7, 3, 10]


def test_what_was_taken_back_leaves_a_gap():
    failures = Failures(10)
    for number in range(4):
        failures.early(number, failed(number))
    failures.take_back(1)
    failures.take_back(1)
    failures.take_back(99)
    assert [number for number, _ in failures.read(0, 10)] == [0, 2, 3]
    assert [number for number, _ in failures.read(2, 1)] == [2]
    failures.told(1, failed(1))
    assert numbers(failures) == [0, 2, 3, 1]


def test_what_can_still_be_taken_back_is_known():
    failures = Failures(10)
    assert failures.settled() == 0
    failures.told(0, failed())
    failures.early(1, failed(1))
    failures.early(2, failed(2))
    assert failures.settled() == 1
    failures.told(1, failed(1))
    assert failures.settled() == 2
    failures.take_back(2)
    assert failures.settled() == failures.total == 3


def test_only_the_newest_are_kept_and_no_more_is_known_of_others():
    failures = Failures(4)
    for number in range(1000):
        failures.early(number, failed(number))
        assert len(failures._early) <= 8
    assert numbers(failures) == [996, 997, 998, 999]
    failures.take_back(1)
    failures.take_back(995)
    assert numbers(failures) == [996, 997, 998, 999]
    assert failures.oldest() == 996


@given(
    st.lists(st.tuples(st.sampled_from(["early", "told", "take_back"]), st.integers(0, 5))),
    st.integers(1, 6),
)
@examples(200)
@example([("early", 1), ("early", 0), ("early", 2), ("early", 1)], 1)
def test_it_is_as_a_plain_list_would_have_it(steps, size):
    failures = Failures(size)
    plain: list[int | None] = []
    early: dict[int, int] = {}
    for action, call in steps:
        if action == "take_back":
            failures.take_back(call)
            if call in early:
                plain[early.pop(call)] = None
        elif action == "early":
            failures.early(call, failed(call))
            if call not in early:
                early[call] = len(plain)
                plain.append(call)
            if len(early) > 2 * size:
                del early[min(early, key=early.__getitem__)]
        else:
            failures.told(call, failed(call))
            if call in early:
                del early[call]
            else:
                plain.append(call)
        assert failures.total == len(plain)
        assert numbers(failures) == [one for one in plain[-size:] if one is not None]
        assert failures._bytes == len(numbers(failures)) * failed().weight()


# What the tracker makes of it: a script, what has failed at its end, and what has in the end

SCRIPTS = [
    # refused: at once, and by one event in the end
    (">INVITE <100 <486 >ACK", [("call-attempt", 486)], [("call-attempt", 486)]),
    (">INVITE <180 <603 >ACK", [("call-attempt", 603)], [("call-attempt", 603)]),
    (">INVITE <503 <503 >ACK", [("call-attempt", 503)], [("call-attempt", 503)]),
    (">INVITE <480 <486", [("call-attempt", 480)], [("call-attempt", 480)]),
    (">INVITE >CANCEL <200 <487:INVITE", [("call-attempt", 487)], [("call-attempt", 487)]),
    ("<486", [("call-attempt", 486)], [("call-attempt", 486)]),
    (">OPTIONS <404", [("other-failed", 404)], [("other-failed", 404)]),
    (">REGISTER <403", [("other-failed", 403)], [("other-failed", 403)]),
    # challenged: not a failure, unless nobody tries again
    (">INVITE <407 >ACK", [], [("auth-failed", 407)]),
    (">INVITE <401 >ACK >INVITE#2 <180/b", [], [("call-attempt", 408)]),
    (">INVITE <401 >ACK >INVITE#2 <403", [("call-attempt", 403)], [("call-attempt", 403)]),
    (">INVITE <401 >ACK >INVITE#2 <200/b >ACK >BYE <200", [], []),
    (">REGISTER <401 >REGISTER#2 <401", [("auth-failed", 401)], [("auth-failed", 401)]),
    (">REGISTER <401 >REGISTER#2 <200", [], []),
    # led elsewhere: not a failure, unless nobody goes there
    (">INVITE <302 >ACK", [], [("call-attempt", 302)]),
    (">INVITE <302 >ACK >INVITE#2 <200/b >ACK >BYE <200", [], []),
    # tried again with another CSeq
    (">INVITE <422 >ACK >INVITE#2", [], [("call-attempt", 408)]),
    (">INVITE <422 >ACK >INVITE#2 <486", [("call-attempt", 486)], [("call-attempt", 486)]),
    (">INVITE <422 >ACK >INVITE#2 <200/b >ACK >BYE <200", [], []),
    (">REGISTER <423 >REGISTER#2 <200", [], []),
    # answered all the same
    (">INVITE <486/b <200/c >ACK/c >BYE/c <200/c", [], []),
    (">INVITE >CANCEL <200/b <200:INVITE/b >ACK/b >BYE/b <200/b", [], []),
    (">INVITE <180/b <180/c <200/c >ACK/c >BYE/c <200/c", [], []),
    # branches: what the first hop refuses has failed as a whole, and once
    (">INVITE <180/b <180/c <486/b", [("call-attempt", 486)], [("call-attempt", 486)]),
    (">INVITE <180/b <486/d", [("call-attempt", 486)], [("call-attempt", 486)]),
    # one that was never refused takes nothing back, whatever becomes of it
    (
        ">INVITE <180/b >PRACK/c <486:INVITE/b >BYE/c",
        [("call-attempt", 486)],
        [("call-attempt", 486)],
    ),
    (">INVITE <180/b <180/c <486/b <200/c >ACK/c >BYE/c <200/c", [], []),
    # within a call, or beside it
    (">INVITE <200/b >ACK >INVITE#2 <488 >ACK >BYE <200", [], []),
    (">INVITE <200/b >ACK >BYE <481", [], []),
    # never answered
    (">INVITE", [], [("call-attempt", 408)]),
    (">INVITE >CANCEL <200", [], [("call-attempt", 487)]),
    (">OPTIONS", [], [("other-timeout", 408)]),
    (">OPTIONS <200", [], []),
]


@pytest.mark.parametrize(("text", "soon", "late"), SCRIPTS, ids=[text for text, _, _ in SCRIPTS])
def test_failures_of_a_script(text, soon, late):
    stage = staged(text)
    assert kept(stage) == soon
    assert kept(stage.wait(1000)) == late
    failures = stage.tracker.reporter.failures
    assert failures is not None
    assert failures.settled() == failures.total
    events = [one for one in stage.events() if FAILURES >> one.type & 1]
    assert len(events) == len(late)


@pytest.mark.parametrize("text", [text for text, _, _ in SCRIPTS])
def test_events_are_the_same_with_and_without_it(text):
    lines = [
        [line(event) for event in stage.wait(4000).events()]
        for stage in (staged(text), Stage().play(text))
    ]
    assert lines[0] == lines[1]


def test_it_has_failed_when_it_is_refused_and_not_when_that_is_told():
    stage = staged(">INVITE +1 <180 +2 <486 >ACK").wait(LONG)
    assert since_begin(stage) == [3.0]
    assert since_begin(staged(">INVITE").wait(LONG * 10)) > [60.0]


def test_what_is_blacklisted_is_left_out():
    stage = staged()
    stage.ring.blacklist = 1 << CALL_ATTEMPT | 1 << OTHER_TIMEOUT
    stage.play(">INVITE <486 >ACK").play(">OPTIONS", "two").wait(LONG)
    assert kept(stage) == []


def test_a_registration_that_runs_out():
    stage = staged()
    stage.tracker.registrar.grace = 0
    stage.play(">REGISTER <200", headers="Expires: 60\r\n")
    assert kept(stage) == []
    assert kept(stage.wait(61)) == [("reg-expired", 200)]
    assert since_begin(stage) == [60.0]


def test_one_branch_beyond_the_first_hop_is_no_whole_request():
    """A monitor at a forking proxy sees the branches refuse one after the other."""
    stage = staged(">INVITE <180/b")
    branches = [Party(name, f"198.51.100.{number}") for number, name in enumerate("cd", 30)]
    for status in (180, 486):
        for name, branch in zip("cd", branches, strict=True):
            *_, response = script(f">INVITE <{status}/{name}")
            assert stage.send(response.payload, ends=(branch, ALICE))
    assert kept(stage) == []
    *_, refused = script(">INVITE <180/b <486/b")
    assert stage.send(refused.payload, ends=(BOB, ALICE))
    assert kept(stage) == [("call-attempt", 486)]
    assert kept(stage.wait(LONG * 10)) == [("call-attempt", 486)]


# Memory


def test_great_failures_push_out_more_than_one():
    failures = Failures(100)
    for number in range(300):
        event = failed(number)
        event.to_tag = b"x" * 20_000
        if number % 2:
            failures.told(number, event)
        else:
            failures.early(number, event)
    kept = numbers(failures)
    assert kept == list(range(failures.oldest(), 300))
    assert 2 <= len(kept) <= 100 * MEAN_WEIGHT // 20_000
    failures.take_back(298)
    failures.take_back(0)
    assert numbers(failures) == [number for number in kept if number != 298]
    for number in range(300, 400):
        failures.told(number, failed(number))
    assert numbers(failures) == list(range(300, 400))
