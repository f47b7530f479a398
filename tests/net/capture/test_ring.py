"""The walk through a block shows packets as a capture file would have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.capture.ring import LINUX_SLL2, RingCursor
from tests.net.capture.blocks import (
    ETHERNET,
    LOOPBACK,
    OUTGOING,
    TPID_VALID,
    VLAN_VALID,
    Record,
    block,
)

FRAME = bytes(range(12)) + b"\x08\x00payload"
SECOND = 1_000_000_000


def walk(cursor: RingCursor) -> list[tuple[int, bytes, int]]:
    found = []
    while cursor.next():
        found.append((cursor.timestamp, cursor.buffer[cursor.start : cursor.end], cursor.wire))
    return found


def test_packets_of_one_block_after_the_other():
    cursor = RingCursor(1)
    assert walk(cursor) == []
    cursor.feed(block(Record(FRAME, 5 * SECOND + 7), Record(b"x" * 3, 2**31 * SECOND, wire=900)))
    assert cursor.unread() == 2
    assert walk(cursor) == [(5 * SECOND + 7, FRAME, len(FRAME)), (2**31 * SECOND, b"xxx", 900)]
    cursor.feed(block(Record(b"", 1)))
    assert walk(cursor) == [(1, b"", 0)]
    assert cursor.number == 3
    assert cursor.unread() == 0
    assert walk(cursor) == []


@pytest.mark.parametrize(
    ("status", "tpid", "shown"),
    [
        (VLAN_VALID, 0x88A8, "8100"),
        (VLAN_VALID | TPID_VALID, 0x88A8, "88a8"),
        (0, 0x88A8, ""),
    ],
)
def test_the_tag_that_linux_took_off_is_put_back(status, tpid, shown):
    cursor = RingCursor(1)
    cursor.feed(block(Record(FRAME, 1, status=status, tag=0x2064, tpid=tpid)))
    tag = bytes.fromhex(f"{shown}2064") if shown else b""
    frame = FRAME[:12] + tag + FRAME[12:]
    assert walk(cursor) == [(1, frame, len(frame))]


@pytest.mark.parametrize("length", range(0, 14, 3))
def test_a_tag_in_a_frame_that_was_cut(length):
    cursor = RingCursor(1)
    cursor.feed(block(Record(FRAME[:length], 1, wire=60, status=VLAN_VALID, tag=100)))
    frame = FRAME[: min(length, 12)] + bytes.fromhex("81000064") + FRAME[12:length]
    assert walk(cursor) == [(1, frame, 64)]


def test_what_is_cooked_gets_a_header():
    cursor = RingCursor(LINUX_SLL2)
    record = Record(b"ip", 1, interface=0x01020304, kind=512, direction=OUTGOING, protocol=0x86DD)
    cursor.feed(block(record, record))
    header = bytes.fromhex("86dd0000 01020304 0200 04 06 0200000000010000")
    assert walk(cursor) == [(1, header + b"ip", 22)] * 2


def test_what_is_cooked_shows_its_tag():
    cursor = RingCursor(LINUX_SLL2)
    cursor.feed(block(Record(b"ip", 1, status=VLAN_VALID, tag=0x0064)))
    [(_, packet, wire)] = walk(cursor)
    assert packet[:4] == bytes.fromhex("81000000")
    assert packet[20:] == bytes.fromhex("00640800") + b"ip"
    assert wire == 26


@pytest.mark.parametrize("linktype", [1, LINUX_SLL2])
def test_what_leaves_by_a_loopback_also_comes_in_and_is_shown_once(linktype):
    cursor = RingCursor(linktype)
    cursor.feed(
        block(
            Record(b"out", 1, direction=OUTGOING, kind=LOOPBACK),
            Record(b"in", 2, kind=LOOPBACK),
            Record(b"sent", 3, direction=OUTGOING, kind=ETHERNET),
            Record(b"out", 4, direction=OUTGOING, kind=LOOPBACK),
        )
    )
    first, second = walk(cursor)
    assert first[1].endswith(b"in")
    assert second[1].endswith(b"sent")
    assert (cursor.number, cursor.skipped) == (2, 2)


@given(st.binary(max_size=400), st.integers(0, 2**32 - 1))
def test_whatever_a_block_holds_the_walk_ends(data, count):
    """The kernel is trusted; a fault of ours in a layout must not bring the run down."""
    cursor = RingCursor(1)
    cursor.feed(block(count=count)[:48] + data)
    for _ in range(400):
        if not cursor.next():
            break
        assert 0 <= cursor.end <= len(cursor.buffer)
