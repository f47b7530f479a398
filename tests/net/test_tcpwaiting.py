"""The streams that wait: in the order in which they began to, and within limits."""

from sipcm.counters import Counter
from sipcm.net.tcpstream import NEVER, Stream
from sipcm.net.tcpwaiting import ACKNOWLEDGED_WAIT, PIECE_WEIGHT, STREAM_WEIGHT, Waiting

KEY = bytes(12)


def waiting(most_held: int = 100, most: int = 1 << 20) -> Waiting:
    held, pieces = Counter("held", "", gauge=True), Counter("pieces", "", gauge=True)
    return Waiting(held, pieces, most_held, most)


def hold(all_of_them: Waiting, size: int, moment: int = 0) -> Stream:
    stream = Stream(KEY, moment)
    stream.hold(10, size, bytes(size), 0, moment)
    all_of_them.change(size, 1)
    all_of_them.add(stream, moment)
    return stream


def test_they_wait_in_order():
    streams = waiting()
    streams.timeout = 10
    assert (streams.due(), streams.late(1000)) == (NEVER, None)
    first, second = hold(streams, 1, 5), hold(streams, 1, 7)
    streams.add(first, 9)  # it waits already
    assert streams.due() == 15
    assert streams.late(14) is None
    assert streams.late(15) is first
    assert streams.late(15) is None
    assert streams.late(17) is second
    assert streams.due() == NEVER


def test_what_the_receiver_has_is_not_waited_for_for_long():
    streams = waiting()
    streams.timeout = 10 * ACKNOWLEDGED_WAIT
    first, second, third = (hold(streams, 1, moment) for moment in (5, 7, 9))
    assert not streams.acknowledge(first, 9, 11)
    assert streams.due() == 5 + streams.timeout
    for stream in (second, first, third):
        assert not streams.acknowledge(stream, 10, 11)
    streams.remove(third)
    assert (streams.due(), streams.lost(10 + ACKNOWLEDGED_WAIT)) == (11 + ACKNOWLEDGED_WAIT, None)
    first.move(10)
    assert streams.lost(11 + ACKNOWLEDGED_WAIT) is second
    assert streams.lost(11 + ACKNOWLEDGED_WAIT) is None
    assert streams.acknowledge(hold(streams, 1, 20), 10, 20 + ACKNOWLEDGED_WAIT)
    known = Stream(KEY, 0)
    known.hold(10, 1, b"x", 0, 0)
    known.has = 10
    streams.add(known, 30)
    assert streams.lost(30 + ACKNOWLEDGED_WAIT) is known


def test_weight():
    streams = waiting()
    stream = hold(streams, 30)
    assert streams.weight() == 30 + PIECE_WEIGHT + STREAM_WEIGHT
    streams.drop(stream)
    assert (streams.weight(), stream.waiting, stream.held) == (0, None, 0)
    assert (streams.held.highest, streams.pieces.highest) == (30, 1)


def test_one_that_holds_too_much():
    streams = waiting(most_held=100)
    assert streams.over(hold(streams, 100)) == []
    heavy = hold(streams, 101)
    assert streams.over(heavy) == [heavy]


def test_all_together_hold_too_much():
    each = 50 + PIECE_WEIGHT + STREAM_WEIGHT
    streams = waiting(most=3 * each)
    first, second, third = (hold(streams, 50) for _ in range(3))
    assert streams.over(third) == []
    fourth = hold(streams, 50)
    assert streams.over(fourth)[0] is first
    assert second in streams.over(fourth) or len(streams.over(fourth)) == 1
