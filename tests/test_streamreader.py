"""What a stream carries, told by how it begins."""

import pytest

from sipcm.sip.framing import Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.message import Message
from sipcm.streamreader import (
    HANDSHAKE,
    HELLO,
    MOST_MARKS,
    UNDECIDED,
    WEBSOCKET,
    Reader,
    begins_framed,
    recognize,
)
from tests.harness import capture_of, play
from tests.hellos import tls_record
from tests.segments import Connection
from tests.stage import BEGIN
from tests.test_streams import ELSEWHERE, counted, framed, told
from tests.websockets import KEY, REQUEST, RESPONSE, Deflater, frame

BYE = b"BYE sip:b@x SIP/2.0\r\n"
OK = b"SIP/2.0 200 OK\r\n"

CASES = {
    "SIP": (BYE, UNDECIDED, UNDECIDED),
    "TLS": (tls_record(b"x"), HELLO, HELLO),
    "a request": (REQUEST, HANDSHAKE, HANDSHAKE),
    "a response": (RESPONSE, HANDSHAKE, HANDSHAKE),
    "the begin of a request": (b"GE", HANDSHAKE, HANDSHAKE),
    "a frame": (frame(BYE, key=KEY), UNDECIDED, WEBSOCKET),
    "a frame of a response": (frame(OK), UNDECIDED, WEBSOCKET),
    "a frame of something else": (frame(b"hello you"), UNDECIDED, UNDECIDED),
    "a compressed frame": (Deflater().frame(BYE), UNDECIDED, UNDECIDED),
    "nothing": (b"", UNDECIDED, UNDECIDED),
}


@pytest.mark.parametrize(("stream", "begun", "midway"), CASES.values(), ids=CASES)
def test_recognition(stream, begun, midway):
    piece = b"?" + stream
    assert recognize(piece, 1, len(piece), False, False) == begun
    assert recognize(piece, 1, len(piece), True, False) == midway


@pytest.mark.parametrize("stream", [Deflater().frame(BYE), frame(b"hello you"), frame(b"", 9)])
def test_where_frames_are_expected_they_need_not_begin_a_message(stream):
    assert recognize(stream, 0, len(stream), True, True) == WEBSOCKET
    assert recognize(stream, 0, len(stream), False, True) == UNDECIDED


def test_frames_of_sip():
    for message, expected in ((BYE, True), (OK, True), (b"BYE", False), (b"BYEBYE x", False)):
        stream = frame(message, 2, key=KEY)
        assert begins_framed(stream, 0, len(stream)) == expected


def test_when_bytes_came():
    reader = Reader()
    for number in range(5):
        reader.mark(10, 100 + number)
    assert reader.offset == 50
    assert (reader.came(0), reader.came(45)) == (0, 104)  # nobody asks for what came before
    reader.framer = framer = Framer(FramingCounters(), Message())
    reader.mark(10, 200)
    framer.feed(BYE, 0, 10)
    assert not framer.next()
    reader.mark(10, 300)
    assert [reader.came(offset) for offset in (50, 59, 60, 69)] == [200, 200, 300, 300]


def test_times_that_are_remembered_are_bounded():
    reader = Reader()
    reader.framer = framer = Framer(FramingCounters(), Message())
    for number in range(10 * MOST_MARKS):
        reader.mark(1, number)
        framer.feed(b"I", 0, 1)
        framer.next()
    assert len(reader._offsets) <= MOST_MARKS
    assert reader.came(0) == 0


def test_sip_behind_a_gap_in_what_began_as_a_handshake():
    connection = Connection(server=ELSEWHERE)
    packets = [(BEGIN, captured) for captured in connection.open()]
    packets.append((BEGIN, connection.send(REQUEST[:50])))
    connection.send(REQUEST[50:])  # which nobody captured
    for time, up, payload in framed():
        packets.append((BEGIN + time, connection.send(payload, by_client=up)))
    run = play(capture_of(packets))
    assert told(run.events) == [("call-start", 200), ("call-end", 200)]
    assert counted(run)["sip_ws"] == 0
