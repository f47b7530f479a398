"""Count what the compiled program costs, in instructions, which no other load of a machine changes.

``python scripts/count_instructions.py`` counts under valgrind and writes the figures down for this
Python and this compiler in ``tests/instructions.json``, with which a test compares what it counts.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.traffic import Frame, capture, frames, stream_frames  # noqa: E402

KNOWN = ROOT / "tests" / "instructions.json"
FEW = 10
DIALOGS = 1200
BEFORE = 400
"""How many dialogs come before those that are counted: they load what is loaded when needed."""

_COUNTED = re.compile(rb"I +refs: +([0-9,]+)")


def builder() -> str:
    """Name what the figures depend on: the version of Python and that of the compiler."""
    done = subprocess.run(["gcc", "-dumpversion"], capture_output=True, text=True, check=True)
    major, minor, _ = platform.python_version_tuple()
    return f"Python {major}.{minor}, gcc {done.stdout.strip().partition('.')[0]}"


def instructions(path: Path) -> int:
    """Return how many instructions it takes to read the capture of *path*."""
    reading = [sys.executable, "-P", "-m", "sipcm", "-pcap", str(path)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # Whatever is interpreted is translated the first time.
    subprocess.run(reading, env=environment, check=True, capture_output=True)
    counting = [
        "valgrind",
        "--tool=cachegrind",
        "--cache-sim=no",
        "--cachegrind-out-file=/dev/null",
    ]
    done = subprocess.run([*counting, *reading], env=environment, check=True, capture_output=True)
    found = _COUNTED.search(done.stderr)
    assert found is not None, done.stderr
    return int(found[1].replace(b",", b""))


def count() -> dict[str, int]:
    """Return the instructions of a start, and those of a packet over UDP and over TCP."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "counted.pcap")

        def read(happened: Iterable[Frame]) -> int:
            path.write_bytes(capture(happened))
            return instructions(path)

        counted = {"start": read(frames(FEW)[:FEW])}
        for name, made in (("udp", frames), ("tcp", stream_frames)):
            packets, before = made(DIALOGS), made(BEFORE)
            more = read(packets) - read(before)
            counted[name] = more // (len(packets) - len(before))
    return counted


def main() -> None:
    """Count, and write down what was counted."""
    known = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.exists() else {}
    known[builder()] = count()
    KNOWN.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(builder(), known[builder()])


if __name__ == "__main__":
    main()
