"""One sender of events as the pages print it: in the layout of the original, and field by field.

Its rates are those of the moment at which the page is made.
"""

from collections.abc import Iterator
from typing import Any, Final

from sipcm import duration
from sipcm.clock import Clock
from sipcm.export.timetext import rfc3339
from sipcm.httpui.gotext import time_text
from sipcm.select.texts import address
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.rateentry import NO_MOMENT, RateEntry
from sipcm.state.ratelimit import RATES, RateLimiter

COLUMNS: Final = (
    "number",
    "type",
    "ip",
    "events",
    "exceeded",
    "over",
    "count",
    "suppressed",
    "created",
    "changed",
    "last_over",
    "last_ok",
    "rate0.value",
    "rate1.value",
    "rate2.value",
)
"""What a line of CSV holds."""


def now_of(limiter: RateLimiter, clock: Clock) -> int:
    """Return the present moment of stream time, at which no event is still to come."""
    return max(limiter.now, clock.now)


def kind(entry: RateEntry) -> str:
    """Return the name of the type of events."""
    return EVENT_NAMES[entry.key[0]]


def ip(entry: RateEntry) -> str:
    """Return the address of the sender."""
    return address(entry.key[1:])


def rate(entry: RateEntry, index: int, limiter: RateLimiter, now: int) -> float:
    """Return the rate *index* of *entry* at *now*."""
    return entry.meter(index).value(entry.events, now, limiter.interval(index))


def text(entry: RateEntry, limiter: RateLimiter, clock: Clock) -> str:
    """Return the lines of *entry*."""
    return "\n".join([*_lines(entry, limiter, clock), "", ""])


def data(entry: RateEntry, limiter: RateLimiter, clock: Clock) -> dict[str, Any]:
    """Return *entry* as JSON."""
    now = now_of(limiter, clock)
    return {
        "number": int(entry.number),
        "type": kind(entry),
        "ip": ip(entry) or None,
        "events": int(entry.events),
        "exceeded": entry.exceeded,
        "rate_id": int(entry.rate_id),
        "over": int(entry.over),
        "count": int(entry.streak),
        "suppressed": int(entry.silent),
        "created": _time(entry.created, clock),
        "changed": _time(entry.changed, clock),
        "last_over": _time(entry.last_over, clock),
        "last_ok": _time(entry.last_ok, clock),
        **{
            f"rate{index}": {
                "value": rate(entry, index, limiter, now),
                "measured": entry.meter(index).measured,
                "limit": int(limiter.limit(index)),
                "interval": limiter.interval(index) / duration.SECOND,
            }
            for index in range(RATES)
        },
    }


def _lines(entry: RateEntry, limiter: RateLimiter, clock: Clock) -> Iterator[str]:
    now = now_of(limiter, clock)
    exceeded = str(entry.exceeded).lower()
    yield (
        f"{entry.number:6}. {kind(entry)}:{ip(entry)} N:{entry.events:7} v:{exceeded}"
        f"  created {_go_time(entry.created, clock)} ({_ago(entry.created, now)})"
    )
    yield (
        f"       state: exceeded: {exceeded} rate_id: {entry.rate_id} ex: {entry.over}"
        f" ok: {entry.events - entry.over} ExChgT: {_ago(entry.changed, now)}"
        f"  ExLastT: {_go_time(entry.last_over, clock)} OkLastT: {_go_time(entry.last_ok, clock)}"
    )
    for index in range(RATES):
        mark = "*" if entry.exceeded and entry.rate_id == index else " "
        meter = entry.meter(index)
        interval = duration.render(limiter.interval(index))
        yield (
            f"      {mark}rate{index}: {rate(entry, index, limiter, now):.6f}"
            f"(old: {meter.measured:.6f}) / {interval} ({interval}) (u: {_ago(meter.since, now)})"
        )


def _ago(moment: int, now: int) -> str:
    return f"{duration.render(max(now - moment, 0) // duration.SECOND * duration.SECOND)} ago"


def _go_time(moment: int, clock: Clock) -> str:
    return time_text(moment if moment == NO_MOMENT else max(clock.packet_time(moment), 0))


def _time(moment: int, clock: Clock) -> str | None:
    return None if moment == NO_MOMENT else rfc3339(max(clock.packet_time(moment), 0))
