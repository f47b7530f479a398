"""What is said of a file that could not be read, or not all of it."""

import struct

import pytest

from sipcm.net import blocks, records
from sipcm.net.blocks import BlockCursor
from sipcm.net.damage import WORDS, complaints
from sipcm.net.records import LENGTHS_IN_ORDER, Cursor, RecordCursor
from tests.pcapngwriter import PcapngWriter

LITTLE = PcapngWriter()
BEGIN = LITTLE.section() + LITTLE.interface()
PACKET = LITTLE.enhanced(1, b"good")


def told(cursor: Cursor, data: bytes, *, ended: bool = True) -> list[str]:
    cursor.feed(data)
    while cursor.next():
        pass
    return list(complaints(cursor, "the file", ended=ended))


def records_cursor() -> RecordCursor:
    return RecordCursor(1, big=False, nanoseconds=False, modified=False, lengths=LENGTHS_IN_ORDER)


def record(captured: int, data: bytes) -> bytes:
    return struct.pack("<IIII", 0, 0, captured, captured) + data


def test_nothing_is_said_of_a_sound_file():
    assert told(records_cursor(), record(4, b"good")) == []
    assert told(BlockCursor(), BEGIN + PACKET) == []


def test_nothing_is_said_of_a_walk_that_was_broken_off():
    assert told(records_cursor(), record(4, b""), ended=False) == []
    assert told(BlockCursor(), BEGIN + PACKET[:9], ended=False) == []


def test_records():
    assert told(records_cursor(), record(4, b"good") + record(9, b"cut")) == [
        "the file ends inside packet 2 at offset 44; everything before it was read"
    ]
    [words] = told(records_cursor(), record(4, b"good") + record(262145, b""))
    assert words == (
        "packet 2 at offset 44: captured length 262145 is more than 262144, "
        "the rest of the file is skipped"
    )


def test_blocks():
    place = f"the block at offset {len(BEGIN + PACKET)}, behind packet 1"
    assert told(BlockCursor(), BEGIN + PACKET + PACKET[:-1]) == [
        f"the file ends inside {place}; everything before it was read"
    ]
    [words] = told(BlockCursor(), BEGIN + PACKET + PACKET[:-4] + bytes(4))
    assert words == (
        f"{place}: the length at the end, 0, is not that at the begin, "
        "the rest of the file is skipped"
    )


def test_skipped_packets_and_damage_are_both_told():
    lost = LITTLE.enhanced(1, b"lost", interface=3)
    skipped, damage = told(BlockCursor(), BEGIN + PACKET + lost + PACKET + lost + bytes(12))
    assert skipped == (
        f"2 packets were skipped, the first of them at offset {len(BEGIN + PACKET)}: "
        "interface 3 is not described"
    )
    assert damage == (
        f"the block at offset {len(BEGIN + PACKET * 2 + lost * 2)}, behind packet 2: "
        "no block has a length of 0, the rest of the file is skipped"
    )


def test_one_skipped_packet():
    lost = LITTLE.enhanced(1, b"lost", interface=3)
    assert told(BlockCursor(), BEGIN + lost) == [
        f"a packet was skipped, at offset {len(BEGIN)}: interface 3 is not described"
    ]


REASONS = [
    value
    for module in (records, blocks)
    for name, value in vars(module).items()
    if name in {
        "CAPTURED_TOO_LONG", "BAD_LENGTH", "LENGTHS_DIFFER", "NO_BYTE_ORDER", "UNKNOWN_VERSION",
        "TOO_SHORT", "TOO_LONG", "BEYOND_BLOCK", "UNKNOWN_INTERFACE",
    }
]  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_words(reason):
    assert "{" not in WORDS[reason].format(4711)


def test_every_word_has_a_reason():
    assert WORDS.keys() == set(REASONS)
