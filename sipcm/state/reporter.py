"""What is reported: of a call one event of each type at most, of a whole family one failure.

A failure of a forked call is held until the last of its family is gone, and dropped when one of
them was answered: the caller saw one outcome (RFC 3261 16.7). What begins again after it ended, a
registration or a subscription, is told again.
"""

from sipcm.annotation import Final, final, i64, u8
from sipcm.clock import Clock
from sipcm.sip.message import REGISTER
from sipcm.state import bindings, calls
from sipcm.state.bindings import Binding
from sipcm.state.calls import CALLEE_TERMINATED, TIMED_OUT, Call
from sipcm.state.callstate import (
    CANCELED,
    EXPIRE_ATTEMPT,
    EXPIRE_CANCELED,
    EXPIRE_DONE,
    EXPIRE_END,
    EXPIRE_FAILED,
    EXPIRE_LAPSED,
    EXPIRE_NO_REPLY,
    EXPIRE_REFUSED,
    EXPIRY,
    INV_NEG,
    NON_INV_FIN,
    NON_INV_NEG,
    SETTLED,
)
from sipcm.state.changes import Changes
from sipcm.state.events import (
    ACTION_LOG,
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
    REG_DEL,
    REG_EXPIRED,
    REG_NEW,
    SUB_DEL,
    SUB_NEW,
    UNKNOWN,
    Event,
)
from sipcm.state.failures import FAILURES, Failures
from sipcm.state.indicators import Indicators
from sipcm.state.matching import CALLEE, is_challenge
from sipcm.state.ring import EventRing

TIMEOUT: Final = 408
IMPLIED_START: Final = 290
IMPLIED_END: Final = 291
REQUEST_TERMINATED: Final = 487

BY_TIMER: Final = b"internal: call state timeout"
BY_IMPLICATION: Final = b"internal: implied OK"
BY_CANCEL: Final = b"internal: cancel"
BY_LIMIT: Final = b"internal: removed to stay within the limits"
BY_EXPIRY: Final = b"internal: not refreshed"
BY_DELAY: Final = b"internal: removed, and did not come back"

OK: Final = 200

DECIDED: Final = (INV_NEG, CANCELED, NON_INV_NEG, NON_INV_FIN)
"""States of calls that are over, and only wait for what may follow."""

WAITING: Final = (INV_NEG, CANCELED, NON_INV_NEG)
"""Those of calls that have failed, if nothing follows."""


@final
class Reporter:
    """Turns what happens to calls and bindings into events in the ring.

    ``moment`` and ``timestamp`` are the stream and packet time of what happens, ``trigger`` what
    brought it about; the tracker sets them before it tells of anything. ``changes`` may be set to
    what keeps those of registrations, ``failures`` to what keeps what failed.
    """

    __slots__ = (
        "changes",
        "clock",
        "failures",
        "indicators",
        "moment",
        "ring",
        "timestamp",
        "trigger",
    )

    def __init__(self, ring: EventRing, clock: Clock) -> None:
        self.ring: EventRing = ring
        self.clock: Clock = clock
        self.indicators: Indicators = Indicators()
        self.moment: i64 = 0
        self.timestamp: i64 = 0
        self.trigger: i64 = 0
        self.changes: Changes | None = None
        self.failures: Failures | None = None

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
            self.goes_on(call)
        if call.cleared < 0:
            call.cleared = self.moment
        who = BY_CALLEE if side == CALLEE else BY_CALLER
        self._emit_or_imply(call, CALL_END, IMPLIED_END, who)

    def subscribed(self, call: Call, expires: i64) -> None:
        """Report that the subscription of *call* has begun, for *expires* seconds."""
        call.answered = self.moment
        call.event_flags &= ~(1 << SUB_DEL | 1 << SUB_NEW)
        self._emit_or_imply(call, SUB_NEW, IMPLIED_START, BY_NOBODY, expires)

    def unsubscribed(self, call: Call, expires: i64) -> None:
        """Report that the subscription of *call*, granted for *expires* seconds, was ended."""
        self._emit_or_imply(call, SUB_DEL, IMPLIED_END, BY_NOBODY, expires)

    def refused(self, call: Call, status: i64, reason: bytes) -> None:
        """Report that *call* was challenged again: the credentials were no good."""
        self._emit(call, AUTH_FAILED, status, reason, BY_NOBODY)

    def turned_down(self, call: Call, method: i64, status: i64, whole: bool) -> None:  # noqa: FBT001
        """Keep that *call* has failed, if a response with *status* to *method* has ended it.

        The event comes later, when nothing can follow any more. A challenge asks for another try;
        where there are several branches the response has to end the *whole* request, and none may
        have been answered.
        """
        failures, family = self.failures, call.family
        if failures is None or method != call.method or is_challenge(status):
            return
        if call.state not in WAITING or (family is not None and (family.answered or not whole)):
            return
        kind = OTHER_FAILED if call.state == NON_INV_NEG else CALL_ATTEMPT
        if not (call.event_flags | self.ring.blacklist) >> kind & 1:
            event = self._make(call, kind, call.status, call.reason, BY_NOBODY)
            failures.early(_attempt(call), event)

    def leaves_state(self, call: Call) -> None:
        """Take back that *call* has failed, if that was kept: it leaves its state for another."""
        if self.failures is not None and call.state in WAITING:
            self.goes_on(call)

    def goes_on(self, call: Call) -> None:
        """Take back that *call* has failed, if that was kept."""
        if self.failures is not None:
            self.failures.take_back(_attempt(call))

    def expired(self, call: Call, deadline: i64) -> None:
        """Report what is known of *call* when its timer fires; it is no longer tracked."""
        self.moment = deadline
        self.timestamp = self.clock.packet_time(deadline)
        self.trigger = ON_TIMEOUT
        call.flags |= TIMED_OUT
        self._last_word(call)
        self.left(call)

    def evicted(self, call: Call) -> None:
        """Report what is known of *call*, which has to make room; it is no longer tracked.

        How a call ended that has ended is told now. That one goes on which is settled is told as
        well. Of one that has only begun nothing is told, so that a flood makes no events.
        """
        if SETTLED[call.state]:
            self._emit(call, ACTION_LOG, call.status, BY_LIMIT, BY_NOBODY)
        elif call.state in DECIDED:
            trigger = self.trigger
            self.trigger = ON_TIMEOUT
            self._last_word(call)
            self.trigger = trigger
        self.left(call)

    def _last_word(self, call: Call) -> None:
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
            # A second notifier that ends at once has answered nothing.
            if call.status >= OK and not call.event_flags >> SUB_NEW & 1:
                self._emit(call, OTHER_OK, call.status, call.reason, BY_NOBODY)
        elif what == EXPIRE_LAPSED:
            granted = call.subscribing().granted
            self._emit(call, SUB_DEL, TIMEOUT, BY_EXPIRY, BY_TIMEOUT, granted)

    def bound(self, call: Call, binding: Binding, kind: i64, contact: bytes) -> None:
        """Report what the answer to a REGISTER of *call* did to *binding* (REG_NEW, REG_DEL).

        *contact* is that of the binding, as is likely.
        """
        call.event_flags &= ~(1 << REG_NEW | 1 << REG_DEL)
        event = self._tell(call, kind, call.status, call.reason, BY_NOBODY)
        shown = binding.contact(contact)
        if len(shown) > calls.MOST_TEXT:
            shown = shown[: calls.MOST_TEXT]
        if not call.texts.endswith(b"\n%b\n\n" % shown):  # CONTACT, and no identities behind it
            texts = call.texts.split(b"\n")
            texts[calls.CONTACT] = shown
            event.texts = b"\n".join(texts)
        self._date(event, binding)
        self.ring.add(event, self.moment)
        if self.changes is not None:
            self.changes.note(binding, kind, self.moment, event.timestamp)

    def unbound(self, binding: Binding, kind: i64, deadline: i64) -> None:
        """Report that *binding* ends without a word of its own, at *deadline*."""
        self.moment = deadline
        event = event_of(binding, kind, self.clock.packet_time(deadline))
        event.trigger = self.trigger if kind == ACTION_LOG else ON_TIMEOUT
        event.status = OK
        if kind == ACTION_LOG:
            event.reason = BY_LIMIT
        else:
            event.reason = BY_DELAY if kind == REG_DEL else BY_EXPIRY
        self._date(event, binding)
        self.ring.add(event, self.moment)
        if kind == REG_EXPIRED:
            self._keep_failure(event, UNKNOWN)
        if self.changes is not None:
            self.changes.note(binding, kind, self.moment, event.timestamp)

    def _date(self, event: Event, binding: Binding) -> None:
        """Say since when *binding* has been there, and for how long it was when it ends."""
        event.expires = binding.expires
        if binding.announced:
            event.started = binding.began_packet
            if event.type in (REG_DEL, REG_EXPIRED):
                end = binding.refreshed if event.type == REG_DEL else self.moment
                event.duration = max(end - binding.began, 0)

    def left(self, call: Call) -> None:
        """Take *call*, which is tracked no longer, from its family; the last one tells the end."""
        family = call.family
        if family is None:
            return
        family.open -= 1
        if family.open > 0:
            return
        failed = family.failed
        family.failed = None
        if failed is not None and not family.answered:
            self._emit(failed, family.kind, family.status, family.reason, BY_NOBODY)

    def _started(self, call: Call, status: i64, reason: bytes) -> None:
        if call.family is not None:
            call.family.answered = True
            self.goes_on(call)
        self._emit(call, CALL_START, status, reason, BY_NOBODY)

    def _failed(self, call: Call, kind: i64, status: i64, reason: bytes) -> None:
        if call.family is None:
            self._emit(call, kind, status, reason, BY_NOBODY)
        else:
            call.family.note(call, kind, status, reason)

    def _emit_or_imply(
        self, call: Call, kind: i64, implied: i64, who: i64, expires: i64 = UNKNOWN
    ) -> None:
        """Report what *call* was answered, or else that this *implied* it."""
        if call.status >= OK:
            self._emit(call, kind, call.status, call.reason, who, expires)
        else:
            self._emit(call, kind, implied, BY_IMPLICATION, who, expires)

    def _emit(
        self, call: Call, kind: i64, status: i64, reason: bytes, who: i64, expires: i64 = UNKNOWN
    ) -> None:
        if call.event_flags >> kind & 1:
            return
        event = self._tell(call, kind, status, reason, who)
        event.expires = expires
        if call.answered >= 0:
            event.started = call.created_packet + call.answered - call.created
            if kind in (CALL_END, SUB_DEL):
                event.duration = max(self.moment - call.answered, 0)
        if call.early >= 0 and call.answered >= 0:
            event.ring_time = max(call.answered - call.early, 0)
        if kind <= CALL_ATTEMPT:
            self._note(event)
        self.ring.add(event, self.moment)
        if FAILURES >> kind & 1:
            self._keep_failure(event, _attempt(call))

    def _keep_failure(self, event: Event, call: i64) -> None:
        """Keep what *event* tells of *call*, whose type is wanted, as a failure."""
        if self.failures is not None and not self.ring.blacklist >> event.type & 1:
            self.failures.told(call, event)

    def _note(self, event: Event) -> None:
        """Note how long it took a call to come to what *event* tells, where that was seen."""
        indicators = self.indicators
        if event.type == CALL_START:
            if event.status < IMPLIED_START:
                indicators.answered.note(event.pdd)
                indicators.ringing.note(event.ring_time)
        elif event.type == CALL_END:
            if event.status < IMPLIED_START and event.originator != BY_TIMEOUT:
                indicators.session.note(event.duration)
        elif event.trigger != ON_TIMEOUT or event.status != TIMEOUT:
            indicators.refused.note(event.pdd)

    def _tell(self, call: Call, kind: i64, status: i64, reason: bytes, who: i64) -> Event:
        """Make an event of *kind* from what is known of *call*, which remembers it."""
        call.event_flags |= 1 << kind
        call.event_before = call.event_last
        call.event_last = u8(kind)
        return self._make(call, kind, status, reason, who)

    def _make(self, call: Call, kind: i64, status: i64, reason: bytes, who: i64) -> Event:
        """Make an event of *kind* from what is known of *call*."""
        event = Event(kind, self.timestamp, call)
        event.status = status
        event.reason = reason
        event.trigger = self.trigger
        event.originator = who
        first = call.early if call.early >= 0 else call.decided
        if first >= 0:
            event.pdd = max(first - call.created, 0)
        if call.forked >= 0:
            event.forked = call.created_packet + call.forked - call.created
        return event


def event_of(binding: Binding, kind: i64, timestamp: i64) -> Event:
    """Return an event of *kind* that says who *binding* is, by the last REGISTER of it."""
    event = Event(kind, timestamp)
    event.method = b"REGISTER"
    event.number = binding.call
    event.created = binding.created
    event.transport = binding.transport
    event.client, event.client_port = binding.client()
    event.server, event.server_port = binding.server()
    event.call_id = binding.text(bindings.CALL_ID)
    event.from_tag = binding.text(bindings.FROM_TAG)
    event.to_tag = binding.text(bindings.TO_TAG)
    event.texts = b"\n".join(
        [
            binding.text(bindings.FROM),
            binding.text(bindings.TO),
            binding.text(bindings.URI),
            binding.text(bindings.CONTACT)[: calls.MOST_TEXT],
            b"",
            b"",
        ]
    )
    event.user_agent = binding.text(bindings.USER_AGENT)
    event.uas = binding.text(bindings.UAS)
    event.signature = binding.signature
    return event


def _challenged(call: Call) -> bool:
    return (
        is_challenge(call.status)
        or is_challenge(i64(call.caller.reply_status))
        or is_challenge(i64(call.callee.reply_status))
    )


def _attempt(call: Call) -> i64:
    """Return the number of the call that *call* forked from, or its own: they fail as one."""
    return call.number if call.family is None else call.family.origin
