"""Who looks at what comes of the packets, and for how long."""

from sipcm.onlookers import ATTENTION, Onlookers
from tests.fakeclock import FakeClock


def test_who_has_looked_is_there_for_a_while():
    clock = FakeClock()
    onlookers = Onlookers(clock)
    seen = [onlookers.present()]
    onlookers.look()
    seen.append(onlookers.present())
    clock.now += ATTENTION - 1
    seen.append(onlookers.present())
    clock.now += 1
    seen.append(onlookers.present())
    assert seen == [False, True, True, False]


def test_only_the_first_look_is_a_beginning():
    clock = FakeClock()
    onlookers = Onlookers(clock)
    begun: list[int] = []
    onlookers.begun = lambda: begun.append(clock.now)
    assert onlookers.look()
    for _ in range(10):
        clock.now += ATTENTION - 1
        assert not onlookers.look()
    clock.now += ATTENTION
    assert onlookers.look()
    assert begun == [0, clock.now]


def test_nobody_need_be_told():
    assert Onlookers().look()
