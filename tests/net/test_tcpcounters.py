"""Counters of reassembly."""

from sipcm.net.tcpcounters import TcpCounters
from tests.stage import check_counters


def test_each_counter_is_found_by_its_name():
    gauges = ("streams", "held", "held_segments", "unfinished")
    check_counters(TcpCounters(), "tcp", gauges)
