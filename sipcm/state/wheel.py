"""A timer wheel over stream time: who is due, in order of deadline, then of arming.

One ring of 64 slots, each about a second wide (2**30 ns). A timer waits in the slot of its
deadline, but never more than 63 slots ahead: a timer of an hour is looked at once a minute and put
forward again. So any deadline fits, and what has died is not held for long.

Moving is lazy. The deadline of a timer may simply be set to a later one: it stays where it lies,
keeps its place in the order and is put forward when its turn comes. Nearly every message moves a
timer so. One moved to an earlier deadline than its place allows leaves an empty shell behind and
becomes a new timer. Shells, which stopping leaves too, are swept out before they outnumber the
timers.

When time reaches a slot its timers go into a heap, ordered by deadline and arming, from which
:meth:`Wheel.pop` takes those that are due. A jump of years looks at each slot once.
"""

from heapq import heapify, heappop, heappush
from typing import Final, final

from mypy_extensions import i64

SLOTS: Final = 64
SLOT_BITS: Final = 30
NEVER: Final = 0x7FFF_FFFF_FFFF_FFFF
FEW_SHELLS: Final = 4096
"""Fewer shells than this are never worth a sweep."""


@final
class Timer:
    """A deadline (nanoseconds of stream time), which may be set later, and who waits for it."""

    __slots__ = ("deadline", "order", "owner", "tick")

    def __init__(self, owner: object, deadline: i64, order: i64) -> None:
        self.owner: object | None = owner
        self.deadline: i64 = deadline
        self.order: i64 = order
        self.tick: i64 = 0


@final
class Wheel:
    """Timers by deadline; time is what :meth:`pop` is told.

    ``next_due`` is the earliest moment at which :meth:`pop` has anything to do.
    """

    __slots__ = ("due", "most_shells", "next_due", "orders", "shells", "slots", "tick")

    def __init__(self) -> None:
        self.slots: list[list[Timer]] = [[] for _ in range(SLOTS)]
        self.due: list[tuple[int, int, Timer]] = []
        self.tick: i64 = 0
        self.orders: i64 = 0
        self.next_due: i64 = NEVER
        self.shells: i64 = 0  # made since the last sweep
        self.most_shells: i64 = FEW_SHELLS

    def start(self, owner: object, deadline: i64) -> Timer:
        """Arm a new timer that gives *owner* at *deadline*."""
        self.orders += 1
        timer = Timer(owner, deadline, self.orders)
        self._place(timer)
        return timer

    def move(self, timer: Timer, deadline: i64) -> Timer:
        """Give *timer* another deadline; return the timer to keep instead of it."""
        waits_in_slot = timer.tick > self.tick
        if deadline >= timer.deadline or (waits_in_slot and deadline >> SLOT_BITS >= timer.tick):
            self.orders += 1
            timer.order = self.orders
            timer.deadline = deadline
            return timer
        owner = timer.owner
        self.stop(timer)
        return self.start(owner, deadline)

    def stop(self, timer: Timer) -> None:
        """Disarm *timer*, so that it is never popped."""
        timer.owner = None
        self.shells += 1
        if self.shells >= self.most_shells:
            self._sweep()

    def pop(self, now: i64) -> Timer | None:
        """Take the next timer that is due at *now*; None when there is none."""
        if now >> SLOT_BITS > self.tick:
            self._turn(now >> SLOT_BITS)
        due = self.due
        while due and due[0][0] <= now:
            deadline, order, timer = heappop(due)
            if timer.owner is None:
                continue
            if timer.deadline == deadline and timer.order == order:
                return timer
            self._place(timer)
        self.next_due = due[0][0] if due else self._next_slot()
        return None

    def cut(self, limit: i64) -> None:
        """Bring every deadline after *limit* forward to *limit*, keeping the order among them."""
        waiting = [entry[2] for entry in self.due]
        for slot in self.slots:
            waiting.extend(slot)
        live = [
            (timer.deadline, timer.order, timer) for timer in waiting if timer.owner is not None
        ]
        live.sort()
        self.slots = [[] for _ in range(SLOTS)]
        self.due = []
        self.next_due = NEVER
        for deadline, _, timer in live:
            self.orders += 1
            timer.order = self.orders
            timer.deadline = min(deadline, limit)
            self._place(timer)

    def _place(self, timer: Timer) -> None:
        tick = timer.deadline >> SLOT_BITS
        if tick <= self.tick:
            timer.tick = self.tick
            heappush(self.due, (timer.deadline, timer.order, timer))
            self.next_due = min(self.next_due, timer.deadline)
            return
        if tick >= self.tick + SLOTS:
            tick = self.tick + SLOTS - 1
        timer.tick = tick
        self.slots[tick & (SLOTS - 1)].append(timer)
        self.next_due = min(self.next_due, tick << SLOT_BITS)

    def _sweep(self) -> None:
        live: i64 = 0
        for number in range(SLOTS):
            timers = [timer for timer in self.slots[number] if timer.owner is not None]
            self.slots[number] = timers
            live += len(timers)
        self.due = [entry for entry in self.due if entry[2].owner is not None]
        heapify(self.due)
        self.shells = 0
        self.most_shells = max(live + len(self.due), FEW_SHELLS)

    def _turn(self, tick: i64) -> None:
        first = self.tick + 1
        last = tick if tick - self.tick <= SLOTS else self.tick + SLOTS
        self.tick = tick
        for reached in range(first, last + 1):
            timers = self.slots[reached & (SLOTS - 1)]
            if not timers:
                continue
            self.slots[reached & (SLOTS - 1)] = []
            for timer in timers:
                if timer.owner is not None:
                    self._place(timer)

    def _next_slot(self) -> i64:
        for ahead in range(1, SLOTS):
            tick = self.tick + ahead
            if self.slots[tick & (SLOTS - 1)]:
                return tick << SLOT_BITS
        return NEVER
