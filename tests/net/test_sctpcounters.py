"""Counters of SCTP."""

from sipcm.net.sctpcounters import SctpCounters
from tests.stage import check_counters


def test_each_counter_is_found_by_its_name():
    check_counters(SctpCounters(), "sctp")
