"""Wrong logins by the address that they come from, so that guessing passwords takes for ever."""

from collections import OrderedDict
from typing import Final

FREE: Final = 5
"""Wrong logins after which an address has to wait."""

LONGEST: Final = 60.0
"""Seconds that it has to wait at most before the next one."""

MEMORY: Final = 900.0
"""Seconds after which wrong logins are forgotten."""

MOST: Final = 1024
"""Addresses that are remembered; the one that failed least recently goes."""


class Attempts:
    """Who has failed how often; times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how often, when last

    def wait(self, address: str, now: float) -> float:
        """Return for how many seconds nothing of *address* is looked at."""
        count, last = self._failed.get(address, (0, now))
        if count < FREE:
            return 0.0
        return max(last + min(2.0 ** (count - FREE), LONGEST) - now, 0.0)

    def failed(self, address: str, now: float) -> None:
        """Note that a login from *address* was wrong."""
        count, last = self._failed.pop(address, (0, now))
        if now - last > MEMORY:
            count = 0
        # The wait does not grow any more; a number that did would be a way to use memory.
        self._failed[address] = (min(count + 1, FREE + 10), now)
        if len(self._failed) > MOST:
            self._failed.popitem(last=False)

    def passed(self, address: str) -> None:
        """Note that a login from *address* was right."""
        self._failed.pop(address, None)

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._failed)
