"""Counters of framers."""

from sipcm.sip.framingcounters import FramingCounters
from tests.stage import check_counters


def test_each_counter_is_found_by_its_name():
    check_counters(FramingCounters(), "sip_stream")
