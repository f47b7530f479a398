"""Counters of what is met in packets of SCTP."""

from sipcm.annotation import final
from sipcm.counters import Counter, Group


@final
class SctpCounters:
    """What came over SCTP, all of a run together: the group ``sctp``."""

    __slots__ = (
        "bad_chunks",
        "chunks",
        "dropped",
        "evicted",
        "foreign",
        "fragments",
        "group",
        "messages",
        "repeated",
    )

    def __init__(self) -> None:
        group = Group("sctp")
        counter = group.counter
        self.group: Group = group
        self.chunks: Counter = counter("chunks", "chunks of data")
        self.messages: Counter = counter("messages", "user messages, whole")
        self.fragments: Counter = counter("fragments", "chunks that hold a part of a message")
        self.repeated: Counter = counter("repeated", "chunks that had come before")
        self.foreign: Counter = counter("foreign", "messages that are no SIP")
        self.dropped: Counter = counter("dropped", "parts let go because too many were kept")
        self.evicted: Counter = counter("evicted", "associations let go: there were too many")
        self.bad_chunks: Counter = counter("bad_chunks", "packets with a chunk that cannot be")
