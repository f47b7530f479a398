"""What must hold of a tracker at any time, and when all calls have ended."""

from sipcm.state.calls import Call, is_settled
from sipcm.state.names import State
from tests.stage import Stage


def assert_consistent(stage: Stage) -> None:
    """Check that chains, lanes, timers, gauges and families tell of the same calls."""
    calls = stage.calls
    held = stage.held()
    laned = []
    for lane, settled in ((calls.passing, False), (calls.settled, True)):
        before = None
        call = lane.oldest
        count = 0
        while call is not None:
            assert isinstance(call, Call)
            assert call.older is before
            assert (call.state in {State.ESTABLISHED, State.SUBSCRIBED}) == settled
            laned.append(call)
            before, call = call, call.newer
            count += 1
        assert lane.newest is before
        assert lane.count == count
        assert lane.weight == sum(call.weight for call in held if is_settled(call.state) == settled)
    assert sorted(map(id, laned)) == sorted(map(id, held))
    assert calls.active.value == len(held)
    assert calls.memory.value == sum(call.weight for call in held)
    for state, gauge in enumerate(calls.by_state):
        assert gauge.value == sum(call.state == state for call in held)
    for call in held:
        assert call.timer is not None
        assert call.timer.owner is call
        if call.family is not None:
            assert call.family.open == sum(other.family is call.family for other in held)


def assert_forgotten(stage: Stage) -> None:
    """Check that no call is left anywhere."""
    assert_consistent(stage)
    assert (stage.held(), stage.calls.by_id) == ([], {})
    assert (stage.calls.passing.count, stage.calls.settled.count) == (0, 0)
