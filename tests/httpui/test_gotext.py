"""Text as Go prints it."""

import pytest

from sipcm.httpui.gotext import NO_TIME, PART, quoted, quoted_parts, time_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", '""'),
        (b"sip:bob@example.com", '"sip:bob@example.com"'),
        (b'say "a\\b"', r'"say \"a\\b\""'),
        (b"\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        (b"\x00\x1b[31m\x7f", r'"\x00\x1b[31m\x7f"'),
        ("Jürgen 日本 😀".encode(), '"Jürgen 日本 😀"'),
        (b"\xff\xc3(", r'"\xff\xc3("'),
        ("\u0085\u202e\u2028\ue000".encode(), r'"\u0085\u202e\u2028\ue000"'),
        ("\U000e0001".encode(), r'"\U000e0001"'),
        ("\ufffd".encode(), '"\ufffd"'),
        ("a\u00a0b".encode(), r'"a\u00a0b"'),
        (b"\xed\xa0\x80", r'"\xed\xa0\x80"'),
    ],
)
def test_quoted(value, text):
    assert quoted(value) == text
    assert "".join(quoted_parts(value)) == text


def test_a_long_text_is_quoted_part_by_part():
    value = 'é"'.encode() * PART
    parts = list(quoted_parts(value))
    assert "".join(parts) == quoted(value)
    assert len(parts) == 4  # quotation marks among them


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (0, "1970-01-01 00:00:00 +0000 UTC"),
        (1_700_000_000_999_999_999, "2023-11-14 22:13:20 +0000 UTC"),
        (-1, NO_TIME),
    ],
)
def test_time(timestamp, text):
    assert time_text(timestamp) == text
