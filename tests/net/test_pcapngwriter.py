"""The blocks that begin a file, byte for byte."""

import io
import shutil
import subprocess
import sys

import pytest

from sipcm.net.capturefile import CaptureFile
from sipcm.net.pcapngwriter import interface, packet, section
from tests.pcapngwriter import TIME_RESOLUTION, PcapngWriter

BUILDER = PcapngWriter(big=sys.byteorder == "big")


def test_blocks_are_those_of_the_draft():
    body = BUILDER.pack("IHHq", 0x1A2B3C4D, 1, 0, -1)
    assert section("sipcm 1") == BUILDER.block(
        0x0A0D0D0A, body + BUILDER.option(4, b"sipcm 1") + BUILDER.option(0, b"")
    )
    body = BUILDER.pack("HHI", 276, 0, 262144)
    options = BUILDER.option(2, b"any") + BUILDER.option(TIME_RESOLUTION, b"\x09")
    assert interface("any", 276, 262144) == BUILDER.block(
        1, body + options + BUILDER.option(0, b"")
    )


def test_a_file_without_packets_is_one():
    with CaptureFile(io.BytesIO(section("x") + interface("eth0", 1, 65535)), name="x") as capture:
        while capture.read():
            assert not capture.cursor.next()
        assert capture.format == "pcapng"
        assert capture.warning() is None


def test_tshark_reads_it(tmp_path):
    if shutil.which("capinfos") is None:
        pytest.skip("capinfos (tshark) is not installed")
    path = tmp_path / "x.pcapng"
    path.write_bytes(section("sipcm 1") + interface("eth0", 1, 65535))
    ran = subprocess.run(["capinfos", str(path)], capture_output=True, text=True, check=True)
    assert "nanoseconds (9)" in ran.stdout
    assert "sipcm 1" in ran.stdout
    assert "eth0" in ran.stdout


def test_a_packet_is_read_as_it_was_written():
    data = section("x") + interface("eth0", 1, 65535)
    written = [
        (1_700_000_000_123_456_789, b"frame", 5),
        (5, b"cut", 90),
        (4_294_967_295_000_000_001, b"", 0),
    ]
    data += b"".join(packet(*each) for each in written)
    found = []
    with CaptureFile(io.BytesIO(data), name="x") as capture:
        while capture.read():
            cursor = capture.cursor
            while cursor.next():
                frame = cursor.buffer[cursor.start : cursor.end]
                found.append((cursor.timestamp, frame, cursor.wire))
    assert found == written
