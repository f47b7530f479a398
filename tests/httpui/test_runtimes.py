"""The times of a run."""

from sipcm.clock import SECOND
from sipcm.httpui import runtimes
from tests.fakeclock import FakeClock
from tests.stage import packets
from tests.webharness import run_of


def test_while_packets_are_read():
    run = run_of(packets(">INVITE +1.5 <200"), ended=False)
    assert runtimes.data(run) == {
        "uptime": 2.0,
        "stopped_since": None,
        "runtime": 2.0,
        "capture_time": 1.5,
    }
    assert runtimes.line(run) == "uptime: 2s"
    assert runtimes.tail(run, SECOND) == "Uptime: 2s"


def test_after_the_end():
    clock = FakeClock()
    run = run_of(packets(">INVITE +1.5 <200"), clock=clock)
    clock.now += 250_000
    assert runtimes.data(run) == {
        "uptime": 3.00025,
        "stopped_since": 1.00025,
        "runtime": 2.0,
        "capture_time": 1.5,
    }
    assert runtimes.line(run) == "uptime: 3.00025s stopped since 1.00025s runtime: 2s"
    assert runtimes.tail(run, 90 * SECOND) == (
        "Uptime: 3.00025s Stopped since: 1.00025s Runtime: 1m30s"
    )
