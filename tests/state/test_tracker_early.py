"""Requests in an early dialog: the INVITE is answered, refused or given up after them all the same."""

import pytest

from sipcm.clock import SECOND
from tests.stage import Stage
from tests.state.consistency import assert_forgotten

AGES = 5000

METHODS = [
    "NOTIFY", "PRACK", "UPDATE", "INFO", "MESSAGE", "REFER", "OPTIONS", "SUBSCRIBE", "PUBLISH", "FOO",
]  # fmt: skip
BETWEEN = {
    "of the caller": ">{0}/b <200",
    "of the callee": "<{0} >200",
    "of both": ">{0}/b <{0} >200 <200",
    "refused": ">{0}/b <481",
    "challenged": ">{0}/b <407 >{0}/b <200",
    "unanswered": ">{0}/b",
    "answered later": ">{0}/b +2 <180:INVITE <200:{0}",
}

OUTCOMES = [
    # what becomes of the INVITE, what is told of it
    ("<200:INVITE >ACK#1 +9 >BYE#9 <200", [("call-start", 200), ("call-end", 200)]),
    ("<486:INVITE >ACK#1", [("call-attempt", 486)]),
    ("<302:INVITE >ACK#1", [("call-attempt", 302)]),
    ("<401:INVITE >ACK#1", [("auth-failed", 401)]),
    (">CANCEL#1 <200 <487:INVITE >ACK#1", [("call-attempt", 487)]),
    (">CANCEL#1 <481 <603:INVITE >ACK#1", [("call-attempt", 603)]),
    (
        ">CANCEL#1 <200:INVITE <200:CANCEL >ACK#1 +9 >BYE#9",
        [("call-start", 200), ("call-end", 200)],
    ),
    ("", [("call-attempt", 408)]),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN)
@pytest.mark.parametrize(("outcome", "expected"), OUTCOMES)
def test_what_becomes_of_a_call(method, between, outcome, expected):
    dialogue = f">INVITE <183 +1 {between.format(method)} +1 {outcome}"
    stage = Stage().play(dialogue).wait(AGES)
    assert stage.told() == expected
    (*_, last) = stage.events()
    assert last.duration == (9 * SECOND if last.started >= 0 else -1)
    assert_forgotten(stage)
    twice = Stage().play(dialogue, times=2).wait(AGES)
    assert twice.told() == expected


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sent", [">{0}/b <200", "<{0} >200"])
def test_what_comes_again_is_a_repetition(method, sent):
    before = f">INVITE <183 {sent.format(method)}"
    for again in ("<183:INVITE", "<200:INVITE <200:INVITE", "<486:INVITE <480:INVITE"):
        stage = Stage().play(f"{before} {again}")
        assert stage.call().caller.reply_repeats == 1
    assert Stage().play(f"{before} >INVITE/#1").call().caller.request_repeats == 1


def test_a_refusal_may_have_a_tag_of_its_own():
    """The server that was asked refuses, not the one that rang: that is no branch."""
    stage = Stage().play(">INVITE <183/b >NOTIFY/b#2 <200/b +1 <486:INVITE/x >ACK/x#1")
    call = stage.call()
    assert (call.to_tag, call.family, call.caller.request_repeats) == (b"x", None, 0)
    assert stage.wait(AGES).told() == [("call-attempt", 486)]


def test_each_branch_counts_for_itself():
    """RFC 3261 12.2.1.1: the numbers of a dialog go on from that of its INVITE."""
    stage = Stage().play(">INVITE <183/b +1 >NOTIFY/b#2 <200/b +1 <183:INVITE/c")
    stage.play("+1 <200:INVITE/c#1 >ACK/c#1 +9 >BYE/c#2 <200/c").wait(AGES)
    assert stage.told() == [("call-start", 200), ("call-end", 200)]
    assert stage.events()[-1].duration == 9 * SECOND


@pytest.mark.parametrize("refused", ["b", "c"])
def test_a_cancel_is_for_the_branches_whatever_was_sent_in_them(refused):
    stage = Stage().play(">INVITE <183/b >NOTIFY/b#2 <200/b +1 <183:INVITE/c#1 +1 >CANCEL/#1 <200")
    stage.play(f"<487:INVITE/{refused}#1").wait(5)
    assert stage.told() == [("call-attempt", 487)]
    assert_forgotten(stage)


@pytest.mark.parametrize("first", ["b", "c"])
def test_a_refusal_ends_all_branches_whatever_was_sent_in_them(first):
    stage = Stage().play(f">INVITE <183/b <183/c +1 >NOTIFY/{first}#2 <200/{first}")
    stage.play("+1 <603:INVITE/c#1").wait(31)
    assert stage.told() == [("call-attempt", 603)]
    assert_forgotten(stage)
