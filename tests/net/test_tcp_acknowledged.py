"""What the receiver acknowledges though it never came: the capture lost it."""

from tests.net.test_tcp import MINUTE, opened
from tests.segments import ACK, FIN, SECOND, SYN, answer, segment


def test_what_the_receiver_has_was_lost_by_the_capture():
    assembly = opened()
    assembly.take(answer(5000, flags=SYN | ACK, acknowledged=1000))
    assembly.take(segment(1003, b"def"), SECOND)
    assembly.take(answer(5001, acknowledged=1006), SECOND + SECOND // 2)
    assembly.run_on(2 * SECOND + SECOND // 2 - 1)
    assert assembly.gave() == []  # it may be late by a little
    assembly.run_on(2 * SECOND + SECOND // 2)
    assert assembly.gave() == [3, b"def"]
    assembly.take(segment(1009, b"jkl"), 3 * SECOND)
    assembly.take(answer(5001, acknowledged=1008), 5 * SECOND)
    assert assembly.gave() == [3, b"def"]
    assembly.take(answer(5001, acknowledged=1012), 5 * SECOND)
    assert assembly.gave() == [3, b"def", 3, b"jkl"]
    assert assembly.tcp.counters.acknowledged.value == 2
    assert assembly.packets.group.values()["tcp_reorder_timeouts"] == 0


def test_the_end_was_lost_too_if_the_receiver_has_it():
    assembly = opened()
    assembly.take(answer(5000, flags=SYN | ACK, acknowledged=1000))
    assembly.take(segment(1000, b"abc"), SECOND)
    assembly.take(segment(1009, flags=FIN | ACK), SECOND)
    assembly.take(segment(1003, b"def"), SECOND)
    assembly.take(answer(5001, acknowledged=1010), SECOND)
    assembly.run_on(2 * SECOND - 1)
    assert assembly.gave() == [b"abcdef"]
    assembly.run_on(2 * SECOND)
    assert assembly.gave() == [b"abcdef", 3, "end"]


def test_what_the_receiver_has_as_it_says_at_its_end():
    assembly = opened()
    assembly.take(answer(5000, flags=SYN | ACK, acknowledged=1000))
    assembly.take(segment(1000, b"abc"))
    assembly.take(answer(5001, flags=FIN | ACK, acknowledged=1006))
    assembly.take(segment(1006, flags=FIN | ACK), SECOND)
    assembly.run_on(2 * SECOND - 1)
    assert assembly.gave() == [b"abc"]
    assembly.run_on(2 * SECOND)
    assert assembly.gave() == [b"abc", 3, "end"]


def test_several_gaps_in_what_the_receiver_has():
    assembly = opened()
    assembly.take(answer(5000, flags=SYN | ACK, acknowledged=1000))
    for offset in (3, 9, 15):
        assembly.take(segment(1000 + offset, b"abc"), SECOND)
    assembly.take(answer(5001, acknowledged=1012), SECOND)
    assembly.run_on(30 * SECOND)
    assert assembly.gave() == [3, b"abc", 3, b"abc"]
    assembly.run_on(2 * MINUTE)
    assert assembly.gave()[4:] == [3, b"abc"]


def test_what_came_late_though_it_was_acknowledged_leaves_the_next_gap_to_wait():
    assembly = opened()
    assembly.take(answer(5000, flags=SYN | ACK, acknowledged=1000))
    for offset in (3, 9):
        assembly.take(segment(1000 + offset, b"def"), SECOND)
    assembly.take(answer(5001, acknowledged=1006), SECOND)
    assembly.take(segment(1000, b"abc"), SECOND)
    assembly.run_on(30 * SECOND)
    assert assembly.gave() == [b"abcdef"]
