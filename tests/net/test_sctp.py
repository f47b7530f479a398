"""SCTP: user messages out of chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import sctp as module
from sipcm.net.sctp import MOST_ASSOCIATIONS, MOST_PARTS, Sctp
from tests.sctppackets import BEGINS, CLIENT, ENDS, SERVER, chunk, decoded, heartbeat, packet

WRAP = 1 << 32


class Reading:
    def __init__(self) -> None:
        self.sctp = Sctp()
        self.messages: list[bytes] = []

    def take(self, *frames: bytes, captured: int | None = None) -> "Reading":
        sctp = self.sctp
        for frame in frames:
            if not sctp.take(decoded(frame, captured)):
                continue
            while sctp.next():
                ends = sctp.buffer[sctp.source_at : sctp.source_at + 8]
                assert ends == frame[26:34]
                self.messages.append(sctp.buffer[sctp.start : sctp.end])
        return self

    def counted(self) -> dict[str, int]:
        return {name: value for name, value in self.sctp.counters.group.values().items() if value}


CASES = {
    "one": ([packet(chunk(1, b"one"))], [b"one"]),
    "bundled": ([packet(heartbeat(), chunk(1, b"one"), chunk(2, b"two"))], [b"one", b"two"]),
    "repeated": ([packet(chunk(1, b"one"))] * 2, [b"one"]),
    "another association": (
        [packet(chunk(1, b"one")), packet(chunk(1, b"one"), tag=8)],
        [b"one", b"one"],
    ),
    "fragments": (
        [
            packet(chunk(1, b"on", BEGINS)),
            packet(chunk(2, b"e ", 0), chunk(3, b"two", ENDS)),
        ],
        [b"one two"],
    ),
    "fragments in another order": (
        [packet(chunk(3, b"two", ENDS)), packet(chunk(1, b"on", BEGINS)), packet(chunk(2, b"e ", 0))],
        [b"one two"],
    ),
    "numbers wrap around": (
        [packet(chunk(WRAP - 1, b"on", BEGINS), chunk(0, b"e", ENDS))],
        [b"one"],
    ),
    "interleaved": ([packet(chunk(1, b"one", interleaved=True))], [b"one"]),
    "empty": ([packet(chunk(1, b""))], [b""]),
    "without data": ([packet(heartbeat()), packet()], []),
}  # fmt: skip


@pytest.mark.parametrize(("frames", "messages"), CASES.values(), ids=CASES)
def test_messages(frames, messages):
    reading = Reading().take(*frames)
    assert reading.messages == messages
    assert reading.sctp.held == 0
    assert "bad_chunks" not in reading.counted()


def test_counters():
    reading = Reading().take(
        packet(chunk(1, b"on", BEGINS), chunk(2, b"e", ENDS)), packet(chunk(3, b"x"))
    )
    reading.take(packet(chunk(3, b"x")))
    assert reading.counted() == {"chunks": 4, "messages": 2, "fragments": 2, "repeated": 1}


BAD = {
    "length of nothing": packet(chunk(1, b"one"), b"\0\3\0\3"),
    "longer than the packet": packet(chunk(1, b"one"), b"\0\3\0\xff" + bytes(20)),
    "no room for its header": packet(chunk(1, b"one"), b"\0\3\0\x08" + bytes(4)),
}


@pytest.mark.parametrize("frame", BAD.values(), ids=BAD)
def test_bad_chunks(frame):
    reading = Reading().take(frame)
    assert reading.messages == [b"one"]
    assert reading.counted()["bad_chunks"] == 1


def test_without_header():
    assert Reading().take(packet()[:-1]).counted() == {"bad_chunks": 1}


def test_cut_by_the_capture():
    whole = packet(chunk(1, b"one two three"))
    reading = Reading().take(whole, captured=len(whole) - 6)
    assert reading.messages == [b"one two th"]
    assert reading.sctp.cut


def test_associations_are_bounded(monkeypatch):
    reading = Reading()
    for tag in range(MOST_ASSOCIATIONS + 10):
        reading.take(packet(chunk(1, b"part", BEGINS), tag=tag))
    assert len(reading.sctp.associations) == MOST_ASSOCIATIONS
    assert reading.sctp.held == 4 * MOST_ASSOCIATIONS
    assert reading.counted()["evicted"] == 10


def test_parts_are_bounded():
    reading = Reading()
    for number in range(MOST_PARTS + 5):
        reading.take(packet(chunk(10 + 2 * number, b"part", 0)))
    assert reading.sctp.held == 5 * 4
    assert reading.counted()["dropped"] == MOST_PARTS


def test_bytes_are_bounded():
    reading = Reading()
    for tag in range(2000):
        reading.take(packet(*(chunk(number, bytes(1400), 0) for number in range(10)), tag=tag))
        assert reading.sctp.held <= module.MOST_HELD
    assert reading.counted()["dropped"] > 0


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.integers(0, WRAP - 1), st.data()
)
def test_any_cut_and_order_gives_the_messages(messages, first, data):
    chunks: list[bytes] = []
    for message in messages:
        cuts = sorted(data.draw(st.sets(st.integers(1, max(len(message) - 1, 1)), max_size=3)))
        parts = [message[a:b] for a, b in zip([0, *cuts], [*cuts, len(message)], strict=True)]
        for at, part in enumerate(parts):
            flags = (0 if at else BEGINS) | (ENDS if at == len(parts) - 1 else 0)
            chunks.append(chunk(first + len(chunks), part, flags))
    sent = [*data.draw(st.permutations(chunks)), *data.draw(st.lists(st.sampled_from(chunks)))]
    reading = Reading().take(*(packet(one) for one in sent))
    assert sorted(reading.messages) == sorted(messages)
    assert reading.sctp.held == 0


@given(st.binary(max_size=120), st.integers(0, 20))
def test_hostile_bytes_are_borne(chunks, cut):
    frame = packet(chunks)
    Reading().take(frame, captured=max(len(frame) - cut, 34))


def test_both_directions_are_told_apart():
    reading = Reading()
    reading.take(packet(chunk(1, b"on", BEGINS)))
    reading.take(packet(chunk(2, b"e", ENDS), source=SERVER, destination=CLIENT))
    assert reading.messages == []
