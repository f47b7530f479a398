"""What is recorded is read again as it was."""

import io

from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.capture.recording import RecordingCursor
from sipcm.net.capture.ring import RingCursor
from sipcm.net.capturefile import CaptureFile
from sipcm.net.pcapngwriter import interface, section
from sipcm.net.sieve import Sieve
from tests.net.capture.blocks import Record, block


def read_again(blocks: bytes) -> list[tuple[int, bytes, int, int]]:
    whole = section("test") + interface("eth0", 1, 0) + interface("any", 276, 0) + blocks
    found = []
    with CaptureFile(io.BytesIO(whole), name="x") as capture:
        while capture.read():
            cursor = capture.cursor
            while cursor.next():
                data = cursor.buffer[cursor.start : cursor.end]
                found.append((cursor.timestamp, data, cursor.wire, cursor.linktype))
        assert capture.warning() is None
    return found


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 * 10**9 - 1), st.binary(max_size=9), st.integers(0, 1_000_000)
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 1),
)
def test_round_trip(packets, place):
    inner = RingCursor(1)
    inner.place = place
    recorded = RecordingCursor(inner)
    inner.feed(block(*(Record(data, moment, wire=wire) for moment, data, wire in packets)))
    walked = 0
    while recorded.next():
        assert recorded.timestamp == packets[walked][0]
        assert recorded.buffer[recorded.start : recorded.end] == packets[walked][1]
        walked += 1
        assert recorded.number == recorded.packets == walked
    size = recorded.size
    blocks = recorded.taken()
    assert len(blocks) == size
    assert (recorded.taken(), recorded.size, recorded.packets) == (b"", 0, 0)
    linktype = (1, 276)[place]
    assert read_again(blocks) == [(*packet, linktype) for packet in packets]


def test_what_is_left_out_is_not_recorded():
    inner = RingCursor(1)
    inner.sieve = Sieve(lambda _: lambda packet, _wire: packet == b"in")
    recorded = RecordingCursor(inner)
    inner.feed(block(Record(b"out", 1), Record(b"in", 2), Record(b"out", 3)))
    while recorded.next():
        pass
    assert [packet for _, packet, _, _ in read_again(recorded.taken())] == [b"in"]
