"""What decoding a frame costs: the flat fast path, the general one by encapsulation, and dpkt.

Beside it what fragments and copies cost: a packet of two fragments that is put together, a packet
that is remembered, and one that is known.
"""

import struct

import dpkt
import pytest

from sipcm.net.copies import WINDOW, Copies
from sipcm.net.decode import decode
from sipcm.net.defrag import Defragmenter
from sipcm.net.packet import DECODED, Datagram

FRAMES = 1000


def udp(port: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", 5060, port, 8 + len(payload), 0) + payload


def ipv4(payload: bytes, protocol: int = 17, fragment: int = 0, number: int = 1) -> bytes:
    size = 20 + len(payload)
    head = struct.pack("!BBHHHBBHII", 0x45, 0, size, number, fragment, 64, protocol, 0, 1, 2)
    return head + payload


UDP = udp(5080, b"x" * 700)
IPV4 = ipv4(UDP)
IPV6 = struct.pack("!IHBB", 6 << 28, 708, 17, 64) + bytes(32) + UDP
MACS = bytes(12)

CASES = {
    "ethernet-ipv4": (1, MACS + b"\x08\x00" + IPV4),
    "ethernet-ipv6": (1, MACS + b"\x86\xdd" + IPV6),
    "vlan-ipv4": (1, MACS + b"\x81\x00\x00\x01\x08\x00" + IPV4),
    "sll-ipv4": (113, bytes(14) + b"\x08\x00" + IPV4),
    "pppoe-ipv4": (1, MACS + b"\x88\x64\x11\0\0\7\x02\xda\0\x21" + IPV4),
    "gre-ipv4": (1, MACS + b"\x08\x00" + ipv4(b"\0\0\x08\0" + IPV4, 47)),
    "vxlan-ethernet-ipv4": (
        1,
        MACS + b"\x08\x00" + ipv4(udp(4789, b"\x08" + bytes(7) + MACS + b"\x08\x00" + IPV4)),
    ),
}
"""Link type and frame; dpkt is asked for those of Ethernet without tunnels in UDP."""


@pytest.mark.parametrize(("linktype", "frame"), CASES.values(), ids=CASES)
def test_decode(benchmark, linktype, frame):
    """Decode 1,000 frames that lie one after the other, called from Python."""
    size = len(frame)
    block = frame * FRAMES
    datagram = Datagram()

    def run() -> int:
        decoded = 0
        for start in range(0, size * FRAMES, size):
            decoded += decode(block, start, start + size, linktype, datagram) == DECODED
        return decoded

    assert benchmark(run) == FRAMES
    if benchmark.stats:
        benchmark.extra_info["ns per packet"] = benchmark.stats["median"] / FRAMES * 1e9


@pytest.mark.parametrize("frame", [CASES[name][1] for name in list(CASES)[:3]], ids=list(CASES)[:3])
def test_dpkt(benchmark, frame):
    """Let dpkt decode as many of the same frames."""

    def run() -> int:
        decoded = 0
        for _ in range(FRAMES):
            decoded += bool(dpkt.ethernet.Ethernet(frame).data.data.data)
        return decoded

    assert benchmark(run) == FRAMES
    if benchmark.stats:
        benchmark.extra_info["ns per packet"] = benchmark.stats["median"] / FRAMES * 1e9


def test_two_fragments(benchmark):
    """Put packets of two fragments together, decoding of the fragments included."""
    halves = [ipv4(UDP[:400], fragment=0x2000), ipv4(UDP[400:], fragment=50)]
    frames = [MACS + b"\x08\x00" + half for half in halves]
    datagram = Datagram()
    defragmenter = Defragmenter()

    def run() -> int:
        whole = 0
        for _ in range(FRAMES):
            for frame in frames:
                decode(frame, 0, len(frame), 1, datagram)
                whole += defragmenter.take(datagram, 0)
        return whole

    assert benchmark(run) == FRAMES
    if benchmark.stats:
        benchmark.extra_info["ns per packet"] = benchmark.stats["median"] / FRAMES * 1e9


@pytest.mark.parametrize("step", [0, WINDOW + 1], ids=["known", "remembered"])
def test_copies(benchmark, step):
    """Ask for one packet again and again, of which all are copies, or none."""
    frame = CASES["ethernet-ipv4"][1]
    datagram = Datagram()
    decode(frame, 0, len(frame), 1, datagram)
    copies = Copies()

    def run() -> int:
        copies.repeats(datagram, 0)
        return sum(copies.repeats(datagram, step * number) for number in range(1, FRAMES))

    assert benchmark(run) >= (FRAMES - 2 if step == 0 else 0)
    if benchmark.stats:
        benchmark.extra_info["ns per packet"] = benchmark.stats["median"] / FRAMES * 1e9
