"""What must hold of a tracker at any time, and when all has ended."""

from collections.abc import Iterator

from sipcm.state.bindings import Binding
from sipcm.state.calls import Call, is_settled
from sipcm.state.entry import Entry, Lane
from sipcm.state.names import State
from sipcm.state.wheel import UNARMED, Waiter, Wheel
from tests.stage import Stage


def assert_consistent(stage: Stage) -> None:
    """Check that chains, lanes, timers, weights, gauges and families tell of the same entries."""
    assert_calls_consistent(stage)
    assert_bindings_consistent(stage)
    assert_timers_consistent(stage)


def assert_calls_consistent(stage: Stage) -> None:
    calls = stage.calls
    held = stage.held()
    laned = []
    for lane, settled in ((calls.passing, False), (calls.settled, True)):
        for call in walk(lane):
            assert isinstance(call, Call)
            assert (call.state in {State.ESTABLISHED, State.SUBSCRIBED}) == settled
            laned.append(call)
        assert lane.weight == sum(call.weight for call in held if is_settled(call.state) == settled)
    assert sorted(map(id, laned)) == sorted(map(id, held))
    assert calls.active.value == len(held)
    assert calls.memory.value == sum(call.weight for call in held)
    for call in held:
        weight = call.weight
        calls.weigh(call)
        assert call.weight == weight
    for state, gauge in enumerate(calls.by_state):
        assert gauge.value == sum(call.state == state for call in held)
    assert calls.active.value == sum(gauge.value for gauge in calls.by_state)
    for call_id in calls.by_id:
        assert calls.by_id[call_id].call_id == call_id
    for call in held:
        if call.family is not None:
            assert call.family.open == sum(other.family is call.family for other in held)


def assert_bindings_consistent(stage: Stage) -> None:
    bindings = stage.bindings
    held = bindings.held()
    laned = []
    for lane, leaving in ((bindings.live, False), (bindings.leaving, True)):
        for binding in walk(lane):
            assert isinstance(binding, Binding)
            assert binding.leaving == leaving
            laned.append(binding)
        assert lane.weight == sum(one.weight for one in held if one.leaving == leaving)
    assert sorted(map(id, laned)) == sorted(map(id, held))
    assert bindings.active.value == len(held)
    assert bindings.memory.value == sum(binding.weight for binding in held)
    for binding in held:
        weight = binding.weight
        bindings.weigh(binding)
        assert binding.weight == weight
    for aor in bindings.by_aor:
        assert {binding.aor for binding in bindings.of(aor)} == {aor}


def assert_timers_consistent(stage: Stage) -> None:
    """Check that each entry waits in the wheel, and that this will look in time."""
    wheel = stage.tracker.wheel
    entries: list[Waiter] = [*stage.held(), *stage.bindings.held()]
    assert sorted(map(id, waiting(wheel))) == sorted(map(id, entries))
    for entry in entries:
        assert entry.order != UNARMED
        assert entry.deadline >= wheel.next_due


def waiting(wheel: Wheel) -> list[Waiter]:
    """Return all that wait in *wheel*, whose links must agree; those that are due stand in order."""
    found = []
    for slot in [wheel.due, *wheel.slots]:
        before, waiter = slot, slot.after
        while waiter not in {None, slot}:
            assert waiter is not None
            assert waiter.before is before
            found.append(waiter)
            before, waiter = waiter, waiter.after
        assert slot.before is (None if before is slot else before)
        if slot is wheel.due:
            assert found == sorted(found, key=lambda waiter: (waiter.deadline, waiter.order))
    return found


def walk(lane: Lane) -> Iterator[Entry]:
    """Yield the entries of *lane*, which must be whole in both directions."""
    before = None
    entry = lane.oldest
    count = 0
    while entry is not None:
        assert entry.older is before
        yield entry
        before, entry = entry, entry.newer
        count += 1
    assert lane.newest is before
    assert lane.count == count


def assert_forgotten(stage: Stage) -> None:
    """Check that nothing is left anywhere."""
    assert_consistent(stage)
    assert (stage.held(), len(stage.calls.by_id)) == ([], 0)
    assert (stage.bindings.held(), len(stage.bindings.by_aor)) == ([], 0)
    assert (stage.calls.passing.count, stage.calls.settled.count) == (0, 0)
    assert (stage.calls.memory.value, stage.bindings.memory.value) == (0, 0)
