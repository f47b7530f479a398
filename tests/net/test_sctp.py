"""SCTP: user messages out of chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.sctp import (
    MOST_ASSOCIATIONS,
    MOST_HELD,
    MOST_PARTS,
    MOST_RECENT,
    PART_WEIGHT,
    Association,
    Sctp,
)
from tests.sctppackets import (
    BEGINS,
    CLIENT,
    ENDS,
    SERVER,
    chunk,
    decoded,
    heartbeat,
    interleaved,
    packet,
)

WRAP = 1 << 32


class Reading:
    def __init__(self) -> None:
        self.sctp = Sctp()
        self.messages: list[bytes] = []
        self.cut: list[bool] = []

    def take(self, *frames: bytes, captured: int | None = None) -> "Reading":
        sctp = self.sctp
        for frame in frames:
            if not sctp.take(decoded(frame, captured)):
                continue
            while sctp.next():
                ends = sctp.buffer[sctp.source_at : sctp.source_at + 8]
                assert ends == frame[26:34]
                self.messages.append(sctp.buffer[sctp.start : sctp.end])
                self.cut.append(sctp.cut)
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
    "interleaved": ([packet(interleaved(1, b"one"))], [b"one"]),
    "interleaved fragments": (
        [
            packet(interleaved(1, b"o", BEGINS, stream=1), interleaved(2, b"t", BEGINS, stream=2)),
            packet(interleaved(3, b"n", 0, stream=1, place=1)),
            packet(interleaved(4, b"wo", ENDS, stream=2, place=1), interleaved(5, b"e", ENDS, stream=1, place=2)),
        ],
        [b"two", b"one"],
    ),
    "interleaved messages of one stream, ordered and not": (
        [
            packet(interleaved(1, b"o", BEGINS), interleaved(2, b"t", BEGINS, message=1), interleaved(3, b"f", BEGINS | 4)),
            packet(interleaved(4, b"our", ENDS | 4, place=1), interleaved(5, b"wo", ENDS, message=1, place=1)),
            packet(interleaved(6, b"ne", ENDS, place=1)),
        ],
        [b"four", b"two", b"one"],
    ),
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
    assert reading.cut == [True]


def test_only_the_message_that_is_cut_is_said_to_be():
    whole = packet(
        chunk(1, b"on", BEGINS), chunk(2, b"e.", ENDS), chunk(3, b"two!"), chunk(4, b"three")
    )
    reading = Reading().take(whole, captured=len(whole) - 4)
    assert reading.messages == [b"one.", b"two!", b"thre"]
    assert reading.cut == [False, False, True]


def test_associations_are_bounded():
    reading = Reading()
    for tag in range(MOST_ASSOCIATIONS + 10):
        reading.take(packet(chunk(1, b"part", BEGINS), tag=tag))
    assert len(reading.sctp.associations) == MOST_ASSOCIATIONS
    assert reading.sctp.held == (4 + PART_WEIGHT) * MOST_ASSOCIATIONS
    assert reading.counted()["evicted"] == 10


def test_parts_are_bounded():
    reading = Reading()
    for number in range(MOST_PARTS + 5):
        reading.take(packet(chunk(10 + 2 * number, b"part", 0)))
    assert reading.sctp.held == 5 * (4 + PART_WEIGHT)
    assert reading.counted()["dropped"] == MOST_PARTS


def test_bytes_are_bounded():
    reading = Reading()
    for tag in range(2000):
        reading.take(packet(*(chunk(number, bytes(1400), 0) for number in range(10)), tag=tag))
        assert reading.sctp.held <= MOST_HELD
    assert reading.counted()["dropped"] > 0


def test_parts_of_who_fell_silent_make_room():
    reading = Reading()
    silent = 1500
    for tag in range(silent):
        parts = (chunk(1 + number, bytes(1400), 0 if number else BEGINS) for number in range(10))
        reading.take(packet(*parts, tag=tag))
    assert reading.counted()["dropped"] > 0
    last = packet(chunk(11, b"end", ENDS), tag=silent - 1)
    reading.take(packet(chunk(1, b"on", BEGINS), tag=silent), last)
    reading.take(packet(chunk(2, b"e", ENDS), tag=silent), packet(chunk(11, b"end", ENDS), tag=0))
    assert reading.messages == [bytes(14_000) + b"end", b"one"]


@pytest.mark.no_cover
def test_parts_weigh_though_they_hold_nothing():
    reading = Reading()
    for tag in range(MOST_HELD // PART_WEIGHT // MOST_PARTS + 20):
        reading.take(packet(*(chunk(2 * number, b"", 0) for number in range(MOST_PARTS)), tag=tag))
    held = sum(len(one.parts) for one in reading.sctp.associations.values())
    assert held * PART_WEIGHT <= MOST_HELD


def test_a_part_that_comes_again_much_later_weighs_once():
    reading = Reading().take(packet(chunk(1, b"on", BEGINS)))
    for number in range(1000, 1000 + MOST_RECENT):
        reading.take(packet(chunk(number, b"x")))
    reading.take(packet(chunk(1, b"on", BEGINS)), packet(chunk(2, b"e", ENDS)))
    assert reading.messages[-1] == b"one"
    assert reading.sctp.held == 0


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


@pytest.mark.parametrize(
    ("first", "then"), [(5, 5 + MOST_RECENT - 1), (WRAP - 1, MOST_RECENT - 2), (7, 7)]
)
def test_numbers_are_remembered_for_so_long(first, then):
    association = Association()
    assert not association.repeats(first)
    association.repeats(then)
    assert association.repeats(first)
    assert not association.repeats((first + 1) % WRAP)
    assert association.repeats((first + 1) % WRAP)
    assert association.seen < 1 << MOST_RECENT


def test_numbers_go_on_from_one_that_is_far_from_all_before():
    association = Association()
    numbers = [5, 6, 1 << 31, 7, 8]
    assert [association.repeats(number) for number in [*numbers, 7]] == [*[False] * 5, True]


def test_both_directions_are_told_apart():
    reading = Reading()
    reading.take(packet(chunk(1, b"on", BEGINS)))
    reading.take(packet(chunk(2, b"e", ENDS), source=SERVER, destination=CLIENT))
    assert reading.messages == []
