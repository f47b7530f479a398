"""Gaps become waits, and waits a schedule: arithmetic without a clock."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import DAY, MINUTE
from sipcm.replay import FOREVER, Pace, Schedule

MS = 1_000_000
GAPS = [304 * MS, 0, 5 * MS, 304 * MS]
TOTAL = sum(GAPS)

# The seed's ways of replaying, and what the gaps above add up to under each.
TOTALS = {
    "as recorded": (Pace(), TOTAL),
    "ten times faster": (Pace(0.1), TOTAL // 10),
    "twice as slow": (Pace(2.0), 2 * TOTAL),
    "a negative factor scales nothing": (Pace(-1.0), TOTAL),
    "at most": (Pace(highest=50 * MS), (50 + 0 + 5 + 50) * MS),
    "at least": (Pace(lowest=200 * MS), (304 + 200 + 200 + 304) * MS),
    "the maximum wins": (Pace(lowest=200 * MS, highest=50 * MS), 4 * 50 * MS),
    "scaled, then at least": (Pace(0.1, lowest=20 * MS), int((30.4 + 20 + 20 + 30.4) * MS)),
    "scaled, then at most": (Pace(2.0, highest=100 * MS), (100 + 0 + 10 + 100) * MS),
}


def dues(pace: Pace, times: list[int], late: int = 0) -> list[int]:
    """Return when the packets of *times* are due, sent each so *late*, from moment 1000 on."""
    schedule = Schedule(pace)
    moments = []
    for time in times:
        due = schedule.due(time, 1000)
        moments.append(due)
        schedule.sent(due + late)
    return moments


def times_of(gaps: list[int], begin: int = 10**18) -> list[int]:
    times = [begin]
    for gap in gaps:
        times.append(times[-1] + gap)
    return times


@pytest.mark.parametrize("way", TOTALS)
def test_a_wait_is_scaled_then_at_least_then_at_most(way):
    pace, total = TOTALS[way]
    assert sum(map(pace.wait, GAPS)) == total
    assert dues(pace, times_of(GAPS))[-1] == 1000 + total


@pytest.mark.parametrize("begin", [0, 10**18])
def test_the_first_packet_is_due_at_once(begin):
    assert dues(Pace(2.0, 5, 7), [begin]) == [1000]


def test_a_late_packet_does_not_delay_the_rest():
    times = times_of(GAPS)
    assert dues(Pace(), times, late=10**12) == dues(Pace(), times)


def test_the_minimum_holds_between_packets_that_really_went():
    assert dues(Pace(lowest=10), times_of([5, 5]), late=100) == [1000, 1110, 1220]


def test_the_maximum_wins_there_too():
    assert dues(Pace(lowest=10, highest=4), times_of([5, 5]), late=100) == [1000, 1104, 1208]


def test_a_packet_out_of_order_moves_the_schedule_back():
    assert dues(Pace(), times_of([100, -40, 60])) == [1000, 1100, 1060, 1120]


@pytest.mark.parametrize("leap", [-MINUTE - 1, DAY + 1, 50 * 365 * DAY, -(10**18)])
def test_a_leap_is_not_waited_for(leap):
    assert dues(Pace(), times_of([100, leap, 100])) == [1000, 1100, 1100, 1200]
    assert dues(Pace(lowest=7), times_of([100, leap])) == [1000, 1100, 1107]


def test_another_pass_over_a_short_capture_is_paced_too():
    schedule = Schedule(Pace())
    moments = []
    for _ in range(3):
        schedule.border()
        moments += [schedule.due(time, 1000) for time in (500, 600, 700)]
    assert moments == [1000, 1100, 1200, 1200, 1300, 1400, 1400, 1500, 1600]


def test_a_border_that_leads_on_is_none():
    schedule = Schedule(Pace())
    assert schedule.due(500, 1000) == 1000
    schedule.border()
    assert schedule.due(600, 1000) == 1100


@pytest.mark.parametrize("gap", [-MINUTE, DAY])
def test_what_is_just_no_leap_is_waited_for(gap):
    assert dues(Pace(), times_of([gap])) == [1000, 1000 + gap]


def test_no_factor_is_too_much():
    assert Pace(1e300).wait(DAY) == FOREVER
    assert Pace(1e300).wait(-MINUTE) == -FOREVER


@given(
    st.lists(st.integers(-MINUTE, DAY), max_size=20),
    st.floats(0, 1e6),
    st.integers(0, DAY),
    st.integers(0, DAY),
    st.integers(0, DAY),
)
def test_no_wait_is_out_of_bounds(gaps, scale, lowest, highest, late):
    pace = Pace(scale, lowest, highest)
    moments = dues(pace, times_of(gaps), late)
    for before, after in pairwise(moments):
        if lowest:
            assert after - before >= pace.least()
        if highest and not late:
            assert after - before <= highest
