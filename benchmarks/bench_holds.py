"""For how long the event loop is held while a capture is read and pages are asked for.

The table is full of 100,000 calls and the ring of 1,000,000 events, as in :mod:`bench_load`, which
does the same live. Packets are read as fast as can be, and twenty clients ask at once for all pages
that it asks for, and for some more.
Prints what was noted meanwhile, as ``/metrics`` tells it, and for how long other machines had the
processors then: where that is more than half a second the figures tell of those.

HOLDS_SECONDS gives another time, SIPCM_CAPTURE another capture, which then fills the table or not.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from benchmarks.bench_load import CALLS, CLIENTS, EVENTS, FILLED_WITHIN, KINDS
from benchmarks.holds import Buckets, added, held, stolen, table
from tests import crowd
from tests.conftest import ROOT
from tests.crowd import MILLISECOND, Recording
from tests.ports import free_port

SECONDS = float(os.environ.get("HOLDS_SECONDS", "60"))
CLEARED = 150_000
MORE = (
    "/metrics",
    "/calls",
    "/regs",
    "/stats",
    "/counters",
    "/stats/rate",
    "/evrateblst/list?n=1000&format=html",
    "/calls/list?format=csv&n=1000",
    "/calls/list?format=json&n=1000",
    "/events?format=csv&n=1000",
)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calls that stay, and twice as many that end."""
    if given := os.environ.get("SIPCM_CAPTURE"):
        return Path(given)
    path = tmp_path_factory.mktemp("holds") / "calls.pcap"
    with path.open("wb") as file:
        file.writelines(recorded())
    return path


def recorded() -> Iterator[bytes]:
    def packets() -> Iterator[tuple[int, bytes]]:
        apart = MILLISECOND // 4
        yield from crowd.crowd(crowd.ANSWERED, CALLS, apart=apart)
        part = crowd.ANSWERED + crowd.CLEARED
        yield from crowd.crowd(part, CLEARED, CALLS, CALLS * apart, apart)

    recording = Recording(packets())
    while piece := recording.read(1 << 20):
        yield piece


@pytest.fixture
def port(capture: Path) -> Iterator[int]:
    """Where a program that reads *capture* again and again serves its pages."""
    number = free_port()
    options = ("-pcap", capture, "-pcap_loop", 1_000_000, "-http_port", number)
    state = ("-calls_max_entries", CALLS, "-event_buffer_size", EVENTS, "-evr_limits", "0,0,0")
    command = [sys.executable, "-P", "-m", "sipcm", *map(str, (*options, *state))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as program:
        try:
            yield number
        finally:
            program.send_signal(signal.SIGINT)


def told(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return str(answer.read().decode())


def fill(port: int) -> None:
    """Wait until the ring is full."""
    end = time.monotonic() + FILLED_WITHIN
    while time.monotonic() < end:
        time.sleep(1)
        try:
            if f'"kept": {EVENTS}' in told(port, "/events?n=0&format=json"):
                return
        except OSError:
            continue
    raise TimeoutError


@pytest.mark.timeout(1800)
def test_holds_of_a_replay(benchmark: Any, port: int) -> None:
    noted: list[Buckets] = []
    others: list[float] = []

    def measure() -> None:
        fill(port)
        noted.append(held(told(port, "/metrics")))
        others.append(stolen())
        script = str(ROOT / "benchmarks" / "clients.py")
        paths = [*(path for kind in KINDS.values() for path in kind), *MORE]
        command = [sys.executable, script, str(port), str(CLIENTS), str(SECONDS), "0", *paths]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        others.append(stolen())
        noted.append(held(told(port, "/metrics")))

    benchmark.pedantic(measure, rounds=1)
    print(f"\nother machines had the processors for {others[1] - others[0]:.1f} s")
    for who, what in added(*noted).items():
        print(f"\nloop held by {who}: {what}")
        print(*table(noted[0].get(who, []), noted[1][who]), sep="\n")
