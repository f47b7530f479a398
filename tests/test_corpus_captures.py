"""Captures of others: they run clean, and give the messages and events that others see in them.

What tshark and the original see differently is listed with its reason, frame by frame and event by
event; a difference that is not on the list, and a reason that no longer applies, both fail.
"""

from collections import Counter
from collections.abc import Iterable

import pytest

from sipcm.counters import PacketCounters
from sipcm.errors import CaptureError
from sipcm.net.capturefile import CaptureFile
from sipcm.net.defrag import Defragmenter
from sipcm.net.packet import DECODED, FRAGMENT, SCTP, TCP
from sipcm.packet import Packet
from sipcm.samples import Samples
from sipcm.sip.payload import SIP
from sipcm.state.endpoints import Endpoints
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.streams import Streams
from tests.corpus import captures, each, is_readable, lines_of, tshark_frames
from tests.harness import FORCED, play

pytestmark = pytest.mark.no_cover

ALL = captures("sip", "robust", "sipp")
REAL = [path for path in captures("sip") if is_readable(path)]

# -- They run clean


@pytest.mark.parametrize("path", each((path.name, path) for path in ALL if is_readable(path)))
def test_every_packet_is_accounted_for(path):
    run = play(path, force=FORCED)
    count = run.pipeline.counters.group.values()
    ends = ("udp", "tcp", "sctp", "ip4_frags", "ip6_frags", "decode_errs", "other", "duplicates")
    put_together = count["ip4_defrag"] + count["ip6_defrag"]
    assert count["total_packets"] == records(path)
    assert count["total_packets"] + put_together == sum(count[end] for end in ends)
    payloads = run.pipeline.payloads.values()
    assert count["udp"] == count["parse_attempts"] == sum(payloads.values())
    assert payloads["sip"] == count["sip_udp"] + count["parse_errs_udp"]
    assert run.pipeline.tracker.calls.active.value == 0


@pytest.mark.parametrize("path", each((path.name, path) for path in ALL if not is_readable(path)))
def test_another_format_is_refused_in_one_line(path):
    with pytest.raises(CaptureError, match="convert it with editcap -F pcapng") as refusal:
        play(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert "\n" not in str(refusal.value)


def test_there_is_no_sip_where_there_is_none(shared_dir):
    """The captures without SIP hold one response, in a datagram that is said to be GTP.

    On a port of SIP other protocols are errors, and one capture has a request over TCP that lacks
    what it takes to follow it.
    """
    seen = {}
    for path in filter(is_readable, captures("robust")):
        run = play(path, force=FORCED)
        count = run.pipeline.counters.group.values()
        if count["parse_ok"] or count["parse_errs"] or run.events:
            seen[path.name] = told(run)
    assert seen == {
        "ntop__http_on_sip_port.pcap": Counter([("parse-error", 0)] * 2),
        "oisf__input.pcap": Counter(),
        "snort3__gtpingtp.pcap": Counter([("call-attempt", 487)]),
    }


SIPP = {
    "branch_udp.pcap": [("call-end", 403), ("reg-new", 200), ("reg-expired", 200)],
    "busy_tcp.pcap": [("call-attempt", 486)],
    "busy_udp.pcap": [("call-attempt", 486)],
    "cancel_tcp.pcap": [("call-attempt", 487)],
    "cancel_udp.pcap": [("call-attempt", 487)],
    "full_tcp.pcap": [("call-start", 200), ("call-end", 200)],
    "full_udp.pcap": [("call-start", 200), ("call-end", 200)],
    "message_tcp.pcap": [("other-ok", 200)],
    "message_udp.pcap": [("other-ok", 200)],
    "noans_udp.pcap": [("call-attempt", 408)],
    "nobye_udp.pcap": [("call-start", 200), ("call-end", 408)],
    "options_udp.pcap": [("other-ok", 200)],
    "reg_tcp.pcap": [("reg-new", 200), ("reg-del", 200)],
    "reg_udp.pcap": [("reg-new", 200), ("reg-del", 200)],
    "regfail_udp.pcap": [("other-failed", 403)],
    "regshort_udp.pcap": [("reg-new", 200), ("reg-expired", 200)],
    "sub_udp.pcap": [("sub-new", 202), ("sub-del", 200)],
    "uac_uas_tcp.pcap": [("call-start", 200), ("call-end", 200)] * 3,
    "uac_uas_udp.pcap": [("call-start", 200), ("call-end", 200)] * 3,
    "uac_uas_udp6.pcap": [("call-start", 200), ("call-end", 200)] * 3,
}
"""What SIPp played, over UDP and TCP."""


@pytest.mark.parametrize("path", each((path.name, path) for path in captures("sipp")))
def test_calls_made_with_sipp(path):
    assert told(play(path, force=FORCED)) == Counter(SIPP[path.name])


# -- What tshark reads in each frame

NOT_AS_TSHARK: dict[str, dict[str, Iterable[int]]] = {
    "cesnet__inputs__sip.pcap": {"a request quoted in an ICMP error": (7, 10, 12, 14, 15)},
    "christianloos__invite.pcap": {"a start line and no header": (1, 2, 3, 10, 11)},
    "daviddpurjc__register.libpcap": {
        "Expires is the only header": (1, 3, 5, 7),
        "a start line and no header": (2, 4, 6, 8),
    },
    "open5gs__ipsec_reg.pcapng": {
        # tshark reads the same with esp.enable_null_encryption_decode_heuristic.
        "ESP without encryption is read": (
            *(460, 473, 674, 681, 682, 683, 687, 688, 689, 691, 693, 695),
        ),
    },
    "open5gs__nonipsec_to_ipsec_call.pcapng": {
        "ESP without encryption is read": (
            *(105, 109, 118, 176, 177, 178, 204, 352, 391, 392, 393),
        ),
    },
}


@pytest.mark.parametrize("path", each((path.name, path) for path in REAL))
def test_messages_are_those_that_tshark_reads(path):
    ours = messages(path)
    theirs = {
        number: sorted(filter(None, (row["sip.Method"], row["sip.Status-Code"])))
        for number, row in tshark_frames(path.name).items()
    }
    differing = {n for n in ours.keys() | theirs.keys() if ours.get(n) != theirs.get(n)}
    explained = NOT_AS_TSHARK.get(path.name, {})
    assert differing == {number for frames in explained.values() for number in frames}


# -- What the original told

COMPARED = {
    "call-start", "call-end", "call-attempt", "auth-failed",
    "reg-new", "reg-del", "reg-expired", "sub-new", "sub-del",
    "other-ok", "other-failed", "other-timeout",
}  # fmt: skip


def subscribed(*call_ids: str) -> list[str]:
    """Return what is told of subscriptions that run out, where the original tells an other-ok."""
    return [
        line
        for call_id in call_ids
        for line in (
            f"- other-ok 200 {call_id}",
            f"+ sub-new 200 {call_id}",
            f"+ sub-del 408 {call_id}",
        )
    ]


SUBSCRIPTIONS = "the original knows no subscriptions"


NOT_AS_ORIGINAL: dict[str, dict[str, list[str]]] = {
    "camp0__gprs_sip_flow.pcap": {
        "GTP is decoded": [
            "+ call-start 200 SssE-136783086773214@10.255.1.1",
            "+ call-end 200 SssE-136783086773214@10.255.1.1",
            "+ reg-del 200 RgeX-136783086295850@10.255.1.1",
            "+ sub-new 200 Ssbs-136783086298601@10.255.1.1",
            "+ sub-del 408 Ssbs-136783086298601@10.255.1.1",
        ],
    },
    "cesnet__inputs__sip.pcap": {
        "a guesser changes the From tag in one Call-ID: one entry, one auth-failed; the original "
        "forks where the longer tag does not fit into its entry": [
            "- auth-failed 401 1080421403",
            "- auth-failed 401 1744316116",
            "- auth-failed 401 1744316116",
        ],
    },
    "goffinet__branch-scenario-sipp.pcapng": {
        "the responses list no contact at all, the requests ask for 300 s: one registration, which "
        "is renewed under a new Call-ID each time": [
            *(f"- reg-del 200 {number}-4461@127.0.1.1" for number in range(1, 1335)),
            "+ reg-new 200 1-4461@127.0.1.1",
            "+ reg-expired 200 1334-4461@127.0.1.1",
        ],
    },
    "goffinet__voip-extension.pcap": {
        "the 100 or the first 180 has another tag than the 200: the family was answered": [
            "- call-attempt 408 673b0437-dc3f99dd-699f99a7-92fd8066@192.168.5.10",
            "- call-attempt 408 f49fa0af-e84c7379-6649d13e-60bbc1c9@192.168.5.10",
        ],
    },
    "goffinet__voip-extension2downata.pcap": {
        "the 100 has another tag than the 200: the family was answered": [
            "- call-attempt 408 2d456948-fa5e1406-6ce4f293-ac498c84@192.168.5.10",
        ],
        "the retry with a password is a new request, and nobody answered it": [
            "- auth-failed 401 119e19c3f32f448eabcf79aec9336cb5",
            "+ other-timeout 408 119e19c3f32f448eabcf79aec9336cb5",
        ],
    },
    "irontec__ipv6frag.pcap": {
        "two branches were answered (the relay passes the answer of one on with the tag of the "
        "other, and only that one is ended): each is a call of its own": [
            "+ call-start 200 71846-1647924829-397430@fd17:625c:f037:2:a00:27ff:feb9:1521",
            "+ call-end 408 71846-1647924829-397430@fd17:625c:f037:2:a00:27ff:feb9:1521",
        ],
    },
    "normb__DTMFsipinfo.pcap": {
        "PPPoE is decoded": [
            "+ call-start 200 2091060b-146f-e011-809a-0019cb53db77@admind-desktop",
            "+ call-end 408 2091060b-146f-e011-809a-0019cb53db77@admind-desktop",
        ],
    },
    "normb__h263-over-rtp.pcap": {
        "the link type (BSD loopback) is decoded": [
            "+ call-start 200 NmNhYWNhMjY0Y2M0OTc4YTI2MzgzZTNlYTRhZTMxNTE.",
            "+ call-end 408 NmNhYWNhMjY0Y2M0OTc4YTI2MzgzZTNlYTRhZTMxNTE.",
        ],
    },
    "open5gs__ipsec_reg.pcapng": {
        SUBSCRIPTIONS: subscribed("yQFjFiHYzbfiJeASucHAGQ..@192.168.101.5"),
    },
    "open5gs__volte.pcapng": {
        "the answer is there in GTP and in fragments": [
            "- other-timeout 408 29f22d59735449fc-27067@10.4.128.21",
            "+ other-ok 200 29f22d59735449fc-27067@10.4.128.21",
        ],
    },
    "seladb__sip_reqs.pcap": {
        "PPPoE is decoded": [
            "+ call-attempt 487 2091060b-146f-e011-809a-0019cb53db77@admind-desktop",
        ],
        "cut in the last header, behind all that is needed": ["+ call-end 291 1-4247@10.0.2.20"],
    },
    "tsytsykvitaliy__SIP.pcap": {
        "packet time: two NOTIFY, 13.6 s apart, are two exchanges": [
            "+ other-ok 200 8qSv-Ytt6Lp40rzTiWKeSgPQUJF3uwqC",
            "+ other-ok 200 aZchsEGYqaUDH3VHN-88n5ptNS6qvGfi",
        ],
        SUBSCRIPTIONS: subscribed(
            "3aso5OVePHzJ7mMCKGPzvic9IFXh6ws1",
            "FXjSoHcQSrd8V1VfFvHkFC-5uo83nuX1",
            "N.527.tkCA-njUu7RaKDmndpZQEdG7WE",
            "QVJmBZhuOiRoXXujnxKySmV8AfzCGVht",
            "dogFh7MYOg28EOkewCW0Lwlt55iBatwI",
            "hZU0caRg2lgVHT3Bg-pJgSvKI9.6o9jK",
            "i5393Uz3QGlfAjypkFfeGx3OC30Zso.f",
            "mZvJpUDO6iWPJ3owUct9Uu70CxwBjp2B",
            "n9pKwhKZKmiO0YVFagPyGYEo93.uPQ8q",
            "qk7WckmZA2nQ6ekbsGbZEpH2RnrhvQWp",
        ),
        "joined midway, both directions are read in the order of their packets": [
            "- auth-failed 401 Ifmz8my2SJdwxVF.HioWYXPFGIPwJPFX",
            "- other-ok 200 Ifmz8my2SJdwxVF.HioWYXPFGIPwJPFX",
            "+ sub-new 200 Ifmz8my2SJdwxVF.HioWYXPFGIPwJPFX",
            "+ sub-del 408 Ifmz8my2SJdwxVF.HioWYXPFGIPwJPFX",
            *["- other-timeout 408 nVLwlqY8sP48.binDHqEL.Wc7VgQk.RX"] * 4,
            "+ reg-new 200 nVLwlqY8sP48.binDHqEL.Wc7VgQk.RX",
            *["- other-timeout 408 sIzllsycc-ZQnEPwGirMBh8hTalPTro4"] * 2,
            "- other-timeout 408 vTBFHQBKktrWUp5iTRjHhw9yB.pr3Hn3",
        ],
    },
}

ORIGINAL = {case["file"]: case["events"] for case in lines_of("original_events.jsonl")}


@pytest.mark.parametrize("path", each((path.name, path) for path in REAL))
def test_events_are_those_of_the_original(path):
    ours = Counter(
        f"{EVENT_NAMES[event.type]} {event.status} {event.call_id.decode()}"
        for event in play(path, force=FORCED).events
        if EVENT_NAMES[event.type] in COMPARED
    )
    theirs = Counter(
        f"{kind} {status} {call_id}"
        for kind, status, call_id in ORIGINAL[path.name]
        if kind in COMPARED
    )
    differing = Counter(
        {f"- {event}": count for event, count in (theirs - ours).items()}
        | {f"+ {event}": count for event, count in (ours - theirs).items()}
    )
    explained = NOT_AS_ORIGINAL.get(path.name, {})
    assert differing == Counter(event for events in explained.values() for event in events)


def test_every_explained_capture_is_there(shared_dir):
    names = {path.name for path in REAL}
    assert names >= NOT_AS_TSHARK.keys() | NOT_AS_ORIGINAL.keys()
    assert {path.name for path in captures("sipp")} >= SIPP.keys()


def told(run):
    return Counter((EVENT_NAMES[event.type], int(event.status)) for event in run.events)


def walk(path):
    """Yield the cursor at each record of a capture."""
    with CaptureFile(path) as capture:
        while capture.read():
            while capture.cursor.next():
                yield capture.cursor


def records(path):
    return sum(1 for _ in walk(path))


def messages(path):
    """Return method or status of the SIP messages that each frame holds or completes."""
    packet, defragmenter, found = Packet(), Defragmenter(), {}
    streams = Streams(PacketCounters({}, []), Endpoints(), Samples())
    for at in walk(path):
        packet.read(at.buffer, at.start, at.end, at.wire, at.linktype, at.timestamp)
        while packet.outcome == FRAGMENT and defragmenter.take(packet.datagram, at.timestamp):
            packet.read_on()
        names = []
        if packet.outcome in (TCP, SCTP):
            streams.take(packet, at.timestamp)
            while streams.next():
                names.append(name_of(streams.packet))
        elif packet.outcome == DECODED and packet.kind == SIP:
            names.append(name_of(packet))
        if any(names):
            found[int(at.number)] = sorted(filter(None, names))
    return found


def name_of(packet):
    """Return method or status of a packet that can be read, else nothing."""
    message = packet.message
    if packet.reason:
        return ""
    return str(int(message.status)) if message.status else message.method_token.decode()
