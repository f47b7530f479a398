"""The table of senders: meters, order, bounds and clearing."""

import itertools
import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import MINUTE, SECOND
from sipcm.state.entry import Lane
from sipcm.state.rateentry import RateEntry
from sipcm.state.ratetable import (
    COUNTERS,
    MEASURES,
    MOST_ENTRIES,
    STEP,
    RateTable,
)

HOUR = 60 * MINUTE


def event(table: RateTable, key: int, now: int, *, exceeded: bool = False) -> bool:
    """Let an event of the sender *key* come at *now*; False where there is no room for it."""
    table.pass_time(now)
    entry = table.find(b"%d" % key, now)
    if entry is None:
        return False
    table.settle(entry, now, exceeded=exceeded)
    return True


def filled(
    most: int, loud: Iterable[int] = (), now: int = 0, *, full: bool = True, last: int = 0
) -> RateTable:
    """Return a table of senders 0, 1 ..., each a nanosecond after the one before."""
    table = RateTable()
    table.set_periodic(0, 0, 0)
    table.set_most(most)
    for key in range(last or (most if full else most // 2)):
        assert event(table, key, now + key, exceeded=key in loud)
    return table


def keys(table: RateTable) -> list[int]:
    return sorted(map(int, table.by_key))


def counted(table: RateTable) -> dict[str, int]:
    return {name: value for name, value in table.group.values().items() if value}


def laned(lane: Lane) -> list[RateEntry]:
    """Return the entries of *lane*, whose links must agree."""
    found: list[RateEntry] = []
    before = None
    entry = lane.oldest
    while entry is not None:
        assert isinstance(entry, RateEntry)
        assert entry.older is before
        found.append(entry)
        before, entry = entry, entry.newer
    assert lane.newest is before
    assert lane.count == len(found)
    return found


def assert_consistent(table: RateTable) -> None:
    calm, loud = laned(table.calm), laned(table.loud)
    assert {entry.key for entry in calm + loud} == set(table.by_key)
    assert all(entry is table.by_key[entry.key] for entry in calm + loud)
    assert [entry.exceeded for entry in calm + loud] == [False] * len(calm) + [True] * len(loud)
    for lane in (calm, loud):
        assert [entry.last for entry in lane] == sorted(entry.last for entry in lane)
    assert table.size() == len(calm) + len(loud)


def test_senders_are_numbered_and_found_again():
    table = filled(100, full=False)
    assert keys(table) == list(range(50))
    assert [table.by_key[b"%d" % key].number for key in range(50)] == list(range(50))
    entry = table.find(b"7", 10**6)
    assert entry is table.by_key[b"7"]
    assert (table.begun, table.size()) == (50, 50)


def test_the_last_event_makes_the_order_and_the_lane():
    table = filled(100, last=3)
    event(table, 0, 10, exceeded=True)
    event(table, 1, 11)
    assert [entry.key for entry in laned(table.calm)] == [b"2", b"1"]
    assert [entry.key for entry in laned(table.loud)] == [b"0"]
    first = table.by_key[b"0"]
    assert (first.created, first.changed, first.last) == (0, 10, 10)
    event(table, 0, 12, exceeded=True)
    assert (first.changed, first.last) == (10, 12)
    event(table, 0, 13)
    assert (first.changed, first.exceeded) == (13, False)
    assert_consistent(table)


def test_the_shares_are_those_of_the_original():
    table = RateTable()
    assert table.most == MOST_ENTRIES
    shares = (table.hard_target, table.light_trigger, table.light_target)
    assert shares == (943_719, 891_291, 838_861)


class TestPeriodic:
    """Now and then those go that were silent for long and within their limits."""

    def table(self, target: int = 2) -> RateTable:
        table = filled(100, loud={0, 5}, last=10)
        table.set_periodic(10 * SECOND, 5 * MINUTE, target)
        event(table, 99, 20)
        return table

    def test_before_it_is_due_all_stay(self):
        table = self.table()
        event(table, 99, 10 * SECOND)
        assert table.size() == 11
        assert counted(table) == {}

    def test_those_that_are_young_stay(self):
        table = self.table()
        event(table, 99, 5 * MINUTE)
        assert table.size() == 11
        assert counted(table) == {"gc_runs": 1, "gc_walked": 1}

    def test_those_that_are_old_go_but_not_those_over_a_limit(self):
        table = self.table()
        event(table, 99, 5 * MINUTE + 25)
        assert keys(table) == [0, 5, 99]  # the last came back at once
        assert table.by_key[b"99"].number == 11
        assert counted(table) == {
            "gc_runs": 1,
            "gc_target_met": 1,
            "gc_walked": 9,
            "gc_removed": 9,
        }

    def test_as_many_as_wanted_stay(self):
        table = self.table(target=9)
        event(table, 99, HOUR)
        assert keys(table) == [0, 3, 4, 5, 6, 7, 8, 9, 99]
        assert counted(table)["gc_target_met"] == 1

    def test_each_interval_has_its_run(self):
        table = self.table()
        for second in range(1, 60):
            event(table, 99, 20 + second * SECOND)
        assert counted(table)["gc_runs"] == 5
        event(table, 99, HOUR)
        assert counted(table)["gc_runs"] == 6

    def test_it_can_be_never(self):
        table = self.table()
        table.set_periodic(0, 0, 0)
        event(table, 99, HOUR)
        assert table.size() == 11

    def test_a_long_run_takes_a_few_with_each_event(self):
        table = filled(10_000, last=1000)
        table.set_periodic(SECOND, 0, 0)
        event(table, 5000, MINUTE)
        sizes = []
        for later in range(20):
            event(table, 5000, 2 * MINUTE + later)
            sizes.append(int(table.size()))
        steps = [before - after for before, after in itertools.pairwise(sizes)]
        assert max(steps) == STEP
        assert sizes[-1] == 1
        assert counted(table)["gc_removed"] == 1001
        assert counted(table)["gc_target_met"] == 1

    def test_a_run_that_is_due_while_another_goes_on_is_missed(self):
        table = filled(10_000, last=1000)
        table.set_periodic(SECOND, 0, 0)
        for later in range(1, 5):
            event(table, 5000, later * MINUTE)
        assert (counted(table)["gc_runs"], counted(table)["gc_missed_ticks"]) == (1, 2)


class TestPressure:
    """The nearer the limit, the younger those that go."""

    def test_a_light_run_takes_the_old(self):
        table = filled(100, last=85)
        event(table, 85, 15 * MINUTE + 80)
        assert table.size() == 81
        assert keys(table)[0] == 5
        assert counted(table) == {
            "light_gc_runs": 1,
            "light_gc_tgt_met": 1,
            "light_gc_walked": 5,
            "light_gc_removed": 5,
        }

    def test_a_light_run_leaves_the_young(self):
        table = filled(100, last=85)
        event(table, 85, 15 * MINUTE)
        assert table.size() == 86
        assert counted(table) == {"light_gc_runs": 1, "light_gc_fail": 1, "light_gc_walked": 1}

    @pytest.mark.parametrize(
        ("later", "loud", "left"),
        [
            (11 * MINUTE, set(range(50)), 90),  # ten of those within their limits
            (31 * SECOND, set(range(50)), 90),
            (31 * SECOND, set(range(95)), 90),  # five of them, and five that are over a limit
            (11 * SECOND, set(range(100)), 90),
            (9 * SECOND, set(range(50)), 99),  # the last resort
        ],
    )
    def test_a_hard_run(self, later, loud, left):
        table = filled(100, loud)
        assert event(table, 100, later)
        assert table.size() == left + 1
        assert_consistent(table)
        assert counted(table)["hard_gc_removed"] == 100 - left
        assert ("hard_gc_tgt_met" in counted(table)) == (left == 90)
        assert ("hard_gc_fail" in counted(table)) == (left != 90)

    def test_those_within_their_limits_go_first(self):
        table = filled(100, set(range(95)))
        event(table, 100, 31 * SECOND)
        assert keys(table) == [*range(5, 95), 100]

    def test_the_one_that_was_silent_for_longest_is_the_last_resort(self):
        table = filled(3, {0})
        for key in range(3, 9):
            assert event(table, key, 100 + key)
            assert keys(table) == [0, key - 1, key]

    def test_when_all_are_busy_and_over_a_limit_there_is_no_room(self):
        table = filled(3, {0, 1, 2})
        assert not event(table, 3, 100)
        assert keys(table) == [0, 1, 2]
        assert event(table, 3, 11 * SECOND)

    def test_one_is_enough_for_a_table(self):
        table = filled(1)
        assert event(table, 1, 5)
        assert keys(table) == [1]

    def test_fewer_may_be_allowed_later(self):
        table = filled(1000)
        table.set_most(10)
        for later in range(30):
            event(table, 1000 + later, 2000 + later)
            assert_consistent(table)
        assert table.size() <= 10

    def test_a_hard_run_cuts_a_periodic_one_short(self):
        table = filled(1000)
        table.set_periodic(SECOND, 0, 0)
        event(table, 0, HOUR)
        event(table, 0, 2 * HOUR)
        table.set_most(100)
        event(table, 5000, 2 * HOUR + 1)
        assert counted(table)["hard_gc_runs"] == 1
        assert "gc_target_met" not in counted(table)
        assert_consistent(table)


class TestForced:
    """Those within their limits go at once, but not too many."""

    @pytest.mark.parametrize(
        ("target", "most", "expected"),
        [
            (3, 100, (10, 3, 7, False)),
            (0, 100, (10, 2, 8, False)),
            (20, 100, (10, 10, 0, False)),
            (0, 4, (10, 6, 4, True)),
            (6, 4, (10, 6, 4, False)),
        ],
    )
    def test_force(self, target, most, expected):
        table = filled(100, {1, 2}, last=10)
        done = table.force(target, most)
        assert (done.before, done.after, done.removed, done.cut) == expected
        assert (done.target, done.walked, table.forced) == (target, done.removed, done)
        assert table.size() == done.after
        assert_consistent(table)


@given(
    st.integers(1, 40),
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.booleans(),
            st.sampled_from([0, 0, 1, SECOND, 11 * SECOND, MINUTE, HOUR]),
        ),
        max_size=200,
    ),
)
def test_whatever_comes_the_table_is_bounded_and_its_order_right(most, events):
    table = RateTable()
    table.set_most(most)
    now = 0
    for key, exceeded, later in events:
        now += later
        event(table, key, now, exceeded=exceeded)
        assert table.size() <= most
    assert_consistent(table)


def test_counters_are_in_the_order_of_the_original(shared_dir):
    page = (shared_dir / "spec/pages/head/all/counters.txt").read_text(encoding="utf-8")
    original = re.findall(r"^ev_rate_gc\.([\w.-]+) *:.*\t(.*?) *$", page, re.MULTILINE)
    assert list(COUNTERS) == original
    measures = re.findall(r"^ev_rate_gc\.(\w+) *:.* m:", page, re.MULTILINE)
    assert list(MEASURES) == measures
    group = RateTable().group
    assert [(counter.name, counter.description) for counter in group.read()] == original
    assert [counter.name for counter in group.read() if counter.gauge] == measures
    assert group.name == "ev_rate_gc"
