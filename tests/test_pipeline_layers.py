"""From fragments, tunnels and copies to events: what the pipeline makes of packets before SIP."""

import struct

import pytest

from sipcm.capturefilter import CaptureFilter
from sipcm.log import Log
from sipcm.net.capturefile import CaptureFile
from sipcm.net.packet import SCTP, TCP
from sipcm.pipeline import Pipeline
from tests.frames import ALICE, BOB, rtp, stun, udp_frame
from tests.harness import Packet, Run, capture_of
from tests.net.encapsulated import ethernet, in_udp, ip4, vlan, vxlan
from tests.net.fragmenting import cuts
from tests.stage import BEGIN, frame, packets, told

MILLISECOND = 1_000_000
CALL = ">INVITE +1 <180 +2 <200 >ACK +7 >BYE <200"


def play(happened: list[Packet], pipeline: Pipeline | None = None, linktype: int = 1) -> Run:
    run = Run(pipeline or Pipeline(0, 1000))
    run.drain()
    with CaptureFile(capture_of(happened, linktype)) as capture:
        while capture.read():
            while run.take(capture.cursor, 7):
                pass
    run.finish("0", "0")
    return run


def counted(run: Run) -> dict[str, int]:
    return {name: n for name, n in run.pipeline.counters.group.values().items() if n}


def fragmented(whole: bytes, number: int, step: int = 104) -> list[bytes]:
    """Cut the IPv4 packet in the Ethernet frame *whole*."""
    payload = whole[34:]
    found = []
    for begin, end, more in cuts(len(payload), step):
        packet = bytearray(whole[:34] + payload[begin:end])
        packet[16:18] = struct.pack("!H", 20 + end - begin)
        packet[18:20] = struct.pack("!H", number)
        packet[20:22] = struct.pack("!H", begin // 8 | (0x2000 if more else 0))
        found.append(bytes(packet))
    return found


def in_fragments(happened: list[Packet]) -> list[Packet]:
    """Cut each packet into fragments, the last of them first."""
    return [
        (time, part)
        for number, (time, whole) in enumerate(happened)
        for part in reversed(fragmented(whole, number + 1))
    ]


def test_a_call_in_fragments():
    plain = play(packets(CALL))
    happened = in_fragments(packets(CALL))
    assert len(happened) > 12
    run = play(happened)
    assert told(run.events) == told(plain.events) == [("call-start", 200), ("call-end", 200)]
    assert [event.timestamp for event in run.events] == [e.timestamp for e in plain.events]
    assert counted(run) == counted(plain) | {
        "total_packets": len(happened),
        "total_size": sum(len(part) for _, part in happened),
        "ip4": len(happened) + 6,
        "ip4_frags": len(happened),
        "ip4_defrag": 6,
    }
    assert run.pipeline.undecoded.group.values() == {"IPv4 fragment": len(happened)}


def test_a_call_in_fragments_in_a_tunnel_in_fragments():
    happened = [
        (time, outer)
        for number, (time, part) in enumerate(in_fragments(packets(CALL)))
        for outer in fragmented(in_udp(4789, vxlan(part)), number + 1, 40)
    ]
    run = play(happened)
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    count = counted(run)
    inner = len(in_fragments(packets(CALL)))
    assert count["ip4_frags"] == len(happened) + inner
    assert count["ip4_defrag"] == inner + 6
    assert (count["udp"], count["parse_ok"]) == (6, 6)


@pytest.mark.parametrize(("protocol", "outcome"), [(6, TCP), (132, SCTP)])
def test_other_transports_in_fragments(protocol, outcome):
    whole = ethernet(0x0800, ip4(bytes(400), protocol))
    pipeline = Pipeline(0, 10)
    run = play([(BEGIN, part) for part in fragmented(whole, 1)], pipeline)
    count = counted(run)
    name = "tcp" if outcome == TCP else "sctp"
    assert (count["ip4_frags"], count["ip4_defrag"], count[name]) == (4, 1, 1)
    assert pipeline.lot.packets[3].outcome == outcome


def test_fragments_wait_in_packet_time():
    first, *rest = fragmented(frame(packets_of_call()[0]), 1)
    late = [(BEGIN, first), *((BEGIN + 31_000_000_000, part) for part in rest)]
    run = play(late)
    assert run.events == []
    assert run.pipeline.defragmenter.group.values()["ip4_timeouts"] == 1


def packets_of_call() -> list[bytes]:
    return [whole[42:] for _, whole in packets(CALL)]


# -- The filter decides once more


@pytest.mark.parametrize(
    ("expression", "followed"),
    [
        ("udp port 5060", True),
        ("udp port 5061", False),
        ("host 192.0.2.10", True),
        ("greater 200", True),
        ("greater 30000", False),
        ("not port 5060", False),
        ("udp[8:4] = 0x494e5649", True),
    ],
)
def test_the_filter_is_asked_about_the_whole(expression, followed):
    wanted = CaptureFilter(expression, Log())
    pipeline = Pipeline(0, 100)
    pipeline.wholes = wanted.wholes
    happened = [
        (time, part)
        for time, part in in_fragments(packets(">INVITE"))
        if wanted.sieve.admits(part, 0, len(part), len(part), 1)
    ]
    run = play(happened, pipeline)
    assert run.pipeline.tracker.begun == followed
    # By itself no fragment tells its length; ports are told by the first, which does not pass.
    assert run.pipeline.defragmenter.filtered.value == (expression == "greater 30000")


def test_an_exact_filter_is_not_asked_again():
    assert CaptureFilter("udp port 5060", Log(), exact=True).wholes is None


def test_a_whole_packet_of_a_link_type_without_filters_is_left_out():
    wanted = CaptureFilter("udp port 5060", Log())
    assert wanted.wholes is not None
    assert not wanted.wholes.admits(bytes(60), 0, 60, 60, 9999)


# -- Copies


def doubled(happened: list[Packet], after: int, *, tagged: bool = False) -> list[Packet]:
    return [
        copy
        for time, whole in happened
        for copy in (
            (time, whole),
            (time + after, ethernet(0x8100, vlan(0x0800, whole[14:])) if tagged else whole),
        )
    ]


@pytest.mark.parametrize("tagged", [False, True])
def test_what_was_captured_twice_is_followed_once(tagged):
    plain = play(packets(CALL))
    run = play(doubled(packets(CALL), 2 * MILLISECOND, tagged=tagged))
    assert told(run.events) == told(plain.events)
    found, expected = counted(run), counted(plain)
    assert found.pop("duplicates") == 6
    assert found.pop("total_packets") == 12
    assert found.pop("total_size") == 2 * expected.pop("total_size") + 24 * tagged
    assert expected.pop("total_packets") == 6
    assert found == expected


def test_copies_can_be_followed_too():
    happened = doubled(packets(CALL), 2 * MILLISECOND)
    run = play(happened, Pipeline(0, 1000, dedup=False))
    assert counted(run)["parse_ok"] == 12
    assert "duplicates" not in counted(run)


def test_retransmissions_are_no_copies():
    happened = doubled(packets(CALL), 500 * MILLISECOND)
    run = play(happened)
    assert counted(run)["parse_ok"] == 12


def test_copies_of_fragments_are_not_put_together_twice():
    run = play(doubled(in_fragments(packets(CALL)), MILLISECOND))
    count = counted(run)
    assert count["duplicates"] == count["ip4_frags"] == count["total_packets"] // 2
    assert (count["ip4_defrag"], count["parse_ok"]) == (6, 6)
    assert run.pipeline.defragmenter.waiting.value == 0


# -- What was seen on the way


def test_every_reason_has_a_sample():
    junk = [rtp(1, 2), stun(), b"INVITE x\r\n\r\n", b"\0\1\2\3"]
    happened = [(BEGIN, frame(payload)) for payload in junk]
    happened += [(BEGIN, frame(b"INVITE sip:a SIP/2.0\r\n\r\n"))]
    happened += doubled([(BEGIN, udp_frame(ALICE, BOB, b"\r\n"))], 0)
    happened += [(BEGIN, b"\0" * 12 + b"\x08\x06" + bytes(28)), (BEGIN, b"")]
    pipeline = play(happened).pipeline
    names = {counter.name for counter in pipeline.samples.by_counter}
    assert names >= {"rtp", "stun", "unknown", "keepalive", "duplicates", "ethertype 0x0806 (ARP)"}
    assert {name for name in names if name.startswith("parse_error")}
    assert all(sample.timestamp == BEGIN for sample in pipeline.samples.by_counter.values())


def test_layers_are_counted():
    happened = [*packets(CALL), (BEGIN + 20 * 10**9, in_udp(4789, vxlan(packets(CALL)[0][1])))]
    run = play(happened)
    rows = {n: v for n, v in run.pipeline.encapsulations.group.values().items() if v}
    assert rows == {
        "Ethernet IPv4 UDP": 6,
        "Ethernet IPv4 UDP VXLAN Ethernet IPv4 UDP": 1,
    }
    count = counted(run)
    assert (count["vxlan"], count["vxlan4"]) == (1, 1)
