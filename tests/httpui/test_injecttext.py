"""An injected message, line by line: where it cannot be read, and words for all that is tolerated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.httpui.injecttext import (
    MOST_BYTES,
    MOST_VALUES,
    QUIRKS,
    REASONS,
    Injected,
    flag_texts,
    lines,
    place,
    problem,
    sip_data,
)
from sipcm.packet import Packet
from sipcm.sip import scanner
from sipcm.sip.inject import Format, Pasted
from sipcm.sip.names import Reason
from sipcm.sip.parser import ParseError, parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.sipmessage import MOST_HEADERS
from tests.sip.parsing import parsed
from tests.steps import count_lines


def injected(message: bytes) -> Injected:
    pasted = Pasted(message, Format.CRLF, ())
    return Injected(1, pasted, Packet(), parse(message), True, None, [], [], [])


def test_every_quirk_has_its_words():
    assert set(QUIRKS) == set(Quirk)
    assert flag_texts(Quirk(0)) == {}
    assert flag_texts(Quirk.CONTROL | Quirk.VERSION) == {
        "version": "another version than 2.0",
        "control": "a control character in the headers, such as a lone CR",
    }


def test_every_reason_that_the_scanner_gives_has_its_words():
    given = {
        value
        for name, value in vars(scanner).items()
        if name in Reason.__members__ and isinstance(value, int)
    }
    assert {int(reason) for reason in REASONS} == given


@pytest.mark.parametrize(
    ("message", "offset", "expected"),
    [
        (b"ab\r\ncd", 0, (1, 1)),
        (b"ab\r\ncd", 3, (1, 4)),
        (b"ab\r\ncd", 4, (2, 1)),
        (b"ab\r\ncd", 6, (2, 3)),
        (b"a\xc3\xa9b", 3, (1, 3)),  # characters are counted, not bytes
        (b"a\xffb", 2, (1, 3)),
        (b"a\xc3\xa9", 2, (1, 3)),
        (b"", 0, (1, 1)),
    ],
)
def test_place(message, offset, expected):
    assert place(message, offset) == expected


BROKEN = [
    # message, reason, line, column, lines
    (
        b"x\r\ny: 1\r\n\r\n",
        "bad start line",
        (1, 2),
        [("x", "\r\n", ""), ("y: 1", None, "\r\n"), ("", None, "\r\n")],
    ),
    (
        b"SIP/2.0 99 x\r\n\r\n",
        "bad status code",
        (1, 9),
        [("SIP/2.0 ", "99 x", "\r\n"), ("", None, "\r\n")],
    ),
    (
        b"A b SIP/2.0\r\n\r\n",
        "empty header",
        (2, 1),
        [("A b SIP/2.0", None, "\r\n"), ("", "\r\n", "")],
    ),
    (
        b"A b SIP/2.0\r\nX: 1\r\n",
        "incomplete/truncated data",
        (3, 1),
        [("A b SIP/2.0", None, "\r\n"), ("X: 1\r\n", "", "")],
    ),
    (
        b"A b SIP/2.0\r\ni:\xff\r\nCSeq:y\r\n\r\n",
        "invalid character in header",
        (3, 6),
        [
            ("A b SIP/2.0", None, "\r\n"),
            ("i:\\xff", None, "\r\n"),
            ("CSeq:", "y", "\r\n"),
            ("", None, "\r\n"),
        ],
    ),
]


@pytest.mark.parametrize(("message", "reason", "where", "shown"), BROKEN)
def test_where_it_cannot_be_read(message, reason, where, shown):
    error = parse(message)
    assert isinstance(error, ParseError)
    told = problem(message, error)
    assert (told["reason"], told["line"], told["column"]) == (reason, *where)
    assert told["explained"]
    assert list(lines(injected(message))) == shown


@given(st.binary(max_size=60).map(lambda data: b"INVITE sip:a SIP/2.0\r\n" + data))
def test_all_of_it_is_shown(message):
    shown = list(lines(injected(message)))
    text = "".join(before + (rest or "") + end for before, rest, end in shown)
    # A character that the mark cuts in two is shown as its bytes.
    assert len(text) >= len(message.decode("utf-8", "replace"))
    marked = sum(rest is not None for _, rest, _ in shown)
    assert marked == isinstance(parse(message), ParseError)


START = b"INVITE sip:a SIP/2.0\r\n"
LONG = [
    (b"a:b\r\n" * 10_000, {"headers": 10_000 - MOST_HEADERS}),
    (b"Via: SIP/2.0/UDP h\r\n" * 2000, {"via": 2000 - MOST_VALUES, "headers": 2000 - MOST_HEADERS}),
    (b"Contact: " + b"<sip:a>," * 7000 + b"\r\n", {"contacts": 7000 - MOST_VALUES}),
    (b"Contact: <sip:a>" + b";a" * 25_000 + b",<sip:b>\r\n", {"contacts": 1}),
    (b"Contact: <sip:a>" + b";a" * 4000 + b",<sip:b>;" + b"b" * 999 + b"\r\n", {"contacts": 1}),
]


@pytest.mark.no_cover
@pytest.mark.parametrize(("headers", "more"), LONG)
def test_what_a_message_says_is_bounded_and_the_rest_counted(headers, more):
    message = parsed(START + headers + b"\r\n")
    steps, told = count_lines(lambda: (message.quirks, sip_data(message))[1], 100_000)
    assert told["more"] == more, steps
    assert len(told["headers"]) <= MOST_HEADERS
    assert len(told["via"]) <= MOST_VALUES
    assert sum(len(contact["uri"]) for contact in told["contacts"]) <= MOST_BYTES


def test_where_all_is_told_there_is_no_more():
    message = parsed(START + b"Via: a\r\n" * MOST_VALUES + b"\r\n")
    assert len(sip_data(message)["via"]) == MOST_VALUES
    assert "more" not in sip_data(message)
