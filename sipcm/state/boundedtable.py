"""What tables of entries have in common: how many they may hold, of what weight, and what they do.

Which entry makes room for another is for each table to say.
"""

from sipcm.annotation import i64
from sipcm.counters import Counter
from sipcm.state.entry import Entry, Lane
from sipcm.state.ranges import Ranges


class BoundedTable:
    """A table of at most ``limit`` entries and about ``most_memory`` bytes; 0 is no limit.

    ``active``  how many it holds, a gauge
    ``memory``  how many bytes these take, about, a gauge
    ``by_number``  the entries in order of their numbers, None unless :meth:`keep_order` was called
    """

    __slots__ = ("active", "by_number", "limit", "memory", "most_memory")

    def __init__(self, limit: int, most_memory: int, active: Counter, memory: Counter) -> None:
        self.limit: i64 = limit
        self.most_memory: i64 = most_memory
        self.active: Counter = active
        self.memory: Counter = memory
        self.by_number: Ranges[Entry] | None = None

    def keep_order(self) -> None:
        """Know from now on, before anything is held, which entry has which number.

        It takes about a hundred bytes an entry, and only lists and pages of single entries need it.
        """
        self.by_number = Ranges()

    def full(self) -> bool:
        """Tell whether an entry must go before another can come."""
        return (self.limit > 0 and self.active.value >= self.limit) or (
            self.most_memory > 0 and self.memory.value >= self.most_memory
        )

    def too_heavy(self) -> bool:
        """Tell whether the entries take more memory than they may."""
        return self.most_memory > 0 and self.memory.value > self.most_memory

    def _reweigh(self, entry: Entry, lane: Lane, weight: i64) -> None:
        """Take in that *entry*, which stands in *lane*, weighs so much now."""
        more = weight - entry.weight
        entry.weight = weight
        lane.weight += more
        memory = self.memory
        memory.value += more
        if memory.value > memory.highest:  # noqa: PLR1730  cheaper than a call of max
            memory.highest = memory.value
