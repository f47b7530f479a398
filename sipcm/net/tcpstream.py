"""One direction of a TCP connection: where it is, and what came ahead of its order.

Positions are 64 bits wide and count bytes from the first that was seen, so that sequence numbers
may wrap around (RFC 9293 3.4). It knows no headers and no time but the moments it is told.
"""

from sipcm.annotation import TYPE_CHECKING, Final, final, i64, mypyc_attr
from sipcm.counters import Counter

if TYPE_CHECKING:
    from sortedcontainers import SortedDict

NUMBERS: Final = 0xFFFFFFFF
"""Sequence numbers are counted modulo one more than this."""

FAR: Final = 1 << 24
"""Bytes from where a stream is to a segment that is not believed to be of it."""

# Where a stream is in its life.
UNSURE: Final = 0  # its begin was not captured, and what came may not be the first of it
OPEN: Final = 1
ENDING: Final = 2  # FIN was seen, but not all that comes before it
ENDED: Final = 3

# Up to where a stream is given although bytes are missing.
IN_ORDER: Final = 0
PAST_ONE: Final = 1  # past the first gap
PAST_GAPS: Final = 2  # past all of them
TO_THE_END: Final = 3  # the same, and then it ends

# What a segment is to a stream.
OURS: Final = 0
FOREIGN: Final = 1  # far outside of it
ANOTHER: Final = 2  # it shows that another has begun

LARGE_GAP: Final = 1 << 17
"""Bytes from which on a gap is doubted: a segment may have been damaged that seemed far ahead."""

NEVER: Final = (1 << 63) - 1
"""A moment that does not come."""

NOWHERE: Final = -(1 << 62)
"""The position of what is not known."""


@final
@mypyc_attr(acyclic=True)
class Held:
    """A piece that waits: its position, how many bytes, when it came, and these bytes.

    ``data`` has the addresses before them; it is empty for what the capture cut off.
    """

    __slots__ = ("data", "position", "size", "timestamp")

    def __init__(self, position: i64, size: i64, timestamp: i64, data: bytes) -> None:
        self.position: i64 = position
        self.size: i64 = size
        self.timestamp: i64 = timestamp
        self.data: bytes = data


MOST_EMPTY: Final = 64
_EMPTY: Final[list["SortedDict[int, Held]"]] = []
"""Maps that nothing waits in."""


@mypyc_attr(acyclic=True)
class StreamUser:
    """What whoever reads a stream keeps of it; a base for classes of theirs."""

    __slots__ = ()


@final
class Stream:
    """One direction of a connection, as ``key`` (addresses, then ports) names it.

    ``addresses``, ``ports``  the same as words, once it was found by its key; 0 where the addresses
                  are not those of IPv4
    ``next``      the sequence number that is expected, ``position`` the place that it stands for
    ``begin``     the sequence number after SYN, -1 where that was not seen
    ``end``       the position of FIN, NOWHERE where that was not seen
    ``last``      the moment at which it was last heard of
    ``since``     the moment since which it waits for what is missing
    ``waiting``   pieces by their position; None where it waits for nothing
    ``first``     the position of the first of them, NEVER where none waits
    ``held``      how many bytes these pieces are
    ``has``       the position up to which its receiver said last that it has all, or NOWHERE
    ``tally``     counts its segments where nobody reads it, else None
    """

    __slots__ = (
        "_doubt",
        "_hole",
        "_hole_end",
        "addresses",
        "begin",
        "end",
        "first",
        "has",
        "held",
        "key",
        "last",
        "limit",
        "next",
        "peer",
        "ports",
        "position",
        "queued",
        "since",
        "state",
        "tally",
        "user",
        "waiting",
    )

    def __init__(self, key: bytes, moment: i64) -> None:
        self.key: bytes = key
        self.addresses: i64 = 0
        self.ports: i64 = 0
        self.peer: Stream | None = None
        self.user: StreamUser | None = None
        self.state: i64 = OPEN
        self.next: i64 = 0
        self.position: i64 = 0
        self.begin: i64 = -1
        self.end: i64 = NOWHERE
        self.last: i64 = moment
        self.since: i64 = 0
        self.first: i64 = NEVER
        self.held: i64 = 0
        self.has: i64 = NOWHERE
        self.waiting: SortedDict[int, Held] | None = None
        self.tally: Counter | None = None
        self.queued: bool = False
        self.limit: i64 = IN_ORDER
        self._doubt: i64 = -1  # the sequence number after a segment that was far outside
        self._hole: i64 = 0  # the last large gap that was passed
        self._hole_end: i64 = 0

    def place(self, sequence: i64) -> i64:
        """Return the position that *sequence* stands for."""
        ahead = (sequence - self.next) & NUMBERS
        if ahead >= 1 << 31:
            ahead -= 1 << 32
        return self.position + ahead

    def move(self, position: i64) -> None:
        """Expect what lies at *position*, wherever that is."""
        self.next = (self.next + position - self.position) & NUMBERS
        self.position = position

    def hold(self, position: i64, size: i64, data: bytes, start: i64, timestamp: i64) -> i64:
        """Keep what is new of *size* bytes at *position*; return how many these are.

        They lie at *start* of *data*, which is empty for bytes that were cut off. Bytes that came
        first stay, whatever comes in their place later (RFC 9293 leaves that to the receiver).
        """
        begin = max(position, self.position)
        stop = position + size
        if self.end != NOWHERE:
            stop = min(stop, self.end)
        if stop <= begin:
            return 0
        waiting = self.waiting
        if waiting is None:
            waiting = empty_map()
            self.waiting = waiting
        place: i64 = waiting.bisect_right(begin)
        if place > 0:
            before: Held = waiting.peekitem(place - 1)[1]
            begin = max(begin, before.position + before.size)
        kept: i64 = 0
        while begin < stop:
            upto = stop
            step = stop
            if place < len(waiting):
                after: Held = waiting.peekitem(place)[1]
                upto = min(stop, after.position)
                step = after.position + after.size
            if upto > begin:
                first = start + begin - position
                last = first + upto - begin
                held = self.key[:-4] + data[first:last] if data else b""
                waiting[begin] = Held(begin, upto - begin, timestamp, held)
                self.first = min(self.first, begin)
                kept += upto - begin
                place += 1
            begin = max(upto, step)
            place += 1
        self.held += kept
        return kept

    def judge(self, sequence: i64, position: i64, length: i64) -> i64:
        """Say what a segment of so many bytes at *position* is to this stream."""
        if length == 0:
            return OURS if is_near(position - self.position) else FOREIGN
        if is_near(position - self.position):
            in_hole = self._hole <= position and position + length <= self._hole_end
            behind_end = self.state == ENDED and position >= self.position
            return ANOTHER if in_hole or behind_end else OURS
        if self.state == ENDED or self._doubt == sequence:
            return ANOTHER
        self._doubt = (sequence + length) & NUMBERS
        return FOREIGN

    def skip(self, gap: i64) -> None:
        """Go on behind a gap of so many bytes."""
        if gap >= LARGE_GAP:
            self._hole = self.position
            self._hole_end = self.position + gap
        self.move(self.position + gap)

    def gap(self) -> i64:
        """Return how many bytes are missing before the first that waits, or FIN; 0 if none are."""
        first = self.end if self.first == NEVER else self.first
        return max(0, first - self.position)

    def is_lost(self) -> bool:
        """Tell whether the receiver has what is missing first, so that the capture lost it."""
        gap = self.gap()
        return gap > 0 and self.has >= self.position + gap

    def release(self) -> Held | None:
        """Give the piece that follows, if it is there, and move behind it."""
        waiting = self.waiting
        if waiting is None or self.first > self.position:
            return None
        held: Held = waiting.popitem(0)[1]
        self.held -= held.size
        self.move(self.position + held.size)
        if len(waiting) == 0:
            self.let_go()
        else:
            first: i64 = waiting.peekitem(0)[0]
            self.first = first
        return held

    def let_go(self) -> None:
        """Hold nothing any more."""
        waiting = self.waiting
        self.waiting = None
        self.first = NEVER
        self.held = 0
        if waiting is not None and len(_EMPTY) < MOST_EMPTY:
            waiting.clear()
            _EMPTY.append(waiting)


def is_near(distance: i64) -> bool:
    """Tell whether a segment so far away may be of the stream."""
    return -FAR <= distance <= FAR


def empty_map() -> "SortedDict[int, Held]":
    """Return a map for what waits: one that was used before, since making one takes long."""
    if _EMPTY:
        return _EMPTY.pop()
    from sortedcontainers import SortedDict  # noqa: PLC0415  costs more than a short run

    return SortedDict()
