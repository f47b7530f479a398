"""Reassembly of TCP: whatever the network does to the segments, the stream comes out."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import tcpfate
from sipcm.net.tcp import MIDWAY, NOTHING, PIECE, QUEUED
from sipcm.net.tcptable import REMEMBERED
from tests.segments import (
    ACK,
    CLIENT,
    FIN,
    RST,
    SECOND,
    SERVER,
    SYN,
    Assembly,
    answer,
    decoded,
    segment,
)

WRAP = 1 << 32
MINUTE = 60 * SECOND


def opened(first: int = 1000, **options) -> Assembly:
    """Return an assembly that has seen the SYN before the sequence number *first*."""
    assembly = Assembly(**options)
    assembly.take(segment(first - 1, flags=SYN))
    return assembly


CASES = {
    "in order": ([(0, b"abc"), (3, b"def")], [b"abcdef"]),
    "turned around": ([(3, b"def"), (0, b"abc")], [b"abcdef"]),
    "twice": ([(0, b"abc"), (0, b"abc"), (3, b"def")], [b"abcdef"]),
    "twice while it waits": ([(3, b"def"), (3, b"def"), (0, b"abc")], [b"abcdef"]),
    "cut in other pieces": ([(0, b"abcd"), (2, b"cdef"), (0, b"abcdefgh")], [b"abcdefgh"]),
    "the first wins": ([(0, b"abc"), (1, b"XYZ")], [b"abcZ"]),
    "the first wins that waits": ([(2, b"cd"), (1, b"XYZW"), (0, b"a")], [b"aXcdW"]),
    "between two that wait": ([(6, b"gh"), (2, b"cd"), (0, b"abcdefgh")], [b"abcdefgh"]),
    "keep-alive probe with a byte": ([(0, b"abc"), (2, b"\0"), (3, b"def")], [b"abcdef"]),
    "keep-alive probe without": ([(0, b"abc"), (2, b""), (3, b"def")], [b"abcdef"]),
    "probe of a zero window": ([(0, b"abc"), (3, b"d"), (3, b"d"), (3, b"def")], [b"abcdef"]),
    "missing": ([(0, b"abc"), (6, b"ghi")], [b"abc"]),
}


@pytest.mark.parametrize("first", [1000, WRAP - 2], ids=["plain", "wraps around"])
@pytest.mark.parametrize(("segments", "gave"), CASES.values(), ids=CASES)
def test_segments(segments, gave, first):
    assembly = opened(first)
    for offset, payload in segments:
        assembly.take(segment(first + offset, payload))
    assert assembly.gave() == gave


def test_a_segment_in_order_is_given_where_it_lies():
    assembly = opened()
    frame = segment(1000, b"abc", options=b"\1\1\1\0")
    tcp = assembly.tcp
    assert tcp.take(decoded(frame), 7, 7) == PIECE
    assert tcp.buffer is frame
    assert (tcp.buffer[tcp.start : tcp.end], tcp.source_at, tcp.timestamp) == (b"abc", 26, 7)
    assert tcp.fate == tcpfate.NEXT


def test_counters():
    assembly = opened()
    assembly.take(answer(5000, flags=SYN | ACK))
    for offset, payload in ((0, b"abc"), (6, b"ghi"), (3, b"def"), (0, b"abc"), (8, b"ij")):
        assembly.take(segment(1000 + offset, payload))
    assembly.take(segment(1010, flags=FIN | ACK))
    found = assembly.packets.group.values()
    assert {name: found[name] for name in found if name.startswith("tcp_") and found[name]} == {
        "tcp_syn": 2,
        "tcp_fin": 1,
        "tcp_closed": 1,
        "tcp_streams": 2,
        "tcp_segs": 4 + 3,  # four pieces, two SYN and a FIN
        "tcp_total_rcvd": 10,
        "tcp_out_of_order": 1,
    }
    more = assembly.tcp.counters.group.values()
    assert (more["repeated"], more["overlaps"], more["streams"]) == (1, 1, 2)


def test_fin_ends_a_stream_when_all_before_it_has_come():
    assembly = opened()
    assembly.take(segment(1003, b"def", FIN | ACK))
    assert assembly.gave() == []
    assembly.take(segment(1000, b"abc"))
    assert assembly.gave() == [b"abcdef", "end"]
    assembly.take(segment(1003, b"def", FIN | ACK))
    assert assembly.gave() == [b"abcdef", "end"]
    # Nobody sends behind FIN: it was none, or another connection has begun.
    assembly.take(segment(1006, b"more"))
    assert assembly.gave() == [b"abcdef", "end", b"more"]


def test_fin_waits_too_for_what_is_missing():
    assembly = opened()
    assembly.take(segment(1000, b"abc"))
    assembly.take(segment(1006, flags=FIN | ACK))
    assembly.run_on(MINUTE - 1)
    assert assembly.gave() == [b"abc"]
    assembly.run_on(MINUTE)
    assert assembly.gave() == [b"abc", 3, "end"]
    assembly.take(segment(1006, flags=FIN | ACK))
    assert assembly.gave() == [b"abc", 3, "end"]


def test_rst_ends_its_direction_and_gives_what_waits():
    assembly = opened()
    assembly.take(answer(5000, flags=SYN | ACK))
    assembly.take(answer(5003, b"def"))
    assembly.take(segment(1000, b"abc"))
    assembly.take(segment(1003, flags=RST))
    assert assembly.gave() == [b"abc", "end"]
    # What was on its way is read yet.
    assert assembly.gave(SERVER[1]) == [2, b"def"] or assembly.gave(SERVER[1]) == [b"def"]
    assembly.take(answer(5006, b"ghi"))
    assert assembly.gave(SERVER[1])[-1] == b"defghi"


def test_an_rst_from_nowhere_ends_nothing():
    assembly = opened()
    assembly.take(segment(1000 + (1 << 25), flags=RST))
    assembly.take(segment(1000, b"abc"))
    assert assembly.gave() == [b"abc"]
    assert assembly.tcp.counters.far.value == 1


def test_syn_may_come_behind_what_it_begins():
    assembly = Assembly(accepts=False)
    assert assembly.take(segment(1003, b"def")) == MIDWAY
    assert assembly.gave() == []
    assembly.take(segment(999, flags=SYN))
    assembly.take(segment(1000, b"abc"))
    assert assembly.gave() == [b"abcdef"]


def test_a_port_that_is_used_again_with_the_number_of_before():
    assembly = Assembly()
    assembly.take(segment(1000, b"abc"))
    assembly.take(segment(1003, b"def"))
    assembly.take(segment(1001, flags=SYN))  # within what has come: it is no begin of that
    assembly.take(segment(1002, b"xyz"))
    assert assembly.gave() == [b"abcdef", "end", b"xyz"]
    # And after the end.
    assembly.take(segment(1005, flags=FIN | ACK))
    assembly.take(segment(1001, flags=SYN))
    assembly.take(segment(1002, b"xyz"))
    assert assembly.gave()[2:] == [b"xyz", "end", b"xyz"]


def test_syn_with_data():
    assembly = Assembly()
    assembly.take(segment(999, b"abc", SYN))
    assembly.take(segment(1003, b"def"))
    assert assembly.gave() == [b"abcdef"]


def test_a_port_that_is_used_again_begins_another_stream():
    assembly = opened()
    assembly.take(segment(1000, b"abc"))
    assembly.take(segment(1000 + 50_000, flags=SYN))
    assembly.take(segment(1000 + 50_001, b"xyz"))
    assert assembly.gave() == [b"abc", "end", b"xyz"]
    assembly.take(segment(1000 + 50_000, flags=SYN))  # once more
    assembly.take(segment(1000 + 50_004, b"!"))
    assert assembly.gave() == [b"abc", "end", b"xyz!"]


def test_without_syn_the_first_segment_may_be_accepted():
    assembly = Assembly()
    assert assembly.take(segment(7, b"abc")) == MIDWAY
    assembly.take(segment(10, b"def"))
    assembly.take(segment(4, b"xyz"))  # before what was taken for the first
    assert assembly.gave() == [b"abcdef"]
    assert assembly.tcp.counters.midway.value == 1


def test_without_syn_an_unknown_begin_waits_for_the_next_segment():
    assembly = Assembly(accepts=False)
    assembly.take(segment(7, b"def"))
    assert assembly.gave() == []
    assembly.take(segment(4, b"abc"))
    assert assembly.gave() == [b"abcdef"]


@pytest.mark.parametrize("timeout", [MINUTE, SECOND, 0])
def test_a_missing_segment_is_waited_for(timeout):
    assembly = opened()
    assembly.tcp.waiting.timeout = timeout
    assembly.take(segment(1003, b"def"), 10 * SECOND)
    assembly.run_on(10 * SECOND + timeout - 1)
    assert assembly.gave() == []
    assembly.run_on(10 * SECOND + timeout)
    assert assembly.gave() == [3, b"def"]
    assembly.take(segment(1010, b"klm"))
    assembly.take(segment(1000, b"abc"))  # too late
    assembly.take(segment(1006, b"ghij"))
    assert assembly.gave() == [3, b"defghijklm"]
    assert assembly.packets.group.values()["tcp_reorder_timeouts"] == 1


def test_what_the_capture_cut_off_is_a_gap():
    assembly = opened()
    whole = segment(1000, b"abcdef")
    assembly.take(whole, captured=len(whole) - 2)
    assembly.take(segment(1006, b"ghi"))
    assert assembly.gave() == [b"abcd", 2, b"ghi"]
    assert assembly.packets.group.values()["tcp_missed_bytes"] == 2


@pytest.mark.parametrize(
    ("offset", "captured", "fate", "counted"),
    [
        (0, 4, tcpfate.NEXT, {}),
        (0, 0, tcpfate.NEXT, {}),
        (6, 0, tcpfate.AHEAD, {}),
        (-6, 4, tcpfate.REPEATED, {"repeated": 1}),
        (-6, 0, tcpfate.REPEATED, {"repeated": 1}),
        (-3, 4, tcpfate.OVERLAPS, {"overlaps": 1}),
        (-3, 0, tcpfate.OVERLAPS, {"overlaps": 1}),
    ],
)
def test_what_was_cut_off_counts_as_if_it_were_there(offset, captured, fate, counted):
    assembly = opened(1000 - 6)
    assembly.take(segment(1000 - 6, b"before"))
    whole = segment(1000 + offset, b"abcdef")
    assembly.take(whole, captured=len(whole) - 6 + captured)
    found = assembly.tcp.counters.group.values()
    assert {name: found[name] for name in ("repeated", "overlaps") if found[name]} == counted
    assert assembly.tcp.fate == fate


def test_silent_streams_are_let_go():
    assembly = opened()
    assembly.take(segment(1000, b"abc"), 10 * SECOND)
    assembly.run_on(3600 * SECOND)
    assert assembly.gave() == [b"abc"]
    assembly.run_on(3600 * SECOND + MINUTE)
    assert assembly.gave() == [b"abc", "end"]
    assert assembly.packets.group.values()["tcp_stream_timeouts"] == 1
    assert not assembly.tcp.table.streams
    assert assembly.tcp.due > 1 << 61


def test_ended_streams_are_remembered_for_a_while():
    assembly = opened()
    assembly.take(segment(1000, b"abc", FIN | ACK))
    assembly.run_on(REMEMBERED - SECOND)
    assembly.take(segment(1000, b"abc", FIN | ACK))
    assert assembly.gave() == [b"abc", "end"]
    assembly.run_on(4 * REMEMBERED)
    assert not assembly.tcp.table.streams
    assert assembly.packets.group.values()["tcp_stream_timeouts"] == 0


def test_without_an_interval_nothing_is_looked_for():
    assembly = Assembly()
    assembly.tcp.table.interval = 0
    assembly.take(segment(1, b"abc"))
    assert assembly.tcp.due > 1 << 61


def test_far_outside_of_the_stream():
    assembly = opened()
    assembly.take(segment(1000, b"abc"))
    assembly.take(segment(1 << 30, b"one"))
    assert assembly.gave() == [b"abc"]
    assembly.take(segment(1003, b"def"))
    assert assembly.gave() == [b"abcdef"]
    # Where another one follows it, SYN was not captured.
    assembly.take(segment(1 << 30, b"one"))
    assembly.take(segment((1 << 30) + 3, b"two"))
    assert assembly.gave() == [b"abcdef", "end", b"two"]


def test_a_damaged_segment_far_ahead_does_not_end_the_stream():
    assembly = opened()
    assembly.take(segment(1000, b"abc"))
    assembly.take(segment(1000 + (1 << 20), b"damaged"))
    assembly.take(segment(1003, b"def"))
    assembly.run_on(2 * MINUTE)
    assert assembly.gave() == [b"abcdef", (1 << 20) - 6, b"damaged"]
    assembly.take(segment(1006, b"ghi"))
    assembly.take(segment(1009, b"jkl"))
    assert assembly.gave()[3:] == ["end", b"ghijkl"]


def test_another_connection_behind_one_that_has_ended():
    assembly = opened()
    assembly.take(segment(1000, b"abc", FIN | ACK))
    assembly.take(segment(1 << 30, b"one"))
    assert assembly.gave() == [b"abc", "end", b"one"]


BAD = {
    "short": segment(1)[:-1],
    "data offset too small": segment(1)[:46] + b"\x40" + segment(1)[47:],
    "data offset too large": segment(1)[:46] + b"\x60" + segment(1)[47:],
}


@pytest.mark.parametrize("frame", BAD.values(), ids=BAD)
def test_bad_headers(frame):
    assembly = Assembly()
    assert assembly.take(frame) == NOTHING
    assert assembly.tcp.counters.bad_headers.value == 1
    assert assembly.tcp.fate == tcpfate.BAD


def test_pure_acknowledgements_make_no_stream():
    assembly = Assembly()
    assert assembly.take(segment(1)) == NOTHING
    assert assembly.take(segment(1, flags=FIN | ACK)) == NOTHING
    assert assembly.take(segment(1, b"x", RST)) == NOTHING
    assert not assembly.tcp.table.streams


def test_ipv6():
    ends: Any = {"source": (b"a" * 16, 1), "destination": (b"b" * 16, 2)}
    assembly = Assembly()
    assembly.take(segment(999, flags=SYN, **ends))
    assembly.take(segment(1000, b"abc", **ends))
    assert assembly.gave(1) == [b"abc"]


def test_what_is_ignored_is_only_counted():
    assembly = opened()
    assembly.take(segment(1000, b"abc"))
    assembly.take(segment(1006, b"ghi"))
    stream = assembly.tcp.known
    assert stream is not None
    assembly.tcp.ignore(stream, assembly.packets.tcp_ign)
    assert assembly.tcp.waiting.weight() == 0
    assembly.take(segment(1003, b"def"))
    assembly.take(segment(1009, b"jkl"))
    assembly.take(segment(1012, b"mno"))
    assembly.take(segment(1015, flags=FIN | ACK))
    assert assembly.gave() == [b"abc", "end"]
    found = assembly.packets.group.values()
    assert (found["tcp_ign"], found["tcp_stream_ign"]) == (3, 1)


def test_the_end_of_the_input_gives_what_waits():
    assembly = opened()
    assembly.take(segment(1003, b"def"))
    assembly.take(segment(1009, b"jkl"))
    assert assembly.finish().gave() == [3, b"def", 3, b"jkl", "end"]
    assert assembly.tcp.due > 1 << 61
    assert assembly.tcp.waiting.weight() == 0


# -- Properties


@st.composite
def deliveries(draw):
    """Draw a stream, and segments that hold all of it, some twice, in any order."""
    stream = draw(st.binary(min_size=1, max_size=200))
    cuts = sorted(draw(st.sets(st.integers(0, len(stream)), max_size=12)) | {0, len(stream)})
    segments = [(a, stream[a:b]) for a, b in pairwise(cuts)]
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(stream)))
        segments.append((begin, stream[begin : draw(st.integers(begin, len(stream)))]))
    return stream, draw(st.permutations(segments))


@given(deliveries(), st.integers(0, WRAP - 1), st.booleans())
def test_any_order_overlap_and_repetition_gives_the_stream(delivery, first, fin_first):
    stream, segments = delivery
    assembly = opened(first)
    frames = [segment(first + offset, payload) for offset, payload in segments]
    end = segment(first + len(stream), flags=FIN | ACK)
    assembly.take_all([end, *frames] if fin_first else [*frames, end])
    assert assembly.gave() == [stream, "end"]
    assert assembly.tcp.waiting.weight() == 0
    assert assembly.tcp.counters.held.value == assembly.tcp.counters.held_segments.value == 0


@given(deliveries(), st.data())
def test_gaps_are_where_bytes_are_missing(delivery, data):
    stream, segments = delivery
    kept = [part for part in segments if data.draw(st.booleans())]
    assembly = opened()
    assembly.take_all(segment(1000 + offset, payload) for offset, payload in kept)
    covered = {at for offset, payload in kept for at in range(offset, offset + len(payload))}
    assembly.finish()
    at = 0
    for told in assembly.gave():
        if isinstance(told, bytes):
            assert told == stream[at : at + len(told)]
            assert covered >= set(range(at, at + len(told)))
            at += len(told)
        elif isinstance(told, int):
            assert not covered & set(range(at, at + told))
            at += told
    assert at == max(covered, default=-1) + 1


FLAGS = st.sampled_from([ACK, ACK, ACK, SYN, FIN | ACK, RST, SYN | FIN, 0])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([0, 0, 0, 1 << 20, 1 << 25, WRAP - 50]),
            st.integers(0, 60),
            st.binary(max_size=30),
            FLAGS,
            st.sampled_from([0, 0, 1, SECOND, MINUTE]),
            st.integers(0, 4),
        ),
        max_size=60,
    )
)
def test_a_network_gone_mad_stays_within_bounds(steps):
    """The same bytes are never given twice, nothing is held beyond the limits, and all is let go."""
    assembly = Assembly(accepts=False)
    tcp = assembly.tcp
    tcp.table.most = 3
    tcp.waiting.most_held = 64
    tcp.waiting.most_weight = 9000
    for port, base, offset, payload, flags, passed, cut in steps:
        ends: Any = {"source": (CLIENT[0], port), "destination": (SERVER[0], 3 - port)}
        frame = segment(base + offset, payload, flags, acknowledged=offset, **ends)
        captured = max(len(frame) - cut, 54)
        assembly.take(frame, assembly.now + passed, captured)
        assert tcp.waiting.weight() <= 9000
        assert len(tcp.table.streams) <= 3
        assert tcp.counters.streams.value == len(tcp.table.streams)
        held = [stream.held for stream in tcp.table.streams.values()]
        assert sum(held) == tcp.counters.held.value
        assert all(size <= 64 + 30 for size in held)
        assert not tcp.queue
    assembly.finish()
    assert tcp.waiting.weight() == 0
    assert not tcp.table.streams


def test_the_verdict_says_whether_there_is_more():
    assembly = opened()
    assert assembly.take(segment(1003, b"def")) == QUEUED
    assert assembly.take(segment(1000, b"abc")) == QUEUED
    assert assembly.take(segment(1006, b"ghi")) == PIECE
    assert assembly.take(segment(1009)) == NOTHING
