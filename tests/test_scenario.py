"""The scenario language itself: what it sends is what RFC 3261 asks for."""

import io
import re
from dataclasses import replace

import dpkt
import pytest

from sipcm.net.capturefile import CaptureFile
from sipcm.net.decode import decode
from sipcm.net.outcome import layer_names
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan
from tests.frames import ALICE, BOB, Party, arp_frame, rtp, stun
from tests.scenario import EPOCH, Scenario

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
PROXY = Party("proxy", "203.0.113.1")


class Sent:
    """One message of a scenario, as the receiver reads it."""

    def __init__(self, timestamp, frame):
        datagram, message = Datagram(), Message()
        assert decode(frame, 0, len(frame), 1, datagram) == DECODED
        assert scan(frame, datagram.start, datagram.end, message) == 0
        self.after = timestamp - EPOCH
        self.layers = " ".join(layer_names(datagram.layers))
        self.hop = (datagram.source(), datagram.destination())
        self.text = datagram.payload().decode()
        self.start = self.text.partition("\r\n")[0]
        self.what = str(int(message.status)) if message.status else self.start.split()[0]
        self.cseq = f"{int(message.cseq)} {message.method_token.decode()}"
        self.call_id = message.call_id
        self.from_tag, self.to_tag = message.from_tag, message.to_tag
        self.branches = re.findall(r"^Via: .*;branch=(\S+)\r$", self.text, re.MULTILINE)
        self.whole = message.content_length == message.end - message.body_at

    def header(self, name):
        found = re.search(rf"^{name}: (.*)\r$", self.text, re.MULTILINE)
        return found and found[1]


def sent(scenario):
    return [Sent(*packet) for packet in scenario.packets()]


def rows(scenario, *names):
    return [tuple(getattr(message, name) for name in names) for message in sent(scenario)]


def answered(**wire):
    call = Scenario("answered call", **wire)
    call.uac("INVITE").after("100ms").uas(180).after("3s").uas(200).uac("ACK")
    return call.after("30s").uac("BYE").uas(200)


def test_times():
    assert rows(answered(at="1m"), "what", "after") == [
        ("INVITE", 60 * SECOND),
        ("180", 60 * SECOND + 100 * MILLISECOND),
        ("200", 63 * SECOND + 100 * MILLISECOND),
        ("ACK", 63 * SECOND + 100 * MILLISECOND),
        ("BYE", 93 * SECOND + 100 * MILLISECOND),
        ("200", 93 * SECOND + 100 * MILLISECOND),
    ]


def test_gap_is_the_pause_where_none_is_given():
    assert [after // MILLISECOND for (after,) in rows(answered(gap="5ms"), "after")] == [
        0, 100, 3100, 3105, 33105, 33110,
    ]  # fmt: skip


def test_cseq_and_start_lines():
    assert rows(answered(), "start", "cseq") == [
        ("INVITE sip:bob@example.com SIP/2.0", "1 INVITE"),
        ("SIP/2.0 180 Ringing", "1 INVITE"),
        ("SIP/2.0 200 OK", "1 INVITE"),
        ("ACK sip:bob@198.51.100.20:5060 SIP/2.0", "1 ACK"),
        ("BYE sip:bob@198.51.100.20:5060 SIP/2.0", "2 BYE"),
        ("SIP/2.0 200 OK", "2 BYE"),
    ]


def test_tags_and_branches():
    messages = sent(answered())
    assert {message.call_id for message in messages} == {b"answered-call@192.0.2.10"}
    assert len({message.from_tag for message in messages}) == 1
    invite, ringing, ok, ack, bye, bye_ok = messages
    assert invite.to_tag == b""
    assert len({message.to_tag for message in messages[1:]}) == 1
    assert invite.branches == ringing.branches == ok.branches
    assert bye.branches == bye_ok.branches
    assert len({tuple(message.branches) for message in (invite, ack, bye)}) == 3
    assert all(message.whole for message in messages)


def test_offer_and_answer():
    texts = [message.text for message in sent(answered())]
    assert ["m=audio 40000 RTP" in text for text in texts] == [True, *[False] * 5]
    assert ["m=audio 50000 RTP" in text for text in texts] == [False, False, True, *[False] * 3]


def test_refusal_and_its_ack_share_the_branch():
    invite, busy, ack = sent(Scenario("busy").uac("INVITE").uas(486).uac("ACK"))
    assert ack.branches == invite.branches
    assert ack.to_tag == busy.to_tag != b""
    assert (ack.cseq, ack.start) == ("1 ACK", "ACK sip:bob@example.com SIP/2.0")


def test_cancel():
    call = Scenario("cancel").uac("INVITE").uas(180).uac("CANCEL").uas(200).uas(487).uac("ACK")
    assert rows(call, "what", "cseq")[2:] == [
        ("CANCEL", "1 CANCEL"),
        ("200", "1 CANCEL"),
        ("487", "1 INVITE"),
        ("ACK", "1 ACK"),
    ]
    invite, _, cancel, *_ = sent(call)
    assert (cancel.branches, cancel.to_tag) == (invite.branches, b"")
    assert cancel.start == "CANCEL sip:bob@example.com SIP/2.0"


def test_challenge_and_retry():
    call = Scenario("challenge").uac("INVITE").uas(401).uac("ACK").uac("INVITE").uas(407)
    first, challenge, _, second, _ = sent(call)
    assert challenge.header("WWW-Authenticate").startswith("Digest realm=")
    assert first.header("Authorization") is None
    assert second.header("Authorization").startswith("Digest realm=")
    assert (second.cseq, second.to_tag) == ("2 INVITE", b"")
    assert (first.from_tag, first.call_id) == (second.from_tag, second.call_id)
    assert len({message.to_tag for message in sent(call)[1::3]}) == 2
    assert first.branches != second.branches


def test_a_response_answers_the_newest_open_request():
    call = Scenario("open").uac("INVITE").uas(183).uac("PRACK").uas(200).uas(200).uac("ACK")
    call.uas("INFO").uac("INFO").uas(200).uac(200)
    call.uas(500, to="PRACK")
    assert [cseq for what, cseq in rows(call, "what", "cseq") if what.isdigit()] == [
        "1 INVITE", "2 PRACK", "1 INVITE", "3 INFO", "1 INFO", "2 PRACK",
    ]  # fmt: skip


def test_forks():
    call = Scenario("fork").uac("INVITE").uas(180, fork="a").uas(180, fork="b").uas(200)
    call.uac("ACK").uac("BYE").uac("BYE", fork="a").uas("BYE", fork="b")
    _, a, b, ok, ack, bye_b, bye_a, bye = sent(call)
    assert a.to_tag != b.to_tag == ok.to_tag == ack.to_tag == bye_b.to_tag == bye.from_tag
    assert bye_a.to_tag == a.to_tag
    assert [message.cseq for message in (bye_b, bye_a, bye)] == ["2 BYE", "2 BYE", "1 BYE"]


def test_requests_of_the_callee():
    invite, _, _, bye, ok = sent(
        Scenario("callee").uac("INVITE").uas(200).uac("ACK").uas("BYE").uac(200)
    )
    assert bye.start == "BYE sip:alice@192.0.2.10:5060 SIP/2.0"
    assert (bye.to_tag, ok.to_tag) == (invite.from_tag, invite.from_tag)
    assert bye.hop == ok.hop[::-1] == invite.hop[::-1]


def test_a_proxy_puts_its_via_on_and_takes_it_off():
    call = Scenario("proxy", proxy=PROXY).uac("INVITE").proxy(100).uas(200).uas("BYE").uac(200)
    alice, bob, proxy = ALICE.address, BOB.address, PROXY.address
    assert [
        (what, hop, len(vias)) for what, hop, vias in rows(call, "what", "hop", "branches")
    ] == [
        ("INVITE", (alice, proxy), 1),
        ("INVITE", (proxy, bob), 2),
        ("100", (proxy, alice), 1),
        ("200", (bob, proxy), 2),
        ("200", (proxy, alice), 1),
        ("BYE", (bob, proxy), 1),
        ("BYE", (proxy, alice), 2),
        ("200", (alice, proxy), 2),
        ("200", (proxy, bob), 1),
    ]


def test_a_request_may_stop_at_the_proxy():
    call = Scenario("stop", proxy=PROXY).uac("INVITE", at_proxy=True).proxy(407).uac("ACK")
    messages = sent(call)
    assert [message.what for message in messages] == ["INVITE", "407", "ACK"]
    assert {PROXY.address} <= set(messages[2].hop)
    assert messages[2].branches == messages[0].branches
    assert messages[1].to_tag == messages[2].to_tag != b""


def test_register():
    call = Scenario("register").uac("REGISTER").uas(200).uac("REGISTER", headers={"Expires": "0"})
    register, ok, gone = sent(call)
    assert register.start == "REGISTER sip:example.com SIP/2.0"
    assert register.header("To") == '"Alice" <sip:alice@example.com>'
    assert ok.header("Contact") == "<sip:alice@192.0.2.10:5060>;expires=3600"
    assert (gone.cseq, gone.to_tag, gone.header("Expires")) == ("2 REGISTER", b"", "0")


def test_subscription_is_a_dialog():
    call = Scenario("subscribe").uac("SUBSCRIBE").uas(202).uas("NOTIFY").uac(200)
    subscribe, accepted, notify, _ = sent(call)
    assert (notify.from_tag, notify.to_tag) == (accepted.to_tag, subscribe.from_tag)
    assert (subscribe.header("Event"), notify.header("Event")) == ("presence", "presence")


def test_again_and_lost_and_retag():
    call = Scenario("again").uac("INVITE").after("1s").again().uas(180).lost().uas(200).uac("ACK")
    call.again(200).retag().uac("INFO")
    assert [what for (what,) in rows(call, "what")] == [
        "INVITE", "INVITE", "200", "ACK", "200", "INFO",
    ]  # fmt: skip
    assert call.packets()[0][1] == call.packets()[1][1]
    assert sent(call)[-1].from_tag != sent(call)[0].from_tag
    assert call.steps == [
        ">INVITE",
        "+1s",
        "again:",
        "(<180)",
        "<200",
        ">ACK",
        "again:200",
        ">INFO",
    ]


def test_headers_are_set_and_taken_away():
    (invite,) = sent(
        Scenario("odd").uac("INVITE", headers={"CSeq": "7 INVITE", "Subject": "x", "Contact": None})
    )
    assert invite.cseq == "7 INVITE"
    assert (invite.header("Subject"), invite.header("Contact")) == ("x", None)


def test_bytes_frames_and_media():
    call = Scenario("raw").uac(stun(), ports=(40000, 3478)).uas(b"\0").frame(arp_frame(ALICE, BOB))
    call.after("1s").media("60ms").uac(b"end")
    times = [(timestamp - EPOCH) // MILLISECOND for timestamp, _ in call.packets()]
    assert times == [0, 0, 0, 1020, 1020, 1040, 1040, 1060, 1060, 1060]
    frames = [dpkt.ethernet.Ethernet(frame) for _, frame in call.packets()]
    assert (frames[0].ip.udp.dport, frames[1].ip.udp.data) == (3478, b"\0")
    assert frames[2].arp.op == dpkt.arp.ARP_OP_REQUEST
    assert [(frame.ip.udp.sport, frame.ip.udp.dport) for frame in frames[3:5]] == [
        (40000, 50000),
        (50000, 40000),
    ]
    assert frames[7].ip.udp.data[:4] == rtp(2, 0)[:4]


@pytest.mark.parametrize("form", ["compact", "folded", "lf", "compact folded lf"])
def test_forms_say_the_same(form):
    fields = ("what", "cseq", "call_id", "from_tag", "to_tag", "whole")
    assert rows(answered(form=form), *fields) == rows(answered(), *fields)
    assert [text for (text,) in rows(answered(form=form), "text")] != [
        text for (text,) in rows(answered(), "text")
    ]


def test_forms_look_like_their_names():
    texts = [sent(answered(form=form))[0].text for form in ("compact", "folded", "lf")]
    assert "\r\ni: answered-call@" in texts[0]
    assert "\r\nCall-ID: \r\n\tanswered-call@" in texts[1]
    assert "\nCall-ID: answered-call@" in texts[2]
    assert "\r" not in texts[2].partition("\n\n")[0]


V6 = {"caller": replace(ALICE, host="2001:db8::1"), "callee": replace(BOB, host="2001:db8::2")}


@pytest.mark.parametrize(
    ("wire", "layers"),
    [
        ({}, "Ethernet IPv4 UDP"),
        ({"vlan": 7}, "Ethernet VLAN IPv4 UDP"),
        (V6, "Ethernet IPv6 UDP"),
        ({**V6, "vlan": 7}, "Ethernet VLAN IPv6 UDP"),
    ],
)
def test_layers(wire, layers):
    assert {found for (found,) in rows(answered(**wire), "layers")} == {layers}


@pytest.mark.parametrize("wire", [{}, V6], ids=["ipv4", "ipv6"])
def test_checksums(wire):
    for _, frame in answered(**wire).packets():
        ip = dpkt.ethernet.Ethernet(frame).data
        udp = bytes(ip.data)
        pseudo = ip.src + ip.dst + len(udp).to_bytes(4, "big") + b"\0\0\0\x11"
        assert dpkt.in_cksum(pseudo + udp) == 0
        assert ip.v == 6 or dpkt.in_cksum(bytes(ip)[:20]) == 0


def test_join_sorts_by_time():
    late, early = answered(at="10s"), Scenario("early").uac("OPTIONS").after("1m").uas(200)
    both = Scenario("both").join(late, early)
    assert both.packets() == sorted(
        [*late.packets(), *early.packets()], key=lambda packet: packet[0]
    )
    assert len(both.packets()) == 8


def test_the_same_every_time(tmp_path):
    stream = io.BytesIO()
    answered().write(stream)
    answered().write(tmp_path / "x.pcap")
    assert (tmp_path / "x.pcap").read_bytes() == stream.getvalue()
    assert {packet[1] for packet in answered().packets()}.isdisjoint(
        packet[1] for packet in Scenario("another").uac("INVITE").uas(200).packets()
    )
    with CaptureFile(tmp_path / "x.pcap") as capture:
        assert capture.read()
        assert capture.cursor.next()
        assert capture.cursor.timestamp == EPOCH


def test_check_accepts_what_comes():
    call = answered().expect("call-start", 200).expect("call-end", 200, duration=30.0)
    call.check()


WRONG = {
    "too few": (
        lambda call: call.expect("call-start", 200),
        "  not expected: call-end 200 call_id='answered-call@192.0.2.10'",
    ),
    "too many": (
        lambda call: call.expect("call-start", 200).expect("call-end", 200).expect("other-ok", 200),
        "  did not come: other-ok 200 call_id='answered-call@192.0.2.10'",
    ),
    "another status": (
        lambda call: call.expect("call-start", 200).expect("call-end", 486),
        (
            "  did not come: call-end 486 call_id='answered-call@192.0.2.10'\n"
            "  not expected: call-end 200 call_id='answered-call@192.0.2.10'"
        ),
    ),
    "another field": (
        lambda call: call.expect("call-start", 200).expect("call-end", 200, duration=29.0),
        (
            "  did not come: call-end 200 duration=29.0 call_id='answered-call@192.0.2.10'\n"
            "  not expected: call-end 200 call_id='answered-call@192.0.2.10' duration=30.0"
        ),
    ),
    "a misspelt field": (
        lambda call: call.expect("call-start", 200, pddd=1).expect("call-end", 200),
        (
            "  did not come: call-start 200 pddd=1 call_id='answered-call@192.0.2.10'\n"
            "  not expected: call-start 200 call_id='answered-call@192.0.2.10'"
        ),
    ),
}


@pytest.mark.parametrize(("expect", "told"), WRONG.values(), ids=WRONG)
def test_check_tells_what_is_wrong(expect, told):
    head = "answered call: >INVITE +100ms <180 +3s <200 >ACK +30s >BYE <200\n"
    with pytest.raises(AssertionError) as failure:
        expect(answered()).check()
    assert str(failure.value) == head + told


def test_each_expectation_takes_one_event():
    call = answered().expect("call-start", 200).expect("call-end", 200, duration=30.0)
    with pytest.raises(AssertionError, match="did not come: call-end 200"):
        call.expect("call-end", 200).check()
