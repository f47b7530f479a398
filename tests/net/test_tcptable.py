"""The table of streams: bounded, and clear about who goes."""

from sipcm.counters import Counter
from sipcm.net.tcpstream import ENDED, NEVER, Stream, StreamUser
from sipcm.net.tcptable import REMEMBERED, StreamTable, turned

SECOND = 1_000_000_000
ENDS = b"\x0a\x00\x00\x01\x0a\x00\x00\x02"


def key(port: int) -> bytes:
    return ENDS + port.to_bytes(2, "big") + b"\x13\xc4"


def table(most: int = 64) -> StreamTable:
    return StreamTable(Counter("streams", "", gauge=True), most)


def add(streams: StreamTable, port: int, last: int = 0, *, used: bool = True) -> Stream:
    stream = Stream(key(port), last)
    stream.user = StreamUser() if used else None
    streams.add(stream, last)
    return stream


def test_the_other_direction():
    assert turned(turned(key(7))) == key(7)
    assert turned(key(7)) == ENDS[4:] + ENDS[:4] + b"\x13\xc4\x00\x07"
    six = b"a" * 16 + b"b" * 16 + b"\0\1\0\2"
    assert turned(six) == b"b" * 16 + b"a" * 16 + b"\0\2\0\1"


def test_directions_know_each_other():
    streams = table()
    there = add(streams, 7)
    back = Stream(turned(there.key), 0)
    streams.add(back, 0)
    assert (there.peer, back.peer) == (back, there)
    streams.remove(there)
    assert back.peer is None
    assert streams.count.value == 1
    streams.remove(there)  # it is not there any more
    assert streams.count.value == 1


def test_who_goes_first():
    streams = table(32)  # two go at a time
    for port in range(10):
        add(streams, port, 100 - port)
    assert [s.last for s in streams.dispensable()] == [92, 91]
    silent = add(streams, 20, 500, used=False)
    assert streams.dispensable()[0] is silent
    over = add(streams, 21, 600)
    over.state = ENDED
    assert streams.dispensable() == [silent, over]
    add(streams, 22, 700, used=False)
    assert streams.dispensable() == [silent, over]


def test_at_least_one_goes():
    streams = table(3)
    for port in range(3):
        add(streams, port, 5)
    assert len(streams.dispensable()) == 1
    assert streams.full()


def test_stale_streams():
    streams = table()
    streams.timeout = 100 * SECOND
    old = add(streams, 1, 0)
    young = add(streams, 2, 50 * SECOND)
    assert streams.next_look == streams.interval
    assert streams.stale(99 * SECOND) == []
    assert streams.stale(100 * SECOND) == [old]
    assert streams.next_look == 150 * SECOND  # when the other one may be stale
    young.state = ENDED
    streams.remove(old)
    assert streams.stale(50 * SECOND + REMEMBERED) == [young]
    assert streams.next_look == NEVER


def test_stale_streams_are_not_looked_for_in_vain():
    """However short the interval and long the jump: at most once in the time of ended ones."""
    streams = table()
    streams.interval = 1
    stream = add(streams, 1, 0)
    looks = 0
    while streams.next_look != NEVER:
        looks += 1
        for stale in streams.stale(streams.next_look):
            streams.remove(stale)
            streams.next_look = NEVER
    assert looks <= streams.timeout // REMEMBERED + 2
    assert stream.key not in streams.streams


def test_half_of_a_connection_that_ended_is_not_kept_for_long():
    streams = table()
    there = add(streams, 7)
    back = Stream(turned(there.key), 0)
    streams.add(back, 0)
    there.state = ENDED
    assert streams.stale(REMEMBERED) == [there, back]


def test_clear():
    streams = table()
    stream = add(streams, 7)
    assert streams.clear() == [stream]
    assert (len(streams.streams), streams.count.value, streams.next_look) == (0, 0, NEVER)
