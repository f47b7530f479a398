"""Packet times as text."""

import time

BILLION = 1_000_000_000


def rfc3339(timestamp: int) -> str:
    """Render nanoseconds since the epoch as RFC 3339 in UTC, with nanoseconds."""
    seconds, nanoseconds = divmod(timestamp, BILLION)
    return f"{_written(seconds, '%Y-%m-%dT%H:%M:%S')}.{nanoseconds:09}Z"


def date_time_text(timestamp: int) -> str:
    """Render nanoseconds since the epoch as date and time in UTC, with milliseconds."""
    seconds, nanoseconds = divmod(timestamp, BILLION)
    return f"{_written(seconds, '%Y-%m-%d %H:%M:%S')}.{nanoseconds // 1_000_000:03}"


def span_text(nanoseconds: int, unit: int) -> str:
    """Render *nanoseconds* as a number of *unit*, itself nanoseconds: right in the last digit.

    A quotient of compiled code is that of two floats.
    """
    return repr(nanoseconds / unit)


def _written(seconds: int, form: str) -> str:
    return time.strftime(form, time.gmtime(seconds))
