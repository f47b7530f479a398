"""From packets to events: the one place that knows the order of the layers.

The pipeline takes records from a cursor, moves stream time, fires the timers that are due, decodes,
tells SIP from other payloads, scans and tracks. It reads no clock and does no input or output: the
edge feeds the cursor, drains the ring and decides how many packets make a slice.

A packet whose timestamp leaps (see :mod:`sipcm.clock`) waits for the next one to confirm the leap,
and is taken at the present moment if that does not. A packet that finds the ring full waits too.
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.clock import IN_STEP, Clock
from sipcm.counters import Counter, Group, PacketCounters
from sipcm.net.decode import decode
from sipcm.net.outcome import describe
from sipcm.net.packet import BAD_HEADER, DECODED, FRAGMENT, SCTP, TCP, TRUNCATED, Datagram
from sipcm.net.records import Cursor
from sipcm.sip.message import Message
from sipcm.sip.names import Method, Reason
from sipcm.sip.payload import DTLS, KIND_NAMES, SIP, UNKNOWN, classify
from sipcm.sip.scanner import scan
from sipcm.state.calls import CallTable
from sipcm.state.endpoints import Endpoints
from sipcm.state.events import MOST_EXCERPT, MSG_PROBE, PARSE_ERROR, Event
from sipcm.state.rates import Rates
from sipcm.state.ring import EventRing
from sipcm.state.tracker import MOST_EVENTS, Tracker

UNDECIDED: Final = -1

MOST_KINDS: Final = 512
"""How many kinds of undecoded packets are told apart; what comes later is counted as ``more``."""


@final
class Waiting:
    """A packet kept for later: its leap is in doubt, or the ring had no room."""

    __slots__ = ("data", "leap", "linktype", "moment", "timestamp", "wire")

    def __init__(self, data: bytes, wire: i64, linktype: i64, timestamp: i64) -> None:
        self.data: bytes = data
        self.wire: i64 = wire
        self.linktype: i64 = linktype
        self.timestamp: i64 = timestamp
        self.moment: i64 = UNDECIDED
        self.leap: i64 = IN_STEP


@final
class Pipeline:
    """All layers between a source of packets and the ring of events."""

    __slots__ = (
        "clock",
        "counters",
        "datagram",
        "doubtful",
        "endpoints",
        "kind",
        "kinds",
        "message",
        "outcome",
        "payload_kinds",
        "payloads",
        "queue",
        "rates",
        "reason",
        "ring",
        "tracker",
        "undecoded",
    )

    def __init__(self, most_calls: int, ring_size: int) -> None:
        """Follow at most *most_calls* calls (0: any number), keep *ring_size* events."""
        self.clock: Clock = Clock()
        self.counters: PacketCounters = PacketCounters(
            {int(reason): reason.text for reason in Reason}, [method.name for method in Method]
        )
        self.ring: EventRing = EventRing(ring_size)
        self.tracker: Tracker = Tracker(CallTable(most_calls), self.ring, self.clock)
        self.endpoints: Endpoints = Endpoints()
        self.rates: Rates = Rates(self.counters.group)
        self.datagram: Datagram = Datagram()
        self.message: Message = Message()
        self.undecoded: Group = Group("undecoded")
        self.kinds: dict[int, Counter] = {}
        payloads = Group("payload")
        self.payloads: Group = payloads
        self.payload_kinds: list[Counter] = [
            payloads.counter(name, f"udp payloads: {name}") for name in KIND_NAMES
        ]
        self.queue: list[Waiting] = []
        self.doubtful: Waiting | None = None
        self.outcome: i64 = DECODED
        self.kind: i64 = UNKNOWN
        self.reason: i64 = 0

    def run(self, cursor: Cursor, most: i64) -> i64:
        """Take up to *most* packets from *cursor*; return how many were taken.

        Fewer than *most* are taken when the cursor needs more bytes or the ring must be drained.
        """
        taken: i64 = 0
        clock = self.clock
        ring = self.ring
        wheel = self.tracker.wheel
        last_event = ring.total + ring.room() - MOST_EVENTS
        while taken < most:
            if self.queue and not self.settle():
                break
            if ring.total > last_event or not cursor.next():
                break
            taken += 1
            timestamp = cursor.timestamp
            moment = clock.moment(timestamp)
            if (
                self.doubtful is None
                and clock.leap(moment) == IN_STEP
                and (moment < wheel.next_due or self.tracker.advance(moment))
            ):
                self.handle(
                    cursor.buffer,
                    cursor.start,
                    cursor.end,
                    cursor.wire,
                    cursor.linktype,
                    timestamp,
                    moment,
                )
                continue
            data = cursor.buffer[cursor.start : cursor.end] if cursor.end > cursor.start else b""
            self.queue.append(Waiting(data, cursor.wire, cursor.linktype, timestamp))
        return taken

    def settle(self) -> bool:
        """Handle the packets that waited; False when the ring must be drained first."""
        while self.queue:
            waiting = self.queue[0]
            if waiting.moment == UNDECIDED and not self._decide(waiting):
                continue
            if not self.due(waiting.moment):
                return False
            self.queue.pop(0)
            self.handle(
                waiting.data,
                0,
                len(waiting.data),
                waiting.wire,
                waiting.linktype,
                waiting.timestamp,
                waiting.moment,
            )
        return True

    def blocked(self) -> bool:
        """Tell whether the ring must be drained before more packets can be taken."""
        return self.ring.room() < MOST_EVENTS

    def finish(self) -> bool:
        """Take a packet in doubt as it is, since no other will come; False: drain and repeat."""
        if self.doubtful is not None:
            self._stray(self.doubtful)
        return self.settle()

    def due(self, moment: i64) -> bool:
        """Fire the timers that are due at *moment*; False when the ring must be drained first."""
        if moment >= self.tracker.wheel.next_due:
            return self.tracker.advance(moment)
        return True

    def run_on(self, moment: i64) -> bool:
        """Let stream time run to *moment* without a packet; False: drain the ring and repeat."""
        if not self.due(moment):
            return False
        self.clock.run_on(moment)
        return True

    def handle(
        self,
        buffer: bytes,
        start: i64,
        end: i64,
        wire: i64,
        linktype: i64,
        timestamp: i64,
        moment: i64,
    ) -> None:
        """Take one packet, ``buffer[start:end]``, at *moment* of stream time."""
        self.clock.advance(moment)
        counters = self.counters
        if moment >= self.rates.next_due:
            self.rates.sample(moment)
        counters.total_packets.value += 1
        counters.total_size.value += wire
        datagram = self.datagram
        outcome = decode(buffer, start, end, linktype, datagram)
        self.outcome = outcome
        if datagram.version == 4:
            counters.ip4.value += 1
        elif datagram.version == 6:
            counters.ip6.value += 1
        if outcome != DECODED:
            self._count_undecoded(outcome, datagram)
            return
        counters.udp.value += 1
        (counters.udp4 if datagram.version == 4 else counters.udp6).value += 1
        self._payload(datagram, timestamp, moment)

    def _payload(self, datagram: Datagram, timestamp: i64, moment: i64) -> None:
        counters = self.counters
        counters.parse_attempts.value += 1
        kind = classify(
            datagram.buffer,
            datagram.start,
            datagram.end,
            datagram.source_port,
            datagram.destination_port,
        )
        self.kind = kind
        self.payload_kinds[kind].value += 1
        self.reason = 0
        if kind != SIP:
            self._not_sip(kind, datagram, timestamp)
            return
        message = self.message
        reason = scan(datagram.buffer, datagram.start, datagram.end, message)
        self.reason = reason
        if reason:
            self._parse_error(reason, datagram, timestamp)
            return
        counters.parse_ok.value += 1
        counters.sip_udp.value += 1
        if message.status:
            counters.sip_repls.value += 1
            counters.replies[message.status // 100].value += 1
        else:
            counters.sip_reqs.value += 1
            counters.requests[message.method].value += 1
        length = message.content_length
        if length >= 0 and message.end - message.body_at > length:
            counters.offset_errs.value += 1
            counters.body_errs.value += 1
        tracker = self.tracker
        begun = tracker.begun
        if not tracker.feed(message, datagram, timestamp, moment):
            counters.tracked_err_udp.value += 1
            return
        counters.tracked_ok_udp.value += 1
        if tracker.begun != begun:
            self.endpoints.learn(datagram.source(), datagram.source_port)
            self.endpoints.learn(datagram.destination(), datagram.destination_port)

    def _not_sip(self, kind: i64, datagram: Datagram, timestamp: i64) -> None:
        if datagram.end - datagram.start <= 12:
            self.counters.tiny_packets.value += 1
        if kind == DTLS:
            self.counters.dtls.value += 1
        if kind == UNKNOWN and self.endpoints.knows(
            datagram.destination(), datagram.destination_port
        ):
            self._report(MSG_PROBE, datagram, timestamp)

    def _parse_error(self, reason: i64, datagram: Datagram, timestamp: i64) -> None:
        counters = self.counters
        counters.parse_errs.value += 1
        counters.parse_errs_udp.value += 1
        counters.errors[reason].value += 1
        event = self._report(PARSE_ERROR, datagram, timestamp)
        event.error_reason = reason
        event.error_offset = self.message.error_at
        event.call_id = self.message.call_id

    def _report(self, kind: i64, datagram: Datagram, timestamp: i64) -> Event:
        event = Event(kind, timestamp)
        event.transport = datagram.protocol
        event.client, event.client_port = datagram.source(), datagram.source_port
        event.server, event.server_port = datagram.destination(), datagram.destination_port
        event.excerpt = datagram.payload()[:MOST_EXCERPT]
        self.ring.add(event)
        return event

    def _count_undecoded(self, outcome: i64, datagram: Datagram) -> None:
        counters = self.counters
        four = datagram.version == 4
        if outcome == TCP:
            counters.tcp.value += 1
            (counters.tcp4 if four else counters.tcp6).value += 1
            return
        if outcome == SCTP:
            counters.sctp.value += 1
            (counters.sctp4 if four else counters.sctp6).value += 1
            return
        if outcome == FRAGMENT:
            (counters.ip4_frags if four else counters.ip6_frags).value += 1
        elif outcome in (TRUNCATED, BAD_HEADER):
            counters.decode_errs.value += 1
        else:
            counters.other.value += 1
        self._undecoded_kind(outcome, datagram.detail).value += 1

    def _undecoded_kind(self, outcome: i64, detail: i64) -> Counter:
        key = outcome << 32 | detail
        counter = self.kinds.get(key)
        if counter is None:
            name = describe(outcome, detail) if len(self.kinds) < MOST_KINDS else "more"
            counter = self.undecoded.counter(name, "packets that were not decoded")
            if len(self.kinds) < MOST_KINDS:
                self.kinds[key] = counter
        return counter

    def _decide(self, waiting: Waiting) -> bool:
        """Give the first packet of the queue its moment; False when another must go first."""
        clock = self.clock
        leap = clock.leap(clock.moment(waiting.timestamp))
        doubtful = self.doubtful
        if doubtful is not None:
            if leap == doubtful.leap:
                clock.land(doubtful.timestamp, leap)
                doubtful.moment = clock.moment(doubtful.timestamp)
                self.doubtful = None
                self.queue.insert(0, doubtful)
            else:
                self._stray(doubtful)
            return False
        if leap == IN_STEP:
            waiting.moment = clock.moment(waiting.timestamp)
            return True
        waiting.leap = leap
        self.doubtful = waiting
        self.queue.pop(0)
        return False

    def _stray(self, waiting: Waiting) -> None:
        """Take a packet whose leap was not confirmed at the present moment."""
        self.clock.strays += 1
        self.doubtful = None
        waiting.moment = self.clock.now
        self.queue.insert(0, waiting)
