"""What an entry weighs: how much a process of its own grows by many of them.

Run as a program it prints, as JSON, the bytes per entry of so many of a kind and what the tables
take them for: ``weighing.py established 50000``.
"""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    # Behind everything else: the installed package is the one to weigh, if there is one.
    sys.path.append(str(Path(__file__).resolve().parent.parent))

from sipcm.clock import SECOND
from sipcm.net.capturefile import CaptureFile
from sipcm.pipeline import Pipeline
from tests import crowd
from tests.crowd import MILLISECOND, Recording, resident
from tests.harness import Packet

WARM_UP = 100
"""What is played first, for what is made once; few, since what they free is used again."""
RING = 16

KINDS = {
    # what is played, and how long after each other
    "half-open": (crowd.HALF_OPEN, 0),
    "established": (crowd.ESTABLISHED, 0),
    "subscription": (crowd.SUBSCRIBED, 0),
    "binding": (crowd.REGISTERED, 10 * MILLISECOND),
    "event": (crowd.REFUSED, 10 * MILLISECOND),
}


class Weight(NamedTuple):
    """Bytes per entry, those that the tables count, of all the process, and how long it took."""

    measured: float
    estimate: float
    resident: int
    seconds: float


def weigh(kind: str, count: int) -> Weight:
    """Weigh so many entries of *kind* in a process of their own, the same each time."""
    command = [sys.executable, "-P", __file__, kind]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # Whatever is interpreted is translated the first time; what that frees would be used again.
    for number in (1, count):
        done = subprocess.run(
            [*command, str(number)], env=environment, check=True, capture_output=True, text=True
        )
    return Weight(*json.loads(done.stdout))


def read(packets: Iterable[Packet], ring: int = RING) -> Pipeline:
    """Take packets through a new pipeline, which keeps so many events and no packets."""
    pipeline = Pipeline(0, ring, dedup=False)
    with CaptureFile(io.BufferedReader(Recording(packets))) as capture:
        while capture.read():
            while pipeline.run(capture.cursor, 2048):
                pass
    return pipeline


def weigh_here(kind: str, count: int) -> Weight:
    """Weigh in this process, which should have done nothing before."""
    part, apart = KINDS[kind]
    read(crowd.crowd(part, WARM_UP, apart=apart))
    before = resident()
    began = time.perf_counter()
    pipeline = read(crowd.crowd(part, count, apart=apart), count if kind == "event" else RING)
    seconds = time.perf_counter() - began
    # Let the requests end that made a binding or an event; calls that are to be weighed stay.
    if kind in {"binding", "event"}:
        pipeline.run_on(pipeline.clock.now + 40 * SECOND)
    after = resident()
    calls, bindings = pipeline.tracker.calls, pipeline.tracker.registrar.bindings
    table = bindings if kind == "binding" else calls
    ring = pipeline.ring
    held, taken_for = (
        (ring.total - ring.oldest(), ring.bytes)
        if kind == "event"
        else (table.active.value, table.memory.value)
    )
    assert held == count, held
    return Weight((after - before) / count, taken_for / count, after, seconds)


if __name__ == "__main__":
    print(json.dumps(weigh_here(sys.argv[1], int(sys.argv[2]))))
