"""One line a packet."""

import struct

import pytest

from sipcm.clock import DAY, SECOND
from sipcm.net.capturefile import CaptureFile
from sipcm.pipeline import Pipeline
from sipcm.verbose import packet_line
from tests import sctppackets
from tests.frames import ALICE, BOB, Party, arp_frame, udp_frame
from tests.harness import Packet, capture_of
from tests.segments import Connection
from tests.stage import BEGIN, frame, packets, script
from tests.test_pipeline_layers import in_fragments

ETHERNET = "2023-11-14T22:13:20.000000000Z link 1 [Ethernet"
HEAD = f"{ETHERNET} IPv4 UDP] 192.0.2.10:5060 -> 198.51.100.20:5060 UDP payload len:"
ALICE6, BOB6 = Party("alice", "2001:db8::1"), Party("bob", "2001:db8::2", 5062)


def lines(happened: list[Packet]) -> list[str]:
    pipeline = Pipeline(0, 100)
    found = []
    with CaptureFile(capture_of(happened)) as capture:
        while capture.read():
            while pipeline.run(capture.cursor, 1):
                found.append(packet_line(pipeline, capture.cursor))
    return found


def line(data: bytes) -> str:
    """Return the line of a single packet, without its number."""
    (only,) = lines([(BEGIN, data)])
    number, _, rest = only.partition(". ")
    assert number == "1"
    return rest


def test_the_messages_of_a_call():
    found = lines(packets(">INVITE <180 <200"))
    assert [text.split("UDP payload len: ")[1].split(" ", 1)[1] for text in found] == [
        "SIP INVITE cseq 1: first invite call-1",
        "SIP 180 cseq 1: early dialog call-1",
        "SIP 200 cseq 1: established call-1",
    ]
    assert [text.split(".")[0] for text in found] == ["1", "2", "3"]


def test_segments_and_what_they_complete():
    connection = Connection()
    invite, options = (
        step.payload.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n")
        for step in (*script(">INVITE"), *script(">OPTIONS", "call-2"))
    )
    payloads = [invite[:9], invite[9:], invite + options]
    frames = [*connection.open()[:1], *(connection.send(payload) for payload in payloads)]
    frames.append(sctppackets.packet(sctppackets.chunk(1, options)))
    found = lines([(BEGIN + at * SECOND, data) for at, data in enumerate(frames)])
    assert [text.split(":5060 ", 1)[1] for text in found[:4]] == [
        "TCP begins a stream",
        "TCP in order",
        "TCP in order; SIP INVITE cseq 1: first invite call-1, begun 1s before",
        "TCP in order; completes 2 messages, the last: SIP OPTIONS cseq 1: initial non-invite call-2",
    ]
    assert found[4].endswith(" SCTP; SIP OPTIONS cseq 1: initial non-invite call-2")


LINES = [
    (frame(b""), f"{HEAD} 0 keepalive"),
    (frame(b"what?"), f"{HEAD} 5 unknown"),
    (frame(b"INVITE x\r\n\r\n"), f"{HEAD} 12 unknown"),
    (
        frame(b"INVITE sip:a\x1b[2J\r\n\r\n"),
        f"{HEAD} 20 SIP, parse error at 16: bad start line: \\r\\n\\r\\n",
    ),
    (frame(b"OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\n\r\n"), f"{HEAD} 37 SIP OPTIONS: not tracked"),
    (arp_frame(ALICE, BOB), f"{ETHERNET}] not decoded: ethertype 0x0806 (ARP)"),
    (
        bytes(12) + b"\x08\x00" + struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0, 64, 1, 0)
        + ALICE.address + BOB.address + bytes(8),
        f"{ETHERNET} IPv4] 192.0.2.10:0 -> 198.51.100.20:0 not decoded: ip protocol 1 (ICMP)",
    ),
    (
        udp_frame(ALICE6, BOB6, b"\r\n"),
        f"{ETHERNET} IPv6 UDP] [2001:db8::1]:5060 -> [2001:db8::2]:5062 UDP payload len: 2 keepalive",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), LINES)
def test_lines(data, expected):
    assert line(data) == expected


def test_nothing_in_a_message_moves_the_cursor():
    (step,) = script(">OPTIONS", "call\x1b[2J-1")
    assert line(frame(step.payload)).endswith(
        "SIP OPTIONS cseq 1: initial non-invite call\\x1b[2J-1"
    )


def test_a_packet_whose_time_is_in_doubt_waits():
    happened = [*packets(">OPTIONS"), *packets(">OPTIONS", "2", BEGIN + 2 * DAY)]
    assert lines(happened)[1] == (
        "2. 2023-11-16T22:13:20.000000000Z link 1 [Ethernet IPv4 UDP] 192.0.2.10:5060 -> "
        "198.51.100.20:5060 UDP payload len: 199 "
        "SIP OPTIONS: its time leaps: waits for the next packet"
    )


def test_a_packet_that_was_captured_twice():
    [(time, data)] = packets(">OPTIONS")
    found = lines([(time, data), (time + 1, data)])
    assert found[0].endswith("SIP OPTIONS cseq 1: initial non-invite call-1")
    assert found[1].endswith("192.0.2.10:5060 -> 198.51.100.20:5060 not followed: captured twice")


def test_the_fragment_that_completes_a_packet_shows_it():
    found = [text.split("] ")[1] for text in lines(in_fragments(packets(">OPTIONS")))]
    part = "192.0.2.10:0 -> 198.51.100.20:0 not decoded: IPv4 fragment"
    whole = "192.0.2.10:5060 -> 198.51.100.20:5060 UDP payload len: 204 SIP OPTIONS cseq 1: "
    assert found == [part, part, f"{whole}initial non-invite call-1"]
