"""Parts of a multipart body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.sip.bodypart import MOST_PARTS, parse_parts

BODY = (
    b"preamble\r\n--b\r\nContent-Type: application/SDP\r\nContent-ID: <x>\r\n\r\nv=0\r\ns=-\r\n\r\n"
    b"--b  \r\nc: application/isup;base=itu\r\n\r\n\x01\r\n\x00\r\n--b\r\n\r\nplain\r\n--b--\r\nlate"
)


def read(body: bytes, boundary: bytes = b"b") -> list[tuple[bytes, bytes]]:
    return [(part.media_type.name, part.content) for part in parse_parts(body, boundary)]


def test_parts():
    assert read(BODY) == [
        (b"application/sdp", b"v=0\r\ns=-\r\n"),
        (b"application/isup", b"\x01\r\n\x00"),
        (b"text/plain", b"plain"),
    ]


def test_line_feeds_alone():
    assert read(BODY.replace(b"\r\n", b"\n"))[0] == (b"application/sdp", b"v=0\ns=-\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (b"nothing", []),
        (b"--b\r\n\r\nopen", [(b"text/plain", b"open")]),
        (b"--b\r\n--b\r\n\r\nx\r\n--b--", [(b"text/plain", b""), (b"text/plain", b"x")]),
        (b"--bc\r\n\r\nx", []),
        (b"x--b\r\n\r\nx", []),
        (b"--b\r\nno header\r\n--b--", [(b"text/plain", b"no header")]),
        (b"--b\r\nContent-Type: text/x", [(b"text/plain", b"Content-Type: text/x")]),
        (b"--b\r\nContent-Type:\r\n text/x\r\n\r\ny", [(b"text/x", b"y")]),
    ],
)
def test_odd_bodies(body, expected):
    assert read(body) == expected


def test_the_boundary_is_text_and_no_pattern():
    assert read(b"--.*\r\n\r\nx\r\n--.*--", b".*") == [(b"text/plain", b"x")]


def test_parts_are_bounded():
    assert len(parse_parts(b"--b\r\n\r\nx\r\n" * 100, b"b")) == MOST_PARTS


@given(
    st.lists(st.sampled_from([b"--b", b"\r\n", b"\n", b"--", b"x", b"c: a/b", b" "])).map(b"".join)
)
def test_total(body):
    for part in parse_parts(body, b"b"):
        assert part.content in body


@pytest.mark.parametrize(
    "unit", [b"\r\n", b"\n", b"--b", b"\n--b", b"\r\n--b ", b"c: x\r\n", b"\r"]
)
def test_large_and_hostile_input_ends(unit):
    parse_parts(b"--b\r\n" + unit * 30_000, b"b")
    parse_parts(unit * 30_000, unit.strip() * 1000)
