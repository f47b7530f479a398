"""Calls and the table that holds them: bounded, found by Call-ID.

A :class:`Call` is what is known of one INVITE dialog or of one exchange outside of a dialog. There
may be a million of them, so it is kept small: its URIs are one bytes object, what many have in
common (addresses, products) is shared, what counts few things has few bits. The caller sent the
first request.

The table holds at most so many calls, and so many bytes of them. They stand in two lanes: *settled*
are established calls and live subscriptions, all others are *passing*. A newcomer takes the place
of the oldest passing call; one that settles takes that of the oldest settled one, once those fill
seven eighths of the table. So a flood of requests that nobody answers cannot push out the calls of
others, and calls that never end leave room for new ones. What was evicted is counted, and of what
was settled an action-log tells.
"""

from sipcm.annotation import Final, cast, final, i32, i64, mypyc_attr, u8
from sipcm.counters import Counter, Group
from sipcm.state.bindings import SAME, Asked
from sipcm.state.boundedtable import BoundedTable
from sipcm.state.callstate import INIT, SETTLED
from sipcm.state.entry import Lane
from sipcm.state.legs import Leg
from sipcm.state.parts import Parts
from sipcm.state.statenames import STATE_IDS, STATE_TEXTS
from sipcm.state.subscriptions import Subscription
from sipcm.state.wheel import Waiter

# Texts of a call
FROM: Final = 0
TO: Final = 1
URI: Final = 2
CONTACT: Final = 3
PAI1: Final = 4
PAI2: Final = 5
USER_AGENT: Final = 6
UAS: Final = 7
TEXT_COUNT: Final = 8
JOINED: Final = 6
"""Of the texts, those that ``texts`` holds, a line each."""
MOST_TEXT: Final = 1024
"""Bytes kept of each text; whatever is longer is cut."""
NO_TEXTS: Final = b"\n" * (JOINED - 1)

# Flags of a call, with the numbers that the text pages print
REUSED: Final = 0x02
FORK_CHILD: Final = 0x08
FORK_PARENT: Final = 0x10
TIMED_OUT: Final = 0x80
FORCED_TIMEOUT: Final = 0x100
CALLEE_TERMINATED: Final = 0x200
FOREIGN: Final = 0x2000  # a branch whose responses come from elsewhere than the first hop

# A step of the message trace is 15 bits: side, repetitions, then method number or status. Four make
# a word; the newest step is the lowest of the newest word, which is the only one not full.
STEP_BITS: Final = 15
STEP_MASK: Final = (1 << STEP_BITS) - 1
STEPS_A_WORD: Final = 4
FROM_CALLEE: Final = 1 << 14
REPEATED: Final = 1 << 10
REPEATS_MASK: Final = 0xF << 10
CODE_MASK: Final = REPEATED - 1
ONE_STEP: Final = STEP_MASK & ~REPEATS_MASK

MOST_SAME_ID: Final = 64
"""Calls kept of one Call-ID, so that a flood of tags cannot make each look-up a long walk."""

CALL_WEIGHT: Final = 880
"""Bytes of memory that a call takes beside its texts, about: objects, timer, place in the table.

Compiled it takes a sixth less, interpreted a quarter more; but both have to evict the same calls.
"""

SETTLED_SHARE: Final = 7
"""Eighths of the table that settled calls may fill."""

PAST_STATES: Final = 10
PAST_MASK: Final = (1 << 4 * PAST_STATES) - 1


@final
@mypyc_attr(acyclic=True)
class Party:
    """One side of a call: its requests, and the responses to them.

    ``cseq`` and ``reply_cseq`` are the last CSeq numbers seen in its requests and in the responses
    to them, ``newest`` the higher of the two; -1 before there was any. ``invite`` is the number of
    its last INVITE, ten bits higher, with the status of the last response to that.
    """

    __slots__ = (
        "cseq",
        "invite",
        "last_method",
        "newest",
        "replies",
        "reply_cseq",
        "reply_repeats",
        "reply_status",
        "request_repeats",
        "requests",
    )

    def __init__(self) -> None:
        self.cseq: i64 = -1
        self.newest: i64 = -1
        self.invite: i64 = -1
        self.reply_cseq: i64 = -1
        self.reply_status: i32 = 0
        self.requests: i32 = 0
        self.request_repeats: i32 = 0
        self.replies: i32 = 0
        self.reply_repeats: i32 = 0
        self.last_method: u8 = 0

    def copy(self) -> "Party":
        """Return how things stand now."""
        if self is SILENT:
            return self
        party = Party()
        party.cseq, party.newest, party.invite = self.cseq, self.newest, self.invite
        party.last_method = self.last_method
        party.requests, party.request_repeats = self.requests, self.request_repeats
        party.reply_cseq, party.reply_status = self.reply_cseq, self.reply_status
        party.replies, party.reply_repeats = self.replies, self.reply_repeats
        return party


SILENT: Final = Party()
"""The party of which nothing was seen yet, shared by all calls and never changed."""


@final
@mypyc_attr(acyclic=True)
class Call(Waiter):
    """What is known of one call; ``number`` counts all that were ever begun, from 0.

    Times are nanoseconds of stream time, -1 for what was not seen: ``early`` the first 18x,
    ``decided`` the last final response, ``answered`` the 2xx to the INVITE, ``cleared`` the BYE.
    ``signature`` is the part of its first request's that the request alone can tell, else 0.
    """

    __slots__ = (
        "answered",
        "asked",
        "call_id",
        "callee",
        "caller",
        "cleared",
        "client",
        "client_port",
        "created",
        "created_packet",
        "decided",
        "early",
        "event_before",
        "event_flags",
        "event_last",
        "family",
        "flags",
        "forked",
        "former_cseq",
        "former_tag",
        "from_tag",
        "legs",
        "method",
        "method_name",
        "number",
        "past_count",
        "past_states",
        "reason",
        "same_id",
        "server",
        "server_port",
        "signature",
        "state",
        "status",
        "step_count",
        "steps0",
        "steps1",
        "steps2",
        "steps3",
        "subscription",
        "texts",
        "to_tag",
        "transport",
        "uas",
        "user_agent",
    )

    def __init__(self, call_id: bytes, from_tag: bytes, to_tag: bytes, method: i64) -> None:
        super().__init__()
        # First what nearly every message asks for, so that it lies together.
        self.call_id: bytes = call_id
        self.from_tag: bytes = from_tag
        self.to_tag: bytes = to_tag
        self.same_id: Call | None = None
        self.method: i64 = method
        self.state: i64 = INIT
        self.status: i64 = 0
        self.client: bytes = b""
        self.server: bytes = b""
        self.legs: Leg | None = None
        self.subscription: Subscription | None = None
        self.caller: Party = Party()
        self.callee: Party = SILENT
        self.client_port: i64 = 0
        self.server_port: i64 = 0
        self.step_count: i32 = 0
        self.past_count: i32 = 0
        self.flags: i32 = 0
        self.transport: u8 = 0
        self.event_last: u8 = 0
        self.event_before: u8 = 0
        self.steps0: i64 = 0
        self.past_states: i64 = 0
        self.event_flags: i64 = 0
        self.reason: bytes = b""
        self.uas: bytes = b""
        self.early: i64 = -1
        self.decided: i64 = -1
        self.answered: i64 = -1
        self.cleared: i64 = -1
        self.created: i64 = 0
        self.created_packet: i64 = 0
        self.family: Family | None = None
        self.asked: Asked | None = None
        self.number: i64 = 0
        self.method_name: bytes = b""
        self.texts: bytes = NO_TEXTS
        self.user_agent: bytes = b""
        self.signature: i64 = 0
        self.forked: i64 = -1
        self.former_tag: bytes = b""  # those of the request which was challenged
        self.former_cseq: i64 = -1
        self.steps1: i64 = 0
        self.steps2: i64 = 0
        self.steps3: i64 = 0

    def party(self, side: i64) -> Party:
        """Return one side (0: the caller) for noting what it did."""
        if not side:
            return self.caller
        if self.callee is SILENT:
            self.callee = Party()
        return self.callee

    def subscribing(self) -> Subscription:
        """Return the subscription that this call, which a SUBSCRIBE began, is about."""
        subscription = self.subscription
        if subscription is None:
            self.subscription = subscription = Subscription()
        return subscription

    def tell(self, texts: list[bytes]) -> None:
        """Keep *texts* (FROM .. PAI2), which hold no line end."""
        uri = texts[URI]
        if len(uri) > 0 and uri == texts[TO]:
            texts[URI] = SAME
        self.texts = b"\n".join(texts)
        if len(self.texts) > MOST_TEXT:  # as one of them may be
            self.texts = b"\n".join([text[:MOST_TEXT] for text in texts])

    def text(self, index: i64) -> bytes:
        """Return one of the texts (FROM .. UAS), empty where it was not seen."""
        if index == USER_AGENT:
            return self.user_agent
        return self.uas if index == UAS else joined_text(self.texts, index)

    def add_step(self, side: i64, code: i64) -> None:
        """Add a message to the trace: a method number or status, and who sent it (0 or 1)."""
        step = code & CODE_MASK
        if side:
            step |= FROM_CALLEE
        newest = self.steps0
        count = self.step_count
        if newest & ONE_STEP == step and count:
            if newest & REPEATS_MASK != REPEATS_MASK:
                self.steps0 = newest + REPEATED
            return
        if count % STEPS_A_WORD == 0:
            self.steps3, self.steps2, self.steps1 = self.steps2, self.steps1, newest
            newest = 0
        self.steps0 = newest << STEP_BITS | step
        self.step_count = count + 1


def joined_text(texts: bytes, index: i64) -> bytes:
    """Return one of the texts (FROM .. PAI2) that a call or an event has as *texts*."""
    return texts_in(texts)[index]


def texts_in(texts: bytes) -> list[bytes]:
    """Return all of the texts (FROM .. PAI2) that a call or an event has as *texts*."""
    lines = texts.split(b"\n")
    if lines[URI] == SAME:
        lines[URI] = lines[TO]
    return lines


@final
@mypyc_attr(acyclic=True)
class Family:
    """Calls that forked from one INVITE: they share their outcome.

    ``open`` counts those still tracked; ``failed`` is the one whose failure tells most; ``origin``
    is the number of the one they forked from.
    """

    __slots__ = ("answered", "failed", "kind", "open", "origin", "reason", "status")

    def __init__(self, origin: i64 = 0) -> None:
        self.origin: i64 = origin
        self.open: i64 = 1
        self.answered: bool = False
        self.failed: Call | None = None
        self.kind: i64 = 0
        self.status: i64 = 0
        self.reason: bytes = b""

    def note(self, call: Call, kind: i64, status: i64, reason: bytes) -> None:
        """Remember that *call* failed; a response tells more than a timeout."""
        if self.failed is None or (self.status == 408 and status != 408):
            self.failed = call
            self.kind = kind
            self.status = status
            self.reason = reason


@final
class CallTable(BoundedTable):
    """All calls by Call-ID; calls of one Call-ID are chained, newest first."""

    __slots__ = (
        "by_id",
        "by_state",
        "copies",
        "evicted",
        "evicted_settled",
        "fail_lim",
        "group",
        "passing",
        "settled",
    )

    def __init__(self, limit: int, most_memory: int = 0) -> None:
        """Make a table of at most *limit* calls and about *most_memory* bytes, 0 for no limit."""
        self.by_id: Parts[Call] = Parts()
        self.passing: Lane = Lane()
        self.settled: Lane = Lane()
        group = Group("calls")
        self.group: Group = group
        group.counter("fail_new", "new call tracking entry creation alloc failure")
        self.fail_lim: Counter = group.counter(
            "fail_lim", "new call entry creation attempt exceeded entries limit"
        )
        self.evicted: Counter = group.counter(
            "evicted", "entries removed early to stay within the limits"
        )
        self.evicted_settled: Counter = group.counter(
            "evicted_settled", "established calls and subscriptions among them"
        )
        self.copies: Counter = group.counter(
            "copies", "messages seen again on their way between other addresses"
        )
        active = group.gauge("active", "current total tracked entries")
        memory = group.gauge("memory", "bytes that the entries take, about")
        super().__init__(limit, most_memory, active, memory)
        self.by_state: list[Counter] = [
            group.gauge(name, text) for name, text in zip(STATE_IDS, STATE_TEXTS, strict=True)
        ]

    def crowded(self) -> bool:
        """Tell whether the settled calls fill more of the table than they may."""
        settled = self.settled
        return settled.count > 1 and (
            (self.limit > 0 and settled.count * 8 > self.limit * SETTLED_SHARE)
            or (self.most_memory > 0 and settled.weight * 8 > self.most_memory * SETTLED_SHARE)
        )

    def oldest(self) -> Call | None:
        """Return the call that goes first when the table is full."""
        passing = self.passing.oldest
        return cast("Call | None", self.settled.oldest if passing is None else passing)

    def oldest_settled(self) -> Call | None:
        """Return the settled call that goes first when there are too many of them."""
        return cast("Call | None", self.settled.oldest)

    def oldest_of(self, call_id: bytes) -> Call | None:
        """Return the call of *call_id* that goes first when there are too many of them."""
        oldest: Call | None = None
        call = self.by_id.get(call_id)
        while call is not None:
            if oldest is None or not SETTLED[call.state] or SETTLED[oldest.state]:
                oldest = call
            call = call.same_id
        return oldest

    def add(self, call: Call) -> None:
        """Hold *call*; the caller has made room."""
        before = self.by_id.setdefault(call.call_id, call)
        if before is not call:
            call.same_id = before
            self.by_id[call.call_id] = call
        if self.by_number is not None:
            self.by_number[call.number] = call
        self._lane(call.state).append(call)
        self.active.rise()
        self.by_state[call.state].rise()
        self.weigh(call)

    def remove(self, call: Call) -> None:
        """Forget *call*."""
        self._unchain(call)
        if self.by_number is not None:
            del self.by_number[call.number]
        self._lane(call.state).remove(call)
        self.active.fall()
        self.by_state[call.state].fall()
        self.memory.value -= call.weight

    def evict(self, call: Call) -> None:
        """Forget *call*, which has to make room."""
        self.remove(call)
        self.evicted.value += 1
        if SETTLED[call.state]:
            self.evicted_settled.value += 1

    def weigh(self, call: Call) -> None:
        """Take in how much *call*, which is in the table, weighs now."""
        weight = CALL_WEIGHT + len(call.call_id) + len(call.from_tag) + len(call.to_tag)
        weight += len(call.texts) + len(call.user_agent) + len(call.uas) + len(call.reason)
        weight += len(call.former_tag)
        if call.legs is not None:
            weight += call.legs.weight()
        if call.asked is not None:
            weight += call.asked.weight
        if call.subscription is not None:
            weight += call.subscription.weight()
        if weight != call.weight:
            self._reweigh(call, self.settled if SETTLED[call.state] else self.passing, weight)

    def grow(self, call: Call, more: i64) -> None:
        """Take in that *call*, which is in the table, weighs *more*."""
        if more != 0:
            self._reweigh(call, self._lane(call.state), call.weight + more)

    def enter(self, call: Call, state: i64) -> None:
        """Move *call* to *state*; the call remembers the last ten states before it."""
        before = call.state
        if SETTLED[state] or SETTLED[before]:
            self._lane(before).remove(call)
            self._lane(state).append(call)
        self.by_state[before].value -= 1
        entered = self.by_state[state]
        count = entered.value + 1
        entered.value = count
        if count > entered.highest:  # noqa: PLR1730  cheaper than a call of max
            entered.highest = count
        call.past_states = (call.past_states << 4 | before) & PAST_MASK
        call.past_count += 1
        call.state = state

    def of(self, call_id: bytes) -> list[Call]:
        """Return all calls of *call_id*, newest first."""
        found: list[Call] = []
        call = self.by_id.get(call_id)
        while call is not None:
            found.append(call)
            call = call.same_id
        return found

    def held(self) -> list[Call]:
        """Return all calls, those of one Call-ID together, in the order in which these came."""
        firsts = sorted([(self.of(call_id)[-1].number, call_id) for call_id in self.by_id])
        return [call for _, call_id in firsts for call in self.of(call_id)]

    def _lane(self, state: i64) -> Lane:
        return self.settled if SETTLED[state] else self.passing

    def _unchain(self, call: Call) -> None:
        head = self.by_id[call.call_id]
        if head is call:
            if call.same_id is None:
                del self.by_id[call.call_id]
            else:
                self.by_id[call.call_id] = call.same_id
        else:
            before = head
            while before.same_id is not None and before.same_id is not call:
                before = before.same_id
            before.same_id = call.same_id
        call.same_id = None


def is_settled(state: i64) -> bool:
    """Tell whether a call in *state* is an established one or a live subscription."""
    return SETTLED[state] != 0
