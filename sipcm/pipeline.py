"""From packets to events: the one place that knows the order of the layers.

The pipeline takes records from a cursor in lots, reads each packet of a lot, and then follows them
one by one: moves stream time, fires the timers that are due, counts and tracks. It reads no clock
and does no input or output: the edge feeds the cursor, drains the ring and decides how many packets
make a slice.

A packet whose timestamp leaps (see :mod:`sipcm.clock`) waits for the next one to confirm the leap,
and is taken at the present moment if that does not. A packet that finds the ring full waits too, as
does one before which so much was done that others have their turn (:mod:`sipcm.effort`).

A fragment is handed over in this order too, and what it completes is followed at once.

Segments of TCP and packets of SCTP are taken as they come. What they complete is followed message
by message; where it has to stop between two, the next packet waits for the rest.

A message that is injected happens at the present moment of stream time and moves nothing: without
it the packets around it give the same events.
"""

from sipcm.annotation import Final, final, i64, u8
from sipcm.clock import DAY, FALL, IN_STEP, LAST_MOMENT, Clock
from sipcm.counters import Counter, Group, PacketCounters
from sipcm.effort import CAPTURED, ENOUGH, WHOLE, Effort
from sipcm.encapsulations import Encapsulations
from sipcm.lot import Lot
from sipcm.net.copies import Copies
from sipcm.net.defrag import Defragmenter
from sipcm.net.packet import COPY, DECODED, FRAGMENT, SCTP, TCP
from sipcm.net.ports import USUAL_PORTS
from sipcm.net.records import Cursor
from sipcm.net.sieve import Sieve
from sipcm.packet import Doubt, Packet
from sipcm.protocol import PROTOCOL_UDP
from sipcm.samples import Samples
from sipcm.sip.payload import DTLS, KIND_NAMES, SIP, UNKNOWN
from sipcm.sip.status import CODE_NUMBERS
from sipcm.sip.wording import METHODS, REASONS
from sipcm.state.bindings import BindingTable
from sipcm.state.calls import CallTable
from sipcm.state.endpoints import Endpoints
from sipcm.state.events import MOST_EXCERPT, MSG_PROBE, PARSE_ERROR, Event
from sipcm.state.messages import Messages
from sipcm.state.peers import OTHER, Peers
from sipcm.state.rates import Rates
from sipcm.state.ring import EventRing
from sipcm.state.tracker import MOST_EVENTS, Tracker
from sipcm.streams import Streams
from sipcm.undecoded import Undecoded

# What became of a packet: done with, in doubt, or first in the queue once it goes on.
FOLLOWED: Final = 0
KEPT: Final = 1
WAITS: Final = 2


@final
class Pipeline:
    """All layers between a source of packets and the ring of events."""

    __slots__ = (
        "clock",
        "copies",
        "counters",
        "cut",
        "defragmenter",
        "doubt",
        "effort",
        "encapsulations",
        "endpoints",
        "lot",
        "messages",
        "payload_kinds",
        "payloads",
        "peers",
        "queue",
        "rates",
        "ring",
        "samples",
        "streams",
        "tracker",
        "undecoded",
        "wholes",
    )

    def __init__(
        self,
        most_calls: int,
        ring_size: int,
        most_bindings: int = 0,
        calls_memory: int = 0,
        bindings_memory: int = 0,
        *,
        dedup: bool = True,
        ports: bytes = USUAL_PORTS,
    ) -> None:
        """Follow at most so many calls and bindings, keep *ring_size* events.

        *calls_memory* and *bindings_memory* are bytes; 0 is no limit. With *dedup* a packet that
        was captured twice is followed once. Tunnels are looked for behind *ports*.

        ``wholes`` may be set to what says which packets count once they are put together, and
        ``messages`` to what keeps the messages of calls.
        """
        self.clock: Clock = Clock()
        self.counters: PacketCounters = PacketCounters(REASONS, METHODS, CODE_NUMBERS)
        self.ring: EventRing = EventRing(ring_size, MOST_EVENTS)
        self.tracker: Tracker = Tracker(
            CallTable(most_calls, calls_memory),
            BindingTable(most_bindings, bindings_memory),
            self.ring,
            self.clock,
        )
        self.effort: Effort = self.tracker.effort
        self.endpoints: Endpoints = Endpoints()
        self.rates: Rates = Rates(self.counters.group)
        self.samples: Samples = Samples()
        self.streams: Streams = Streams(self.counters, self.endpoints, self.samples)
        self.streams.effort = self.effort
        self.undecoded: Undecoded = Undecoded(self.counters, self.samples)
        payloads = Group("payload")
        self.payloads: Group = payloads
        self.payload_kinds: list[Counter] = [
            payloads.counter(name, f"udp payloads: {name}") for name in KIND_NAMES
        ]
        payloads.sum(self.payload_kinds[SIP], self.counters.over_udp.all())
        self.encapsulations: Encapsulations = Encapsulations()
        self.counters.add_vxlan(self.encapsulations.vxlan4, self.encapsulations.vxlan6)
        self.copies: Copies | None = Copies() if dedup else None
        self.defragmenter: Defragmenter = Defragmenter()
        self.wholes: Sieve | None = None
        self.messages: Messages | None = None
        self.peers: Peers | None = None
        self.lot: Lot = Lot(ports)
        self.cut: i64 = 0  # messages that the capture does not hold whole, and so are not read
        self.queue: list[Packet] = []
        self.doubt: Doubt | None = None

    def tell_apart(self, peers: Peers) -> None:
        """Count requests and responses by the *peers* that they come from or go to."""
        self.peers = peers
        self.counters.tell_apart(len(peers.names))

    def run(self, cursor: Cursor, most: i64) -> i64:
        """Take up to *most* packets from *cursor*; return how many were taken.

        Fewer than *most* are taken when the cursor needs more bytes, or where it is blocked.
        """
        taken: i64 = 0
        lot = self.lot
        effort = self.effort
        effort.begin()
        self._follow_lot()
        while taken < most and self._settle() and not self.blocked():
            lot.fill(cursor, most - taken)
            if lot.read == 0:
                break
            taken += lot.read
            self._follow_lot()
            effort.left -= lot.volume * CAPTURED
            if effort.left < ENOUGH:
                effort.left = 0
        return taken

    def take(self, cursor: Cursor) -> None:
        """Take the record on which *cursor* stands; then settle, draining the ring, as ever."""
        self.effort.begin()
        self._follow_lot()
        self.lot.take(cursor)
        self._follow_lot()

    def settle(self) -> bool:
        """Follow what waits; False while it is blocked."""
        self.effort.begin()
        return self._settle()

    def _settle(self) -> bool:
        if self.streams.due == 0 and not self._follow_streams():
            return False
        while self.queue:
            if self.blocked():
                return False
            packet = self.queue.pop(0)
            if self._follow(packet) == WAITS:
                self.queue.insert(0, packet)
                return False
        return self.streams.due != 0 or self._follow_streams()

    def blocked(self) -> bool:
        """Tell whether the ring must be drained, or others have their turn, before it goes on."""
        return self.ring.room() < MOST_EVENTS or self.effort.left <= 0

    def finish(self) -> bool:
        """Take a packet in doubt as it is, since no other will come; False: drain and repeat.

        What streams hold comes then, and they end.
        """
        self.effort.begin()
        if not self._settle():
            return False
        doubt = self.doubt
        clock = self.clock
        if doubt is not None:
            self.doubt = None
            clock.strays += 1
            self._take(doubt.packet, clock.now)
            if not self._settle():
                return False
        self.streams.finish(clock.packet_time(clock.now), clock.now)
        return self._settle()

    def due(self, moment: i64) -> bool:
        """Fire the timers that are due at *moment*; False when the ring must be drained first."""
        if moment >= self.tracker.wheel.next_due:
            return self.tracker.advance(moment)
        return True

    def begin_anew(self) -> None:
        """Take in that what comes next was read before: none of it is a copy of what was."""
        if self.copies is not None:
            self.copies.forget()

    def run_on(self, moment: i64) -> bool:
        """Let stream time run to *moment* without a packet; False: drain the ring and repeat.

        *moment* is LAST_MOMENT at most.
        """
        self.effort.begin()
        if moment >= self.streams.due and not self._collect(moment):
            return False
        if not self.due(moment):
            return False
        self.clock.run_on(moment)
        return True

    def ready(self) -> bool:
        """Tell whether a message may be injected now; False: others must drain the ring first.

        What waits comes before it, and so do the timers that are due.
        """
        self.effort.begin()
        if self.queue or (self.streams.due == 0 and not self._follow_streams()):
            return False
        return self.due(self.clock.now) and not self.blocked()

    def inject(self, packet: Packet, begin: i64) -> bool:
        """Follow *packet*, which nobody captured, as happening now; say whether it is tracked.

        Call it when it is :meth:`ready`. Stream time does not move, and a packet in doubt stays so.
        Where no packet has come yet stream time begins with it, at *begin*.
        """
        clock = self.clock
        if not clock.started:
            clock.start(begin)
        moment = clock.now
        if moment >= self.rates.next_due:
            self.rates.sample(moment)
        packet.timestamp = clock.packet_time(moment)
        self.counters.injected.value += 1
        return self._take_payload(packet, moment)

    def _follow_lot(self) -> None:
        """Follow the packets of the lot that were not followed yet.

        After a fault the next call goes on behind the packet that brought it about.
        """
        lot = self.lot
        queue = self.queue
        ring = self.ring
        effort = self.effort
        last_event = ring.total + ring.room() - MOST_EVENTS
        number = lot.followed
        read = lot.read
        try:
            while number < read:
                packet = lot.packets[number]
                number += 1
                verdict: i64 = WAITS
                if not queue and ring.total <= last_event and effort.left > 0:
                    verdict = self._follow(packet)
                if verdict != FOLLOWED:
                    if verdict == WAITS:
                        queue.append(packet)
                    lot.renew(number - 1)
        finally:
            lot.followed = number

    def _follow(self, packet: Packet) -> i64:
        """Follow one packet where its time leads; say whether it was FOLLOWED, is KEPT or WAITS."""
        clock = self.clock
        if self.doubt is not None and (not self._resolve(self.doubt, packet) or self.blocked()):
            return WAITS
        moment = packet.timestamp + clock.shift
        if not 0 <= moment - clock.now <= DAY or moment > LAST_MOMENT:
            leap = clock.leap(moment)
            if leap != IN_STEP:
                self.doubt = Doubt(packet, leap)
                return KEPT
        if moment >= self.streams.due and not self._collect(moment):
            return WAITS
        if moment >= self.tracker.wheel.next_due and not self.tracker.advance(moment):
            return WAITS
        self._take(packet, moment)
        return FOLLOWED

    def _collect(self, moment: i64) -> bool:
        """Do what is due in streams up to *moment*, between the timers; False: drain the ring."""
        streams = self.streams
        clock = self.clock
        while streams.due <= moment:
            due = max(streams.due, clock.now)
            if not self.due(due):
                return False
            clock.run_on(due)
            streams.collect(clock.packet_time(due), due)
            if streams.due == 0 and not self._follow_streams():
                return False
        return True

    def _follow_streams(self) -> bool:
        """Follow the messages that streams hold; False where it is blocked before the last."""
        streams = self.streams
        while not self.blocked():
            if streams.next():
                self._take_payload(streams.packet, streams.moment)
            elif self.effort.left > 0:
                return True
        return False

    def _resolve(self, doubt: Doubt, witness: Packet) -> bool:
        """Take the packet in doubt as the next one, *witness*, tells; False: drain the ring."""
        clock = self.clock
        timestamp = doubt.packet.timestamp
        confirmed = clock.leap(clock.moment(witness.timestamp)) == doubt.leap
        moment = clock.landing(timestamp, doubt.leap) if confirmed else clock.now
        if moment >= self.streams.due and not self._collect(moment):
            return False
        if not self.due(moment):
            return False
        if confirmed and doubt.leap == FALL:
            # No connection goes on from a newer file to an older one.
            self.streams.finish(clock.packet_time(clock.now), clock.now)
            if not self._follow_streams():
                return False
        if confirmed:
            clock.land(timestamp, doubt.leap)
        else:
            clock.strays += 1
        self.doubt = None
        self._take(doubt.packet, moment)
        return True

    def _take(self, packet: Packet, moment: i64) -> None:
        """Count *packet*, and track what it says, at *moment* of stream time."""
        self.clock.advance(moment)
        if moment >= self.rates.next_due:
            self.rates.sample(moment)
            self.defragmenter.expire(moment)
        counters = self.counters
        counters.total_packets.value += 1
        counters.total_size.value += packet.wire
        datagram = packet.datagram
        encapsulations = self.encapsulations
        if datagram.layers == encapsulations.layers:
            encapsulations.row.value += 1
        else:
            encapsulations.count(datagram.layers)
        copies = self.copies
        if copies is not None and copies.repeats(datagram, moment):
            packet.outcome = COPY
            counters.duplicates.value += 1
            self.samples.note(counters.duplicates, datagram, packet.timestamp)
            return
        if packet.outcome != DECODED:
            if packet.outcome == FRAGMENT and not self._join(packet, moment):
                return
            if packet.outcome != DECODED:
                self.undecoded.count(packet)
                if packet.outcome in (TCP, SCTP):
                    self.streams.take(packet, moment)
                    if self.streams.due == 0:
                        self._follow_streams()
                return
        (counters.udp4 if datagram.version == 4 else counters.udp6).value += 1
        self._take_payload(packet, moment)

    def _join(self, packet: Packet, moment: i64) -> bool:
        """Hand a fragment over; say whether *packet* is now the whole that it belongs to."""
        counters = self.counters
        datagram = packet.datagram
        while packet.outcome == FRAGMENT:
            self.undecoded.count(packet)
            if not self.defragmenter.take(datagram, moment):
                return False
            (counters.ip4_defrag if datagram.version == 4 else counters.ip6_defrag).value += 1
            size = datagram.end
            self.effort.left -= size * WHOLE
            if self.wholes is not None and not self.wholes.admits(
                datagram.buffer, 0, size, size, packet.linktype
            ):
                self.defragmenter.filtered.value += 1
                return False
            packet.read_on()
        return True

    def _take_payload(self, packet: Packet, moment: i64) -> bool:
        """Count the payload of *packet*, and track what it says; say whether it is tracked."""
        counters = self.counters
        datagram = packet.datagram
        if packet.reason != 0:
            if packet.kind == SIP:
                self._parse_error(packet)
            else:
                self._not_sip(packet)
            return False
        message = packet.message
        protocol = datagram.protocol
        over = counters.over_udp if protocol == PROTOCOL_UDP else counters.of(protocol)
        peer: i64 = OTHER if self.peers is None else self.peers.of(datagram)
        if message.status:
            counters.count_response(peer, message.method, message.status)
        else:
            counters.count_request(peer, message.method, over)
        length = message.content_length
        if length >= 0 and message.end - message.body_at > length:
            counters.offset_errs.value += 1
            counters.body_errs.value += 1
        tracker = self.tracker
        begun = tracker.begun
        tracked = tracker.feed(message, datagram, packet.timestamp, moment)
        if not tracked:
            over.tracked_err.value += 1
            self.samples.note(over.tracked_err, datagram, packet.timestamp)
            return False
        over.tracked_ok.value += 1
        if tracker.begun != begun:
            self.endpoints.learn_from(datagram)
        messages = self.messages
        if messages is not None:
            call = tracker.match.call if tracker.last is None else tracker.last
            if call is not None:
                messages.keep(call, datagram, packet.timestamp, packet.wire, tracker.fate)
        return True

    def _not_sip(self, packet: Packet) -> None:
        datagram = packet.datagram
        kind = self.payload_kinds[packet.kind]
        kind.value += 1
        self.samples.note(kind, datagram, packet.timestamp)
        if packet.kind == DTLS:
            self.counters.dtls.value += 1
            self.streams.count_hello(datagram)
        if packet.kind == UNKNOWN and self.endpoints.knows(
            datagram.destination(), datagram.destination_port
        ):
            self.counters.tiny_packets.value += 1
            self.ring.add(_event_of(MSG_PROBE, packet), self.clock.now)

    def _parse_error(self, packet: Packet) -> None:
        counters = self.counters
        counters.of(packet.datagram.protocol).parse_errs.value += 1
        error = counters.errors[packet.reason]
        error.value += 1
        self.samples.note(error, packet.datagram, packet.timestamp)
        if packet.datagram.truncated:
            self.cut += 1
        event = _event_of(PARSE_ERROR, packet)
        event.error_reason = packet.reason
        event.error_offset = packet.message.error_at
        event.call_id = packet.message.call_id
        self.ring.add(event, self.clock.now)


def _event_of(kind: i64, packet: Packet) -> Event:
    """Make an event of *kind* that shows *packet*."""
    datagram = packet.datagram
    event = Event(kind, packet.timestamp)
    event.transport = u8(datagram.protocol)
    event.client, event.client_port = datagram.source(), datagram.source_port
    event.server, event.server_port = datagram.destination(), datagram.destination_port
    event.excerpt = datagram.payload()[:MOST_EXCERPT]
    return event
