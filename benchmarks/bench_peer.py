"""Whole runs side by side: sipcm, and another program that reads the same capture.

The peer is SIPCM_PEER, by default sngrep from Debian; the two run in turn, so that a machine whose
speed drifts slows both. What is compared is CPU time, user and system, start-up included. Give a
capture of your own with SIPCM_CAPTURE, else 50,000 packets of made-up traffic are read.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.traffic import capture, frames

DIALOGS = 10_000
ROUNDS = 7

PEERS = {
    "sngrep": ["-N", "-q", "-l", "400000", "-I"],
    "tshark": ["-q", "-z", "sip,stat", "-r"],
}
"""How a peer is told to read a capture without showing it."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("SIPCM_CAPTURE"):
        return Path(given)
    path = tmp_path_factory.mktemp("peer") / "traffic.pcap"
    path.write_bytes(capture(frames(DIALOGS)))
    return path


def cpu_seconds(command: list[str], **environment: str) -> float:
    """Run *command* to its end and return its CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


@pytest.mark.parametrize("pure", ["0", "1"], ids=["as-installed", "pure"])
def test_packets_per_cpu_second_against_the_peer(benchmark, recorded, pure):
    peer = os.environ.get("SIPCM_PEER", "sngrep")
    program = shutil.which(peer)
    if program is None:
        pytest.skip(f"{peer} is not installed: set SIPCM_PEER, or install it")
    theirs = [program, *PEERS.get(Path(peer).name, []), str(recorded)]
    ours = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(recorded)]
    pairs: list[tuple[float, float]] = []

    def both() -> None:
        pairs.append((cpu_seconds(ours, SIPCM_PURE=pure), cpu_seconds(theirs)))

    benchmark.pedantic(both, rounds=ROUNDS, warmup_rounds=1)
    measured = pairs[-ROUNDS:]
    benchmark.extra_info["sipcm CPU s"] = round(statistics.median(a for a, _ in measured), 3)
    benchmark.extra_info[f"{peer} CPU s"] = round(statistics.median(b for _, b in measured), 3)
    times = statistics.median(b / a for a, b in measured)
    benchmark.extra_info["times as fast"] = round(times, 2)
    print(f"\n{times:.2f} times the packets per CPU-second of {peer} (median of {ROUNDS} pairs)")
