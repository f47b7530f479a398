"""Reassembly of TCP keeps within its limits, and says what it let go."""

from typing import Any

from sipcm.net.tcpwaiting import MOST_PIECES
from tests.segments import CLIENT, SYN, Assembly, segment


def begun() -> Assembly:
    """Return an assembly that has seen the SYN before the sequence number 1000."""
    assembly = Assembly()
    assembly.take(segment(999, flags=SYN))
    return assembly


def test_too_many_bytes_in_one_stream():
    assembly = begun()
    assembly.tcp.waiting.most_held = 100
    for number in range(11):
        assembly.take(segment(1010 + 20 * number, b"x" * 10))
    assert assembly.tcp.counters.held.highest == 110
    assert assembly.gave()[:2] == [10, b"x" * 10]


def test_too_many_pieces_in_one_stream():
    assembly = begun()
    for number in range(MOST_PIECES + 10):
        assembly.take(segment(1001 + 2 * number, b"x"))
    assert assembly.tcp.counters.held_segments.highest == MOST_PIECES + 1


def test_too_much_in_all_streams():
    assembly = Assembly()
    assembly.tcp.waiting.most_weight = 20_000
    for port in range(1, 20):
        ends: Any = {"source": (CLIENT[0], port)}
        assembly.take(segment(999, flags=SYN, **ends))
        assembly.take(segment(1010, b"x" * 100, **ends))
        assert assembly.tcp.waiting.weight() <= 20_000
    assert assembly.gave(1) == [10, b"x" * 100]  # that which has waited longest
    assert assembly.gave(19) == []


def test_too_many_streams():
    assembly = Assembly()
    assembly.tcp.table.most = 64
    for port in range(1, 1000):
        ends: Any = {"source": (CLIENT[0], port)}
        assembly.take(segment(999, flags=SYN, **ends), port)
        assembly.take(segment(1000, b"abc", **ends))
        assert len(assembly.tcp.table.streams) <= 64
    assert assembly.gave(1) == [b"abc", "end"]
    assert assembly.gave(999) == [b"abc"]
    assert assembly.tcp.counters.evicted.value > 900


def test_a_flood_of_syns_leaves_those_who_talk():
    assembly = Assembly()
    assembly.tcp.table.most = 64
    assembly.take(segment(1000, b"abc"))
    for port in range(1, 1000):
        assembly.take(segment(999, flags=SYN, source=(CLIENT[0], port)), port)
    assembly.take(segment(1003, b"def"))
    assert assembly.gave() == [b"abcdef"]
