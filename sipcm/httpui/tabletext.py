"""The totals of a table as text: in the layout that the original has for each of its hash tables.

Where it counts buckets and allocations of its own there is nothing to count here, and 0 stands.
"""

from dataclasses import dataclass
from typing import Final

from sipcm.run import KILOBYTE

_NO_POOLS: Final = f"Pools Total: {0:9} / {0:9} hits/miss ({0:3}% / {0:3}%)\n"


@dataclass(frozen=True, slots=True)
class Totals:
    """What a table holds: ``entries`` of ``begun``, ``longest_chain`` of them under one key.

    ``memory`` and ``memory_limit`` are bytes. A limit of 0 is none. ``failures`` are entries that
    found no room.
    """

    entries: int
    begun: int
    limit: int
    longest_chain: int = 0
    memory: int = 0
    memory_limit: int = 0
    failures: int = 0

    def text(self, title: str) -> str:
        """Return the whole text, which begins with *title*."""
        return (
            f"{title} Hash Stats: {{Total:{self.entries} Crt:{self.entries} "
            f"Max:{self.longest_chain} Min:0}}\n"
            f"Limits: {self.limit} entries {_used(self.entries, self.limit)} "
            f"{self.memory_limit // KILOBYTE} Kb memory {_used(self.memory, self.memory_limit)}\n\n"
            f"Memory Stats:\n"
            f"\tTotalSize: {self.memory} NewCalls: {self.begun} "
            f"FreeCalls: {self.begun - self.entries} Failures: {self.failures}\n\n"
            f"Pools Stats:\n\n"
            f"{_NO_POOLS}"
        )


def _used(part: int, whole: int) -> str:
    return f"({part * 100 // whole}% used)" if whole else "(unlimited)"
