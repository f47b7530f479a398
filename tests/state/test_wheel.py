"""The timer wheel against a sorted list, over any jumps of time."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sipcm.clock import DAY, SECOND
from sipcm.state.wheel import FEW_SHELLS, NEVER, SLOT_BITS, SLOTS, Timer, Wheel

NOW = 1_700_000_000 * SECOND
SLOT = 1 << SLOT_BITS
YEAR = 365 * DAY


def pop_all(wheel: Wheel, now: int) -> list[Timer]:
    """Take all timers that are due at *now*."""
    popped = []
    while (timer := wheel.pop(now)) is not None:
        popped.append(timer)
    return popped


def owners(timers: list[Timer]) -> list[object]:
    return [timer.owner for timer in timers]


def held(wheel: Wheel) -> int:
    """Count what the wheel holds, with the empty shells."""
    return len(wheel.due) + sum(map(len, wheel.slots))


def test_an_empty_wheel_has_nothing_to_do():
    wheel = Wheel()
    assert wheel.next_due == NEVER
    assert wheel.pop(NOW) is None
    assert wheel.next_due == NEVER


def test_a_timer_is_due_at_its_deadline_and_not_before():
    wheel = Wheel()
    wheel.start("hour", NOW + 3600 * SECOND)
    wheel.start("second", NOW + SECOND)
    assert owners(pop_all(wheel, NOW + SECOND - 1)) == []
    assert owners(pop_all(wheel, NOW + SECOND)) == ["second"]
    assert owners(pop_all(wheel, NOW + 3600 * SECOND - 1)) == []
    assert owners(pop_all(wheel, NOW + 3600 * SECOND)) == ["hour"]
    assert wheel.next_due == NEVER


def test_equal_deadlines_are_due_in_order_of_arming():
    wheel = Wheel()
    timers = {name: wheel.start(name, NOW + SECOND) for name in "abcde"}
    wheel.move(timers["b"], NOW + SECOND)
    wheel.stop(timers["c"])
    assert owners(pop_all(wheel, NOW + YEAR)) == ["a", "d", "e", "b"]


def test_a_deadline_in_the_past_is_due_at_once():
    wheel = Wheel()
    pop_all(wheel, NOW)
    wheel.start("late", NOW - DAY)
    wheel.start("later", NOW)
    assert wheel.next_due == NOW - DAY
    assert owners(pop_all(wheel, NOW)) == ["late", "later"]


@pytest.mark.parametrize("ahead", [0, 1, 62, 63, 64, 65, 127, 128, 200, 5000])
def test_who_looks_when_told_to_misses_nothing(ahead):
    """A lone timer, in the slots that are the last of a turn and the first of the next."""
    wheel = Wheel()
    pop_all(wheel, NOW)
    deadline = NOW + ahead * SLOT
    wheel.start("owner", deadline)
    looks = 0
    while not pop_all(wheel, wheel.next_due):
        looks += 1
        assert wheel.next_due <= deadline
    assert looks <= 2 + ahead // (SLOTS - 1)
    assert wheel.next_due == NEVER


def test_a_timer_moved_within_its_slot_stays_there():
    wheel = Wheel()
    pop_all(wheel, NOW)
    timer = wheel.start("owner", NOW + 3600 * SECOND)
    for seconds in (30, 3600, 120, 3600):
        timer = wheel.move(timer, NOW + seconds * SECOND)
    kept = held(wheel)
    assert wheel.move(timer, NOW + 31 * SECOND) is timer
    assert held(wheel) == kept
    assert owners(pop_all(wheel, NOW + 31 * SECOND)) == ["owner"]


def test_the_timers_of_a_call_leave_no_shells_behind():
    """The states of a call alternate between short and long timeouts as long as somebody sends."""
    wheel = Wheel()
    now = NOW
    pop_all(wheel, now)
    timer = wheel.start("call", now + 30 * SECOND)
    most = 0
    for _ in range(10_000):
        now += SECOND // 50
        assert pop_all(wheel, now) == []
        timer = wheel.move(timer, now + 5 * SECOND)
        timer = wheel.move(timer, now + 30 * SECOND)
        most = max(most, held(wheel))
    assert most <= SLOTS


@pytest.mark.parametrize("seconds", [0, 0.5, 120])
@pytest.mark.parametrize("kept", [0, 10, 10_000])
def test_what_is_stopped_does_not_pile_up(seconds, kept):
    """A flood of calls, each evicted by the next, while time stands still."""
    wheel = Wheel()
    pop_all(wheel, NOW)
    deadline = NOW + round(seconds * SECOND)
    for number in range(kept):
        wheel.start(number, deadline + number)
    most = 0
    for number in range(30_000):
        wheel.stop(wheel.start("stopped", deadline + number))
        most = max(most, held(wheel))
    assert most <= kept + max(kept, FEW_SHELLS)
    assert owners(pop_all(wheel, NOW + DAY)) == list(range(kept))


def test_cut_keeps_the_order_and_later_timers_come_after():
    wheel = Wheel()
    pop_all(wheel, NOW)
    for name, seconds in (("c", 3600), ("a", 1), ("d", 7200), ("b", 30)):
        wheel.start(name, NOW + seconds * SECOND)
    wheel.stop(wheel.start("stopped", NOW))
    wheel.cut(NOW + 2 * SECOND)
    wheel.start("e", NOW + 2 * SECOND)
    popped = pop_all(wheel, NOW + 2 * SECOND)
    assert owners(popped) == ["a", "b", "c", "d", "e"]
    assert [timer.deadline - NOW for timer in popped] == [SECOND, *[2 * SECOND] * 4]


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
        self.wheel = Wheel()
        self.now = NOW
        self.orders = 0
        self.timers: dict[int, Timer] = {}
        self.model: dict[int, tuple[int, int]] = {}

    def arm(self, owner: int, deadline: int) -> None:
        self.orders += 1
        self.model[owner] = (deadline, self.orders)

    def drop(self, owner: int) -> None:
        del self.timers[owner], self.model[owner]

    @rule(span=SPANS)
    def start(self, span):
        owner = self.orders
        self.timers[owner] = self.wheel.start(owner, self.now + span)
        self.arm(owner, self.now + span)

    @precondition(lambda self: self.timers)
    @rule(data=st.data(), span=SPANS)
    def move(self, data, span):
        owner = data.draw(st.sampled_from(sorted(self.timers)))
        self.timers[owner] = self.wheel.move(self.timers[owner], self.now + span)
        self.arm(owner, self.now + span)

    @precondition(lambda self: self.timers)
    @rule(data=st.data(), span=FORWARD)
    def prolong(self, data, span):
        owner = data.draw(st.sampled_from(sorted(self.timers)))
        deadline = self.model[owner][0] + span
        self.timers[owner].deadline = deadline
        self.model[owner] = (deadline, self.model[owner][1])

    @precondition(lambda self: self.timers)
    @rule(data=st.data())
    def stop(self, data):
        owner = data.draw(st.sampled_from(sorted(self.timers)))
        self.wheel.stop(self.timers[owner])
        self.drop(owner)

    @rule()
    def sweep_at_the_next_shell(self):
        self.wheel.most_shells = self.wheel.shells + 1

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
        popped = pop_all(self.wheel, self.now)
        assert owners(popped) == [owner for _, owner in due]
        assert [timer.deadline for timer in popped] == [deadline for (deadline, _), _ in due]
        for owner in owners(popped):
            assert isinstance(owner, int)
            self.drop(owner)

    @precondition(lambda self: self.model)
    @rule()
    def pop_one(self):
        owner = min(self.model, key=lambda owner: self.model[owner])
        deadline = self.model[owner][0]
        self.now = max(self.now, deadline)
        popped = self.wheel.pop(self.now)
        assert popped is not None
        assert (popped.owner, popped.deadline) == (owner, deadline)
        self.drop(owner)

    @invariant()
    def next_due_is_never_too_late(self):
        first = min((deadline for deadline, _ in self.model.values()), default=NEVER)
        assert self.wheel.next_due <= first


TestWheelAgainstList = WheelAgainstList.TestCase
