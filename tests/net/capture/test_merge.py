"""Packets of several interfaces come in the order of their times."""

from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.capture.merge import NO_TIME, MergedCursor
from sipcm.net.capture.ring import RingCursor
from tests.net.capture.blocks import Record, block


def cursors(count: int) -> list[RingCursor]:
    found = [RingCursor(1) for _ in range(count)]
    for place, cursor in enumerate(found):
        cursor.place = place
    return found


def times(cursor: MergedCursor) -> list[tuple[int, int]]:
    found = []
    while cursor.next():
        found.append((int(cursor.timestamp), int(cursor.place)))
    return found


def records(*moments: int) -> bytes:
    return block(*(Record(b"x", moment) for moment in moments))


def test_a_packet_waits_for_what_may_come_before_it():
    merged = MergedCursor(cursors(2))
    merged.cursors[0].feed(records(10, 30))
    assert merged.needs(1)
    assert times(merged) == []
    assert merged.holds()
    merged.until = 30
    assert times(merged) == []  # nobody has looked whether there is more
    merged.tell(1, dry=True)
    merged.until = 10
    assert times(merged) == []
    merged.until = 30
    assert times(merged) == [(10, 0)]
    merged.cursors[1].feed(records(20, 40))
    merged.tell(1, dry=False)
    assert not merged.needs(1)
    assert times(merged) == [(20, 1), (30, 0)]
    assert merged.needs(0)
    merged.tell(0, dry=True)
    merged.until = NO_TIME
    assert times(merged) == [(40, 1)]
    assert not merged.holds()
    assert merged.number == 4


def test_a_cursor_that_is_replaced_goes_on():
    merged = MergedCursor(cursors(2))
    merged.until = NO_TIME
    merged.cursors[0].feed(records(1))
    merged.tell(0, dry=True)
    merged.tell(1, dry=True)
    assert times(merged) == [(1, 0)]
    fresh = RingCursor(101)
    fresh.feed(records(2))
    merged.replace(1, fresh)
    assert merged.next()
    assert (merged.timestamp, merged.linktype) == (2, 101)


@given(
    st.lists(st.lists(st.integers(0, 50), max_size=12), min_size=1, max_size=4),
    st.integers(1, 5),
    st.integers(1, 3),
)
def test_however_blocks_are_cut_and_whenever_they_come_the_order_is_that_of_time(
    streams, size, pace
):
    streams = [sorted(stream) for stream in streams]
    merged = MergedCursor(cursors(len(streams)))
    waiting = [[stream[at : at + size] for at in range(0, len(stream), size)] for stream in streams]
    found = []
    turn = 0
    while any(waiting):
        late = [NO_TIME]
        for place, blocks in enumerate(waiting):
            if merged.needs(place):
                feeds = bool(blocks) and (turn + place) % pace == 0
                if feeds:
                    merged.cursors[place].feed(records(*blocks.pop(0)))
                merged.tell(place, dry=not feeds)
                if blocks and not feeds:
                    late.append(blocks[0][0])
        merged.until = min(late)
        found += times(merged)
        turn += 1
    for _ in range(2):
        for place in range(len(streams)):
            merged.needs(place)
            merged.tell(place, dry=True)
        found += times(merged)
    expected = [(moment, place) for place, stream in enumerate(streams) for moment in stream]
    assert sorted(found) == sorted(expected)
    assert [moment for moment, _ in found] == sorted(moment for moment, _ in expected)
