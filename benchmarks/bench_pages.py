"""How soon pages answer while a capture is read at full speed, and what they cost the reading.

The program runs as its user starts it; the requests come from here, on keep-alive connections. Give
a capture of your own with SIPCM_CAPTURE, else made-up traffic is read again and again.
"""

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from benchmarks.holds import added, held
from benchmarks.traffic import capture, frames
from tests.ports import free_port

pytestmark = pytest.mark.timeout(900)

DIALOGS = 20_000
PASSES = int(os.environ.get("SIPCM_PASSES", "10"))
METRICS = "/metrics"
CALL = "/calls/100?format=html"
"""Which is not there before it has begun, and goes when its messages have to."""
PAGES = (
    "/?format=html",
    "/stats?format=html",
    "/calls/list?format=html",
    CALL,
    "/events?format=html",
    "/counters?format=html",
    "/events?format=json",
    "/calls/list?n=1000&cid=1",
    "/stats/rate?d=10s",
    "/health",
    "/events?n=1000&format=html",
    METRICS,
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("SIPCM_CAPTURE"):
        return Path(given)
    path = tmp_path_factory.mktemp("pages") / "traffic.pcap"
    path.write_bytes(capture(frames(DIALOGS)))
    return path


@contextmanager
def reading(recorded: Path, port: int) -> "Iterator[subprocess.Popen[bytes]]":
    """Let a program read *recorded* while its pages are up."""
    command = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(recorded)]
    command += ["-pcap_loop", str(PASSES), "-p", str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        yield running
        running.kill()


def ask(
    running: "subprocess.Popen[bytes]", port: int, interval: float, metrics: list[str]
) -> list[float]:
    """Ask for page after page until the reading has ended; return how long each took.

    What the program told of itself goes to *metrics*.
    """
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    took: list[float] = []
    for page in cycle(PAGES):
        begun = time.perf_counter()
        try:
            client.request("GET", page)
            answer = client.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            client.close()
            if running.poll() is not None:
                break
            time.sleep(0.02)  # it does not listen yet, or no longer
            continue
        assert answer.status == 200 or page == CALL, page
        took.append(time.perf_counter() - begun)
        if page == METRICS:
            metrics.append(body.decode())
        time.sleep(interval)
    client.close()
    return took


def test_pages_answer_while_packets_are_read(benchmark, recorded):
    took: list[float] = []
    metrics: list[str] = []

    def ask_often() -> None:
        port = free_port()
        with reading(recorded, port) as running:
            took.extend(ask(running, port, 0.02, metrics))

    benchmark.pedantic(ask_often, rounds=1)
    ranks = statistics.quantiles(took, n=100)
    benchmark.extra_info["requests"] = len(took)
    benchmark.extra_info["p99 ms"] = round(ranks[98] * 1000, 1)
    print(
        f"\n{len(took)} requests: median {ranks[49] * 1000:.1f} ms, p99 {ranks[98] * 1000:.1f} ms, "
        f"worst {max(took) * 1000:.1f} ms"
    )
    for who, what in added({}, held(metrics[-1])).items():
        benchmark.extra_info[f"loop held by {who}"] = what
        print(f"loop held by {who}: {what}")


def test_one_request_a_second_slows_the_reading_little(benchmark, recorded):
    """Whole runs in turn, with and without; wall time, since pages take turns with packets."""
    pairs: list[tuple[float, float]] = []

    def one(*, asked: bool) -> float:
        port = free_port()
        begun = time.perf_counter()
        with reading(recorded, port) as running:
            if asked:
                assert ask(running, port, 1.0, [])
            running.wait()
            return time.perf_counter() - begun

    benchmark.pedantic(
        lambda: pairs.append((one(asked=True), one(asked=False))), rounds=5, warmup_rounds=1
    )
    slower = statistics.median(a / b for a, b in pairs[1:]) - 1
    benchmark.extra_info["slower %"] = round(100 * slower, 2)
    told = ", ".join(f"{a:.2f}/{b:.2f}" for a, b in pairs[1:])
    print(f"\n{100 * slower:+.1f} % (median of pairs {told} s)")
