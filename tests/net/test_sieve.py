"""Which records a cursor stands on: by link type, counted, and never another than without it."""

import pytest

from sipcm.net.blocks import BlockCursor
from sipcm.net.records import LENGTHS_IN_ORDER, RecordCursor
from sipcm.net.sieve import Sieve
from tests.harness import capture_of
from tests.pcapngwriter import PcapngWriter

PACKETS = [b"ask", b"", b"answer", b"ask again", b"x" * 300]


def asks(packet, wire):
    return packet[:3] == b"ask"


def is_long(packet, wire):
    return wire > 3


class Maker:
    """Makes functions by link type, and remembers for which."""

    def __init__(self, made):
        self.made = made
        self.asked = []

    def __call__(self, linktype):
        self.asked.append(linktype)
        return self.made.get(linktype)


def admitted(sieve, linktype):
    return [packet for packet in PACKETS if sieve.admits(packet, 0, len(packet), 99, linktype)]


def test_a_packet_is_part_of_a_buffer():
    seen = []

    def look(packet, wire):
        seen.append((packet, wire))
        return False

    sieve = Sieve(Maker({1: look}))
    for start, end, wire in ((2, 5, 60), (3, 3, 0), (5, 2, 7), (0, 9, 1 << 31)):
        assert not sieve.admits(b"012345678", start, end, wire, 1)
    assert seen == [(b"234", 60), (b"", 0), (b"", 7), (b"012345678", 1 << 31)]


def test_each_link_type_has_its_function():
    maker = Maker({1: asks, 101: is_long})
    sieve = Sieve(maker)
    for _ in range(2):
        assert admitted(sieve, 1) == [b"ask", b"ask again"]
        assert admitted(sieve, 101) == PACKETS
        assert admitted(sieve, 147) == []
    assert maker.asked == [1, 101, 147]


def test_what_is_left_out_is_counted_once():
    sieve = Sieve(Maker({1: asks}))
    assert sieve.left_out() == 0
    admitted(sieve, 1)
    admitted(sieve, 147)
    assert (sieve.left_out(), sieve.left_out()) == (3 + 5, 0)


def test_packets_that_cannot_be_judged_are_counted_and_the_first_is_known():
    maker = Maker({1: asks})
    sieve = Sieve(maker)
    for first, second in ((147, 105), (105, 147)):
        for linktype in (1, first, second):
            admitted(sieve, linktype)
        assert (sieve.refused, sieve.unjudged(), sieve.unjudged()) == (first, 10, 0)
        assert sieve.left_out() == 3 + 10
    assert maker.asked == [1, 147, 105]


def test_what_a_function_raises_is_not_hidden():
    def broken(packet, wire):
        raise ZeroDivisionError

    sieve = Sieve(Maker({1: broken}))
    with pytest.raises(ZeroDivisionError):
        sieve.admits(b"", 0, 0, 0, 1)


def pcap():
    return capture_of(enumerate(PACKETS)).getvalue()[24:]


def pcapng():
    writer = PcapngWriter()
    blocks = (writer.enhanced(time, packet) for time, packet in enumerate(PACKETS))
    return writer.section() + writer.interface() + b"".join(blocks)


def record_cursor():
    return RecordCursor(1, big=False, nanoseconds=True, modified=False, lengths=LENGTHS_IN_ORDER)


FORMATS = {"pcap": (record_cursor, pcap), "pcapng": (BlockCursor, pcapng)}


def walk(cursor, data, size):
    """Return what the cursor stands on, fed with so many bytes at a time."""
    seen = []
    for begin in range(0, len(data), size):
        cursor.feed(data[begin : begin + size])
        while cursor.next():
            packet = cursor.buffer[cursor.start : cursor.end]
            seen.append((cursor.number, cursor.offset, cursor.timestamp, cursor.wire, packet))
    return seen


@pytest.mark.parametrize("size", [1, 50, 10_000])
@pytest.mark.parametrize(("make", "write"), FORMATS.values(), ids=FORMATS)
def test_a_cursor_stands_on_what_is_admitted(make, write, size):
    """Numbers and places are those in the file."""
    every = walk(make(), write(), size)
    assert [number for number, *_ in every] == [1, 2, 3, 4, 5]
    cursor = make()
    cursor.sieve = Sieve(Maker({1: is_long}))
    assert walk(cursor, write(), size) == every[2:]
    assert (cursor.number, cursor.sieve.left_out()) == (5, 2)


@pytest.mark.parametrize(("make", "write"), FORMATS.values(), ids=FORMATS)
def test_a_cursor_that_stands_on_none(make, write):
    cursor = make()
    cursor.sieve = Sieve(Maker({}))
    assert walk(cursor, write(), 50) == []
    assert (cursor.number, cursor.damage, cursor.unread()) == (5, 0, 0)
