"""Which events are told of a source that brings too many.

A source is the type of an event and the address that it is put down to. It has three rates over
three intervals. An event that finds one of them over its limit is left out, but for the first one
and a few of those that follow in a row, ever fewer: told are number ``min``, ``2 min``, ``4 min``
... below ``max``, and every multiple of ``max``. What is told says how many were left out before.

Time is stream time and comes with each event; it never goes back here, whatever comes late.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.clock import MINUTE, SECOND
from sipcm.counters import Counter, Group
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event, RateNote
from sipcm.state.rateentry import RateEntry
from sipcm.state.ratetable import RateTable

RATES: Final = 3
NONE: Final = -1

LULL: Final = MINUTE
"""Nanoseconds of stream time without an event left out after which a spell is over."""

NO_LIMITS: Final = (0, 0, 0)
USUAL_INTERVALS: Final = (SECOND, 60 * SECOND, 3600 * SECOND)

COUNTERS: Final = (
    ("total_events", "total events seen/processed"),
    ("blst_type", "total events blacklisted based on type"),
    ("blst_rate", "total events blacklisted based on event rate"),
    ("blst_sent", "sent (generated) rate-blacklisted events"),
    ("tracking_fail", "event rate tracking creation failed (exceeded max entries)"),
    ("blst_recovered", "recovered, previously rate-blacklisted events"),
)
"""The group ``ev_rate`` in the order of the original."""

_KINDS: Final = [bytes([kind]) for kind in range(len(EVENT_NAMES))]


@final
@mypyc_attr(acyclic=True)
class Spell:
    """A time in which events were left out, with no lull: ``count`` from ``since`` to ``last``.

    ``number`` tells it from those before; ``worst`` is the source of which most were left out.
    """

    __slots__ = ("count", "last", "number", "since", "worst")

    def __init__(self, number: i64) -> None:
        self.number: i64 = number
        self.count: i64 = 0
        self.since: i64 = 0
        self.last: i64 = 0
        self.worst: RateEntry | None = None

    def lasts(self, now: i64) -> bool:
        """Tell whether events were left out so shortly before *now* that it is not over."""
        return self.count > 0 and now - self.last <= LULL


@final
class RateLimiter:
    """Limits how many events of one type are told of one address.

    A limit or an interval of 0 switches its rate off. An event of a source for which the table has
    no room is told, whatever its rate: better too much than nothing.
    """

    __slots__ = (
        "blacklisted",
        "failed",
        "group",
        "intervals",
        "limits",
        "now",
        "recovered",
        "report_max",
        "report_min",
        "sent",
        "spell",
        "table",
        "version",
    )

    def __init__(self, events: list[Counter], blacklisted: Counter) -> None:
        """Limit nothing yet; *events* and *blacklisted* are counted by whoever asks."""
        self.limits: tuple[int, int, int] = NO_LIMITS
        self.intervals: tuple[int, int, int] = USUAL_INTERVALS
        self.report_min: i64 = 100
        self.report_max: i64 = 10_000
        self.version: i64 = 0
        self.now: i64 = 0
        self.table: RateTable = RateTable()
        self.spell: Spell = Spell(1)
        group = Group("ev_rate")
        self.group: Group = group
        by_name = {name: group.counter(name, text) for name, text in COUNTERS}
        self.blacklisted: Counter = by_name["blst_rate"]
        self.sent: Counter = by_name["blst_sent"]
        self.failed: Counter = by_name["tracking_fail"]
        self.recovered: Counter = by_name["blst_recovered"]
        group.sum(by_name["total_events"], events)
        group.sum(by_name["blst_type"], [blacklisted])

    def set_rates(self, limits: tuple[int, int, int], intervals: tuple[int, int, int]) -> None:
        """Set how many events may come in each of the *intervals* (ns).

        With other intervals than before each source is measured anew from its next event on. What
        was left out by other limits is of a spell that is over.
        """
        if intervals != self.intervals:
            self.version += 1
        self.spell = Spell(self.spell.number + 1)
        self.limits = limits
        self.intervals = intervals

    def limit(self, index: i64) -> i64:
        """Return the limit of the rate *index*, 0 where it is off."""
        limits, intervals = self.limits, self.intervals
        if index == 0:
            return limits[0] if intervals[0] else 0
        if index == 1:
            return limits[1] if intervals[1] else 0
        return limits[2] if intervals[2] else 0

    def interval(self, index: i64) -> i64:
        """Return the interval of the rate *index* in nanoseconds."""
        intervals = self.intervals
        if index == 0:
            return intervals[0]
        return intervals[1] if index == 1 else intervals[2]

    def on(self) -> bool:
        """Tell whether anything is limited."""
        return self.limit(0) > 0 or self.limit(1) > 0 or self.limit(2) > 0

    def left_out(self) -> i64:
        """Return how many events were not told."""
        return self.blacklisted.value - self.sent.value

    def admits(self, event: Event, moment: i64) -> bool:
        """Tell whether *event*, which comes at *moment*, is to be told; note on it how things are.

        Nothing is noted where the table has no room for its source.
        """
        now = max(self.now, moment)
        self.now = now
        self.table.pass_time(now)
        entry = self.table.find(_KINDS[event.type] + event.client, now)
        if entry is None:
            self.failed.value += 1
            return True
        if entry.version != self.version:
            entry.restart(now, self.version)
        entry.events += 1
        index = self._over(entry, now)
        exceeded = index != NONE
        if exceeded:
            entry.rate_id = index
            entry.over += 1
            entry.streak += 1
            entry.last_over = now
            self.blacklisted.value += 1
        else:
            if entry.exceeded:
                self.recovered.value += 1
            entry.rate_id = self._first()
            entry.streak = 0
            entry.last_ok = now
        self.table.settle(entry, now, exceeded=exceeded)
        if exceeded:
            if not self._is_told(entry.streak):
                self._leave_out(entry, now)
                return False
            self.sent.value += 1
        event.rate = self._note(entry, event.timestamp, now)
        entry.silent = 0
        return True

    def _leave_out(self, entry: RateEntry, now: i64) -> None:
        """Count an event of *entry* that is not told."""
        entry.silent += 1
        spell = self.spell
        if spell.count and not spell.lasts(now):
            spell = Spell(spell.number + 1)
            self.spell = spell
        if spell.count == 0:
            spell.since = now
        spell.count += 1
        spell.last = now
        if entry.spell != spell.number:
            entry.spell = spell.number
            entry.missed = 0
        entry.missed += 1
        worst = spell.worst
        if worst is None or entry.missed > worst.missed:
            spell.worst = entry

    def _over(self, entry: RateEntry, now: i64) -> i64:
        """Measure the rates of *entry* at *now*; return the first over its limit, or NONE."""
        first: i64 = NONE
        for index in range(RATES):
            limit = self.limit(index)
            if limit == 0:
                continue
            value = entry.meter(index).measure(entry.events, now, self.interval(index))
            if value > float(limit) and first == NONE:
                first = index
        return first

    def _first(self) -> i64:
        """Return the first rate that is limited; the last if none is."""
        if self.limit(0) > 0:
            return 0
        return 1 if self.limit(1) > 0 else 2

    def _is_told(self, number: i64) -> bool:
        """Tell whether the event with this *number* in a row of those over a limit is told."""
        if number == 1 or number % self.report_max == 0:
            return True
        if number > self.report_max or number % self.report_min:
            return False
        times = number // self.report_min
        return times & (times - 1) == 0

    def _note(self, entry: RateEntry, timestamp: i64, now: i64) -> RateNote:
        index = entry.rate_id
        interval = self.interval(index)
        return RateNote(
            entry.exceeded,
            entry.streak,
            entry.silent,
            entry.meter(index).value(entry.events, now, interval),
            self.limit(index),
            interval,
            timestamp - (now - entry.changed),
        )
