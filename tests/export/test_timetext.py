"""Packet times as text."""

import pytest

from sipcm.export.timetext import clock_text, rfc3339

TIMES = [
    (0, "1970-01-01T00:00:00.000000000Z", "00:00:00.000"),
    (1, "1970-01-01T00:00:00.000000001Z", "00:00:00.000"),
    (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z", "22:13:20.123"),
    (1_699_999_999_999_999_999, "2023-11-14T22:13:19.999999999Z", "22:13:19.999"),
    ((2**32 + 4294) * 10**9, "2106-02-07T07:39:50.000000000Z", "07:39:50.000"),
    (-1, "1969-12-31T23:59:59.999999999Z", "23:59:59.999"),
]


@pytest.mark.parametrize(("timestamp", "date_time", "clock"), TIMES)
def test_times(timestamp, date_time, clock):
    assert rfc3339(timestamp) == date_time
    assert clock_text(timestamp) == clock
