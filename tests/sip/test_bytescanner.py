"""What the byte scanner reads itself, and that it reads it as ``scan_any`` does, cut or damaged too.

``test_scanner_usual.py`` puts every table and capture before it as well.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.bytescanner import SHORTEST, scan_plain
from sipcm.sip.message import MOST_VALUE, Message
from sipcm.sip.scanner import scan_any
from tests.sip.readings import CALL_ID, CSEQ, FROM, HEAD, RESPONSE, REST, TO, compact, request
from tests.sip.test_scanner_usual import told

FULL = (
    b"REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
    b'From: "A, B" <sip:a@x;lr>;tag=1;x=y\r\nto :\t<sip:b@x>\r\nI: c1 \t\r\n'
    b"CSEQ: 0004294967295 \tINVITE \r\nUser-Agent: one two\r\nServer:\r\nm: <sip:c@x>;expires=5\r\n"
    b"Contact: <sip:d@x>\r\nExpires: 60\r\nP-Asserted-Identity: <sip:p@x>, <tel:+1>\r\n"
    b"From: <sip:e@x>;tag=2\r\nl: 4\r\nno colon\r\nX: \x00\xff\r\n\r\nbody"
)

PLAIN = {
    "request": request(),
    "response": RESPONSE,
    "compact": compact(RESPONSE),
    "everything": FULL.replace(b"0004294967295", b"4294967295"),
    "another order": HEAD + CSEQ + TO + CALL_ID + FROM + REST,
    "addresses that take a closer look": request(
        from_=b'From: "\\"" <sip:a@x>;x="y";tag=5\r\n', to=b"To: sip:b@x;tag=6\r\n"
    ),
    "odd addresses": request(
        from_=b"From: <sip:a@x>;tab=1;tag=5\r\n", to=b"To: <sip:b@x>;tag;x\r\n"
    ),
    "empty and odd tags": request(from_=b"From: <sip:a@x>;tag=\r\n", to=b"To: <sip:b@x> x\r\n"),
    "a quote that is not closed": request(from_=b'From: "A <sip:a@x>;tag=5\r\n'),
    "a bracket that is not closed": request(from_=b"From: <sip:a@x;tag=5\r\n"),
    "control characters in a tag": request(from_=b"From: <sip:a@x>;tag=\x01!\x01\r\n"),
    "blanks behind": request(from_=b"From: <sip:a@x> \t\r\n", to=b"To: <sip:b@x>;tag=5 \r\n"),
    "no reason phrase": b"SIP/2.0 200 \r\n" + FROM + TO + CALL_ID + CSEQ + REST,
    "an extension method": request(head=b"FOO.1 x SIP/2.0\r\n"),
    "a large CSeq": request(cseq=b"CSeq: 2147483648 INVITE\r\n"),
    "another method in the CSeq": request(cseq=b"CSeq: 1 ACK\r\n"),
}

LEFT_ALONE = {
    "short": b"INVITE sip:b@x SIP/2.0\r\n\r\n",
    "nothing": b"",
    "LF": request().replace(b"\r\n", b"\n"),
    "LF in a line": request(rest=b"X: a\nb\r\n" + REST),
    "CR in a line": request(rest=b"X: a\rb\r\n" + REST),
    "CR before CRLF": request(rest=b"X: a\r\r\n" + REST),
    "a fold": request(rest=b"X: a\r\n b\r\n" + REST),
    "a fold at once": request(head=HEAD + b" b\r\n"),
    "no line end": b"SIP/2.0 200 " + b"x" * 50,
    "no line end of a request": b"INVITE sip:" + b"x" * 50,
    "no header": HEAD + b"\r\n" + b"x" * 50,
    "no empty line": request(rest=b"X: a\r\n"),
    "ends in the empty line": request(rest=b"X: a\r\n\r"),
    "no From": request(from_=b""),
    "no To": request(to=b""),
    "no Call-ID": request(call_id=b""),
    "no CSeq": request(cseq=b""),
    "an empty Call-ID": request(call_id=b"Call-ID: \r\n"),
    "two words": request(call_id=b"Call-ID: a b\r\n"),
    "no number": request(cseq=b"CSeq: x INVITE\r\n"),
    "no method": request(cseq=b"CSeq: 1 \r\n"),
    "more than a method": request(cseq=b"CSeq: 1 INVITE x\r\n"),
    "too large": request(cseq=b"CSeq: 4294967296 INVITE\r\n"),
    "too long": FULL,
    "a length that is no number": request(rest=b"Content-Length: x\r\n\r\n"),
    "a length of ten digits": request(rest=b"Content-Length: 1000000000\r\n\r\n"),
    "a blank line before": b"\r\n" + request(),
    "two spaces": request(head=b"INVITE  sip:b@x SIP/2.0\r\n"),
    "no URI": request(head=b"INVITE  SIP/2.0\r\n"),
    "another version": request(head=b"INVITE sip:b@x SIP/3.0\r\n"),
    "more after the version": request(head=b"INVITE sip:b@x SIP/2.0 \r\n"),
    "a lower case version": b"sip/2.0 200 OK\r\n" + FROM + TO + CALL_ID + CSEQ + REST,
    "a status of 0xx": b"SIP/2.0 099 x\r\n" + FROM + TO + CALL_ID + CSEQ + REST,
    "a status of letters": b"SIP/2.0 2xx x\r\n" + FROM + TO + CALL_ID + CSEQ + REST,
    "a status of four digits": b"SIP/2.0 2000 x\r\n" + FROM + TO + CALL_ID + CSEQ + REST,
}

SCANNED = st.sampled_from([*PLAIN.values(), *LEFT_ALONE.values()])


def agrees(data: bytes) -> bool:
    """Scan *data* between other bytes both ways, compare, and tell whether it was plain."""
    block = b"From: <sip:no@x>\r\n" + data + b"\r\nTo: <sip:no@x>\r\n\r\n"
    start, end = 18, 18 + len(data)
    message = Message()
    if not scan_plain(block, start, end, message):
        return False
    general = Message()
    reason = scan_any(block, start, end, general)
    assert told(0, message) == told(reason, general)
    assert message.contact_values() == general.values(b"Contact")
    return True


@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_what_is_plain(data):
    assert agrees(data)
    assert agrees(data + b"\0" * 100)


RESTARTS = {
    b"SIP/2.0 200 OK\r\n": True,
    b"BYE sip:b@x SIP/2.0\r\n": True,
    b"Contact sip:b@x SIP/2.0\r\n": True,
    b"Contact: sip:b@x SIP/2.0\r\n": False,
    b"Via: SIP/2.0/TCP h SIP/2.0\r\n": False,
    b"Server: SIP/2.0 200 OK\r\n": False,
    b"SIP/2.0 20\r\n": False,
    b"0\r\n": False,
}


@pytest.mark.parametrize("line", RESTARTS, ids=repr)
def test_a_start_line_among_the_headers_is_told(line):
    for head, rest in ((HEAD + line, REST), (HEAD, line + REST)):
        data = request(head=head, rest=rest)
        message = Message()
        assert scan_plain(data, 0, len(data), message)
        assert message.restarts == RESTARTS[line]
        assert scan_plain(request(), 0, len(request()), message)
        assert not message.restarts


@pytest.mark.parametrize("length", [MOST_VALUE - 20, MOST_VALUE - 9, MOST_VALUE, MOST_VALUE + 9])
def test_a_value_that_is_longer_than_what_is_read(length):
    assert agrees(request(from_=b"From: " + b"A" * length + b"<sip:a@x>;tag=5\r\n"))


@pytest.mark.parametrize("data", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_is_left_to_the_other(data):
    assert not agrees(data)


@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_cut_anywhere(data):
    body_at = data.index(b"\r\n\r\n") + 4
    for length in range(len(data)):
        assert agrees(data[:length]) == (length >= body_at)


@given(SCANNED, st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=4))
def test_with_other_bytes(data, changes):
    changed = bytearray(data)
    for at, code in changes:
        if at < len(changed):
            changed[at] = code
    agrees(bytes(changed))


PIECES = [
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b":",
    b";tag=",
    b'"',
    b"<",
    b">",
    b",",
    b"\\",
    b"From:",
]


@given(SCANNED, st.lists(st.tuples(st.integers(0, 600), st.sampled_from(PIECES)), max_size=4))
def test_with_more_in_between(data, pieces):
    for at, piece in pieces:
        data = data[:at] + piece + data[at:]
    agrees(data)


def test_no_message_is_shorter():
    least = b"A b SIP/2.0\r\nf:\r\nt:\r\ni:c\r\nCSeq:1 A\r\n\r\n"
    assert agrees(least)
    assert len(least) > SHORTEST
