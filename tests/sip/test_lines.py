"""Lines of a stream: what begins a message, and what says how long it is."""

import re

import pytest

from sipcm.sip.lines import (
    ABSENT,
    EXPECTED,
    UNREADABLE,
    ContentLength,
    begins,
    find_length,
    find_line_feed,
    find_start,
    is_usual,
    may_begin,
)
from sipcm.sip.message import NOWHERE

# A line, whether a message may begin with it where one must, and whether it does anywhere.
LINES = {
    b"INVITE sip:b@x SIP/2.0\r\n": (True, True),
    b"INVITE sip:b@x SIP/2.0\n": (True, True),
    b"INVITE sip:b@x SIP/2.0\r\r\n": (True, True),
    b"foo.1 h323:b SIP/2.0\r\n": (True, True),
    b"A b:c SIP/2.0\n": (True, True),
    b"SIP/2.0 200 OK\r\n": (True, True),
    b"SIP/2.0 404 \r\n": (True, True),
    b"SIP/2.0 200 a SIP/2.0\r\n": (True, True),
    b"SIP/2.0 404\r\n": (True, False),
    b"SIP/2.0\t404 x\r\n": (True, False),
    b"sip/2.0 200 OK\r\n": (True, False),
    b"SIP/3.0 200 OK\r\n": (True, False),
    b"INVITE b SIP/2.0\r\n": (True, False),
    b"INVITE <sip:b@x> SIP/2.0\r\n": (True, False),
    b"INVITE sip:a b@x SIP/2.0\r\n": (True, False),
    b"INVITE  sip:b@x SIP/2.0\r\n": (True, False),
    b"INVITE sip:b@x SIP/2.0 \r\n": (True, False),
    b"INVITE sip:b@x sip/7.11\r\n": (True, False),
    b"Subject : SIP/2.0\r\n": (True, False),
    b"SIP/2.0 099 x\r\n": (False, False),
    b"SIP/2.0 2000 x\r\n": (False, False),
    b"SIP/2.0 20 x\r\n": (False, False),
    b"INVITE sip:b@x\r\n": (False, False),
    b"INVITE SIP/2.0\r\n": (False, False),
    b"INVITE sip:b@x HTTP/1.1\r\n": (False, False),
    b"Subject: INVITE sip:b@x SIP/2.0\r\n": (False, False),
    b" INVITE sip:b@x SIP/2.0\r\n": (False, False),
    b"INVITE sip:b@x SIP/2.0\rx\n": (False, False),
    b"Via: SIP/2.0/UDP h\r\n": (False, False),
    b"\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\n": (False, False),
    b"\n": (False, False),
}


@pytest.mark.parametrize("line", LINES, ids=repr)
def test_start_lines(line):
    buffer = b"\n" + line + b"SIP/2.0 200 OK\r\n"
    end = 1 + len(line)
    may, does = LINES[line]
    assert may_begin(buffer, 1, end) is may
    assert begins(buffer, 1, end) is does
    assert (find_start(buffer, 1, end, False) == 1) is does


@pytest.mark.parametrize("line", LINES, ids=repr)
def test_usual_start_lines_may_begin_a_message(line):
    buffer = b"\n" + line + b"SIP/2.0 200 OK\r\n"
    forms = (rb"INVITE \S+ SIP/2\.0\r\n", rb"SIP/2\.0 [1-9]\d\d .*\r\n")
    usual = any(re.fullmatch(form, line) for form in forms)
    assert is_usual(buffer, 1, 1 + len(line)) == usual
    assert LINES[line][0] >= usual


BEHIND = {
    b"bodyINVITE sip:b@x SIP/2.0\r\n": 4,
    b"/INVITE sip:b@x SIP/2.0\r\n": 1,
    b"\0\0REGISTER sips:b@x SIP/2.0\r\n": 2,
    b"body SIP/2.0 200 OK\r\n": 5,
    b"/INVITE sip:INVITE tel:+1 SIP/2.0\n": 12,
    b"x\rBYE sip:b@x SIP/2.0\r\n": 2,
    b"\0FOO sip:b@x SIP/2.0\r\n": NOWHERE,
    b"/INVITE h323:b@x SIP/2.0\r\n": NOWHERE,
    b"/INVITE sip:b@x SIP/2.0 \r\n": NOWHERE,
    b"Via: SIP/2.0/TCP h\r\n": NOWHERE,
    b"/INVITE sip:b@x SIP/2.1\r\n": NOWHERE,
}


@pytest.mark.parametrize("line", BEHIND, ids=repr)
def test_start_lines_behind_other_bytes(line):
    assert find_start(line, 0, len(line), False) == BEHIND[line]
    assert find_start(line, 0, len(line), True) == BEHIND[line]
    assert not may_begin(line, 0, len(line))


def test_start_lines_without_their_begin():
    for line in (b"NVITE sip:b@x SIP/2.0\r\n", b"foo sip:b@x SIP/2.0\n", b"IP/2.0 200 SIP/2.0\n"):
        assert find_start(line, 0, len(line), True) == NOWHERE
    for line in (b"INVITE sip:b@x SIP/2.0\r\n", b"SIP/2.0 200 OK\r\n"):
        assert find_start(line, 0, len(line), True) == 0


def test_line_feeds():
    assert find_line_feed(b"a\nb\nc", 0, 5) == 1
    assert find_line_feed(b"a\nb\nc", 2, 5) == 3
    assert find_line_feed(b"a\nb\nc", 2, 3) == NOWHERE
    assert find_line_feed(b"a\nb\nc", 4, 5) == NOWHERE


NAMES = {
    b"Content-Length: 1": 15,
    b"content-LENGTH \t:1": 17,
    b"l:1": 2,
    b"L : 1": 3,
    b"Content-Length 1": NOWHERE,
    b"Content-Length": NOWHERE,
    b"Content-Lengths: 1": NOWHERE,
    b"Content-Language: 1": NOWHERE,
    b"Content-Type: x/y": NOWHERE,
    b"Contact: <sip:Large@x>": NOWHERE,
    b"c: 1": NOWHERE,
    b"Call-ID: L23456": NOWHERE,
    b"lr: 1": NOWHERE,
    b"l": NOWHERE,
    b"X: 1": NOWHERE,
}


@pytest.mark.parametrize("line", NAMES, ids=repr)
def test_names(line):
    assert find_length(b"l:" + line + b":", 2, 2 + len(line)) == (
        NAMES[line] + 2 if NAMES[line] >= 0 else NOWHERE
    )


VALUES = {
    (b"l: 12",): 12,
    (b"l:000000012",): 12,
    (b"l: 0",): 0,
    (b"l:", b" 12"): 12,
    (b"l:", b"\t", b" 12"): 12,
    (b"l: 12", b" "): 12,
    (b"l: 12 \t", b" \t", b" \t"): 12,
    (b"l: 12", b"A: b", b" 3"): 12,
    (b"A: b", b" 3", b"l: 12", b"l: 4"): 12,
    (b"A: b",): ABSENT,
    (b"l:",): EXPECTED,
    (b"l:", b"A: b", b" 3"): EXPECTED,
    (b"l:", b"l: 4"): EXPECTED,
    (b"l: x",): UNREADABLE,
    (b"l: 1x",): UNREADABLE,
    (b"l: 1 2",): UNREADABLE,
    (b"l: 1", b" 2"): UNREADABLE,
    (b"l: 1", b" ", b" 2"): UNREADABLE,
    (b"l: -1",): UNREADABLE,
    (b"l: 1234567890",): UNREADABLE,
    (b"l: x", b" 2", b"l: 3"): UNREADABLE,
    (b" 3",): ABSENT,
}


@pytest.mark.parametrize("lines", VALUES, ids=repr)
def test_lengths(lines):
    length = ContentLength()
    length.set(5)
    assert (length.readable(), length.number) == (True, 5)
    length.reset()
    for line in lines:
        length.take(b"x" + line + b"3", 1, 1 + len(line))
    if length.readable():
        assert length.number == VALUES[lines]
    else:
        assert length.reading == VALUES[lines]
