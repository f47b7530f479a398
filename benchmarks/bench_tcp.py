"""What a segment of TCP costs before SIP is looked for: decoding and order, beside dpkt's decoding.

Both run on the same frames, one after the other; the second run shows the ratio.
"""

import struct

import dpkt
from pytest_benchmark.fixture import BenchmarkFixture

from sipcm.counters import PacketCounters
from sipcm.net.decode import decode
from sipcm.net.packet import TCP, Datagram
from sipcm.net.tcp import NOTHING, PIECE, Reassembly
from sipcm.sip.framing import Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.message import Message

SEGMENTS = 1000
SIZE = 600
BODY = b"v=0\r\n" + b"a=x\r\n" * 60
MESSAGE = (
    b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\n"
    b"From: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1\r\n"
    b"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


def segment(number: int, payload: bytes = b"", flags: int = 0x18) -> bytes:
    tcp = struct.pack("!HHIIBBHHH", 40000, 5060, number, 1, 0x50, flags, 65535, 0, 0) + payload
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0, 1, 2) + tcp
    return bytes(12) + b"\x08\x00" + ip


def frames() -> list[bytes]:
    return [segment(1000 + number * SIZE, bytes(SIZE)) for number in range(SEGMENTS)]


def opened(datagram: Datagram) -> Reassembly:
    """Return a reassembly that has seen the SYN of the frames."""
    tcp = Reassembly(PacketCounters({}, []))
    syn = segment(999, flags=2)
    decode(syn, 0, len(syn), 1, datagram)
    tcp.take(datagram, 0, 0)
    assert tcp.next() == NOTHING
    return tcp


def note(benchmark: BenchmarkFixture, what: str) -> None:
    """Note what one of them took at least, if it was measured."""
    if benchmark.stats:
        benchmark.extra_info[what] = benchmark.stats["min"] / SEGMENTS * 1e9


def test_segments_in_order(benchmark):
    """Decode 1,000 segments and put them in order, called from Python."""
    datagram = Datagram()
    segments = frames()

    def run() -> int:
        tcp = opened(datagram)
        taken = 0
        for frame in segments:
            if decode(frame, 0, len(frame), 1, datagram) == TCP:
                taken += tcp.take(datagram, 0, 0) == PIECE
                tcp.next()
        return taken

    assert benchmark(run) == SEGMENTS
    note(benchmark, "ns per segment")


def test_dpkt(benchmark):
    """Decode the same 1,000 segments with dpkt: ours should take a quarter of it at most."""
    segments = frames()

    def run() -> int:
        return sum(len(dpkt.ethernet.Ethernet(frame).data.data.data) == SIZE for frame in segments)

    assert benchmark(run) == SEGMENTS
    note(benchmark, "ns per segment")


def test_segments_turned_around(benchmark):
    """Put 1,000 segments in order of which every two are turned around."""
    datagram = Datagram()
    segments = frames()
    segments = [segments[at ^ 1] for at in range(SEGMENTS)]

    def run() -> int:
        tcp = opened(datagram)
        given = 0
        for frame in segments:
            decode(frame, 0, len(frame), 1, datagram)
            given += tcp.take(datagram, 0, 0) == PIECE
            while tcp.next() == PIECE:
                given += 1
        return given

    assert benchmark(run) == SEGMENTS
    note(benchmark, "ns per segment")


def test_messages_of_a_stream(benchmark):
    """Cut a message out of each of 1,000 segments in order."""
    datagram = Datagram()
    size = len(MESSAGE)
    segments = [segment(1000 + number * size, MESSAGE) for number in range(SEGMENTS)]

    def run() -> int:
        tcp = opened(datagram)
        framer = Framer(FramingCounters(), Message())
        found = 0
        for frame in segments:
            decode(frame, 0, len(frame), 1, datagram)
            if tcp.take(datagram, 0, 0) == PIECE:
                framer.feed(tcp.buffer, tcp.start, tcp.end)
                while framer.next():
                    found += 1
        return found

    assert benchmark(run) == SEGMENTS
    note(benchmark, "ns per message")
