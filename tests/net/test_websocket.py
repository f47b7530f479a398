"""WebSocket: frames in, messages out, however they were cut."""

import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.effort import Effort
from sipcm.net.websocket import WebSocket, may_be_frames, peek, unmask
from sipcm.net.websocketcounters import WebSocketCounters
from tests.websockets import KEY, Deflater, frame, masked

MOST = 1000
PING = frame(b"are you there", 9)


class Reading:
    def __init__(self, most: int = MOST) -> None:
        self.counters = WebSocketCounters()
        self.websocket = WebSocket(self.counters, most, Effort())
        self.messages: list[bytes] = []
        self.cut: list[bool] = []

    def take(self, *pieces: bytes) -> "Reading":
        for piece in pieces:
            self.websocket.feed(b"<" + piece + b">", 1, 1 + len(piece))
            while self.websocket.next():
                self.messages.append(self.websocket.message)
                self.cut.append(self.websocket.cut)
        return self

    def counted(self) -> dict[str, int]:
        return {name: value for name, value in self.counters.group.values().items() if value}


deflater = Deflater()
CASES = {
    "plain": (frame(b"one") + frame(b"two", 2), [b"one", b"two"]),
    "masked": (frame(b"one", key=KEY) + frame(b"two", key=KEY[::-1]), [b"one", b"two"]),
    "empty": (frame(b"") + frame(b"", key=KEY), [b"", b""]),
    "of 126 bytes and more": (frame(b"x" * 126) + frame(b"y" * 300, key=KEY), [b"x" * 126, b"y" * 300]),
    "of 64 kB": (frame(b"x" * 70_000) + frame(b"y"), [b"x" * MOST, b"y"]),
    "control frames": (PING + frame(b"one") + frame(b"", 10), [b"one"]),
    "fragments": (
        frame(b"on", final=False) + PING + frame(b"", 0, final=False) + frame(b"e", 0, key=KEY),
        [b"one"],
    ),
    "compressed": (
        deflater.frame(b"one two three") + deflater.frame(b"one two three"),
        [b"one two three"] * 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("stream", "messages"), CASES.values(), ids=CASES)
def test_messages(stream, messages):
    assert Reading().take(stream).messages == messages
    assert Reading().take(*(bytes([byte]) for byte in stream)).messages == messages


def test_context_is_taken_over_or_not():
    for takeover in (True, False):
        sender = Deflater(takeover=takeover)
        texts = [
            b"INVITE sip:a@x SIP/2.0 " * 5,
            b"BYE sip:a@x SIP/2.0",
            b"INVITE sip:a@x SIP/2.0 " * 5,
        ]
        reading = Reading().take(*(sender.frame(text, KEY) for text in texts))
        assert reading.messages == texts
    # Else the second would not have been any shorter.
    sender = Deflater()
    assert len(sender.frame(texts[0])) > len(sender.frame(texts[0]))


def test_a_compressed_message_in_fragments():
    whole = zlib.compress(b"one two three", wbits=-15)
    stream = frame(whole[:3], compressed=True, final=False) + frame(whole[3:], 0)
    assert Reading().take(stream).messages == [b"one two three"]


def test_context_that_was_lost():
    sender = Deflater()
    text = b"one two three four five six seven"
    first, second = sender.frame(text), sender.frame(text)
    reading = Reading().take(second)
    assert reading.messages == []
    assert reading.counted() == {"frames": 1, "compressed": 1, "unread": 1}
    fresh = Deflater()
    assert reading.take(fresh.frame(text), fresh.frame(text)).messages == [text] * 2
    del first


def test_a_bomb_is_cut():
    sender = Deflater()
    reading = Reading().take(sender.frame(b"x" * 500_000), frame(b"next"))
    assert reading.messages == [b"x" * MOST, b"next"]
    # What is not too large is inflated to its end, for the sake of those that follow.
    sender = Deflater()
    reading = Reading().take(sender.frame(b"y" * 5000), sender.frame(b"y" * 50))
    assert reading.messages == [b"y" * MOST, b"y" * 50]
    assert reading.counted()["cut"] == 1


def test_what_is_too_long_is_cut():
    reading = Reading(10)
    reading.take(
        frame(b"0123456789abc", key=KEY), frame(b"01234567", final=False), frame(b"89abc", 0)
    )
    assert reading.messages == [b"0123456789"] * 2
    assert reading.counted()["cut"] == 2
    assert reading.take(Deflater().frame(bytes(range(200)))).messages == [b"0123456789"] * 2
    assert reading.counted()["unread"] == 1


BAD = {
    "reserved bits": b"\x91\x01x",
    "reserved opcode": b"\x83\x01x",
    "reserved control": b"\x8b\x01x",
    "too long": b"\x81\x7f" + b"\xff" * 8,
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_no_frame(bad):
    reading = Reading().take(frame(b"one") + bad + frame(b"two"), frame(b"three"))
    assert reading.messages == [b"one"]
    assert reading.websocket.lost
    reading.websocket.resume()
    assert reading.take(frame(b"four")).messages == [b"one", b"four"]
    assert reading.counted()["errors"] == 1


def test_gaps():
    reading = Reading()
    whole = frame(b"0123456789", key=KEY)
    reading.take(whole[:8])
    reading.websocket.gap(3)
    reading.take(whole[11:] + frame(b"next"))
    assert reading.messages == [b"01", b"next"]
    assert reading.cut == [True, False]
    assert reading.counted()["cut"] == 1
    reading.take(whole[:8])
    reading.websocket.gap(9)
    assert reading.websocket.lost
    assert reading.take(frame(b"lost")).messages[2:] == []
    reading.websocket.resume()
    assert reading.take(frame(b"found")).messages[2:] == [b"found"]


def test_nothing_is_kept_of_a_message_behind_what_is_missing():
    reading = Reading()
    first, middle, last = (
        frame(part, 0 if at else 1, key=KEY, final=at == 2)
        for at, part in enumerate((b"one", b"two", b"three"))
    )
    reading.take(first + middle[:8])
    reading.websocket.gap(1)
    reading.take(last + frame(b"next"))
    assert (reading.messages, reading.cut) == ([b"onetw", b"next"], [True, False])
    whole = frame(b"x" * 10 * MOST)
    reading.take(whole[:10])
    for _ in range(9):
        reading.websocket.gap(MOST)
        assert reading.websocket.held() <= MOST


def test_a_frame_of_which_the_end_is_missing():
    reading = Reading()
    whole = frame(b"0123456789", key=KEY)
    reading.take(whole[:8])
    reading.websocket.gap(8)
    assert not reading.websocket.lost
    reading.take(frame(b"next"))
    assert (reading.messages, reading.cut) == ([b"01", b"next"], [True, False])


def test_what_is_missing_of_a_control_frame_is_nothing_of_a_message():
    reading = Reading().take(frame(b"on", final=False) + PING[:6])
    reading.websocket.gap(3)
    reading.take(PING[9:] + frame(b"e", 0))
    assert (reading.messages, reading.cut) == ([b"one"], [False])


def test_unmasking():
    for size in range(9):
        payload = bytes(range(size))
        assert unmask(masked(payload, KEY), KEY) == payload
    assert unmask(b"abc", b"") == b"abc"


def test_peek():
    stream = b"." + frame(b"BYE sip:b@x SIP/2.0", key=KEY) + frame(b"more")
    assert peek(stream, 1, len(stream), 4) == b"BYE "
    assert peek(stream, 1, 9, 4) == b"BY"
    assert peek(stream, 1, 5, 4) == b""
    for other in (
        PING,
        frame(b"x", 0),
        frame(b"x", compressed=True),
        b"",
        b"\x81\x7f" + b"\xff" * 8,
    ):
        assert peek(other, 0, len(other), 4) == b""


def test_frames_one_after_the_other():
    stream = frame(b"one", key=KEY) + PING + Deflater().frame(b"three")
    assert may_be_frames(stream, 0, len(stream))
    assert may_be_frames(stream + b"\x81", 0, len(stream) + 1)
    assert not may_be_frames(stream, 0, len(stream) - 1)
    assert not may_be_frames(b"\xff" + stream, 0, len(stream))
    assert not may_be_frames(b"\x81\x7f" + b"\xff" * 8, 0, 10)


PAYLOADS = st.binary(max_size=300)


@given(st.lists(st.tuples(PAYLOADS, st.booleans(), st.integers(1, 4))), st.data())
def test_any_fragments_and_pieces_give_the_messages(messages, data):
    sender = Deflater()
    stream = b""
    for payload, compressed, parts in messages:
        if compressed:
            stream += sender.frame(payload, KEY)
            continue
        cuts = sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=parts)))
        edges = [0, *cuts, len(payload)]
        for number, (a, b) in enumerate(pairwise(edges)):
            stream += frame(payload[a:b], 0 if number else 2, final=number == len(cuts), key=KEY)
            stream += PING * data.draw(st.integers(0, 1))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert Reading().take(*pieces).messages == [payload for payload, _, _ in messages]


@given(st.lists(st.one_of(st.binary(max_size=60), st.integers(-1, 20), st.none()), max_size=20))
def test_hostile_bytes_are_borne(parts):
    reading = Reading(32)
    for part in parts:
        if isinstance(part, bytes):
            reading.take(part)
            peek(part, 0, len(part), 16)
            may_be_frames(part, 0, len(part))
        elif part is None:
            reading.websocket.resume()
        else:
            reading.websocket.gap(part)
    assert all(len(message) <= 32 for message in reading.messages)
