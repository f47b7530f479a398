"""SIPp on the loopback, recorded by tcpdump."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.waiting import wait_until

MARK = b"\r\n" * 8
"""What the last packet of a capture holds, which keeps a connection alive: no message has it."""

PATIENT = ("-default_behaviors", "all,-abortunexp", "-rtcheck", "loose")
"""SIPp gives no call up because of a retransmission that it did not wait for."""


AT_ONCE = ("--immediate-mode", "-U", "-s", "4096", "-B", "8192")
"""So tcpdump(8) hands on each packet. Each has a place of the full length that -s says in the buffer
then: of the usual length there would be room for a few, lost where tcpdump has no processor."""


def need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("recording the loopback needs root (CAP_NET_RAW)")


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


def listens(program: subprocess.Popen[bytes], port: int) -> bool:
    """Tell whether somebody on the host of *program* listens on *port*: proc_net(5)."""
    assert program.poll() is None
    tables = [Path(f"/proc/{program.pid}/net", name) for name in ("udp", "udp6", "tcp", "tcp6")]
    return any(
        line.split(maxsplit=2)[1].endswith(f":{port:04X}")
        for table in tables
        if table.exists()
        for line in table.read_text("ascii").splitlines()[1:]
    )


def record(folder: Path, uac: Sequence[str], uas: Sequence[str]) -> Path:
    """Let SIPp play *uac* against *uas*, each a few arguments, and return the capture of it."""
    callee, caller = free_port(), free_port()
    target = folder / "calls.pcap"
    tcpdump = start(
        "tcpdump",
        "-i",
        "lo",
        *AT_ONCE,
        "-w",
        str(target),
        "udp",
        "port",
        callee,
        folder=folder,
    )
    sipp = ["sipp", "-i", "127.0.0.1", "-nostdin", *PATIENT]
    server = start(*sipp, *uas, "-p", callee, folder=folder)
    try:
        assert tcpdump.stderr is not None
        if not any(b"listening on lo" in line for line in iter(tcpdump.stderr.readline, b"")):
            pytest.skip("tcpdump may not record the loopback here")
        wait_until(lambda: listens(server, callee), "SIPp")
        subprocess.run(
            [*sipp, *uac, "-p", str(caller), "-timeout", "30s", f"127.0.0.1:{callee}"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(MARK, ("127.0.0.1", callee))
        wait_until(lambda: MARK in target.read_bytes(), "the end of the capture")
    finally:
        end(tcpdump, signal.SIGINT)
        end(server, signal.SIGKILL)
    return target
