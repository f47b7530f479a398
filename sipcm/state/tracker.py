"""The tracker: messages in, calls followed, events out.

It finds the call of a message, tells retransmissions from news, lets the table of
:mod:`sipcm.state.callstate` say what follows, and has the reporter tell of it. Time is stream time
and comes with each message; nothing here reads a clock.
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.clock import SECOND, Clock
from sipcm.net.packet import Datagram
from sipcm.sip.message import ACK, CANCEL, INVITE, PRACK, UPDATE, Message
from sipcm.state.calls import (
    FORCED_TIMEOUT,
    FORK_CHILD,
    FORK_PARENT,
    FROM,
    MOST_SAME_ID,
    REUSED,
    TO,
    UAS,
    Call,
    CallTable,
    Family,
    Party,
)
from sipcm.state.callstate import (
    ACTION_SHIFT,
    BYE_REPLIED,
    DEFAULT_TIMEOUTS,
    END,
    ESTABLISHED,
    HIGHEST_TIMEOUTS,
    INV_NEG,
    LOWEST_TIMEOUTS,
    NON_INV_1ST,
    NON_INV_NEG,
    REFUSED,
    SET_TIMER,
    START,
    START_IMPLIED,
    STATE_MASK,
    STIMULUS_COUNT,
    TRANSITIONS,
    request_stimulus,
    response_stimulus,
)
from sipcm.state.events import ON_REPLY, ON_REQUEST
from sipcm.state.matching import BY_CALL_ID, CALLEE, FULL, Match, is_challenge
from sipcm.state.reporter import Reporter
from sipcm.state.ring import EventRing
from sipcm.state.wheel import Wheel

MOST_KEY: Final = 8192
"""The longest Call-ID or tag, in bytes, that is tracked."""

MOST_EVENTS: Final = 4
"""What one step reports at most: a message and the one it takes out of doubt, or a timer; each one
event of its own and one of a family that it ends. Less room in the ring means a pause."""

# What to do with the call that fits a message best
USE: Final = 0
NEW: Final = 1
FORK: Final = 2
IGNORE: Final = 3


@final
class Tracker:
    """Follows calls; everything it learns is in its table, its ring and its counters."""

    __slots__ = (
        "begun",
        "calls",
        "clock",
        "forcing",
        "last",
        "match",
        "reporter",
        "ring",
        "timeouts",
        "wheel",
    )

    def __init__(self, calls: CallTable, ring: EventRing, clock: Clock) -> None:
        self.calls: CallTable = calls
        self.ring: EventRing = ring
        self.clock: Clock = clock
        self.reporter: Reporter = Reporter(ring, clock)
        self.wheel: Wheel = Wheel()
        self.match: Match = Match()
        self.timeouts: list[int] = [seconds * SECOND for seconds in DEFAULT_TIMEOUTS]
        self.forcing: bool = False
        self.begun: i64 = 0  # calls, since the start
        self.last: Call | None = None  # that of the last message

    def feed(self, message: Message, datagram: Datagram, timestamp: i64, moment: i64) -> bool:
        """Follow one message; False when it lacks what tracking needs.

        *timestamp* is the packet's own time, *moment* its place in stream time.
        """
        self.last = None
        if message.missing:
            return False
        reporter = self.reporter
        reporter.timestamp = timestamp
        reporter.moment = moment
        reporter.trigger = ON_REPLY if message.status else ON_REQUEST
        match = self.match
        match.find(self.calls.by_id.get(message.call_id), message)
        call = match.call
        if call is None or match.fit != FULL:
            if _oversize(message):
                return False
            verdict = self._judge(message, datagram)
            if verdict == IGNORE:
                return True
            if call is None or verdict == NEW:
                call = self._begin(message, datagram)
                match.side = 0
            elif verdict == FORK:
                call = self._fork(call, message)
        self.last = call
        if message.status:
            self._response(call, message, match.side)
        else:
            self._request(call, message, match.side)
        return True

    def advance(self, moment: i64) -> bool:
        """Fire the timers that are due at *moment*; False when the ring must be drained first."""
        while self.ring.room() >= MOST_EVENTS:
            timer = self.wheel.pop(moment)
            if timer is None:
                return True
            call = timer.owner
            timer.owner = None
            if isinstance(call, Call):
                self.calls.remove(call)
                if self.forcing:
                    call.flags |= FORCED_TIMEOUT
                self.reporter.expired(call, timer.deadline)
        return False

    def force_timeouts(self, limit: i64) -> None:
        """Bring every timer forward to *limit* (stream time) at the latest, for good."""
        self.forcing = True
        self.wheel.cut(limit)

    def set_timeout(self, state: i64, seconds: i64) -> None:
        """Let calls stay so long in *state*; 0 is the default again.

        A call that is there stays longer from its next message on; a shorter time is that of those
        that come to the state.

        ValueError when *seconds* is not in the range of the state.
        """
        lowest, highest = LOWEST_TIMEOUTS[state], HIGHEST_TIMEOUTS[state]
        if seconds and not lowest <= seconds <= highest:
            raise ValueError(f"{seconds} is not from {lowest} to {highest}")
        self.timeouts[state] = (seconds or DEFAULT_TIMEOUTS[state]) * SECOND

    # Which call

    def _judge(self, message: Message, datagram: Datagram) -> i64:
        """Say what to do with the best match; where it gets a new tag, give it that tag."""
        match = self.match
        call = match.call
        if call is None:
            return NEW
        party = call.callee if match.side else call.caller
        newer = message.cseq >= party.newest
        if match.fit == BY_CALL_ID:
            if message.status or message.to_tag or not _awaits_retry(call, message.method):
                return NEW
            call.from_tag = message.from_tag
            call.to_tag = b""
            party.newest = -1
            party.reply_cseq = -1
            call.flags |= REUSED
            return USE
        tag = message.from_tag if match.side == CALLEE else message.to_tag
        if not tag:
            return USE
        if message.status == 100:
            return IGNORE if call.to_tag else USE
        if not call.to_tag or self._keeps_to_one_tag(call, message, datagram):
            if newer:
                call.to_tag = tag
                call.flags |= REUSED
            return USE
        return FORK

    def _keeps_to_one_tag(self, call: Call, message: Message, datagram: Datagram) -> bool:
        """Tell whether another To tag is no fork but the next answer in the same exchange.

        Only provisional responses and 2xx to INVITE make dialogs (RFC 3261 12.1). A refused call
        may be tried again elsewhere (serial forking); a refusal from the very server that was
        asked is that server's answer, whatever its tag.
        """
        if message.method != call.method:
            return False
        if call.state == INV_NEG or call.state >= NON_INV_1ST:
            return True
        refusal = message.status >= 300
        return refusal and call.state != ESTABLISHED and datagram.source() == call.server

    def _begin(self, message: Message, datagram: Datagram) -> Call:
        call = Call(message.call_id, message.from_tag, message.to_tag, message.method)
        call.method_name = message.method_name()
        call.transport = datagram.protocol
        if message.status:
            call.client, call.client_port = datagram.destination(), datagram.destination_port
            call.server, call.server_port = datagram.source(), datagram.source_port
        else:
            call.client, call.client_port = datagram.source(), datagram.source_port
            call.server, call.server_port = datagram.destination(), datagram.destination_port
        call.created = self.reporter.moment
        call.created_packet = self.reporter.timestamp
        if message.status:
            call.set_text(FROM, message.from_uri())
            call.set_text(TO, message.to_uri())
        self._hold(call)
        return call

    def _fork(self, parent: Call, message: Message) -> Call:
        tag = message.from_tag if self.match.side == CALLEE else message.to_tag
        child = Call(parent.call_id, parent.from_tag, tag, parent.method)
        child.method_name = parent.method_name
        child.transport = parent.transport
        child.client, child.client_port = parent.client, parent.client_port
        child.server, child.server_port = parent.server, parent.server_port
        child.texts = parent.texts
        child.created = parent.created
        child.created_packet = parent.created_packet
        child.caller.cseq = child.caller.newest = parent.caller.cseq
        child.caller.requests = parent.caller.requests
        child.steps0, child.steps1 = parent.steps0, parent.steps1
        child.steps2, child.steps3 = parent.steps2, parent.steps3
        child.step_count = parent.step_count
        child.forked = self.reporter.moment
        child.flags = FORK_CHILD
        parent.flags |= FORK_PARENT
        if parent.family is None:
            parent.family = Family()
            parent.family.answered = parent.answered >= 0
        child.family = parent.family
        parent.family.open += 1
        self._hold(child)
        return child

    def _hold(self, call: Call) -> None:
        if self.match.candidates >= MOST_SAME_ID:
            self._evict(self.calls.oldest_of(call.call_id))
        elif self.calls.full():
            self.calls.fail_lim.value += 1
            self._evict(self.calls.oldest())
        call.number = self.begun
        self.begun += 1
        self.calls.add(call)
        call.timer = self.wheel.start(call, self.clock.now + self.timeouts[call.state])

    def _evict(self, call: Call | None) -> None:
        if call is None:
            return
        self.calls.remove(call)
        self.calls.evicted.value += 1
        if call.timer is not None:
            self.wheel.stop(call.timer)
        self.reporter.left(call)

    # What the message does

    def _request(self, call: Call, message: Message, side: i64) -> None:
        method = message.method
        cseq = message.cseq
        party = call.callee if side else call.caller
        call.add_step(side, method)
        if party.requests == 0:
            _describe(call, message, side)
        if cseq < party.newest or (cseq == party.newest and method not in (ACK, CANCEL)):
            party.request_repeats += 1
            self._prolong(call)
            return
        party.requests += 1
        party.last_method = method
        if method not in (ACK, PRACK, UPDATE):
            party.cseq = party.newest = cseq
        if method == call.method and not message.to_tag and call.state in (INV_NEG, NON_INV_NEG):
            call.to_tag = b""  # tried again: the tag of the refusal made no dialog
        stimulus = request_stimulus(method, call.method, message.to_tag != b"")
        self._apply(call, stimulus, side)

    def _response(self, call: Call, message: Message, side: i64) -> None:
        method = message.method
        status = message.status
        party = call.callee if side else call.caller
        previous = party.reply_status
        call.add_step(0 if side else 1, status)
        if method not in (ACK, PRACK, UPDATE, CANCEL):
            if _is_old(message, party):
                party.reply_repeats += 1
                self._prolong(call)
                return
            party.reply_cseq = party.newest = message.cseq
            party.reply_status = status
        party.replies += 1
        if method == call.method or (method == INVITE and call.state < NON_INV_1ST):
            self._decide(call, message)
        stimulus = response_stimulus(method, call.method, status, message.to_tag != b"")
        action = self._apply(call, stimulus, side)
        if action == REFUSED and status == previous and is_challenge(status):
            self.reporter.refused(call, status, message.reason_phrase())

    def _decide(self, call: Call, message: Message) -> None:
        """Let a response to the request that began *call* say how that stands."""
        status = message.status
        if ESTABLISHED <= call.state <= BYE_REPLIED and (call.status >= 200 or status >= 300):
            return
        call.status = status
        call.reason = message.reason_phrase()
        if status >= 200:
            if call.decided < 0:
                call.set_text(UAS, message.server() or message.user_agent() or call.text(UAS))
            call.decided = self.reporter.moment
        elif status >= 180 and call.early < 0 and message.method == INVITE:
            call.early = self.reporter.moment

    def _apply(self, call: Call, stimulus: i64, side: i64) -> i64:
        """Do what the table says and return its action."""
        cell: i64 = TRANSITIONS[call.state * STIMULUS_COUNT + stimulus]
        state = cell & STATE_MASK
        if state != call.state:
            self.calls.enter(call, state)
        timer = call.timer
        deadline = self.clock.now + self.timeouts[state]
        if timer is not None and deadline > timer.deadline:
            timer.deadline = deadline
        elif timer is not None and cell & SET_TIMER:
            call.timer = self.wheel.move(timer, deadline)
        action = cell >> ACTION_SHIFT
        if action == START:
            self.reporter.answered(call)
        elif action == START_IMPLIED:
            self.reporter.answer_implied(call)
        elif action == END:
            self.reporter.cleared(call, side)
        return action

    def _prolong(self, call: Call) -> None:
        """Let the timer of *call* run as long as that of its state, if that is longer."""
        timer = call.timer
        if timer is not None:
            deadline = self.clock.now + self.timeouts[call.state]
            timer.deadline = max(timer.deadline, deadline)


def _oversize(message: Message) -> bool:
    return (
        len(message.call_id) > MOST_KEY
        or len(message.from_tag) > MOST_KEY
        or len(message.to_tag) > MOST_KEY
    )


def _awaits_retry(call: Call, method: i64) -> bool:
    """Tell whether *call* was challenged, so that its method may come again with a new From tag."""
    return (
        call.state in (INV_NEG, NON_INV_NEG) and call.method == method and is_challenge(call.status)
    )


def _is_old(message: Message, party: Party) -> bool:
    """Tell whether a response repeats, or comes after, what *party* was already answered."""
    if message.cseq < party.newest:
        return True
    if message.cseq != party.reply_cseq:
        return False
    status = message.status
    previous = party.reply_status
    if status == previous or previous < 200:
        return status == previous
    return status <= previous and not (200 <= status < 300 <= previous)


def _describe(call: Call, message: Message, side: i64) -> None:
    """Keep what the first request of a party tells of it."""
    if side == CALLEE:
        if not call.text(UAS):
            call.set_text(UAS, message.user_agent())
        return
    identity = message.identity(0)
    call.tell(
        [
            message.from_uri(),
            message.to_uri(),
            message.request_uri(),
            message.contact_uri(),
            message.user_agent(),
            call.text(UAS),
            identity,
            message.identity(1) if identity else b"",
        ]
    )
