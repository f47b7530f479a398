"""What is kept of messages that are not complete: bounded over all streams."""

from sipcm.counters import Counter
from sipcm.effort import Effort
from sipcm.net.websocket import INFLATER_WEIGHT, WebSocket
from sipcm.net.websocketcounters import WebSocketCounters
from sipcm.sip.framing import Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.message import Message
from sipcm.streamreader import HELLO, UNDECIDED, Reader
from sipcm.unfinished import Unfinished
from tests.websockets import Deflater, frame

HALF = b"INVITE sip:b@x SIP/2.0\r\nCall-ID: "


def unfinished(most: int) -> Unfinished:
    return Unfinished(Counter("kept", "", gauge=True), Counter("dropped", ""), most)


def reader() -> Reader:
    made = Reader()
    made.framer = Framer(FramingCounters(), Message())
    return made


def feed(to: Reader, piece: bytes) -> None:
    assert to.framer is not None
    to.framer.feed(piece, 0, len(piece))
    while to.framer.next():
        pass


def test_the_sum_follows_the_readers():
    account = unfinished(1000)
    one, two = reader(), reader()
    feed(one, HALF)
    account.note(one)
    account.note(two)
    assert (account.kept.value, list(account.readers)) == (len(HALF), [one])
    feed(one, b"x\r\nContent-Length: 0\r\n\r\n")
    account.note(one)
    assert (account.kept.value, account.readers) == (0, {})
    feed(two, HALF)
    account.note(two)
    account.forget(two)
    account.forget(two)
    assert (account.kept.value, account.readers, two.kept) == (0, {}, 0)
    assert account.kept.highest == len(HALF)


def test_the_silent_go_first():
    account = unfinished(3 * len(HALF))
    readers = [reader() for _ in range(4)]
    for each in readers[:3]:
        feed(each, HALF)
        account.note(each)
    account.note(readers[0])
    feed(readers[3], HALF)
    account.note(readers[3])
    assert list(account.readers) == [readers[2], readers[0], readers[3]]
    assert readers[1].keeps() == readers[1].kept == 0
    assert readers[1].lost
    assert account.dropped.value == 1
    assert account.kept.value == 3 * len(HALF)
    # It reads on where a message begins.
    found = []
    framer = readers[1].framer
    assert framer is not None
    rest = b"x\r\n\r\n" + HALF + b"x\r\nContent-Length: 0\r\n\r\n"
    framer.feed(rest, 0, len(rest))
    while framer.next():
        found.append(framer.buffer[framer.start : framer.end])
    assert found == [rest[5:]]


def test_what_is_dropped_of_a_websocket():
    counters = WebSocketCounters()
    made = Reader()
    made.websocket = websocket = WebSocket(counters, 1000, Effort())
    compressed = Deflater().frame(b"one two three")
    websocket.feed(compressed, 0, len(compressed))
    assert websocket.next()
    assert made.keeps() == INFLATER_WEIGHT
    made.drop()
    assert made.keeps() == 0
    assert not websocket.lost
    half = frame(b"0123456789")[:5]
    websocket.feed(half, 0, len(half))
    assert not websocket.next()
    assert made.keeps() == 3
    made.drop()
    assert made.keeps() == 0
    assert websocket.lost


def test_what_is_dropped_of_a_hello():
    made = Reader()
    made.carries = HELLO
    made.head = b"\x16\x03\x01"
    assert made.keeps() == 3
    made.drop()
    assert (made.keeps(), made.carries) == (0, UNDECIDED)
