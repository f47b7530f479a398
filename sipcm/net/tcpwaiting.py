"""The streams that wait for missing bytes, in order of since when, and what they hold together."""

from sipcm.annotation import Final, final, i64
from sipcm.containers import OrderedDict
from sipcm.counters import Counter
from sipcm.net.tcpstream import NEVER, Stream, empty_map

MOST_HELD: Final = 1 << 19
"""Bytes that one stream holds, and how much memory all of them take together."""
MOST_WEIGHT: Final = 1 << 26
MOST_PIECES: Final = 1024
"""Pieces that one stream holds."""
PIECE_WEIGHT: Final = 256
"""Bytes that a piece takes beside its own, and a stream in which pieces wait, about."""
STREAM_WEIGHT: Final = 4096
_UNKNOWN: Final = -1
ACKNOWLEDGED_WAIT: Final = 1_000_000_000
"""Nanoseconds for which a stream waits for what its receiver has."""


@final
class Waiting:
    """Streams that wait; ``held`` counts their bytes, ``pieces`` how many these are in.

    ``timeout``  for how many nanoseconds they do at most; set before the first one waits
    ``hurried``  those that do not for so long, and until when
    """

    __slots__ = (
        "_due",
        "held",
        "hurried",
        "most_held",
        "most_weight",
        "pieces",
        "streams",
        "timeout",
    )

    def __init__(
        self, held: Counter, pieces: Counter, most_held: i64 = MOST_HELD, most: i64 = MOST_WEIGHT
    ) -> None:
        self.held: Counter = held
        self.pieces: Counter = pieces
        self.most_held: i64 = most_held
        self.most_weight: i64 = most
        self.timeout: i64 = 60_000_000_000
        self.streams: OrderedDict[Stream, None] = OrderedDict()
        self.hurried: OrderedDict[Stream, int] = OrderedDict()
        self._due: i64 = _UNKNOWN  # what due() said last, while that holds

    def add(self, stream: Stream, moment: i64) -> None:
        """Let *stream* wait from *moment* on, unless it does already."""
        if stream not in self.streams:
            stream.since = moment
            self._due = _UNKNOWN
            self.streams[stream] = None
            if stream.waiting is None:
                stream.waiting = empty_map()
        if stream.has > stream.position and stream.is_lost() and stream not in self.hurried:
            self.hurried[stream] = moment + ACKNOWLEDGED_WAIT
            self._due = _UNKNOWN

    def acknowledge(self, stream: Stream, position: i64, moment: i64) -> bool:
        """Take in that the receiver has all before *position*; True if *stream* waits in vain.

        Where it has not waited for long it does on for a little: the capture may be late.
        """
        stream.has = position
        if not stream.is_lost():
            return False
        if moment - stream.since >= ACKNOWLEDGED_WAIT:
            return True
        self.add(stream, moment)
        return False

    def remove(self, stream: Stream) -> None:
        """Let *stream* wait no more."""
        self.streams.pop(stream, None)
        self.hurried.pop(stream, None)
        self._due = _UNKNOWN

    def drop(self, stream: Stream) -> None:
        """Let go of what *stream* holds."""
        waiting = stream.waiting
        if waiting is not None:
            self.change(-stream.held, -len(waiting))
            stream.let_go()
        self.remove(stream)

    def change(self, size: i64, pieces: i64) -> None:
        """Count *size* bytes in so many *pieces* more, or less."""
        held = self.held
        held.value += size
        held.highest = max(held.highest, held.value)
        counted = self.pieces
        counted.value += pieces
        counted.highest = max(counted.highest, counted.value)

    def weight(self) -> i64:
        """Return how many bytes of memory it takes, about."""
        together = self.pieces.value * PIECE_WEIGHT + len(self.streams) * STREAM_WEIGHT
        return self.held.value + together

    def due(self) -> i64:
        """Return the moment at which the first has waited for too long."""
        if self._due == _UNKNOWN:
            self._due = NEVER
            if len(self.streams) > 0:
                self._due = self._first().since + self.timeout
            if len(self.hurried) > 0:
                self._due = min(self._due, self.hurried[next(iter(self.hurried))])
        return self._due

    def late(self, moment: i64) -> Stream | None:
        """Return a stream that has waited for too long at *moment*, and let it wait no more."""
        if len(self.streams) == 0:
            return None
        first = self._first()
        if first.since + self.timeout > moment:
            return None
        self.remove(first)
        return first

    def lost(self, moment: i64) -> Stream | None:
        """Return a stream that waits for what the capture lost, as is sure at *moment*."""
        while self.hurried:
            first = next(iter(self.hurried))
            if self.hurried[first] > moment:
                return None
            del self.hurried[first]
            self._due = _UNKNOWN
            if first.is_lost():
                return first
        return None

    def over(self, stream: Stream) -> list[Stream]:
        """Return the streams that hold too much: *stream*, and those that have waited longest."""
        found: list[Stream] = []
        waiting = stream.waiting
        if waiting is not None and (stream.held > self.most_held or len(waiting) > MOST_PIECES):
            found.append(stream)
        excess = self.weight() - self.most_weight
        if excess > 0:
            for longest in self.streams:
                found.append(longest)
                excess -= longest.held + STREAM_WEIGHT
                if excess <= 0:
                    break
        return found

    def _first(self) -> Stream:
        return next(iter(self.streams))
