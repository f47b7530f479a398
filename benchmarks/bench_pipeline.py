"""What a packet costs on its way from the bytes of a capture to the events."""

import io
from collections import Counter

import pytest

from benchmarks.traffic import EVENTS, MIX, capture, frames
from sipcm.net.capturefile import CaptureFile
from sipcm.pipeline import Pipeline
from sipcm.state.eventnames import EVENT_NAMES

DIALOGS = 8000
HOUR = 3600 * 1_000_000_000


@pytest.fixture(scope="module")
def recorded() -> bytes:
    return capture(frames(DIALOGS))


def read(recorded: bytes, ring: int = 100_000) -> Pipeline:
    """Take a whole capture through a new pipeline, which keeps so many events."""
    pipeline = Pipeline(0, ring)
    with CaptureFile(io.BytesIO(recorded)) as source:
        while source.read():
            while pipeline.run(source.cursor, 2048):
                pass
    return pipeline


def test_pipeline(benchmark, recorded):
    pipeline = benchmark.pedantic(read, (recorded,), rounds=5, warmup_rounds=1)
    packets = pipeline.counters.total_packets.value
    assert packets == DIALOGS // len(MIX) * sum(map(len, MIX))
    assert pipeline.run_on(pipeline.clock.now + 2 * HOUR)
    seen = Counter(EVENT_NAMES[event.type] for event in pipeline.ring.read(0, pipeline.ring.total))
    assert seen == {kind: count * DIALOGS // len(MIX) for kind, count in EVENTS.items()}
    if benchmark.stats:
        benchmark.extra_info["packets/s"] = packets / benchmark.stats["median"]
