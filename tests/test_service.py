"""The service: inputs, sinks, the end of a run, signals and the exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sipcm.errors import ConfigError
from sipcm.log import Log
from sipcm.service import Service, run
from sipcm.settings import Settings
from tests.harness import Packet, capture_of
from tests.servicing import CountedPauses, Stage, settings
from tests.stage import BEGIN, packets

CALL = packets(">INVITE +1 <180 +2 <200 >ACK +30 >BYE <200")
BUSY = packets(">INVITE <486 >ACK", "busy", BEGIN + 33 * 10**9)
STARTED_AND_ENDED = ["call-start", "call-end"]


def serve(*files: Path | str, **values: Any) -> int:
    return run(settings(*files, **values), Log())


def types(lines: str | bytes) -> list[str]:
    """Return the types of the events in *lines* of JSON."""
    return [json.loads(line)["type"] for line in lines.splitlines()]


@pytest.fixture
def write(tmp_path):
    """Write packets to a capture file."""

    def writer(happened: Iterable[Packet], name: str = "call.pcap") -> Path:
        path: Path = tmp_path / name
        path.write_bytes(capture_of(happened).getvalue())
        return path

    return writer


@pytest.fixture
def call(write) -> Path:
    """A capture of one answered call of 30 s."""
    path: Path = write(CALL)
    return path


@pytest.fixture
def target(tmp_path) -> Path:
    """Where events are written."""
    path: Path = tmp_path / "events.json"
    return path


# Inputs


def test_a_file(call, capsys):
    assert serve(call) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Statistics:\n        6 packets")
    assert out.endswith("Capture time: 33s, 0.2 packets/s, 0.2 SIP messages/s\n")
    assert err == ""


def test_several_files_are_one_capture(write, target, capsys):
    parts = [write(CALL[number : number + 1], f"{number}.pcap") for number in range(len(CALL))]
    assert serve(*parts, json=str(target)) == 0
    assert types(target.read_bytes()) == STARTED_AND_ENDED


def test_names_in_one_value_are_split(call, capsys, monkeypatch):
    monkeypatch.chdir(call.parent)
    assert serve("call.pcap  call.pcap") == 0
    assert "       12 packets" in capsys.readouterr().out


def test_standard_input(call):
    with program("-pcap", "-") as running:
        out, err = running.communicate(call.read_bytes(), timeout=60)
    assert (running.returncode, err) == (0, b"")
    assert b"        6 packets" in out


@pytest.mark.parametrize("options", [[], ["-loop", "asyncio"], ["-loop", "uvloop"]])
@pytest.mark.parametrize("half", [0, 24, 100])
def test_a_signal_ends_the_wait_for_standard_input(call, options, half):
    with program("-pcap", "-", "-verbose", *options) as running:
        assert running.stdin is not None
        running.stdin.write(call.read_bytes()[:half])
        wait_until_idle(running)
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=60)
        assert running.stdout is not None
        assert running.stdout.read().startswith(b"Statistics:")
    assert running.returncode == 0


@pytest.mark.parametrize("again", [{"pcap_loop": 2}, {"pcap": ("-", "-")}])
def test_standard_input_is_read_once(again):
    with pytest.raises(ConfigError, match="standard input can be read only once"):
        Service(Settings({"pcap": ("-",), **again}), Log())


def test_a_file_is_read_again(call, capsys):
    assert serve(call, pcap_loop=3) == 0
    assert "       18 packets" in capsys.readouterr().out


def test_a_file_that_is_missing(call, capsys):
    missing = call.with_name("missing.pcap")
    assert serve(missing, call) == 1
    out, err = capsys.readouterr()
    assert err == f"sipcm: error: {missing}: No such file or directory\n"
    assert "        6 packets" in out, "the other files are still read"


def test_what_is_no_capture(call, tmp_path, capsys):
    other = tmp_path / "notes.txt"
    other.write_text("these are 24 bytes or more", encoding="utf-8")
    assert serve(other, call) == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"sipcm: error: {other}: no capture")
    assert err.count("\n") == 1
    assert "        6 packets" in out


def test_a_file_that_is_cut(call, capsys):
    call.write_bytes(call.read_bytes()[:-10])
    assert serve(call) == 0
    out, err = capsys.readouterr()
    assert err.startswith(f"sipcm: warning: {call}: the file ends inside packet 6")
    assert err.count("\n") == 1
    assert "        5 packets" in out


def test_an_empty_capture(write, capsys):
    assert serve(write([]), end_wait=10**9, end_force_timeout=10**9) == 0
    assert "        0 packets" in capsys.readouterr().out


# Events


def test_events_as_json(call, target, capsys):
    assert serve(call, json=str(target)) == 0
    assert types(target.read_bytes()) == STARTED_AND_ENDED
    assert capsys.readouterr().out.startswith("Statistics:")


def test_events_to_standard_output(call, capfd):
    assert serve(call, json="-") == 0
    out, err = capfd.readouterr()
    assert types(out) == STARTED_AND_ENDED
    assert err.startswith("Statistics:")


def test_a_path_that_cannot_be_written(call, tmp_path):
    with pytest.raises(ConfigError, match=f"-json: {tmp_path}: Is a directory"):
        serve(call, json=str(tmp_path))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("count", [2, 500])
def test_a_full_disk_is_told_once_and_the_run_goes_on(write, capsys, count):
    """Few events fail when they are flushed at the end, many before."""
    happened = [packet for number in range(count) for packet in packets(">BYE/b", str(number))]
    assert serve(write(happened), json="/dev/full") == 1
    out, err = capsys.readouterr()
    assert err == "sipcm: error: -json: /dev/full: No space left on device\n"
    assert f"{count:9} packets" in out


def test_a_reader_that_has_gone_ends_the_run(write, tmp_path, capsys):
    """Few events break at the end only, many before."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for count in (2, 3000):
        happened = [packet for n in range(count) for packet in packets(">BYE/b", str(n))]
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        stage = Stage(settings(write(happened), json=str(fifo)))
        os.close(reader)
        stage.read_all()
        assert not stage.intake.failed
        assert stage.outlet.failed
        assert stage.packets() in range(1, 3000)
    assert capsys.readouterr().err.count("its reader has gone; the run ends\n") == 2


@pytest.mark.parametrize("size", [1, 4, 16, 10_000])
def test_every_event_arrives_whatever_the_size_of_the_ring(write, target, capsys, size):
    """One jump of an hour expires many more calls than the ring holds."""
    calls = [packet for number in range(300) for packet in packets(">INVITE <200", str(number))]
    later = packets(">OPTIONS", "later", BEGIN + 2 * 3600 * 10**9)
    path = write([*calls, *later])
    assert serve(path, json=str(target), event_buffer_size=size) == 0
    assert types(target.read_bytes()) == ["call-start"] * 300 + ["call-end"] * 300


@pytest.mark.parametrize("size", [1, 4, 16, 10_000])
def test_the_size_of_the_ring_stops_no_run_without_a_sink(write, capsys, size):
    calls = [packet for number in range(300) for packet in packets(">INVITE <200", str(number))]
    days = packets(">OPTIONS", "later", BEGIN + 3 * 86_400 * 10**9)
    path = write([*calls, *days, *days, *days])
    assert serve(path, event_buffer_size=size) == 0
    assert "      603 packets" in capsys.readouterr().out


def test_what_is_shown(call, capsys):
    assert serve(call, show=("calls", "events")) == 0
    out = capsys.readouterr().out
    assert out.index("Calls: 1\n") < out.index("Events: 2\n") < out.index("Statistics:")


def test_only_what_is_selected_is_written_and_shown(write, target, capsys):
    happened = [
        *packets(">INVITE <200 >ACK +9 <BYE >200", "talk"),
        *packets(">INVITE <486", "busy"),
    ]
    options = {"json": str(target), "show": ("calls", "events"), "end_wait": 60 * 10**9}
    assert serve(write(happened), select="duration > 5 or status = 486", **options) == 0
    assert types(target.read_bytes()) == ["call-end", "call-attempt"]
    out = capsys.readouterr().out
    assert "Calls: 2\n" in out
    assert "Events: 2\n" in out
    assert serve(write(happened), select="status = 999", **options) == 0
    assert target.read_bytes() == b""
    assert "Calls: none\n\nEvents: none\n" in capsys.readouterr().out


def test_a_mistake_in_what_is_selected_is_told_before_anything_is_read(tmp_path, target):
    with pytest.raises(ConfigError, match="-select: "):
        serve(tmp_path / "missing.pcap", select="status =", json=str(target))
    assert not target.exists()


def test_peers_are_read_before_all_else(call, target, tmp_path, capsys):
    peers = tmp_path / "peers"
    peers.write_text("192.0.2.0/24 a\n192.0.2.0/24 b\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^-peers: .*peers line 2: .* is in line 1 already$"):
        serve(call, peers=str(peers), json=str(target))
    assert not target.exists()
    peers.write_text("192.0.2.0/24 a\n", encoding="utf-8")
    assert Service(settings(call, peers=str(peers)), Log()).run.peer(bytes([192, 0, 2, 9])) == "a"


def test_types_that_are_not_kept(call, target, capsys):
    assert serve(call, event_types_blst=("call-end",), json=str(target), show=("events",)) == 0
    assert types(target.read_bytes()) == ["call-start"]
    out = capsys.readouterr().out
    assert out.startswith("Events of these types were not kept for what follows: call-end\n")
    assert "Events: 1\n" in out


def test_events_that_come_too_often(write, target, capsys):
    happened = [packet for number in range(50) for packet in packets(">BYE/b", str(number))]
    options = {"evr_limits": (10, 0, 0), "json": str(target), "show": ("events",)}
    assert serve(write(happened), **options) == 0
    assert types(target.read_bytes()) == ["call-end"] * 11
    out = capsys.readouterr().out
    assert out.startswith("39 events came too often and were left out of what follows\n")
    assert "Events: 11\n" in out
    assert "\nEvents over the limits of rates: 40, 1 of them told, 39 left out\n" in out


def test_what_is_shown_comes_from_the_ring(write, capsys):
    happened = [packet for number in range(50) for packet in packets(">BYE/b", str(number))]
    assert serve(write(happened), show=("events",), event_buffer_size=10) == 0
    assert "Events: 10\n" in capsys.readouterr().out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_lines_that_cannot_be_written_cost_no_run(call):
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(call), "-verbose"]
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, timeout=60, check=False)
    assert ran.returncode == 1
    assert ran.stdout.startswith(b"Statistics:\n        6 packets")


def test_a_line_for_each_packet(call, target, capsys):
    assert serve(call, verbose=True, json=str(target)) == 0
    err = capsys.readouterr().err.splitlines()
    assert [line.split(". ")[0] for line in err] == ["1", "2", "3", "4", "5", "6"]
    assert err[0].endswith("SIP INVITE cseq 1: first invite call-1")
    assert types(target.read_bytes()) == STARTED_AND_ENDED


# The end


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"end_wait": 29 * 10**9}, []),
        ({"end_wait": 30 * 10**9}, [("call-attempt", 486, 30 * 10**9)]),
        ({"end_force_timeout": 10**8}, [("call-attempt", 486, 10**8)]),
        ({"end_force_timeout": 10**8, "end_wait": 60 * 10**9}, [("call-attempt", 486, 10**8)]),
        ({"end_force_timeout": 40 * 10**9}, [("call-attempt", 486, 30 * 10**9)]),
    ],
)
def test_time_at_the_end_of_the_input(write, options, expected):
    ring = Stage(settings(write(BUSY), **options)).read_all().run.pipeline.ring
    begin = BUSY[0][0]
    events = ring.read(0, ring.total)
    assert [("call-attempt", e.status, e.timestamp - begin) for e in events] == expected


def test_a_packet_in_doubt_is_read_at_the_end(write, target):
    happened = [*CALL[:1], *packets(">BYE/b", "later", BEGIN + 10 * 86_400 * 10**9)]
    assert serve(write(happened), json=str(target)) == 0
    assert types(target.read_bytes()) == ["call-end"]


def test_the_end_waits_for_a_slow_sink(write, target):
    calls = [packet for number in range(100) for packet in packets(">INVITE", str(number))]
    assert serve(write(calls), json=str(target), event_buffer_size=4, end_wait=200 * 10**9) == 0
    assert types(target.read_bytes()) == ["call-attempt"] * 100


def test_a_stop_ends_after_the_present_slice(write, target):
    happened = [packet for number in range(5000) for packet in packets(">BYE/b", str(number))]
    path = write(happened)
    stage = Stage(settings(path, path, json=str(target), end_wait=10**9))
    pauses = CountedPauses(stage.stop)
    stage.read_all(pauses)
    assert pauses.count == 1
    assert 0 < stage.packets() < 5000
    assert types(target.read_bytes()) == ["call-end"] * stage.packets()
    assert not stage.intake.failed


# Loops and signals


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_an_event_loop_changes_nothing(write, tmp_path, capsys, loop):
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    path = write([*CALL, *BUSY])
    printed = []
    written = []
    for options in ({}, {"loop": loop}):
        out = tmp_path / "events.json"
        assert serve(path, json=str(out), end_wait=10**11, **options) == 0
        printed.append(capsys.readouterr())
        written.append(out.read_bytes())
    assert printed[0] == printed[1]
    assert written[0] == written[1] != b""


OPTIONS = {name for name in os.environ if name.startswith("SIPCM_")} - {"SIPCM_PURE"}


def program(*arguments: str | Path | int, unbuffered: bool = False) -> subprocess.Popen[bytes]:
    """Start sipcm as a program of its own, connected by pipes."""
    environment = {name: value for name, value in os.environ.items() if name not in OPTIONS}
    environment["PYTHONUNBUFFERED"] = "1" if unbuffered else ""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "sipcm", *map(str, arguments)],
        bufsize=0,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    """Wait until *process* waits for something itself, as it does once it has started."""
    idle, before = 0, ""
    while idle < 5:
        time.sleep(0.05)
        words = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        state, used = words[0], " ".join(words[11:13])  # user and system time, proc(5)
        idle = idle + 1 if (state, used) == ("S", before) else 0
        before = used


OFTEN = 1000


@pytest.fixture
def endless(write) -> list[str | Path | int]:
    """Return the arguments of a run that takes a while and fills its standard output."""
    happened = [packet for n in range(500) for packet in packets(">BYE/b", str(n), BEGIN + n)]
    return ["-pcap", write(happened), "-pcap_loop", OFTEN, "-json", "-"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("options", [[], ["-loop", "asyncio"]], ids=["plain", "asyncio"])
@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_signal_in_the_middle_ends_the_run_well(endless, options, number, unbuffered):
    """What was reported is complete, and the summary tells of it."""
    with program(*endless, *options, unbuffered=unbuffered) as running:
        assert running.stdout is not None
        first = running.stdout.readline()
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 0
    assert err.startswith(b"Statistics:")
    packets_read = int(err.split()[1])
    assert packets_read < 500 * OFTEN
    assert types(first + out) == ["call-end"] * min(packets_read, 500)


@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_reader_that_goes_away(endless, unbuffered):
    """As in ``sipcm -pcap x -json - | head -1``."""
    with program(*endless, unbuffered=unbuffered) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert types(running.stdout.readline()) == ["call-end"]
        running.stdout.close()
        err = running.stderr.read()
        running.wait(timeout=60)
    assert err.startswith(b"Statistics:")
    assert int(err.split()[1]) < 500 * OFTEN
    assert b"Traceback" not in err
    assert b"Exception" not in err


def test_a_pipe_as_standard_input():
    with program("-pcap", "-", "-json", "-") as running:
        out, err = running.communicate(capture_of(CALL).getvalue(), timeout=60)
    assert (running.returncode, types(out)) == (0, STARTED_AND_ENDED)
    assert err.startswith(b"Statistics:\n        6 packets")


def test_a_closed_standard_output(call, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert serve(call) == 0


def test_the_input_is_never_written_over(call):
    before = call.read_bytes()
    with pytest.raises(ConfigError, match="is read by -pcap"):
        Service(settings(call, json=f"{call.parent}/./{call.name}"), Log())
    assert call.read_bytes() == before


def test_what_is_shown_says_how_much_is_missing(call, write, capsys):
    assert serve(call, call, show=("events",), event_buffer_size=4, pcap_loop=2) == 0
    assert capsys.readouterr().out.startswith("Events: 2\n")
    many = [packet for n in range(9) for packet in packets(">BYE/b", str(n), BEGIN + n)]
    assert serve(write(many), show=("events",), event_buffer_size=4) == 0
    assert capsys.readouterr().out.startswith("Only the last 4 of 9 events were kept")


def test_a_terminal_without_unicode_is_no_obstacle(write):
    sample = write(packets(">BYE/b", "gr\u00fc\u00dfe"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(sample), "-show", "calls,events"]
    ran = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    assert rb"gr\xfc\xdfe" in ran.stdout
    assert ran.stderr == b""


def test_a_reader_that_takes_nothing_holds_up_no_signal(write, tmp_path):
    """Three seconds later all is over, and what was lost is told."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    happened = [packet for n in range(500) for packet in packets(">BYE/b", str(n), BEGIN + n)]
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with program("-pcap", write(happened), "-json", fifo) as running:
        wait_until_idle(running)
        assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=60)
    os.close(reader)
    assert running.returncode == 1
    assert out.startswith(b"Statistics:")
    assert b"nobody reads it; the last events are lost" in err


@pytest.mark.parametrize("apart", [0, 0.004, 0.02])
@pytest.mark.parametrize("options", [[], ["-loop", "asyncio"]], ids=["plain", "asyncio"])
def test_a_second_signal_while_stopping_loses_nothing(endless, options, apart):
    with program(*endless, *options) as running, ThreadPoolExecutor(1) as meanwhile:
        assert running.stdout is not None
        running.stdout.readline()
        reading = meanwhile.submit(running.communicate, timeout=60)
        running.send_signal(signal.SIGINT)
        time.sleep(apart)
        running.send_signal(signal.SIGINT)
        out, err = reading.result()
    assert running.returncode == 0
    assert err.startswith(b"Statistics:")
    assert types(out)
