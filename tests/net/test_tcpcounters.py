"""Counters of reassembly."""

from sipcm.net.tcpcounters import TcpCounters
from tests.stage import attributes


def test_each_counter_is_found_by_its_name():
    counters = TcpCounters()
    assert counters.group.name == "tcp"
    found = {counter.name: counter for counter in counters.group.read()}
    assert set(found) == set(attributes(TcpCounters)) - {"group"}
    for name, counter in found.items():
        assert getattr(counters, name) is counter
        assert counter.description
        assert counter.gauge == (name in ("streams", "held", "held_segments", "unfinished"))
