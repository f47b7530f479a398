"""The times for which calls stay in their states, as an operator sets them."""

import pytest

from sipcm.state.callstate import ESTABLISHED
from tests.stage import Stage


@pytest.mark.parametrize(("seconds", "timeout"), [(10, 10), (86_400, 86_400), (0, 3600)])
def test_a_timeout_that_the_operator_sets(seconds, timeout):
    stage = Stage()
    stage.tracker.timeouts.set(ESTABLISHED, 60)
    stage.tracker.timeouts.set(ESTABLISHED, seconds)
    stage.play(">INVITE <200 >ACK").wait(timeout - 1)
    assert stage.told() == [("call-start", 200)]
    stage.wait(1)
    assert stage.told()[1:] == [("call-end", 408)]


@pytest.mark.parametrize("seconds", [9, 86_401, -1])
def test_a_timeout_out_of_its_range(seconds):
    stage = Stage()
    with pytest.raises(ValueError, match=f"{seconds} is not from 10 to 86400"):
        stage.tracker.timeouts.set(ESTABLISHED, seconds)
