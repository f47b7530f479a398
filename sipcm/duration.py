"""Turn durations as Go writes them into whole nanoseconds and back.

A duration is a sign and one or more numbers, each with its unit: ``300ms``, ``1h0m0s``, ``-1.5s``.
Nothing here knows a clock.
"""

NANOSECOND = 1
MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

LOWEST = -(1 << 63)
HIGHEST = (1 << 63) - 1

# Longer units come before those that they begin with.  The micro sign (U+00B5) and the Greek mu
# (U+03BC) look alike, and keyboards give either.
_UNITS = (
    ("ns", NANOSECOND),
    ("us", MICROSECOND),
    ("\u00b5s", MICROSECOND),
    ("\u03bcs", MICROSECOND),
    ("ms", MILLISECOND),
    ("s", SECOND),
    ("m", MINUTE),
    ("h", HOUR),
)
_NUMBER = "0123456789."
# No digit behind this one can move a fraction of an hour by a nanosecond, and no number in range
# has more digits before the point.
_DIGITS = 20


def parse(text: str) -> int:
    """Read a duration and return nanoseconds; what is finer than one is cut off.

    The only duration without a unit is ``0``.  ValueError says what is wrong with *text*, without
    repeating it.
    """
    rest = text[1:] if text.startswith(("-", "+")) else text
    if rest == "0":
        return 0
    if not rest:
        raise _error("it is empty")
    total = 0
    while rest:
        behind = rest.lstrip(_NUMBER)
        number = rest[: len(rest) - len(behind)]
        unit, factor = _unit(behind)
        total += _scale(number, factor)
        rest = behind[len(unit) :]
    if text.startswith("-"):
        total = -total
    if not LOWEST <= total <= HIGHEST:
        raise _error("it is longer than 292 years")
    return total


def _unit(text: str) -> tuple[str, int]:
    """Return the unit that *text* begins with, and its nanoseconds."""
    for unit, factor in _UNITS:
        if text.startswith(unit):
            return unit, factor
    raise _error("units are ns, us, ms, s, m, h" if text else "a unit is missing at its end")


def _scale(number: str, factor: int) -> int:
    """Return *number*, a decimal, times *factor* in whole nanoseconds."""
    whole, _, fraction = number.partition(".")
    if not whole + fraction:
        raise _error("a unit needs a number before it")
    if "." in fraction:
        raise _error("a number has two points")
    whole = whole.lstrip("0")
    if len(whole) > _DIGITS:
        raise _error("it is longer than 292 years")
    fraction = fraction[:_DIGITS]
    one: int = 10 ** len(fraction)
    return int(whole or "0") * factor + int(fraction or "0") * factor // one


def _error(reason: str) -> ValueError:
    return ValueError(f"not a duration such as 300ms or 1h30m: {reason}")


def render(nanoseconds: int) -> str:
    """Write a duration in Go's form: ``0s``, ``250µs``, ``1.5s``, ``1h0m0s``.

    Below a second the largest unit that leaves a whole part is taken; from a minute on every
    smaller unit is written, down to seconds.
    """
    if nanoseconds < 0:
        return "-" + render(-nanoseconds)
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < MICROSECOND:
        return f"{nanoseconds}ns"
    if nanoseconds < MILLISECOND:
        return _decimal(nanoseconds, MICROSECOND) + "\u00b5s"
    if nanoseconds < SECOND:
        return _decimal(nanoseconds, MILLISECOND) + "ms"
    minutes, rest = divmod(nanoseconds, MINUTE)
    seconds = _decimal(rest, SECOND) + "s"
    if minutes == 0:
        return seconds
    if minutes < 60:
        return f"{minutes}m{seconds}"
    return f"{minutes // 60}h{minutes % 60}m{seconds}"


def _decimal(nanoseconds: int, unit: int) -> str:
    """Return *nanoseconds* in *unit* (a power of ten) without useless zeros."""
    whole, rest = divmod(nanoseconds, unit)
    if rest == 0:
        return str(whole)
    digits = len(str(unit)) - 1
    return f"{whole}." + f"{rest:0{digits}d}".rstrip("0")
