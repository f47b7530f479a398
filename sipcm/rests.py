"""For how long live capture rests while packets gather, and waits where none come.

To be woken up takes as long as to read a hundred packets or two, so it is worth while to be woken
up seldom: as far as nobody sees that, and no ring fills up.
"""

from sipcm.annotation import Final
from sipcm.clock import SECOND
from sipcm.net.capture.packetsocket import RETIRE
from sipcm.onlookers import Onlookers

BRIEFLY: Final = RETIRE * 1_000_000
"""Nanoseconds of a rest at most, of a wait too, where packets of several interfaces wait for each
other."""
REST: Final = 4 * BRIEFLY
"""Nanoseconds of a rest at most where packets of one are waited for."""
SHORTEST_REST: Final = 1_000_000
"""Nanoseconds below which there is no rest."""
SHARE: Final = 1 / 32
"""Of a ring, what may fill up in a rest if packets go on as they came."""

PATIENCE: Final = SECOND // 10
"""Nanoseconds of a wait at most."""
UNSEEN: Final = 12 * BRIEFLY
"""Nanoseconds of a wait at most, and of a rest, where nobody sees what comes of the packets."""


class Rests:
    """How long the next rest or wait may be; no longer than *limit*, where that is not 0.

    ``patience``  nanoseconds of a wait where somebody looks
    ``ended``     when the last rest or wait was over
    ``gathered``  nanoseconds for which packets gathered until then
    """

    def __init__(
        self, onlookers: Onlookers, now: int, limit: int = 0, *, several: bool, told: bool
    ) -> None:
        """Begin *now*, with one interface or *several*.

        *told*: what comes of packets is told at once, so that somebody may always see it.
        """
        self._onlookers = onlookers
        self._limit = limit or UNSEEN
        self._most = min(BRIEFLY if several else REST, self._limit)
        self._told = told
        self._begun = now
        self.patience = min(self._limit, PATIENCE)
        self.ended = now
        self.gathered = 0

    def rest(self, filled: float, now: int) -> int:
        """Return for how long packets may gather; 0 where none came since this was asked last.

        *filled* is how much of the fullest ring they took.
        """
        since, self._begun = now - self._begun, now
        if not filled or (rest := int(since * SHARE / filled)) < SHORTEST_REST:
            return 0
        if self._is_watched():
            return min(rest, self._most)
        # Each time a little longer: a flood after silence is met soon.
        return min(rest, REST + self.gathered, UNSEEN, self._limit)

    def wait(self) -> int:
        """Return for how long nothing need be done where nothing comes."""
        return self.patience if self._is_watched() else min(UNSEEN, self._limit)

    def over(self, began: int, now: int, *, gathered: bool) -> None:
        """Note that what *began* then is over *now*; in a rest packets *gathered*."""
        self.ended = now
        self.gathered = now - began if gathered else 0

    def _is_watched(self) -> bool:
        """Tell whether somebody may see at once what comes of the packets."""
        return self._told or self._onlookers.present()
