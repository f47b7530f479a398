"""A fault of ours costs a packet, not the run."""

import pytest

from sipcm.log import Log
from sipcm.pipeline import Pipeline
from sipcm.service import Service
from tests.harness import capture_of
from tests.stage import BEGIN, packets
from tests.test_service import settings

CALLS = 300


class Faulty:
    """A pipeline that breaks on some of its slices, after they were taken."""

    def __init__(self, pipeline: Pipeline, faults: int):
        self.pipeline = pipeline
        self.faults = faults

    def run(self, cursor, most):
        taken = self.pipeline.run(cursor, most)
        if self.faults:
            self.faults -= 1
            raise ZeroDivisionError("a bug")
        return taken

    def __getattr__(self, name):
        return getattr(self.pipeline, name)


@pytest.mark.parametrize(("faults", "told"), [(1, 1), (5, 3)])
def test_a_fault_is_told_and_the_run_goes_on(tmp_path, capsys, faults, told):
    path = tmp_path / "calls.pcap"
    happened = [packet for n in range(CALLS) for packet in packets(">BYE/b", str(n), BEGIN + n)]
    path.write_bytes(capture_of(happened).getvalue())
    service = Service(settings(path, path), Log())
    service.pipeline = Faulty(service.pipeline, faults)  # type: ignore[assignment]
    assert sum(1 for _ in service.slices()) >= 2
    assert (service.faults, service.failed) == (faults, True)
    assert service.pipeline.counters.total_packets.value == 2 * CALLS
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == told
    assert "bug: dropped a packet at or shortly before number" in lines[0]
    assert "ZeroDivisionError('a bug')" in lines[0]
