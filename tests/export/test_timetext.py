"""Packet times as text."""

import pytest

from sipcm.export.timetext import date_time_text, rfc3339, span_text

TIMES = [
    (0, "1970-01-01T00:00:00.000000000Z", "1970-01-01 00:00:00.000"),
    (1, "1970-01-01T00:00:00.000000001Z", "1970-01-01 00:00:00.000"),
    (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z", "2023-11-14 22:13:20.123"),
    (1_699_999_999_999_999_999, "2023-11-14T22:13:19.999999999Z", "2023-11-14 22:13:19.999"),
    ((2**32 + 4294) * 10**9, "2106-02-07T07:39:50.000000000Z", "2106-02-07 07:39:50.000"),
    (-1, "1969-12-31T23:59:59.999999999Z", "1969-12-31 23:59:59.999"),
]


@pytest.mark.parametrize(("timestamp", "machine", "human"), TIMES)
def test_times(timestamp, machine, human):
    assert rfc3339(timestamp) == machine
    assert date_time_text(timestamp) == human


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0.0"),
        (1, "1e-09"),
        (30_000_000_000, "30.0"),
        (12_345_678_901, "12.345678901"),
        (2**62 + 1, "4611686018.427388"),
        (9_007_199_254_740_993, "9007199.254740993"),  # more than a float holds
    ],
)
def test_spans(nanoseconds, text):
    assert span_text(nanoseconds, 10**9) == text == repr(nanoseconds / 10**9)
