"""A timer wheel over stream time: who is due, in order of deadline, then of arming.

One ring of 64 slots, each about a second wide (2**30 ns). An entry waits in the slot of its
deadline, but never more than 63 slots ahead: one that waits for an hour is looked at once a minute
and put forward again. So any deadline fits. A slot is a ring of links through its entries, so that
any of them leaves at once, and waiting takes no memory beside the entry.

Moving is lazy. An entry that is to wait longer stays in its slot, keeps its place in the order and
is put forward when its turn comes. Nearly every message moves a deadline so.

When time reaches a slot, what is due there is put in order of deadline and arming, behind what is
due already. Those of one timeout lie in order as a rule, so there are few runs to merge. What comes
for the present slot later is put to its place from the end on: no timeout is shorter than a second,
so there are few that it must pass. A jump of years looks at each slot once.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.state.entry import Entry

SLOTS: Final = 64
SLOT_BITS: Final = 30
NEVER: Final = 0x7FFF_FFFF_FFFF_FFFF
UNARMED: Final = 0


@mypyc_attr(acyclic=True)
class Waiter(Entry):
    """An entry that waits for its deadline (nanoseconds of stream time).

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

    ``next_due`` is the earliest moment at which :meth:`pop` has anything to do. ``due`` is the slot
    that time has reached, in order; in ``slots`` lies what is due after ``tick``, by its ring.
    """

    __slots__ = ("due", "next_due", "orders", "slots", "tick")

    def __init__(self) -> None:
        self.slots: list[Waiter] = [Waiter() for _ in range(SLOTS)]
        self.due: Waiter = Waiter()
        self.tick: i64 = 0
        self.orders: i64 = UNARMED
        self.next_due: i64 = NEVER

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
        if deadline >= waiter.deadline and waiter.deadline >> SLOT_BITS > self.tick:
            self.orders += 1
            waiter.order = self.orders
            waiter.deadline = deadline
            return
        _unlink(waiter)
        self.start(waiter, deadline)

    def prolong(self, waiter: Waiter, deadline: i64) -> None:
        """Let *waiter* wait until *deadline* if that is later, with its place in the order."""
        if deadline <= waiter.deadline:
            return
        lies_in_slot = waiter.deadline >> SLOT_BITS > self.tick
        waiter.deadline = deadline
        if not lies_in_slot and waiter.order != UNARMED:
            _unlink(waiter)
            self._place(waiter)

    def stop(self, waiter: Waiter) -> None:
        """Disarm *waiter*, so that it is never popped."""
        waiter.order = UNARMED
        _unlink(waiter)

    def pop(self, now: i64) -> Waiter | None:
        """Take the next entry that is due at *now*; None when there is none."""
        if now >> SLOT_BITS > self.tick:
            self._turn(now >> SLOT_BITS)
        first = self.due.after
        if first is None:
            self.next_due = self._next_slot()
            return None
        if first.deadline > now:
            self.next_due = first.deadline
            return None
        self.stop(first)
        return first

    def cut(self, limit: i64) -> None:
        """Bring every deadline after *limit* forward to *limit*, keeping the order among them."""
        live: list[tuple[int, int, Waiter]] = []
        for slot in [self.due, *self.slots]:
            while slot.after is not None:
                waiter = slot.after
                live.append((waiter.deadline, waiter.order, waiter))
                _unlink(waiter)
        live.sort()
        self.next_due = NEVER
        for deadline, _, waiter in live:
            self.start(waiter, min(deadline, limit))

    def _place(self, waiter: Waiter) -> None:
        tick = waiter.deadline >> SLOT_BITS
        if tick <= self.tick:
            _arrange(waiter, self.due)
            self.next_due = min(self.next_due, waiter.deadline)
            return
        if tick >= self.tick + SLOTS:
            tick = self.tick + SLOTS - 1
        _insert(waiter, self.slots[tick & (SLOTS - 1)])
        begin = tick << SLOT_BITS
        if begin < self.next_due:  # noqa: PLR1730  cheaper than a call of min
            self.next_due = begin

    def _turn(self, tick: i64) -> None:
        """Let time reach *tick*: what lies in the slots up to there is due, or put forward."""
        first = self.tick + 1
        last = tick if tick - self.tick <= SLOTS else self.tick + SLOTS
        self.tick = tick
        ripe: list[Waiter] = []  # the first of each run
        newest: Waiter | None = None
        for reached in range(first, last + 1):
            slot = self.slots[reached & (SLOTS - 1)]
            waiter = _emptied(slot)
            while waiter is not slot and waiter is not None:
                following = waiter.after
                waiter.before = None
                waiter.after = None
                if waiter.deadline >> SLOT_BITS > tick:
                    self._place(waiter)
                elif newest is None or _precedes(waiter, newest):
                    ripe.append(waiter)
                    newest = waiter
                else:
                    newest.after = waiter
                    newest = waiter
                waiter = following
        waiter = _merged(ripe)
        while waiter is not None:
            following = waiter.after
            _insert(waiter, self.due)
            waiter = following

    def _next_slot(self) -> i64:
        for ahead in range(1, SLOTS):
            tick = self.tick + ahead
            if self.slots[tick & (SLOTS - 1)].after is not None:
                return tick << SLOT_BITS
        return NEVER


def _precedes(one: Waiter, other: Waiter) -> bool:
    """Tell whether *one* is due before *other*."""
    if one.deadline != other.deadline:
        return one.deadline < other.deadline
    return one.order < other.order


def _insert(waiter: Waiter, after: Waiter) -> None:
    """Put *waiter* before *after* in its ring.

    Before the slot, which stands between the last and the first, it is the last one.
    """
    before = after.before
    if before is None:  # the slot, which is empty
        before = after
    waiter.before = before
    waiter.after = after
    before.after = waiter
    after.before = waiter


def _arrange(waiter: Waiter, slot: Waiter) -> None:
    """Put *waiter* to where it belongs in the ring of *slot*, which is in order."""
    after = slot
    before = slot.before
    while before is not None and before is not slot and _precedes(waiter, before):
        after = before
        before = before.before
    _insert(waiter, after)


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


def _emptied(slot: Waiter) -> Waiter | None:
    """Let go what lies in the ring of *slot*; return the first of it, from which it can be walked.

    The walk ends at *slot*.
    """
    first = slot.after
    slot.after = None
    slot.before = None
    return first


def _merged(runs: list[Waiter]) -> Waiter | None:
    """Make one chain of *runs*, each in order; return its first."""
    while len(runs) > 1:
        pairs = [_merge(runs[at], runs[at + 1]) for at in range(0, len(runs) - 1, 2)]
        runs = pairs if len(runs) % 2 == 0 else [*pairs, runs[-1]]
    return runs[0] if runs else None


def _merge(one: Waiter, other: Waiter) -> Waiter:
    """Make one chain of two, each in order and ending without a link; return its first."""
    first = one
    if _precedes(other, one):
        first, other = other, one
    last = first
    rest = first.after
    while rest is not None:
        if _precedes(other, rest):  # it goes on there, and the rest is the other
            last.after = other
            other, rest = rest, other
        last = rest
        rest = rest.after
    last.after = other
    return first
