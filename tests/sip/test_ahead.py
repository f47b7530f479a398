"""What is read ahead in a stream is what its lines say one by one, and what a datagram would say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.compiled import COMPILED
from sipcm.sip.ahead import cut_line, read_ahead
from sipcm.sip.bytescanner import SHORTEST
from sipcm.sip.message import NOWHERE, Message
from sipcm.sip.scanner import scan
from tests.sip.framings import BYE, DIALOG, INVITE, OK, cut, framed
from tests.sip.test_scanner_usual import told

LEFT_ALONE = {
    "no length": OK.replace(b"Content-Length: 0\r\n", b""),
    "no digits": OK.replace(b"Content-Length: 0", b"Content-Length: "),
    "ten digits": OK.replace(b"Content-Length: 0", b"Content-Length: 1234567890"),
    "other digits": OK.replace(b"Content-Length: 0", b"Content-Length: 1x"),
    "a folded length": OK.replace(b"Content-Length: 0", b"Content-Length:\r\n 0"),
    "a length that goes on": OK.replace(b"Content-Length: 0", b"Content-Length: 0\r\n 1"),
    "a status line": OK.replace(DIALOG, DIALOG + b"SIP/2.0 200 OK\r\n"),
    "a status line at once": OK.replace(DIALOG, b"SIP/2.0 200 OK\r\n" + DIALOG),
    "a status line at the end": OK[:-2] + b"SIP/2.0 200 OK\r\n\r\n",
    "a request line": OK.replace(DIALOG, DIALOG + b"BYE sip:b@x SIP/2.0\r\n"),
    "a request line at the end": OK[:-2] + b"Contact sip:b@x SIP/2.0\r\n\r\n",
    "another method": OK.replace(b"SIP/2.0 200 OK", b"foo sip:b@x SIP/2.0"),
    "a method behind something": OK.replace(b"SIP/2.0 200 OK", b"fooBYE sip:b@x SIP/2.0"),
    "two spaces": OK.replace(b"SIP/2.0 200 OK", b"BYE  sip:b@x SIP/2.0"),
    "no version": OK.replace(b"SIP/2.0 200 OK", b"BYE sip:b@x"),
    "no URI": OK.replace(b"SIP/2.0 200 OK", b"BYE SIP/2.0"),
    "another version": OK.replace(b"SIP/2.0 200 OK", b"BYE sip:b@x SIP/2.1"),
    "a short start line": b"BYE x\r\n",
    "a status of letters": OK.replace(b"200", b"2x0"),
    "a status of 0xx": OK.replace(b"200", b"020"),
    "a status of two digits": OK.replace(b"200", b"20"),
    "only a word": b"INVITE",
    "CR CRLF": OK.replace(b"\r\n", b"\r\r\n"),
    "CR in the start line": OK.replace(b"OK", b"O\rK"),
    "CR in the empty line": OK[:-1] + b"x",
    "the end": OK[:-2],
}
READ_AHEAD = {
    "INVITE": (INVITE, 31),
    "200": (OK, 0),
    "BYE": (BYE, 0),
    "nine digits": (OK.replace(b"Content-Length: 0", b"Content-Length:   000000012"), 12),
    "names like it": (OK.replace(DIALOG, b"Via: SIP/2.0/TCP SIP/2.0/0\r\n" + DIALOG), 0),
    "an odd URI": (OK.replace(b"SIP/2.0 200 OK", b"BYE b SIP/2.0"), 0),
}


@pytest.mark.parametrize("data", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_is_left_to_the_lines(data):
    assert not read_ahead(data, 0, len(data), Message())


@pytest.mark.parametrize("case", READ_AHEAD)
def test_what_is_read(case):
    data, length = READ_AHEAD[case]
    end = data.index(b"\r\n\r\n") + 4
    message = Message()
    for size in range(len(data)):
        read = read_ahead(b"\n" + data + b"l: 9\r\n\r\n", 1, 1 + size, message)
        assert read == (size >= end)
        if read:
            assert (message.body_at, message.content_length) == (1 + end, length)


def test_the_line_that_is_cut():
    for size in range(1, INVITE.index(b"\r\n\r\n") + 4):
        message = Message()
        assert not read_ahead(b"\n" + INVITE, 1, 1 + size, message)
        begun = INVITE[:size].rfind(b"\n") + 1
        if COMPILED and begun > 0 and size < SHORTEST:
            begun = NOWHERE - 1
        assert cut_line(b"\n" + INVITE, 1, 1 + size, message) == 1 + begun


@pytest.mark.parametrize("case", set(LEFT_ALONE) - {"only a word", "the end"})
def test_what_is_not_only_cut(case):
    """Whatever line follows: it is no message, or one for the lines."""
    data = LEFT_ALONE[case] + b"x\r\n\r\nx"
    message = Message()
    assert not read_ahead(data, 0, len(data), message)
    assert cut_line(data, 0, len(data), message) < 0


@given(
    st.sampled_from([data for data, _ in READ_AHEAD.values()]),
    st.lists(
        st.tuples(
            st.integers(0, 160),
            st.sampled_from(
                [
                    *(b"\r\n", b"\r", b"\n", b" ", b":", b"l:", b"\r\nl: 1", b"SIP/2.0", b"\0"),
                    *(b"\r\nSIP/2.0 200 ", b"BYE sip:x SIP/2.0\r\n", b";tag=", b">;t\r\n"),
                ]
            ),
        ),
        max_size=3,
    ),
    st.binary(max_size=12),
)
def test_it_is_what_others_read(data, pieces, behind):
    """Those that know where the message ends, and those that look for that line by line."""
    for at, piece in pieces:
        data = data[:at] + piece + data[at:]
    data += behind
    ahead = Message()
    if not read_ahead(data, 0, len(data), ahead) or ahead.content_length > 5000:
        return
    end = ahead.body_at + ahead.content_length
    data = data[:end].ljust(end, b"x")
    line_by_line = framed(*cut([data], []), most=10_000_000).told[0]
    assert line_by_line[:3] == ("WHOLE", 0, end)
    alone = Message()
    assert scan(data, 0, end, alone) == 0
    ahead.buffer = data
    ahead.end = end
    assert told(0, ahead) == told(0, alone)
