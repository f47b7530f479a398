"""Any sequence of messages and pauses, as bytes through the scanner, keeps what the tracker promises.

What a REGISTER does is compared with a registrar of RFC 3261, event by event.
"""

from collections import Counter

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sipcm.clock import SECOND
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED
from sipcm.sip.scanner import scan
from sipcm.state import calls
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import UNKNOWN, Event
from sipcm.state.names import State
from sipcm.state.tracker import MOST_EVENTS
from sipcm.state.wheel import UNARMED
from tests.frames import ALICE, BOB, Party, udp_frame
from tests.stage import Stage
from tests.state.consistency import assert_consistent, assert_forgotten
from tests.state.registrarmodel import Asked, RegistrarModel

pytestmark = pytest.mark.no_cover

PROXY = Party("proxy", "203.0.113.1")
WAYS = {
    "A>B": (ALICE, BOB),
    "B>A": (BOB, ALICE),
    "A>P": (ALICE, PROXY),
    "P>B": (PROXY, BOB),
    "B>P": (BOB, PROXY),
}
AGES = 200_000
"""Seconds after which every timer has fired."""
SLACK = 20_000
"""Bytes by which the memory may be over its limit: what the last messages brought."""

REGISTRATIONS = {"reg-new", "reg-del", "reg-expired"}
AT_MOST_ONCE = {
    "call-start", "call-end", "call-attempt", "auth-failed", "other-ok", "other-failed",
    "other-timeout", "action-log",
}  # fmt: skip
OF_A_FAMILY = {"call-attempt", "auth-failed"}

ways = st.sampled_from(sorted(WAYS))
tags = st.sampled_from(["", "", "a", "b", "c"])
call_ids = st.sampled_from(["1", "2", "3"])
cseqs = st.integers(1, 4)
methods = st.sampled_from(
    ["INVITE"] * 6
    + ["ACK", "BYE", "CANCEL", "REGISTER", "PRACK", "OPTIONS", "UPDATE", "INFO", "REFER"]
    + ["SUBSCRIBE", "SUBSCRIBE", "NOTIFY", "NOTIFY", "PUBLISH", "MESSAGE", "FOO"]
)
statuses = st.sampled_from([100, 180, 183, 200, 200, 202, 302, 401, 407, 481, 486, 487, 699])
pauses = st.sampled_from([0.5, 1, 4, 29, 31, 121, 181, 1900, 3601])
seconds = st.sampled_from([None, 0, 60, 600, 4000])
states = st.sampled_from(
    ["active", "active;expires=60", "pending", "terminated", "terminated;reason=timeout", "odd", ""]
)
aors = st.sampled_from(["ann", "bob", "cem"])
contacts = st.lists(
    st.builds(
        Asked,
        st.sampled_from(["sip:1@h", "sip:1@H", "sip:1@h:5060", "sip:2@h", "sip:3@10.0.0.1"]),
        st.sampled_from([None, None, "0", "60", "4000", "soon"]),
    ),
    max_size=4,
    unique_by=lambda contact: contact.uri.lower(),
)


def message(
    start: str, caller: str, callee: str, call_id: str, cseq: str, headers: list[str]
) -> bytes:
    """Write a message; *caller* and *callee* are the whole values of From and To."""
    lines = [start, f"From: {caller}", f"To: {callee}", f"Call-ID: {call_id}", f"CSeq: {cseq}"]
    return "\r\n".join([*lines, *headers, "Content-Length: 0", "", ""]).encode()


def party(user: str, tag: str) -> str:
    return f"<sip:{user}@example.com>" + (f";tag={tag}" if tag else "")


class TrackerMachine(RuleBasedStateMachine):
    """A tracker, and what was told of each entry: it is known by when it began and forked."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.model = RegistrarModel(0, 0)
        self.seen = 0
        self.told: dict[tuple[int, int], list[str]] = {}
        self.gone: set[tuple[int, int]] = set()
        self.here: set[tuple[int, int]] = set()
        self.exchanges = 0

    @initialize(
        limit=st.sampled_from([0, 0, 1, 2, 5, 16]),
        memory=st.sampled_from([0, 0, 5_000, 20_000]),
        delay=st.sampled_from([0, 0, 5]),
        grace=st.sampled_from([0, 30]),
    )
    def begin(self, limit, memory, delay, grace):
        self.stage = Stage(limit, ring=2000, memory=memory)
        self.stage.tracker.registrar.delay = delay
        self.stage.tracker.registrar.grace = grace
        self.stage.bindings.most_memory = 0  # of bytes the model knows nothing
        self.model = RegistrarModel(grace, delay, limit)

    # What happens

    @rule(
        method=methods, way=ways, call_id=call_ids, cseq=cseqs, caller=tags, callee=tags,
        expires=seconds, state=states,
    )  # fmt: skip
    def request(self, method, way, call_id, cseq, caller, callee, expires, state):
        headers = [] if expires is None else [f"Expires: {expires}"]
        if method in ("SUBSCRIBE", "NOTIFY"):
            headers += ["Event: dialog", f"Subscription-State: {state}"]
        start = f"{method} sip:bob@example.com SIP/2.0"
        parties = party("alice", caller), party("bob", callee)
        self.send(message(start, *parties, call_id, f"{cseq} {method}", headers), way)

    @rule(
        status=statuses, method=methods, way=ways, call_id=call_ids, cseq=cseqs, caller=tags,
        callee=tags, expires=seconds,
    )  # fmt: skip
    def response(self, status, method, way, call_id, cseq, caller, callee, expires):
        headers = [] if expires is None else [f"Expires: {expires}"]
        parties = party("alice", caller), party("bob", callee)
        start = f"SIP/2.0 {status} Said so"
        self.send(message(start, *parties, call_id, f"{cseq} {method}", headers), way)

    @rule(
        method=methods,
        call_id=st.sampled_from(["1", "2"]),
        answers=st.lists(statuses, max_size=3),
        by_caller=st.sampled_from([True, True, False]),
        callee=st.sampled_from(["b", "b", "c"]),
        in_dialog=st.booleans(),
        expires=seconds,
        state=states,
    )
    def exchange(self, method, call_id, answers, by_caller, callee, in_dialog, expires, state):
        """A request of its own CSeq and what answers it, as between two that know each other."""
        self.exchanges += 1
        cseq = f"{100 + self.exchanges} {method}"
        headers = [] if expires is None else [f"Expires: {expires}"]
        if method in ("SUBSCRIBE", "NOTIFY"):
            headers += ["Event: dialog", f"Subscription-State: {state}"]
        known = in_dialog or not by_caller
        caller, asked = party("alice", "a"), party("bob", callee if known else "")
        ways = ["A>B", "B>A"]
        tagged = party("bob", callee)
        if not by_caller:
            caller, asked, tagged = asked, caller, caller
            ways.reverse()
        start = f"{method} sip:bob@example.com SIP/2.0"
        self.send(message(start, caller, asked, call_id, cseq, headers), ways[0])
        for status in answers:
            start = f"SIP/2.0 {status} Said so"
            self.send(message(start, caller, tagged, call_id, cseq, headers), ways[1])

    @rule(
        aor=aors, asked=contacts, all_of_them=st.booleans(), header=seconds,
        most=st.sampled_from([300, 100_000]), lists=st.sampled_from(["own", "all", "none", "header"]),
        refusals=st.lists(st.sampled_from([401, 403, 503]), max_size=1), again=st.booleans(),
    )  # fmt: skip
    def register(self, aor, asked, all_of_them, header, most, lists, refusals, again):
        """A REGISTER in a Call-ID of its own, refused before or not, and its answer."""
        if all_of_them and not asked:
            asked, header = [Asked("*", None)], 0
        if lists == "none":
            most = 100_000
        self.exchanges += 1
        call_id = f"exchange-{self.exchanges}"
        sent = [f"Contact: {contact.render()}" for contact in asked]
        sent += [] if header is None else [f"Expires: {header}"]
        for cseq, status in enumerate([*refusals, 200], 1):
            ask = message(
                "REGISTER sip:example.com SIP/2.0",
                party(aor, "f"),
                party(aor, ""),
                call_id,
                f"{cseq} REGISTER",
                sent,
            )
            for _ in range(1 + again):
                self.send(ask, "A>B")
            listed: list[str] = []
            expected: Counter[tuple[str, str, str]] = Counter()
            if status == 200:
                self.pass_time(1)
                granted, expected = self.model.register(
                    aor, asked, header, most, self.stage.now, same_for_all=lists == "header"
                )
                if lists == "all":
                    others = [
                        (one.uri, max((one.until - self.stage.now) // SECOND, 1))
                        for one in self.model.bound[aor].values()
                        if not one.leaving and one.uri not in {uri for uri, _ in granted}
                    ]
                    granted += others
                if lists == "header":
                    listed = [f"Expires: {most}"]
                elif lists != "none":
                    listed = [f"Contact: <{uri}>;expires={left}" for uri, left in granted]
            answer = message(
                f"SIP/2.0 {status} Said so",
                party(aor, "f"),
                party(aor, f"t{cseq}"),
                call_id,
                f"{cseq} REGISTER",
                listed,
            )
            self.hear(self.feed(answer, "B>A"), expected)
            if again:
                self.send(answer, "B>A")

    @rule(pause=pauses)
    def pause(self, pause):
        self.pass_time(round(pause * SECOND))

    @rule(cut=st.sampled_from([0, 3]))
    def force(self, cut):
        limit = self.stage.now + cut * SECOND
        self.stage.tracker.force_timeouts(limit)
        self.model.cut(limit)
        self.pass_time(0)

    def teardown(self):
        self.pass_time(AGES * SECOND)
        assert_forgotten(self.stage)
        assert self.model.count() == 0
        assert self.stage.calls.evicted.value <= self.stage.tracker.begun

    # What must come of it

    def send(self, payload: bytes, way: str) -> None:
        """Send a message that says nothing of bindings, at a time of its own."""
        self.pass_time(1)
        self.hear(self.feed(payload, way), Counter())

    def feed(self, payload: bytes, way: str) -> list[Event]:
        stage = self.stage
        data = udp_frame(*WAYS[way], payload)
        assert decode(data, 0, len(data), 1, stage.datagram) == DECODED
        assert scan(data, stage.datagram.start, stage.datagram.end, stage.message) == 0
        assert stage.feed(stage.message)
        events = self.read()
        assert len(events) <= MOST_EVENTS
        return events

    def pass_time(self, nanoseconds: int) -> None:
        stage = self.stage
        stage.now += nanoseconds
        waiting = {call.number for call in stage.held() if deadline_of(call) > stage.now}
        assert stage.tracker.advance(stage.now)
        stage.clock.advance(stage.now)
        assert {call.number for call in stage.held()} == waiting
        self.hear(self.read(), self.model.pass_time(stage.now))

    def read(self) -> list[Event]:
        events = self.stage.ring.read(self.seen, 2000)
        self.seen += len(events)
        assert self.seen == self.stage.ring.total
        return events

    def hear(self, events: list[Event], expected: Counter[tuple[str, str, str]]) -> None:
        """Check what was told, and how things stand."""
        told: Counter[tuple[str, str, str]] = Counter()
        unheard_of = 0
        for event in events:
            kind = EVENT_NAMES[event.type]
            if kind in REGISTRATIONS:
                if event.started == UNKNOWN:
                    assert kind == "reg-del"
                    unheard_of += 1
                else:
                    told[kind, user_of(event), event.text(calls.CONTACT).decode()] += 1
            elif kind == "action-log" and event.text(calls.CONTACT):  # only bindings have one
                told[kind, user_of(event), event.text(calls.CONTACT).decode()] += 1
            else:
                self.hear_of_call(kind, event)
        assert told == expected, (told - expected, expected - told)
        assert unheard_of <= self.model.unknown
        self.model.unknown = 0
        self.note_who_is_here()
        assert_consistent(self.stage)
        self.check_limits()

    def hear_of_call(self, kind: str, event: Event) -> None:
        entry = event.created, event.forked
        before = self.told.setdefault(entry, [])
        assert "action-log" not in before
        if kind in AT_MOST_ONCE:
            assert kind not in before
        if kind == "sub-new":
            assert before.count("sub-new") == before.count("sub-del")
        if kind == "sub-del":
            assert before.count("sub-new") == before.count("sub-del") + 1
        before.append(kind)
        if kind not in OF_A_FAMILY:
            assert entry not in self.gone
        family = [k for (created, _), all_of in self.told.items() if created == event.created
                  for k in all_of]  # fmt: skip
        assert family.count("call-attempt") <= 1
        assert not ("call-attempt" in family and "call-start" in family)

    def note_who_is_here(self) -> None:
        here = {(call.created_packet, call.forked) for call in self.stage.held()}
        self.gone |= self.here - here
        assert not self.gone & here
        self.here = here
        assert len(here) == len(self.stage.held())
        assert self.stage.bindings.active.value == self.model.count()

    def check_limits(self) -> None:
        stage = self.stage
        for table in (stage.calls, stage.bindings):
            assert not table.limit or table.active.value <= table.limit
            assert not table.most_memory or table.memory.value <= table.most_memory + SLACK
        settled = stage.calls.settled.count
        assert not stage.calls.limit or settled <= max(stage.calls.limit * 7 // 8, 1)
        assert all(call.state != State.SUBSCRIBED or call.subscription for call in stage.held())


def deadline_of(call: calls.Call) -> int:
    assert call.order != UNARMED
    return call.deadline


def user_of(event: Event) -> str:
    """Return the user of the To header."""
    return event.text(calls.TO).decode().removeprefix("sip:").partition("@")[0]


TestTrackerMachine = TrackerMachine.TestCase
