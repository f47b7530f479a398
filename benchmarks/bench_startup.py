"""What it costs to start: ten packets beside an interpreter that does nothing.

Each round starts both, so that a machine whose speed drifts slows both. What is compared is CPU
time, user and system; the ratio is that of the same round. Nothing is asserted: the table is the
result. SIPCM_ROUNDS says how many rounds, 40 unless given.
"""

import os
import statistics
import sys
from pathlib import Path

from benchmarks.measured import measure
from benchmarks.traffic import capture, frames

ROUNDS = int(os.environ.get("SIPCM_ROUNDS", "40"))
PACKETS = 10

NOTHING = [sys.executable, "-c", "pass"]
OURS = [sys.executable, "-P", "-m", "sipcm", "-pcap"]
PROGRAM = "import sys; from sipcm.cli import run; run()"
"""What the program ``sipcm`` does, without what ``-m`` costs."""


def test_a_start(benchmark, tmp_path: Path, capsys):
    path = tmp_path / "ten.pcap"
    path.write_bytes(capture(frames(PACKETS)[:PACKETS]))
    started = [sys.executable, "-P", "-c", PROGRAM, "-pcap", str(path)]
    ways = {
        "sipcm": (started, "0"),
        "sipcm -json": ([*started, "-json", str(tmp_path / "events")], "0"),
        "python -m sipcm": ([*OURS, str(path)], "0"),
        "sipcm, not compiled": (started, "1"),
    }
    plain: list[float] = []
    taken: dict[str, list[float]] = {name: [] for name in ways}

    def once() -> None:
        plain.append(measure(NOTHING).cpu)
        for name, (command, pure) in ways.items():
            taken[name].append(measure(command, SIPCM_PURE=pure).cpu)

    benchmark.pedantic(once, rounds=ROUNDS, warmup_rounds=1)
    with capsys.disabled():
        print(f"\n\n| {'start':24} | CPU ms | times python -c pass |")
        print(f"|{'-' * 26}|-------:|---------------------:|")
        print(f"| {'python -c pass':24} | {statistics.median(plain) * 1000:6.1f} | {1:20.2f} |")
        for name, costs in taken.items():
            ratio = statistics.median(ours / base for ours, base in zip(costs, plain, strict=True))
            print(f"| {name:24} | {statistics.median(costs) * 1000:6.1f} | {ratio:20.2f} |")
