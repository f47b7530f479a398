"""What whoever reads the inputs of a run promises, files and interfaces alike."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sipcm.intake import Intake
from sipcm.livecapture import LiveCapture
from sipcm.log import Log
from sipcm.outlet import Outlet
from sipcm.reader import Reader
from sipcm.run import Run
from sipcm.source import State
from sipcm.walltime import WallTime
from tests.fakeclock import FakeClock
from tests.faketap import BEGIN, FakeTap, LivePauses
from tests.harness import capture_of
from tests.servicing import drive, settings
from tests.stage import packets

HAPPENED = packets(">INVITE <200 >ACK >BYE <200", begin=BEGIN)

Made = tuple[Reader, Run, LivePauses]


def of_a_file(folder: Path) -> Made:
    path = folder / "x.pcap"
    path.write_bytes(capture_of(HAPPENED).getvalue())
    clock = FakeClock()
    run = Run(settings(path), (), clock)
    reader = Intake(run, outlet_of(run), Log(), clock)
    return reader, run, LivePauses(clock, [], lambda: None)


def of_an_interface(_folder: Path) -> Made:
    clock = FakeClock()
    tap = FakeTap("eth0", clock, set())
    tap.arrive(0, *HAPPENED)
    run = Run(settings(iface=("eth0",)), (), clock, lambda: BEGIN + clock.now)
    wall = WallTime(clock, run.today)
    reader = LiveCapture(run, outlet_of(run), Log(), [tap], clock=clock, wall=wall)  # type: ignore[list-item]
    return reader, run, LivePauses(clock, [tap], reader.stop)


def outlet_of(run: Run) -> Outlet:
    return Outlet("", run.pipeline.ring, Log(), lambda: True, lambda: False)


@pytest.fixture(params=[of_a_file, of_an_interface])
def made(request, tmp_path) -> Made:
    make: Callable[[Path], Made] = request.param
    return make(tmp_path)


def test_it_is_opened_read_and_closed(made):
    reader, run, pauses = made
    assert reader.goes_on()
    reader.open()
    drive(reader.read_all(pauses))
    reader.close()
    assert run.pipeline.counters.total_packets.value == len(HAPPENED)
    assert [source.state for source in run.sources] == [State.DONE]
    assert run.stopped_since() is not None
    assert (reader.failed, reader.misused) == (False, False)


def test_it_can_be_stopped_before_it_begins(made):
    reader, run, pauses = made
    reader.open()
    reader.stop()
    assert not reader.goes_on()
    drive(reader.read_all(pauses))
    drive(reader.go_on(pauses))
    reader.close()
    assert run.stopped_since() is not None
    assert not reader.failed


def test_it_can_be_closed_unread_and_again(made):
    reader, _, _ = made
    reader.open()
    reader.close()
    reader.close()
