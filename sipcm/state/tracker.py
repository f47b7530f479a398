"""The tracker: messages in, calls followed, events out.

It finds the call of a message, tells retransmissions and copies from news, lets the table of
:mod:`sipcm.state.callstate` say what follows, and has the reporter tell of it. What a REGISTER does
to bindings is the registrar's part. Time is stream time and comes with each message; nothing here
reads a clock.
"""

from sipcm.annotation import Final, final, i64
from sipcm.clock import SECOND, Clock
from sipcm.effort import TIMER, Effort
from sipcm.net.packet import Datagram
from sipcm.sip.expires import MOST_EXPIRES
from sipcm.sip.message import INVITE, REGISTER, SUBSCRIBE, Message
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
    NO_ACTION,
    NON_INV_1ST,
    NON_INV_NEG,
    REFUSED,
    REQ_BYE,
    REQ_BYE_UNKNOWN,
    REQ_SUB_ALIVE,
    RSP_SUB_ALIVE,
    SET_TIMER,
    SETTLED,
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
from sipcm.state.description import adopt, branch_of, describe, describe_answer, introduce
from sipcm.state.events import ON_REPLY, ON_REQUEST
from sipcm.state.matching import (
    CALLEE,
    CALLER,
    FORK,
    FULL,
    MOST_KEY,
    NEW,
    USE,
    Match,
    is_challenge,
    is_oversize,
    judge,
)
from sipcm.state.messages import COPY, LATE, NEWS, REPEAT
from sipcm.state.pool import Pool
from sipcm.state.registrar import MOST_REPORTS, Registrar
from sipcm.state.reporter import Reporter
from sipcm.state.ring import EventRing
from sipcm.state.subscriptions import NOTHING, Subscription
from sipcm.state.timeouts import Timeouts
from sipcm.state.wheel import Wheel

MOST_EVICTIONS: Final = 32
"""How many calls go at most where one settles or has become too heavy."""

MOST_EVENTS: Final = MOST_REPORTS + 2 * (2 * MOST_EVICTIONS + 2) + 4
"""What one message reports at most: what a REGISTER does to bindings, calls that go, each with the
last word of its family, and what it tells of its own call. Less room in the ring means a pause."""


@final
class Tracker:
    """Follows calls; everything it learns is in its tables, its ring and their counters.

    ``last`` is the call of the last message, and ``fate`` what that was: NEWS, REPEAT or COPY; of
    one that is LATE there is no ``last`` but the ``match`` that was found. ``unweighed`` tells that
    it gave the call tags or texts. ``correlator`` may be set to what finds calls that belong
    together.
    """

    __slots__ = (
        "begun",
        "calls",
        "clock",
        "correlator",
        "effort",
        "fate",
        "forcing",
        "last",
        "match",
        "pool",
        "registrar",
        "reporter",
        "ring",
        "timeouts",
        "unweighed",
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
        self.effort: Effort = Effort()
        self.match: Match = Match()
        self.timeouts: Timeouts = Timeouts()
        self.forcing: bool = False
        self.begun: i64 = 0  # calls, since the start
        self.last: Call | None = None
        self.fate: i64 = NEWS
        self.unweighed: bool = False
        self.correlator: Correlator | None = None

    def feed(self, message: Message, datagram: Datagram, timestamp: i64, moment: i64) -> bool:
        """Follow one message; False when it lacks what tracking needs.

        *timestamp* is the packet's own time, *moment* its place in stream time.
        """
        self.last = None
        self.fate = NEWS
        self.unweighed = False
        if message.missing:
            return False
        calls = self.calls
        reporter = self.reporter
        reporter.timestamp = timestamp
        reporter.moment = moment
        reporter.trigger = ON_REPLY if message.status else ON_REQUEST
        match = self.match
        match.find(calls.by_id.get(message.call_id), message)
        call = match.call
        if call is None or match.fit != FULL:
            call = self._call_of(message, datagram)
            if call is None:
                return self.fate == LATE
        self.last = call
        side = match.side
        on_way: i64 = legs.FIRST
        if call.legs is not None or not datagram.joins(
            call.client, call.client_port, call.server, call.server_port
        ):
            on_way = retransmission.place(call, message, datagram, side)
        if message.status:
            self._response(call, message, side, on_way, datagram)
        else:
            self._request(call, message, side, on_way)
        if self.correlator is not None and self.fate == NEWS:
            self._correlate(self.correlator, call, message)
        # What most calls have not may grow at any time.
        if self.unweighed or call.legs is not None or call.subscription is not None:
            calls.weigh(call)
        if calls.most_memory > 0 and calls.too_heavy():
            self._lighten(call)
        return True

    def advance(self, moment: i64) -> bool:
        """Fire the timers that are due at *moment*; False where room or effort ends before."""
        while self.ring.room() >= MOST_EVENTS and self.effort.left > 0:
            entry = self.wheel.pop(moment)
            if entry is None:
                return True
            self.effort.left -= TIMER
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

    def _call_of(self, message: Message, datagram: Datagram) -> Call | None:
        """Find the call of *message*, which fits none fully, or begin it.

        None for one that is LATE or has a huge key.
        """
        match = self.match
        call = match.call
        if message.end - message.start > MOST_KEY and is_oversize(message):
            return None
        if call is None:
            return self._begin(message, datagram)
        from_tag, to_tag = call.from_tag, call.to_tag
        verdict = judge(match, message, datagram)
        if verdict == USE:
            if call.to_tag is not to_tag or call.from_tag is not from_tag:
                self.unweighed = True
            return call
        if verdict == FORK:
            return self._fork(call, message, datagram)
        if verdict == NEW:
            match.side = CALLER
            return self._begin(message, datagram)
        self.fate = LATE
        return None

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
        child = branch_of(parent, tag)
        child.forked = self.reporter.moment
        child.flags = FORK_CHILD
        if message.status and datagram.source() != parent.server:
            child.flags |= FOREIGN
        parent.flags |= FORK_PARENT
        self.reporter.goes_on(parent)
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
        self.unweighed = True
        calls.add(call)
        self.wheel.start(call, self.clock.now + self.timeouts.of(call.state))

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
        party = call.party(side) if side else call.caller
        if party.requests == 0:
            describe(call, message, side, self.pool)
            self.unweighed = True
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
        retransmission.note_request(message, party)
        if call.state == INIT and call.method != method:
            adopt(call, message)
        if (
            call.state in (INV_NEG, NON_INV_NEG)
            and method == call.method
            and not message.has_to_tag()
        ):
            call.to_tag = b""  # tried again: the tag of the refusal made no dialog
            self.unweighed = True
        if method == REGISTER:
            self.registrar.ask(call, message)
            self.unweighed = True
        stimulus: i64 = NOTHING
        if call.method == SUBSCRIBE:
            subscription = call.subscribing()
            stimulus = subscription.request(message, call.state == SUBSCRIBED)
        if stimulus == NOTHING:
            stimulus = request_stimulus(method, call.method, message.has_to_tag())
            if stimulus == REQ_BYE and call.state == INIT and call.flags & FORK_CHILD:
                stimulus = REQ_BYE_UNKNOWN
        self._apply(call, stimulus, side)

    def _response(
        self, call: Call, message: Message, side: i64, on_way: i64, datagram: Datagram
    ) -> None:
        method = message.method
        status = message.status
        party = call.party(side) if side else call.caller
        previous: i64 = i64(party.reply_status)
        compared = retransmission.COMPARED[method] != 0
        repeats = compared and retransmission.response_repeats(message, party)
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
        if compared:
            retransmission.note_response(message, party)
        party.replies += 1
        if call.state == INIT and call.method != method:
            adopt(call, message)
        if method == call.method or (method == INVITE and call.state < NON_INV_1ST):
            self._decide(call, message)
        if method == REGISTER and 200 <= status < 300:
            self.registrar.grant(call, message)
            self.unweighed = True
        stimulus: i64 = NOTHING
        if call.method == SUBSCRIBE:
            subscription = call.subscribing()
            stimulus = subscription.response(message, call.state == SUBSCRIBED)
        if stimulus == NOTHING:
            early = status < 200 and message.has_to_tag()
            stimulus = response_stimulus(method, call.method, status, early)
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
        if status >= 400 and self.reporter.failures is not None:
            self.reporter.turned_down(call, method, status, datagram.source() == call.server)

    def _pass_copy(self, call: Call) -> None:
        """Count a message that was seen before, on another leg of its way."""
        self.calls.copies.value += 1
        self.fate = COPY
        self._prolong(call)

    def _refuse_family(self, refused: Call) -> None:
        """Let the early dialogs of a request end with it: its first hop refused the whole of it.

        RFC 3261 12.3. Branches whose responses come from elsewhere are not that hop's to refuse.
        """
        cseq = retransmission.invited(refused.caller)
        relative = self.calls.by_id.get(refused.call_id)
        while relative is not None:
            if (
                relative.family is refused.family
                and relative.state in (INV_1ST, INV_EARLY)
                and not relative.flags & FOREIGN
                and retransmission.invited(relative.caller) == cseq
            ):
                relative.status = refused.status
                relative.reason = refused.reason
                relative.decided = refused.decided
                relative.caller.invite = refused.caller.invite
                relative.caller.reply_status = refused.caller.reply_status
                self.calls.enter(relative, INV_NEG)
                self.calls.weigh(relative)
                self.wheel.move(relative, self.clock.now + self.timeouts.of(INV_NEG))
            relative = relative.same_id

    def _decide(self, call: Call, message: Message) -> None:
        """Let a response to the request that began *call* say how that stands."""
        status = message.status
        if ESTABLISHED <= call.state <= BYE_REPLIED and (call.status >= 200 or status >= 300):
            return
        call.status = status
        reason, uas = call.reason, call.uas
        describe_answer(call, message, self.pool)
        if call.reason is not reason or call.uas is not uas:
            more = len(call.reason) + len(call.uas) - len(reason) - len(uas)
            self.calls.grow(call, more)
        if status >= 200:
            call.decided = self.reporter.moment
        elif status >= 180 and call.early < 0 and message.method == INVITE:
            call.early = self.reporter.moment

    def _apply(self, call: Call, stimulus: i64, side: i64) -> i64:
        """Do what the table says and return its action."""
        cell: i64 = TRANSITIONS[call.state * STIMULUS_COUNT + stimulus]
        state = cell & STATE_MASK
        if state != call.state:
            self.reporter.leaves_state(call)
            self.calls.enter(call, state)
            if SETTLED[state]:
                self._make_room_for_settled()
        if stimulus >= REQ_SUB_ALIVE and stimulus in (REQ_SUB_ALIVE, RSP_SUB_ALIVE):
            self._let_last(call.subscribing())
        deadline = self._deadline(call)
        if deadline > call.deadline:
            self.wheel.prolong(call, deadline)
        elif cell & SET_TIMER:
            self.wheel.move(call, deadline)
        action = cell >> ACTION_SHIFT
        if action != NO_ACTION:
            self._act(call, action, side)
        return action

    def _act(self, call: Call, action: i64, side: i64) -> None:
        """Have that reported which the table asks for."""
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

    def _make_room_for_settled(self) -> None:
        """Let the oldest settled calls go where one that has come to them is one too many."""
        calls = self.calls
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
        return self.clock.now + self.timeouts.by_state[call.state].time

    def _prolong(self, call: Call) -> None:
        """Let the timer of *call* run as long as that of its state, if that is longer."""
        self.wheel.prolong(call, self._deadline(call))
