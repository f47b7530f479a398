"""Which of too many events are told: the schedule, what is said of the others, time, bounds."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import MINUTE, SECOND
from sipcm.state.events import CALL_END, MSG_PROBE, PARSE_ERROR, Event, RateNote
from sipcm.state.ratelimit import COUNTERS, NO_LIMITS, USUAL_INTERVALS
from sipcm.state.ring import EventRing

HOUR = 60 * MINUTE
MS = SECOND // 1000
LIMITS = (20, 240, 3600)
A, B = b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02"
BEGIN = 1_700_000_000 * SECOND


def limited(limits: tuple[int, int, int] = LIMITS, size: int = 10_000) -> EventRing:
    ring = EventRing(size)
    ring.limit(limits, USUAL_INTERVALS)
    return ring


def bring(
    ring: EventRing, moment: int, address: bytes = A, kind: int = MSG_PROBE
) -> RateNote | None:
    """Let an event come; return what is noted on it, None where it is left out."""
    event = Event(kind, BEGIN + moment)
    event.client = address
    before = ring.total
    ring.add(event, BEGIN + moment)
    if ring.total == before:
        return None
    assert ring.read(before, 1) == [event]
    assert event.rate is not None
    return event.rate


def told(ring: EventRing, count: int, step: int = MS, begin: int = 0) -> list[tuple[int, int, int]]:
    """Let *count* events come; return the number, ``count`` and ``suppressed`` of those told."""
    found = []
    for number in range(1, count + 1):
        note = bring(ring, begin + (number - 1) * step)
        if note is not None:
            found.append((number, int(note.count), int(note.suppressed)))
    return found


def counted(ring: EventRing) -> dict[str, int]:
    return {name: value for name, value in ring.rates.group.values().items() if value}


def test_the_numbers_that_were_measured():
    """500 probes within half a second: 20, then the 1st, 100th, 200th and 400th of those over."""
    ring = limited()
    assert told(ring, 500)[19:] == [
        (20, 0, 0),
        (21, 1, 0),
        (120, 100, 98),
        (220, 200, 99),
        (420, 400, 199),
    ]
    assert counted(ring) == {"total_events": 500, "blst_rate": 480, "blst_sent": 4}
    assert ring.rates.left_out() == 476
    (key,) = ring.rates.table.by_key
    entry = ring.rates.table.by_key[key]
    assert (entry.events, entry.over, entry.streak, entry.silent) == (500, 480, 480, 80)


def test_spells():
    """One lasts until a minute without an event left out; the worst sender is that within it."""
    ring = limited((1, 0, 0))
    rates = ring.rates
    first = rates.spell.number
    assert not rates.spell.lasts(BEGIN)
    told(ring, 5)
    for number in range(4):
        bring(ring, 5 * MS + number, B, CALL_END)
    spell = rates.spell
    assert (spell.number, spell.count, spell.since) == (first, 3 + 2, BEGIN + 2 * MS)
    assert spell.worst is not None
    assert (spell.worst.key, spell.worst.missed) == (bytes([MSG_PROBE]) + A, 3)
    last = 5 * MS + 3
    assert (spell.last, spell.lasts(BEGIN + last + MINUTE)) == (BEGIN + last, True)
    assert not spell.lasts(BEGIN + last + MINUTE + 1)
    for number in range(5):
        bring(ring, last + 2 * MINUTE + number, B, CALL_END)
    spell = rates.spell
    assert (spell.number, spell.count) == (first + 1, 2)
    assert spell.since == BEGIN + last + 2 * MINUTE + 3
    assert spell.worst is not None
    assert (spell.worst.key, spell.worst.missed) == (bytes([CALL_END]) + B, 2)
    ring.limit((2, 0, 0), USUAL_INTERVALS)
    assert (rates.spell.number, rates.spell.count) == (first + 2, 0)


def test_the_schedule():
    ring = limited((1, 0, 0))
    numbers = [count for _, count, _ in told(ring, 30_002, step=0)]
    assert numbers == [0, 1, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 20_000, 30_000]


@pytest.mark.parametrize(
    ("least", "most", "numbers"),
    [
        (1, 8, [1, 2, 4, 8, 16, 24]),
        (3, 10, [1, 3, 6, 10, 20]),
        (3, 12, [1, 3, 6, 12, 24]),
        (10, 10, [1, 10, 20]),
        (100, 9, [1, 9, 18]),
        (1, 1, list(range(1, 25))),
    ],
)
def test_other_schedules(least, most, numbers):
    ring = limited((1, 0, 0))
    ring.rates.report_min, ring.rates.report_max = least, most
    assert [count for _, count, _ in told(ring, 25, step=0)][1:] == numbers


def test_what_is_noted():
    ring = limited()
    note = bring(ring, 0)
    assert note is not None
    assert (note.exceeded, note.value, note.limit, note.interval) == (False, 1.0, 20, SECOND)
    assert note.since == BEGIN
    for number in range(1, 20):
        bring(ring, number)
    note = bring(ring, 20)
    assert note is not None
    assert (note.exceeded, note.count, note.value) == (True, 1, 21.0)
    assert note.since == BEGIN + 20
    for number in range(21, 120):
        note = bring(ring, number)
    assert note is not None
    assert (note.count, note.value, note.since) == (100, 120.0, BEGIN + 20)


@pytest.mark.parametrize(
    ("limits", "index", "interval"),
    [
        ((50, 8, 9), 1, MINUTE),
        ((50, 30, 8), 2, HOUR),
        ((0, 9, 0), 1, MINUTE),
        ((5, 5, 5), 0, SECOND),
    ],
)
def test_the_first_rate_over_its_limit_is_named(limits, index, interval):
    ring = limited(limits)
    notes = [note for number in range(11) if (note := bring(ring, number))]
    assert next(note.interval for note in notes if note.exceeded) == interval
    (key,) = ring.rates.table.by_key
    entry = ring.rates.table.by_key[key]
    assert entry.rate_id == index


def test_a_limit_that_is_off_names_the_next():
    note = bring(limited((0, 0, 7)), 0)
    assert note is not None
    assert (note.limit, note.interval) == (7, HOUR)


def test_an_interval_of_0_leaves_its_rate_out():
    ring = EventRing(100)
    ring.limit((1, 5, 0), (0, MINUTE, HOUR))
    assert [count for _, count, _ in told(ring, 6, step=0)] == [0, 0, 0, 0, 0, 1]
    assert [ring.rates.limit(index) for index in range(3)] == [0, 5, 0]


def test_types_and_addresses_are_limited_by_themselves():
    ring = limited((2, 0, 0))
    for kind, address in ((MSG_PROBE, A), (MSG_PROBE, B), (PARSE_ERROR, A), (CALL_END, b"")):
        notes = [bring(ring, 0, address, kind) for _ in range(4)]
        assert [note.exceeded if note else None for note in notes] == [False, False, True, None]
    assert ring.rates.table.size() == 4


def test_an_address_is_of_its_version():
    ring = limited((1, 0, 0))
    assert bring(ring, 0, A) is not None
    note = bring(ring, 0, bytes(12) + A)
    assert note is not None
    assert not note.exceeded


def test_who_becomes_quiet_is_told_again_and_what_was_left_out():
    ring = limited((20, 0, 0))
    told(ring, 500)
    assert bring(ring, 25 * SECOND) is None  # 501 in 25 s are 20.04 a second
    assert bring(ring, 25 * SECOND + 500 * MS) is None
    note = bring(ring, 26 * SECOND + 500 * MS)
    assert note is not None
    assert (note.exceeded, note.count, note.suppressed) == (False, 0, 82)
    assert note.since == BEGIN + 26 * SECOND + 500 * MS
    assert counted(ring)["blst_recovered"] == 1
    note = bring(ring, 26 * SECOND + 600 * MS)
    assert note is not None
    assert note.suppressed == 0


def test_another_row_is_counted_from_1_again():
    ring = limited((2, 0, 0))
    told(ring, 10, step=0)
    assert bring(ring, HOUR) is not None
    notes = [bring(ring, HOUR + 1 + number) for number in range(5)]
    assert [note.count if note else None for note in notes] == [0, 0, 1, None, None]


def test_a_steady_sender_below_its_limit_is_never_over():
    """At the limit it is: the first event, which begins the interval, counts too."""
    ring = limited((20, 0, 0))
    assert len(told(ring, 2000, step=53 * MS)) == 2000
    assert "blst_rate" not in counted(ring)


def test_a_steady_sender_over_its_limit_stays_over():
    ring = limited((20, 0, 0))
    assert len(told(ring, 4000, step=40 * MS)) == 20 + len([1, 100, 200, 400, 800, 1600, 3200])


def test_time_that_stands_still():
    ring = limited()
    assert len(told(ring, 1000, step=0)) == 20 + 5


def test_time_never_goes_back():
    ring = limited((3, 0, 0))
    for number in range(10):
        bring(ring, HOUR)
        bring(ring, HOUR - number * MINUTE)
    assert (ring.rates.now, counted(ring)["blst_rate"]) == (BEGIN + HOUR, 17)


def test_time_that_jumps():
    ring = limited()
    told(ring, 500)
    years = 50 * 365 * 24 * HOUR
    note = bring(ring, years)
    assert note is not None
    assert (note.exceeded, note.suppressed) == (False, 80)


class TestRing:
    """Where in the ring rates are limited."""

    def test_without_limits_nothing_is_noted_or_kept(self):
        ring = EventRing(10)
        event = Event(MSG_PROBE, 0)
        ring.add(event, 0)
        assert event.rate is None
        assert ring.rates.table.size() == 0
        assert ring.limiter is None
        assert counted(ring) == {"total_events": 1}

    @pytest.mark.parametrize(
        ("limits", "intervals", "on"),
        [
            ((1, 0, 0), USUAL_INTERVALS, True),
            ((0, 0, 9), USUAL_INTERVALS, True),
            ((1, 0, 0), (0, MINUTE, HOUR), False),
            (NO_LIMITS, USUAL_INTERVALS, False),
        ],
    )
    def test_limits_come_and_go(self, limits, intervals, on):
        ring = limited()
        ring.limit(limits, intervals)
        assert (ring.limiter is ring.rates) == on

    def test_a_type_on_the_blacklist_has_no_rate(self):
        ring = limited((1, 0, 0))
        ring.blacklist = 1 << MSG_PROBE
        assert [bring(ring, 0) for _ in range(5)] == [None] * 5
        assert counted(ring) == {"total_events": 5, "blst_type": 5}
        assert ring.rates.table.size() == 0

    def test_all_are_counted_by_type(self):
        ring = limited((1, 0, 0))
        told(ring, 50)
        assert ring.by_type[MSG_PROBE].value == 50
        assert (ring.queued.value, ring.total) == (2, 2)


class TestChanges:
    """Limits that are set while events come."""

    def test_another_limit_holds_at_once(self):
        ring = limited((5, 0, 0))
        told(ring, 10, step=0)
        ring.limit((50, 0, 0), USUAL_INTERVALS)
        note = bring(ring, 1)
        assert note is not None
        assert (note.exceeded, note.suppressed, note.limit) == (False, 4, 50)

    def test_another_interval_is_measured_anew(self):
        ring = limited((5, 0, 0))
        told(ring, 10, step=0)
        ring.limit((5, 0, 0), (HOUR, MINUTE, HOUR))
        notes = [bring(ring, 1) for _ in range(6)]
        assert [note.exceeded if note else None for note in notes] == [False] * 5 + [True]
        assert notes[0] is not None
        assert (notes[0].suppressed, notes[0].value) == (4, 1.0)


def test_who_has_no_room_is_told_whatever_comes():
    ring = limited((1, 0, 0))
    ring.rates.table.set_most(1)
    told(ring, 3, step=0)
    events = [Event(MSG_PROBE, BEGIN) for _ in range(5)]
    for event in events:
        event.client = B
        ring.add(event, BEGIN)
    assert [event.rate for event in events] == [None] * 5
    assert ring.total == 2 + 5
    assert counted(ring)["tracking_fail"] == 5


def test_counters_are_in_the_order_of_the_original(shared_dir):
    page = (shared_dir / "spec/pages/head/all/counters.txt").read_text(encoding="utf-8")
    original = re.findall(r"^ev_rate\.([\w.-]+) *:.*\t(.*?) *$", page, re.MULTILINE)
    assert list(COUNTERS) == original
    group = EventRing(1).rates.group
    assert [(counter.name, counter.description) for counter in group.read()] == original
    assert group.name == "ev_rate"


@dataclass
class Model:
    """The words of the reference, written down once more: one sender, nothing forgotten."""

    limits: tuple[int, int, int]
    intervals: tuple[int, int, int]
    least: int
    most: int
    events: int = 0
    row: int = 0
    silent: int = 0

    def __post_init__(self) -> None:
        self.last: list[tuple[int, int]] | None = None  # events and time of the last measurement
        self.rates = [0.0, 0.0, 0.0]
        doubled = [self.least << power for power in range(40)]
        self.numbers = {1, *(number for number in doubled if number < self.most)}

    def event(self, now: int) -> tuple[bool, int, int] | None:
        self.last = self.last or [(0, now)] * 3
        self.events += 1
        over = False
        for index, (limit, interval) in enumerate(zip(self.limits, self.intervals, strict=True)):
            if not limit or not interval:
                continue
            count, moment = self.last[index]
            if now - moment > interval:
                rate = self.rates[index] = (self.events - count) * interval / (now - moment)
                self.last[index] = (self.events, now)
            else:
                rate = max(self.rates[index], self.events - count)
            over = over or rate > limit
        self.row = self.row + 1 if over else 0
        if over and self.row not in self.numbers and self.row % self.most:
            self.silent += 1
            return None
        left_out, self.silent = self.silent, 0
        return (over, self.row, left_out)


STEPS = st.lists(
    st.sampled_from([0, 0, 0, 1, MS, 60 * MS, 400 * MS, SECOND, 3 * SECOND, 2 * MINUTE, 3 * HOUR]),
    min_size=1,
    max_size=300,
)
LIMIT = st.integers(0, 9)


@given(
    STEPS,
    st.tuples(st.integers(1, 9), LIMIT, LIMIT),
    st.permutations(USUAL_INTERVALS),
    st.integers(1, 12),
    st.integers(1, 50),
)
def test_it_is_what_the_reference_says(steps, limits, intervals, least, most):
    ring = EventRing(1000)
    rates = ring.rates
    first, second, third = intervals
    ring.limit(limits, (first, second, third))
    rates.report_min, rates.report_max = least, most
    model = Model(limits, (first, second, third), least, most)
    now = 0
    shown = left_out = 0
    for step in steps:
        now += step
        note = bring(ring, now)
        found = None if note is None else (note.exceeded, int(note.count), int(note.suppressed))
        assert found == model.event(now)
        if note is not None:
            shown += 1
            left_out += note.suppressed
            assert note.exceeded == (note.value > int(note.limit))
    (key,) = rates.table.by_key
    entry = rates.table.by_key[key]
    assert shown + left_out + entry.silent == len(steps)
    assert rates.left_out() == left_out + entry.silent


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 1, MS, SECOND, 31 * SECOND, HOUR, -SECOND, -HOUR]),
            st.integers(0, 20),
            st.sampled_from([MSG_PROBE, CALL_END]),
        ),
        max_size=200,
    ),
    st.integers(1, 12),
)
def test_the_same_events_give_the_same_and_no_more_senders_than_allowed(events, most):
    """Whatever the time does; a sender that is known is told no more than the schedule says."""
    runs = []
    for _ in range(2):
        ring = limited((2, 5, 9))
        ring.rates.table.set_most(most)
        ring.rates.table.set_periodic(SECOND, 10 * SECOND, 1)
        now = HOUR
        for step, sender, kind in events:
            now = max(now + step, 0)
            event = Event(kind, BEGIN + now)
            event.client = bytes([10, 0, 0, sender])
            ring.add(event, BEGIN + now)
            assert ring.rates.table.size() <= most
            note = event.rate
            if note is not None and note.exceeded:
                assert note.count == 1 or note.count % 100 == 0
        runs.append(
            [
                (
                    e.type,
                    e.timestamp,
                    e.client,
                    e.rate and (e.rate.exceeded, e.rate.count, e.rate.value),
                )
                for e in ring.read(0, 1000)
            ]
        )
        assert ring.total + ring.rates.left_out() == len(events)
    assert runs[0] == runs[1]
