"""What decoding a frame costs: the flat fast path, and the general one by encapsulation."""

import struct

import pytest

from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram

FRAMES = 1000
UDP = struct.pack("!HHHH", 5060, 5080, 708, 0) + b"x" * 700
IPV4 = struct.pack("!BBHHHBBHII", 0x45, 0, 728, 1, 0, 64, 17, 0, 1, 2) + UDP
IPV6 = struct.pack("!IHBB", 6 << 28, 708, 17, 64) + bytes(32) + UDP
MACS = bytes(12)

CASES = {
    "ethernet-ipv4": (1, MACS + b"\x08\x00" + IPV4),
    "ethernet-ipv6": (1, MACS + b"\x86\xdd" + IPV6),
    "vlan-ipv4": (1, MACS + b"\x81\x00\x00\x01\x08\x00" + IPV4),
    "sll-ipv4": (113, bytes(14) + b"\x08\x00" + IPV4),
}


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
