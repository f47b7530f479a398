"""The walk through the records: every variant of the format, every chunking, damage."""

import struct
from dataclasses import astuple, dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.records import (
    BRIDGE,
    CAPTURED_TOO_LONG,
    FILE_HEADER,
    LENGTHS_IN_ORDER,
    LENGTHS_PERHAPS_SWAPPED,
    LENGTHS_SWAPPED,
    MAX_CAPTURED,
    UNDAMAGED,
    Cursor,
    RecordCursor,
)
from tests.examples import examples


@dataclass
class Record:
    seconds: int
    fraction: int
    data: bytes
    wire: int


@dataclass
class Variant:
    """What the file header says of the records, and how to write them so."""

    big: bool = False
    nanoseconds: bool = False
    modified: bool = False
    lengths: int = LENGTHS_IN_ORDER

    def cursor(self) -> RecordCursor:
        return RecordCursor(
            101,
            big=self.big,
            nanoseconds=self.nanoseconds,
            modified=self.modified,
            lengths=self.lengths,
        )

    def write(self, record: Record) -> bytes:
        lengths = (len(record.data), record.wire)
        if self.lengths == LENGTHS_SWAPPED:
            lengths = lengths[::-1]
        order = ">" if self.big else "<"
        header = struct.pack(f"{order}IIII", record.seconds, record.fraction, *lengths)
        return header + b"\xee" * (8 if self.modified else 0) + record.data


RECORDS = [
    Record(0, 0, b"", 0),
    Record(1_700_000_000, 123_456, b"first packet", 12),
    Record(1_700_000_001, 999_999, b"cut", 1500),
    Record(0xFFFFFFFF, 0xFFFFFFFF, b"\xff" * 300, 0xFFFFFFFF),
]

Seen = tuple[int, int, int, int, bytes]


def take(cursor: Cursor) -> list[Seen]:
    """Walk to the end of what was fed."""
    seen = []
    while cursor.next():
        data = cursor.buffer[cursor.start : cursor.end]
        seen.append((cursor.number, cursor.offset, cursor.timestamp, cursor.wire, data))
    return seen


def expected(records: list[Record], variant: Variant) -> list[Seen]:
    """Say the same by arithmetic."""
    unit = 1 if variant.nanoseconds else 1000
    offset = FILE_HEADER
    seen = []
    for number, record in enumerate(records, 1):
        time = record.seconds * 1_000_000_000 + record.fraction * unit
        seen.append((number, offset, time, record.wire, record.data))
        offset += len(variant.write(record))
    return seen


VARIANTS = [
    Variant(big, nanoseconds, modified, lengths)
    for big in (False, True)
    for nanoseconds in (False, True)
    for modified in (False, True)
    for lengths in (LENGTHS_IN_ORDER, LENGTHS_SWAPPED, LENGTHS_PERHAPS_SWAPPED)
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: str(astuple(variant)))
def test_every_variant_gives_the_same_records(variant):
    cursor = variant.cursor()
    cursor.feed(b"".join(map(variant.write, RECORDS)))
    assert take(cursor) == expected(RECORDS, variant)
    assert (cursor.unread(), cursor.damage, cursor.linktype) == (0, UNDAMAGED, 101)


def test_a_fraction_of_more_than_a_second_is_added():
    cursor = Variant(nanoseconds=True).cursor()
    cursor.feed(struct.pack("<IIII", 10, 1_500_000_000, 0, 0))
    assert cursor.next()
    assert cursor.timestamp == 11_500_000_000


@pytest.mark.parametrize(
    ("lengths", "first", "second", "captured", "wire"),
    [
        (LENGTHS_IN_ORDER, 8, 4, 8, 4),
        (LENGTHS_SWAPPED, 8, 4, 4, 8),
        (LENGTHS_SWAPPED, 4, 8, 8, 4),
        (LENGTHS_PERHAPS_SWAPPED, 8, 4, 4, 8),
        (LENGTHS_PERHAPS_SWAPPED, 4, 8, 4, 8),
    ],
)
def test_which_length_is_which(lengths, first, second, captured, wire):
    cursor = Variant(lengths=lengths).cursor()
    cursor.feed(struct.pack("<IIII", 0, 0, first, second) + bytes(8))
    assert cursor.next()
    assert (cursor.end - cursor.start, cursor.wire) == (captured, wire)


records = st.lists(
    st.builds(
        Record,
        seconds=st.integers(0, 0xFFFFFFFF),
        fraction=st.integers(0, 0xFFFFFFFF),
        data=st.binary(max_size=60),
        wire=st.integers(60, 0xFFFFFFFF),
    ),
    max_size=6,
)


@given(
    written=records,
    variant=st.sampled_from(VARIANTS),
    cuts=st.lists(st.integers(0, 500), max_size=8),
)
@examples(150)
def test_blocks_may_end_anywhere(written, variant, cuts):
    data = b"".join(map(variant.write, written))
    cursor = variant.cursor()
    seen = []
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for begin, end in pairwise(bounds):
        cursor.feed(data[begin:end])
        seen += take(cursor)
    assert seen == expected(written, variant)
    assert cursor.unread() == 0


@given(
    sizes=st.lists(st.sampled_from([0, 50, 1500, BRIDGE - 16, BRIDGE, 3 * BRIDGE]), max_size=12),
    cuts=st.lists(st.integers(0, 20 * BRIDGE), max_size=4),
    number=st.integers(0, 9),
)
@examples(100)
def test_large_blocks_may_end_anywhere(sizes, cuts, number):
    variant = Variant()
    written = [Record(1, 2, bytes([at]) * size, size) for at, size in enumerate(sizes)]
    data = b"".join(map(variant.write, written))
    cursor = variant.cursor()
    seen = take(cursor)
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for begin, end in pairwise(bounds):
        cursor.feed(data[begin:end])
        if len(seen) < number:  # a block that was not walked to its end is kept too
            seen += take(cursor)
            assert cursor.unread() == end - sum(16 + len(one[-1]) for one in seen)
    seen += take(cursor)
    assert seen == expected(written, variant)
    assert cursor.unread() == 0


def test_one_byte_at_a_time():
    variant = Variant(modified=True)
    cursor = variant.cursor()
    seen = []
    for byte in b"".join(map(variant.write, RECORDS)):
        cursor.feed(bytes([byte]))
        seen += take(cursor)
    assert seen == expected(RECORDS, variant)


@pytest.mark.parametrize("modified", [False, True])
def test_a_cut_record_is_left_unread(modified):
    variant = Variant(modified=modified)
    whole = variant.write(RECORDS[1])
    data = whole + whole
    for cut in range(1, len(whole)):
        cursor = variant.cursor()
        cursor.feed(data[:-cut])
        assert len(take(cursor)) == 1
        assert cursor.unread() == len(whole) - cut
        assert (cursor.number, cursor.offset) == (1, FILE_HEADER + len(whole))
        assert cursor.damage == UNDAMAGED


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("captured", [MAX_CAPTURED + 1, 0x80000000, 0xFFFFFFFF])
def test_an_impossible_length_is_damage(big, captured):
    variant = Variant(big)
    good = variant.write(RECORDS[1])
    cursor = variant.cursor()
    cursor.feed(good + struct.pack(">IIII" if big else "<IIII", 1, 2, captured, captured))
    assert len(take(cursor)) == 1
    assert (cursor.damage, cursor.detail) == (CAPTURED_TOO_LONG, captured)
    assert (cursor.number, cursor.offset) == (1, FILE_HEADER + len(good))
    kept = len(cursor.buffer)
    cursor.feed(good * 100)
    assert not cursor.next()
    assert len(cursor.buffer) == kept


def test_the_longest_record_is_not_damage():
    variant = Variant()
    record = Record(1, 2, b"x" * MAX_CAPTURED, MAX_CAPTURED)
    cursor = variant.cursor()
    cursor.feed(variant.write(record))
    assert take(cursor) == expected([record], variant)


def test_blocks_do_not_pile_up():
    variant = Variant()
    data = variant.write(Record(1, 2, b"x" * 1000, 1000)) * 50
    block = 4096
    cursor = variant.cursor()
    for begin in range(0, len(data), block):
        cursor.feed(data[begin : begin + block])
        assert len(cursor.buffer) <= block + 1016
        take(cursor)
    assert (cursor.number, cursor.unread()) == (50, 0)


@given(data=st.binary(max_size=200), variant=st.sampled_from(VARIANTS))
@examples(100)
def test_any_bytes_end_in_records_damage_or_a_rest(data, variant):
    cursor = variant.cursor()
    cursor.feed(data)
    header = len(variant.write(RECORDS[0]))
    taken = sum(header + len(seen[-1]) for seen in take(cursor))
    assert taken + cursor.unread() == len(data)
    assert cursor.damage != UNDAMAGED or cursor.unread() < header + MAX_CAPTURED


def test_small_blocks_are_gathered_until_they_are_enough():
    """A long record in tiny portions: the buffer is made once, not once a portion."""
    variant = Variant()
    data = variant.write(Record(1, 2, b"x" * 1000, 1000))
    cursor = variant.cursor()
    buffers = set()
    for byte in data[:-1]:
        cursor.feed(bytes([byte]))
        assert not cursor.next()
        buffers.add(len(cursor.buffer))
    assert buffers == {1, 16}
    assert cursor.unread() == len(data) - 1
    cursor.feed(data[-1:] + data[:1])
    assert len(take(cursor)) == 1
    assert cursor.unread() == 1
