"""The scanner reads nothing outside of the datagram, never raises, and always ends soon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip import message as m
from sipcm.sip.names import Reason
from tests.examples import examples
from tests.sip.messages import READABLE, SAMPLES
from tests.sip.readings import (
    CALL_ID,
    CSEQ,
    FROM,
    HEAD,
    RESPONSE,
    SPANS,
    folded,
    folded_at_the_end,
    picture,
    read,
    request,
    twice,
)

NEIGHBOURS = [
    (b"INVITE sip:e@x SIP/2.0\r\nFrom: <sip:e@x>;tag=e\r\n", b"\r\nCall-ID: evil\r\n\r\nTo: x\r\n"),
    (b"\r\n", b"\r\n"),
    (b"\r", b"\n"),
    (b"SIP/2.0 200 OK", b" evil"),
    (b'"<', b'evil>";tag=evil\r\n\r\n'),
    (b"\n", b"9\n\n"),
]


def check_invariants(data: bytes) -> None:
    reason, message = read(data)
    assert 0 <= message.error_at <= len(data)
    assert 0 <= message.headers_at <= message.headers_end <= message.body_at <= len(data)
    for first, last in SPANS:
        assert 0 <= getattr(message, first) <= getattr(message, last) <= len(data)
    seen = picture(reason, message)
    for value in seen.values():
        assert not isinstance(value, bytes) or not (b"\r" in value or b"\n" in value)
    assert Reason(reason).text
    assert 0 <= message.quirks < 2 * m.CSEQ_SPACE
    for before, after in NEIGHBOURS:
        assert picture(*read(data, before, after)) == seen


TRUNCATED_SAMPLES = {
    "request": request(),
    "response": RESPONSE,
    "folded": folded(RESPONSE),
    "folded-late": folded_at_the_end(request()),
    "cr": folded(request()).replace(b"\r\n", b"\r"),
    "lf": request().replace(b"\r\n", b"\n"),
    "crcrlf": request().replace(b"\r\n", b"\r\r\n"),
    "quoted": READABLE["from-escaped-quote"][0],
    "odd-start": b"\r\nINVITE  sip:b @x  SIP/2.0 \r\n" + request(head=b""),
    "words": READABLE["call-id-words"][0],
    "to-last": HEAD + CSEQ + CALL_ID + FROM + b"To: <sip:b@x>;tag=whole\r\n\r\n",
    "twice": twice(request()),
}


@pytest.mark.parametrize("case", TRUNCATED_SAMPLES)
def test_truncated_at_every_byte(case):
    data = TRUNCATED_SAMPLES[case]
    whole = picture(*read(data))
    for length in range(len(data) + 1):
        check_invariants(data[:length])
        seen = picture(*read(data[:length]))
        # What is there is whole: no part of a line is taken for the line.
        for name in ("call_id", "from_tag", "to_tag", "contact_uri", "request_uri"):
            assert seen[name] in (b"", whole[name])


TRICKY = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b'"',
    b"\\",
    b"<",
    b">",
    b"=",
    b"\0",
]
TRICKY += [
    b"\xff",
    b"\r\n ",
    b"\r\n\r\n",
    b";tag=x",
    b"\r\nTo: ",
    b"\r\ni:",
    b"SIP/2.0",
    b"\r\nCSeq: 1",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a message with a few bytes changed, put in, taken out or cut off."""
    data = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        taken = draw(st.sampled_from([0, 0, 1, 2, 20, len(data)]))
        put = draw(st.sampled_from(TRICKY) | st.binary(max_size=3))
        data = data[:at] + put + data[at + taken :]
    return data


@examples(400)
@given(damaged() | st.binary(max_size=200))
def test_never_raises_and_stays_inside(data):
    check_invariants(data)


BULK = 65_000
FILLINGS = [
    b";",
    b'"',
    b'\\"',
    b"<",
    b",",
    b"\r\n ",
    b"\r\n\t;",
    b"\r",
    b"\n",
    b" ",
    b";tag",
    b'="',
]
FILLINGS += [
    b'"a",',
    b"a\r\n",
    b"\r ",
    b"\r\r\n",
    b"SIP/2.0 ",
    b"From:x\r\n",
    b';"\\"',
    b"1",
    b"a ",
]


@pytest.mark.no_cover
@pytest.mark.parametrize("filling", FILLINGS, ids=repr)
def test_large_and_hostile_input_ends(filling):
    """No pattern here goes back over what it passed: each of these would else take minutes."""
    bulk = (filling * BULK)[:BULK]
    for start, end in (
        (b"From: ", b"\r\n"),
        (b"CSeq: ", b"\r\n"),
        (b"Call-ID: ", b"\r\n"),
        (b"", b""),
    ):
        for line_end in (b"\r\n", b"\r"):
            data = HEAD.replace(b"\r\n", line_end) + start + bulk + end + FROM + b"\r\n"
            reason, message = read(data)
            assert 0 <= message.error_at <= len(data)
            assert len(picture(reason, message)["from_uri"]) <= BULK  # type: ignore[arg-type]
    for data in (bulk, b"INVITE " + bulk + HEAD, b"SIP/2.0 " + bulk, bulk + HEAD):
        assert read(data)[0]
