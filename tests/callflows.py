"""Call flows with the events that each must give; *wire* says how they look on the wire.

The first ones are those of RFC 3665, in its order.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.frames import Party
from tests.scenario import Scenario

Flow = Callable[..., Scenario]
FLOWS: Final[list[Flow]] = []

PROXY: Final = Party("proxy", "203.0.113.1")


def flow(build: Flow) -> Flow:
    """Put a call flow on the list."""
    FLOWS.append(build)
    return build


def ringing(name: str, **wire: Any) -> Scenario:
    """Begin a call that rings after 100 ms."""
    return Scenario(name, **wire).uac("INVITE").uas(100).after("100ms").uas(180)


def established(name: str, **wire: Any) -> Scenario:
    """Begin a call that is answered after 3.1 s."""
    call = ringing(name, **wire).after("3s").uas(200).uac("ACK")
    return call.expect("call-start", 200, at="3.1s", pdd=100.0, ring_time=3000.0)


def hung_up(call: Scenario, **fields: Any) -> Scenario:
    """Let the caller end *call* half a minute after its last message."""
    call.after("30s").uac("BYE").uas(200)
    return call.expect("call-end", 200, originator="caller", **fields)


# RFC 3665 3: session establishment


@flow
def answered(**wire: Any) -> Scenario:
    return hung_up(established("answered", **wire), duration=30.0, at="33.1s")


@flow
def answered_by_way_of_a_proxy(**wire: Any) -> Scenario:
    call = Scenario("answered by way of a proxy", proxy=PROXY, **wire)
    call.uac("INVITE", at_proxy=True).proxy(407).uac("ACK")
    call.uac("INVITE").proxy(100).uas(180).after("4s").uas(200).uac("ACK")
    call.expect("call-start", 200, ring_time=4000.0)
    return hung_up(call, duration=30.0)


@flow
def redirected(**wire: Any) -> Scenario:
    call = Scenario("redirected", **wire).uac("INVITE").uas(302).uac("ACK")
    call.after("20ms").uac("INVITE").uas(180).after("2s").uas(200).uac("ACK")
    return hung_up(call.expect("call-start", 200), duration=30.0)


@flow
def media_changed(**wire: Any) -> Scenario:
    call = established("media changed", **wire).after("5s").uas("INVITE").uac(200).uas("ACK")
    return hung_up(call, duration=35.0)


@flow
def given_up(**wire: Any) -> Scenario:
    call = ringing("given up", **wire).after("9s").uac("CANCEL").uas(200).uas(487).uac("ACK")
    return call.expect("call-attempt", 487, pdd=100.0)


@flow
def busy(**wire: Any) -> Scenario:
    call = Scenario("busy", **wire).uac("INVITE").uas(100).after("80ms").uas(486).uac("ACK")
    return call.expect("call-attempt", 486, sip_reason="Busy Here", at="30.08s")


@flow
def not_there(**wire: Any) -> Scenario:
    call = ringing("not there", **wire).after("20s").uas(480).uac("ACK")
    return call.expect("call-attempt", 480)


# Refusals and silence


@flow
def declined_then_answered_elsewhere(**wire: Any) -> Scenario:
    call = Scenario("declined then answered elsewhere", **wire)
    call.uac("INVITE").uas(180, fork="a").uas(603, fork="a").uac("ACK")
    call.after("1s").uac("INVITE").uas(180, fork="b").uas(200, fork="b").uac("ACK")
    return hung_up(call.expect("call-start", 200), duration=30.0)


@flow
def no_reply(**wire: Any) -> Scenario:
    call = Scenario("no reply", **wire).uac("INVITE").after("500ms").again().after("1s").again()
    return call.expect("call-attempt", 408, at="121.5s", generated_on="timeout")


@flow
def rings_for_ever(**wire: Any) -> Scenario:
    return ringing("rings for ever", **wire).expect("call-attempt", 408, at="3m0.1s")


@flow
def challenged(**wire: Any) -> Scenario:
    call = Scenario("challenged", **wire).uac("INVITE").uas(401).uac("ACK")
    call.uac("INVITE").uas(180).after("1s").uas(200).uac("ACK")
    return hung_up(call.expect("call-start", 200), duration=30.0)


@flow
def wrong_password(**wire: Any) -> Scenario:
    call = Scenario("wrong password", **wire).uac("INVITE").uas(407).uac("ACK")
    call.after("50ms").uac("INVITE").uas(407).uac("ACK")
    return call.expect("auth-failed", 407, at="50ms")


@flow
def challenged_and_gone(**wire: Any) -> Scenario:
    call = Scenario("challenged and gone", **wire).uac("INVITE").uas(401).uac("ACK")
    return call.expect("auth-failed", 401, at="30s")


@flow
def challenged_without_the_challenge(**wire: Any) -> Scenario:
    call = Scenario("challenged without the challenge", **wire)
    call.uac("INVITE").uas(401).lost().uac("ACK").lost().uac("INVITE").uas(200).uac("ACK")
    return hung_up(call.expect("call-start", 200), duration=30.0)


@flow
def retried_with_another_tag(**wire: Any) -> Scenario:
    call = Scenario("retried with another tag", **wire).uac("INVITE").uas(401).uac("ACK").retag()
    call.uac("INVITE").uas(180).after("1s").uas(200).uac("ACK").expect("call-start", 200)
    return hung_up(call, duration=30.0)


# Forks


@flow
def forked(**wire: Any) -> Scenario:
    call = Scenario("forked", **wire).uac("INVITE").uas(180, fork="desk").uas(180, fork="mobile")
    call.after("4s").uas(200, fork="mobile").uac("ACK").expect("call-start", 200)
    return hung_up(call, duration=30.0)


@flow
def answered_twice(**wire: Any) -> Scenario:
    call = Scenario("answered twice", **wire).uac("INVITE")
    call.uas(200, fork="desk").uac("ACK").uas(200, fork="mobile", to="INVITE").uac("ACK")
    call.expect("call-start", 200).expect("call-start", 200)
    call.after("1s").uac("BYE", fork="mobile").uas(200)
    call.after("9s").uac("BYE", fork="desk").uas(200)
    return call.expect("call-end", 200, duration=1.0).expect("call-end", 200, duration=10.0)


@flow
def forked_and_refused_by_all(**wire: Any) -> Scenario:
    call = Scenario("forked and refused by all", **wire).uac("INVITE")
    call.uas(180, fork="desk").uas(180, fork="mobile")
    call.after("8s").uas(603, fork="mobile").uac("ACK")
    return call.expect("call-attempt", 603)


@flow
def forked_and_given_up(**wire: Any) -> Scenario:
    call = Scenario("forked and given up", **wire).uac("INVITE")
    call.uas(180, fork="desk").uas(180, fork="mobile").after("8s").uac("CANCEL").uas(200)
    return call.uas(487).uac("ACK").expect("call-attempt", 487)


# CANCEL


@flow
def answered_while_given_up(**wire: Any) -> Scenario:
    call = ringing("answered while given up", **wire).after("2s").uac("CANCEL").uas(200)
    call.uas(200, to="INVITE").uac("ACK").uac("BYE").uas(200)
    return call.expect("call-start", 200).expect("call-end", 200, duration=0.0)


@flow
def given_up_without_an_answer(**wire: Any) -> Scenario:
    call = ringing("given up without an answer", **wire).after("2s").uac("CANCEL").uas(200)
    return call.expect("call-attempt", 487, sip_reason="internal: cancel", at="7.1s")


# The end


@flow
def callee_hangs_up(**wire: Any) -> Scenario:
    call = established("callee hangs up", **wire).after("12s").uas("BYE").uac(200)
    return call.expect("call-end", 200, duration=12.0, originator="callee")


@flow
def both_hang_up(**wire: Any) -> Scenario:
    call = established("both hang up", **wire).after("8s").uac("BYE").uas("BYE").uas(200).uac(200)
    return call.expect("call-end", 200, duration=8.0, originator="caller")


@flow
def bye_unanswered(**wire: Any) -> Scenario:
    call = established("bye unanswered", **wire).after("8s").uac("BYE")
    for pause in ("500ms", "1s", "2s", "4s", "4s", "4s"):
        call.after(pause).again()
    return call.expect("call-end", 200, duration=8.0)


@flow
def bye_challenged(**wire: Any) -> Scenario:
    call = established("bye challenged", **wire).after("8s").uac("BYE").uas(407)
    return call.after("1s").uac("BYE").uas(200).expect("call-end", 200, duration=8.0)


@flow
def bye_refused(**wire: Any) -> Scenario:
    call = established("bye refused", **wire).after("7s").uac("BYE").uas(481)
    return call.expect("call-end", 200, duration=7.0)


@flow
def never_ended(**wire: Any) -> Scenario:
    call = established("never ended", **wire)
    return call.expect("call-end", 408, at="1h3.1s", duration=3600.0, originator="timeout")


# Inside of a call


@flow
def reinvite_refused(**wire: Any) -> Scenario:
    call = established("reinvite refused", **wire).after("5s").uac("INVITE").uas(488).uac("ACK")
    return hung_up(call, duration=35.0)


@flow
def reinvite_given_up(**wire: Any) -> Scenario:
    call = established("reinvite given up", **wire).after("5s").uac("INVITE").uas(100)
    call.uac("CANCEL").uas(200).uas(487).uac("ACK")
    return hung_up(call, duration=35.0)


@flow
def reinvites_cross(**wire: Any) -> Scenario:
    call = established("reinvites cross", **wire).after("5s").uac("INVITE").uas("INVITE")
    call.uas(491).uac(491).uac("ACK").uas("ACK")
    return hung_up(call, duration=35.0)


@flow
def reliable_provisional(**wire: Any) -> Scenario:
    call = Scenario("reliable provisional", **wire).uac("INVITE").after("90ms").uas(183)
    call.uac("PRACK").uas(200).uac("UPDATE").uas(200).after("1s").uas(180).uac("PRACK").uas(200)
    call.after("2s").uas(200, to="INVITE").uac("ACK").expect("call-start", 200, at="3.09s")
    return hung_up(call, duration=30.0)


@flow
def notified_while_it_rings(**wire: Any) -> Scenario:
    call = ringing("notified while it rings", **wire).after("1s").uac("NOTIFY").uas(200)
    call.after("2s").uas(200, to="INVITE").uac("ACK")
    return hung_up(call.expect("call-start", 200, at="3.1s"), duration=30.0)


@flow
def talkative_while_it_rings(**wire: Any) -> Scenario:
    call = ringing("talkative while it rings", **wire).after("1s").uac("INFO").uas(200)
    call.uas("INFO").uac(200).uac("MESSAGE").uas("OPTIONS").uac(200).uas(200)
    call.after("2s").uas(200, to="INVITE").uac("ACK")
    return hung_up(call.expect("call-start", 200, at="3.1s"), duration=30.0)


@flow
def refused_after_a_request_in_the_early_dialog(**wire: Any) -> Scenario:
    call = ringing("refused after a request in the early dialog", **wire).after("1s").uac("INFO")
    call.uas(200).after("3s").uas(486, to="INVITE").uac("ACK")
    return call.expect("call-attempt", 486, at="34.1s")


@flow
def given_up_after_a_request_in_the_early_dialog(**wire: Any) -> Scenario:
    call = ringing("given up after a request in the early dialog", **wire).after("1s").uas("INFO")
    call.uac(200).uac("INFO").uas(200).after("3s").uac("CANCEL").uas(200)
    return call.uas(487, to="INVITE").uac("ACK").expect("call-attempt", 487)


@flow
def forked_and_talkative(**wire: Any) -> Scenario:
    call = Scenario("forked and talkative", **wire).uac("INVITE").uas(183, fork="desk")
    call.after("1s").uac("INFO").uas(200).uas(183, fork="mobile", to="INVITE")
    call.after("4s").uas(200, fork="mobile", to="INVITE").uac("ACK").expect("call-start", 200)
    return hung_up(call, duration=30.0)


@flow
def busy_in_the_call(**wire: Any) -> Scenario:
    call = established("busy in the call", **wire)
    call.after("2s").uac("INFO").uas(200).uas("OPTIONS").uac(200).uac("MESSAGE").uas(200)
    call.uas("UPDATE").uac(200).uac("REFER").uas(202).uas("NOTIFY").uac(200)
    return hung_up(call, duration=32.0)


@flow
def kept_alive_for_hours(**wire: Any) -> Scenario:
    call = established("kept alive for hours", **wire)
    for _ in range(4):
        call.after("50m").uas("OPTIONS").uac(200)
    return hung_up(call, duration=12030.0)


# What was missed


@flow
def answer_missed(**wire: Any) -> Scenario:
    call = ringing("answer missed", **wire).after("3s").uas(200).lost().uac("ACK").lost()
    call.after("5s").uac("INVITE").uas(200).uac("ACK").after("10s").uac("BYE").uas(200)
    call.expect("call-start", 290, sip_reason="internal: implied OK", at="8.1s")
    return call.expect("call-end", 200, duration=10.0)


@flow
def all_answers_missed(**wire: Any) -> Scenario:
    call = Scenario("all answers missed", **wire).uac("INVITE").uas(180).lost().uas(200).lost()
    call.uac("ACK").after("5s").uac("INFO").after("10s").uac("BYE")
    call.expect("call-start", 290, sip_reason="internal: implied OK", at="5s")
    return call.expect("call-end", 291, duration=10.0)


@flow
def begin_missed(**wire: Any) -> Scenario:
    call = Scenario("begin missed", **wire).uac("INVITE").lost().uas(200).lost().uac("ACK").lost()
    return call.after("9s").uas("BYE").uac(200).expect("call-end", 291)


@flow
def only_the_answer_seen(**wire: Any) -> Scenario:
    call = Scenario("only the answer seen", **wire).uac("INVITE").lost().uas(180).lost()
    call.after("1s").uas(200).uac("ACK").expect("call-start", 200)
    return hung_up(call, duration=30.0)


@flow
def bye_missed(**wire: Any) -> Scenario:
    call = established("bye missed", **wire).after("6s").uac("BYE").lost().uas(200)
    return call.expect("call-end", 200, duration=6.0)


# Outside of calls


@flow
def registered(**wire: Any) -> Scenario:
    call = Scenario("registered", **wire).uac("REGISTER").uas(401).uac("REGISTER").uas(200)
    return call.expect("reg-new", 200).expect("reg-expired", 200)


@flow
def registration_refused(**wire: Any) -> Scenario:
    call = Scenario("registration refused", **wire).uac("REGISTER").uas(401)
    return call.uac("REGISTER").uas(401).expect("auth-failed", 401, at="0")


@flow
def pinged(**wire: Any) -> Scenario:
    call = Scenario("pinged", **wire).uac("OPTIONS").after("30ms").uas(200)
    return call.expect("other-ok", 200, at="5.03s", method="OPTIONS")


@flow
def pinged_in_vain(**wire: Any) -> Scenario:
    call = Scenario("pinged in vain", **wire).uac("OPTIONS").after("500ms").again()
    return call.expect("other-timeout", 408)


@flow
def text_refused(**wire: Any) -> Scenario:
    call = Scenario("text refused", **wire).uac("MESSAGE").uas(404)
    return call.expect("other-failed", 404, at="5s", method="MESSAGE")


@flow
def subscribed(**wire: Any) -> Scenario:
    call = Scenario("subscribed", **wire).uac("SUBSCRIBE").uas(200).uas("NOTIFY").uac(200)
    call.expect("sub-new", 200, method="SUBSCRIBE")
    return call.expect("sub-del", 408, generated_on="timeout")
