"""Lines about reassembly, of each segment and of memory."""

import pytest

from sipcm import assemblylog
from sipcm.assemblylog import AssemblyLog
from sipcm.log import Log
from sipcm.pipeline import Pipeline
from sipcm.service import run
from sipcm.settings import Settings
from tests.frames import ALICE, BOB, udp_frame
from tests.harness import capture_of
from tests.segments import CLIENT, SYN, Connection, segment
from tests.servicing import settings
from tests.stage import BEGIN

ENDS = "192.0.2.10:40000 -> 198.51.100.20:5060"


@pytest.fixture
def capture(tmp_path):
    """Return the path of a capture: one datagram, and segments that do not all come in order."""
    connection = Connection()
    frames = [udp_frame(ALICE, BOB, b"\r\n"), *connection.open()]
    first, second = connection.send(b"abc"), connection.send(b"defgh")
    again = first[:22] + b"\x3f" + first[23:]  # another time to live, so that it is no copy
    frames += [second, first, again, *connection.close()]
    path = tmp_path / "tcp.pcap"
    packets = [(BEGIN + at * 10_000_000, frame) for at, frame in enumerate(frames)]
    path.write_bytes(capture_of(packets).getvalue())
    return path


TOLD = [
    f"2: {ENDS} seq 1000 len 0: begins a stream",
    "3: 198.51.100.20:5060 -> 192.0.2.10:40000 seq 5000 len 0: begins a stream",
    f"4: {ENDS} seq 1001 len 0: no data",
    f"5: {ENDS} seq 1004 len 5: ahead of its order; 5 bytes wait for 3",
    f"6: {ENDS} seq 1001 len 3: in order",
    f"7: {ENDS} seq 1001 len 3: holds nothing new",
    f"8: {ENDS} seq 1009 len 0: ends its stream",
    "9: 198.51.100.20:5060 -> 192.0.2.10:40000 seq 5001 len 0: ends its stream",
]


@pytest.mark.parametrize("more", [{}, {"verbose": True}, {"replay": True, "delay_scale": 0.001}])
def test_a_line_a_segment(capture, capsys, more):
    assert run(settings(capture, assembly_debug_log=True, **more), Log()) == 0
    lines = capsys.readouterr().err.splitlines()
    found = [line for line in lines if "assembly: " in line]
    assert found == [f"sipcm: assembly: packet {line}" for line in TOLD]


def test_nothing_where_nobody_asks(capture, capsys):
    assert run(settings(capture), Log()) == 0
    assert "assembly" not in capsys.readouterr().err


def test_a_bad_header():
    pipeline = Pipeline(0, 100)
    log = AssemblyLog(pipeline, Settings({"assembly_debug_log": True}))
    captured = segment(1)[:-1]
    pipeline.lot.packets[0].read(captured, 0, len(captured), len(captured), 1, BEGIN)
    pipeline.streams.take(pipeline.lot.packets[0], BEGIN)
    assert list(log.lines(1)) == [f"assembly: packet 1: {ENDS}: bad header"]


def test_memory_is_told_now_and_then(monkeypatch):
    monkeypatch.setattr(assemblylog, "SEGMENTS", 10)
    monkeypatch.setattr(assemblylog, "STREAMS", 4)
    pipeline = Pipeline(0, 100, dedup=False)
    log = AssemblyLog(pipeline, Settings({"assembly_memuse_log": True}))
    told = []
    for number in range(25):
        ends = (CLIENT[0], 100 + number // 3)
        captured = segment(999, flags=SYN, acknowledged=number, source=ends)
        pipeline.lot.packets[0].read(captured, 0, len(captured), len(captured), 1, BEGIN)
        pipeline._take(pipeline.lot.packets[0], BEGIN)
        told += [(number, line) for line in log.lines(number)]
    assert [number for number, _ in told] == [9, 19, 21]  # 10 and 20 segments, 4 and 8 streams
    assert told[-1][1] == (
        "assembly: 8 streams (at most 8), 0 wait with 0 pieces of 0 bytes (at most 0); "
        "0 evicted, 0 times too much was held"
    )
