"""What becomes of a segment of TCP, and words for it, which a log writes."""

from sipcm.annotation import Final

NEXT: Final = 0
NO_DATA: Final = 1
AHEAD: Final = 2
REPEATED: Final = 3
OVERLAPS: Final = 4
JOINED: Final = 5
BEGAN: Final = 6
FINISHED: Final = 7
RESET: Final = 8
TOO_FAR: Final = 9
IGNORED: Final = 10
BAD: Final = 11

FATES: Final = (
    "in order",
    "no data",
    "ahead of its order",
    "holds nothing new",
    "overlaps what has come",
    "the first of a stream that had begun",
    "begins a stream",
    "ends its stream",
    "resets its stream",
    "far outside of its stream",
    "not read",
    "bad header",
)
"""The words, by number."""
