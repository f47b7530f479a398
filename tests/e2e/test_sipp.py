"""Real calls made by SIPp on the loopback, recorded by tcpdump, read by sipcm as a program."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

CALLS = 20
TALK = 0.3
"""Seconds from the answer to the BYE, as far as the timers of SIPp keep them."""

SLACK = 0.05


def need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("recording the loopback needs root (CAP_NET_RAW)")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(*command: str | int, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    process.send_signal(number)
    process.communicate(timeout=20)


def record(folder: Path) -> Path:
    """Let SIPp make its calls and return the capture of them."""
    callee, caller = free_port(), free_port()
    target = folder / "calls.pcap"
    tcpdump = start(
        "tcpdump",
        "-i",
        "lo",
        "--immediate-mode",
        "-U",
        "-w",
        str(target),
        "udp",
        "port",
        callee,
        folder=folder,
    )
    sipp = ["sipp", "-i", "127.0.0.1", "-nostdin"]
    uas = start(*sipp, "-sn", "uas", "-p", callee, folder=folder)
    try:
        assert tcpdump.stderr is not None
        if not any(b"listening on lo" in line for line in iter(tcpdump.stderr.readline, b"")):
            pytest.skip("tcpdump may not record the loopback here")
        time.sleep(0.5)
        uac = [*sipp, "-sn", "uac", "-p", str(caller), "-m", str(CALLS), "-r", "50"]
        subprocess.run(
            [*uac, "-d", str(int(TALK * 1000)), "-timeout", "30s", f"127.0.0.1:{callee}"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        )
        time.sleep(0.5)
    finally:
        end(tcpdump, signal.SIGINT)
        end(uas, signal.SIGKILL)
    return target


def test_calls_of_sipp(tmp_path):
    need("sipp", "tcpdump")
    path = record(tmp_path)
    command = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(path), "-json", "-"]
    ran = subprocess.run(command, capture_output=True, timeout=60, check=True)
    happened = [json.loads(line) for line in ran.stdout.splitlines()]
    started = [event for event in happened if event["type"] == "call-start"]
    ended = [event for event in happened if event["type"] == "call-end"]
    assert len(happened) == 2 * CALLS == len(started) + len(ended)
    assert len({event["sip"]["call_id"] for event in started}) == CALLS
    assert {event["sip"]["response"]["status"] for event in happened} == {200}
    assert {event["sip"]["originator"] for event in ended} == {"caller"}
    for event in ended:
        assert TALK - SLACK < event["event"]["duration"] < TALK + 5
