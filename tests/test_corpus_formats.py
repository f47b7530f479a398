"""Captures of others in all formats: each is read or named, and holds what tshark sees in it."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from sipcm.errors import CaptureError
from sipcm.net.capturefile import CaptureFile
from tests.corpus import captures, is_readable
from tests.tables import faults

pytestmark = pytest.mark.no_cover

ALL = captures("sip", "robust", "edge", "sipp")


def walk(capture):
    """Return the times of all packets."""
    times = []
    while capture.read():
        while capture.cursor.next():
            times.append(int(capture.cursor.timestamp))
    return times


def independent_count(data: bytes) -> int:
    """Walk the records of a classic file by struct alone."""
    order = ">" if data[:2] == b"\xa1\xb2" else "<"
    (minor,) = struct.unpack_from(f"{order}6xH", data)
    header = 24 if struct.unpack_from(f"{order}I", data)[0] == 0xA1B2CD34 else 16
    at, packets = 24, 0
    while at + header <= len(data):
        captured, wire = struct.unpack_from(f"{order}8xII", data, at)
        captured = (wire, min(captured, wire), captured)[min(max(minor - 2, 0), 2)]
        at += header + captured
        packets += captured <= 262144 and at <= len(data)
        if captured > 262144:
            break
    return packets


def test_each_is_walked_to_its_end_or_named(shared_dir):
    assert len(ALL) > 200
    assert faults(check_walk, ((str(path), path) for path in ALL)) == {}


def check_walk(path: Path) -> None:
    try:
        capture = CaptureFile(path)
    except CaptureError as refusal:
        words = str(refusal)
    else:
        words = ""
        with capture:
            packets = len(walk(capture))
        finished = capture.cursor.unread() == 0
        assert finished is (capture.warning() is None)
        if capture.format == "pcap":
            assert packets == independent_count(path.read_bytes())
    netmon = path.read_bytes().startswith(b"GMBU")
    assert words.startswith(
        f"{path}: this is a Microsoft Network Monitor 2 file: " if netmon else ""
    )
    assert bool(words) is netmon


OVERFLOWS = "a fraction of minutes, which overflows there"
DAMAGED = "nothing is told of a damaged file"
NOT_AS_WIRESHARK = {
    "google__2_test201.pcapng": "a simple packet has no time: the whole file has none there",
    "oisf__tls_DER-incomplete-header.pcap": DAMAGED,
    "seladb__clusterfuzz-testcase-minimized-FuzzTarget-5114733584449536": OVERFLOWS,
    "seladb__clusterfuzz-testcase-minimized-FuzzTarget-5204104585674752": DAMAGED,
    "seladb__clusterfuzz-testcase-minimized-FuzzTarget-5468403752632320": OVERFLOWS,
    "seladb__clusterfuzz-testcase-minimized-FuzzTarget-5685520970809344": "bits that are reserved",
    "seladb__clusterfuzz-testcase-minimized-FuzzTarget-5755755617189888": DAMAGED,
    "seladb__clusterfuzz-testcase-minimized-FuzzTarget-5766899836387328": "it guesses the layout",
    "seladb__clusterfuzz-testcase-minimized-FuzzTarget-6604968558198784": OVERFLOWS,
    "seladb__crash-eec28dafde1f1ac2299674a75a914ae16d4046fa": DAMAGED,
    "the-tcpdump-gr__brcm-tag-stp.pcap": "it does not know the link type",
}
"""What capinfos tells otherwise of damaged and odd files."""

Told = tuple[int, int | None, int | None]
"""How many packets there are, and the earliest and the latest time."""


def capinfos() -> dict[str, Told]:
    """Return what capinfos tells of each file that it can read."""
    paths = map(str, captures("sip", "robust"))
    command = ["capinfos", "-T", "-m", "-r", "-c", "-a", "-e", "-S", *paths]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    told = {}
    for line in lines:
        name, packets, earliest, latest = line.rsplit(",", 3)
        told[name] = (int(packets), nanoseconds(earliest), nanoseconds(latest))
    return told


def nanoseconds(text: str) -> int | None:
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0")) if fraction else None


READABLE = [path for path in captures("sip", "robust") if is_readable(path)]


@pytest.mark.skipif(shutil.which("capinfos") is None, reason="capinfos is not installed")
def test_packets_and_times_are_those_that_wireshark_reads(shared_dir):
    assert len(READABLE) > 100
    theirs = capinfos()

    def check(path: Path) -> None:
        with CaptureFile(path) as capture:
            times = walk(capture)
        ours = (len(times), min(times, default=None), max(times, default=None))
        assert (theirs.get(str(path)) == ours) is (path.name not in NOT_AS_WIRESHARK)

    assert faults(check, ((str(path), path) for path in READABLE)) == {}
