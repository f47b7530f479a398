"""The ring of events: the newest ones, numbered from 0, for pages and sinks to read at leisure.

A sink that must see every event *claims* the ring from an event number on. The core asks ``room``
before it does what may bring events, and pauses when the claimed part fills the ring, so that
nothing is lost between a packet and the sink; without a claim the oldest events are overwritten.
So it is where events take more memory than they may, which is twice what usual ones take.

Events of a type that the operator has blacklisted are counted and not kept. Nor are those that come
too often from one source, where that is limited (:mod:`sipcm.state.ratelimit`).
"""

from sipcm.annotation import Final, final, i64
from sipcm.counters import Counter, Group
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import MEAN_WEIGHT, Event
from sipcm.state.ratelimit import RateLimiter

UNCLAIMED: Final = -1
ENDLESS: Final = 1 << 62
"""A number that no event ever gets."""

COUNTERS: Final = (
    ("signals", "sent event signals"),
    ("skipped_sigs", "skipped signals, slow consumer"),
    ("skipped_sigs_max", "skipped signals, slow consumer"),
    ("skip_rdonly", "skipped entries due to active reader"),
    ("skip_rdonly_max", "skipped entries due to active reader"),
    ("fail", "failed add event operation - copy failed or all entries busy"),
    ("rd_busy", "failed add event operation - all entries are read-busy"),
    ("wr_busy", "failed add event operation - all entries are write-busy: event ring too small"),
    ("blst", "blacklisted events based on event type"),
    ("queued", "successfully queued/added events"),
    ("read_only", "number of temporary read_only entries"),
    ("read_only2", "number of temporary read_only entries"),
    ("get_old_idx", "Get called with a too old index(too slow)"),
    ("get_high_idx", "Get called with an out of range index(too high)"),
    ("get_last_idx", "Get called with the ring end index"),
    ("get_inv_ev", "Get index points to an empty/invalid event"),
    ("get_busy_ev", "Get index points to a busy event (parallel write)"),
    ("parallel", "adds that run in parallel (current and max value)"),
)
"""The counters of the ring in the order of the original; those of the types come behind.

Most are what the locking of the original needs; one writer without locks leaves them at 0.
"""


@final
class EventRing:
    """The newest *size* events of up to ``most_bytes``; ``total`` is the number of the next one.

    Once it is claimed it holds at least *most_at_once* events, as many as one step may bring: else
    the core would wait for ever. ``blacklist`` is a set of bits, one for each type number.
    ``rates`` holds the limits of rates and what is known of sources; ``limiter`` is the same while
    any limit is set.
    """

    __slots__ = (
        "_end",
        "_first",
        "blacklist",
        "blacklisted",
        "blacklisted_types",
        "by_type",
        "bytes",
        "claimed",
        "events",
        "group",
        "limiter",
        "most_at_once",
        "most_bytes",
        "queued",
        "rates",
        "size",
        "total",
    )

    def __init__(self, size: int, most_at_once: int = 1) -> None:
        self.size: i64 = size
        self.most_at_once: i64 = most_at_once
        self.most_bytes: i64 = size * MEAN_WEIGHT
        self.bytes: i64 = 0
        self.events: list[Event | None] = [None] * size
        self._first: i64 = 0
        self.total: i64 = 0
        self.claimed: i64 = UNCLAIMED
        self._end: i64 = ENDLESS  # before the event of that number the core has to wait
        self.blacklist: i64 = 0
        group = Group("ev_ring0")
        self.group: Group = group
        by_name = {name: group.counter(name, text) for name, text in COUNTERS}
        self.queued: Counter = by_name["queued"]
        self.blacklisted: Counter = by_name["blst"]
        self.blacklisted_types: list[int] = [0] * len(EVENT_NAMES)
        self.by_type: list[Counter] = [
            group.counter(f"evtype.{name}", f"{name} events") for name in EVENT_NAMES
        ]
        group.counter("evtype.invalid", "events of no known type")  # there are none
        self.rates: RateLimiter = RateLimiter(self.by_type, self.blacklisted)
        self.limiter: RateLimiter | None = None

    def add(self, event: Event, moment: i64) -> None:
        """Put *event* in, over the oldest one where the ring is full.

        *moment* is when it came about in stream time, the same at whatever pace packets come.
        """
        kind = event.type
        self.by_type[kind].value += 1
        if self.blacklist >> kind & 1:
            self.blacklisted.value += 1
            self.blacklisted_types[kind] += 1
            return
        limiter = self.limiter
        if limiter is not None and not limiter.admits(event, moment):
            return
        if self.total - self._first == self.size:
            self.drop()
        self.events[self.total % self.size] = event
        self.total += 1
        self.bytes += event.weight()
        if self.bytes > self.most_bytes:
            self._lighten()
        self.queued.value += 1

    def drop(self) -> bool:
        """Let the oldest event go; False where none is here."""
        if self._first == self.total:
            return False
        place = self._first % self.size
        event = self.events[place]
        if event is not None:
            self.bytes -= event.weight()
            self.events[place] = None
        self._first += 1
        return True

    def _lighten(self) -> None:
        """Let the oldest events go, all but the newest; where they are claimed the core waits."""
        claimed, newest = self.claimed, self.total - 1
        end = newest if claimed == UNCLAIMED else min(claimed, newest)
        while self.bytes > self.most_bytes and self._first < end:
            self.drop()
        if claimed != UNCLAIMED and self.bytes > self.most_bytes and self._first >= claimed:
            self._end = self.total

    def limit(self, limits: tuple[int, int, int], intervals: tuple[int, int, int]) -> None:
        """Limit how many events of a type one source may bring in each of the *intervals* (ns)."""
        self.rates.set_rates(limits, intervals)
        self.limiter = self.rates if self.rates.on() else None

    def room(self) -> i64:
        """Return how many events may come before the core has to wait."""
        return self._end - self.total

    def claim(self, number: i64) -> None:
        """Keep all events from *number* on until the claim moves forward."""
        self.claimed = number
        if number == UNCLAIMED:
            self._end = ENDLESS
            return
        if self.size < self.most_at_once:
            self._grow(self.most_at_once)
        self._end = number + self.size
        if self.bytes > self.most_bytes:
            self._lighten()

    def _grow(self, size: i64) -> None:
        kept = self.read(self._first, self.size)
        self.events = [None] * int(size)
        self.size = size
        self.most_bytes = size * MEAN_WEIGHT
        for place in range(len(kept)):
            self.events[(self._first + place) % size] = kept[place]

    def oldest(self) -> i64:
        """Return the number of the oldest event that is still here."""
        return self._first

    def read(self, start: i64, most: i64) -> list[Event]:
        """Return up to *most* events from number *start* on, or from the oldest that is here."""
        first = max(start, self._first)
        last = min(self.total, first + most)
        found: list[Event] = []
        for number in range(first, last):
            event = self.events[number % self.size]
            if event is not None:
                found.append(event)
        return found
