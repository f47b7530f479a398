"""Stream time: one clock that only packets move (nanoseconds).

Packet time is what a capture says; stream time is what the core runs on. They differ by ``shift``,
which changes only when the capture itself falls back in time, as an older file after a newer one
does. A packet up to a minute older than the newest is late, not a fall: it moves nothing.

A *leap*, a fall of more than a minute or a jump of more than a day, is believed only when the next
packet makes the same leap: one damaged timestamp must neither expire every call nor turn the clock
back. Who holds the packet in doubt is the pipeline's business; the clock only says what is one.
"""

from sipcm.annotation import Final, final, i64

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 86_400 * SECOND

LAST_MOMENT: Final = 1 << 62
"""Where stream time ends: after 146 years; a timestamp of a file says 136 at most."""

IN_STEP: Final = 0
FALL: Final = -1
JUMP: Final = 1


@final
class Clock:
    """Stream time, fed with the timestamps of packets.

    ``fell`` is the moment at which packet times fell last, -1 before they do: how earlier ones were
    placed is known no more.
    """

    __slots__ = (
        "begin",
        "falls",
        "fell",
        "jumps",
        "late",
        "newest",
        "now",
        "shift",
        "started",
        "strays",
    )

    def __init__(self) -> None:
        self.started: bool = False
        self.now: i64 = 0
        self.shift: i64 = 0
        self.begin: i64 = 0
        self.newest: i64 = 0
        self.fell: i64 = -1
        self.late: i64 = 0
        self.falls: i64 = 0
        self.jumps: i64 = 0
        self.strays: i64 = 0

    def leap(self, moment: i64) -> i64:
        """Tell whether a packet at *moment* is IN_STEP with the stream, a FALL or a JUMP."""
        if not self.started:
            return IN_STEP
        ahead = moment - self.now
        if ahead > DAY or moment > LAST_MOMENT:
            return JUMP
        return FALL if ahead < -MINUTE else IN_STEP

    def landing(self, timestamp: i64, leap: i64) -> i64:
        """Return the moment to which a *leap* to *timestamp* leads: after a fall it is now.

        So it is at the end of stream time, which falls and jumps in turn would reach.
        """
        moment = self.moment(timestamp)
        return moment if leap == JUMP and moment <= LAST_MOMENT else self.now

    def land(self, timestamp: i64, leap: i64) -> None:
        """Believe the *leap* to *timestamp*; packet times are placed anew from there."""
        self.shift = self.landing(timestamp, leap) - timestamp
        if leap == FALL:
            self.fell = self.now
            self.falls += 1
        else:
            self.jumps += 1

    def step(self, nanoseconds: i64) -> None:
        """Place packet times anew: the clock that gives them was set forward by so much."""
        self.shift -= nanoseconds

    def moment(self, timestamp: i64) -> i64:
        """Place a packet time in stream time."""
        return timestamp + self.shift

    def packet_time(self, moment: i64) -> i64:
        """Map a moment of stream time, such as a deadline, to the packet time that it has now."""
        return moment - self.shift

    def start(self, moment: i64) -> None:
        """Let stream time begin at *moment*."""
        self.started = True
        self.begin = self.now = self.newest = moment

    def advance(self, moment: i64) -> None:
        """Move stream time to the *moment* of a packet; an older one is only counted."""
        if not self.started:
            self.start(moment)
        elif moment >= self.now:
            self.now = moment
        else:
            self.late += 1
        self.newest = self.now

    def run_on(self, moment: i64) -> None:
        """Move stream time to *moment*, at most LAST_MOMENT, without a packet."""
        self.now = max(self.now, moment)

    def elapsed(self) -> i64:
        """Return the time from the first to the newest packet, in nanoseconds."""
        return self.newest - self.begin
