"""How long things take, in buckets, and how often messages are sent again: what operators graph.

Noted where a call or a registration comes to an end or a turn, never for each packet. The times are
those of RFC 6076, by what was captured: they begin with the first message that was seen.
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.counters import Counter

MILLISECOND: Final = 1_000_000

DELAY_BOUNDS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 40_000)
"""Milliseconds: from a local network to the 32 s for which a request is repeated (timers B, F)."""

RING_BOUNDS: Final = (500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 180_000)

SESSION_BOUNDS: Final = (
    *(1_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000),
    *(1_200_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000),
)


@final
class Histogram:
    """How many values were at most each of ``bounds`` and above the one before; the last, more.

    Values and bounds are nanoseconds. ``counts`` has one more place than ``bounds``.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, milliseconds: tuple[int, ...]) -> None:
        self.bounds: list[int] = [bound * MILLISECOND for bound in milliseconds]
        self.counts: list[int] = [0] * (len(milliseconds) + 1)
        self.total: int = 0  # of all values

    def note(self, value: i64) -> None:
        """Count *value*; one below 0 is unknown and not counted."""
        if value < 0:
            return
        place = 0
        for bound in self.bounds:
            if value <= bound:
                break
            place += 1
        self.counts[place] += 1
        self.total += value


@final
class Indicators:
    """What is noted of all calls and registrations of a run.

    ``answered``      Session Request Delay of calls that were answered: INVITE to the first 18x, or
                      to the 2xx (RFC 6076 4.3.1)
    ``refused``       that of calls that were refused: to the first 18x or the refusal (4.3.2)
    ``ringing``       the first 18x to the 2xx
    ``session``       Session Duration Time: the 2xx to the BYE (4.5)
    ``disconnect``    Session Disconnect Delay: BYE to the 2xx (4.4)
    ``registration``  Registration Request Delay: REGISTER, that with the right credentials, to the
                      2xx (4.1)
    """

    __slots__ = (
        "answered",
        "disconnect",
        "refused",
        "registration",
        "repeated_replies",
        "repeated_requests",
        "ringing",
        "session",
    )

    def __init__(self) -> None:
        self.answered: Histogram = Histogram(DELAY_BOUNDS)
        self.refused: Histogram = Histogram(DELAY_BOUNDS)
        self.ringing: Histogram = Histogram(RING_BOUNDS)
        self.session: Histogram = Histogram(SESSION_BOUNDS)
        self.disconnect: Histogram = Histogram(DELAY_BOUNDS)
        self.registration: Histogram = Histogram(DELAY_BOUNDS)
        self.repeated_requests: Counter = Counter("request", "requests that were sent again")
        self.repeated_replies: Counter = Counter("response", "responses that were sent again")
