"""Counters of what is met in WebSocket connections."""

from sipcm.annotation import final
from sipcm.counters import Counter, Group


@final
class WebSocketCounters:
    """What came over WebSocket, all of a run together: the group ``websocket``."""

    __slots__ = (
        "compressed",
        "control",
        "cut",
        "encrypted",
        "errors",
        "foreign",
        "fragments",
        "frames",
        "group",
        "keepalives",
        "lost",
        "midway",
        "unread",
        "upgrades",
    )

    def __init__(self) -> None:
        group = Group("websocket")
        counter = group.counter
        self.group: Group = group
        self.upgrades: Counter = counter("upgrades", "handshakes for SIP, each direction one")
        self.midway: Counter = counter("midway", "streams told without their handshake")
        self.frames: Counter = counter("frames", "frames of data")
        self.fragments: Counter = counter("fragments", "of these, all but the last of a message")
        self.control: Counter = counter("control", "control frames")
        self.compressed: Counter = counter("compressed", "messages that were compressed")
        self.unread: Counter = counter("unread", "of these, those that could not be inflated")
        self.keepalives: Counter = counter("keepalives", "messages of line ends only, or empty")
        self.foreign: Counter = counter("foreign", "messages that are no SIP")
        self.encrypted: Counter = counter(
            "encrypted", "encrypted connections on -websocket_ports (wss), which cannot be read"
        )
        self.cut: Counter = counter("cut", "messages over the limit, which are cut")
        self.errors: Counter = counter("errors", "frames that cannot be")
        self.lost: Counter = counter("lost", "times that it was not known where a frame begins")
