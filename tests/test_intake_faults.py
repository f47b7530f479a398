"""A fault of ours costs a packet, not the run."""

import pytest

from sipcm.pipeline import Pipeline
from tests.harness import capture_of
from tests.servicing import Stage, settings
from tests.stage import BEGIN, packets

CALLS = 300


class Faulty:
    """A pipeline that breaks on some of its slices, after they were taken."""

    def __init__(self, pipeline: Pipeline, faults: int):
        self.pipeline = pipeline
        self.faults = faults

    def _break(self) -> None:
        if self.faults:
            self.faults -= 1
            raise ZeroDivisionError("a bug")

    def run(self, cursor, most):
        taken = self.pipeline.run(cursor, most)
        self._break()
        return taken

    def take(self, cursor):
        self.pipeline.take(cursor)
        self._break()

    def __getattr__(self, name):
        return getattr(self.pipeline, name)


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize(("faults", "told"), [(1, 1), (5, 3)])
def test_a_fault_is_told_and_the_run_goes_on(tmp_path, capsys, replay, faults, told):
    path = tmp_path / "calls.pcap"
    happened = [packet for n in range(CALLS) for packet in packets(">BYE/b", str(n), BEGIN + n)]
    path.write_bytes(capture_of(happened).getvalue())
    stage = Stage(settings(path, path, replay=replay))
    stage.run.pipeline = Faulty(stage.run.pipeline, faults)  # type: ignore[assignment]
    stage.read_all()
    assert (stage.intake.faults, stage.intake.failed) == (faults, True)
    assert stage.packets() == 2 * CALLS
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == told
    assert "bug: dropped a packet at or shortly before number" in lines[0]
    assert "ZeroDivisionError('a bug')" in lines[0]
