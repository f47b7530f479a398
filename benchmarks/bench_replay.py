"""How exactly a replay keeps to its schedule: total times, and how late each packet is.

The ways of the user guide, on a capture with known gaps, through the service on uvloop with its
pages served, as a user would run it. Nothing is asserted of the times: the table is the result.
"""

import sys
from pathlib import Path

import pytest

from benchmarks.traffic import BEGIN, frames
from sipcm.intake import Intake
from sipcm.log import ERROR, Log
from sipcm.looppauses import LoopPauses
from sipcm.net.pcapwriter import PcapWriter
from sipcm.option import Value
from sipcm.replay import Pace, Schedule
from sipcm.runner import run_on_loop
from sipcm.service import Service
from sipcm.settings import Settings
from tests.ports import free_port

MS = 1_000_000
GAPS = [304 * MS, 1 * MS, 17 * MS, 0, 101 * MS, 304 * MS, 3 * MS] * 2

WAYS = {
    "normal": Pace(),
    "delay_scale 0.1": Pace(0.1),
    "delay_scale 2": Pace(2.0),
    "min_delay 50ms": Pace(lowest=50 * MS),
    "max_delay 50ms": Pace(highest=50 * MS),
    "min_delay 40ms, max_delay 50ms": Pace(lowest=40 * MS, highest=50 * MS),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture with the gaps above."""
    path = tmp_path_factory.mktemp("replay") / "gaps.pcap"
    times = [BEGIN]
    for gap in GAPS:
        times.append(times[-1] + gap)
    with path.open("wb") as stream:
        writer = PcapWriter(stream, 1)
        for time, (_, frame) in zip(times, frames(len(times)), strict=False):
            writer.write(time, frame)
    return path


class Watched(Schedule):
    """Remembers how late each packet went."""

    def __init__(self, pace: Pace) -> None:
        super().__init__(pace)
        self.dues: list[int] = []
        self.late: list[int] = []

    def due(self, timestamp: int, now: int) -> int:
        self.dues.append(super().due(timestamp, now))
        return self.dues[-1]

    def sent(self, moment: int) -> None:
        super().sent(moment)
        self.late.append(moment - self.dues[-1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_replay_keeps_to_its_schedule(benchmark, recorded, way, loop, capsys):
    pace = WAYS[way]
    schedules: list[Watched] = []

    def replay() -> None:
        given: dict[str, Value] = {"pcap": (str(recorded),), "replay": True}
        given["http_port"] = free_port()
        service = Service(Settings(given, dict.fromkeys(given, "test")), Log(ERROR))
        schedules.append(Watched(pace))
        assert isinstance(service.reader, Intake)
        service.reader._schedule = schedules[-1]
        run_on_loop(loop, service.work(LoopPauses()), service.stop)

    benchmark.pedantic(replay, rounds=2, warmup_rounds=1)
    arithmetic = sum(map(pace.wait, GAPS)) / 1e9
    watched = schedules[-1]
    total = (watched.dues[-1] + watched.late[-1] - watched.dues[0]) / 1e9
    late = sorted(watched.late)
    benchmark.extra_info["arithmetic s"] = round(arithmetic, 3)
    benchmark.extra_info["total s"] = round(total, 3)
    benchmark.extra_info["worst ms"] = round(late[-1] / 1e6, 3)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{loop:8} {way:32} {arithmetic:7.3f} s, took {total:7.3f} s "
            f"({100 * (total / arithmetic - 1):+.2f} %), late: median "
            f"{late[len(late) // 2] / 1e6:.3f} ms, worst {late[-1] / 1e6:.3f} ms"
        )
