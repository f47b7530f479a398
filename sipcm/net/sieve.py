"""Which packets of an input are taken at all: those that a filter matches.

One function a link type, made when the first packet of that link type comes. Packets that are left
out are counted, and nothing else is done with them.
"""

from sipcm.annotation import Callable, final, i64

Matches = Callable[[bytes, int], bool]
"""Tells whether a packet matches, from its captured bytes and its length on the wire."""


@final
class Sieve:
    """Lets packets through that the function for their link type matches.

    *make* returns that function, or None where no packet of the link type can be judged: those are
    left out too. ``refused`` is the link type of the first of them since they were last asked for.
    """

    __slots__ = ("_left_out", "_make", "_matches", "_unjudged", "refused")

    def __init__(self, make: Callable[[int], Matches | None]) -> None:
        self._make = make
        self._matches: dict[int, Matches | None] = {}
        self._left_out: i64 = 0
        self._unjudged: i64 = 0
        self.refused: i64 = 0

    def admits(self, buffer: bytes, start: i64, end: i64, wire: i64, linktype: i64) -> bool:
        """Tell whether the packet ``buffer[start:end]`` is let through."""
        key = int(linktype)
        if key not in self._matches:
            self._matches[key] = self._make(key)
        matches = self._matches[key]
        packet: bytes = buffer[start:end] if end > start else b""
        if matches is None:
            if self._unjudged == 0:
                self.refused = linktype
            self._unjudged += 1
        elif matches(packet, int(wire)):
            return True
        self._left_out += 1
        return False

    def unjudged(self) -> i64:
        """Return how many packets could not be judged since this was asked last."""
        count = self._unjudged
        self._unjudged = 0
        return count

    def left_out(self) -> i64:
        """Return how many packets were not let through since this was asked last."""
        count = self._left_out
        self._left_out = 0
        return count
