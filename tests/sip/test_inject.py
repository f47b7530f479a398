r"""Text that people paste becomes the message that they meant, or is told where it is none."""

import re
from functools import partial
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sipcm.sip.inject import MOST_BYTES, Format, InjectError, Note, Pasted, decode, detect, position
from sipcm.sip.parser import SipMessage, parse
from sipcm.sip.quirk import Quirk
from tests.pasting import NEW_LINES, encode, through_a_browser
from tests.steps import count_lines

REQUEST = (
    b"INVITE sip:b@x.com SIP/2.0\r\nVia: SIP/2.0/UDP h:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:a@x.com>;tag=1\r\nTo: <sip:b@x.com>\r\nCall-ID: inj1\r\nCSeq: 1 INVITE\r\n"
    b"Max-Forwards: 70\r\nContact: <sip:a@h>\r\nContent-Length: 0\r\n\r\n"
)
RESPONSE = (
    b'SIP/2.0 200 OK\r\nFrom: "B \\"x\\" \\\\n" <sip:a@x.com>;tag=1\r\nCall-ID: inj1\r\n\r\nv=0\r\n'
)
SHORT = b"OPTIONS sip:b SIP/2.0\r\nCall-ID: 1\r\n\r\n"
SHORTEST = b"OPTIONS sip:b SIP/2.0\r\n\r\n"
FORMATS = [form for form in Format if form != Format.AUTO]
MESSAGES = {"request": REQUEST, "response": RESPONSE, "short": SHORT, "shortest": SHORTEST}
EACH = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)


def message_of(text: str, form: Format = Format.AUTO) -> bytes:
    pasted = decode(text, form)
    assert isinstance(pasted, Pasted), pasted
    return pasted.message


# What is pasted


@pytest.mark.parametrize("form", FORMATS)
@EACH
def test_each_format(message, form):
    assert decode(encode(message, form), form) == Pasted(message, form, ())


@pytest.mark.parametrize("form", FORMATS)
@EACH
def test_each_format_is_found_out(message, form):
    assert decode(encode(message, form)) == Pasted(message, form, ())


@pytest.mark.parametrize("form", FORMATS)
@EACH
def test_each_format_from_a_browser(message, form):
    """All line ends of a text area come as CRLF."""
    text = through_a_browser(encode(message, form))
    assert message_of(text, form) == message
    found = {"lf": "crlf", "cr": "crlf", "ngreplf": "ngrepcrlf", "ngrepcr": "ngrepcrlf"}
    assert decode(text) == Pasted(message, Format(found.get(form, form)), ())


@pytest.mark.parametrize("asked", [form for form in FORMATS if form.startswith("ngrep")])
@pytest.mark.parametrize("form", [form for form in FORMATS if form.startswith("ngrep")])
def test_the_formats_of_ngrep_are_read_alike(asked, form):
    assert message_of(encode(REQUEST, form), asked) == REQUEST


TOLD = [
    # text, message, format, notes
    ("A b SIP/2.0", b"A b SIP/2.0\r\n\r\n", "crlf", [Note.EMPTY_LINE]),
    ("A b SIP/2.0\nX: 1", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "lf", [Note.EMPTY_LINE]),
    ("A b SIP/2.0\nX: 1\n", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "lf", [Note.EMPTY_LINE]),
    ("A b SIP/2.0.\nX: 1.\n", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "ngreplf", [Note.EMPTY_LINE]),
    ("A b SIP/2.0.\nX: 1.", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "ngreplf", [Note.EMPTY_LINE]),
    ("A b SIP/2.0.\nX: 1.\n.", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "ngreplf", []),
    ("A b SIP/2.0.", b"A b SIP/2.0\r\n\r\n", "ngreplf", [Note.EMPTY_LINE]),
    (r"A b SIP/2.0\r\nX: 1", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "escaped", [Note.EMPTY_LINE]),
    ("\n\r\n A b SIP/2.0\n\n", b"A b SIP/2.0\r\n\r\n", "lf", [Note.BLANK_LINES, Note.INDENTED]),
    ("\r\nA b SIP/2.0\r\n\r\n", b"A b SIP/2.0\r\n\r\n", "crlf", [Note.BLANK_LINES]),
    # an example of an RFC: a fold keeps its own indentation, an empty line has lost it
    (
        "    A b SIP/2.0\n    X: 1\n      2\n\n    body\n",
        b"A b SIP/2.0\r\nX: 1\r\n  2\r\n\r\nbody\r\n",
        "lf",
        [Note.INDENTED],
    ),
    ("  A b SIP/2.0\r\n  X: 1\r\n ", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "crlf", [Note.INDENTED, Note.EMPTY_LINE]),
    ("\tA b SIP/2.0\r\tX: 1\r\r", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "cr", [Note.INDENTED]),
    # lines that a terminal has wrapped
    ("A b \nSIP/2.0.\nX: 1.\nY: 2.\n.\n", b"A b SIP/2.0\r\nX: 1\r\nY: 2\r\n\r\n", "ngreplf", []),
    ("A b SIP/2.0\\r\\\nnX: 1\\r\n\\n\\r\\n", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "escaped", []),
    # what stands around a message in the output of ngrep, in a log, in a program
    (
        "#\nU 192.0.2.1:5060 -> 192.0.2.2:5060 #2\nSIP/2.0 200 OK.\nX: 1.\n.\n\n##\n",
        b"SIP/2.0 200 OK\r\nX: 1\r\n\r\n",
        "ngreplf",
        [Note.FRAME],
    ),
    ("A b SIP/2.0.\nX: #.\n.\n#\n", b"A b SIP/2.0\r\nX: #\r\n\r\n#", "ngreplf", []),
    (' "A b SIP/2.0\\r\\n\\r\\n" \n', b"A b SIP/2.0\r\n\r\n", "escaped", [Note.QUOTES]),
    (" A b SIP/2.0\\r\\n\\r\\n ", b"A b SIP/2.0\r\n\r\n", "escaped", []),
    (r'"A b SIP/2.0\r\n\r\n\"', b'"A b SIP/2.0\r\n\r\n"', "escaped", []),
    (r"A b SIP/2.0\nX: 1\n\n", b"A b SIP/2.0\r\nX: 1\r\n\r\n", "escaped", [Note.LINE_FEEDS]),
    # what is none of it
    ("hello", b"hello\r\n\r\n", "crlf", [Note.EMPTY_LINE]),
    (r"hello\n", b"hello\r\n\r\n", "escaped", [Note.LINE_FEEDS, Note.EMPTY_LINE]),
    ("A b SIP/2.0\r\nX: a\\nb\\nc\\n\r\n\r\n", b"A b SIP/2.0\r\nX: a\\nb\\nc\\n\r\n\r\n", "crlf", []),
    ("A b SIP/2.0\nX: Inc.\n\n", b"A b SIP/2.0\r\nX: Inc.\r\n\r\n", "lf", []),
    ("SIP/2.0 404 Gone\nX: a.\nY: b.\n\n", b"SIP/2.0 404 Gone\r\nX: a.\r\nY: b.\r\n\r\n", "lf", []),
    ("A b SIP/2.0\r\nX: 1\n\n", b"A b SIP/2.0\r\nX: 1\n\n", "crlf", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "form", "notes"), TOLD)
def test_auto(text, message, form, notes):
    assert decode(text) == Pasted(message, Format(form), tuple(notes))


AS_ASKED = [
    ("crlf", "A b SIP/2.0\nX: 1\n", b"A b SIP/2.0\nX: 1\n\n"),
    ("crlf", "\n A b SIP/2.0\n\n", b"\n A b SIP/2.0\n\n"),
    ("crlf", "A b SIP/2.0\rX: 1\r\r", b"A b SIP/2.0\rX: 1\r\r"),
    ("crlf", "A b SIP/2.0\rX: 1", b"A b SIP/2.0\rX: 1\r\r"),
    ("lf", "A\r\nB\nC\rD\n\r\n", b"A\r\nB\r\nC\rD\r\n\r\n"),
    ("cr", "A\r\nB\nC\rD\r\r", b"A\r\nB\nC\r\nD\r\n\r\n"),
    ("ngreplf", "A.\nB..\r\nC\rD.\r.\n", b"A\r\nB.\r\nCD\r\n\r\n"),
    ("ngreplf", "A -> b.\n.\n", b"A -> b\r\n\r\n"),
    ("escaped", r"\a\b\f\v\t\"\\\x41\x0a\u00e9\U0001F600\q\é\n\n", b'\a\b\f\v\t"\\A\n\xc3\xa9\xf0\x9f\x98\x80q\xc3\xa9\n\n'),
    ("escaped", "a\r\nb\\r\\n\\r\\n", b"ab\r\n\r\n"),
    ("escaped", r"a\n\n", b"a\n\n"),
    ("escaped", r"a\x00\xff\n\n", b"a\x00\xff\n\n"),
    ("lf", "\udcff\x00\n\n", b"\xff\x00\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text", "message"), AS_ASKED)
def test_as_asked(form, text, message):
    pasted = decode(text, Format(form))
    assert isinstance(pasted, Pasted)
    assert (pasted.message, pasted.format) == (message, form)


ORIGINAL = [
    # what the original was asked, and what it made of it; in two places it fails and we do not
    ("auto", REQUEST.decode()),
    ("auto", REQUEST.decode().replace("\r\n", "\n")),
    ("auto", REQUEST.decode().replace("\r\n", r"\r\n")),
    ("auto", REQUEST.decode().replace("\r\n", ".\n")),
    ("auto", REQUEST.decode().replace("\r\n", r"\n")),
    ("lf", REQUEST.decode().replace("\r\n", "\n")),
]


@pytest.mark.parametrize(("form", "text"), ORIGINAL)
def test_what_the_original_reads(form, text):
    assert message_of(text, Format(form)) == REQUEST


def test_a_short_message_that_the_original_cannot_detect():
    message = parse(message_of("OPTIONS sip:b@x SIP/2.0\nCall-ID: 1\nCSeq: 1 OPTIONS\n"))
    assert isinstance(message, SipMessage)
    assert (message.method, message.call_id) == (b"OPTIONS", b"1")
    assert message.quirks == Quirk.MISSING


# Mistakes

MISTAKES = [
    ("auto", "", 1, 1, "there is no message"),
    ("auto", " \r\n\t\n", 1, 1, "there is no message"),
    ("escaped", "ab\r\nc\\xg1", 2, 2, r"\x is not followed by two hexadecimal digits"),
    ("escaped", "\\x4", 1, 1, r"\x is not followed by two hexadecimal digits"),
    ("escaped", "é\\\r\nu12", 1, 2, r"\u is not followed by four hexadecimal digits"),
    ("escaped", r"\\\U0001F60", 1, 3, r"\U is not followed by eight hexadecimal digits"),
    ("escaped", r"\ud83d\ude00", 1, 1, r"\ud83d is no character"),
    ("escaped", r"a\U00110000", 1, 2, r"\U00110000 is no character"),
    ("escaped", "a\n\nb\\", 3, 2, "nothing follows the backslash at the end"),
    ("escaped", '"a\\"', 1, 4, None),
    ("auto", "A b SIP/2.0\\r\\n\\x", 1, 16, r"\x is not followed by two hexadecimal digits"),
    ("lf", "a\nb\ud800", 2, 2, "half of a character, which no message can hold"),
    ("crlf", "\udc7f", 1, 1, "half of a character, which no message can hold"),
    ("crlf", "x" * MOST_BYTES, 1, 1, "the message has 65511 bytes, and 65507 are the most"),
]


@pytest.mark.parametrize(("form", "text", "line", "column", "why"), MISTAKES)
def test_mistakes_have_a_place(form, text, line, column, why):
    found = decode(text, Format(form))
    if why is None:
        assert isinstance(found, Pasted)
    else:
        assert found == InjectError(why, line, column)


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("", 0, (1, 1)),
        ("abc", 2, (1, 3)),
        ("a\r\nb", 1, (1, 2)),
        ("a\r\nb", 2, (1, 3)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb\nc", 2, (2, 1)),
        ("a\rb\nc", 4, (3, 1)),
        ("a\r", 2, (2, 1)),
    ],
)
def test_position(text, offset, place):
    assert position(text, offset) == place


# Whatever comes

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x85\u2028\u2029")).map(
    str.strip
)
LINES = st.builds("{}: {}".format, st.from_regex(r"[A-Za-z\-]+", fullmatch=True), VALUES)
URIS = st.from_regex(r"sip:[a-z0-9@.;=\-]+", fullmatch=True)
START_LINES = st.one_of(
    st.builds("{} {} SIP/2.0".format, st.sampled_from(["INVITE", "OPTIONS", "x-y"]), URIS),
    st.builds("SIP/2.0 {} {}".format, st.integers(100, 699), st.from_regex(r"[A-Za-z ]*[a-z]", fullmatch=True)),
)  # fmt: skip
BODIES = st.lists(VALUES, max_size=4)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Give a message all of whose lines end with CRLF."""
    lines = [draw(START_LINES), *draw(st.lists(LINES, max_size=8)), "", *draw(BODIES), ""]
    return "\r\n".join(lines).encode()


@given(messages(), st.sampled_from(FORMATS))
def test_what_is_encoded_is_decoded(message, form):
    assert decode(encode(message, form), form) == Pasted(message, form, ())


@given(st.binary(), st.booleans())
@example(b"\\r\\n", True)
@example(b'"quoted"', False)
def test_escapes_can_write_any_bytes(data, complete):
    message = (b"\xff" if not data.strip(b"\r\n\t ") else b"") + data + b"\n\n" * complete
    pasted = decode(encode(message, Format.ESCAPED), Format.ESCAPED)
    assert isinstance(pasted, Pasted)
    assert pasted.message.startswith(message)
    assert len(pasted.message) - len(message) in ((0,) if not pasted.notes else (1, 2, 4))


@given(messages(), st.sampled_from(FORMATS))
@example(b"INVITE sip:0 SIP/2.0\r\nA: .\r\n\r\n", Format.LF)
@example(b"INVITE sip:0 SIP/2.0\r\nA: \\n\r\n\r\n", Format.ESCAPED)
def test_auto_finds_the_format_of_what_begins_like_a_message(message, form):
    """Its start line is one, which tells a format from all others."""
    assert decode(encode(message, form)) == Pasted(message, form, ())


@given(messages(), st.sampled_from(FORMATS))
def test_auto_reads_what_a_browser_sends(message, form):
    assert message_of(through_a_browser(encode(message, form))) == message


PIECES = st.sampled_from(
    ["\r", "\n", "\r\n", ".", "\\", "\\r\\n", "\\n", "\\x", "\\x00", '"', " ", "\t", "#", "U a -> b",
     "A b SIP/2.0", "SIP/2.0 200 OK", "X: 1", "\x00", "\ud800", "\udcff", "\u2028", "é"]
)  # fmt: skip
HOSTILE = st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join)


@given(HOSTILE, st.sampled_from(list(Format)))
def test_nothing_raises_and_every_message_is_complete(text, form):
    found = decode(text, form)
    assert found == decode(text, form)
    if isinstance(found, Pasted):
        rest = found.message.lstrip(b"\r\n")
        assert re.search(rb"\n\r*\n", rest) or b"\r\r" in rest or not rest
        assert found.format != Format.AUTO
        parse(found.message)
    else:
        lines = re.split("\r\n?|\n", text)
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1


LONG = 1 << 13
LONGER = 1 << 17
LINES_PER_CHARACTER = 20
"""That may run; none needs more than half of that."""
PIECES_OF_LONG_TEXTS = [
    "\n", "\r", " ", ".", "#", "\\", "\\n", "\\r\\n", "\\x41", '"', "U a -> b", " -> ", "\0", "X: 1.\n",
    " SIP/2.0", "SIP/1", "\n#", " \n", "\r\r\n", "\udcff", "A -> b.\n", "1\t",
]  # fmt: skip
each_piece = pytest.mark.parametrize("piece", PIECES_OF_LONG_TEXTS)
BEGINNINGS = ("", "U ", "A b SIP/2.0.\n", "SIP/2.0 200 ", '"')


@pytest.mark.no_cover
@each_piece
def test_cost_does_not_run_away(piece):
    for form, beginning in product(Format, BEGINNINGS):
        text = (beginning + piece * LONG)[:LONG]
        count_lines(partial(decode, text, form), LINES_PER_CHARACTER * LONG)


@pytest.mark.no_cover
@each_piece
def test_no_pattern_goes_back(piece):
    """Else a text of this length would take many minutes; each takes a fraction of a second."""
    for beginning in BEGINNINGS:
        decode((beginning + piece * LONGER)[:LONGER])
    for form in Format:
        decode((piece * LONGER)[:LONGER], form)


def test_every_new_line_is_one_that_detect_names():
    for form, new_line in NEW_LINES.items():
        assert detect(f"A b SIP/2.0{new_line}{new_line}") == form
