"""How much is done before others have their turn: counted, since the core reads no clock.

What one packet brings about has no bound of its own: it may let hundreds of streams go on, or fire
the timers of all calls. So whoever does such a thing tells what it costs, in nanoseconds of
compiled code, about; where nothing is left the work is put off, and all stays as it is. Where that
happens changes no event.
"""

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED

ENDLESS: Final = 1 << 62

SLICE: Final = 4_000_000 if COMPILED else 250_000
"""What is done at most between two looks at the clock."""

ENOUGH: Final = 2_000_000
"""What must be left to begin another lot of packets: one that is broken off has to be kept."""

TIMER: Final = 2_000
MESSAGE: Final = 3_000  # that was found in a stream or in a packet of SCTP
STEP: Final = 500  # of a stream: a piece, a gap, an end
FRAME: Final = 1_000  # of WebSocket
LINE: Final = 400  # of a stream, where it is no header

# For each byte
CAPTURED: Final = 24
WHOLE: Final = 80  # of a packet that was put together from fragments
IN_ORDER: Final = 16  # of a stream
INFLATED: Final = 8


@final
class Effort:
    """What may be done, ``most`` at a time; ``left`` is how much of that is left."""

    __slots__ = ("left", "most")

    def __init__(self) -> None:
        self.most: i64 = ENDLESS
        self.left: i64 = ENDLESS

    def begin(self) -> None:
        """Let all that may be done at a time be left."""
        self.left = self.most
