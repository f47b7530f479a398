"""Events: what the monitor reports. Types, names and the one immutable value.

An event says what happened (a call began, ended, failed ...), when in packet time, and all that was
known of the call at that moment. It is filled once, by the function that makes it, and then only
read: the ring, pages and sinks share it.
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.state.calls import NO_TEXTS, TEXT_COUNT, Call, Party

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

EVENT_NAMES: Final = (
    "empty",
    "call-start",
    "call-end",
    "call-attempt",
    "auth-failed",
    "action-log",
    "reg-new",
    "reg-del",
    "reg-expired",
    "sub-new",
    "sub-del",
    "other-failed",
    "other-timeout",
    "other-ok",
    "parse-error",
    "msg-probe",
)

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

TRANSPORT_NAMES: Final = {6: "tcp", 17: "udp", 132: "sctp"}
"""Names of transports by IP protocol number."""

UNKNOWN: Final = -1
"""The value of a time or duration that is not known."""

MOST_EXCERPT: Final = 60
"""Bytes of a message that a parse-error or msg-probe shows."""


@final
class Event:
    """One event. Times are nanoseconds of packet time, durations nanoseconds, UNKNOWN is -1."""

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
        "forked",
        "from_tag",
        "method",
        "originator",
        "past_count",
        "past_states",
        "pdd",
        "reason",
        "ring_time",
        "server",
        "server_port",
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
    )

    def __init__(self, kind: i64, timestamp: i64) -> None:
        self.type: i64 = kind
        self.timestamp: i64 = timestamp
        self.trigger: i64 = 0
        self.created: i64 = UNKNOWN
        self.started: i64 = UNKNOWN
        self.duration: i64 = UNKNOWN
        self.pdd: i64 = UNKNOWN
        self.ring_time: i64 = UNKNOWN
        self.forked: i64 = UNKNOWN
        self.transport: i64 = 0
        self.client: bytes = b""
        self.client_port: i64 = 0
        self.server: bytes = b""
        self.server_port: i64 = 0
        self.call_id: bytes = b""
        self.from_tag: bytes = b""
        self.to_tag: bytes = b""
        self.method: bytes = b""
        self.texts: bytes = NO_TEXTS
        self.status: i64 = 0
        self.reason: bytes = b""
        self.originator: i64 = BY_NOBODY
        self.error_reason: i64 = 0
        self.error_offset: i64 = UNKNOWN
        self.excerpt: bytes = b""
        self.state: i64 = 0
        self.past_states: i64 = 0
        self.past_count: i64 = 0
        self.event_flags: i64 = 0
        self.event_before: i64 = 0
        self.call_flags: i64 = 0
        self.caller: Party | None = None
        self.callee: Party | None = None
        self.steps0: i64 = 0
        self.steps1: i64 = 0
        self.steps2: i64 = 0
        self.steps3: i64 = 0
        self.step_count: i64 = 0

    def text(self, index: i64) -> bytes:
        """Return one of the call's texts (``calls.FROM`` .. ``calls.PAI2``)."""
        texts = self.texts.split(b"\n")
        return texts[index] if index < TEXT_COUNT else b""


def call_event(kind: i64, timestamp: i64, call: Call, status: i64, reason: bytes) -> Event:
    """Make an event of *call* as it stands; the caller adds times and who ended it."""
    event = Event(kind, timestamp)
    event.status = status
    event.reason = reason
    event.created = call.created_packet
    event.transport = call.transport
    event.client = call.client
    event.client_port = call.client_port
    event.server = call.server
    event.server_port = call.server_port
    event.call_id = call.call_id
    event.from_tag = call.from_tag
    event.to_tag = call.to_tag
    event.method = call.method_name
    event.texts = call.texts
    event.state = call.state
    event.past_states = call.past_states
    event.past_count = call.past_count
    event.event_flags = call.event_flags
    event.event_before = call.event_before
    event.call_flags = call.flags
    event.caller = call.caller.copy()
    event.callee = call.callee.copy()
    event.steps0 = call.steps0
    event.steps1 = call.steps1
    event.steps2 = call.steps2
    event.steps3 = call.steps3
    event.step_count = call.step_count
    return event
