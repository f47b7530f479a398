"""The ring of events: numbers, overwriting, claims."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import (
    CALL_END,
    CALL_START,
    EVENT_WEIGHT,
    MEAN_WEIGHT,
    MSG_PROBE,
    Event,
)
from sipcm.state.ring import UNCLAIMED, EventRing
from tests.samples import demo
from tests.webharness import run_of


def demo_events() -> list[Event]:
    pipeline = run_of(demo().packets()).pipeline
    return pipeline.ring.read(0, pipeline.ring.total)


def filled(size: int, count: int) -> EventRing:
    """Return a ring after *count* events, each with its number as its time."""
    ring = EventRing(size)
    for number in range(count):
        ring.add(Event(CALL_START, number), number)
    return ring


def numbers(events: list[Event]) -> list[int]:
    return [event.timestamp for event in events]


@pytest.mark.parametrize(
    ("size", "count", "start", "most", "expected"),
    [
        (4, 0, 0, 10, []),
        (4, 3, 0, 10, [0, 1, 2]),
        (4, 4, 0, 10, [0, 1, 2, 3]),
        (4, 6, 0, 10, [2, 3, 4, 5]),
        (4, 6, 3, 10, [3, 4, 5]),
        (4, 6, 3, 2, [3, 4]),
        (4, 6, 0, 2, [2, 3]),
        (4, 6, 6, 10, []),
        (4, 6, 100, 10, []),
        (4, 6, 3, 0, []),
        (1, 6, 0, 10, [5]),
    ],
)
def test_read(size, count, start, most, expected):
    assert numbers(filled(size, count).read(start, most)) == expected


def test_the_oldest_is_overwritten():
    ring = filled(4, 4)
    assert ring.oldest() == 0
    ring.add(Event(CALL_START, 4), 4)
    assert (ring.oldest(), ring.total) == (1, 5)


def test_what_is_dropped_is_gone_for_every_reader():
    """Nobody may look for ever for an event that has a number and is not here."""
    ring = filled(4, 6)
    assert ring.drop()
    assert (ring.oldest(), numbers(ring.read(0, 10))) == (3, [3, 4, 5])
    while ring.drop():
        pass
    assert (ring.oldest(), ring.total, ring.read(0, 10)) == (6, 6, [])
    assert not any(ring.events)
    for number in range(6, 9):
        ring.add(Event(CALL_START, number), number)
    assert (ring.oldest(), numbers(ring.read(0, 10))) == (6, [6, 7, 8])


def test_without_a_claim_there_is_always_room():
    assert filled(10, 25).room() > 1 << 60


def test_a_claim_takes_room_until_it_moves():
    ring = EventRing(10)
    ring.claim(0)
    rooms = []
    for number in range(10):
        ring.add(Event(CALL_START, number), number)
        rooms.append(ring.room())
    assert rooms == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    ring.claim(7)
    assert ring.room() == 7
    ring.claim(10)
    assert ring.room() == 10
    ring.claim(UNCLAIMED)
    assert ring.room() > 1 << 60


# Memory


def great(number: int, size: int = 20_000) -> Event:
    """Return an event with hostile texts of that *size*."""
    event = Event(CALL_START, number)
    event.from_tag = b"x" * size
    return event


def memory(ring: EventRing) -> int:
    return sum(event.weight() for event in ring.read(0, ring.total))


def test_great_events_push_out_more_than_one():
    ring = EventRing(100)
    for number in range(300):
        ring.add(great(number), number)
    kept = numbers(ring.read(0, 1000))
    assert kept == list(range(ring.oldest(), 300))
    assert 2 <= len(kept) <= 100 * MEAN_WEIGHT // 20_000
    assert ring.bytes == memory(ring) <= ring.most_bytes


def test_usual_events_fill_the_ring():
    """Those of the samples, which are as long as those of real phones."""
    events = [event for event in demo_events() if event.method]
    mean = sum(event.weight() for event in events) / len(events)
    assert EVENT_WEIGHT < mean < 0.6 * MEAN_WEIGHT
    ring = EventRing(100)
    for number in range(300):
        ring.add(events[number % len(events)], number)
    assert ring.oldest() == 200


def test_the_newest_event_stays_whatever_it_weighs():
    ring = EventRing(1)
    for number in range(3):
        ring.add(great(number), number)
    assert numbers(ring.read(0, 9)) == [2]
    ring.add(Event(CALL_START, 3), 3)
    assert (numbers(ring.read(0, 9)), ring.bytes) == ([3], Event(CALL_START, 3).weight())


def test_what_is_claimed_makes_the_core_wait():
    ring = EventRing(100)
    ring.claim(0)
    added = 0
    while ring.room() >= 1:
        ring.add(great(added), added)
        added += 1
    assert added == ring.most_bytes // great(0).weight() + 1
    assert numbers(ring.read(0, 1000)) == list(range(added))
    ring.claim(0)
    assert ring.room() == 0, "nothing was read"
    ring.claim(added)
    assert ring.room() == 100
    ring.add(great(added), added)
    assert ring.bytes <= ring.most_bytes


def test_a_claim_lets_go_what_is_before_it():
    ring = EventRing(100)
    ring.most_bytes = 50_000
    for number in range(10):
        ring.add(great(number), number)
    ring.claim(9)
    assert (ring.oldest(), ring.room()) == (8, 99)
    ring.add(great(10), 10)
    ring.add(great(11), 11)
    assert (ring.oldest(), ring.room()) == (9, 0)


def test_a_ring_that_grows_for_a_claim_may_hold_more_bytes():
    ring = EventRing(1, most_at_once=50)
    ring.add(great(0), 0)
    ring.claim(0)
    assert (ring.most_bytes, ring.room()) == (50 * MEAN_WEIGHT, 49)


@given(
    st.integers(1, 9), st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6000))), st.booleans()
)
def test_its_weight_is_that_of_what_it_holds(size, rounds, claims):
    ring = EventRing(size)
    if claims:
        ring.claim(0)
    for drops, text in rounds:
        ring.add(great(int(ring.total), text), 0)
        for _ in range(drops):
            ring.drop()
        if claims:
            ring.claim(ring.total)
        assert ring.bytes == memory(ring)
        assert sum(event is not None for event in ring.events) == ring.total - ring.oldest()
        assert ring.bytes <= ring.most_bytes or ring.total - ring.oldest() == 1


def test_events_are_counted_by_type():
    ring = EventRing(2)
    for kind in (CALL_START, CALL_END, CALL_START, MSG_PROBE):
        ring.add(Event(kind, 0), 0)
    seen = {c.name: c.value for c in ring.group.read() if c.value}
    assert seen == {
        "queued": 4,
        "evtype.call-start": 2,
        "evtype.call-end": 1,
        "evtype.msg-probe": 1,
    }
    assert [counter.name for counter in ring.by_type] == [f"evtype.{name}" for name in EVENT_NAMES]
    assert ring.group.name == "ev_ring0"


def test_counters_are_in_the_order_of_the_original(shared_dir):
    page = (shared_dir / "spec/pages/head/all/counters.txt").read_text(encoding="utf-8")
    original = re.findall(r"^ev_ring0\.([\w.-]+) *:.*\t(.*?) *$", page, re.MULTILINE)
    ours = EventRing(1).group.read()
    assert [counter.name for counter in ours] == [name for name, _ in original]
    for counter, (_, description) in zip(ours, original, strict=True):
        assert description in ("", counter.description)
        assert counter.description


@given(
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 30), st.integers(0, 12))),
)
def test_a_reader_sees_a_gapless_end_of_what_was_added(size, rounds):
    ring = EventRing(size)
    added = 0
    for more, start, most in rounds:
        for _ in range(more):
            ring.add(Event(CALL_START, added), added)
            added += 1
        kept = range(max(added - size, 0), added)
        assert numbers(ring.read(start, most)) == [n for n in kept if n >= start][:most]


@given(st.integers(1, 9), st.lists(st.integers(0, 12)))
def test_a_claiming_reader_misses_nothing(size, batches):
    ring = EventRing(size)
    ring.claim(0)
    read: list[int] = []
    added = 0
    for most in batches:
        while ring.room() >= 1:
            ring.add(Event(CALL_START, added), added)
            added += 1
        read += numbers(ring.read(len(read), most))
        ring.claim(len(read))
    assert read == list(range(len(read)))
