"""Readers of SIP side by side: our scanners and parse(), dpkt, and sipmessage from PyPI.

All read the same messages, in turn, so that a machine whose speed drifts slows all: 10,000 of what
``make_big_capture.py`` of the shared material writes, or of our own traffic where that is absent.
What is compared is processor time. The fallback runs in a process without the compiled modules.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from benchmarks.traffic import capture, frames
from tests.conftest import find_shared

MESSAGES = 10_000
DIALOGS = 3000  # of our own traffic; a few messages more than that
ROUNDS = 9
PROGRAM = Path(__file__).with_name("readers.py")

OURS = ("scan", "scan, all fields asked for", "parse")


class Readers:
    """A process that reads all messages with one reader at a time."""

    def __init__(self, recorded: Path, *, pure: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM), str(recorded), str(MESSAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "SIPCM_PURE": str(int(pure))},
        )
        self.about = json.loads(self._answer())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def read(self, reader: str) -> float:
        """Return the nanoseconds that a message takes."""
        assert self._process.stdin
        self._process.stdin.write(f"{reader}\n")
        self._process.stdin.flush()
        return float(self._answer())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readers")
    tool = (find_shared() or Path()) / "tools" / "make_big_capture.py"
    if tool.is_file():
        command = [sys.executable, str(tool), str(folder), "udp-50k"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return folder / "mid_udp_50k.pcap"
    path = folder / "traffic.pcap"
    path.write_bytes(capture(frames(DIALOGS)))
    return path


def test_readers_of_sip(benchmark, recorded):
    with Readers(recorded, pure=False) as installed, Readers(recorded, pure=True) as pure:
        names = {f"{name} ({installed.about['build']})": (installed, name) for name in OURS}
        names |= {f"{name} (interpreted)": (pure, name) for name in OURS}
        names |= {name: (pure, name) for name in pure.about["readers"] if name not in OURS}
        taken: dict[str, list[float]] = {name: [] for name in names}

        def each_in_turn() -> None:
            for name, (process, reader) in names.items():
                taken[name].append(process.read(reader))

        benchmark.pedantic(each_in_turn, rounds=ROUNDS, warmup_rounds=1)
    about = {key: installed.about[key] for key in ("messages", "bytes", "headers")}
    times = {name: statistics.median(found[-ROUNDS:]) for name, found in taken.items()}
    benchmark.extra_info.update(about)
    benchmark.extra_info["ns per message"] = {name: round(time) for name, time in times.items()}
    print(f"\n{about['messages']} messages; bytes: {about['bytes']}; headers: {about['headers']}")
    for name, time in times.items():
        print(f"{time / 1000:8.2f} us, 1/{times['dpkt'] / time:<5.1f} of dpkt  {name}")
    if "sipmessage" not in times:
        print("sipmessage is not installed: pip install --group dev")
