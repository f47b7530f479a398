"""A sender of events of one type: how many came, how fast, and its place among the others.

Moments are nanoseconds of stream time. What is too fast is for others to say.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.state.entry import Entry

NO_MOMENT: Final = -1


@final
@mypyc_attr(acyclic=True)
class Meter:
    """One rate of a source: events for each interval, as it was measured last and as it is now."""

    __slots__ = ("counted", "measured", "since")

    def __init__(self, counted: i64, now: i64) -> None:
        """Count on from *counted* events at *now*."""
        self.counted: i64 = counted
        self.since: i64 = now
        self.measured: float = 0.0

    def value(self, events: i64, now: i64, interval: i64) -> float:
        """Return the rate of a source that had *events* until *now*."""
        risen = float(events - self.counted)
        elapsed = now - self.since
        if elapsed > interval:
            return risen * float(interval) / float(elapsed)
        return max(self.measured, risen)

    def measure(self, events: i64, now: i64, interval: i64) -> float:
        """Return the same; what took longer than the interval is kept, and counting begins anew."""
        value = self.value(events, now, interval)
        if now - self.since > interval:
            self.counted = events
            self.since = now
            self.measured = value
        return value


@final
@mypyc_attr(acyclic=True)
class RateEntry(Entry):
    """A source: events of one type that are put down to one address.

    ``key`` is the number of the type, as one byte, and the address. Moments are stream time:
    ``changed`` is when the source went over a limit or came back, ``last`` that of its last event.
    ``streak`` counts the events over a limit in a row, ``silent`` those left out since one was
    told. ``missed`` is how many were in the spell number ``spell``, which the limiter counts.
    ``version`` is that of the intervals that the meters go by.
    """

    __slots__ = (
        "changed",
        "created",
        "events",
        "exceeded",
        "key",
        "last",
        "last_ok",
        "last_over",
        "meter0",
        "meter1",
        "meter2",
        "missed",
        "number",
        "over",
        "rate_id",
        "silent",
        "spell",
        "streak",
        "version",
    )

    def __init__(self, key: bytes, number: i64, now: i64) -> None:
        super().__init__()
        self.key: bytes = key
        self.number: i64 = number
        self.created: i64 = now
        self.changed: i64 = now
        self.last: i64 = now
        self.last_ok: i64 = NO_MOMENT
        self.last_over: i64 = NO_MOMENT
        self.events: i64 = 0
        self.over: i64 = 0
        self.streak: i64 = 0
        self.silent: i64 = 0
        self.spell: i64 = 0
        self.missed: i64 = 0
        self.exceeded: bool = False
        self.rate_id: i64 = 0
        self.version: i64 = 0
        self.meter0: Meter = Meter(0, now)
        self.meter1: Meter = Meter(0, now)
        self.meter2: Meter = Meter(0, now)

    def meter(self, index: i64) -> Meter:
        """Return the meter of the rate *index*, 0 to 2."""
        if index == 0:
            return self.meter0
        return self.meter1 if index == 1 else self.meter2

    def restart(self, now: i64, version: i64) -> None:
        """Measure anew from *now* on, by intervals of another *version*."""
        self.version = version
        self.meter0 = Meter(self.events, now)
        self.meter1 = Meter(self.events, now)
        self.meter2 = Meter(self.events, now)
