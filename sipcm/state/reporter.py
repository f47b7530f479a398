"""What is reported of a call: one event of each type at most, and one failure for a whole family.

A failure of a forked call is held until the last of its family is gone, and dropped when one of
them was answered: the caller saw one outcome (RFC 3261 16.7).
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.clock import Clock
from sipcm.sip.message import REGISTER
from sipcm.state.calls import CALLEE_TERMINATED, TIMED_OUT, Call
from sipcm.state.callstate import (
    EXPIRE_ATTEMPT,
    EXPIRE_CANCELED,
    EXPIRE_DONE,
    EXPIRE_END,
    EXPIRE_FAILED,
    EXPIRE_NO_REPLY,
    EXPIRE_REFUSED,
    EXPIRY,
)
from sipcm.state.events import (
    AUTH_FAILED,
    BY_CALLEE,
    BY_CALLER,
    BY_NOBODY,
    BY_TIMEOUT,
    CALL_ATTEMPT,
    CALL_END,
    CALL_START,
    ON_TIMEOUT,
    OTHER_FAILED,
    OTHER_OK,
    OTHER_TIMEOUT,
    Event,
)
from sipcm.state.matching import CALLEE, is_challenge
from sipcm.state.ring import EventRing

TIMEOUT: Final = 408
IMPLIED_START: Final = 290
IMPLIED_END: Final = 291
REQUEST_TERMINATED: Final = 487

BY_TIMER: Final = b"internal: call state timeout"
BY_IMPLICATION: Final = b"internal: implied OK"
BY_CANCEL: Final = b"internal: cancel"


@final
class Reporter:
    """Turns what happens to calls into events in the ring.

    ``moment`` and ``timestamp`` are the stream and packet time of what happens, ``trigger`` what
    brought it about; the tracker sets them before it tells of anything.
    """

    __slots__ = ("clock", "moment", "ring", "timestamp", "trigger")

    def __init__(self, ring: EventRing, clock: Clock) -> None:
        self.ring: EventRing = ring
        self.clock: Clock = clock
        self.moment: i64 = 0
        self.timestamp: i64 = 0
        self.trigger: i64 = 0

    def answered(self, call: Call) -> None:
        """Report that *call* was answered by the response that just came."""
        call.answered = self.moment
        self._started(call, call.status, call.reason)

    def answer_implied(self, call: Call) -> None:
        """Report that *call* must have been answered before what was just seen."""
        call.answered = self.moment
        self._started(call, IMPLIED_START, BY_IMPLICATION)

    def cleared(self, call: Call, side: i64) -> None:
        """Report that the party of *side* ended *call* with a BYE."""
        if side == CALLEE:
            call.flags |= CALLEE_TERMINATED
        if call.family is not None:
            call.family.answered = True
        who = BY_CALLEE if side == CALLEE else BY_CALLER
        if call.status >= 200:
            self._emit(call, CALL_END, call.status, call.reason, who)
        else:
            self._emit(call, CALL_END, IMPLIED_END, BY_IMPLICATION, who)

    def refused(self, call: Call, status: i64, reason: bytes) -> None:
        """Report that *call* was challenged again: the credentials were no good."""
        self._emit(call, AUTH_FAILED, status, reason, BY_NOBODY)

    def expired(self, call: Call, deadline: i64) -> None:
        """Report what is known of *call* when its timer fires; it is no longer tracked."""
        self.moment = deadline
        self.timestamp = self.clock.packet_time(deadline)
        self.trigger = ON_TIMEOUT
        call.flags |= TIMED_OUT
        what = EXPIRY[call.state]
        if what == EXPIRE_ATTEMPT:
            self._failed(call, CALL_ATTEMPT, TIMEOUT, BY_TIMER)
        elif what == EXPIRE_REFUSED:
            kind = AUTH_FAILED if _challenged(call) else CALL_ATTEMPT
            self._failed(call, kind, call.status, call.reason)
        elif what == EXPIRE_CANCELED:
            if call.status >= 300:
                self._failed(call, CALL_ATTEMPT, call.status, call.reason)
            else:
                self._failed(call, CALL_ATTEMPT, REQUEST_TERMINATED, BY_CANCEL)
        elif what == EXPIRE_END:
            self._emit(call, CALL_END, TIMEOUT, BY_TIMER, BY_TIMEOUT)
        elif what == EXPIRE_NO_REPLY:
            self._emit(call, OTHER_TIMEOUT, TIMEOUT, BY_TIMER, BY_NOBODY)
        elif what == EXPIRE_FAILED:
            kind = AUTH_FAILED if _challenged(call) else OTHER_FAILED
            self._emit(call, kind, call.status, call.reason, BY_NOBODY)
        elif what == EXPIRE_DONE and call.method != REGISTER:
            self._emit(call, OTHER_OK, call.status, call.reason, BY_NOBODY)
        self.left(call)

    def left(self, call: Call) -> None:
        """Take *call*, which is tracked no longer, from its family; the last one tells the end."""
        family = call.family
        if family is None:
            return
        family.open -= 1
        failed = family.failed
        if family.open == 0 and not family.answered and failed is not None:
            self._emit(failed, family.kind, family.status, family.reason, BY_NOBODY)

    def _started(self, call: Call, status: i64, reason: bytes) -> None:
        if call.family is not None:
            call.family.answered = True
        self._emit(call, CALL_START, status, reason, BY_NOBODY)

    def _failed(self, call: Call, kind: i64, status: i64, reason: bytes) -> None:
        if call.family is None:
            self._emit(call, kind, status, reason, BY_NOBODY)
        else:
            call.family.note(call, kind, status, reason)

    def _emit(self, call: Call, kind: i64, status: i64, reason: bytes, who: i64) -> None:
        bit: i64 = 1 << kind
        if call.event_flags & bit:
            return
        call.event_flags |= bit
        call.event_before = call.event_last
        call.event_last = kind
        event = Event(kind, self.timestamp, call)
        event.status = status
        event.reason = reason
        event.trigger = self.trigger
        event.originator = who
        if call.answered >= 0:
            event.started = call.created_packet + call.answered - call.created
            if kind == CALL_END:
                event.duration = self.moment - call.answered
        first = call.early if call.early >= 0 else call.decided
        if first >= 0:
            event.pdd = first - call.created
        if call.early >= 0 and call.answered >= 0:
            event.ring_time = call.answered - call.early
        if call.forked >= 0:
            event.forked = call.created_packet + call.forked - call.created
        self.ring.add(event, self.moment)


def _challenged(call: Call) -> bool:
    return is_challenge(call.caller.reply_status) or is_challenge(call.callee.reply_status)
