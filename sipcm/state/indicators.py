"""How long things take, in buckets, and how often messages are sent again: what operators graph.

Noted where a call or a registration comes to an end or a turn, never for each packet. The times are
those of RFC 6076, by what was captured: they begin with the first message that was seen.
"""

from sipcm.annotation import Final, final, i64
from sipcm.counters import Counter

MILLISECOND: Final = 1_000_000
ENDLESS: Final = 0x7FFF_FFFF_FFFF_FFFF

DELAY_BOUNDS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 40_000)
"""Milliseconds: from a local network to the 32 s for which a request is repeated (timers B, F)."""

RING_BOUNDS: Final = (500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 180_000)

SESSION_BOUNDS: Final = (
    *(1_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000),
    *(1_200_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000),
)


@final
class Bucket:
    """How many values were at most ``bound`` and above that of the bucket before."""

    __slots__ = ("bound", "count")

    def __init__(self, bound: i64) -> None:
        self.bound: i64 = bound
        self.count: i64 = 0


@final
class Histogram:
    """How values are spread over buckets; the last takes what is above all ``bounds``.

    Values and bounds are nanoseconds. ``counts`` has one more place than ``bounds``.
    """

    __slots__ = ("_buckets", "total")

    def __init__(self, milliseconds: tuple[int, ...]) -> None:
        bounds = [bound * MILLISECOND for bound in milliseconds]
        self._buckets: list[Bucket] = [Bucket(bound) for bound in [*bounds, ENDLESS]]
        self.total: int = 0  # of all values; of the calls of a busy year more than 64 bits hold

    @property
    def bounds(self) -> list[int]:
        """The upper bounds of all buckets but the last."""
        return [bucket.bound for bucket in self._buckets[:-1]]

    @property
    def counts(self) -> list[int]:
        """How many values each bucket has taken."""
        return [bucket.count for bucket in self._buckets]

    def note(self, value: i64) -> None:
        """Count *value*; one below 0 is unknown and not counted."""
        if value < 0:
            return
        for bucket in self._buckets:
            if value <= bucket.bound:
                bucket.count += 1
                break
        self.total += int(value)


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
