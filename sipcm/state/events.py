"""Events: what the monitor reports. Types, names and the one immutable value.

An event says what happened (a call began, ended, failed ...), when in packet time, and all that was
known of the call at that moment. It is filled once, by the function that makes it, and then only
read: the ring, pages and sinks share it.
"""

from sipcm.annotation import Final, final, i32, i64, mypyc_attr, u8
from sipcm.state.calls import UAS, USER_AGENT, Call, Party, joined_text

EMPTY: Final = 0
CALL_START: Final = 1
CALL_END: Final = 2
CALL_ATTEMPT: Final = 3
AUTH_FAILED: Final = 4
ACTION_LOG: Final = 5
REG_NEW: Final = 6
REG_DEL: Final = 7
REG_EXPIRED: Final = 8
SUB_NEW: Final = 9
SUB_DEL: Final = 10
OTHER_FAILED: Final = 11
OTHER_TIMEOUT: Final = 12
OTHER_OK: Final = 13
PARSE_ERROR: Final = 14
MSG_PROBE: Final = 15

# What brought the event about
ON_REQUEST: Final = 1
ON_REPLY: Final = 2
ON_TIMEOUT: Final = 3
TRIGGER_NAMES: Final = ("unknown", "request", "reply", "timeout")

# Who ended a call
BY_NOBODY: Final = 0
BY_CALLER: Final = 1
BY_CALLEE: Final = 2
BY_TIMEOUT: Final = 3
ORIGINATOR_NAMES: Final = ("", "caller", "callee", "timeout")

TRANSPORT_NAMES: Final = {6: "tcp", 17: "udp", 132: "sctp", 255: "ws"}
"""Names of transports by IP protocol number, as sipcm.protocol has them."""

UNKNOWN: Final = -1
"""The value of a time or duration that is not known."""

MOST_EXCERPT: Final = 60
"""Bytes of a message that a parse-error or msg-probe shows."""


EVENT_WEIGHT: Final = 830
"""Bytes of memory that an event takes beside its texts, about: between compiled and interpreted."""

MEAN_WEIGHT: Final = 2048
"""Bytes that events may take on average where so many are kept: twice what usual ones take.

Texts of hostile ones make them thirty times as large.
"""


NOBODY: Final = Call(b"", b"", b"", 0)
"""What is known of the call of an event that has none."""
NOBODY.created_packet = UNKNOWN
NOBODY.number = UNKNOWN


@final
@mypyc_attr(acyclic=True)
class RateNote:
    """How often events like this one come from its source, where that is limited; never changed.

    ``count`` is the number of the event in a row of those that ``exceeded`` a limit; ``suppressed``
    of them were left out since one was told. ``value`` is the rate for each ``interval`` (ns) that
    is over its ``limit``, or the first that is limited; so it has been ``since`` (packet time).
    """

    __slots__ = ("count", "exceeded", "interval", "limit", "since", "suppressed", "value")

    def __init__(
        self,
        exceeded: bool,  # noqa: FBT001
        count: i64,
        suppressed: i64,
        value: float,
        limit: i64,
        interval: i64,
        since: i64,
    ) -> None:
        self.exceeded: bool = exceeded
        self.count: i64 = count
        self.suppressed: i64 = suppressed
        self.value: float = value
        self.limit: i64 = limit
        self.interval: i64 = interval
        self.since: i64 = since


@final
@mypyc_attr(acyclic=True)
class Event:
    """One event. Times are nanoseconds of packet time, durations nanoseconds, UNKNOWN is -1.

    ``expires`` is the seconds for which a registration or subscription was granted, ``number`` that
    of the call.
    """

    __slots__ = (
        "call_flags",
        "call_id",
        "callee",
        "caller",
        "client",
        "client_port",
        "created",
        "duration",
        "error_offset",
        "error_reason",
        "event_before",
        "event_flags",
        "excerpt",
        "expires",
        "forked",
        "from_tag",
        "method",
        "number",
        "originator",
        "past_count",
        "past_states",
        "pdd",
        "rate",
        "reason",
        "ring_time",
        "server",
        "server_port",
        "signature",
        "started",
        "state",
        "status",
        "step_count",
        "steps0",
        "steps1",
        "steps2",
        "steps3",
        "texts",
        "timestamp",
        "to_tag",
        "transport",
        "trigger",
        "type",
        "uas",
        "user_agent",
    )

    def __init__(self, kind: i64, timestamp: i64, call: Call | None = None) -> None:
        """Say that *kind* happened at *timestamp*, and all that is known of *call*."""
        of = NOBODY if call is None else call
        self.type: i64 = kind
        self.timestamp: i64 = timestamp
        self.trigger: i64 = 0
        self.started: i64 = UNKNOWN
        self.duration: i64 = UNKNOWN
        self.pdd: i64 = UNKNOWN
        self.ring_time: i64 = UNKNOWN
        self.forked: i64 = UNKNOWN
        self.expires: i64 = UNKNOWN
        self.status: i64 = 0
        self.reason: bytes = b""
        self.originator: i64 = BY_NOBODY
        self.error_reason: i64 = 0
        self.error_offset: i64 = UNKNOWN
        self.excerpt: bytes = b""
        self.rate: RateNote | None = None
        self.number: i64 = of.number
        self.created: i64 = of.created_packet
        self.client: bytes = of.client
        self.server: bytes = of.server
        self.call_id: bytes = of.call_id
        self.from_tag: bytes = of.from_tag
        self.to_tag: bytes = of.to_tag
        self.method: bytes = of.method_name
        self.texts: bytes = of.texts
        self.user_agent: bytes = of.user_agent
        self.uas: bytes = of.uas
        self.signature: i64 = of.signature
        self.state: i64 = of.state
        self.past_states: i64 = of.past_states
        self.event_flags: i64 = of.event_flags
        self.caller: Party | None = None if call is None else call.caller.copy()
        self.callee: Party | None = None if call is None else call.callee.copy()
        self.steps0: i64 = of.steps0
        self.steps1: i64 = of.steps1
        self.steps2: i64 = of.steps2
        self.steps3: i64 = of.steps3
        self.client_port: i64 = of.client_port
        self.server_port: i64 = of.server_port
        self.past_count: i32 = of.past_count
        self.call_flags: i32 = of.flags
        self.step_count: i32 = of.step_count
        self.transport: u8 = of.transport
        self.event_before: u8 = of.event_before

    def text(self, index: i64) -> bytes:
        """Return one of the call's texts (``calls.FROM`` .. ``calls.UAS``)."""
        if index == USER_AGENT:
            return self.user_agent
        return self.uas if index == UAS else joined_text(self.texts, index)

    def weight(self) -> i64:
        """Return how many bytes of memory this takes, about, as if nobody shared its texts."""
        return (
            EVENT_WEIGHT
            + len(self.call_id)
            + len(self.from_tag)
            + len(self.to_tag)
            + len(self.texts)
            + len(self.user_agent)
            + len(self.uas)
            + len(self.reason)
        )
