"""The timer wheel against a sorted list, over any jumps of time."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sipcm.clock import DAY, SECOND
from sipcm.state.wheel import NEVER, SLOT_BITS, SLOTS, UNARMED, Waiter, Wheel
from tests.state.consistency import waiting

NOW = 1_700_000_000 * SECOND
SLOT = 1 << SLOT_BITS
YEAR = 365 * DAY


class Bed:
    """A wheel, and those that wait in it by name."""

    def __init__(self) -> None:
        self.wheel = Wheel()
        self.waiters: dict[str | int, Waiter] = {}

    def start(self, name: str | int, deadline: int) -> Waiter:
        waiter = self.waiters[name] = Waiter()
        self.wheel.start(waiter, deadline)
        return waiter

    def pop_all(self, now: int) -> list[str | int]:
        """Take all that are due at *now*; return their names."""
        names = {id(waiter): name for name, waiter in self.waiters.items()}
        popped = []
        while (waiter := self.wheel.pop(now)) is not None:
            assert (waiter.order, waiter.before, waiter.after) == (UNARMED, None, None)
            popped.append(names[id(waiter)])
        return popped

    def at(self, now: int) -> Bed:
        """Let it be *now*."""
        assert self.pop_all(now) == []
        return self


def test_an_empty_wheel_has_nothing_to_do():
    wheel = Wheel()
    assert wheel.next_due == NEVER
    assert wheel.pop(NOW) is None
    assert wheel.next_due == NEVER


def test_who_waits_is_due_at_its_deadline_and_not_before():
    bed = Bed()
    bed.start("hour", NOW + 3600 * SECOND)
    bed.start("second", NOW + SECOND)
    assert bed.pop_all(NOW + SECOND - 1) == []
    assert bed.pop_all(NOW + SECOND) == ["second"]
    assert bed.pop_all(NOW + 3600 * SECOND - 1) == []
    assert bed.pop_all(NOW + 3600 * SECOND) == ["hour"]
    assert bed.wheel.next_due == NEVER


def test_equal_deadlines_are_due_in_order_of_arming():
    bed = Bed()
    for name in "abcde":
        bed.start(name, NOW + SECOND)
    bed.wheel.move(bed.waiters["b"], NOW + SECOND)
    bed.wheel.stop(bed.waiters["c"])
    assert bed.pop_all(NOW + YEAR) == ["a", "d", "e", "b"]


def test_a_deadline_in_the_past_is_due_at_once():
    bed = Bed().at(NOW)
    bed.start("late", NOW - DAY)
    bed.start("later", NOW)
    assert bed.wheel.next_due == NOW - DAY
    assert bed.pop_all(NOW) == ["late", "later"]


@pytest.mark.parametrize("ahead", [0, 1, 62, 63, 64, 65, 127, 128, 200, 5000])
def test_who_looks_when_told_to_misses_nothing(ahead):
    """A lone entry, in the slots that are the last of a turn and the first of the next."""
    bed = Bed().at(NOW)
    deadline = NOW + ahead * SLOT
    bed.start("one", deadline)
    looks = 0
    while not bed.pop_all(bed.wheel.next_due):
        looks += 1
        assert bed.wheel.next_due <= deadline
    assert looks <= 2 + ahead // (SLOTS - 1)
    assert bed.wheel.next_due == NEVER


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_who_is_prolonged_keeps_its_place_among_equals(seconds):
    bed = Bed().at(NOW)
    deadline = NOW + seconds * SECOND
    for name in "abc":
        bed.start(name, deadline)
    for name in "ba":
        bed.wheel.prolong(bed.waiters[name], deadline + SLOT)
        bed.wheel.prolong(bed.waiters[name], deadline)
    assert bed.pop_all(deadline) == ["c"]
    assert bed.pop_all(deadline + SLOT) == ["a", "b"]


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_who_is_not_armed_waits_for_nothing(seconds):
    bed = Bed().at(NOW)
    gone = bed.start("gone", NOW + seconds * SECOND)
    for _ in range(2):
        bed.wheel.stop(gone)
        bed.wheel.move(gone, NOW + SECOND)
        bed.wheel.prolong(gone, NOW + SECOND)
    bed.wheel.move(Waiter(), NOW + SECOND)
    bed.wheel.prolong(Waiter(), NOW + SECOND)
    assert bed.pop_all(NOW + DAY) == []
    bed.wheel.start(gone, NOW + DAY + SECOND)
    assert bed.pop_all(NOW + 2 * DAY) == ["gone"]


def test_who_waits_among_others_can_leave_its_slot():
    bed = Bed().at(NOW)
    for name in "abcd":
        bed.start(name, NOW + 3600 * SECOND)
    for name in "cad":
        bed.wheel.stop(bed.waiters[name])
        assert bed.waiters[name] not in waiting(bed.wheel)
    assert waiting(bed.wheel) == [bed.waiters["b"]]
    assert bed.pop_all(NOW + DAY) == ["b"]


def test_a_call_waits_once():
    """Its states alternate between short and long timeouts as long as somebody sends."""
    now = NOW
    bed = Bed().at(now)
    call = bed.start("call", now + 30 * SECOND)
    for _ in range(1000):
        now += SECOND // 5
        assert bed.pop_all(now) == []
        bed.wheel.move(call, now + 5 * SECOND)
        bed.wheel.move(call, now + 30 * SECOND)
        assert waiting(bed.wheel) == [call]
    assert bed.pop_all(now + DAY) == ["call"]


@pytest.mark.no_cover
@pytest.mark.parametrize("seconds", [0, 0.5, 120])
@pytest.mark.parametrize("kept", [0, 10, 1000])
def test_what_is_stopped_does_not_pile_up(seconds, kept):
    """A flood of calls, each evicted by the next, while time stands still."""
    bed = Bed().at(NOW)
    deadline = NOW + round(seconds * SECOND)
    for number in range(kept):
        bed.start(number, deadline + number)
    for number in range(3000):
        bed.wheel.stop(bed.start("stopped", deadline + number))
    assert len(waiting(bed.wheel)) == kept
    assert bed.pop_all(NOW + DAY) == list(range(kept))


def test_cut_keeps_the_order_and_later_ones_come_after():
    bed = Bed().at(NOW)
    for name, seconds in (("c", 3600), ("a", 1), ("d", 7200), ("b", 30), ("now", 0)):
        bed.start(name, NOW + seconds * SECOND)
    bed.wheel.stop(bed.start("stopped", NOW))
    bed.wheel.cut(NOW + 2 * SECOND)
    bed.start("e", NOW + 2 * SECOND)
    assert bed.pop_all(NOW + 2 * SECOND) == ["now", "a", "b", "c", "d", "e"]
    waited = [bed.waiters[name].deadline - NOW for name in ("now", *"abcde")]
    assert waited == [0, SECOND, *[2 * SECOND] * 4]


SPANS = st.one_of(
    st.integers(-2, 2),
    st.integers(0, 3 * SECOND),
    st.sampled_from([SLOT - 1, SLOT, SLOT + 1, (SLOTS - 1) * SLOT, SLOTS * SLOT, 65 * SLOT]),
    st.integers(0, 200).map(lambda seconds: seconds * SECOND),
    st.integers(0, 5 * YEAR),
)
FORWARD = SPANS.filter(lambda span: span >= 0)


class WheelAgainstList(RuleBasedStateMachine):
    """Every operation on a wheel and on a list that is sorted at each look."""

    def __init__(self):
        super().__init__()
        self.bed = Bed().at(NOW)
        self.wheel = self.bed.wheel
        self.waiters = self.bed.waiters
        self.now = NOW
        self.orders = 0
        self.model: dict[str | int, tuple[int, int]] = {}

    def arm(self, owner: str | int, deadline: int) -> None:
        self.orders += 1
        self.model[owner] = (deadline, self.orders)

    def drop(self, owner: str | int) -> None:
        del self.waiters[owner], self.model[owner]

    @rule(span=SPANS)
    def start(self, span):
        owner = self.orders
        self.bed.start(owner, self.now + span)
        self.arm(owner, self.now + span)

    @precondition(lambda self: self.waiters)
    @rule(data=st.data(), span=SPANS)
    def move(self, data, span):
        owner = data.draw(st.sampled_from(list(self.waiters)))
        self.wheel.move(self.waiters[owner], self.now + span)
        self.arm(owner, self.now + span)

    @precondition(lambda self: self.waiters)
    @rule(data=st.data(), span=SPANS)
    def prolong(self, data, span):
        owner = data.draw(st.sampled_from(list(self.waiters)))
        deadline, order = self.model[owner]
        self.wheel.prolong(self.waiters[owner], deadline + span)
        self.model[owner] = (max(deadline, deadline + span), order)

    @precondition(lambda self: self.waiters)
    @rule(data=st.data())
    def stop(self, data):
        owner = data.draw(st.sampled_from(list(self.waiters)))
        self.wheel.stop(self.waiters[owner])
        self.drop(owner)

    @rule(span=FORWARD)
    def cut(self, span):
        limit = self.now + span
        self.wheel.cut(limit)
        for owner in sorted(self.model, key=lambda owner: self.model[owner]):
            self.arm(owner, min(self.model[owner][0], limit))

    @rule(span=FORWARD)
    def pass_time(self, span):
        self.now += span
        due = sorted((armed, owner) for owner, armed in self.model.items() if armed[0] <= self.now)
        popped = self.bed.pop_all(self.now)
        assert popped == [owner for _, owner in due]
        assert [self.waiters[one].deadline for one in popped] == [armed[0] for armed, _ in due]
        for owner in popped:
            self.drop(owner)

    @precondition(lambda self: self.model)
    @rule()
    def pop_one(self):
        owner = min(self.model, key=lambda owner: self.model[owner])
        deadline = self.model[owner][0]
        self.now = max(self.now, deadline)
        popped = self.wheel.pop(self.now)
        assert popped is self.waiters[owner]
        assert popped.deadline == deadline
        self.drop(owner)

    @invariant()
    def next_due_is_never_too_late(self):
        first = min((deadline for deadline, _ in self.model.values()), default=NEVER)
        assert self.wheel.next_due <= first

    @invariant()
    def all_wait_and_nobody_else(self):
        assert sorted(map(id, waiting(self.wheel))) == sorted(map(id, self.waiters.values()))


TestWheelAgainstList = WheelAgainstList.TestCase
