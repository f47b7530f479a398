"""A scanned message gives further headers when it is asked for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip import message as m
from sipcm.sip.bytescanner import scan_plain
from sipcm.sip.expires import MALFORMED_EXPIRES
from sipcm.sip.grammar import split_address
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan_any
from tests.examples import examples
from tests.sip.readings import REGISTER, request, scanned


@pytest.fixture(params=[b"\r\n", b"\n", b"\r"], ids=["crlf", "lf", "cr"])
def line_end(request) -> bytes:
    ends: bytes = request.param
    return ends


def test_a_new_message_is_empty():
    message = Message()
    texts = (
        message.method_token,
        message.request_uri(),
        message.reason_phrase(),
        message.from_uri(),
        message.to_uri(),
        message.contact_uri(),
        message.user_agent(),
        message.server(),
        message.identity(0),
    )
    assert set(texts) == {b""}
    assert (message.expires(), message.content_length, message.status) == (-1, -1, 0)


def test_the_first_of_several_contacts():
    message, noted = scanned(b"Contact: sip:a@b;q=1, <sip:c@d>", b"Contact: <sip:e@f>"), Message()
    assert scan_plain(message.buffer, message.start, message.end, noted)
    assert message.contact_uri() == noted.contact_uri() == b"sip:a@b"


def test_begin_forgets_everything():
    message = scanned(b"Contact: <sip:a@b>", b"Content-Length: 3")
    message.begin(b"abc", 1, 2)
    assert (message.buffer, message.start, message.end) == (b"abc", 1, 2)
    assert {message.headers_at, message.headers_end, message.body_at} == {1}
    assert (message.method, message.cseq, message.content_length) == (m.UNDEF, 0, -1)
    assert {message.call_id, message.from_tag, message.to_tag, message.method_token} == {b""}
    assert message.request_uri() == message.contact_uri() == b""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], b""),
        ([b"User-Agent: a"], b"a"),
        ([b"USER-AGENT \t:  a b \t"], b"a b"),
        ([b"User-Agent:"], b""),
        ([b"User-Agent: one", b"User-Agent: two"], b"one"),
        ([b"User-Agent:\r\n a\r\n\t  b"], b"a b"),
        ([b"User-Agent: a\r\n \r\n  b"], b"a b"),
        ([b"X: User-Agent: a", b"XUser-Agent: a", b"User-Agents: a"], b""),
        ([b"X: y\r\n User-Agent: a"], b""),
        ([b"User-Agent: \xff\x00\xd0\xbd"], b"\xff\x00\xd0\xbd"),
    ],
    ids=["none", "one", "odd", "empty", "two", "folds", "empty-fold", "alike", "in-fold", "bytes"],
)
def test_first(lines, expected, line_end):
    message = scanned(*(line.replace(b"\r\n", line_end) for line in lines), line_end=line_end)
    assert message.first(b"User-Agent") == message.user_agent() == expected


def test_server():
    assert scanned(b"Server: a").server() == b"a"


def test_nothing_is_read_in_the_body(line_end):
    message = scanned(line_end=line_end, body=b"\r\nContact: <sip:body@x>\r\nServer: body\r\n")
    assert message.contact_uri() == message.server() == b""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], b""),
        ([b"Contact: <sip:a@b;x=y>;expires=3"], b"sip:a@b;x=y"),
        ([b"m:sip:a@b;expires=3"], b"sip:a@b"),
        ([b'Contact: "A, \\"B" <sip:a@b>, <sip:c@d>'], b"sip:a@b"),
        ([b"Contact: sip:a@b, sip:c@d"], b"sip:a@b"),
        ([b"Contact: <sip:a,b@c>"], b"sip:a,b@c"),
        ([b"Contact: *"], b"*"),
        ([b"Contact: , <sip:a@b>"], b"sip:a@b"),
        ([b"Contact:", b"m: <sip:a@b>"], b"sip:a@b"),
        ([b"Contact: <sip:a@b"], b"sip:a@b"),
        ([b"Contact:\r\n <sip:a@b>"], b"sip:a@b"),
        ([b"Contact: <sip:a@\r\n b>"], b"sip:a@ b"),
    ],
)
def test_contact_uri(lines, expected):
    assert scanned(*lines).contact_uri() == expected


@examples(300)
@given(
    st.lists(st.sampled_from([*'a;=,"\\<> *', "sip:a@x", "<sip:b>", ";x=", "\r\nm: "])).map("".join)
)
def test_contact_uri_is_that_of_the_first_element(text):
    message = scanned(b"Contact: " + text.encode())
    first = next(iter(message.elements(b"Contact")), b"")
    assert message.contact_uri() == split_address(first)[0]


def test_elements_of_repeated_and_joined_headers(line_end):
    lines = [b"m: <sip:a@b>,", b"Contact: sip:c@d ,\t*", b"Via: x, y", b"CONTACT: <sip:e@f>;q=1"]
    elements = scanned(*lines, line_end=line_end).elements(b"Contact")
    assert elements == [b"<sip:a@b>", b"sip:c@d", b"*", b"<sip:e@f>;q=1"]


def test_elements_and_lines_are_bounded():
    many = b", ".join([b"x"] * (m.MOST_ELEMENTS + 9))
    assert scanned(b"Contact: " + many).elements(b"Contact") == [b"x"] * m.MOST_ELEMENTS
    assert scanned(*[b"m: x, y"] * 30).elements(b"Contact") == [b"x", b"y"] * 16
    lines = [b"m:"] * m.MOST_LINES
    assert scanned(*lines, b"m: x").values(b"Contact") == [b""] * m.MOST_LINES


def test_a_value_is_read_as_far_as_any_header_goes():
    long = m.MOST_VALUE * b"x"
    assert scanned(b"Server:  " + long + b"y").server() == long
    message = scanned(b"Contact: a, " + long, b"m: b", b"P-Asserted-Identity: <sip:" + long + b">")
    assert message.elements(b"Contact") == [b"a", b"b"]
    assert message.contact_values() == [b"a", b"b"]
    assert message.contact_uri() == b"a"
    assert message.identity(0) == b"sip:" + long[5:]
    assert message.identity(1) == b""


@pytest.mark.parametrize(
    "lines",
    [
        [b"P-Asserted-Identity: <sip:a@b>, <tel:+1>", b"P-Asserted-Identity: <sip:late@x>"],
        [b'P-Asserted-Identity: "A, A" <sip:a@b>', b"p-asserted-identity: tel:+1"],
    ],
    ids=["joined", "repeated"],
)
def test_identity(lines):
    message = scanned(*lines)
    assert (message.identity(0), message.identity(1)) == (b"sip:a@b", b"tel:+1")
    assert scanned().identity(0) == message.identity(9) == b""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"0", 0),
        (b" 3600 ", 3600),
        (b"0060", 60),
        (b"0" * 5000 + b"60", 60),
        (b"4294967295", 2**32 - 1),
        (b"4294967296", 2**32 - 1),
        (b"1" * 5000, 2**32 - 1),
        (b"Thu, 01 Dec 1994 16:00:00 GMT", MALFORMED_EXPIRES),
        (b"-1", MALFORMED_EXPIRES),
        (b"", -1),
    ],
)
def test_expires(value, expected):
    assert scanned(b"Expires: " + value).expires() == expected


def test_expires_absent():
    assert scanned().expires() == -1


def test_uris_of_from_and_to():
    message = scanned()
    assert message.from_uri() == message.to_uri() == b"sip:a@x"
    assert message.request_uri() == b"sip:x"
    assert message.method_token == b"REGISTER"


TAGGED = request(to=b"To: <sip:b@x>;tag=22\r\n")


@pytest.mark.parametrize("scan", [scan_plain, scan_any], ids=["plain", "any"])
@pytest.mark.parametrize("data", [TAGGED, request()], ids=["both", "one"])
def test_tags(scan, data):
    """They can be compared before they are taken out, and after that."""
    to_tag = b"22" if data is TAGGED else b""
    message = Message()
    scan(data, 0, len(data), message)
    for _ in range(2):
        assert message.is_from(b"1")
        assert not message.is_from(b"2")
        assert not message.is_from(b"")
        assert message.is_to(to_tag)
        assert not message.is_to(b"2")
        assert message.has_to_tag() == bool(to_tag)
        assert (message.from_tag, message.to_tag) == (b"1", to_tag)
    scan(REGISTER + b"CSeq: 1 REGISTER\r\n\r\n", 0, len(REGISTER) + 20, message)
    assert (message.from_tag, message.to_tag) == (b"1", b"")


def test_tags_may_be_given():
    message = Message()
    scan_plain(TAGGED, 0, len(TAGGED), message)
    message.from_tag, message.to_tag = b"x", b""
    assert (message.from_tag, message.to_tag) == (b"x", b"")
    assert message.is_from(b"x")
    assert not message.has_to_tag()
