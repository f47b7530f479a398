"""The pattern for the usual form reads a message just as ``scan_any`` does, or leaves it to that."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.capturefile import CaptureFile
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.bytescanner import scan_plain
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan_any, scan_usual
from tests.corpus import captures, each, is_readable, torture
from tests.examples import examples
from tests.sip.messages import READABLE, REFUSED, START_LINES
from tests.sip.readings import HEAD, picture, request
from tests.tables import faults

FULL = (
    b"SIP/2.0 603 Decline\r\nFrom: <sip:f@x>;tag=f\r\nTo: <sip:t@x>;tag=t\r\n"
    b"Call-ID: full\r\nCSeq: 9 BYE\r\nContent-Length: 9\r\nServer: full\r\n\r\n"
)
"""A message in the usual form that sets whatever a message can set."""

LAZY = (b"Contact", b"P-Asserted-Identity", b"Via", b"From", b"Server", b"Content-Length")


def told(reason: int, message: Message) -> dict[str, object]:
    """Return everything a message says, also what is asked for by a name or a position."""
    return picture(reason, message) | {
        "bounds": (message.buffer, message.start, message.end),
        "line_ends": message.line_ends,
        "method_name": message.method_token,
        "server": message.server(),
        "second identity": message.identity(1),
        "first": [message.first(name) for name in LAZY],
        "elements": [message.elements(name) for name in LAZY],
    }


def test_the_full_message_is_usual():
    message = Message()
    assert scan_usual(FULL, 0, len(FULL), message)
    assert message.usual is not None


def check(data: bytes, start: int = 0, end: int | None = None) -> bool:
    """Compare the two ways to read *data*; tell whether it has the usual form."""
    end = len(data) if end is None else end
    general = Message()
    expected = told(scan_any(data, start, end, general), general)
    assert general.usual is None
    new, used = Message(), Message()
    assert scan_usual(FULL, 0, len(FULL), used)
    usual = scan_usual(data, start, end, new)
    assert scan_usual(data, start, end, used) == usual
    for message in (new, used):
        reason = 0 if usual else scan_any(data, start, end, message)
        assert told(reason, message) == expected
        assert (message.usual is not None) == usual
    for message in (new, used):
        if scan_plain(data, start, end, message):
            assert told(0, message) == expected
            assert message.located
    return usual


NAME_ADDRESSES = (b"<sip:a@x>", b'"A, <B>" <sip:a@x;lr>', b"A <sip:a@x>", b"< sip:a@x >", b'""<>')
NOT_PLAIN = (
    b"sip:a@x",
    b'"A \\" <no>" <sip:a@x>',
    b"A;tag=no <sip:a@x>",
    b'A "B" <sip:a@x>',
    b"<sip:a<b@x>",
    b"<sip:a@x> ",
    b"<sip:a@x",
)
TAGS = (b"", b";tag=1", b";tag=1;x=y", b";tag=1,<sip:b@x>;tag=2", b';tag=1"')
ODD_TAGS = (b";x=y;tag=1", b";TAG=1", b" ;tag=1", b";tag=", b';tag="1"', b";tag=1 ;y", b"junk")
NUMBERS = (b"1", b"000000001", b"999999999", b"2147483648", b"4294967296", b"-1", b"")
METHODS = (b"INVITE", b"ACK", b"invite", b"FOO.1", b"IN@", b"")


def joined(*parts: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    return st.tuples(*map(st.sampled_from, parts)).map(b"".join)


# Half of the values are plain ones, or a message of five headers would hardly ever be usual.
ADDRESS = joined(NAME_ADDRESSES, TAGS) | joined(NAME_ADDRESSES + NOT_PLAIN, TAGS + ODD_TAGS)
CALL_ID = st.sampled_from([b"c1", b"c1", b"a@b", b"<\xff\0>", b"a b", b""])
CSEQ = joined(NUMBERS[:3], (b" ",), METHODS[:4]) | joined(NUMBERS, (b" ", b"\t", b"  "), METHODS)
LENGTH = st.sampled_from([b"0", b"0", b" 4", b"999999999", b"1000000000", b"x", b"", b"\t1"])

OTHERS = (
    b"Via: SIP/2.0/UDP h, SIP/2.0/UDP i",
    b"Contact: <sip:c@x>;expires=3, <sip:d@x>",
    b"m: sip:c@x",
    b"Content-Type: text/plain",
    b"Content-Disposition: x",
    b"User-Agent: one\nand",
    b"User-Agent: one\r\n two",
    b"Server: a\r\n\tb",
    b"Expires: 60",
    b"P-Asserted-Identity: <sip:p@x>, <tel:+1>",
    b"X: y\rContact: <sip:hidden@x>",
    b"Max-Forwards: 70\r",
    b"no colon",
    b" To: folded",
    b": no name",
    b"\xff\0: x",
)
ALIKE = (
    b"From-X: <e>;tag=e",
    b"Tofu: e",
    b"User-Agent: one\ntwo",
    b"Call-Info: <e>",
    b"CSeqs: 9 E",
    b"Content-Lengths: 9",
    b"contact: <sip:c@x>",
    b"Timestamp: 5",
    b"In-Reply-To: e",
    b"Allow: INVITE\r\n\r",
)
DUPLICATES = (
    b"From: <sip:e@x>;tag=e",
    b"f:<sip:e@x>;tag=e",
    b"t: <sip:e@x>;tag=e",
    b"X: y\nFrom: <sip:e@x>;tag=e",
    b"TO: <sip:e@x>;tag=e",
    b"Call-ID: e",
    b"i: e",
    b"CSeq: 77 E",
    b"l: 77",
    b"F: <sip:e@x>;tag=e",
    b"T: <sip:e@x>;tag=e",
    b"I: e",
    b"L: 77",
    b"Content-Length: 77",
)
BETWEEN = st.lists(st.sampled_from(OTHERS), max_size=2)
START = st.sampled_from(
    [HEAD, b"SIP/2.0 180 Ringing\r\n", b"SIP/2.0 486 \r\n", b"FOO xyz SIP/2.0\r\n"]
)
ODD_START = st.sampled_from(
    [
        b"\r\n" + HEAD,
        HEAD[:-2] + b"\n",
        b"INVITE  sip:b@x SIP/2.0\r\n",
        b"INVITE sip:b@x SIP/3.0\r\n",
        b"sip/2.0 200 OK\r\n",
        b"SIP/2.0 200\r\n",
        b"SIP/2.0 099 No\r\n",
    ]
)
BODIES = st.sampled_from([b"", b"body", b"\r\n", b" x", b"\r\nFrom: <sip:e@x>;tag=e\r\n\r\n"])

SPELLINGS = (
    (b"From", b"From", b"from", b"f"),
    (b"To", b"To", b"tO", b"t"),
    (b"Call-ID", b"Call-ID", b"Call-Id", b"i"),
    (b"CSeq", b"CSeq", b"cseq", b"CSEQ"),
    (b"Content-Length", b"Content-Length", b"content-length", b"l"),
)
VALUES = (ADDRESS, ADDRESS, CALL_ID, CSEQ, LENGTH)
COLONS = (b": ",) * 6 + (b":", b" : ", b":  ", b":\t", b":\r\n ")
ENDS = (b"\r\n",) * 12 + (b"\n", b" \r\n", b"\r\n \r\n", b"\r\r\n", b"\r", b"")


@st.composite
def usual_form(draw: st.DrawFn) -> bytes:
    """Draw a message in the usual order, mostly in the usual form, with others in between."""
    lines = [draw(START)[:-2], *draw(BETWEEN)]
    for spellings, value in zip(SPELLINGS, VALUES, strict=True):
        if spellings[0] != b"Content-Length" or draw(st.booleans()):
            lines += [spellings[0] + b": " + draw(value), *draw(BETWEEN)]
    return b"\r\n".join([*lines, b"", draw(BODIES)])


@st.composite
def any_form(draw: st.DrawFn) -> bytes:
    """Draw a message with odd spellings, line ends and lines, headers that come twice or never."""
    headers = [
        draw(st.sampled_from(spellings)) + draw(st.sampled_from(COLONS)) + draw(value)
        for spellings, value in zip(SPELLINGS, VALUES, strict=True)
    ]
    if draw(st.booleans()):
        headers = draw(st.permutations(headers))
    taken = draw(st.sampled_from([*[None] * 5, *range(5)]))
    if taken is not None:
        del headers[taken]
    added = st.lists(st.sampled_from(OTHERS + ALIKE + DUPLICATES), max_size=3)
    for line in draw(added):
        headers.insert(draw(st.integers(0, len(headers))), line)
    lines = [line + draw(st.sampled_from(ENDS)) for line in headers]
    empty = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""]))
    return draw(START | ODD_START) + b"".join(lines) + empty + draw(BODIES)


@pytest.mark.no_cover
@examples(400)
@given(usual_form(), st.sampled_from([b"", b"\n", b"SIP/2.0 "]))
def test_the_usual_order(data, before):
    check(before + data + b"\r\nTo: <e>", len(before), len(before) + len(data))


@pytest.mark.no_cover
@examples(400)
@given(any_form())
def test_any_form(data):
    check(data)


@pytest.mark.no_cover
@examples(200)
@given(usual_form(), st.data())
def test_cut_anywhere(data, drawn):
    check(data, 0, drawn.draw(st.integers(0, len(data))))


TABLES = {name: data for table in (READABLE, REFUSED) for name, (data, *_) in table.items()}
TABLES |= {
    f"start-line-{name}": line + b"\r\n" + request(head=b"")
    for name, (line, _) in START_LINES.items()
}


def test_the_tables():
    assert faults(check, TABLES) == {}


IN_ORDER = [b"From: <sip:a@x>;tag=1", b"To: <sip:b@x>", b"Call-ID: c1", b"CSeq: 1 INVITE"]
USUAL_FORM = {
    "request": IN_ORDER,
    "with-length": [*IN_ORDER, b"Content-Length: 0"],
    "others-first": [*OTHERS[:9], *IN_ORDER],
    "others-last": [*IN_ORDER, b"Content-Length: 0", *OTHERS[:9]],
    "others-between": [line for pair in zip(IN_ORDER, OTHERS, strict=False) for line in pair],
    "continued-line": [b"X: a\r\n b", *IN_ORDER],
    "line-feed-within": [*IN_ORDER, b"X: a\nY: b"],
}
OTHER_FORMS = {
    "from-twice": [*IN_ORDER, b"From: <sip:e@x>;tag=e"],
    "compact-twice": [b"f: <sip:e@x>;tag=e", *IN_ORDER],
    "length-in-capital": [*IN_ORDER, b"L: 3"],
    "length-late": [*IN_ORDER, b"X: y", b"l: 3"],
    "to-first": [IN_ORDER[1], IN_ORDER[0], *IN_ORDER[2:]],
    "folded-call-id": [*IN_ORDER[:2], b"Call-ID: c1\r\n c2", IN_ORDER[3]],
    "folded-at-the-end": [*IN_ORDER, b"Content-Length: 1\r\n 2"],
    "no-to": [IN_ORDER[0], *IN_ORDER[2:]],
}


@pytest.mark.parametrize("case", [*USUAL_FORM, *OTHER_FORMS])
@pytest.mark.parametrize("head", [HEAD, b"SIP/2.0 200 OK\r\n"], ids=["request", "response"])
def test_what_is_usual(case, head):
    """Were the pattern to match nothing, every other test here would hold."""
    lines = (USUAL_FORM | OTHER_FORMS)[case]
    assert check(head + b"\r\n".join([*lines, b"", b""])) == (case in USUAL_FORM)


@pytest.mark.no_cover
def test_every_torture_message(shared_dir):
    messages = torture(shared_dir)
    assert len(messages) > 2000
    assert sum(check(path.read_bytes()) for path in messages) > 50


CAPTURES = [path for path in captures("sip", "sipp", "edge") if is_readable(path)]
MOST_OF_ONE = 1000
CHECKED: set[bytes] = set()
"""What came in a capture that was looked at before."""


def payloads(path: Path) -> set[bytes]:
    """Return what the datagrams of a capture hold, each once."""
    datagram, found = Datagram(), set()
    with CaptureFile(path) as capture:
        while capture.read():
            cursor = capture.cursor
            while cursor.next():
                linktype = cursor.linktype
                if decode(cursor.buffer, cursor.start, cursor.end, linktype, datagram) == DECODED:
                    found.add(datagram.payload())
    return found


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "path", each((f"{path.parent.name}-{path.name}", path) for path in CAPTURES)
)
def test_messages_of_captures(path):
    found = sorted(payloads(path) - CHECKED)
    for payload in found[:: 1 + len(found) // MOST_OF_ONE]:
        CHECKED.add(payload)
        check(payload)
