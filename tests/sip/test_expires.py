"""How long something is to last, by a header or a parameter."""

import pytest

from sipcm.sip.expires import MALFORMED_EXPIRES, MOST_EXPIRES, UNSAID, delta_seconds, expires_in


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"0", 0),
        (b"0060", 60),
        (b"4294967295", MOST_EXPIRES),
        (b"4294967296", MOST_EXPIRES),
        (b"9" * 5000, MOST_EXPIRES),
        (b"-1", MALFORMED_EXPIRES),
        (b"", MALFORMED_EXPIRES),
    ],
)
def test_delta_seconds(value, expected):
    assert delta_seconds(value) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (b"", UNSAID),
        (b";q=1", UNSAID),
        (b";expires=60", 60),
        (b";q=1; Expires = 60 ;x", 60),
        (b';expires="60"', 60),
        (b";expires=soon", MALFORMED_EXPIRES),
    ],
)
def test_expires_in(parameters, expected):
    assert expires_in(parameters) == expected
