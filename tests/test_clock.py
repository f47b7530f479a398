"""Stream time: what moves it, what is late, and which packets are in doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import DAY, FALL, IN_STEP, JUMP, LAST_MOMENT, MINUTE, SECOND, Clock

NOW = 1_700_000_000 * SECOND
YEAR = 365 * DAY


def running(now: int = NOW) -> Clock:
    clock = Clock()
    clock.advance(now)
    return clock


@pytest.mark.parametrize("timestamp", [0, NOW, 2**32 * SECOND])
def test_the_first_packet_is_never_in_doubt(timestamp):
    clock = Clock()
    assert clock.leap(clock.moment(timestamp)) == IN_STEP
    clock.advance(clock.moment(timestamp))
    assert (clock.now, clock.begin, clock.elapsed(), clock.late) == (timestamp, timestamp, 0, 0)


@pytest.mark.parametrize(
    ("ahead", "leap"),
    [
        (0, IN_STEP),
        (1, IN_STEP),
        (DAY, IN_STEP),
        (DAY + 1, JUMP),
        (YEAR, JUMP),
        (-1, IN_STEP),
        (-MINUTE, IN_STEP),
        (-MINUTE - 1, FALL),
        (-NOW, FALL),
    ],
)
def test_leap(ahead, leap):
    clock = running()
    assert clock.leap(NOW + ahead) == leap
    assert clock.now == NOW


def test_a_late_moment_is_counted_and_moves_nothing():
    clock = running()
    for moment in (NOW - 1, NOW - MINUTE, NOW):
        clock.advance(moment)
    assert (clock.now, clock.late) == (NOW, 2)


def test_time_goes_on_after_a_fall():
    clock = running()
    clock.land(NOW - YEAR, FALL)
    assert clock.moment(NOW - YEAR) == NOW
    clock.advance(clock.moment(NOW - YEAR + SECOND))
    assert (clock.now, clock.elapsed(), clock.falls) == (NOW + SECOND, SECOND, 1)
    assert clock.packet_time(clock.now) == NOW - YEAR + SECOND


def test_time_leaps_with_a_jump():
    clock = running()
    clock.land(NOW + YEAR, JUMP)
    clock.advance(clock.moment(NOW + YEAR))
    assert (clock.now, clock.jumps, clock.packet_time(clock.now)) == (NOW + YEAR, 1, NOW + YEAR)


def test_a_fall_is_remembered():
    clock = running()
    assert clock.fell < 0
    clock.land(NOW + YEAR, JUMP)  # which places nothing anew
    clock.advance(clock.moment(NOW + YEAR))
    assert clock.fell < 0
    clock.land(NOW, FALL)
    assert clock.fell == clock.now == NOW + YEAR
    clock.advance(clock.moment(NOW + SECOND))
    assert clock.fell == NOW + YEAR
    clock.step(3 * SECOND)  # all times are of the clock that was set
    assert clock.fell == NOW + YEAR


def test_a_jump_after_a_fall_is_measured_in_stream_time():
    clock = running()
    clock.land(0, FALL)
    assert clock.leap(clock.moment(DAY)) == IN_STEP
    assert clock.leap(clock.moment(DAY + 1)) == JUMP
    clock.land(2 * DAY, JUMP)
    clock.advance(clock.moment(2 * DAY))
    assert clock.now == NOW + 2 * DAY


@given(st.lists(st.integers(0, 2**32 * SECOND - 1), min_size=1, max_size=20))
def test_stream_time_never_falls_and_maps_back(timestamps):
    clock = Clock()
    before = -1
    for timestamp in timestamps:
        leap = clock.leap(clock.moment(timestamp))
        if leap != IN_STEP:
            clock.land(timestamp, leap)
        moment = clock.moment(timestamp)
        assert clock.packet_time(moment) == timestamp
        clock.advance(moment)
        assert clock.now >= before
        assert clock.leap(clock.moment(timestamp)) == IN_STEP
        before = clock.now


def test_time_that_runs_on_is_not_capture_time():
    clock = running()
    clock.advance(NOW + SECOND)
    clock.run_on(NOW + 10 * SECOND)
    assert (clock.now, clock.newest, clock.elapsed()) == (NOW + 10 * SECOND, NOW + SECOND, SECOND)
    clock.run_on(NOW)
    assert clock.now == NOW + 10 * SECOND
    clock.advance(NOW + 11 * SECOND)
    assert clock.elapsed() == 11 * SECOND


def test_time_may_begin_without_a_packet():
    clock = Clock()
    clock.start(NOW)
    assert (clock.started, clock.now, clock.begin, clock.newest) == (True, NOW, NOW, NOW)
    clock.advance(NOW + SECOND)
    assert (clock.elapsed(), clock.late) == (SECOND, 0)


def test_stream_time_has_an_end():
    """Falls and jumps in turn add up; they reach the end and stay there, and fit 64 bits."""
    clock = Clock()
    clock.advance(clock.moment(0))
    latest = (2**32 - 1) * SECOND + (2**32 - 1) * 1000
    for timestamp in [latest, 0] * 5:
        leap = clock.leap(clock.moment(timestamp))
        assert leap == (JUMP if timestamp else FALL)
        landing = clock.landing(timestamp, leap)
        clock.land(timestamp, leap)
        assert clock.now <= landing == clock.moment(timestamp) <= LAST_MOMENT
        assert abs(int(clock.shift)) + latest < 2**63
        clock.advance(landing)
    assert (clock.jumps, clock.falls) == (5, 5)


@pytest.mark.parametrize("step", [DAY, -DAY, 1, -1])
def test_a_clock_that_was_set_gives_the_times_that_it_would_have(step):
    clock = Clock()
    clock.advance(clock.moment(NOW))
    clock.step(step)
    assert clock.now == NOW
    assert clock.moment(NOW + step + SECOND) == NOW + SECOND
    assert clock.packet_time(NOW + SECOND) == NOW + step + SECOND
    assert clock.leap(clock.moment(NOW + step)) == IN_STEP
