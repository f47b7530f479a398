"""Header fields are read whole, each on one line, with both of its names."""

import pytest

from sipcm.sip.header import Header, count_headers, read_headers
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan
from tests.sip.parsing import HEAD, IDENTITY, message


def headers(data: bytes) -> tuple[Header, ...]:
    scanned = Message()
    assert scan(data, 0, len(data), scanned) == 0
    return read_headers(scanned)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"], ids=["crlf", "lf", "cr"])
def test_names_and_values(line_end):
    data = message(b"s: a", b"X-Own :\r\n b\r\n\tc ", b"content-LENGTH:0")
    assert headers(data.replace(b"\r\n", line_end))[5:] == (
        Header(b"s", b"Subject", b"a"),
        Header(b"X-Own", b"X-Own", b"b c"),
        Header(b"content-LENGTH", b"Content-Length", b"0"),
    )


def test_lines_that_are_no_header():
    assert headers(message(b"no colon", b": x", b"Q \t: y", b"Y\r\n : z"))[5:] == (
        Header(b"", b"", b"no colon"),
        Header(b"", b"", b"x"),
        Header(b"Q", b"Q", b"y"),
        Header(b"", b"", b"Y : z"),
    )


def test_a_line_that_is_cut_off_is_none():
    assert [header.name for header in headers(HEAD + IDENTITY + b"Server: x")][-1] == b"CSeq"


def test_the_first_of_many():
    data = message(*[b"a: b"] * 100)
    scanned = Message()
    assert scan(data, 0, len(data), scanned) == 0
    assert read_headers(scanned, 7) == headers(data)[:7]
    assert count_headers(scanned) == len(headers(data)) == 105
