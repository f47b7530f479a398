"""What the walk through a capture file costs: alone, and with blocks fed from memory."""

import io

import pytest

from sipcm.net.pcapfile import PcapFile
from sipcm.net.pcapwriter import PcapWriter

PACKETS = 5000


def sample(size: int) -> bytes:
    stream = io.BytesIO()
    writer = PcapWriter(stream)
    for number in range(PACKETS):
        writer.write(number * 1_000_000, bytes(size))
    return stream.getvalue()


@pytest.mark.parametrize("size", [60, 742])
def test_walk(benchmark, size):
    """Open a file in memory and stop at each of its 5,000 packets, called from Python."""
    data = sample(size)

    def run() -> int:
        capture = PcapFile(io.BytesIO(data))
        cursor = capture.cursor
        while capture.read():
            while cursor.next():
                pass
        return int(cursor.number)

    assert benchmark(run) == PACKETS
    benchmark.extra_info["ns per packet"] = benchmark.stats["median"] / PACKETS * 1e9
