"""The framer finds messages whatever comes between and in whatever pieces, and holds little."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.framing import Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.framingforms import MOST, START_LINE_WINDOW
from sipcm.sip.lines import MOST_LENGTH
from sipcm.sip.message import BAD_CONTENT_LENGTH, NO_EMPTY_LINE, Message
from sipcm.sip.parser import SipMessage, parse
from sipcm.sip.quirk import Quirk
from tests.corpus import torture
from tests.examples import examples
from tests.sip.framings import (
    BYE,
    DIALOG,
    ENDLESS,
    FLUSH,
    INVITE,
    OK,
    START,
    Flush,
    Gap,
    cut,
    framed,
    message,
    messages_of,
)
from tests.sip.messages import READABLE
from tests.sip.readings import read
from tests.tables import faults

Part = bytes | Gap | Flush
Case = tuple[list[Part], list[tuple[str, bytes]], dict[str, int]]

SDP = b"v=0\r\nc=IN IP4 192.0.2.10\r\n"
LONG = message(b"x" * 300)
FRAGMENT = message(b"SIP/2.0 200 OK\r\n\r\n", start=b"NOTIFY sip:b@x SIP/2.0\r\n")

CASES: dict[str, Case] = {
    "nothing": ([], [], {}),
    "one": ([INVITE], [("WHOLE", INVITE)], {}),
    "several": (
        [INVITE + OK + BYE + INVITE],
        [("WHOLE", INVITE), ("WHOLE", OK), ("WHOLE", BYE), ("WHOLE", INVITE)],
        {},
    ),
    "ping": ([b"\r\n\r\n" + OK], [("WHOLE", OK)], {"keepalives": 1}),
    "pong": ([OK + b"\r\n" + BYE], [("WHOLE", OK), ("WHOLE", BYE)], {"keepalives": 1}),
    "pings": ([b"\r\n\r\n\r\n\r\n" + OK], [("WHOLE", OK)], {"keepalives": 2}),
    "pongs that came apart": ([b"\r\n", FLUSH, b"\r\n", FLUSH], [], {"keepalives": 2}),
    "line feeds": ([b"\n\n" + OK + b"\n"], [("WHOLE", OK)], {"keepalives": 2}),
    "LF": ([OK.replace(b"\r", b"") + BYE],
        [("WHOLE", OK.replace(b"\r", b"")), ("WHOLE", BYE)], {}),
    "CR CRLF": ([OK.replace(b"\r", b"\r\r") + BYE],
        [("WHOLE", OK.replace(b"\r", b"\r\r")), ("WHOLE", BYE)], {}),
    # The length in its forms
    "compact": ([message(SDP, length=b"", more=b"l :\t26 \r\n") + OK],
        [("WHOLE", message(SDP, length=b"", more=b"l :\t26 \r\n")), ("WHOLE", OK)], {}),
    "other case": ([message(SDP, length=b"", more=b"cONTENT-lENGTH:26\r\n") + OK],
        [("WHOLE", message(SDP, length=b"", more=b"cONTENT-lENGTH:26\r\n")), ("WHOLE", OK)], {}),
    "folded": ([message(SDP, length=b"", more=b"L:\r\n \r\n\t 26\r\n \r\nA: b\r\n") + OK],
        [("WHOLE", message(SDP, length=b"", more=b"L:\r\n \r\n\t 26\r\n \r\nA: b\r\n")),
         ("WHOLE", OK)], {}),
    "twice": ([message(SDP, more=b"l: 3\r\n 1\r\n") + OK],
        [("WHOLE", message(SDP, more=b"l: 3\r\n 1\r\n")), ("WHOLE", OK)], {}),
    "a fold of another header": ([message(SDP, more=b"A:\r\n 3\r\n") + OK],
        [("WHOLE", message(SDP, more=b"A:\r\n 3\r\n")), ("WHOLE", OK)], {}),
    "another header": ([message(SDP, more=b"Content-Language: 3\r\nLength: 3\r\nl\r\n") + OK],
        [("WHOLE", message(SDP, more=b"Content-Language: 3\r\nLength: 3\r\nl\r\n")),
         ("WHOLE", OK)], {}),
    # Without a length to be believed
    "no length": ([ENDLESS + OK], [("NO_LENGTH", ENDLESS), ("WHOLE", OK)], {"no_length": 1}),
    "no length, a body": ([ENDLESS + SDP + OK],
        [("NO_LENGTH", ENDLESS + SDP), ("WHOLE", OK)], {"no_length": 1}),
    "no length, a body without line end": ([ENDLESS + b"body" + OK],
        [("NO_LENGTH", ENDLESS + b"body"), ("WHOLE", OK)], {"no_length": 1}),
    "no length twice": ([ENDLESS + ENDLESS],
        [("NO_LENGTH", ENDLESS), ("NO_LENGTH", ENDLESS)], {"no_length": 2}),
    "no length, and the end": ([ENDLESS + SDP + b"a="],
        [("NO_LENGTH", ENDLESS + SDP + b"a=")], {"no_length": 1}),
    "no length, flushed": ([ENDLESS + SDP + b"a=x", FLUSH, b"\r\nb=\r\n" + OK, FLUSH],
        [("NO_LENGTH", ENDLESS + SDP), ("WHOLE", OK)], {"no_length": 1, "skipped": 9}),
    "no length, flushed in a start line": ([ENDLESS + OK[:7], FLUSH, OK[7:]],
        [("NO_LENGTH", ENDLESS), ("WHOLE", OK)], {"no_length": 1}),
    "no length, a gap": ([ENDLESS + SDP + b"a=", Gap(7), OK],
        [("NO_LENGTH", ENDLESS + SDP + b"a="), ("WHOLE", OK)],
        {"no_length": 1, "gaps": 1, "gap_bytes": 7}),
    "no headers": ([START + b"\r\n" + OK],
        [("NO_LENGTH", START + b"\r\n"), ("WHOLE", OK)], {"no_length": 1}),
    **{
        f"length {said!r}": ([message(SDP, length=said.decode()) + OK],
            [("NO_LENGTH", message(SDP, length=said.decode())), ("WHOLE", OK)], {"bad_length": 1})
        for said in (b" ", b"x", b"-1", b"1 2", b"1\r\n 2", b"1x", b"0000000026", b"16777217",
                     b"999999999", b"99999999999999999999999999")
    },
    # Over the limit, here 400
    "a long body": ([LONG[:-300] + b"x" * 300 + OK],
        [("CUT", LONG[:400]), ("WHOLE", OK)], {"huge": 1}),
    "as much as may be": ([message(b"x" * 278) + OK],
        [("WHOLE", message(b"x" * 278)), ("WHOLE", OK)], {}),
    "headers as long as may be": ([message(SDP, more=b"A: %b\r\n" % (b"x" * 282)) + OK],
        [("CUT", message(SDP, more=b"A: %b\r\n" % (b"x" * 282))[:-26]), ("WHOLE", OK)],
        {"huge": 1}),
    "headers over the limit": ([message(SDP, more=b"A: %b\r\n" % (b"x" * 500)) + OK],
        [("TORN", message(SDP)[:-28]), ("WHOLE", OK)], {"huge": 1, "skipped": 533}),
    "too many headers": ([message(SDP, more=b"A: b\r\n" * 60) + OK],
        [("TORN", message(SDP, more=b"A: b\r\n" * 48)[:-28]), ("WHOLE", OK)],
        {"huge": 1, "skipped": 12 * 6 + 28}),
    "an endless start line": ([b"INVITE sip:" + b"x" * 500 + b" SIP/2.0\r\n" + DIALOG + b"\r\n" + OK],
        [("GARBAGE", b"INVITE sip:" + b"x" * 389), ("WHOLE", OK)],
        {"garbage": 1, "skipped": 521 + len(DIALOG) + 2}),
    "no length, over the limit": ([ENDLESS + b"12345678\r\n" * 40 + OK],
        [("NO_LENGTH", ENDLESS + b"12345678\r\n" * 30), ("WHOLE", OK)],
        {"no_length": 1, "skipped": 100}),
    # Garbage
    "garbage": ([OK + b"one\r\ntwo\r\n" + BYE],
        [("WHOLE", OK), ("GARBAGE", b"one\r\n"), ("WHOLE", BYE)], {"garbage": 1, "skipped": 10}),
    "garbage and keep-alives": ([b"\r\none\r\n\r\n\r\n" + BYE],
        [("GARBAGE", b"one\r\n"), ("WHOLE", BYE)],
        {"keepalives": 1, "garbage": 1, "skipped": 9}),
    "garbage without line end": ([b"\0\0\0\0" + BYE],
        [("GARBAGE", b"\0\0\0\0"), ("WHOLE", BYE)], {"garbage": 1, "skipped": 4}),
    "a body that is longer than said, without line end": ([message(b"body", length=0) + BYE],
        [("WHOLE", message(b"body", length=0)[:-4]), ("GARBAGE", b"body"), ("WHOLE", BYE)],
        {"garbage": 1, "skipped": 4}),
    "more garbage without line end": ([b"one\r\n\0\0" + OK],
        [("GARBAGE", b"one\r\n"), ("WHOLE", OK)], {"garbage": 1, "skipped": 7}),
    "garbage only": ([b"one\r\ntwo"], [("GARBAGE", b"one\r\n")], {"garbage": 1, "skipped": 8}),
    "unfinished garbage": ([b"one"], [], {"skipped": 3}),
    "another protocol": ([b"GET / HTTP/1.1\r\nHost: SIP/2.0\r\n\r\n" + OK],
        [("GARBAGE", b"GET / HTTP/1.1\r\n"), ("WHOLE", OK)], {"garbage": 1, "skipped": 33}),
    "almost start lines": (
        [b"x\r\nINVITE sip:b@x SIP/2.0 \r\nSubject : a SIP/2.0\r\nX: SIP/2.0 20 OK\r\n"
         b"SIP/2.0 099 x\r\nfoo sip:b@x SIP/2.0\r" + OK],
        [("GARBAGE", b"x\r\n"), ("WHOLE", OK)], {"garbage": 1, "skipped": 102}),
    "a body that is longer than said": ([message(SDP, length=5) + OK],
        [("WHOLE", message(SDP, length=5)[:-21]), ("GARBAGE", b"c=IN IP4 192.0.2.10\r\n"),
         ("WHOLE", OK)], {"keepalives": 0, "garbage": 1, "skipped": 21}),
    "an odd start line": ([message(start=b"sip/2.0  200\r\n") + BYE.replace(b"sip:b@x", b" <b x> ")],
        [("WHOLE", message(start=b"sip/2.0  200\r\n")),
         ("WHOLE", BYE.replace(b"sip:b@x", b" <b x> "))], {}),
    "start lines in a body": ([FRAGMENT + OK], [("WHOLE", FRAGMENT), ("WHOLE", OK)], {}),
    "the end of the headers is gone": ([START + DIALOG + OK],
        [("TORN", START + DIALOG), ("WHOLE", OK)], {}),
    "only start lines": ([START * 3 + OK],
        [("TORN", START), ("TORN", START), ("TORN", START), ("WHOLE", OK)], {}),
    "a header that looks like a start line": (
        [message(more=b"SIP/2.0 20\r\nX: INVITE sip:b@x SIP/2.0\r\nY : 2 SIP/2.0\r\n") + OK],
        [("WHOLE", message(more=b"SIP/2.0 20\r\nX: INVITE sip:b@x SIP/2.0\r\nY : 2 SIP/2.0\r\n")),
         ("WHOLE", OK)], {}),
    # Gaps
    "a gap between": ([OK, Gap(3), BYE], [("WHOLE", OK), ("WHOLE", BYE)],
        {"gaps": 1, "gap_bytes": 3}),
    "a gap of unknown size": ([OK, Gap(-1), BYE], [("WHOLE", OK), ("WHOLE", BYE)], {"gaps": 1}),
    "a gap in a start line": ([OK[:5], Gap(4), OK[9:] + BYE], [("WHOLE", BYE)],
        {"gaps": 1, "gap_bytes": 4, "skipped": len(OK) - 4}),
    "a gap in headers": ([INVITE[:60], Gap(10), INVITE[70:] + BYE],
        [("TORN", INVITE[:47]), ("WHOLE", BYE)],
        {"gaps": 1, "gap_bytes": 10, "skipped": len(INVITE) - 57}),
    "a gap in a body": ([INVITE[:-20], Gap(10), INVITE[-10:] + BYE],
        [("CUT", INVITE[:-20]), ("WHOLE", BYE)], {"gaps": 1, "gap_bytes": 10}),
    "two gaps in a body": ([INVITE[:-20], Gap(5), INVITE[-15:-10], Gap(5), INVITE[-5:] + BYE],
        [("CUT", INVITE[:-20]), ("WHOLE", BYE)], {"gaps": 2, "gap_bytes": 10}),
    "a gap up to the end of a body": ([INVITE[:-20], Gap(20), b"\r\n" + BYE],
        [("CUT", INVITE[:-20]), ("WHOLE", BYE)], {"gaps": 1, "gap_bytes": 20, "keepalives": 1}),
    "a gap beyond the end of a body": ([INVITE[:-20], Gap(60), OK[40:] + BYE],
        [("CUT", INVITE[:-20]), ("WHOLE", BYE)],
        {"gaps": 1, "gap_bytes": 60, "skipped": len(OK) - 40}),
    "a gap of unknown size in a body": ([INVITE[:-20], Gap(-1), INVITE[-10:] + BYE],
        [("CUT", INVITE[:-20]), ("WHOLE", BYE)], {"gaps": 1, "skipped": 10}),
    "a gap in what is not kept": ([LONG[:-290], Gap(0), LONG[-290:-100], Gap(50), LONG[-50:] + OK],
        [("CUT", LONG[:-290]), ("WHOLE", OK)], {"huge": 1, "gaps": 2, "gap_bytes": 50}),
    "a gap of unknown size in what is not kept": ([LONG[:-4], Gap(-1), LONG[-2:] + OK],
        [("CUT", LONG[:400]), ("WHOLE", OK)], {"huge": 1, "gaps": 1, "skipped": 2}),
    "a gap while searching": ([b"one\r\ntwo", Gap(2), b"three\r\n" + OK],
        [("GARBAGE", b"one\r\n"), ("WHOLE", OK)],
        {"garbage": 1, "gaps": 1, "gap_bytes": 2, "skipped": 15}),
    # The end
    "the end in a start line": ([START[:9]], [], {"skipped": 9}),
    "the end in headers": ([INVITE[:60]], [("TORN", INVITE[:47])], {"skipped": 13}),
    "the end in a body": ([INVITE[:-1]], [("CUT", INVITE[:-1])], {}),
    "the end in a body that is not kept": ([LONG[:-1]], [("CUT", LONG[:400])], {"huge": 1}),
}  # fmt: skip


def told(case: Case, parts: list[Part]) -> object:
    """Compare what *parts* give with *case*; return all that was told."""
    reading = framed(*parts, most=400)
    assert [(form, data) for form, _, _, data in reading.told] == case[1]
    assert reading.counted == {name: value for name, value in case[2].items() if value}
    return reading.told, reading.counted


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_found(case):
    """In one piece, byte by byte, and in two."""
    whole = told(case, case[0])
    size = sum(len(part) for part in case[0] if isinstance(part, bytes))
    for places in ([], [size // 3], [size // 2]):
        assert told(case, cut(case[0], places)) == whole


@pytest.mark.no_cover
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_found_in_any_pieces(case):
    whole = told(case, case[0])
    size = sum(len(part) for part in case[0] if isinstance(part, bytes))
    for place in range(0, size, 7 if size > 500 else 1):
        assert told(case, cut(case[0], [place])) == whole


def test_where_in_the_stream():
    reading = framed(OK + b"\r\n", Gap(100), INVITE[:-10], Gap(4), INVITE[-6:] + b"\r\n" + BYE)
    invite_at = len(OK) + 102
    bye_at = invite_at + len(INVITE) + 2
    assert [(form, began, ended) for form, began, ended, _ in reading.told] == [
        ("WHOLE", 0, len(OK)),
        ("CUT", invite_at, invite_at + len(INVITE)),
        ("WHOLE", bye_at, bye_at + len(BYE)),
    ]


def test_the_end_of_what_was_cut():
    huge = message(b"x" * 500)
    assert [part[:3] for part in framed(huge + OK, most=200).told] == [
        ("CUT", 0, len(huge)),
        ("WHOLE", len(huge), len(huge) + len(OK)),
    ]
    torn = framed(INVITE[:-5], Gap(-1), OK)
    assert torn.told[0][:3] == ("CUT", 0, len(INVITE) - 5)


def test_midway():
    reading = framed(INVITE[30:] + SDP + OK, midway=True)
    assert messages_of(reading) == [OK]
    assert reading.counted == {"skipped": len(INVITE) - 30 + len(SDP)}


def test_what_lies_whole_in_a_piece_is_not_copied():
    message = Message()
    framer = Framer(FramingCounters(), message)
    piece = b"\r\n" + INVITE + OK + BYE[:20]
    framer.feed(piece, 0, len(piece))
    places = []
    while framer.next():
        assert framer.buffer is piece
        assert framer.read
        assert (message.start, message.end) == (framer.start, framer.end)
        places.append((framer.start, framer.end))
    assert places == [(2, 2 + len(INVITE)), (2 + len(INVITE), 2 + len(INVITE) + len(OK))]
    assert framer.held() == 20
    assert framer.buffer == b""  # no piece is held on to
    framer.feed(BYE[20:] + OK, 0, len(BYE) - 20 + len(OK))
    assert framer.next()
    assert framer.buffer[framer.start : framer.end] == BYE
    assert framer.read
    assert framer.next()
    assert framer.buffer[framer.start : framer.end] == OK
    assert framer.read


@pytest.mark.parametrize("data", [INVITE + OK, FRAGMENT + BYE, LONG + OK, ENDLESS + OK])
def test_what_stands_before_what_is_put_together(data):
    whole = framed(data).told
    for place in range(len(data)):
        parts = cut([data], [place, place + 9])
        assert framed(*parts, lead=b"4444").told == whole


ENDS: tuple[list[Part], ...] = ([], [Gap(5), OK], [FLUSH, Gap(-1), OK])


@pytest.mark.no_cover
@pytest.mark.parametrize("data", [INVITE, ENDLESS, START * 2 + DIALOG, b"x\r\n" + OK])
def test_a_stream_that_breaks_off_gives_what_its_lines_gave(data):
    for place, end in itertools.product(range(1, len(data)), ENDS):
        begun = data[:place]
        for ways in ([[begun], [b"", begun, b""]], [[OK + begun]]):
            by_line = framed(*cut(ways[0], []), *end)
            for parts in ways:
                told = framed(*parts, *end)
                assert (told.told, told.counted) == (by_line.told, by_line.counted)


def test_a_message_is_given_as_soon_as_it_is_there():
    for data in (INVITE, OK):
        reading = framed(data[:-1], finish=False)
        assert not reading.told
        reading.take(data[-1:])
        assert messages_of(reading) == [data]


def test_the_oldest_byte_that_may_matter():
    reading = framed(OK + INVITE[:50], finish=False)
    assert reading.oldest == len(OK)
    reading.take(INVITE[50:] + b"\r\n")
    assert reading.oldest == len(OK) + len(INVITE) + 2
    reading.take(LONG[:-100])
    assert reading.oldest == len(OK) + len(INVITE) + 2


def test_a_plausible_length_is_believed_and_the_body_is_not_held():
    reading = framed(message(b"x" * 10, length=MOST_LENGTH), finish=False)
    for _ in range(10):
        reading.take(b"x" * 1_000_000)
    assert [form for form, *_ in reading.told] == ["CUT"]
    assert reading.most_held < 200
    reading.take(b"x" * (MOST_LENGTH - 10_000_010) + OK)
    assert messages_of(reading) == [OK]


# The framer and the scanner

PLAIN_ENDS = {
    name: data
    for name, (data, _) in READABLE.items()
    if not data.startswith((b"\r", b"\n")) and b"\n" in data.partition(b"SIP/2.0")[2][:20]
}


def check_against_scanner(data: bytes) -> None:
    reason, scanned = read(data)
    if reason or scanned.quirks & NO_EMPTY_LINE:
        return
    told = framed(data, FLUSH, finish=False).told
    if not told:
        assert scanned.content_length > len(data) - scanned.body_at
        return
    form, began, ended, given = told[0]
    assert began == 0
    length = scanned.content_length
    if 0 <= length <= MOST_LENGTH:
        assert form == ("WHOLE" if ended <= MOST else "CUT")
        assert ended == scanned.body_at + length
    else:
        assert form == "NO_LENGTH"
        assert scanned.body_at <= len(given) <= len(data)
    assert given == data[: len(given)]
    assert bool(scanned.quirks & BAD_CONTENT_LENGTH) <= (form == "NO_LENGTH")


@pytest.mark.parametrize("data", PLAIN_ENDS.values(), ids=PLAIN_ENDS)
def test_reads_a_length_as_the_scanner_does(data):
    check_against_scanner(data)


def check_torture(path: Path) -> None:
    data = path.read_bytes()
    message = parse(data)
    if (
        isinstance(message, SipMessage)
        and not message.quirks & Quirk.LEADING_JUNK
        and b"\r\n" in data[2:]
        and data[:1] not in b"\r\n"
    ):
        check_against_scanner(data)
    pieces = cut([data], range(len(data) % SIZE, len(data), SIZE))
    assert framed(*pieces, most=MOST).told == framed(data, most=MOST).told


def check_torture_byte_by_byte(path: Path) -> None:
    data = path.read_bytes()
    assert framed(*cut([data], []), most=MOST).told == framed(data, most=MOST).told


SIZE = 41
"""Of the pieces; they begin anywhere, as messages have any length."""
SHARES = 8
every_share = pytest.mark.parametrize("share", range(SHARES))


@pytest.mark.no_cover
def test_torture(shared_dir):
    paths = torture(shared_dir)
    assert len(paths) > 2000
    assert faults(check_torture, ((path.name, path) for path in paths)) == {}


def check_share(paths: list[Path]) -> None:
    assert faults(check_torture_byte_by_byte, ((path.name, path) for path in paths)) == {}


@pytest.mark.no_cover
def test_some_torture_byte_by_byte(shared_dir):
    check_share(torture(shared_dir)[:: 2 * SHARES])


@pytest.mark.soak
@every_share
def test_all_torture_byte_by_byte(shared_dir, share):
    check_share(torture(shared_dir)[share::SHARES])


# Properties

bodies = st.binary(max_size=40) | st.just(SDP) | st.just(b"SIP/2.0 200 OK\r\n\r\n")
starts = st.sampled_from([START, b"SIP/2.0 200 OK\r\n", b"foo.1 tel:+49 SIP/2.0\r\n"])
whole = st.builds(message, bodies, starts)
noise = st.sampled_from(
    [b"\r\n", b"\r\n\r\n", b"\n", b"garbage\r\n", b"\0\0\0\0\r\n", b"v=0\r\n", b"\xff" * 50 + b"\n"]
)
rough = st.one_of(
    whole,
    noise,
    st.binary(max_size=30),
    st.sampled_from([ENDLESS, LONG, message(SDP, length="x"), START, START[:10], DIALOG, b"\0"]),
    st.sampled_from([b"SIP/2.0 ", b" SIP/2.0\r\n", b"INVITE sip:", b"l: 5\r\n", b"\r", b"\r\n "]),
)
streams = st.lists(rough, max_size=10).map(b"".join)
limits = st.sampled_from([1, 30, 90, 150, 400, MOST])


@given(streams, st.lists(st.integers(0, 1500), max_size=12), limits)
def test_any_pieces_give_the_same(stream, places, most):
    first = framed(stream, most=most)
    for pieces in (cut([stream], places or [0]), cut([stream], [])):
        other = framed(*pieces, most=most)
        assert (other.told, other.counted) == (first.told, first.counted)


@given(st.lists(st.tuples(whole, noise), max_size=6), st.lists(st.integers(0, 1500), max_size=5))
def test_messages_among_noise(parts, places):
    stream = b"".join(itertools.chain(*parts))
    assert messages_of(framed(*cut([stream], places or [0]))) == [part[0] for part in parts]


plain = st.builds(
    message,
    st.sampled_from([b"", SDP, b"x" * 200, SDP * 3]),
    st.sampled_from([START, b"SIP/2.0 200 OK\r\n", b"BYE sip:b@x SIP/2.0\r\n"]),
)


@given(
    st.lists(plain, min_size=1, max_size=6),
    st.floats(0, 1),
    st.integers(1, 600),
    st.booleans(),
    st.lists(st.integers(0, 1500), max_size=5),
)
def test_a_gap_costs_what_it_touches(parts, where, size, known, places):
    stream = b"".join(parts)
    at = int(where * len(stream))
    size = min(size, len(stream) - at)
    pieces: list[Part] = [stream[:at], Gap(size if known else -1), stream[at + size :]]
    untouched = []
    began = 0
    for part in parts:
        ended = began + len(part)
        if ended <= at or began >= at + size:
            untouched.append(part)
        began = ended
    reading = framed(*cut(pieces, places or [0]))
    assert messages_of(reading) == untouched
    assert all(form != "GARBAGE" for form, *_ in reading.told)


@given(streams, limits)
def test_every_byte_is_accounted_for(stream, most):
    reading = framed(stream, most=most)
    rest = len(stream) - reading.counted.get("skipped", 0)
    at = 0
    for form, began, ended, data in reading.told:
        assert at <= began <= ended
        assert data == stream[began : began + len(data)]
        assert len(data) <= min(most, ended - began)
        at = ended if form != "CUT" else min(ended, len(stream))
        if form != "GARBAGE":
            rest -= at - began
    assert 0 <= rest <= stream.count(b"\r") + stream.count(b"\n")


@pytest.mark.no_cover
@examples(50)
@given(
    st.lists(
        st.tuples(rough, st.integers(1, 300)).map(lambda pair: pair[0] * pair[1])
        | st.builds(Gap, st.integers(-1, 5000))
        | st.just(FLUSH),
        max_size=20,
    ),
    limits,
    st.integers(1, 3000),
)
def test_it_holds_no_more_than_it_may(parts, most, size):
    places = range(0, 10_000_000, size)
    total = sum(len(part) for part in parts if isinstance(part, bytes))
    reading = framed(*cut(parts, places[: total // size + 1]), most=most)
    assert reading.most_held <= max(most, 2 * min(most, START_LINE_WINDOW))
