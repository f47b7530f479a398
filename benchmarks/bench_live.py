"""Live capture beside tcpdump and sngrep: packets that are lost, and the CPU that the others cost.

Each program captures the same traffic in turn, sent by ``scripts/send_sip.py`` between two hosts of
our own, on the same machine: the sender, and what the kernel does for it up to the ring, take most
of another core, and where two are not idle the figures tell of the machine. Whether the rate was
reached stands beside each figure.

What is compared is the CPU for each packet that a program has taken: a program that is too slow
loses packets, and so costs less for each that was sent. It is counted from where a program is ready
to where it has caught up, without its start and its end.

LIVE_RATES    packets per second, several by commas
LIVE_SECONDS  for how long they are sent
LIVE_TURNS    how often each program captures; the tables show the middle one
"""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from benchmarks.watched import counted, cpu
from tests.conftest import ROOT
from tests.e2e.live import PORT, Live
from tests.e2e.network import FAR, NEAR, Cable, cable, on, python
from tests.e2e.sipp import need

pytestmark = pytest.mark.timeout(7200)

RATES = [
    int(rate)
    for rate in os.environ.get("LIVE_RATES", "5000,20000,50000,100000,200000,300000").split(",")
]
SECONDS = int(os.environ.get("LIVE_SECONDS", "10"))
TURNS = int(os.environ.get("LIVE_TURNS", "1"))
SIDE_BY_SIDE = 200_000
"""Packets per second where two programs capture at once."""
FILTER = "udp port 5060"
RING = 64
"""Megabytes, for everybody."""
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
BETWEEN_LOOKS = 0.5
"""Seconds between two looks at whether a program still works at what came."""
LOOKS = 3
"""That must find one after the other that it does not."""
IDLE = 0.02
"""Seconds of CPU that a program may take meanwhile which has caught up."""


class Told(NamedTuple):
    """Packets that a program took and that were lost for it, and what it made of them."""

    taken: int
    lost: int
    made: str


class Outcome(NamedTuple):
    """What was sent, what a program made of it, and its seconds of CPU."""

    sent: dict[str, Any]
    told: Told
    cpu: float

    @property
    def each(self) -> float:
        """Microseconds of CPU for each packet that was taken."""
        return self.cpu / max(self.told.taken, 1) * 1e6


def sipcm(text: str, _errors: str, _kernel: Told) -> Told:
    """Read the summary of sipcm."""
    found = re.search(r"near: (\d+) packets captured, (\d+) of (\d+) lost", text)
    assert found, text
    read = re.search(r"Parsed: +\d+ total +(\d+) ok", text)
    assert read
    return Told(int(found[1]), int(found[2]), f"{read[1]} messages read")


def tcpdump(_text: str, errors: str, _kernel: Told) -> Told:
    """Read the last words of tcpdump."""
    found = re.search(r"(\d+) packets captured\s+\d+ packets received.*\s+(\d+) packets dr", errors)
    assert found, errors
    return Told(int(found[1]), int(found[2]), "")


def sngrep(text: str, _errors: str, kernel: Told) -> Told:
    """Read how many dialogs sngrep has; packets it does not count, so the kernel is asked."""
    dialogs = text.rsplit("Dialog count:", 1)[-1].strip()
    return Told(kernel.taken, kernel.lost, f"{dialogs} dialogs")


class Program(NamedTuple):
    """A command, what it says when it captures if it says that, and who reads what it told."""

    command: list[str]
    ready: str
    read: Callable[[str, str, Told], Told]


OURS = [sys.executable, "-P", "-m", "sipcm", "-i", NEAR, "-bpf", FILTER]
PROGRAMS = {
    "sipcm": Program(OURS, "capturing", sipcm),
    "sipcm with pages": Program([*OURS, "-p", str(PORT)], "capturing", sipcm),
    "sngrep": Program(
        # As one word the filter would be taken for what messages are to match.
        ["sngrep", "-N", "-l", "400000", "-B", str(RING), "-d", NEAR, *FILTER.split()],
        "",
        sngrep,
    ),
    "tcpdump": Program(
        ["tcpdump", "-i", NEAR, "-B", str(RING << 10), "-w", "/dev/null", FILTER],
        "listening on",
        tcpdump,
    ),
}


@pytest.fixture(scope="module")
def net() -> Iterator[Cable]:
    with cable() as made:
        yield made


class Capturing:
    """A program that captures on the near host of *net*, from where it is ready."""

    def __init__(self, net: Cable, program: Program) -> None:
        self._program = program
        self._folder = tempfile.TemporaryDirectory()
        self._out, self._errors = (Path(self._folder.name, name) for name in ("out", "err"))
        with self._out.open("wb") as out, self._errors.open("wb") as errors:
            self._running = subprocess.Popen(
                on(net.near, *program.command), stdin=subprocess.DEVNULL, stdout=out, stderr=errors
            )
        end = time.monotonic() + 30
        while program.ready not in self._errors.read_text() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1 if program.ready else 2)
        self._begun = self._cpu()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._running.poll() is None:
            self._running.kill()
            self._running.wait()
        self._folder.cleanup()

    def _cpu(self) -> float:
        return cpu(self._running.pid)

    def outcome(self, sent: dict[str, Any]) -> Outcome:
        """Let the program catch up with what was *sent*, and end."""
        spent = self._cpu()
        idle = 0
        while idle < LOOKS:
            time.sleep(BETWEEN_LOOKS)
            before, spent = spent, self._cpu()
            idle = idle + 1 if spent - before <= IDLE else 0
        kernel = Told(-1, -1, "")
        if self._program.read is sngrep:
            passed, dropped = counted(self._running.pid)
            kernel = Told(passed - dropped, dropped, "")
        self._running.send_signal(signal.SIGINT)
        self._running.wait()
        told = self._program.read(self._out.read_text(), self._errors.read_text(), kernel)
        return Outcome(sent, told, spent - self._begun)


def measure(net: Cable, names: list[str], rate: int) -> list[Outcome]:
    """Let programs capture at once while so many packets a second are sent."""
    with ExitStack() as running:
        capturing = [running.enter_context(Capturing(net, PROGRAMS[name])) for name in names]
        sender = python(net.far, str(ROOT / "scripts" / "send_sip.py"), FAR, rate, SECONDS)
        sent = json.loads(subprocess.run(sender, capture_output=True, check=True).stdout)
        return [each.outcome(sent) for each in capturing]


def found(names: list[str]) -> list[str]:
    """Return those of the programs *names* that are installed."""
    return [name for name in names if shutil.which(PROGRAMS[name].command[0])]


def table(outcomes: dict[str, list[Outcome]]) -> Iterator[str]:
    """Yield the lines of a table: the middle of all turns, ratios to the first of the same turn."""
    yield f"| {'program':16} |  sent/s |    lost of sent    | CPU us a packet | times | it read |"
    yield f"|{'-' * 18}|--------:|-------------------:|----------------:|------:|---------|"
    first = next(iter(outcomes.values()))
    for name, turns in outcomes.items():
        middle = sorted(turns, key=lambda turn: turn.each)[len(turns) // 2]
        times = statistics.median(
            turn.each / ours.each for turn, ours in zip(turns, first, strict=True)
        )
        sent, told = middle.sent, middle.told
        lost = max(turn.told.lost for turn in turns)
        yield (
            f"| {name:16} | {sent['sent'] / sent['seconds']:7,.0f} | {lost:7} of {sent['sent']:7} "
            f"| {middle.each:15.2f} | {times:5.2f} | {told.made} |"
        )


def show(title: str, outcomes: dict[str, list[Outcome]], benchmark: Any) -> None:
    """Print the table of *outcomes*, and keep the figures with the benchmark."""
    for name, turns in outcomes.items():
        benchmark.extra_info[name] = [
            (round(turn.each, 2), turn.told.taken, turn.told.lost) for turn in turns
        ]
    spent = [turn.sent["cpu"] / turn.sent["sent"] for turns in outcomes.values() for turn in turns]
    print(f"\n\n{title}; the sender took {statistics.median(spent) * 1e6:.2f} us for each packet,")
    print(f"{turns[0].sent['calls']:,} calls in a turn\n")
    print("\n".join(table(outcomes)))


@pytest.mark.parametrize("rate", RATES)
def test_packets_that_are_lost_and_what_the_others_cost(benchmark, net, rate):
    outcomes: dict[str, list[Outcome]] = {name: [] for name in found([*PROGRAMS])}

    def turn() -> None:
        for name, turns in outcomes.items():
            turns.extend(measure(net, [name], rate))

    benchmark.pedantic(turn, rounds=TURNS)
    show(f"{rate:,} packets per second for {SECONDS} s, one program at a time", outcomes, benchmark)


def test_packets_that_are_lost_side_by_side(benchmark, net):
    names = found(["sipcm", "tcpdump"])
    outcomes: dict[str, list[Outcome]] = {name: [] for name in names}

    def turn() -> None:
        for name, outcome in zip(names, measure(net, names, SIDE_BY_SIDE), strict=True):
            outcomes[name].append(outcome)

    benchmark.pedantic(turn, rounds=TURNS)
    show(f"{SIDE_BY_SIDE:,} packets per second for {SECONDS} s, at once", outcomes, benchmark)


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
