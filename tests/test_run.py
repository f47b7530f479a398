"""What pages know of a run."""

from sipcm.run import Run
from sipcm.settings import Settings
from sipcm.source import Source
from tests.fakeclock import FakeClock


def test_its_times():
    clock = FakeClock()
    clock.now = 100
    run = Run(Settings(), ["-pcap", "x"], clock)
    clock.now = 130
    assert (run.uptime(), run.runtime(), run.stopped_since()) == (30, 30, None)
    run.end()
    clock.now = 170
    assert (run.uptime(), run.runtime(), run.stopped_since()) == (70, 30, 40)
    assert run.arguments == ("-pcap", "x")


def test_its_groups_of_counters_in_order():
    run = Run(Settings())
    run.sources += [Source("b.pcap"), Source("a.pcap")]
    assert [group.name for group in run.groups()] == [
        "calls",
        "ev_ring0",
        "payload",
        "pcap.a_pcap",
        "pcap.b_pcap",
        "pkt_stats",
        "regs",
        "undecoded",
    ]


def test_its_limits_are_those_of_the_settings():
    run = Run(Settings({"calls_max_entries": 7, "event_buffer_size": 50}))
    assert (run.pipeline.tracker.calls.limit, run.pipeline.ring.size) == (7, 50)
