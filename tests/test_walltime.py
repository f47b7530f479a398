"""Steps of the wall clock are told once; its slow corrections are none."""

import pytest

from sipcm.walltime import SMALLEST_STEP, WallTime
from tests.fakeclock import FakeClock

DAY = 86_400_000_000_000


class Clocks:
    """Two clocks, of which the wall's can be set."""

    def __init__(self):
        self.clock, self.today = FakeClock(), FakeClock()
        self.today.now = 1000 * DAY
        self.wall = WallTime(self.clock, self.today)

    def go(self, nanoseconds, step=0):
        self.clock.now += nanoseconds
        self.today.now += nanoseconds + step


def test_time_that_passes_is_no_step():
    clocks = Clocks()
    clocks.go(DAY)
    assert clocks.wall.step() == 0
    assert clocks.wall.now() == 1001 * DAY


@pytest.mark.parametrize("step", [DAY, -DAY, SMALLEST_STEP, -SMALLEST_STEP])
def test_a_step_is_told_once(step):
    clocks = Clocks()
    clocks.go(5, step)
    assert clocks.wall.step() == step
    assert clocks.wall.now() == 1000 * DAY + 5 + step
    assert clocks.wall.until_step() == 1000 * DAY + 5
    assert clocks.wall.step() == 0


def test_many_small_corrections_are_followed_and_no_step():
    clocks = Clocks()
    for _ in range(100):
        clocks.go(1, SMALLEST_STEP // 10)
        assert clocks.wall.step() == 0
    assert clocks.wall.now() == clocks.today.now


def test_a_pause_between_the_two_looks_is_looked_at_again():
    clocks = Clocks()
    slow = [0, 0, 10**9]  # the first look is interrupted

    def clock():
        clocks.go(slow.pop() if slow else 0)
        return clocks.clock.now

    wall = WallTime(clock, clocks.today)
    assert wall.now() == clocks.today.now
