"""Counters of what framers meet in streams beside whole messages."""

from sipcm.annotation import final
from sipcm.counters import Counter, Group


@final
class FramingCounters:
    """What framers met, all of a run together: the group ``sip_stream``."""

    __slots__ = (
        "bad_length",
        "gap_bytes",
        "gaps",
        "garbage",
        "group",
        "huge",
        "keepalives",
        "no_length",
        "skipped",
    )

    def __init__(self) -> None:
        group = Group("sip_stream")
        counter = group.counter
        self.group: Group = group
        self.keepalives: Counter = counter("keepalives", "keep-alives (CRLF) between messages")
        self.no_length: Counter = counter("no_length", "messages without Content-Length")
        self.bad_length: Counter = counter(
            "bad_length", "messages with a Content-Length that cannot be read or believed"
        )
        self.huge: Counter = counter("huge", "messages over the limit, which are cut")
        self.garbage: Counter = counter("garbage", "lines where a message should begin")
        self.skipped: Counter = counter("skipped", "bytes skipped until a message begins")
        self.gaps: Counter = counter("gaps", "gaps in streams")
        self.gap_bytes: Counter = counter("gap_bytes", "bytes missing in gaps of known size")
