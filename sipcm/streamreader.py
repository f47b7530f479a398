"""What is known of a stream beyond its bytes: what it carries, and who cuts it into messages."""

from typing import Final, final

from mypy_extensions import i64

from sipcm.net.tcpstream import StreamUser
from sipcm.sip.framing import Framer

# What a stream carries, as far as that is known.
UNDECIDED: Final = 0
SIP: Final = 1

MOST_MARKS: Final = 64
"""Pieces of which it is remembered when they came."""


@final
class Reader(StreamUser):
    """Reads one stream.

    ``carries``  a number from above
    ``framer``   cuts it into messages of SIP
    ``seen``     bytes that came before it was decided what it carries
    ``lost``     bytes were missing, and no message has come since
    """

    __slots__ = ("_offsets", "_times", "carries", "framer", "lost", "offset", "seen")

    def __init__(self, framer: Framer) -> None:
        self.framer: Framer = framer
        self.carries: i64 = UNDECIDED
        self.seen: i64 = 0
        self.lost: bool = False
        self.offset: i64 = 0
        self._offsets: list[int] = []
        self._times: list[int] = []

    def mark(self, size: i64, timestamp: i64) -> None:
        """Remember that the next *size* bytes came at *timestamp*."""
        oldest = self.framer.oldest()
        offsets = self._offsets
        while len(offsets) > 1 and offsets[1] <= oldest:
            offsets.pop(0)
            self._times.pop(0)
        if len(offsets) < MOST_MARKS:
            offsets.append(self.offset)
            self._times.append(timestamp)
        self.offset += size

    def skip(self, size: i64) -> None:
        """Let *size* bytes be missing."""
        self.offset += size

    def came(self, offset: i64) -> i64:
        """Return when the byte at *offset* came."""
        found: i64 = 0
        for place in range(len(self._offsets)):
            if self._offsets[place] > offset:
                break
            found = self._times[place]
        return found
