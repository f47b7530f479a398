"""Files of what was captured: whole, one after the other, and in spite of a disk that is full."""

import errno
import fcntl
import io
import os
import struct
import termios
import threading
from collections.abc import Callable

import pytest

from sipcm import packetfile
from sipcm.errors import ConfigError
from sipcm.log import Log
from sipcm.net.capture.recording import RecordingCursor
from sipcm.net.capture.ring import RingCursor
from sipcm.net.capturefile import CaptureFile
from sipcm.packetfile import MOST_WAITING, PATIENCE, QUIET, PacketFile, Part, Rotation
from tests.fakeclock import FakeClock
from tests.net.capture.blocks import Record, block
from tests.waiting import wait_until

TODAY = 1_800_000_000_000_000_000


ONE_FILE = Rotation()


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """Let nothing be given up, nor told of, because the machine is slow."""
    monkeypatch.setattr(packetfile, "LAST_WORDS", 60)
    monkeypatch.setattr(packetfile, "LOOKS_IN_SILENCE", 1 << 30)


class Written:
    """A packet file and packets to write."""

    def __init__(self, path, rotation=ONE_FILE):
        self.clock = FakeClock()
        self.path = path
        self.log = Log()
        self.file = PacketFile(str(path), rotation, 65535, self.log, self.clock, lambda: TODAY)
        self.inner = RingCursor(1)
        self.recorded = RecordingCursor(self.inner)
        self.count = 0

    def open(self):
        self.inner.place = self.file.place("eth0", 1)
        self.file.open()
        return self

    def record(self, count=1, size=100):
        records = [Record(bytes(size), self.count + number) for number in range(count)]
        self.count += count
        self.inner.feed(block(*records))
        while self.recorded.next():
            pass
        return self

    def take(self):
        self.file.take(self.recorded, all_of_it=True)
        return self

    def counters(self):
        return self.file.output.group.values()


def read(path) -> list[int]:
    with CaptureFile(path) as capture:
        return times(capture)


def times(capture) -> list[int]:
    found = []
    while capture.read():
        while capture.cursor.next():
            found.append(int(capture.cursor.timestamp))
    assert capture.warning() is None
    return found


def arrived(reader) -> list[int]:
    """Return the packets that have come by a pipe, and close it."""
    os.set_blocking(reader, False)
    with CaptureFile(io.BytesIO(os.read(reader, 1 << 20)), name="pipe") as capture:
        os.close(reader)
        return times(capture)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_what_was_written_is_read(tmp_path, suffix):
    written = Written(tmp_path / f"x.pcapng{suffix}").open()
    written.record(3).take()
    other = written.file.place("any", 276)
    assert other == 1
    assert written.file.place("eth0", 1) == 0
    written.inner.place = other
    written.record(2).take()
    written.file.close()
    assert read(written.path) == [0, 1, 2, 3, 4]
    counted = written.counters()
    assert (counted["packets"], counted["lost"], counted["files"]) == (5, 0, 1)
    assert counted["bytes"] == written.path.stat().st_size
    with written.path.open("rb") as file:
        assert file.read(2) == {"": b"\x0a\x0d", ".gz": b"\x1f\x8b", ".zst": b"\x28\xb5"}[suffix]


def test_a_file_without_packets_is_one(tmp_path):
    written = Written(tmp_path / "x.pcapng").open()
    written.file.close()
    assert read(written.path) == []


def test_little_is_written_after_a_while_and_much_at_once(tmp_path):
    written = Written(tmp_path / "x.pcapng").open()
    written.file.take(written.record().recorded)
    assert written.recorded.packets == 1
    written.clock.now += PATIENCE
    written.file.take(written.recorded)
    assert written.recorded.packets == 0
    written.file.take(written.record(20, 60_000).recorded)
    assert written.recorded.packets == 0
    written.file.close()
    assert len(read(written.path)) == 21


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def drained(written: Written) -> None:
    """Wait until the thread has written everything."""
    before = written.count - written.counters()["lost"]
    while written.counters()["packets"] < before:
        os.sched_yield()


def test_files_end_when_they_are_large(tmp_path):
    written = Written(tmp_path / "x.pcapng.gz", Rotation(size=1000, files=2)).open()
    for _ in range(4):
        written.record(1000, size=40).take()
        drained(written)
    written.file.close()
    assert names(tmp_path) == [
        "x-20270115T080000Z-00003.pcapng.gz",
        "x-20270115T080000Z-00004.pcapng.gz",
    ]
    assert [len(read(tmp_path / name)) for name in names(tmp_path)] == [1000, 1000]
    assert written.counters()["files"] == 4


def test_a_file_that_cannot_be_removed_costs_no_packet(tmp_path, capsys):
    """Not even root can unlink what has become a folder."""
    written = Written(tmp_path / "x", Rotation(size=1, files=1)).open()
    stays, *others = [tmp_path / f"x-20270115T080000Z-{number:05}" for number in (1, 2, 3, 4)]
    stays.rename(tmp_path / "moved")
    stays.mkdir()
    for _ in range(3):
        written.record().take()
        drained(written)
    written.file.close()
    assert [path.is_file() for path in (stays, *others)] == [False, False, False, True]
    assert (read(tmp_path / "moved"), read(others[-1])) == ([], [2])
    assert (written.counters()["lost"], written.file.failed) == (0, False)
    [line] = capsys.readouterr().err.splitlines()
    told = f"sipcm: warning: -w_max_files: {stays} cannot be removed: "
    assert line.startswith(told)
    assert line.endswith("; it stays until you remove it, and writing goes on")


def test_files_end_when_they_are_old(tmp_path):
    written = Written(tmp_path / "x", Rotation(age=10 * PATIENCE)).open()
    for _ in range(3):
        written.record().take()
        drained(written)
        written.clock.now += 5 * PATIENCE
    written.file.close()
    assert [read(tmp_path / name) for name in names(tmp_path)] == [[0, 1], [2]]


def test_a_file_that_cannot_be_made(tmp_path):
    written = Written(tmp_path / "nothing" / "x.pcapng")
    with pytest.raises(ConfigError, match=r"-w: .*/nothing/x.pcapng: No such file or directory"):
        written.file.open()
    written.file.close()


class Disk:
    """Stands for os.write(2): has room for so many bytes more."""

    def __init__(self, write: Callable[[int, bytes], int]):
        self.room = 1 << 30
        self._write = write

    def __call__(self, descriptor, data):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: self.room]
        self.room -= len(part)
        return self._write(descriptor, part)


@pytest.fixture
def disk(monkeypatch):
    full = Disk(os.write)
    monkeypatch.setattr(os, "write", full)
    return full


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_full_disk_costs_packets_and_no_file(tmp_path, disk, capsys, suffix):
    written = Written(tmp_path / f"x.pcapng{suffix}").open()
    written.record(2).take()
    drained(written)
    disk.room = 17
    for _ in range(3):
        written.record(2).take()
    while written.counters()["lost"] < 6:
        os.sched_yield()
    why = "packets are not written: No space left on device"
    assert written.file.output.complaint() == f"-w: {written.path}: {why}"
    disk.room = 1 << 30
    written.clock.now += QUIET
    written.record(2).take()
    drained(written)
    written.file.close()
    assert read(written.path) == [0, 1, 8, 9]
    assert written.file.failed
    assert written.file.output.complaint() == ""
    began, ended = capsys.readouterr().err.splitlines()
    assert "packets are not written: No space left on device; capture goes on" in began
    assert "all packets are written again; 6 were not" in ended


def test_a_disk_that_is_too_slow_now_and_again_is_told_of_once(tmp_path, capsys):
    written = Written(tmp_path / "x").open()
    for loss in range(1, 11):
        written.file._put(Part(bytes(MOST_WAITING + 1), 1))  # more than can wait at once
        written.record().take()
        while written.counters()["packets"] < loss:
            os.sched_yield()
        written.clock.now += QUIET - 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    written.clock.now += 1
    written.record().take()
    written.file.close()
    [line] = capsys.readouterr().err.splitlines()
    assert "all packets are written again; 10 were not" in line


def test_a_header_that_found_no_room_is_written_later(tmp_path, disk):
    written = Written(tmp_path / "x", Rotation(size=1)).open()
    written.record().take()
    drained(written)
    disk.room = 3
    written.record().take()
    while written.counters()["lost"] < 1:
        os.sched_yield()
    disk.room = 1 << 30
    written.record().take()
    drained(written)
    written.file.close()
    found = [
        moment
        for name in names(tmp_path)
        if (tmp_path / name).stat().st_size
        for moment in read(tmp_path / name)
    ]
    assert found == [0, 2]


def test_what_the_thread_cannot_take_is_lost_and_told(tmp_path, capsys):
    written = Written(tmp_path / "x").open()
    written.file._put(Part(bytes(MOST_WAITING + 1), 7))
    written.file._put(Part(bytes(MOST_WAITING + 1), 7))
    written.file.close()
    assert written.counters()["lost"] == 14
    [line] = capsys.readouterr().err.splitlines()
    assert "packets are not written: the disk is too slow" in line


def test_a_pipe_is_written_too(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    written = Written(path).open()
    written.record(2).take()
    written.file.close()
    assert arrived(reader) == [0, 1]


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def unread(reader) -> int:
    """Return how many bytes wait in a pipe."""
    [size] = struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, bytes(4)))
    return int(size)


def test_a_reader_that_takes_nothing_is_given_up_at_the_end(fifo, capsys, monkeypatch):
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    written = Written(fifo).open()
    written.record(2).take()
    drained(written)
    before = unread(reader)
    for _ in range(3):
        written.record(10, size=60_000).take()
    wait_until(lambda: unread(reader) > before, "the first part")
    monkeypatch.setattr(packetfile, "LAST_WORDS", 0.1)
    written.file.close()
    written.file.close()
    assert (written.counters()["packets"], written.counters()["lost"]) == (2, 30)
    assert written.file.failed
    assert capsys.readouterr().err == (
        f"sipcm: error: -w: {fifo}: it takes nothing and is not waited for any longer; the last "
        "30 packets are lost\n"
    )
    received = 0
    while more := os.read(reader, 1 << 20):
        received += len(more)
    os.close(reader)
    assert received > 10 * 60_000, "what was being written is whole where its reader goes on"


def test_a_reader_that_is_slow_is_waited_for_at_the_end(fifo, monkeypatch):
    """In each wait for him he takes a piece."""
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    written = Written(fifo).open()
    for _ in range(3):
        written.record(16, size=60_000).take()
    thread = written.file._thread
    sizes: list[int] = []

    def read_piece(_seconds):
        before = written.file._taken
        sizes.append(len(os.read(reader, packetfile.PIECE)))
        wait_until(lambda: written.file._taken > before or not thread.is_alive(), "another piece")

    monkeypatch.setattr(thread, "join", read_piece)
    written.file.close()
    assert len(sizes) > 10
    while more := os.read(reader, packetfile.PIECE):
        sizes.append(len(more))
    os.close(reader)
    assert (written.counters()["packets"], written.counters()["lost"]) == (48, 0)
    assert sum(sizes) == written.counters()["bytes"]


def test_a_reader_that_comes_later_gets_what_waited(fifo, capsys, monkeypatch):
    monkeypatch.setattr(packetfile, "LOOKS_IN_SILENCE", 1)
    written = Written(fifo)
    tells = threading.Event()
    written.log.make_room = tells.set
    written.open().record(2).take()
    tells.wait()
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    written.record(2).take()
    written.file.close()
    assert arrived(reader) == [0, 1, 2, 3]
    assert (written.counters()["lost"], written.file.failed) == (0, False)
    assert capsys.readouterr().err == f"sipcm: -w: {fifo}: waiting until somebody reads it\n"


def test_a_reader_who_never_comes_is_waited_for_only_with_packets(fifo, capsys, monkeypatch):
    written = Written(fifo).open()
    written.file.close()
    assert not written.file.failed
    monkeypatch.setattr(packetfile, "LAST_WORDS", 0.1)
    written = Written(fifo).open()
    written.record(3).take()
    written.file.close()
    assert (written.counters()["lost"], written.file.failed) == (3, True)
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "it takes nothing and is not waited for any longer; the last 3 packets are lost"
    )


def test_what_waits_for_a_reader_has_an_end(fifo, capsys):
    written = Written(fifo)
    written.file._put(Part(bytes(MOST_WAITING), 5))
    written.file._put(Part(b"x", 7))
    assert written.counters()["lost"] == 7
    assert "packets are not written: nobody reads it; capture goes on" in capsys.readouterr().err


def test_another_reader_gets_a_capture_of_its_own(fifo, capsys):
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    written = Written(fifo, Rotation(files=1)).open()
    written.record(2).take()
    drained(written)
    os.close(reader)
    for lost in (1, 2):
        written.record().take()
        while written.counters()["lost"] < lost:
            os.sched_yield()
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    written.clock.now += QUIET
    written.record(2).take()
    drained(written)
    written.file.close()
    assert arrived(reader) == [4, 5]
    began, ended = capsys.readouterr().err.splitlines()
    assert began.endswith("packets are not written: its reader has gone; capture goes on")
    assert ended.endswith("all packets are written again; 2 were not")


def test_a_disk_that_fails_at_the_close_costs_what_it_must(tmp_path, capsys, monkeypatch):
    close = os.close

    def failing(descriptor):
        close(descriptor)
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    written = Written(tmp_path / "x", Rotation(size=1)).open()
    with monkeypatch.context() as patched:
        patched.setattr(os, "close", failing)
        written.record().take()
        drained(written)
        written.record().take()
        drained(written)
        written.file.close()
    assert (written.counters()["lost"], written.file.failed) == (0, True)
    assert [read(tmp_path / name) for name in names(tmp_path)] == [[], [0], [1]]
    lines = capsys.readouterr().err.splitlines()
    told = f"sipcm: warning: -w: {tmp_path / 'x'}: Disk quota exceeded when a file was closed; "
    assert lines == [f"{told}its end may be missing"] * 3
