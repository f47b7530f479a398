"""Whole runs side by side: sipcm in both forms, an earlier version, and what else reads captures.

Each round runs all programs in turn, so that a machine whose speed drifts slows all of them. What
is compared is CPU time, user and system, start-up included; the ratio is that of the same round.

SIPCM_CAPTURE   a capture of your own, in place of two made-up ones of 50,000 packets
SIPCM_PREVIOUS  a folder with an earlier version, as ``make bench PREVIOUS=REVISION`` makes it
SIPCM_PEER      one more program: its path, if it is told a capture with -pcap as sipcm is, or a
                command in which {} stands for the capture
SIPCM_ROUNDS    how many rounds, 5 unless given
"""

import os
import shlex
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.measured import Cost, measure
from benchmarks.traffic import capture, frames, stream_frames
from sipcm.net.capturefile import CaptureFile

pytestmark = pytest.mark.timeout(7200)

ROUNDS = int(os.environ.get("SIPCM_ROUNDS", "5"))
DIALOGS = 10_000
STREAM_DIALOGS = 4_400
SLOW = 100_000_000
"""Bytes; what takes a minute and more for a bigger capture is left out."""

PROGRAMS = {
    "tcpdump": "tcpdump -r {} -w /dev/null port 5060",
    "sngrep": "sngrep -N -q -l 400000 -I {}",
    "tshark": "tshark -q -z sip,stat -r {}",
}
"""How a program is told to read a capture without showing it. tcpdump reads and filters only."""


@dataclass
class Program:
    """What is run, and what each round of it took."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    costs: list[Cost] = field(default_factory=list)

    def run(self) -> None:
        self.costs.append(measure(self.command, **self.environment))


def programs(path: Path) -> Iterator[Program]:
    """Yield what can be compared here on the capture of *path*, sipcm as it is installed first."""
    ours = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(path)]
    yield Program("sipcm", ours, {"SIPCM_PURE": "0"})
    if previous := os.environ.get("SIPCM_PREVIOUS"):
        yield Program(f"sipcm {Path(previous).name}", ours, {"PYTHONPATH": previous})
    yield Program("sipcm, not compiled", ours, {"SIPCM_PURE": "1"})
    others = dict(PROGRAMS)
    if path.stat().st_size > SLOW:
        del others["tshark"]
    if peer := os.environ.get("SIPCM_PEER"):
        others[Path(shlex.split(peer)[0]).name] = peer if "{}" in peer else f"{peer} -pcap {{}}"
    for name, command in others.items():
        program, *arguments = shlex.split(command)
        if found := shutil.which(program):
            filled = [argument.replace("{}", str(path)) for argument in arguments]
            yield Program(name, [found, *filled])


@pytest.fixture(scope="module", params=["udp", "tcp"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("SIPCM_CAPTURE"):
        if request.param == "tcp":
            pytest.skip("SIPCM_CAPTURE is read once")
        return Path(given)
    path: Path = tmp_path_factory.mktemp("programs") / f"{request.param}.pcap"
    happened = frames(DIALOGS) if request.param == "udp" else stream_frames(STREAM_DIALOGS)
    path.write_bytes(capture(happened))
    return path


def packets_in(path: Path) -> int:
    """Return how many packets the capture of *path* holds."""
    with CaptureFile(str(path)) as source:
        while source.read():
            while source.cursor.next():
                pass
        return int(source.cursor.number)


def table(compared: list[Program], packets: int) -> Iterator[str]:
    """Yield the lines of the table: medians of all rounds, ratios of the same round."""
    yield f"| {'program':24} | CPU s | packets per CPU-s | sipcm is | peak MB |"
    yield f"|{'-' * 26}|------:|------------------:|---------:|--------:|"
    first = compared[0].costs
    for program in compared:
        cpu = statistics.median(cost.cpu for cost in program.costs)
        pairs = zip(program.costs, first, strict=True)
        times = statistics.median(cost.cpu / ours.cpu for cost, ours in pairs)
        peak = max(cost.peak for cost in program.costs) / 1e6
        yield (
            f"| {program.name:24} | {cpu:5.2f} | {packets / cpu:17,.0f} "
            f"| {times:6.2f} x | {peak:7.0f} |"
        )


def test_programs(benchmark, recorded, capsys):
    compared = list(programs(recorded))

    def one_round() -> None:
        for program in compared:
            program.run()

    benchmark.pedantic(one_round, rounds=ROUNDS, warmup_rounds=1)
    for program in compared:
        del program.costs[:-ROUNDS]
    packets = packets_in(recorded)
    with capsys.disabled():
        sys.stdout.write(f"\n\n{recorded.name}: {packets:,} packets, {ROUNDS} rounds\n\n")
        sys.stdout.write("\n".join(table(compared, packets)) + "\n")
