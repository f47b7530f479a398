"""Calls that are seen in several places: both legs of a proxied call, forks behind a proxy, loops."""

from collections import Counter
from itertools import pairwise

import pytest

from sipcm.clock import SECOND
from sipcm.state.calls import FOREIGN, MOST_SAME_ID, Call
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.legs import MOST_LEGS
from sipcm.state.names import State
from sipcm.state.trace import message_trace
from tests.callflows import FLOWS, PROXY
from tests.frames import ALICE, BOB, Party
from tests.harness import Packet, Run, capture_of, play
from tests.scenario import Scenario
from tests.stage import BEGIN, Stage, script
from tests.state.consistency import assert_consistent, assert_forgotten
from tests.tables import faults

CAROL = Party("carol", "198.51.100.30")
REPEATING = {"no_reply", "pinged_in_vain", "bye_unanswered"}
"""Flows with retransmissions of their own, which each leg sees."""

PROXIED = [flow for flow in FLOWS if flow.__name__ != "answered_by_way_of_a_proxy"]
flows = pytest.mark.parametrize("flow", PROXIED, ids=lambda flow: flow.__name__)


def told(run: Run) -> Counter[tuple[str, int]]:
    return Counter((EVENT_NAMES[event.type], int(event.status)) for event in run.events)


def repeats(event: Event | Call) -> list[int]:
    """Return the repeated requests and responses of both sides."""
    parties = [party for party in (event.caller, event.callee) if party]
    return [int(count) for p in parties for count in (p.request_repeats, p.reply_repeats)]


def counted(run: Run) -> list[tuple[str, list[int]]]:
    return sorted((EVENT_NAMES[event.type], repeats(event)) for event in run.events)


def other_leg_first(packets: list[Packet]) -> list[Packet]:
    """Turn the two copies of each message around, which have the same time."""
    turned = list(packets)
    for place in range(len(turned) - 1):
        if packets[place][0] == packets[place + 1][0] and place % 2 == 0:
            turned[place : place + 2] = turned[place + 1], turned[place]
    return turned


@pytest.mark.no_cover
@flows
@pytest.mark.parametrize("turned", [False, True], ids=["caller first", "callee first"])
def test_both_legs_are_one_call(flow, turned):
    plain = play(capture_of(flow().packets()), wait="2h")
    packets = flow(proxy=PROXY).packets()
    both = play(capture_of(other_leg_first(packets) if turned else packets), wait="2h")
    assert told(both) == told(plain)
    assert both.pipeline.tracker.begun == plain.pipeline.tracker.begun
    if flow.__name__ not in REPEATING:
        assert counted(both) == counted(plain)
        assert 2 * both.pipeline.tracker.calls.copies.value == len(packets)


@pytest.mark.no_cover
@flows
def test_the_second_leg_may_come_early_or_late(flow):
    """Two interfaces with clocks that differ by some milliseconds."""
    plain = play(capture_of(flow(gap="10ms").packets()), wait="2h")
    given = list(flow(gap="5ms", proxy=PROXY).packets())

    def check(lag: int) -> None:
        packets = [
            (time + (0 if ALICE.address in frame[26:34] else lag * 1_000_000), frame)
            for time, frame in given
        ]
        both = play(capture_of(sorted(packets, key=lambda packet: packet[0])), wait="2h")
        assert told(both) == told(plain)
        if flow.__name__ not in REPEATING:
            assert counted(both) == counted(plain)

    assert faults(check, ((f"{lag} ms", lag) for lag in (-40, -4, -1, 1, 4, 40))) == {}


def test_retransmissions_are_counted_on_each_leg():
    call = Scenario("lost often", proxy=PROXY)
    call.uac("INVITE").after("500ms").again().uas(100).uas(180).after("1s").uas(200)
    call.after("500ms").again().uac("ACK").after("9s").uac("BYE").after("500ms").again().uas(200)
    run = play(capture_of(call.packets()), wait="2h")
    ended = run.events[-1]
    assert repeats(ended)[:2] == [2, 2], "the INVITE and the 200, on two legs each"
    assert message_trace(ended) == ">INVITE{2}<100<180<200{2}>ACK>BYE"
    assert run.pipeline.tracker.calls.copies.value == 7


def test_times_are_those_of_the_first_copy():
    call = Scenario("slow proxy", gap="100ms", proxy=PROXY).uac("INVITE").uas(180)
    call.after("2s").uas(200).uac("ACK").after("9s").uac("BYE").uas(200)
    started, ended = play(capture_of(call.packets()), wait="2h").events
    assert (started.pdd, started.ring_time) == (200_000_000, 2_100_000_000)
    assert ended.duration == 9_300_000_000


# The same by hand, where it matters who sends to whom


def payloads(text: str) -> list[bytes]:
    return [step.payload for step in script(text)]


def test_a_response_that_was_overtaken_is_no_retransmission():
    """The 200 is seen behind the proxy before the 180 is seen in front of it."""
    stage = Stage()
    invite, ringing, answer = payloads(">INVITE <180 <200")
    for payload, ends in (
        (invite, (ALICE, PROXY)),
        (invite, (PROXY, BOB)),
        (ringing, (BOB, PROXY)),
        (answer, (BOB, PROXY)),
        (ringing, (PROXY, ALICE)),
        (answer, (PROXY, ALICE)),
    ):
        assert stage.send(payload, ends=ends)
    assert repeats(stage.call()) == [0, 0, 0, 0]
    assert stage.calls.copies.value == 3
    assert message_trace(stage.call()) == ">INVITE<180<200"


def test_answers_from_another_port_are_no_copies():
    stage = Stage()
    odd = Party("bob", BOB.host, 5070)
    invite, ringing, answer, ack = payloads(">INVITE <180 <200 >ACK")
    for payload, ends in ((invite, (ALICE, BOB)), (ringing, (odd, ALICE)), (answer, (odd, ALICE))):
        assert stage.send(payload, ends=ends)
    assert stage.send(answer, ends=(odd, ALICE))
    assert stage.send(ack, ends=(ALICE, BOB))
    assert (repeats(stage.call()), stage.calls.copies.value) == ([0, 1, 0, 0], 0)


def test_a_spiral_is_one_call():
    """A request that comes back to a proxy it has passed (RFC 3261 16.3)."""
    stage = Stage()
    other = Party("other", "203.0.113.2")
    invite, ringing, answer, ack, bye, done = payloads(">INVITE <180 <200 >ACK +9 >BYE <200")
    way = [ALICE, PROXY, other, PROXY, CAROL]
    there = list(pairwise(way))
    back = [(after, before) for before, after in reversed(there)]
    for payload, legs in (
        (invite, there),
        (ringing, back),
        (answer, back),
        (ack, there),
        (bye, there),
        (done, back),
    ):
        for ends in legs:
            assert stage.send(payload, ends=ends)
    assert stage.told() == [("call-start", 200), ("call-end", 200)]
    assert len(stage.held()) == 1


def test_a_request_that_goes_everywhere_has_so_many_legs():
    stage = Stage()
    (invite,) = payloads(">INVITE")
    for number in range(5 * MOST_LEGS):
        assert stage.send(invite, ends=(PROXY, Party("far", f"192.0.2.{number + 1}")))
    assert len(stage.held()) == 1
    assert stage.calls.memory.value < 4000
    assert_consistent(stage)


def forked() -> Stage:
    """A proxy asks two phones at once; both ring."""
    stage = Stage()
    invite, desk, mobile = payloads(">INVITE <180/b <180/c")
    for payload, ends in (
        (invite, (PROXY, BOB)),
        (invite, (PROXY, CAROL)),
        (desk, (BOB, PROXY)),
        (mobile, (CAROL, PROXY)),
    ):
        assert stage.send(payload, ends=ends)
    assert len(stage.held()) == 2
    return stage


def say(stage: Stage, word: str, *ends: Party) -> None:
    stage.now += SECOND
    for payload in payloads(word):
        assert stage.send(payload, ends=(ends[0], ends[1]))


def test_a_refusal_is_that_of_its_branch_where_others_answer_from_elsewhere():
    stage = forked()
    say(stage, "<486:INVITE/b", BOB, PROXY)
    mobile, desk = stage.held()
    assert (State(desk.state), State(mobile.state)) == (State.INV_NEG, State.INV_EARLY)
    assert (desk.flags & FOREIGN, mobile.flags & FOREIGN) == (0, FOREIGN)
    say(stage, "<200:INVITE/c", CAROL, PROXY)
    assert stage.told() == [("call-start", 200)]
    say(stage, ">BYE/c#2", PROXY, CAROL)
    stage.wait(200)
    assert stage.told() == [("call-start", 200), ("call-end", 200)]
    assert_forgotten(stage)


def test_both_branches_refuse():
    stage = forked()
    say(stage, "<486:INVITE/b", BOB, PROXY)
    say(stage, "<603:INVITE/c", CAROL, PROXY)
    stage.wait(30)
    assert stage.told() == [("call-attempt", 486)]
    assert_forgotten(stage)


def test_one_branch_refuses_and_one_is_silent():
    stage = forked()
    say(stage, "<486:INVITE/b", BOB, PROXY)
    stage.wait(178)
    assert stage.told() == []
    stage.wait(1)
    assert stage.told() == [("call-attempt", 486)]
    assert_forgotten(stage)


def test_the_first_hop_refuses_for_all_of_its_branches():
    stage = Stage().play(">INVITE <180/b <180/c <180/d +9 <603:INVITE/c >ACK/c")
    assert [State(call.state) for call in stage.held()] == [State.INV_NEG] * 3
    stage.wait(30)
    (event,) = stage.events()
    assert (stage.told(), event.timestamp) == ([("call-attempt", 603)], BEGIN + 39 * SECOND)
    assert_forgotten(stage)


def test_a_branch_is_no_longer_foreign_once_the_first_hop_speaks_for_it():
    """Seen behind the proxy first, then in front of it: the refusal there ends both."""
    stage = Stage()
    invite, desk, mobile, refusal = payloads(">INVITE <180/b <180/c <603:INVITE/c")
    for payload, ends in (
        (invite, (ALICE, PROXY)),
        (invite, (PROXY, BOB)),
        (desk, (BOB, PROXY)),
        (desk, (PROXY, ALICE)),
        (mobile, (CAROL, PROXY)),
    ):
        assert stage.send(payload, ends=ends)
    assert stage.held()[0].flags & FOREIGN
    assert stage.send(mobile, ends=(PROXY, ALICE))
    assert not stage.held()[0].flags & FOREIGN
    assert stage.send(refusal, ends=(PROXY, ALICE))
    assert [State(call.state) for call in stage.held()] == [State.INV_NEG] * 2


# Tricks with tags


def test_strange_tags_do_not_push_out_an_answered_call():
    stage = Stage().play(">INVITE <200 >ACK")
    answered = stage.call()
    for number in range(3 * MOST_SAME_ID):
        stage.play(f">INVITE~x{number} <180:INVITE/y{number} <486:INVITE/z{number}")
    assert answered in stage.held()
    assert len(stage.held()) == MOST_SAME_ID
    stage.play(">BYE/b#2 <200")
    assert ("call-end", 200) in stage.told()
    assert_consistent(stage)


def test_forged_answers_do_not_push_out_an_answered_call_at_the_limit_of_a_call_id():
    """Each 200 with another tag is a call of its own; these push out each other."""
    stage = Stage().play(">INVITE <200/b >ACK")
    for number in range(3 * MOST_SAME_ID):
        stage.play(f"<200:INVITE/f{number}#1")
    stage.play(">BYE/b#2 <200")
    ends = [event for event in stage.events() if EVENT_NAMES[event.type] == "call-end"]
    assert [event.to_tag for event in ends] == [b"b"]
    assert_consistent(stage)
