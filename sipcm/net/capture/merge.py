"""Several interfaces as one: their packets in the order of their times.

A request may come in by one interface and its response by another. Which of them is read first must
not depend on whose block the kernel handed over first.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.capture.ring import LiveCursor, RingCursor

NO_TIME: Final = (1 << 63) - 1


@final
class MergedCursor(LiveCursor):
    """Walks the packets of *cursors*, always the earliest that any of them has.

    Where a cursor is used up the walk stands still until it is told what comes by that one.

    ``until``  a cursor that was told to be dry brings nothing earlier than this any more
    """

    __slots__ = ("_dry", "_ready", "cursors", "until")

    def __init__(self, cursors: list[RingCursor]) -> None:
        super().__init__(0)
        self.cursors: list[RingCursor] = cursors
        self.until: i64 = 0
        self._ready: list[bool] = [False] * len(cursors)
        self._dry: list[bool] = [False] * len(cursors)

    def replace(self, number: int, cursor: RingCursor) -> None:
        """Go on with another cursor in the place *number*, whose own must be used up."""
        self.cursors[number] = cursor
        self._ready[number] = False

    def needs(self, number: int) -> bool:
        """Return whether the cursor in the place *number* is used up."""
        if not self._ready[number]:
            self._ready[number] = self.cursors[number].next()
        return not self._ready[number]

    def tell(self, number: int, *, dry: bool) -> None:
        """Tell whether there was nothing for the cursor in the place *number*, or it was fed."""
        self._dry[number] = dry

    def holds(self) -> bool:
        """Return whether there are packets that wait for earlier ones."""
        return True in self._ready

    def step(self) -> bool:
        """Go to the earliest packet; False where a cursor may still bring an earlier one."""
        earliest = NO_TIME
        chosen: i64 = -1
        limit = NO_TIME
        ready = self._ready
        cursors = self.cursors
        count: i64 = len(cursors)
        at: i64 = 0
        while at < count:
            cursor = cursors[at]
            if not ready[at]:
                ready[at] = cursor.next()
            if not ready[at]:
                if not self._dry[at]:
                    return False
                limit = self.until
            elif cursor.timestamp < earliest:
                earliest = cursor.timestamp
                chosen = at
            at += 1
        if chosen < 0 or earliest >= limit:
            return False
        cursor = cursors[chosen]
        ready[chosen] = False
        self.buffer = cursor.buffer
        self.start = cursor.start
        self.end = cursor.end
        self.wire = cursor.wire
        self.timestamp = cursor.timestamp
        self.linktype = cursor.linktype
        self.place = cursor.place
        self.number += 1
        return True
