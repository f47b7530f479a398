"""Live capture beside tcpdump and sngrep: packets that are lost, and the CPU that the others cost.

Each program captures the same traffic in turn, sent by ``scripts/send_sip.py`` between two hosts of
our own, on the same machine: the sender, and what the kernel does for it up to the ring, take most
of another core, and where two are not idle the figures tell of the machine. Whether the rate was
reached stands beside each figure. LIVE_RATES gives other rates, LIVE_SECONDS another length.
"""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.e2e.live import PORT, Live
from tests.e2e.network import FAR, NEAR, Cable, cable, on, python
from tests.e2e.sipp import need

RATES = [
    int(rate) for rate in os.environ.get("LIVE_RATES", "50000,100000,200000,300000").split(",")
]
SECONDS = int(os.environ.get("LIVE_SECONDS", "10"))
FILTER = "udp port 5060"
PAGES = (
    "/",
    "/health",
    "/stats",
    "/counters",
    "/calls/list",
    "/events",
    "/calls/list?n=1000",
    "/events?n=1000",
)
ASKED = 10
"""Times that each page is asked for."""
LONG_ENOUGH = 120
"""Seconds in which all these pages are answered, however busy the machine is."""
SETTLE = 2.0
"""Seconds after the last packet in which a program may catch up."""


class Outcome(NamedTuple):
    """What a program made of the traffic: packets, and seconds of CPU; -1 for what it tells not."""

    received: int
    dropped: int
    parsed: int
    cpu: float


Told = tuple[int, int, int]
"""Packets received, dropped and parsed."""


def sipcm(text: str, _errors: str) -> Told:
    """Read the summary of sipcm."""
    found = re.search(r"near: (\d+) packets captured, (\d+) of (\d+) lost", text)
    assert found, text
    parsed = re.search(r"Parsed: +\d+ total +(\d+) ok", text)
    assert parsed
    return int(found[1]), int(found[2]), int(parsed[1])


def tcpdump(_text: str, errors: str) -> Told:
    """Read the last words of tcpdump, which parses nothing."""
    found = re.search(r"(\d+) packets captured\s+\d+ packets received.*\s+(\d+) packets dr", errors)
    assert found, errors
    return int(found[1]), int(found[2]), -1


def sngrep(_text: str, _errors: str) -> Told:
    """Say that sngrep does not tell."""
    return -1, -1, -1


PROGRAMS: dict[str, tuple[list[str], str, Callable[[str, str], Told]]] = {
    "sipcm": (
        [sys.executable, "-P", "-m", "sipcm", "-i", NEAR, "-bpf", FILTER],
        "capturing",
        sipcm,
    ),
    "tcpdump": (
        ["tcpdump", "-i", NEAR, "-B", "65536", "-w", "/dev/null", FILTER],
        "listening on",
        tcpdump,
    ),
    "sngrep": (["sngrep", "-N", "-q", "-l", "400000", "-d", NEAR, FILTER], "", sngrep),
}


@pytest.fixture(scope="module")
def net() -> Iterator[Cable]:
    with cable() as made:
        yield made


def measure(net: Cable, program: str, rate: int) -> tuple[dict[str, Any], Outcome]:
    """Let *program* capture while so many packets a second are sent; return what came of it."""
    command, ready, read = PROGRAMS[program]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        with out.open("wb") as stdout, err.open("wb") as stderr:
            running = subprocess.Popen(
                on(net.near, *command), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
        end = time.monotonic() + 30
        while ready not in err.read_text() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5 if ready else 2)
        sender = python(net.far, str(ROOT / "scripts" / "send_sip.py"), FAR, rate, SECONDS)
        told = json.loads(subprocess.run(sender, capture_output=True, check=True).stdout)
        time.sleep(SETTLE)
        running.send_signal(signal.SIGINT)
        _, _, usage = os.wait4(running.pid, 0)
        running.returncode = 0
        outcome = Outcome(*read(out.read_text(), err.read_text()), _cpu(usage))
    return told, outcome


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_packets_that_are_lost_and_what_the_others_cost(benchmark, net, program, rate):
    if shutil.which(PROGRAMS[program][0][0]) is None:
        pytest.skip(f"{program} is not installed")
    found: list[tuple[dict[str, Any], Outcome]] = []
    benchmark.pedantic(lambda: found.append(measure(net, program, rate)), rounds=1)
    [(told, outcome)] = found
    sent = int(told["sent"])
    info = benchmark.extra_info
    info["sent"], info["sent/s"] = sent, round(sent / told["seconds"])
    info["received"], info["dropped"] = outcome.received, outcome.dropped
    info["parsed"] = outcome.parsed
    info["sender CPU us/packet"] = round(told["cpu"] / sent * 1e6, 2)
    info["CPU us/packet"] = round(outcome.cpu / sent * 1e6, 2)
    print(f"\n{program} at {rate}: {dict(info)}")


def milliseconds(net: Cable, path: str) -> float:
    """Fetch a page on the near host and return how long that took."""
    url = f"http://127.0.0.1:{PORT}{path}"
    command = on(net.near, "curl", "-s", "-o", "/dev/null", "-w", "%{time_total}", url)
    return 1000 * float(subprocess.run(command, capture_output=True, check=True).stdout)


def test_pages_while_there_are_more_packets_than_can_be_read(benchmark, net):
    """How long pages take, in milliseconds, while packets come as fast as they can be sent."""
    need("curl")
    took: dict[str, list[float]] = {path: [] for path in PAGES}
    dropped: list[int] = []

    def ask() -> None:
        with tempfile.TemporaryDirectory() as folder:
            live = Live(net, Path(folder), "-i", NEAR, "-bpf", FILTER, "-evr_limits", "0,0,0")
            with live.ready():
                live.source()
                script = str(ROOT / "scripts" / "send_sip.py")
                sender = subprocess.Popen(
                    python(net.far, script, FAR, 1_000_000, LONG_ENOUGH), stdout=subprocess.PIPE
                )
                time.sleep(2)
                for _ in range(ASKED):
                    for path, times in took.items():
                        times.append(milliseconds(net, path))
                assert sender.poll() is None
                dropped.append(live.source()["dropped"])
                sender.kill()
                sender.communicate()
                live.end()

    benchmark.pedantic(ask, rounds=1)
    for path, times in took.items():
        times.sort()
        benchmark.extra_info[path] = [round(times[ASKED // 2], 1), round(times[-1], 1)]
    benchmark.extra_info["dropped meanwhile"] = dropped[0]
    print(f"\nmiddle and worst in ms: {dict(benchmark.extra_info)}")
