"""How fast events of one type come from one address: a bounded table of such sources.

Entries stand in two lanes, by whether their last event was over a limit, ordered by when that
event came. So what was silent for longest is found without a search, and clearing the table costs
no more than the entries that go. A clearing run takes a few entries with each event, so that none
waits for it:

* from time to time, those that were silent for a while, down to a few;
* when the table is nearly full (light), those that were silent for long, down to some room;
* when it is full (hard), by age, then younger ones, then some that are over a limit; if all that
  leaves it full, the one within its limits that was silent for longest.

Time is stream time that comes with each event, so the same events leave the same entries.
"""

from sipcm.annotation import Final, cast, final, i64
from sipcm.clock import MINUTE, SECOND
from sipcm.counters import Counter, Group
from sipcm.state.entry import Lane
from sipcm.state.parts import Parts
from sipcm.state.rateentry import NO_MOMENT, RateEntry

STEP: Final = 64
"""Entries that a run takes with one event, at most; only one comes with it."""

NEVER: Final = 0x7FFF_FFFF_FFFF_FFFF

MOST_ENTRIES: Final = 1_048_576

# Runs, and the last of the rounds of a hard one
IDLE: Final = -1
PERIODIC: Final = 0
LIGHT: Final = 1
HARD: Final = 2
LAST_RESORT: Final = 3

COUNTERS: Final = (
    ("gc_runs", "periodic GC runs"),
    ("gc_target_met", "how many periodic GC runs met their target"),
    ("gc_walked", "how many entries did the last GC run walk"),
    ("gc_removed", "how many entries did the last GC run remove"),
    ("gc_timeout", "how many periodic GC exited due to timeout"),
    ("gc_missed_ticks", "missed ticks, gc is taking too long"),
    ("hard_gc_runs", "hard GC runs (everytime event_rate_max_sz is exceeded)"),
    ("hard_gc_tgt_met", "how many times did the hard GC meet it's target"),
    ("hard_gc_fail", "how many times did the hard GC fail to free enough entries"),
    ("hard_gc_timeout", "how many times did the hard GC time out"),
    ("hard_gc_walked", "how many entries did the last hard GC run walk"),
    ("hard_gc_removed", "how many entries did the last hard GC run remove"),
    ("light_gc_runs", "light GC runs, everytime light_gc_trigger is exceeded"),
    ("light_gc_tgt_met", "how many times did the light GC meet it's target"),
    ("light_gc_fail", "how many times did the light GC fail to free enough entries"),
    ("light_gc_timeout", "how many times did the light GC timeout"),
    ("light_gc_walked", "how many entries did the last light GC run walk"),
    ("light_gc_removed", "how many entries did the last light GC run remove"),
    ("max_gc_retr_fail", "maximum GC retries per alloc entry, exceeded"),
    ("alloc_fail", "new entry allocation failed"),
)
"""The group ``ev_rate_gc`` in the order of the original.

No run is cut short by a clock and no entry is refused memory: what counts that stays at 0.
"""

MEASURES: Final = tuple([name for name, _ in COUNTERS if name.endswith(("_walked", "_removed"))])
"""Those that tell of the last run, with the lowest and the highest there was."""


@final
class Forced:
    """What a run that somebody asked for has done."""

    __slots__ = ("after", "before", "cut", "removed", "target", "walked")

    def __init__(self, target: i64, before: i64) -> None:
        self.target: i64 = target
        self.before: i64 = before
        self.after: i64 = before
        self.walked: i64 = 0
        self.removed: i64 = 0
        self.cut: bool = False


@final
class RateTable:
    """The sources of events by key, ``most`` at most.

    ``interval``, ``old_age`` and ``target`` steer the periodic run: how often, how long silent, and
    down to how many. ``hard_age0`` to ``hard_age2`` are how long entries were silent that go in the
    rounds of a hard run; those of the last round are over a limit.
    """

    __slots__ = (
        "age",
        "begun",
        "by_key",
        "calm",
        "failed",
        "forced",
        "goal",
        "group",
        "hard_age0",
        "hard_age1",
        "hard_age2",
        "hard_target",
        "interval",
        "lane",
        "light_age",
        "light_target",
        "light_trigger",
        "loud",
        "met",
        "missed",
        "most",
        "next_run",
        "old_age",
        "removed",
        "removed_by",
        "round",
        "run",
        "runs",
        "target",
        "walked",
        "walked_by",
    )

    def __init__(self) -> None:
        self.by_key: Parts[RateEntry] = Parts()
        self.calm: Lane = Lane()
        self.loud: Lane = Lane()
        self.begun: i64 = 0
        self.most: i64 = MOST_ENTRIES
        self.hard_target: i64 = 0
        self.light_trigger: i64 = 0
        self.light_target: i64 = 0
        self.set_most(MOST_ENTRIES)
        self.interval: i64 = 10 * SECOND
        self.old_age: i64 = 5 * MINUTE
        self.target: i64 = 10
        self.next_run: i64 = NO_MOMENT
        self.light_age: i64 = 15 * MINUTE
        self.hard_age0: i64 = 10 * MINUTE
        self.hard_age1: i64 = 30 * SECOND
        self.hard_age2: i64 = 10 * SECOND
        self.forced: Forced | None = None
        # The run that goes on, the round it is in, and what it has done.
        self.run: i64 = IDLE
        self.round: i64 = 0
        self.lane: Lane = self.calm
        self.age: i64 = 0
        self.goal: i64 = 0
        self.walked: i64 = 0
        self.removed: i64 = 0
        group = Group("ev_rate_gc")
        self.group: Group = group
        by_name: dict[str, Counter] = {}
        for name, text in COUNTERS:
            measures = name in MEASURES
            by_name[name] = group.gauge(name, text) if measures else group.counter(name, text)
        self.missed: Counter = by_name["gc_missed_ticks"]
        # By number of the run; that a periodic one did not meet its target is nothing to count.
        names = ("gc", "light_gc", "hard_gc")
        self.runs: list[Counter] = [by_name[f"{name}_runs"] for name in names]
        self.walked_by: list[Counter] = [by_name[f"{name}_walked"] for name in names]
        self.removed_by: list[Counter] = [by_name[f"{name}_removed"] for name in names]
        self.met: list[Counter] = [
            by_name["gc_target_met"],
            by_name["light_gc_tgt_met"],
            by_name["hard_gc_tgt_met"],
        ]
        self.failed: list[Counter] = [
            Counter("", ""),
            by_name["light_gc_fail"],
            by_name["hard_gc_fail"],
        ]

    def set_most(self, most: i64) -> None:
        """Hold *most* entries at most; how many are left by a run follows from that."""
        self.most = most
        self.hard_target = most - most // 10
        self.light_target = most - most // 5
        self.light_trigger = self.hard_target - most // 20

    def set_periodic(self, interval: i64, old_age: i64, target: i64) -> None:
        """Clear what was silent for *old_age* each *interval* (0: never), down to *target*."""
        self.interval = interval
        self.old_age = old_age
        self.target = target
        self.next_run = NO_MOMENT

    def size(self) -> i64:
        """Return how many entries there are."""
        return self.calm.count + self.loud.count

    def pass_time(self, now: i64) -> None:
        """Do what is to be done at *now*, before an event that comes then."""
        if now >= self.next_run:
            self._tick(now)
        if self.run != IDLE:
            self._step(now)

    def find(self, key: bytes, now: i64) -> RateEntry | None:
        """Return the entry of *key*, a new one if there was none; None where there is no room."""
        entry = self.by_key.get(key)
        if entry is not None:
            return entry
        size = self.size()
        if size >= self.most:
            if self.run != HARD:
                self._begin(HARD)
            self._step(now)
            if self.size() >= self.most:
                return None
        elif size >= self.light_trigger and self.run in (IDLE, PERIODIC):
            self._begin(LIGHT)
            self._step(now)
        entry = RateEntry(key, self.begun, now)
        self.begun += 1
        self.by_key[key] = entry
        self.calm.append(entry)
        return entry

    def settle(self, entry: RateEntry, now: i64, *, exceeded: bool) -> None:
        """Put *entry* where it belongs after an event at *now*, which *exceeded* a limit or not."""
        (self.loud if entry.exceeded else self.calm).remove(entry)
        (self.loud if exceeded else self.calm).append(entry)
        if exceeded != entry.exceeded:
            entry.exceeded = exceeded
            entry.changed = now
        entry.last = now

    def force(self, target: i64, most: i64) -> Forced:
        """Remove entries within their limits until *target* are left, but no more than *most*."""
        done = Forced(target, self.size())
        self.forced = done
        while self.size() > target:
            oldest = _oldest(self.calm)
            if oldest is None:
                break
            if done.removed >= most:
                done.cut = True
                break
            self._remove(oldest)
            done.walked += 1
            done.removed += 1
        done.after = self.size()
        return done

    def _tick(self, now: i64) -> None:
        """Begin the periodic run that is due; the first is due an interval from now."""
        due = self.next_run != NO_MOMENT
        self.next_run = now + self.interval if self.interval > 0 else NEVER
        if not due:
            return
        if self.run == IDLE:
            self._begin(PERIODIC)
        else:
            self.missed.value += 1

    def _begin(self, run: i64) -> None:
        if self.run != IDLE:
            self._end(met=False)
        self.runs[run].value += 1
        self.run = run
        self.walked = 0
        self.removed = 0
        self.lane = self.calm
        self.round = 0
        if run == PERIODIC:
            self.age = self.old_age
            self.goal = self.target
        elif run == LIGHT:
            self.age = self.light_age
            self.goal = self.light_target
        else:
            self.age = self.hard_age0
            self.goal = min(self.hard_target, self.most - 1)

    def _step(self, now: i64) -> None:
        """Go on with the run: take some entries, until it has reached its end."""
        left: i64 = STEP
        while left > 0 and self.run != IDLE:
            if self.size() <= self.goal:
                self._end(met=self.round != LAST_RESORT)
                continue
            oldest = _oldest(self.lane)
            if oldest is not None:
                self.walked += 1
            if oldest is None or now - oldest.last <= self.age:
                self._next_round()
            else:
                self._remove(oldest)
                self.removed += 1
                left -= 1

    def _next_round(self) -> None:
        """Go on to younger entries and to others; only a hard run does so."""
        self.round += 1
        if self.run != HARD or self.round > LAST_RESORT:
            self._end(met=False)
        elif self.round == 1:
            self.age = self.hard_age1
        elif self.round == 2:
            self.lane = self.loud
            self.age = self.hard_age2
        else:
            self.lane = self.calm
            self.age = -1
            self.goal = self.most - 1

    def _end(self, *, met: bool) -> None:
        run = self.run
        (self.met if met else self.failed)[run].value += 1
        self.walked_by[run].note(self.walked)
        self.removed_by[run].note(self.removed)
        self.run = IDLE

    def _remove(self, entry: RateEntry) -> None:
        del self.by_key[entry.key]
        (self.loud if entry.exceeded else self.calm).remove(entry)


def _oldest(lane: Lane) -> RateEntry | None:
    return cast("RateEntry | None", lane.oldest)
