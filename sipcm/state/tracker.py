"""The tracker: messages in, calls followed, events out.

It finds the call of a message, tells retransmissions and copies from news, lets the table of
:mod:`sipcm.state.callstate` say what follows, and has the reporter tell of it. What a REGISTER does
to bindings is the registrar's part. Time is stream time and comes with each message; nothing here
reads a clock.
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.clock import SECOND, Clock
from sipcm.net.packet import Datagram
from sipcm.sip.message import (
    ACK,
    INVITE,
    MOST_EXPIRES,
    PRACK,
    REGISTER,
    SUBSCRIBE,
    UPDATE,
    Message,
)
from sipcm.state import legs, retransmission
from sipcm.state.bindings import Binding, BindingTable
from sipcm.state.calls import (
    FORCED_TIMEOUT,
    FOREIGN,
    FORK_CHILD,
    FORK_PARENT,
    MOST_SAME_ID,
    MOST_TEXT,
    Call,
    CallTable,
    Family,
    is_settled,
)
from sipcm.state.callstate import (
    ACTION_SHIFT,
    BYE_REPLIED,
    BYE_SEEN,
    END,
    ESTABLISHED,
    INIT,
    INV_1ST,
    INV_EARLY,
    INV_NEG,
    NON_INV_1ST,
    NON_INV_NEG,
    REFUSED,
    REQ_BYE,
    REQ_BYE_UNKNOWN,
    REQ_SUB_ALIVE,
    RSP_SUB_ALIVE,
    SET_TIMER,
    START,
    START_IMPLIED,
    STATE_MASK,
    STIMULUS_COUNT,
    SUB_END,
    SUB_START,
    SUBSCRIBED,
    TRANSITIONS,
    request_stimulus,
    response_stimulus,
)
from sipcm.state.correlation import Correlator
from sipcm.state.description import describe, describe_server, introduce
from sipcm.state.events import ON_REPLY, ON_REQUEST
from sipcm.state.matching import CALLEE, FORK, FULL, IGNORE, NEW, Match, is_challenge, judge
from sipcm.state.messages import COPY, LATE, NEWS, REPEAT
from sipcm.state.pool import Pool
from sipcm.state.registrar import MOST_REPORTS, Registrar
from sipcm.state.reporter import Reporter
from sipcm.state.ring import EventRing
from sipcm.state.statenames import DEFAULT_TIMEOUTS, HIGHEST_TIMEOUTS, LOWEST_TIMEOUTS
from sipcm.state.subscriptions import NOTHING, Subscription
from sipcm.state.wheel import Wheel

MOST_KEY: Final = 8192
"""The longest Call-ID or tag, in bytes, that is tracked."""

MOST_EVICTIONS: Final = 32
"""How many calls go at most where one settles or has become too heavy."""

MOST_EVENTS: Final = MOST_REPORTS + 2 * (2 * MOST_EVICTIONS + 2) + 4
"""What one message reports at most: what a REGISTER does to bindings, calls that go, each with the
last word of its family, and what it tells of its own call. Less room in the ring means a pause."""


@final
class Tracker:
    """Follows calls; everything it learns is in its tables, its ring and their counters.

    ``last`` is the call of the last message, and ``fate`` what that was: NEWS, REPEAT or COPY; of
    one that is LATE there is no ``last`` but the ``match`` that was found. ``correlator`` may be
    set to what finds calls that belong together.
    """

    __slots__ = (
        "begun",
        "calls",
        "clock",
        "correlator",
        "fate",
        "forcing",
        "last",
        "match",
        "pool",
        "registrar",
        "reporter",
        "ring",
        "timeouts",
        "wheel",
    )

    def __init__(
        self, calls: CallTable, bindings: BindingTable, ring: EventRing, clock: Clock
    ) -> None:
        self.calls: CallTable = calls
        self.ring: EventRing = ring
        self.clock: Clock = clock
        self.reporter: Reporter = Reporter(ring, clock)
        self.wheel: Wheel = Wheel()
        self.pool: Pool = Pool()
        self.registrar: Registrar = Registrar(bindings, self.wheel, self.reporter, clock, self.pool)
        self.match: Match = Match()
        self.timeouts: list[int] = [seconds * SECOND for seconds in DEFAULT_TIMEOUTS]
        self.forcing: bool = False
        self.begun: i64 = 0  # calls, since the start
        self.last: Call | None = None
        self.fate: i64 = NEWS
        self.correlator: Correlator | None = None

    def feed(self, message: Message, datagram: Datagram, timestamp: i64, moment: i64) -> bool:
        """Follow one message; False when it lacks what tracking needs.

        *timestamp* is the packet's own time, *moment* its place in stream time.
        """
        self.last = None
        self.fate = NEWS
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
            verdict = judge(match, message, datagram)
            if verdict == IGNORE:
                self.fate = LATE
                return True
            if call is None or verdict == NEW:
                call = self._begin(message, datagram)
                match.side = 0
            elif verdict == FORK:
                call = self._fork(call, message, datagram)
        self.last = call
        on_way = retransmission.place(call, message, datagram, match.side)
        if message.status:
            self._response(call, message, match.side, on_way, datagram)
        else:
            self._request(call, message, match.side, on_way)
        if self.correlator is not None and self.fate == NEWS:
            self._correlate(self.correlator, call, message)
        calls = self.calls
        calls.weigh(call)
        if calls.too_heavy():
            self._lighten(call)
        return True

    def advance(self, moment: i64) -> bool:
        """Fire the timers that are due at *moment*; False when the ring must be drained first."""
        while self.ring.room() >= MOST_EVENTS:
            entry = self.wheel.pop(moment)
            if entry is None:
                return True
            if isinstance(entry, Call):
                self.calls.remove(entry)
                if self.correlator is not None:
                    self.correlator.leave(entry.number)
                if self.forcing:
                    entry.flags |= FORCED_TIMEOUT
                self.reporter.expired(entry, entry.deadline)
            elif isinstance(entry, Binding):
                self.registrar.expire(entry, entry.deadline)
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

    # Calls come and go

    def _begin(self, message: Message, datagram: Datagram) -> Call:
        call = Call(message.call_id, message.from_tag, message.to_tag, message.method)
        introduce(call, message, datagram, self.pool)
        call.created = self.reporter.moment
        call.created_packet = self.reporter.timestamp
        self._hold(call)
        return call

    def _fork(self, parent: Call, message: Message, datagram: Datagram) -> Call:
        tag = message.from_tag if self.match.side == CALLEE else message.to_tag
        child = Call(parent.call_id, parent.from_tag, tag, parent.method)
        child.method_name = parent.method_name
        child.transport = parent.transport
        child.client, child.client_port = parent.client, parent.client_port
        child.server, child.server_port = parent.server, parent.server_port
        child.texts = parent.texts
        child.user_agent, child.uas = parent.user_agent, parent.uas
        child.signature = parent.signature
        child.created = parent.created
        child.created_packet = parent.created_packet
        child.caller.cseq = child.caller.newest = parent.caller.cseq
        child.caller.requests = parent.caller.requests
        child.steps0, child.steps1 = parent.steps0, parent.steps1
        child.steps2, child.steps3 = parent.steps2, parent.steps3
        child.step_count = parent.step_count
        child.forked = self.reporter.moment
        if parent.subscription is not None:
            child.subscription = parent.subscription.copy()
        child.flags = FORK_CHILD
        if message.status and datagram.source() != parent.server:
            child.flags |= FOREIGN
        parent.flags |= FORK_PARENT
        if parent.family is None:
            parent.family = Family(parent.number)
            parent.family.answered = parent.answered >= 0
        child.family = parent.family
        parent.family.open += 1
        self._hold(child)
        return child

    def _hold(self, call: Call) -> None:
        """Put *call* into the table, and make room for it."""
        calls = self.calls
        if self.match.candidates >= MOST_SAME_ID:
            self._evict(calls.oldest_of(call.call_id))
        elif calls.full():
            calls.fail_lim.value += 1
            self._evict(calls.oldest())
        call.number = self.begun
        self.begun += 1
        calls.add(call)
        self.wheel.start(call, self.clock.now + self.timeouts[call.state])

    def _lighten(self, heavy: Call) -> None:
        """Bring the table within its memory after *heavy* has come or grown.

        The oldest go, as many as one message may push out; where they are too light, *heavy* goes.
        """
        calls = self.calls
        for _ in range(MOST_EVICTIONS):
            oldest = calls.oldest()
            self._evict(oldest)
            if oldest is heavy or not calls.too_heavy():
                return
        self._evict(heavy)

    def _evict(self, call: Call | None) -> None:
        if call is None:
            return
        self.calls.evict(call)
        if self.correlator is not None:
            self.correlator.leave(call.number)
        self.wheel.stop(call)
        self.reporter.evicted(call)

    def _correlate(self, correlator: Correlator, call: Call, message: Message) -> None:
        """Note what *message* says of other calls that *call* belongs to."""
        number = call.number
        if number >= correlator.next:
            correlator.begin(number, call.call_id)
        for value in correlator.values(message):
            other = self.calls.by_id.get(value)
            if correlator.hold(number, value) and other is not None:
                correlator.join(number, other.number)

    # What the message does

    def _request(self, call: Call, message: Message, side: i64, on_way: i64) -> None:
        method = message.method
        cseq = message.cseq
        party = call.party(side)
        if party.requests == 0:
            describe(call, message, side, self.pool)
        repeats = retransmission.request_repeats(message, party)
        if on_way == legs.COPY or (repeats and on_way == legs.FIRST and call.legs is not None):
            self._pass_copy(call)
            return
        call.add_step(side, method)
        if repeats:
            party.request_repeats += 1
            self.reporter.indicators.repeated_requests.value += 1
            self.fate = REPEAT
            self._prolong(call)
            return
        party.requests += 1
        party.last_method = method
        if call.state == INIT and call.method != method:
            _adopt(call, message)
        if method not in (ACK, PRACK, UPDATE):
            party.cseq = party.newest = cseq
        if method == call.method and not message.to_tag and call.state in (INV_NEG, NON_INV_NEG):
            call.to_tag = b""  # tried again: the tag of the refusal made no dialog
        if method == REGISTER:
            self.registrar.ask(call, message)
        stimulus: i64 = NOTHING
        if call.method == SUBSCRIBE:
            subscription = call.subscribing()
            stimulus = subscription.request(message, call.state == SUBSCRIBED)
        if stimulus == NOTHING:
            stimulus = request_stimulus(method, call.method, message.to_tag != b"")
            if stimulus == REQ_BYE and call.state == INIT and call.flags & FORK_CHILD:
                stimulus = REQ_BYE_UNKNOWN
        self._apply(call, stimulus, side)

    def _response(
        self, call: Call, message: Message, side: i64, on_way: i64, datagram: Datagram
    ) -> None:
        method = message.method
        status = message.status
        party = call.party(side)
        previous = party.reply_status
        repeats = retransmission.response_repeats(message, party)
        if call.flags & FOREIGN and datagram.source() == call.server:
            call.flags &= ~FOREIGN
        if on_way == legs.COPY or (repeats and on_way == legs.FIRST and call.legs is not None):
            self._pass_copy(call)
            return
        call.add_step(0 if side else 1, status)
        if repeats:
            party.reply_repeats += 1
            self.reporter.indicators.repeated_replies.value += 1
            self.fate = REPEAT
            self._prolong(call)
            return
        if retransmission.compares(method):
            party.reply_cseq = party.newest = message.cseq
            party.reply_status = status
        party.replies += 1
        if call.state == INIT and call.method != method:
            _adopt(call, message)
        if method == call.method or (method == INVITE and call.state < NON_INV_1ST):
            self._decide(call, message)
        if method == REGISTER and 200 <= status < 300:
            self.registrar.grant(call, message)
        stimulus: i64 = NOTHING
        if call.method == SUBSCRIBE:
            subscription = call.subscribing()
            stimulus = subscription.response(message, call.state == SUBSCRIBED)
        if stimulus == NOTHING:
            stimulus = response_stimulus(method, call.method, status, message.to_tag != b"")
        before, cleared = call.state, call.cleared
        action = self._apply(call, stimulus, side)
        if before == BYE_SEEN and call.state == BYE_REPLIED and cleared >= 0 and status < 300:
            self.reporter.indicators.disconnect.note(self.reporter.moment - cleared)
        if action == REFUSED:
            if status == previous and is_challenge(status):
                self.reporter.refused(call, status, message.reason_phrase()[:MOST_TEXT])
            of_family = method == INVITE and before < INV_NEG and call.family is not None
            if of_family and datagram.source() == call.server:
                self._refuse_family(call)

    def _pass_copy(self, call: Call) -> None:
        """Count a message that was seen before, on another leg of its way."""
        self.calls.copies.value += 1
        self.fate = COPY
        self._prolong(call)

    def _refuse_family(self, refused: Call) -> None:
        """Let the early dialogs of a request end with it: its first hop refused the whole of it.

        RFC 3261 12.3. Branches whose responses come from elsewhere are not that hop's to refuse.
        """
        relative = self.calls.by_id.get(refused.call_id)
        while relative is not None:
            if (
                relative.family is refused.family
                and relative.state in (INV_1ST, INV_EARLY)
                and not relative.flags & FOREIGN
                and relative.caller.cseq == refused.caller.cseq
            ):
                relative.status = refused.status
                relative.reason = refused.reason
                relative.decided = refused.decided
                relative.caller.reply_status = refused.caller.reply_status
                self._enter(relative, INV_NEG)
                self.calls.weigh(relative)
                self.wheel.move(relative, self.clock.now + self.timeouts[INV_NEG])
            relative = relative.same_id

    def _decide(self, call: Call, message: Message) -> None:
        """Let a response to the request that began *call* say how that stands."""
        status = message.status
        if ESTABLISHED <= call.state <= BYE_REPLIED and (call.status >= 200 or status >= 300):
            return
        call.status = status
        call.reason = self.pool.one(message.reason_phrase()[:MOST_TEXT])
        if status >= 200:
            if call.decided < 0:
                describe_server(call, message, self.pool)
            call.decided = self.reporter.moment
        elif status >= 180 and call.early < 0 and message.method == INVITE:
            call.early = self.reporter.moment

    def _apply(self, call: Call, stimulus: i64, side: i64) -> i64:
        """Do what the table says and return its action."""
        cell: i64 = TRANSITIONS[call.state * STIMULUS_COUNT + stimulus]
        state = cell & STATE_MASK
        if state != call.state:
            self._enter(call, state)
        if stimulus in (REQ_SUB_ALIVE, RSP_SUB_ALIVE):
            self._let_last(call.subscribing())
        deadline = self._deadline(call)
        if deadline > call.deadline:
            call.deadline = deadline
        elif cell & SET_TIMER:
            self.wheel.move(call, deadline)
        action = cell >> ACTION_SHIFT
        if action == START:
            self.reporter.answered(call)
        elif action == START_IMPLIED:
            self.reporter.answer_implied(call)
        elif action == END:
            self.reporter.cleared(call, side)
        elif action == SUB_START:
            self.reporter.subscribed(call, call.subscribing().granted)
        elif action == SUB_END:
            self.reporter.unsubscribed(call, call.subscribing().granted)
        return action

    def _enter(self, call: Call, state: i64) -> None:
        """Move *call* to *state*; where it settles and these are too many, the oldest go."""
        calls = self.calls
        calls.enter(call, state)
        if is_settled(state):
            for _ in range(MOST_EVICTIONS):
                if not calls.crowded():
                    break
                self._evict(calls.oldest_settled())

    def _let_last(self, subscription: Subscription) -> None:
        """Let *subscription* last for as long as it was granted, and the usual grace."""
        seconds = min(subscription.granted + self.registrar.grace, MOST_EXPIRES)
        subscription.lapses = self.clock.now + seconds * SECOND

    def _deadline(self, call: Call) -> i64:
        """Return until when *call* stays in its state if nothing more is seen of it."""
        if call.state == SUBSCRIBED:
            return call.subscribing().lapses
        return self.clock.now + self.timeouts[call.state]

    def _prolong(self, call: Call) -> None:
        """Let the timer of *call* run as long as that of its state, if that is longer."""
        call.deadline = max(call.deadline, self._deadline(call))


def _oversize(message: Message) -> bool:
    return (
        len(message.call_id) > MOST_KEY
        or len(message.from_tag) > MOST_KEY
        or len(message.to_tag) > MOST_KEY
    )


def _adopt(call: Call, message: Message) -> None:
    """Let *call*, of which only what goes on beside an INVITE was seen, be about *message*."""
    if call.method in (ACK, PRACK, UPDATE) and message.method not in (ACK, PRACK, UPDATE):
        call.method = message.method
        call.method_name = message.method_token[:MOST_TEXT]
