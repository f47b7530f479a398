"""Dialogues as short scripts, made into SIP messages and packets, and a tracker to play them to.

A script is a row of words: ``>INVITE +1 <180 +2 <200 >ACK +30 <BYE >200``. ``>`` is sent by the
caller, ``<`` by the callee. A name is a request, a number a response to the last request of the
other side (never to an ACK), ``+`` lets seconds pass. After a message may stand, in this order::

    :METHOD  what a response answers, where that is not the last request
    /tag     the callee's tag, or with nothing after the stroke none
    ~tag     the caller's tag
    #5       the CSeq number

Without them the caller's tag is ``a``; the callee's is the one that a response had last, else ``b``.
A 100 has none, nor has a request of the caller before it knows one, or where it begins something:
INVITE, REGISTER and the like.
"""

import re
from collections.abc import Iterable, Iterator
from inspect import isdatadescriptor
from typing import Any, NamedTuple

from sipcm.clock import SECOND, Clock
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan
from sipcm.state.bindings import BindingTable
from sipcm.state.calls import Call, CallTable
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.ring import EventRing
from sipcm.state.tracker import Tracker
from tests.frames import ALICE, BOB, Party, udp_frame
from tests.harness import Packet

BEGIN = 1_700_000_000 * SECOND

REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    401: "Unauthorized",
    407: "Proxy Authentication Required",
    486: "Busy Here",
    487: "Request Terminated",
    503: "Service Unavailable",
}

_BEGINNERS = {"INVITE", "REGISTER", "CANCEL", "OPTIONS", "SUBSCRIBE", "PUBLISH", "MESSAGE"}
_WORD = re.compile(
    r"(?P<side>[<>])(?:(?P<status>\d{3})|(?P<method>[A-Z]+))"
    r"(?::(?P<answers>[A-Z]+))?(?:/(?P<tag>\w*))?(?:~(?P<caller>\w*))?(?:#(?P<cseq>\d+))?"
)


class Step(NamedTuple):
    """One message of a script: nanoseconds since its begin, who sent it, and its bytes."""

    time: int
    by_caller: bool
    payload: bytes


def script(text: str, call_id: str = "call-1", headers: str = "") -> Iterator[Step]:
    """Yield the messages of the script *text*; *headers* are whole lines added to each."""
    time = 0
    learned = ""
    numbers = {">": 0, "<": 0}
    asked: dict[str, dict[str, int]] = {">": {}, "<": {}}
    for word in text.split():
        if word[0] == "+":
            time += round(float(word[1:]) * SECOND)
            continue
        found = _WORD.fullmatch(word)
        assert found is not None, word
        side, method, explicit = found["side"], found["method"], found["tag"]
        if method is None:
            status = int(found["status"])
            requests = asked["<" if side == ">" else ">"]
            method = found["answers"] or next(reversed(requests), "INVITE")
            cseq = int(found["cseq"] or requests.get(method, 1))
            start = f"SIP/2.0 {status} {REASONS.get(status, 'Whatever')}"
            usual = (learned or "b") if status > 100 else ""
            tag = usual if explicit is None else explicit
            caller_asked = side == "<"
            learned = tag or learned
        else:
            if method not in ("ACK", "CANCEL"):
                numbers[side] += 1
            cseq = numbers[side] = int(found["cseq"] or max(numbers[side], 1))
            start = f"{method} sip:bob@example.com SIP/2.0"
            caller_asked = side == ">"
            usual = learned if caller_asked else learned or "b"
            if caller_asked and method in _BEGINNERS:
                usual = ""
            tag = usual if explicit is None else explicit
            if method != "ACK":
                asked[side].pop(method, None)
                asked[side][method] = cseq
        caller = "a" if found["caller"] is None else found["caller"]
        alice, bob = _party("alice", caller), _party("bob", tag)
        sender, receiver = (alice, bob) if caller_asked else (bob, alice)
        product = "User-Agent: phone/1" if method and side == ">" else "Server: server/2"
        yield Step(
            time,
            side == ">",
            f"{start}\r\nFrom: {sender}\r\nTo: {receiver}\r\nCall-ID: {call_id}\r\n"
            f"CSeq: {cseq} {method}\r\nContact: <sip:{'alice' if side == '>' else 'bob'}@host>\r\n"
            f"{product}\r\n{headers}Content-Length: 0\r\n\r\n".encode(),
        )


def _party(user: str, tag: str) -> str:
    return f"<sip:{user}@example.com>" + (f";tag={tag}" if tag else "")


def frame(payload: bytes, *, by_caller: bool = True) -> bytes:
    """Put *payload* into UDP, IPv4 and Ethernet, from Alice to Bob or back."""
    return udp_frame(ALICE, BOB, payload) if by_caller else udp_frame(BOB, ALICE, payload)


def packets(text: str, call_id: str = "call-1", begin: int = BEGIN) -> list[Packet]:
    """Return the packets of the script *text*."""
    return [
        (begin + step.time, frame(step.payload, by_caller=step.by_caller))
        for step in script(text, call_id)
    ]


def made_up(
    method: int,
    status: int = 0,
    *,
    cseq: int = 1,
    call_id: bytes = b"call-1",
    from_tag: bytes = b"a",
    to_tag: bytes = b"",
) -> Message:
    """Return a message without bytes: only what tracking needs."""
    message = Message()
    message.method = method
    message.status = status
    message.cseq = cseq
    message.call_id = call_id
    message.from_tag = from_tag
    message.to_tag = to_tag
    return message


def attributes(kind: type) -> list[str]:
    """Return the names of the attributes of a class; a compiled one has no ``__slots__``."""
    return [name for name in dir(kind) if name[0] != "_" and isdatadescriptor(getattr(kind, name))]


def check_counters(counters: Any, name: str, gauges: Iterable[str] = ()) -> None:
    """Check that *counters* has the group *name*, of all its counters, each an attribute."""
    assert counters.group.name == name
    found = {counter.name: counter for counter in counters.group.read()}
    assert set(found) == set(attributes(type(counters))) - {"group"}
    for key, counter in found.items():
        assert getattr(counters, key) is counter
        assert counter.value == 0
        assert counter.description
        assert counter.gauge == (key in gauges)


def told(events: Iterable[Event]) -> list[tuple[str, int]]:
    """Return type and status of each event."""
    return [(EVENT_NAMES[event.type], event.status) for event in events]


class Stage:
    """A tracker with its own clock and ring, and what it takes to play scripts to it."""

    def __init__(self, limit: int = 0, ring: int = 10_000, memory: int = 0) -> None:
        self.clock = Clock()
        self.ring = EventRing(ring)
        self.calls = CallTable(limit, memory)
        self.bindings = BindingTable(limit, memory)
        self.tracker = Tracker(self.calls, self.bindings, self.ring, self.clock)
        self.message = Message()
        self.datagram = Datagram()
        self.now = BEGIN

    def play(
        self, text: str, call_id: str = "call-1", headers: str = "", times: int = 1
    ) -> "Stage":
        """Send the messages of the script *text*, each so many *times*, beginning now."""
        begin = self.now
        for step in script(text, call_id, headers):
            self.now = begin + step.time
            for _ in range(times):
                assert self.send(step.payload, by_caller=step.by_caller)
        return self

    def send(
        self, payload: bytes, *, by_caller: bool = True, ends: tuple[Party, Party] | None = None
    ) -> bool:
        """Send one message now, between other *ends* if there are; tell whether it was tracked."""
        assert self.tracker.advance(self.now)
        self.clock.advance(self.now)
        data = udp_frame(*ends, payload) if ends else frame(payload, by_caller=by_caller)
        assert decode(data, 0, len(data), 1, self.datagram) == DECODED
        assert scan(data, self.datagram.start, self.datagram.end, self.message) == 0
        return self.feed(self.message)

    def feed(self, message: Message) -> bool:
        """Give *message* to the tracker as it is, now; tell whether it was tracked."""
        return self.tracker.feed(message, self.datagram, self.now, self.now)

    def wait(self, seconds: float) -> "Stage":
        """Let time pass without a message."""
        self.now += round(seconds * SECOND)
        assert self.tracker.advance(self.now)
        self.clock.advance(self.now)
        return self

    def held(self) -> list[Call]:
        """Return all calls in the table, in order of their Call-IDs' arrival, newest fork first."""
        return self.calls.held()

    def call(self) -> Call:
        """Return the only call."""
        (call,) = self.held()
        return call

    def events(self) -> list[Event]:
        """Return all events so far."""
        return self.ring.read(0, self.ring.total)

    def told(self) -> list[tuple[str, int]]:
        """Return type and status of all events so far."""
        return told(self.events())
