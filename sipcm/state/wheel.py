"""A timer wheel over stream time: who is due, in order of deadline, then of arming.

One ring of 64 slots, each about a second wide (2**30 ns). An entry waits in the slot of its
deadline, but never more than 63 slots ahead: one that waits for an hour is looked at once a minute
and put forward again. So any deadline fits. A slot is a ring of links through its entries, so that
any of them leaves at once, and waiting takes no memory beside the entry.

Moving is lazy. The deadline of an entry may simply be set to a later one: it stays where it lies,
keeps its place in the order and is put forward when its turn comes. Nearly every message moves a
deadline so.

When time reaches a slot its entries go into a heap, ordered by deadline and arming, from which
:meth:`Wheel.pop` takes those that are due. What is stopped or moved while it lies there leaves an
empty shell, which is swept out before there are many. A jump of years looks at each slot once.
"""

from heapq import heapify, heappop, heappush
from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from sipcm.state.entry import Entry

SLOTS: Final = 64
SLOT_BITS: Final = 30
NEVER: Final = 0x7FFF_FFFF_FFFF_FFFF
UNARMED: Final = 0
FEW_SHELLS: Final = 4096
"""Fewer shells than this are never worth a sweep."""


@mypyc_attr(acyclic=True)
class Waiter(Entry):
    """An entry that waits for its deadline (nanoseconds of stream time), which may be set later.

    ``order`` is that of arming, UNARMED while it waits for nothing.
    """

    __slots__ = ("after", "before", "deadline", "order")

    def __init__(self) -> None:
        super().__init__()
        self.deadline: i64 = 0
        self.order: i64 = UNARMED
        self.before: Waiter | None = None  # both None where it lies in no slot
        self.after: Waiter | None = None


@final
class Wheel:
    """Entries by deadline; time is what :meth:`pop` is told.

    ``next_due`` is the earliest moment at which :meth:`pop` has anything to do.
    """

    __slots__ = ("due", "next_due", "orders", "shells", "slots", "tick")

    def __init__(self) -> None:
        self.slots: list[Waiter] = [Waiter() for _ in range(SLOTS)]
        self.due: list[tuple[int, int, Waiter]] = []
        self.tick: i64 = 0
        self.orders: i64 = UNARMED
        self.next_due: i64 = NEVER
        self.shells: i64 = 0

    def start(self, waiter: Waiter, deadline: i64) -> None:
        """Let *waiter*, which is not armed, wait for *deadline*."""
        self.orders += 1
        waiter.order = self.orders
        waiter.deadline = deadline
        self._place(waiter)

    def move(self, waiter: Waiter, deadline: i64) -> None:
        """Let *waiter* wait for another *deadline*; one that is not armed stays so."""
        if waiter.order == UNARMED:
            return
        if waiter.after is not None and deadline >= waiter.deadline:
            self.orders += 1
            waiter.order = self.orders
            waiter.deadline = deadline
            return
        self.stop(waiter)
        self.start(waiter, deadline)

    def stop(self, waiter: Waiter) -> None:
        """Disarm *waiter*, so that it is never popped."""
        if waiter.order == UNARMED:
            return
        waiter.order = UNARMED
        if waiter.after is not None:
            _unlink(waiter)
            return
        self.shells += 1
        if self.shells >= FEW_SHELLS and self.shells * 2 >= len(self.due):
            self._sweep()

    def pop(self, now: i64) -> Waiter | None:
        """Take the next entry that is due at *now*; None when there is none."""
        if now >> SLOT_BITS > self.tick:
            self._turn(now >> SLOT_BITS)
        due = self.due
        while due and due[0][0] <= now:
            deadline, order, waiter = heappop(due)
            if waiter.order != order:
                self.shells -= 1
            elif waiter.deadline != deadline:
                self._place(waiter)
            else:
                waiter.order = UNARMED
                return waiter
        self.next_due = due[0][0] if due else self._next_slot()
        return None

    def cut(self, limit: i64) -> None:
        """Bring every deadline after *limit* forward to *limit*, keeping the order among them."""
        live = [
            (waiter.deadline, waiter.order, waiter)
            for _, order, waiter in self.due
            if waiter.order == order
        ]
        for slot in self.slots:
            while slot.after is not None:
                waiter = slot.after
                live.append((waiter.deadline, waiter.order, waiter))
                _unlink(waiter)
        live.sort()
        self.due = []
        self.shells = 0
        self.next_due = NEVER
        for deadline, _, waiter in live:
            self.start(waiter, min(deadline, limit))

    def _place(self, waiter: Waiter) -> None:
        tick = waiter.deadline >> SLOT_BITS
        if tick <= self.tick:
            heappush(self.due, (waiter.deadline, waiter.order, waiter))
            self.next_due = min(self.next_due, waiter.deadline)
            return
        if tick >= self.tick + SLOTS:
            tick = self.tick + SLOTS - 1
        _link(waiter, self.slots[tick & (SLOTS - 1)])
        self.next_due = min(self.next_due, tick << SLOT_BITS)

    def _sweep(self) -> None:
        self.due = [shell for shell in self.due if shell[2].order == shell[1]]
        heapify(self.due)
        self.shells = 0

    def _turn(self, tick: i64) -> None:
        first = self.tick + 1
        last = tick if tick - self.tick <= SLOTS else self.tick + SLOTS
        self.tick = tick
        for reached in range(first, last + 1):
            self._open(self.slots[reached & (SLOTS - 1)])

    def _open(self, slot: Waiter) -> None:
        """Put all that lie in *slot* now to where they belong; some come back to it."""
        last = slot.before
        waiter = slot.after
        while waiter is not None:
            _unlink(waiter)
            self._place(waiter)
            waiter = None if waiter is last else slot.after

    def _next_slot(self) -> i64:
        for ahead in range(1, SLOTS):
            tick = self.tick + ahead
            if self.slots[tick & (SLOTS - 1)].after is not None:
                return tick << SLOT_BITS
        return NEVER


def _link(waiter: Waiter, slot: Waiter) -> None:
    """Put *waiter* last in the ring of *slot*, which stands between its last and its first."""
    last = slot.before
    if last is None:
        last = slot
    waiter.before = last
    waiter.after = slot
    last.after = waiter
    slot.before = waiter


def _unlink(waiter: Waiter) -> None:
    before = waiter.before
    after = waiter.after
    if before is None or after is None:
        return
    if before is after:  # the slot, which is left empty
        before.after = None
        before.before = None
    else:
        before.after = after
        after.before = before
    waiter.before = None
    waiter.after = None
