"""The table of streams: bounded, and clear about who goes."""

import struct

import pytest

from sipcm.counters import Counter
from sipcm.net.decode import decode
from sipcm.net.packet import TCP, Datagram
from sipcm.net.tcpstream import ENDED, NEVER, Stream, StreamUser
from sipcm.net.tcptable import REMEMBERED, StreamTable, key_of, place_of, turned
from tests.net.encapsulated import DESTINATION4, SOURCE4, ethernet, ip4

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


@pytest.mark.parametrize("options", [b"", bytes(4), bytes(40)], ids=len)
def test_the_key_of_a_segment(options):
    header = struct.pack("!HHIIHHHH", 7, 5060, 1, 0, 0x5010, 0, 0, 0)
    frame = ethernet(0x0800, ip4(header, 6, options))
    datagram = Datagram()
    assert decode(frame, 0, len(frame), 1, datagram) == TCP
    assert key_of(datagram) == SOURCE4 + DESTINATION4 + header[:4]


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


def test_those_of_ipv4_are_found_without_their_key():
    streams = table()
    there = add(streams, 7)
    back = Stream(turned(there.key), 0)
    streams.add(back, 0)
    for stream in (there, back):
        packet = b"?" + stream.key + b"?"
        assert streams.recall(packet, 1) is None
        assert streams.find(stream.key) is stream
        assert streams.recall(packet, 1) is stream
        for at in range(1, 13):
            other = bytearray(packet)
            other[at] ^= 1
            assert streams.recall(bytes(other), 1) is None
        streams.remove(stream)
        assert streams.recall(packet, 1) is None
        assert streams.find(stream.key) is None


def test_two_that_have_one_place():
    streams = table(1 << 16)
    first = add(streams, 7)
    assert streams.find(first.key) is first
    place = place_of(first.addresses, first.ports)

    def place_from(port: int) -> int:
        ports = port.to_bytes(2, "big") + (5060).to_bytes(2, "big")
        return place_of(first.addresses, int.from_bytes(ports, "little"))

    port = next(port for port in range(8, 65536) if place_from(port) == place)
    second = add(streams, port)
    assert streams.find(second.key) is second
    assert streams.recall(first.key, 0) is None
    streams.remove(first)
    assert streams.recall(second.key, 0) is second
    streams.clear()
    assert streams.recall(second.key, 0) is None


def test_others_have_no_place():
    streams = table()
    six = Stream(b"a" * 32 + b"\0\1\0\2", 0)
    streams.add(six, 0)
    assert streams.find(six.key) is six
    assert streams.recall(six.key, 0) is None
    assert streams.recall(bytes(12), 0) is None


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
