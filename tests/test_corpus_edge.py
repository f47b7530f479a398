"""The hand-made captures, a case each: the events that we want, by type and status.

The timers are cut at the end as they were when the original was observed. What is expected stands
beside the captures; where that leaves the judgement to us, it stands here, with the reason.
"""

from collections import Counter

import pytest

from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import AUTH_FAILED, MSG_PROBE
from tests.corpus import CAPTURES, each, lines_of
from tests.harness import FORCED, play

pytestmark = pytest.mark.no_cover

ATTEMPT = ("call-attempt", 408)
PROBE = ("msg-probe", 0)
BROKEN = ("parse-error", 0)

JUDGED = {
    "ev_flood.pcap": (
        [PROBE] * 500 + [("auth-failed", 401)] * 60,
        "rates are not limited for files, so every event of the flood is told",
    ),
    "l_eth_pad.pcap": ([], "the CRLF is a keep-alive; what follows it is padding of Ethernet"),
    "l_ip6_frag.pcap": ([], "the rest of the datagram never comes, so nobody received a message"),
    "l_udp_trunc.pcap": ([BROKEN], "cut in the CSeq, without which no call is followed"),
    "pkt_bad_contact.pcap": ([ATTEMPT], "a Contact that is not closed says nothing of the call"),
    "pkt_bad_hdr_line.pcap": ([ATTEMPT] * 2, "a line without colon; all that is needed is there"),
    "pkt_clen_huge.pcap": ([ATTEMPT] * 3, "over UDP the datagram bounds the body (18.3)"),
    "pkt_double_space_fl.pcap": ([ATTEMPT], "two spaces in the start line are read as one"),
    "pkt_no_empty_line.pcap": ([ATTEMPT], "the headers are whole, only the empty line is missing"),
    "pkt_probes.pcap": (
        [PROBE] * 5,
        "the texts and the HTTP; not CRLF, NUL, empty and jaK (keep-alives), not STUN, not RTP",
    ),
    "pkt_status_1xx_weird.pcap": (
        [BROKEN, BROKEN, ("call-attempt", 999), ("call-attempt", 700)],
        "000 and 099 are no status codes; above 699 every one is a failure, as x00 of its class",
    ),
    "pkt_trunc_mid_hdr.pcap": ([BROKEN], "cut in the Call-ID, without which no call is followed"),
    "reg_bad_contact.pcap": (
        [("reg-new", 200), ("reg-expired", 200)],
        "the registrar bound the contact, whatever its scheme (RFC 3261 10.3 names none)",
    ),
    "tcp_badmsg.pcap": (
        [BROKEN, ("other-timeout", 408)],
        "HTTP on the port of SIP; the request after it is read",
    ),
    "tcp_badmsg2.pcap": (
        [BROKEN, ("other-timeout", 408)],
        "garbage; the request after it is read",
    ),
    "tcp_gap_in_hdr.pcap": (
        [BROKEN, ("call-start", 200), ("call-end", 408), ("other-timeout", 408)],
        "the INVITE is torn before its Call-ID; what comes after the gap is read",
    ),
    "tcp_hdr_17000.pcap": (
        [ATTEMPT, ("other-timeout", 408)],
        "the headers that tracking needs come before the one that is too long; what follows is read",
    ),
    "tcp_midstream.pcap": (
        [("call-start", 200), ("call-end", 200)],
        "both directions in the order of their packets",
    ),
    "tcp_midstream_mid_msg.pcap": (
        [("call-end", 291), ("other-timeout", 408)],
        "the rest of an INVITE is skipped; the BYE behind it comes before the 200",
    ),
    "tcp_noclen.pcap": (
        [("call-start", 200), ("call-end", 408), ("other-timeout", 408)],
        "a message without Content-Length ends with its segment",
    ),
    "tcp_nosyn_nofin.pcap": (
        [("call-start", 200), ("call-end", 200)],
        "both directions in the order of their packets",
    ),
    "v_status999.pcap": ([("call-attempt", 999)], "a failure, and no reason to fall over"),
    "v_userpass.pcap": ([BROKEN], "a start line alone is no message; the CRLF is a keep-alive"),
}

CASES = {case["file"]: case for case in lines_of("edge/expected.jsonl")}


def told(name):
    """Play a capture and return its events by type and status, counted."""
    run = play(CAPTURES / "edge" / name, force=FORCED)
    assert run.warnings == []
    assert run.pipeline.tracker.calls.active.value == 0
    return Counter((EVENT_NAMES[event.type], int(event.status)) for event in run.events)


def expected(case):
    if case["class"] == "judge":
        return JUDGED[case["file"]][0]
    return [(kind, status) for kind, status in case["expected"]]


@pytest.mark.parametrize("case", each((name, CASES[name]) for name in CASES))
def test_events(case):
    assert told(case["file"]) == Counter(expected(case))


def test_a_flood_with_limits(shared_dir):
    """What the original tells of it: the numbers of the events, how many in a row, since the last.

    It runs on the clock of the machine and these are of packet time, but a flood is one in both.
    """
    run = play(CAPTURES / "edge/ev_flood.pcap", force=FORCED, limits=(20, 240, 3600))
    probes = [event for event in run.events if event.type == MSG_PROBE]
    failed = [event for event in run.events if event.type == AUTH_FAILED]
    assert len(probes) == 20 + 4
    notes = [event.rate for event in probes if event.rate is not None]
    assert [note.exceeded for note in notes] == [False] * 20 + [True] * 4
    assert [note.count for note in notes[20:]] == [1, 100, 200, 400]
    assert [note.suppressed for note in notes[20:]] == [0, 98, 99, 199]
    assert [note.value for note in notes[20:]] == [21, 120, 220, 420]
    assert [event.timestamp - probes[0].timestamp for event in probes[20:]] == pytest.approx(
        [20_000_000, 119_000_000, 219_000_000, 419_000_000], abs=2_000_000
    )
    assert [event.rate.count for event in failed if event.rate] == [0] * 20 + [1]
    counted = run.pipeline.ring.rates.group.values()
    assert (counted["total_events"], counted["blst_rate"], counted["blst_sent"]) == (560, 520, 5)


def test_every_case_is_decided(shared_dir):
    judged = {name for name, case in CASES.items() if case["class"] == "judge"}
    assert judged == JUDGED.keys()
