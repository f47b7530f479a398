"""Lines of a stream: what begins a message, and what says how long it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.lines import (
    ABSENT,
    EXPECTED,
    UNREADABLE,
    ContentLength,
    begins,
    find_length,
    find_line_feed,
    find_start,
    match_usual,
    may_begin,
    read_usual,
    walk_usual,
)
from sipcm.sip.message import NOWHERE
from tests.sip.framings import DIALOG, INVITE, OK, cut, framed

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


UNUSUAL = {
    "space before the colon": OK.replace(b"Content-Length", b"Content-Length "),
    "no length": OK.replace(b"Content-Length: 0\r\n", b""),
    "no digits": OK.replace(b"Content-Length: 0", b"Content-Length: "),
    "eight digits": OK.replace(b"Content-Length: 0", b"Content-Length: 12345678"),
    "other digits": OK.replace(b"Content-Length: 0", b"Content-Length: 1x"),
    "a folded length": OK.replace(b"Content-Length: 0", b"Content-Length:\r\n 0"),
    "two lengths": OK.replace(DIALOG, DIALOG + b"l: 4\r\n"),
    "a status line": OK.replace(DIALOG, DIALOG + b"SIP/2.0 200 OK\r\n"),
    "a request line": OK.replace(DIALOG, DIALOG + b"BYE sip:b SIP/2.0\r\n"),
    "a line without name": OK.replace(DIALOG, DIALOG + b": x\r\n"),
    "a line without colon": OK.replace(DIALOG, DIALOG + b"x\r\n"),
    "a fold": OK.replace(b"\r\n\r\n", b"\r\n \r\n\r\n"),
    "LF": OK.replace(b"\r\n", b"\n"),
    "CR CRLF": OK.replace(b"\r\n", b"\r\r\n"),
    "CR in the empty line": OK[:-1] + b"x",
    "CR in the start line": OK.replace(b"OK", b"O\rK"),
    "CR in a header": OK.replace(b"tag", b"t\rag"),
    "the end": OK[:-2],
    "another method": OK.replace(b"SIP/2.0 200 OK", b"foo sip:b@x SIP/2.0"),
    "two spaces": OK.replace(b"SIP/2.0 200 OK", b"BYE  sip:b@x SIP/2.0"),
    "no version": OK.replace(b"SIP/2.0 200 OK", b"BYE sip:b@x"),
    "no URI": OK.replace(b"SIP/2.0 200 OK", b"BYE SIP/2.0"),
    "another version": OK.replace(b"SIP/2.0 200 OK", b"BYE sip:b@x SIP/2.1"),
    "a short start line": b"BYE x\r\n",
    "a status of letters": OK.replace(b"200", b"2x0"),
    "a status of 0xx": OK.replace(b"200", b"020"),
    "a status of two digits": OK.replace(b"200", b"20"),
    "only a word": b"INVITE",
}
USUAL = {
    "INVITE": (INVITE, 31),
    "200": (OK, 0),
    "compact": (OK.replace(b"Content-Length: 0", b"l:0"), 0),
    "other case": (OK.replace(b"Content-Length: 0", b"content-LENGTH:   0001234"), 1234),
    "names like it": (OK.replace(DIALOG, DIALOG + b"Content-Language: de\r\nLx: 1\r\nc: 3\r\n"), 0),
    "an odd URI": (OK.replace(b"SIP/2.0 200 OK", b"BYE b SIP/2.0"), 0),
}


@pytest.mark.parametrize("data", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_not_usual(data):
    assert match_usual(data, 0, len(data)) == (NOWHERE, 0)
    assert walk_usual(data, 0, len(data)) == (NOWHERE, 0)


@pytest.mark.parametrize("case", USUAL)
@pytest.mark.parametrize("read", [match_usual, walk_usual, read_usual])
def test_the_usual_form(case, read):
    data, length = USUAL[case]
    end = data.index(b"\r\n\r\n") + 4
    for size in range(len(data)):
        found = read(b"\n" + data + b"l: 9\r\n\r\n", 1, 1 + size)
        assert found == ((1 + end, length) if size >= end else (NOWHERE, 0))


@given(
    st.sampled_from([data for data, _ in USUAL.values()]),
    st.lists(
        st.tuples(
            st.integers(0, 160),
            st.sampled_from(
                [b"\r\n", b"\r", b"\n", b" ", b":", b"l:", b"\r\nl: 1", b"SIP/2.0", b"\0"]
            ),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_what_is_taken_as_usual_is_what_the_other_reads(data, pieces):
    """They need not take the same as usual, for what they leave is read to the same end."""
    for at, piece in pieces:
        data = data[:at] + piece + data[at:]
    readings = [read(data, 0, len(data)) for read in (match_usual, walk_usual)]
    for end, length in readings:
        if end >= 0:
            line_by_line = framed(*cut([data + bytes(length)], []), most=10_000_000)
            assert line_by_line.told[0][:3] == ("WHOLE", 0, end + length)
