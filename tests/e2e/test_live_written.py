"""What is captured goes into a file too, on a disk that fills up.

It is the live capture whose lines are measured, of the program as a whole.
"""

import os
import subprocess
from pathlib import Path

import pytest

from sipcm.net.capturefile import CaptureFile
from tests.e2e.live import Live, pages_of
from tests.e2e.network import cable
from tests.e2e.sipp import need
from tests.e2e.test_live_faults import LIMITS, sent, whole_calls
from tests.e2e.test_sipp import events_of
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def net():
    need("curl")
    with cable() as made:
        yield made


def test_a_full_disk_costs_packets_of_the_file_and_no_more(net, tmp_path):
    """The file lies on a file system of 4 MB, which others fill and empty."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be made: {mounted.stderr.decode().strip()}")
    try:
        written = disk / "written.pcapng"
        filler = disk / "filler"
        with Live(net, tmp_path, "-i", "near", "-w", written, *LIMITS).ready() as live:
            calls = sent(net, 1000, 1)["calls"]
            live.settle()
            filler.write_bytes(bytes(2_500_000))
            calls += sent(net, 2000, 2)["calls"]
            why = "packets are not written: No space left on device"
            live.wait_for_line(f"{why}; capture goes on")
            assert live.page("/health")["reasons"] == [f"-w: {written}: {why}"]
            live.settle()
            before = live.counters("write")
            assert before["lost"] > 0
            filler.unlink()
            calls += sent(net, 500, 1)["calls"]
            live.wait_until(
                lambda: live.counters("write")["packets"] > before["packets"], "packets written"
            )
            live.settle()
            kept = live.counters("write")
            received = live.source()["received"]
            assert live.end() == 1  # something that was asked for was not done
        whole_calls(live, {}, calls)
        read = events_of(written)
        assert 0 < len(read) < len(live.events())
        assert kept["packets"] + kept["lost"] <= received
        summary = live.out_path.read_text(encoding="utf-8")
        assert f"\nNot written: {kept['lost']} packets to -w {written}\n" in summary
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_reader_that_takes_nothing_holds_up_no_signal(net, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with Live(net, tmp_path, "-i", "near", "-w", fifo, *LIMITS).ready() as live:
        calls = sent(net, 1000, 1)["calls"]
        live.settle()
        assert live.end() == 1
    os.close(reader)
    whole_calls(live, {}, calls)
    [told] = pages_of(live.log())
    assert told.startswith(f"sipcm: error: -w: {fifo}: it takes nothing and is not waited for")
    assert live.out_path.read_text(encoding="utf-8").startswith("Statistics:")


def test_a_reader_is_waited_for_and_told_of_while_the_capture_goes_on(net, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with Live(net, tmp_path, "-i", "near", "-w", fifo, *LIMITS).ready() as live:
        live.wait_for_line(f"-w: {fifo}: waiting until somebody reads it")
        calls = sent(net, 1000, 1)["calls"]
        live.settle()
        with (tmp_path / "read.pcapng").open("wb") as read:
            reader = subprocess.Popen(["cat", str(fifo)], stdout=read)
            live.wait_until(lambda: live.counters("write")["packets"] > 0, "packets written")
            assert live.end() == 0
            assert reader.wait(PATIENCE) == 0
    whole_calls(live, {}, calls)
    assert events_of(tmp_path / "read.pcapng") == live.events()


def test_a_file_that_cannot_be_removed_costs_no_packet(net, tmp_path):
    """Not even root can unlink what has become a folder."""
    kept = tmp_path / "kept"
    kept.mkdir()
    options = ("-w", kept / "x.pcapng", "-w_max_mb", 1, "-w_max_files", 1)
    with Live(net, tmp_path, "-i", "near", *options, *LIMITS).ready() as live:
        wait_until(lambda: any(kept.iterdir()), "the first file")
        [first] = kept.iterdir()
        first.rename(tmp_path / "first.pcapng")
        first.mkdir()
        sent(net, 2000, 2)
        live.wait_for_line(f"-w_max_files: {first} cannot be removed: Is a directory")
        live.settle()
        received = live.source()["received"]
        assert live.end() == 0
    [news] = pages_of(live.log())
    assert "writing goes on" in news
    [stays, newest] = sorted(kept.iterdir())
    assert (stays, newest.is_file()) == (first, True)
    written = [packets_of(path) for path in (tmp_path / "first.pcapng", newest)]
    assert min(written) > 0
    assert sum(written) <= received


def packets_of(path: Path) -> int:
    """Return how many packets a file has, all of it whole."""
    with CaptureFile(path) as capture:
        found = 0
        while capture.read():
            while capture.cursor.next():
                found += 1
        assert capture.warning() is None
    return found
