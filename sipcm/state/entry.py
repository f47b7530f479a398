"""What a bounded table holds: entries in order of age, each with a weight.

A lane is a doubly linked list through its entries, so that any of them leaves in no time. Which
lane an entry stands in, and when it is put last again, decides what goes first at the limit.

Compiled, entries are unknown to the garbage collector, which would have a million of them to walk.
So whatever takes an entry out of where it stands must cut its links, lest it stays for ever.
"""

from sipcm.annotation import final, i64, mypyc_attr


@mypyc_attr(acyclic=True)
class Entry:
    """One entry; ``weight`` is about how many bytes of memory it takes."""

    __slots__ = ("newer", "older", "weight")

    def __init__(self) -> None:
        self.older: Entry | None = None
        self.newer: Entry | None = None
        self.weight: i64 = 0


@final
class Lane:
    """Entries, oldest first; ``weight`` is that of all of them."""

    __slots__ = ("count", "newest", "oldest", "weight")

    def __init__(self) -> None:
        self.oldest: Entry | None = None
        self.newest: Entry | None = None
        self.count: i64 = 0
        self.weight: i64 = 0

    def append(self, entry: Entry) -> None:
        """Put *entry* last."""
        newest = self.newest
        entry.older = newest
        entry.newer = None
        if newest is None:
            self.oldest = entry
        else:
            newest.newer = entry
        self.newest = entry
        self.count += 1
        self.weight += entry.weight

    def remove(self, entry: Entry) -> None:
        """Take *entry* out, wherever it stands."""
        older = entry.older
        newer = entry.newer
        if older is None:
            self.oldest = newer
        else:
            older.newer = newer
        if newer is None:
            self.newest = older
        else:
            newer.older = older
        entry.older = None
        entry.newer = None
        self.count -= 1
        self.weight -= entry.weight
