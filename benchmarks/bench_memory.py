"""What an open call weighs: how much the process grows by many of them."""

import gc
import resource
from pathlib import Path

import pytest

from benchmarks.bench_pipeline import read
from benchmarks.traffic import BEGIN, capture, dialog

CALLS = 50_000
STATM = Path("/proc/self/statm")


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    gc.collect()
    return int(STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@pytest.mark.skipif(not STATM.exists(), reason="no /proc")
def test_memory_of_a_call(benchmark):
    """The first request of so many calls, all of which stay open."""
    recorded = capture((BEGIN, next(dialog(number))[1]) for number in range(CALLS))
    read(recorded[:100_000], 10)
    before = resident()
    pipeline = benchmark.pedantic(read, (recorded, 10), rounds=1)
    grown = resident() - before
    assert pipeline.tracker.calls.active.value == CALLS
    benchmark.extra_info["bytes per call"] = grown / CALLS
