"""Whether anybody looks at what comes of the packets: where nobody does it may wait a little.

Who begins to look shall not see what is old: *begun* is called then.
"""

import time

from sipcm.annotation import Callable, Final

ATTENTION: Final = 1_000_000_000
"""Nanoseconds after a look in which another one is expected."""


def _nothing() -> None:
    """Do nothing."""


class Onlookers:
    """Those who look, by *clock*, which gives nanoseconds and never goes back."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.begun: Callable[[], None] = _nothing
        self._clock = clock
        self._until = clock()

    def present(self) -> bool:
        """Tell whether somebody looked a moment ago."""
        return self._clock() < self._until

    def look(self) -> bool:
        """Note that somebody looks; tell whether nobody has for a while."""
        begins = not self.present()
        self._until = self._clock() + ATTENTION
        if begins:
            self.begun()
        return begins
