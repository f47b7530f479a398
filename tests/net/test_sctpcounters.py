"""Counters of SCTP."""

from sipcm.net.sctpcounters import SctpCounters
from tests.stage import attributes


def test_each_counter_is_found_by_its_name():
    counters = SctpCounters()
    assert counters.group.name == "sctp"
    found = {counter.name: counter for counter in counters.group.read()}
    assert set(found) == set(attributes(SctpCounters)) - {"group"}
    for name, counter in found.items():
        assert getattr(counters, name) is counter
        assert counter.description
        assert not counter.gauge
