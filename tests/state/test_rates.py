"""Rates and averages over stream time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import DAY, MINUTE, SECOND
from sipcm.counters import Group
from sipcm.state.rates import RINGS, Rates

BEGIN = 1_700_000_000 * SECOND + SECOND // 4


class Meter:
    """A counter that rises evenly, and the rates of it."""

    def __init__(self):
        group = Group("g")
        self.counter = group.counter("packets", "")
        group.counter("idle", "")
        self.rates = Rates(group)
        self.now = BEGIN

    def run(self, seconds: int, rise: int = 1) -> None:
        """Let the counter rise by *rise* at the end of each of so many *seconds*."""
        for _ in range(seconds):
            if self.now >= self.rates.next_due:
                self.rates.sample(self.now)
            self.now += SECOND
            self.counter.value += rise

    def rate(self, interval: int) -> float:
        return self.rates.rate(interval, self.now)["packets"]


def test_without_a_sample_everything_is_zero():
    meter = Meter()
    meter.counter.value = 5
    assert meter.rates.rate(SECOND, meter.now) == {"packets": 0.0, "idle": 0.0}
    assert meter.rates.average(SECOND, meter.now) == {"packets": 0.0, "idle": 0.0}


def test_no_time_has_passed():
    meter = Meter()
    meter.rates.sample(meter.now)
    meter.counter.value = 5
    assert meter.rate(SECOND) == 0.0
    assert meter.rates.average(SECOND, meter.now)["packets"] == 0.0


def test_a_sample_is_due_at_each_full_second():
    meter = Meter()
    assert meter.rates.next_due == 0
    meter.rates.sample(BEGIN)
    assert meter.rates.next_due == BEGIN + 3 * SECOND // 4
    meter.rates.sample(meter.rates.next_due)
    assert meter.rates.next_due == BEGIN + 7 * SECOND // 4


@pytest.mark.parametrize("interval", [SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 3600 * SECOND])
@pytest.mark.parametrize("seconds", [1, 59, 61, 700, 5000])
def test_an_even_rise_has_one_rate(interval, seconds):
    meter = Meter()
    meter.run(seconds, rise=3)
    assert meter.rate(interval) == pytest.approx(3 * interval / SECOND)
    assert meter.rates.average(interval, meter.now)["packets"] == pytest.approx(
        3 * interval / SECOND
    )
    assert meter.rates.rate(interval, meter.now)["idle"] == 0.0


def test_a_short_interval_forgets_what_was_before():
    meter = Meter()
    meter.run(100, rise=1000)
    meter.run(10, rise=1)
    assert meter.rate(SECOND) == 1.0
    assert meter.rate(5 * SECOND) == 5.0
    assert meter.rates.average(SECOND, meter.now)["packets"] == pytest.approx(100_010 / 110)


def test_an_interval_is_measured_from_the_ring_that_reaches_so_far():
    meter = Meter()
    meter.run(300, rise=0)
    meter.run(300, rise=1)
    assert meter.rate(5 * MINUTE) == pytest.approx(300)
    assert meter.rate(10 * MINUTE) == pytest.approx(300)
    meter.run(3600, rise=0)
    assert meter.rate(5 * MINUTE) == 0
    assert meter.rate(3600 * SECOND) == pytest.approx(0, abs=60)  # a minute's grain
    assert meter.rate(2 * 3600 * SECOND) == pytest.approx(300 * 7200 / 4200)


@pytest.mark.parametrize("interval", [SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 3600 * SECOND])
def test_a_rate_falls_to_zero_when_time_runs_on_in_silence(interval):
    meter = Meter()
    meter.run(5000, rise=100)
    meter.now += interval // 2
    assert 0 < meter.rate(interval) < 90 * interval / SECOND
    meter.now += interval
    assert meter.rate(interval) == 0
    assert meter.rates.average(SECOND, meter.now)["packets"] > 0


def test_what_came_before_a_silence_is_not_counted_after_it():
    meter = Meter()
    meter.run(10, rise=1000)
    meter.now += 40 * SECOND
    meter.run(5, rise=1)
    assert meter.rate(10 * SECOND) == 5
    assert meter.rate(MINUTE) > 1000


def test_what_no_ring_reaches_is_measured_from_the_oldest_sample():
    meter = Meter()
    meter.rates.sample(meter.now)
    meter.counter.value += 1_000_000
    meter.now += MINUTE
    for _ in range(2 * 1440):
        meter.rates.sample(meter.now)
        meter.counter.value += 60
        meter.now += MINUTE
    assert meter.rate(DAY + 3600 * SECOND) == pytest.approx(60 * 1500)


@given(
    st.lists(st.integers(0, 30_000), min_size=1, max_size=200),
    st.integers(0, 40_000),
    st.integers(1, 50),
)
def test_only_what_happened_lately_counts(pauses, silence, length):
    """Packets after pauses of so many milliseconds, against all their times."""
    meter = Meter()
    times = []
    for pause in pauses:
        meter.now += pause * SECOND // 1000
        if meter.now >= meter.rates.next_due:
            meter.rates.sample(meter.now)
        meter.counter.value += 1
        times.append(meter.now)
    meter.now += silence * SECOND // 1000
    interval = length * SECOND
    since = meter.now - interval
    surely = sum(time >= since for time in times)
    possibly = sum(time >= since - SECOND for time in times)
    if since >= times[0]:
        grain = interval / (interval + SECOND)
        assert surely * grain - 1e-6 <= meter.rate(interval) <= possibly + 1e-6


def test_samples_are_bounded():
    """A day and more of packets, each a minute after the one before."""
    meter = Meter()
    for _ in range(3 * 1440):
        meter.rates.sample(meter.now)
        meter.now += MINUTE
        meter.counter.value += 60
    assert sum(size for _, size in RINGS) < 2000
    assert meter.rate(MINUTE) == pytest.approx(60)
    assert meter.rate(DAY) == pytest.approx(86_400)
    assert meter.rate(4 * DAY) == pytest.approx(4 * 86_400)


def test_the_history_of_a_ring():
    meter = Meter()
    meter.run(5)
    meter.now += 3 * SECOND  # silence
    meter.run(2, rise=4)
    history = meter.rates.history(0, ["packets"], meter.now - SECOND)
    assert history.step == SECOND
    assert history.begin == (meter.now - SECOND) // SECOND * SECOND - 59 * SECOND
    rises = [row[0] if row else None for row in history.rises]
    assert rises[:50] == [None] * 50
    assert rises[50:] == [1, 1, 1, 1, 1, 0, 0, 0, 4, 4]


def test_a_history_before_any_sample():
    history = Meter().rates.history(2, ["packets", "idle"], BEGIN)
    assert history.rises == [[]] * 1440


@pytest.mark.parametrize("ring", [0, 1, 2])
@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 9)), min_size=1, max_size=40))
def test_a_history_is_what_was_counted_in_each_step(ring, rows):
    """Against a model that keeps the moment of each rise."""
    meter = Meter()
    rose: list[tuple[int, int]] = []
    for tenths, rise in rows:
        meter.now += tenths * SECOND // 10
        if meter.now >= meter.rates.next_due:
            meter.rates.sample(meter.now)
        meter.counter.value += rise
        rose.append((meter.now, rise))
    history = meter.rates.history(ring, ["idle", "packets"], meter.now)
    step, size = RINGS[ring]
    assert len(history.rises) == size - 1
    for place, row in enumerate(history.rises):
        begin = history.begin + place * step
        if begin + step <= rose[0][0]:
            assert row == []
        else:
            assert row == [0, sum(rise for at, rise in rose if begin <= at < begin + step)]
