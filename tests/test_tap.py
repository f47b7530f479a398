"""An interface that comes and goes, by a kernel that is made up."""

import math
from itertools import pairwise
from typing import ClassVar

import pytest

from sipcm import tap as tapping
from sipcm.errors import CaptureError, ConfigError
from sipcm.livefilter import LiveFilter
from sipcm.livesource import LiveSource
from sipcm.log import DEBUG, Log
from sipcm.net.capture import device
from sipcm.net.capture.device import Device
from sipcm.net.capture.packetsocket import Losses
from sipcm.source import State
from sipcm.tap import BETWEEN_LOOKS, LONGEST_WAIT, QUIET, Tap, nowhere
from tests.net.capture.blocks import Record, block
from tests.servicing import settings

FIRST = Device("eth0", 3, device.ETHERNET, up=True)


class FakeSocket:
    """A packet socket without a kernel; ``all`` are those that were opened."""

    all: ClassVar["list[FakeSocket]"] = []
    refusal: Exception | None = None
    notes: tuple[str, ...] = ()
    filtered = True
    megabytes = 64
    room = 512

    def __init__(self, found, wish):
        if FakeSocket.refusal is not None:
            raise FakeSocket.refusal
        self.device, self.wish = found, wish
        self.blocks: list[bytes] = []
        self.lost = Losses(0, 0, 0)
        self.trouble = ""
        self.stopped = self.closed = False
        FakeSocket.all.append(self)

    def fileno(self):
        return 99

    def read(self):
        return self.blocks.pop(0) if self.blocks else b""

    def pending(self):
        return bool(self.blocks)

    def losses(self):
        lost, self.lost = self.lost, Losses(0, 0, 0)
        return lost

    def error(self):
        trouble, self.trouble = self.trouble, ""
        return trouble

    def stop(self):
        self.stopped = True

    def close(self):
        self.closed = True


class Machine:
    """What the kernel says of eth0, and a tap on it."""

    def __init__(self, monkeypatch):
        self.found: Device | None = FIRST
        self.now = 0
        monkeypatch.setattr(FakeSocket, "all", [])
        monkeypatch.setattr(FakeSocket, "refusal", None)
        monkeypatch.setattr(tapping, "PacketSocket", FakeSocket)
        monkeypatch.setattr(device, "find", lambda _name: self.found)
        self.source = LiveSource("eth0")
        log = Log(DEBUG)
        wanted = LiveFilter(settings(iface=("eth0",), bpf="port 5060"), log, [])
        self.places: list[tuple[str, int]] = []
        self.tap = Tap("eth0", self.source, wanted, log, self.place)

    def place(self, name, linktype):
        self.places.append((name, linktype))
        return len(self.places) - 1

    @property
    def socket(self):
        return FakeSocket.all[-1]

    def after(self, nanoseconds, found="same"):
        """Let time pass, and the kernel say something else of the interface."""
        if found != "same":
            self.found = found
        self.now += nanoseconds
        self.tap.watch(self.now)


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def lines(capsys) -> list[str]:
    return [line.removeprefix("sipcm: ") for line in capsys.readouterr().err.splitlines()]


def test_what_comes_goes_through_the_cursor(machine, capsys):
    assert machine.tap.descriptor() is None
    machine.tap.open()
    assert machine.tap.descriptor() == 99
    assert lines(capsys) == ["eth0: capturing EN10MB with a ring of 64 MB"]
    assert (machine.source.state, machine.source.format) == (State.READING, "EN10MB")
    assert not machine.tap.read()
    machine.socket.blocks.append(block(Record(b"a", 1), Record(b"b", 2)))
    assert machine.tap.read()
    while machine.tap.cursor.next():
        pass
    machine.tap.measure()
    assert machine.source.received.value == 2
    machine.tap.stop()
    assert machine.socket.stopped
    machine.tap.close(0)
    assert machine.socket.closed
    assert not machine.tap.is_open
    machine.tap.stop()
    machine.tap.close(0)
    assert not machine.tap.read()


@pytest.mark.parametrize(("room", "filled"), [(512, 3 / 512), (2, 1.5), (0, math.inf)])
def test_what_was_read_of_the_ring_is_known(machine, monkeypatch, room, filled):
    monkeypatch.setattr(FakeSocket, "room", room)
    tap = machine.tap
    assert tap.filled() == 0
    tap.open()
    FakeSocket.all[0].blocks = [block(Record(b"x"))] * 3
    while tap.read():
        pass
    assert tap.filled() == filled
    assert tap.filled() == 0


def test_a_filter_that_the_kernel_does_not_run(machine, monkeypatch):
    monkeypatch.setattr(FakeSocket, "filtered", False)
    machine.tap.open()
    machine.socket.blocks.append(block(Record(b"no SIP", 1)))
    assert machine.tap.read()
    assert not machine.tap.cursor.next()
    machine.tap.measure()
    assert (machine.source.received.value, machine.source.filtered.value) == (1, 1)


def test_what_could_not_be_had_is_told(machine, monkeypatch, capsys):
    monkeypatch.setattr(FakeSocket, "notes", ("no ring",))
    monkeypatch.setattr(FakeSocket, "megabytes", 0)
    machine.tap.open()
    assert lines(capsys) == ["warning: eth0: no ring", "eth0: capturing EN10MB with no ring"]


def test_down_and_up_again(machine, capsys):
    machine.tap.open()
    lines(capsys)
    machine.after(BETWEEN_LOOKS, FIRST._replace(up=False))
    assert lines(capsys) == ["warning: eth0: the interface went down; waiting for it"]
    assert machine.source.complaint() == "the interface is down"
    machine.after(BETWEEN_LOOKS)
    assert lines(capsys) == []
    machine.after(BETWEEN_LOOKS, FIRST)
    assert lines(capsys) == ["eth0: the interface is up again"]
    assert machine.source.complaint() == ""
    assert (machine.source.gone.value, len(FakeSocket.all)) == (1, 1)


def test_trouble_is_looked_at_at_once(machine):
    machine.tap.open()
    machine.after(BETWEEN_LOOKS)
    machine.after(1, FIRST._replace(up=False))
    assert machine.source.complaint() == ""
    machine.socket.trouble = "ENETDOWN"
    machine.after(1)
    assert machine.source.complaint() == "the interface is down"


def test_an_interface_that_is_down_when_it_is_opened(machine, capsys):
    machine.found = FIRST._replace(up=False)
    machine.tap.open()
    assert lines(capsys) == ["eth0: capturing EN10MB with a ring of 64 MB; it is down"]
    assert machine.source.complaint() == "the interface is down"
    machine.after(BETWEEN_LOOKS, FIRST)
    assert machine.source.complaint() == ""


@pytest.mark.parametrize("other", [None, FIRST._replace(number=4)])
def test_gone_and_back(machine, capsys, other):
    machine.tap.open()
    first = machine.socket
    first.blocks.append(block(Record(b"a", 1)))
    machine.tap.read()
    assert machine.tap.cursor.next()
    lines(capsys)
    first.blocks.append(block(Record(b"last", 2)))
    for _ in range(3):
        machine.after(BETWEEN_LOOKS, other)
        assert not first.closed  # something is left to be read
    machine.tap.read()
    assert machine.tap.cursor.next()
    machine.after(BETWEEN_LOOKS)
    assert first.closed
    assert lines(capsys) == ["warning: eth0: the interface has gone; waiting for it"]
    assert machine.source.complaint() == "the interface has gone"
    tunnel = Device("eth0", 9, device.NONE, up=True)
    machine.after(BETWEEN_LOOKS - 1, tunnel)
    assert not machine.tap.is_open
    machine.after(1)
    assert lines(capsys) == ["eth0: capturing RAW with a ring of 64 MB"]
    assert machine.tap.cursor.number == 2  # it counts on
    assert machine.tap.cursor.linktype == 101
    assert machine.tap.cursor.place == 1
    assert machine.places == [("eth0", 1), ("eth0", 101)]


def test_tries_become_rarer(machine):
    machine.tap.open()
    machine.after(BETWEEN_LOOKS, None)
    machine.after(BETWEEN_LOOKS)
    tries: list[int] = []
    reopen = machine.tap._reopen

    def counted(now: int) -> None:
        tries.append(now)
        reopen(now)

    machine.tap._reopen = counted
    for _ in range(200):
        machine.after(BETWEEN_LOOKS)
    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps[:3] == [2 * BETWEEN_LOOKS, 4 * BETWEEN_LOOKS, 8 * BETWEEN_LOOKS]
    assert set(gaps[5:]) == {LONGEST_WAIT}


def test_what_cannot_be_opened_yet_is_tried_again(machine, monkeypatch, capsys):
    machine.found = None
    with pytest.raises(CaptureError, match="eth0: there is no such interface"):
        machine.tap.open()
    machine.tap.wait_for(0)
    assert machine.source.complaint() == "there is no such interface yet"
    monkeypatch.setattr(FakeSocket, "refusal", CaptureError("eth0: No buffer space available"))
    machine.after(LONGEST_WAIT, FIRST)
    assert machine.source.complaint() == "No buffer space available"
    monkeypatch.setattr(FakeSocket, "refusal", None)
    machine.after(LONGEST_WAIT)
    assert machine.tap.is_open
    assert lines(capsys) == [
        "eth0: waiting for the interface",
        "debug: eth0: No buffer space available",
        "eth0: capturing EN10MB with a ring of 64 MB",
    ]


def test_a_right_that_is_missing_is_not_asked_for_again(machine, monkeypatch, capsys):
    machine.tap.wait_for(0)
    monkeypatch.setattr(FakeSocket, "refusal", ConfigError("eth0: no right"))
    for _ in range(5):
        machine.after(LONGEST_WAIT)
    assert machine.source.state == State.FAILED
    assert machine.tap.misused
    assert lines(capsys) == ["eth0: waiting for the interface", "error: eth0: no right"]


def test_what_nobody_waits_for_is_not_opened_later(machine):
    machine.found = None
    with pytest.raises(CaptureError, match="eth0: there is no such interface"):
        machine.tap.open()
    machine.after(LONGEST_WAIT, FIRST)
    assert not machine.tap.is_open


def test_losses_are_told_when_they_begin_and_when_they_end(machine, capsys):
    machine.tap.open()
    lines(capsys)
    for dropped in (0, 5, 7, 0, 1):
        machine.socket.lost = Losses(100, dropped, 1 if dropped else 0)
        machine.after(BETWEEN_LOOKS)
    assert lines(capsys) == [
        "warning: eth0: packets are lost: sipcm is too busy, or -ring_mb too small"
    ]
    assert machine.source.lost_lately(machine.now) == 13
    machine.after(QUIET - 1)
    assert lines(capsys) == []
    machine.after(BETWEEN_LOOKS)
    assert lines(capsys) == ["warning: eth0: no more packets are lost; 13 were, 13 of 500 in all"]
    machine.socket.lost = Losses(100, 2, 1)
    machine.after(BETWEEN_LOOKS)
    machine.after(QUIET)
    assert lines(capsys)[1] == ("warning: eth0: no more packets are lost; 2 were, 15 of 600 in all")


def test_the_last_losses_are_counted_at_the_end(machine):
    machine.tap.open()
    machine.socket.lost = Losses(10, 4, 1)
    machine.tap.close(0)
    assert machine.source.lost() == 4


def test_where_nothing_is_written_all_have_one_number():
    assert (nowhere("eth0", 1), nowhere("any", 276)) == (0, 0)


def test_what_was_not_read_is_counted(machine):
    machine.tap.open()
    machine.socket.blocks.append(block(Record(b"a", 1), Record(b"b", 2)))
    machine.tap.read()
    assert machine.tap.cursor.next()
    machine.tap.cursor.skipped = 3
    machine.socket.lost = Losses(10, 4, 1)
    machine.tap.close(0)
    assert machine.source.unread.value == 10 - 4 - 3 - 1
    assert "2 left unread" in machine.source.losses()
    machine.tap.open()
    assert machine.tap.cursor.skipped == 3
    machine.tap.close(0)
    assert machine.source.unread.value == 2
