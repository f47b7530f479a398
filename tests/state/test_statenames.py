"""The states of a call by name, and the times that an operator may give them."""

import pytest

from sipcm.state import statenames
from sipcm.state.callstate import ESTABLISHED
from tests.stage import Stage


def test_each_timeout_is_in_its_range():
    ranges = zip(
        statenames.LOWEST_TIMEOUTS,
        statenames.DEFAULT_TIMEOUTS,
        statenames.HIGHEST_TIMEOUTS,
        strict=True,
    )
    assert all(lowest <= default <= highest for lowest, default, highest in ranges)


def test_only_subscriptions_have_no_timeout():
    assert [statenames.STATE_IDS[state] for state in statenames.TIMED] == [
        *statenames.STATE_IDS[:-1]
    ]
    assert statenames.STATE_IDS[-1] == "subscribed"


@pytest.mark.parametrize(("seconds", "timeout"), [(10, 10), (86_400, 86_400), (0, 3600)])
def test_a_timeout_that_the_operator_sets(seconds, timeout):
    stage = Stage()
    stage.tracker.set_timeout(ESTABLISHED, 60)
    stage.tracker.set_timeout(ESTABLISHED, seconds)
    stage.play(">INVITE <200 >ACK").wait(timeout - 1)
    assert stage.told() == [("call-start", 200)]
    stage.wait(1)
    assert stage.told()[1:] == [("call-end", 408)]


@pytest.mark.parametrize("seconds", [9, 86_401, -1])
def test_a_timeout_out_of_its_range(seconds):
    stage = Stage()
    with pytest.raises(ValueError, match=f"{seconds} is not from 10 to 86400"):
        stage.tracker.set_timeout(ESTABLISHED, seconds)
