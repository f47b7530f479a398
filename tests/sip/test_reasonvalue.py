"""Reasons: a protocol, a cause, a text."""

import pytest

from sipcm.sip.reasonvalue import parse_reason


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (
            b'SIP ;cause=200 ;text="Call completed elsewhere"',
            (b"SIP", 200, b"Call completed elsewhere", True),
        ),
        (b'Q.850;cause=16;text="Terminated"', (b"Q.850", 16, b"Terminated", True)),
        (b"SIP", (b"SIP", None, None, True)),
        (b"SIP;cause=x", (b"SIP", None, None, True)),
        (b"SIP;text=a b", (b"SIP", None, b"a b", False)),
        (b"", (b"", None, None, False)),
        (b"cause=16", (b"cause=16", None, None, False)),
        (b'SIP;text="a', (b"SIP", None, b'"a', False)),
    ],
)
def test_reason(element, expected):
    reason = parse_reason(element)
    assert (reason.protocol, reason.cause, reason.text, reason.well_formed) == expected
