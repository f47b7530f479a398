"""How the values of an expression are read: numbers, durations, times, networks.

What stands for a span, such as a day or ``4xx``, is read as its first and its last moment or
number. ValueError says what would be one, for a message that begins with the value.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address, ip_network
from typing import Final

from sipcm import duration

Span = tuple[float, float]
"""The lowest and the highest of what a value stands for; mostly they are the same."""

_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_CLASS = re.compile(r"([1-9])[xX][xX]")
_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](?P<minute>\d{2}:\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>\d{2}):(?P<minutes>\d{2}))?)?",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = 24 * duration.HOUR
_DIGITS: Final = 9
"""Digits of the fraction of a second down to the nanosecond."""


def number(text: str) -> Span:
    """Read a number of 0 or more: ``400``, ``0.5``."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a number such as 400")
    value = float(text) if "." in text else int(text)
    return value, value


def status(text: str) -> Span:
    """Read a status, or a class of them such as ``4xx``."""
    if found := _CLASS.fullmatch(text):
        first = int(found[1]) * 100
        return first, first + 99
    try:
        return number(text)
    except ValueError:
        raise ValueError("is not a status such as 404 or 4xx") from None


def span(text: str, unit: int) -> Span:
    """Read a duration as nanoseconds: ``1m30s``, or a number alone, which is so many of *unit*."""
    if _NUMBER.fullmatch(text):
        whole, _, fraction = text.partition(".")
        digits = fraction[:_DIGITS].ljust(_DIGITS, "0")
        nanoseconds = int(whole) * unit + int(digits) * unit // 10**_DIGITS
    else:
        try:
            nanoseconds = duration.parse(text)
        except ValueError:
            raise ValueError("is not a duration such as 15, 300ms or 1m30s") from None
    return nanoseconds, nanoseconds


def time(text: str) -> Span:
    """Read a day, minute, second or fraction of one (RFC 3339, UTC unless said otherwise)."""
    found = _TIME.fullmatch(text)
    begin = None if found is None else _begin(found)
    if found is None or begin is None:
        raise ValueError("is not a time such as 2024-05-31 or 2024-05-31T14:30:00Z (RFC 3339)")
    if found["fraction"]:
        lasts = 10 ** (_DIGITS - len(found["fraction"]))
    elif found["second"]:
        lasts = duration.SECOND
    else:
        lasts = duration.MINUTE if found["minute"] else _DAY
    return begin, begin + lasts - 1


def _begin(found: re.Match[str]) -> int | None:
    """Return the first nanosecond of what was *found*, None where no calendar has it."""
    offset = timedelta(0)
    if found["sign"]:
        offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
        offset = -offset if found["sign"] == "-" else offset
    clock = f"{found['minute'] or '00:00'}:{found['second'] or '00'}"
    try:
        day = datetime.fromisoformat(f"{found['date']}T{clock}")
        moment = day.replace(tzinfo=timezone(offset))
    except ValueError:
        return None
    microseconds = (moment - _EPOCH) // _MICROSECOND
    return microseconds * duration.MICROSECOND + int((found["fraction"] or "").ljust(_DIGITS, "0"))


def network(text: str) -> tuple[int, int, int]:
    """Read an address, or a network such as ``10.0.0.0/8``: bytes of it, mask and value."""
    try:
        if "/" not in text:
            address = ip_address(text.removeprefix("[").removesuffix("]"))
            size = len(address.packed)
            return size, (1 << size * 8) - 1, int(address)
        found = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            "is not an address such as 192.0.2.1, or a network such as 10.0.0.0/8"
        ) from None
    return found.max_prefixlen // 8, int(found.netmask), int(found.network_address)


_ON: Final = ("true", "yes", "on", "1")
_OFF: Final = ("false", "no", "off", "0")


def flag(text: str) -> bool:
    """Read yes or no."""
    word = text.lower()
    if word not in _ON + _OFF:
        raise ValueError("is not true or false")
    return word in _ON
