"""Counters of what reassembly of TCP meets, beside those that operators' scripts know."""

from sipcm.annotation import final
from sipcm.counters import Counter, Group


@final
class TcpCounters:
    """What reassembly met, all of a run together: the group ``tcp``."""

    __slots__ = (
        "acknowledged",
        "bad_headers",
        "evicted",
        "far",
        "group",
        "held",
        "held_segments",
        "midway",
        "over_limit",
        "overlaps",
        "repeated",
        "resets",
        "streams",
        "unfinished",
        "unfinished_dropped",
    )

    def __init__(self) -> None:
        group = Group("tcp")
        counter = group.counter
        self.group: Group = group
        self.streams: Counter = group.gauge("streams", "streams (one direction) that are known")
        self.held: Counter = group.gauge("held", "bytes held that came ahead of their order")
        self.held_segments: Counter = group.gauge("held_segments", "pieces that these bytes are in")
        self.midway: Counter = counter("midway", "streams whose begin was not captured")
        self.resets: Counter = counter("resets", "RSTs that ended a connection")
        self.repeated: Counter = counter(
            "repeated", "segments that hold nothing new: retransmissions, keep-alive probes"
        )
        self.overlaps: Counter = counter("overlaps", "segments of which a part had come before")
        self.far: Counter = counter("far", "segments far outside of the stream, not taken")
        self.acknowledged: Counter = counter(
            "acknowledged", "gaps in what the receiver has: lost by the capture"
        )
        self.over_limit: Counter = counter(
            "over_limit", "gaps left behind because too much was held"
        )
        self.unfinished: Counter = group.gauge(
            "unfinished", "bytes kept of messages that have not come to their end"
        )
        self.unfinished_dropped: Counter = counter(
            "unfinished_dropped", "times that these were let go because there were too many"
        )
        self.evicted: Counter = counter("evicted", "streams let go because there were too many")
        self.bad_headers: Counter = counter("bad_headers", "segments with an impossible header")
