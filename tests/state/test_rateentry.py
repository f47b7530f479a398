"""Senders of events: their rates, and their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import MINUTE, SECOND
from sipcm.state.rateentry import Meter, RateEntry

HOUR = 60 * MINUTE


class TestMeter:
    """Rates of reference figures: what came since the last measurement, for the time since."""

    def test_within_the_interval_events_are_counted(self):
        meter = Meter(0, 100)
        assert [meter.measure(events, 100 + SECOND, SECOND) for events in (1, 2, 20)] == [1, 2, 20]
        assert (meter.counted, meter.since, meter.measured) == (0, 100, 0)

    def test_after_it_they_are_spread_over_the_time(self):
        meter = Meter(0, 0)
        assert meter.value(500, SECOND + SECOND // 2, SECOND) == pytest.approx(333.333333)
        assert (meter.counted, meter.since) == (0, 0)
        assert meter.measure(500, 2 * SECOND, SECOND) == 250
        assert (meter.counted, meter.since, meter.measured) == (500, 2 * SECOND, 250)

    def test_a_measurement_holds_for_an_interval(self):
        meter = Meter(0, 0)
        meter.measure(500, 2 * SECOND, SECOND)
        assert meter.measure(501, 3 * SECOND, SECOND) == 250
        assert meter.measure(800, 3 * SECOND, SECOND) == 300
        assert meter.measure(801, 4 * SECOND, SECOND) == 150.5

    @given(st.integers(1, 10**9), st.integers(0, 1 << 62), st.integers(0, HOUR))
    def test_any_numbers(self, events, now, interval):
        value = Meter(0, 0).measure(events, now, interval)
        assert value == (events * interval / now if now > interval else events)

    def test_a_source_has_three(self):
        entry = RateEntry(b"x", 0, 5)
        assert [entry.meter(index) for index in range(3)] == [
            entry.meter0,
            entry.meter1,
            entry.meter2,
        ]

    def test_they_begin_anew(self):
        entry = RateEntry(b"x", 0, 5)
        entry.events = 7
        entry.restart(9, 2)
        assert entry.version == 2
        assert {(entry.meter(i).counted, entry.meter(i).since) for i in range(3)} == {(7, 9)}
