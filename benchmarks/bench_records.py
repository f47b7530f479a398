"""What the walk through a capture file costs, in each format, with blocks fed from memory."""

import gzip
import io
import struct
import sys
from collections.abc import Callable

import pytest

from sipcm.net.capturefile import CaptureFile
from sipcm.net.pcapwriter import PcapWriter

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKETS = 5000


def classic(size: int) -> bytes:
    stream = io.BytesIO()
    writer = PcapWriter(stream)
    for number in range(PACKETS):
        writer.write(number * 1_000_000, bytes(size))
    return stream.getvalue()


def pcapng(size: int) -> bytes:
    header = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
    padding = bytes(-size % 4)
    length = 32 + size + len(padding)
    packets = (
        struct.pack("<7I", 6, length, 0, 0, number * 1000, size, size)
        + bytes(size)
        + padding
        + struct.pack("<I", length)
        for number in range(PACKETS)
    )
    return b"".join([header, interface, *packets])


FORMATS: dict[str, Callable[[int], bytes]] = {
    "pcap": classic,
    "pcapng": pcapng,
    "pcap, gzip": lambda size: gzip.compress(classic(size)),
    "pcap, zstd": lambda size: zstd.compress(classic(size)),
}


@pytest.mark.parametrize("size", [60, 742])
@pytest.mark.parametrize("name", FORMATS)
def test_walk(benchmark, name, size):
    """Open a file in memory and stop at each of its 5,000 packets, called from Python."""
    data = FORMATS[name](size)

    def run() -> int:
        capture = CaptureFile(io.BytesIO(data))
        cursor = capture.cursor
        while capture.read():
            while cursor.next():
                pass
        return int(cursor.number)

    assert benchmark(run) == PACKETS
    if benchmark.stats:
        benchmark.extra_info["ns per packet"] = benchmark.stats["median"] / PACKETS * 1e9
