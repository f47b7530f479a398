"""Written files: read back by us and by dpkt."""

import io
from typing import Any

import dpkt
import pytest

from sipcm.net.capturefile import CaptureFile
from sipcm.net.pcapheader import parse_header
from sipcm.net.pcapwriter import PcapWriter

NS = 1_700_000_000_123_456_789
PACKETS = [(NS, b"first", None), (NS + 1, b"", None), (NS + 10**9, b"cut here", 1500)]


def written(**options: Any) -> io.BytesIO:
    stream = io.BytesIO()
    writer = PcapWriter(stream, **options)
    for timestamp, data, wire in PACKETS:
        writer.write(timestamp, data, wire)
    stream.seek(0)
    return stream


@pytest.mark.parametrize("nanoseconds", [True, False])
def test_we_read_what_we_write(nanoseconds):
    stream = written(linktype=101, snaplen=6, nanoseconds=nanoseconds)
    header = parse_header(stream.getvalue())
    capture = CaptureFile(stream)
    cursor = capture.cursor
    assert (header.linktype, header.snaplen, header.version) == (101, 6, (2, 4))
    assert (header.big, header.nanoseconds, header.modified) == (False, nanoseconds, False)
    seen = []
    while capture.read():
        while cursor.next():
            data = cursor.buffer[cursor.start : cursor.end]
            seen.append((cursor.timestamp, data, cursor.wire))
    unit = 1 if nanoseconds else 1000
    assert seen == [
        (NS // unit * unit, b"first", 5),
        ((NS + 1) // unit * unit, b"", 0),
        ((NS + 10**9) // unit * unit, b"cut he", 1500),
    ]
    assert capture.warning() is None


@pytest.mark.parametrize("nanoseconds", [True, False])
def test_dpkt_reads_what_we_write(nanoseconds):
    reader = dpkt.pcap.Reader(written(nanoseconds=nanoseconds))
    assert (reader.datalink(), reader.snaplen) == (1, 262144)
    packets = list(reader)
    assert [data for _, data in packets] == [data for _, data, _ in PACKETS]
    unit = 10 ** (9 if nanoseconds else 6)
    for (time, _), (timestamp, _, _) in zip(packets, PACKETS, strict=True):
        assert round(time * unit) == pytest.approx(timestamp * unit // 10**9, abs=1)


def test_data_beyond_the_snaplen_is_cut_and_its_length_kept():
    stream = io.BytesIO()
    PcapWriter(stream, snaplen=4).write(NS, b"eight by")
    assert stream.getvalue()[24 + 8 :] == b"\x04\0\0\0\x08\0\0\0eigh"


def test_the_file_header_is_there_before_any_packet():
    stream = io.BytesIO()
    PcapWriter(stream)
    assert len(stream.getvalue()) == 24
