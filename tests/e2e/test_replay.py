"""The same packets in every form and at every pace, through the program: the same bytes come out."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from sipcm.net.capturefile import CaptureFile
from tests.corpus import is_readable
from tests.harness import Packet, capture_of
from tests.pcapngwriter import PcapngWriter
from tests.samples import demo

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.no_cover

MICROSECOND = 1000


def pcap(packets: list[Packet]) -> bytes:
    return capture_of(packets).getvalue()


def pcapng(packets: list[Packet]) -> bytes:
    writer = PcapngWriter()
    parts = [writer.section(), writer.interface()]
    parts += [writer.enhanced(time // MICROSECOND, frame) for time, frame in packets]
    return b"".join(parts)


FORMS: dict[str, Callable[[list[Packet]], bytes]] = {
    "pcap": pcap,
    "pcapng": pcapng,
    "pcap.gz": lambda packets: gzip.compress(pcap(packets)),
    "pcapng.zst": lambda packets: zstd.compress(pcapng(packets)),
}

PACES = {
    "scaled": ["-replay", "-delay_scale", "0.01"],
    "bounded": ["-replay", "-min_delay", "1ms", "-max_delay", "2ms"],
    "on an event loop": ["-loop", "asyncio"],
}


def events(*arguments: str | Path, given: bytes = b"") -> bytes:
    """Return what the program writes as JSON."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "sipcm", *map(str, arguments), "-json", "-"],
        input=given,
        capture_output=True,
        timeout=60,
        check=True,
    )
    told, statistics, _ = done.stderr.partition(b"Statistics:")
    assert statistics, done.stderr
    warned = told.count(b"allows; 0,0,0 tells all")
    assert told.count(b"\n") == warned == (b"over the limits" in done.stderr)
    return done.stdout


def packets_of(path: Path) -> list[Packet]:
    """Return the packets of a capture of one link type."""
    found = []
    with CaptureFile(path) as capture:
        cursor = capture.cursor
        while capture.read():
            while cursor.next():
                found.append((cursor.timestamp, cursor.buffer[cursor.start : cursor.end]))
    return found


@pytest.fixture(scope="module")
def traffic() -> list[Packet]:
    return list(demo().packets())


@pytest.fixture(scope="module")
def expected(traffic, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("replay") / "plain.pcap"
    path.write_bytes(pcap(traffic))
    return events("-pcap", path)


def test_something_happens(expected):
    assert expected.count(b"\n") == 30


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_bytes(traffic, expected, tmp_path, form):
    data = FORMS[form](traffic)
    path = tmp_path / f"traffic.{form}"
    path.write_bytes(data)
    assert events("-pcap", path) == expected
    assert events("-pcap", "-", given=data) == expected


@pytest.mark.parametrize("pace", PACES)
def test_every_pace_gives_the_same_bytes(traffic, expected, tmp_path, pace):
    path = tmp_path / "traffic.pcap"
    path.write_bytes(pcap(traffic))
    assert events("-pcap", path, *PACES[pace]) == expected


@pytest.mark.parametrize("pace", PACES)
def test_so_it_is_with_limits_of_rates(traffic, expected, tmp_path, pace):
    path = tmp_path / "traffic.pcap"
    path.write_bytes(pcap(traffic))
    limits = ["-evr_limits", "1,1,1", "-evr_conseq_report_min", "2"]
    plain = events("-pcap", path, *limits)
    assert events("-pcap", path, *limits, *PACES[pace]) == plain
    assert 8 < plain.count(b"\n") < expected.count(b"\n")
    assert b'"rate":' in plain


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "step", [pytest.param(4, id="some"), pytest.param(1, id="all", marks=pytest.mark.soak)]
)
def test_real_traffic_at_every_pace(shared_dir, step):
    """Captures that a hundredth of their time makes short enough to be replayed."""
    replayed = 0
    for path in sorted((shared_dir / "captures/sip").iterdir())[::step]:
        if not is_readable(path) or path.stat().st_size > 300_000:
            continue
        times = [time for time, _ in packets_of(path)]
        longest = max((after - before for before, after in pairwise(times)), default=0)
        if times and sum(times[-1:]) - times[0] < 20 * 10**9 and longest < 60 * 10**9:
            plain = events("-pcap", path)
            assert events("-pcap", path, *PACES["scaled"]) == plain, path.name
            replayed += 1
    assert replayed > 12 / step
