"""The program with its pages up: while it waits, replays, stays, and when it is told to end."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.e2e.serving import serving, start, wait_for_pages, wait_until_read
from tests.harness import capture_of
from tests.ports import free_port
from tests.stage import BEGIN, packets
from tests.waiting import PATIENCE, wait_until

SECOND = 10**9
CLEAR = b"\r\x1b[K"
CALL = packets(">INVITE +1 <180 +2 <200 >ACK +30 >BYE <200")


def get(url: str) -> Any:
    with urlopen(f"{url}{'&' if '?' in url else '?'}format=json", timeout=PATIENCE) as answer:
        return json.load(answer)


@pytest.fixture
def call(tmp_path) -> Path:
    path: Path = tmp_path / "call.pcap"
    path.write_bytes(capture_of(CALL).getvalue())
    return path


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_pages_stay_until_a_signal(call, loop, number):
    port = free_port()
    with start("-pcap", call, "-p", port, "-forever", "-loop", loop) as running:
        url = wait_for_pages(running, port)
        wait_until_read(url)
        assert get(f"{url}/events")["total"] == 2
        assert get(f"{url}/health")["sources"][0]["state"] == "done"
        running.send_signal(number)
        out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert out.count(b"Statistics:") == 1
    assert err.decode().splitlines() == [
        f"sipcm: pages on {url}/",
        f"sipcm: the input has ended; the pages stay on {url}/ until Ctrl-C",
    ]


@pytest.mark.no_cover
def test_without_forever_the_pages_go_with_the_input(call):
    with start("-pcap", call, "-p", free_port()) as running:
        out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert out.startswith(b"Statistics:")


@pytest.mark.no_cover
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_pages_answer_while_standard_input_is_waited_for(call, loop):
    data = call.read_bytes()
    port = free_port()
    with start("-pcap", "-", "-p", port, "-loop", loop) as running:
        assert running.stdin is not None
        running.stdin.write(data[:1500])
        running.stdin.flush()
        url = wait_for_pages(running, port)
        wait_until(lambda: get(f"{url}/stats")["counters"]["total_packets"] > 0)
        assert get(f"{url}/calls/list")["shown"] == 1
        out, err = running.communicate(data[1500:], timeout=PATIENCE)
    assert (running.returncode, err.count(b"\n")) == (0, 1)
    assert b"        6 packets" in out


@pytest.mark.no_cover
def test_a_signal_ends_the_wait_for_standard_input():
    port = free_port()
    with start("-pcap", "-", "-p", port) as running:
        wait_for_pages(running, port)
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=PATIENCE)
        assert running.stdout is not None
        assert running.stdout.read().startswith(b"Statistics:")
    assert running.returncode == 0


def expires_in(url: str) -> float:
    """Return in how many seconds the only call is forgotten."""
    left: float = get(f"{url}/calls/list")["calls"][0]["expires_in"]
    return left


@pytest.mark.no_cover
def test_a_replay_can_be_watched_and_stopped(tmp_path):
    path = tmp_path / "slow.pcap"
    slow = [*packets(">INVITE"), *packets(">OPTIONS", "later", BEGIN + 3600 * SECOND)]
    path.write_bytes(capture_of(slow).getvalue())
    with serving("-pcap", path, "-replay") as url:
        wait_until(lambda: get(f"{url}/calls/list")["shown"] == 1)
        first = expires_in(url)
        wait_until(lambda: expires_in(url) < first, "a second of its time")
        assert get(f"{url}/health")["sources"][0]["state"] == "reading"


@pytest.mark.no_cover
def test_time_runs_on_after_the_input(tmp_path):
    path = tmp_path / "busy.pcap"
    path.write_bytes(capture_of(packets(">OPTIONS <200")).getvalue())
    with serving("-pcap", path, "-forever") as url:
        wait_until(lambda: get(f"{url}/events")["total"] == 1)
        [event] = get(f"{url}/events")["events"]
        assert (event["type"], event["event"]["generated_on"]) == ("other-ok", "timeout")
        assert get(f"{url}/stats/rate")["counters"]["total_packets"] == 0


@pytest.mark.no_cover
def test_an_address_that_is_taken_is_told_before_anything_is_written(call, tmp_path):
    events = tmp_path / "events.json"
    events.write_text("old", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with start("-pcap", call, "-p", port, "-json", events) as running:
            out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (1, b"")
    assert err.decode() == (
        f"sipcm: cannot serve pages on 127.0.0.1 port {port}: {os.strerror(98)}; "
        "choose others with -l and -p\n"
    )
    assert events.read_text(encoding="utf-8") == "old"


@pytest.mark.no_cover
@pytest.mark.parametrize("address", ["no.such.host.invalid", "a..b"])
def test_an_address_that_is_none_is_a_mistake(call, address):
    with start("-pcap", call, "-p", free_port(), "-l", address) as running:
        _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 2
    assert err.startswith(f"sipcm: -l: {address}: ".encode())
    assert err.count(b"\n") == 1


@pytest.mark.no_cover
def test_events_reach_a_file_while_nothing_comes(tmp_path):
    """Who follows the file need not wait for a buffer to be full."""
    path, events = tmp_path / "busy.pcap", tmp_path / "events.json"
    path.write_bytes(capture_of(packets(">BYE/b")).getvalue())
    with serving("-pcap", path, "-forever", "-json", events):
        wait_until(lambda: events.read_bytes().endswith(b"}\n"))


@pytest.mark.no_cover
def test_a_reader_of_standard_output_who_goes_away_takes_no_pages_with_him(tmp_path):
    path = tmp_path / "slow.pcap"
    slow = [p for n in range(3600) for p in packets(">BYE/b", str(n), BEGIN + n * SECOND // 4)]
    path.write_bytes(capture_of(slow).getvalue())
    port = free_port()
    with start("-pcap", path, "-replay", "-json", "-", "-p", port) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        url = wait_for_pages(running, port)
        assert b"call-end" in running.stdout.readline()
        running.stdout.close()
        why = "-json: -: its reader has gone; events are lost from now on"
        wait_until(lambda: get_failing(f"{url}/health").get("reasons") == [why])
        before = get(f"{url}/events")["total"]
        wait_until(lambda: get(f"{url}/events")["total"] > before, "events")
        running.send_signal(signal.SIGTERM)
        err = running.stderr.read().decode()
    assert running.returncode == 1
    assert f"sipcm: error: {why}\n" in err
    assert re.search(r"\nNot written: [1-9]\d* events to -json -\n", err)


def get_failing(url: str) -> Any:
    """Return a page as JSON; its status does not matter."""
    try:
        return get(url)
    except HTTPError as error:
        with error:
            return json.load(error)


def test_progress_is_shown_on_a_terminal_and_taken_away(tmp_path):
    path = tmp_path / "slow.pcap"
    slow = [*packets(">BYE/b"), *packets(">BYE/b", "later", BEGIN + 3600 * SECOND)]
    path.write_bytes(capture_of(slow).getvalue())
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(path), "-replay"]
    seen = b""

    def shows(true: Callable[[bytes], bool]) -> bool:
        """Read what has come so far: a terminal hands on a little later what was written."""
        nonlocal seen
        while select.select([ours], [], [], 0)[0]:
            seen += os.read(ours, 65536)
        return true(seen)

    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as running:
            try:
                wait_until(lambda: shows(lambda text: text.count(CLEAR) > 1), "two lines")
            finally:
                running.terminate()
            out, _ = running.communicate(timeout=PATIENCE)
        wait_until(lambda: shows(lambda text: text.endswith(CLEAR)), "the end of the line")
    finally:
        os.close(ours)
        os.close(theirs)
    assert out.startswith(b"Statistics:")
    line = seen.split(CLEAR)
    assert line[0] == b""
    assert b"slow.pcap: " in line[1]
    assert b"1 packets, 0 packets/s" in line[1]
    assert line[-1] == b""
