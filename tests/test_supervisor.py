"""What systemd is told."""

import os
import socket

import pytest

from sipcm import supervisor
from sipcm.supervisor import Supervisor
from tests.fakeclock import FakeClock


@pytest.fixture(params=["path", "abstract"])
def listening(request, tmp_path):
    name = str(tmp_path / "notify")
    if request.param == "abstract":
        name = f"@sipcm-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + name[1:] if name.startswith("@") else name)
        sock.setblocking(False)
        yield name, sock


def heard(sock: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(sock.recv(100))
        except BlockingIOError:
            return found


def test_begin_and_end_are_told(listening):
    name, sock = listening
    telling = Supervisor({"NOTIFY_SOCKET": name})
    telling.ready()
    telling.alive()
    telling.stopping()
    assert heard(sock) == [b"READY=1", b"STOPPING=1"]


def test_signs_of_life_come_twice_in_the_time_that_is_allowed(listening):
    name, sock = listening
    clock = FakeClock()
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1000"}
    telling = Supervisor(environment, clock)
    for clock.now in range(0, 2_000_001, 100_000):
        telling.alive()
    assert heard(sock) == [b"WATCHDOG=1"] * 5


@pytest.mark.parametrize(
    "more",
    [
        {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "0"},
    ],
)
def test_signs_of_life_are_for_who_asked_for_them(listening, more):
    name, sock = listening
    Supervisor({"NOTIFY_SOCKET": name, **more}, FakeClock()).alive()
    assert heard(sock) == []


def test_nobody_listens(tmp_path):
    Supervisor({}).ready()
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nothing")}).ready()


def test_who_does_not_listen_holds_nobody_up(listening, monkeypatch):
    monkeypatch.setattr(supervisor, "PATIENCE", 0.01)
    name, sock = listening
    clock = FakeClock()
    told = Supervisor({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2"}, clock)
    for clock.now in range(0, 2_000_000, 1000):
        told.alive()
    told.stopping()
    assert set(heard(sock)) == {b"WATCHDOG=1"}
