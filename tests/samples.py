"""The captures that come with sipcm: who calls whom in each, and what the monitor tells of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from tests.frames import ALICE, BOB, Party, arp_frame, stun
from tests.scenario import Scenario

GAP: Final = "15ms"
"""How long a message takes to be answered."""

CAROL: Final = Party("carol", "192.0.2.11", product="Atlanta Phone/1.0", media_port=41000)
ERIN: Final = Party("erin", "192.0.2.12", port=5070, product="SoftPhone 4.2 (Linux)")
DAVE: Final = Party("dave", "198.51.100.21", product="Biloxi Phone/2.1")
FRANK: Final = Party("frank", "198.51.100.22")
ALICE6: Final = replace(ALICE, host="2001:db8::10")
BOB6: Final = replace(BOB, host="2001:db8:1::20")
PROXY: Final = Party("proxy", "203.0.113.1", product="Relay 7.3")
ZOE: Final = replace(PROXY, name="zoe")
SCANNER: Final = Party("100", "203.0.113.99", port=5091, product="friendly-scanner")

NOISE: Final = b"\x13\x37 are you there?\r\n"
CUT: Final = b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:50"


def demo() -> Scenario:
    """Four minutes and a half of a small telephone system."""
    parts = [*_registrations(), *_answered(), *_unanswered(), *_outside_of_calls(), *_oddities()]
    return Scenario("demo").join(*parts)


SAMPLES: Final[dict[str, Callable[[], Scenario]]] = {"demo": demo}
"""Name of a capture -> who makes it."""


def _begin(name: str, at: str, caller: Party, callee: Party, **options: Any) -> Scenario:
    return Scenario(name, at=at, gap=GAP, caller=caller, callee=callee, **options)


def _registrations() -> Iterator[Scenario]:
    for name, at, phone in (("alice", "0", ALICE), ("bob", "1.2s", BOB)):
        scenario = _begin(f"{name} registers", at, phone, PROXY).frame(arp_frame(phone, PROXY))
        scenario.uac("REGISTER").uas(401).uac("REGISTER").uas(200)
        yield scenario.expect("reg-new", 200, expires=3600)


def _answered() -> Iterator[Scenario]:
    call = _begin("Alice calls Bob", "5s", ALICE, BOB).uac("INVITE").uas(100)
    call.after("120ms").uas(180).after("3.5s").uas(200).uac("ACK").media("1s")
    call.after("41s").uac("BYE").uas(200)
    call.expect("call-start", 200, ring_time=3500.0)
    yield call.expect("call-end", 200, originator="caller", duration=42.03)

    call = _begin("Carol calls Dave", "8s", CAROL, DAVE).uac("INVITE").uas(100)
    call.after("200ms").uas(180).after("6s").uas(200).uac("ACK").after("75s").uas("BYE").uac(200)
    call.expect("call-start", 200)
    yield call.expect("call-end", 200, originator="callee", duration=75.015)

    call = _begin("Bob has two phones", "40s", ERIN, BOB).uac("INVITE").uas(100)
    call.after("90ms").uas(180, fork="desk").after("30ms").uas(180, fork="mobile")
    call.after("5s").uas(200, fork="mobile").uac("ACK").after("20s").uac("BYE").uas(200)
    yield call.expect("call-start", 200).expect("call-end", 200, originator="caller")

    call = _begin("the proxy asks who calls", "50s", ALICE, DAVE, proxy=PROXY)
    call.uac("INVITE", at_proxy=True).proxy(407).uac("ACK")
    call.uac("INVITE").proxy(100).after("150ms").uas(180).after("4s").uas(200).uac("ACK")
    call.after("33s").uac("BYE").uas(200)
    yield call.expect("call-start", 200).expect("call-end", 200, originator="caller")

    call = _begin("Alice calls Bob over IPv6", "70s", ALICE6, BOB6).uac("INVITE")
    call.after("100ms").uas(180).after("2s").uas(200).uac("ACK")
    call.after("10s").uac("INVITE").uas(200).uac("ACK")
    call.after("5s").uac("INFO").uas(200).after("15s").uas("BYE").uac(200)
    yield call.expect("call-start", 200).expect("call-end", 200, originator="callee")

    call = _begin("Dave is asked elsewhere", "85s", CAROL, DAVE).uac("INVITE").uas(302).uac("ACK")
    call.uac("INVITE").after("100ms").uas(180).after("2s").uas(200).uac("ACK")
    call.after("9s").uac("BYE").after("500ms").again().uas(200)
    yield call.expect("call-start", 200).expect("call-end", 200, originator="caller")

    call = _begin("Erin goes on talking", "2m30s", ERIN, CAROL).uac("INVITE").uas(100)
    call.after("100ms").uas(180).after("4s").uas(200).uac("ACK")
    yield call.expect("call-start", 200)


def _unanswered() -> Iterator[Scenario]:
    call = _begin("Frank is off", "10s", ERIN, FRANK).uac("INVITE")
    for pause in ("500ms", "1s", "2s", "4s", "8s", "16s"):  # timer A of RFC 3261 17.1.1.2
        call.after(pause).again()
    yield call.expect("call-attempt", 408, generated_on="timeout")

    call = _begin("Bob is busy", "20s", DAVE, BOB).uac("INVITE").uas(100).uas(486).uac("ACK")
    yield call.expect("call-attempt", 486, sip_reason="Busy Here")

    call = _begin("Carol thinks better of it", "30s", CAROL, DAVE).uac("INVITE").uas(100)
    call.after("100ms").uas(180).after("12s").uac("CANCEL").uas(200).uas(487).uac("ACK")
    yield call.expect("call-attempt", 487)

    call = _begin("Erin mistypes the password", "60s", ERIN, BOB, proxy=PROXY)
    for _ in range(2):
        call.uac("INVITE", at_proxy=True).proxy(407).uac("ACK")
    yield call.expect("auth-failed", 407)

    call = _begin("nobody knows Zoe", "95s", ALICE, ZOE).uac("INVITE").uas(404).uac("ACK")
    yield call.expect("call-attempt", 404, sip_reason="Not Found")


def _outside_of_calls() -> Iterator[Scenario]:
    for minute in range(5):
        ping = _begin(f"ping {minute}", f"{minute}m2s", PROXY, BOB)
        yield ping.uac("OPTIONS").uas(200).expect("other-ok", 200, method="OPTIONS")
    text = _begin("Watson", "2m", ALICE, BOB).uac("MESSAGE").uas(200)
    yield text.expect("other-ok", 200, method="MESSAGE")
    watch = _begin("who is there", "2m5s", CAROL, PROXY).uac("SUBSCRIBE").uas(202)
    yield watch.uas("NOTIFY").uac(200).expect("sub-new", 202, method="SUBSCRIBE")


def _oddities() -> Iterator[Scenario]:
    scan = _begin("a scanner", "100s", SCANNER, BOB).uac("OPTIONS").after("1s").uac(NOISE)
    scan.expect("other-timeout", 408, client_ip=SCANNER.host)
    yield scan.expect("msg-probe", client_ip=SCANNER.host, excerpt=NOISE.decode())
    cut = _begin("a broken message", "105s", ALICE, BOB).uac(CUT)
    yield cut.expect("parse-error", client_ip=ALICE.host, excerpt=CUT[:60].decode())
    yield _begin("STUN", "110s", ALICE, PROXY).uac(stun(), ports=(ALICE.media_port, 3478))
    yield _begin("the last packet", "4m30s", ALICE, PROXY).frame(arp_frame(ALICE, PROXY))
