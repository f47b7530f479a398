"""For how long a call stays in each state when nothing more is seen of it.

A live subscription lasts as long as it was granted instead.
"""

from sipcm.annotation import final, i64
from sipcm.clock import SECOND
from sipcm.state.statenames import DEFAULT_TIMEOUTS, HIGHEST_TIMEOUTS, LOWEST_TIMEOUTS


@final
class Timeout:
    """One of them, in nanoseconds; a number in a list would have to be unpacked each time."""

    __slots__ = ("time",)

    def __init__(self, seconds: i64) -> None:
        self.time: i64 = seconds * SECOND


@final
class Timeouts:
    """The timeouts of all states but the last, which is that of subscriptions: ``by_state``."""

    __slots__ = ("by_state",)

    def __init__(self) -> None:
        self.by_state: list[Timeout] = [Timeout(seconds) for seconds in DEFAULT_TIMEOUTS]

    def of(self, state: i64) -> i64:
        """Return that of *state*, in nanoseconds."""
        return self.by_state[state].time

    def set(self, state: i64, seconds: i64) -> None:
        """Let calls stay so long in *state*; 0 is the default again.

        A call that is there stays longer from its next message on; a shorter time is that of those
        that come to the state.

        ValueError when *seconds* is not in the range of the state.
        """
        lowest, highest = LOWEST_TIMEOUTS[state], HIGHEST_TIMEOUTS[state]
        if seconds and not lowest <= seconds <= highest:
            raise ValueError(f"{seconds} is not from {lowest} to {highest}")
        self.by_state[state] = Timeout(seconds or DEFAULT_TIMEOUTS[state])
