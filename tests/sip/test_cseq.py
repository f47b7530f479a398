"""CSeq: a number and a method, with or without a space."""

import pytest

from sipcm.sip.cseq import CSeq, parse_cseq


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1 INVITE", CSeq(1, b"INVITE")),
        (b"0009  INVITE", CSeq(9, b"INVITE")),
        (b"1INVITE", CSeq(1, b"INVITE")),
        (b"1 2X", CSeq(1, b"2X")),
        (b"1", None),
        (b"1 ", None),
        (b"INVITE", None),
        (b"", None),
        (b"9" * 5000 + b" INVITE", None),
    ],
)
def test_cseq(value, expected):
    assert parse_cseq(value) == expected
