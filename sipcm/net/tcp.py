"""Put the segments of TCP in order (RFC 9293), each direction of a connection for itself.

Segments go in, what follows in order comes out, one thing at a time::

    verdict = tcp.take(datagram, timestamp, moment)
    if verdict == MIDWAY and ...:  # is that where something begins?
        tcp.accept()
    while (given := tcp.next()) != NOTHING:
        ...  # PIECE: buffer[start:end] of stream; GAP: of size bytes; END

A segment in order is given where it lies, without a copy, as ``PIECE`` of :meth:`take` itself.
Others wait in order of their places. Where they do for too long, or are too many, or the receiver
has acknowledged what is missing, so that the capture lost it, the stream goes on behind the gap. Of
bytes that overlap the first are given, and what waits is not replaced.

*Connections*: a stream begins with SYN. One whose SYN was not captured begins with the first
segment that is seen, if the user says that something begins there; else that one waits for the
next, which may belong before it. A SYN with another number ends the stream before it. FIN ends a
stream when all before it has come, RST at once. What has ended is remembered for a while, so that
nothing is read twice. A segment far outside of its stream is taken only if the next one follows it,
and then begins another, as does one behind FIN, or in a large gap that was passed.

All moments are packet time. What is held and known is bounded, in ``waiting`` and ``table``.
"""

from struct import Struct

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED
from sipcm.containers import deque
from sipcm.counters import Counter, PacketCounters
from sipcm.net import tcpfate
from sipcm.net.ip import cut_off
from sipcm.net.number import read_u32
from sipcm.net.packet import Datagram
from sipcm.net.tcpcounters import TcpCounters
from sipcm.net.tcpstream import (
    ANOTHER,
    ENDED,
    ENDING,
    FAR,
    FOREIGN,
    IN_ORDER,
    NEVER,
    NOWHERE,
    NUMBERS,
    OPEN,
    PAST_GAPS,
    PAST_ONE,
    TO_THE_END,
    UNSURE,
    Held,
    Stream,
    is_near,
)
from sipcm.net.tcptable import StreamTable, key_of
from sipcm.net.tcpwaiting import Waiting

# What becomes of a segment, and what is given.
NOTHING: Final = 0
PIECE: Final = 1
GAP: Final = 2
END: Final = 3
MIDWAY: Final = 4  # the first that is seen of a stream; it waits
QUEUED: Final = 5  # ask next() what is given

FIN: Final = 1
SYN: Final = 2
RST: Final = 4
ACK: Final = 16

HEADER: Final = 20
_HEADER: Final = Struct(">4xI4xBB")


@final
class Reassembly:
    """All streams, which are in ``table``; ``due`` is when to :meth:`collect`.

    PIECE sets ``stream``, ``buffer``, ``start``, ``end``, ``timestamp``, and ``source_at``, where
    in the buffer the addresses lie; GAP ``stream`` and ``size``; END ``stream``.
    """

    __slots__ = (
        "buffer",
        "counters",
        "due",
        "end",
        "fate",
        "known",
        "packets",
        "queue",
        "size",
        "source_at",
        "start",
        "stream",
        "table",
        "timestamp",
        "waiting",
    )

    def __init__(self, packets: PacketCounters) -> None:
        self.packets: PacketCounters = packets
        counters = TcpCounters()
        self.counters: TcpCounters = counters
        self.table: StreamTable = StreamTable(counters.streams)
        self.waiting: Waiting = Waiting(counters.held, counters.held_segments)
        self.due: i64 = NEVER
        self.fate: i64 = tcpfate.NO_DATA
        self.queue: deque[Stream] = deque()
        self.known: Stream | None = None
        self.stream: Stream | None = None
        self.buffer: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.source_at: i64 = 0
        self.timestamp: i64 = 0
        self.size: i64 = 0

    def take(self, datagram: Datagram, timestamp: i64, moment: i64) -> i64:
        """Take the segment that *datagram* holds; NOTHING, PIECE, MIDWAY or QUEUED.

        What was given before must have been taken out with :meth:`next`. Interpreted, one Struct
        is quicker than reading byte by byte.
        """
        buffer = datagram.buffer
        at = datagram.start
        end = datagram.end
        if end - at < HEADER:
            return self._refuse()
        if COMPILED:
            sequence = read_u32(buffer, at + 4)
            words: i64 = buffer[at + 12]
            flags: i64 = buffer[at + 13]
        else:
            sequence, words, flags = _HEADER.unpack_from(buffer, at)
        start = at + (words >> 4) * 4
        addresses = datagram.source_at
        known = self.table.stream_of(datagram)
        self.known = known
        self.timestamp = timestamp
        if known is not None:
            known.last = moment
            if (
                sequence == known.next
                and flags & 7 == 0
                and known.state == OPEN
                and known.waiting is None
                and not datagram.truncated
                and at + HEADER <= start <= end
            ):
                peer = known.peer
                if peer is not None and peer.waiting is not None:
                    self._acknowledge(peer, buffer, at, moment)
                self.fate = tcpfate.NO_DATA
                if start == end:
                    return QUEUED if self.queue else NOTHING
                known.next = (sequence + end - start) & NUMBERS
                known.position += end - start
                tally = known.tally
                if tally is not None:
                    tally.value += 1
                    self.fate = tcpfate.IGNORED
                    return QUEUED if self.queue else NOTHING
                self.fate = tcpfate.NEXT
                self.packets.tcp_segs.value += 1
                self.packets.tcp_total_rcvd.value += end - start
                self.stream = known
                self.buffer = buffer
                self.start = start
                self.end = end
                self.source_at = addresses
                return PIECE
        if start < at + HEADER or start > end:
            return self._refuse()
        return self._take_rarely(datagram, sequence, flags, start, moment)

    def accept(self) -> None:
        """Let the stream of the segment that was MIDWAY begin with it."""
        stream = self.known
        if stream is not None:
            stream.state = OPEN
            self._enqueue(stream, IN_ORDER)

    def next(self) -> i64:
        """Give what comes next: PIECE, GAP, END, or NOTHING."""
        queue = self.queue
        while queue:
            stream = queue[0]
            self.stream = stream
            held = stream.release()
            if held is not None:
                return self._put(stream, held)
            gap = stream.gap()
            if gap > 0 and stream.limit != IN_ORDER:
                self._skip(stream, gap)
                return GAP
            queue.popleft()
            stream.queued = False
            if self._ends(stream):
                return END
        self.stream = None
        self._plan()
        return NOTHING

    def collect(self, moment: i64) -> bool:
        """Do what is due at *moment*; True if :meth:`next` has something to give."""
        while (late := self.waiting.late(moment)) is not None:
            self.packets.tcp_reorder_timeouts.value += 1
            self._enqueue(late, PAST_ONE)
        while (lost := self.waiting.lost(moment)) is not None:
            self.counters.acknowledged.value += 1
            self._enqueue(lost, PAST_ONE)
        table = self.table
        if moment >= table.next_look:
            for stream in table.stale(moment):
                table.remove(stream)
                self.packets.tcp_stream_timeouts.value += stream.state != ENDED
                self._let_end(stream)
        self._plan()
        return len(self.queue) > 0

    def finish(self) -> bool:
        """Let all streams end, as at the end of the input; True if :meth:`next` gives something."""
        for stream in self.table.clear():
            self._let_end(stream)
        return self.collect(0)

    def abandon(self) -> None:
        """Give nothing more of what is queued."""
        for stream in self.queue:
            stream.queued = False
            self.waiting.drop(stream)
        self.queue.clear()
        self._plan()

    def ignore(self, stream: Stream, tally: Counter) -> None:
        """Read *stream* no more; *tally* counts its segments from here on."""
        stream.tally = tally
        stream.user = None
        self.waiting.drop(stream)
        self.packets.tcp_stream_ign.value += 1

    # What is rare

    def _refuse(self) -> i64:
        """Count a segment whose header cannot be."""
        self.known = None
        self.fate = tcpfate.BAD
        self.counters.bad_headers.value += 1
        return NOTHING

    def _take_rarely(
        self, datagram: Datagram, sequence: i64, flags: i64, start: i64, moment: i64
    ) -> i64:
        """Take a segment that is not simply the next one of an open stream."""
        packets = self.packets
        stream = self.known
        key = key_of(datagram) if stream is None else stream.key
        self.fate = tcpfate.NO_DATA
        if flags & SYN:
            self.fate = tcpfate.BEGAN
            packets.tcp_syn.value += 1
            packets.tcp_segs.value += 1
            stream = self._begin(stream, key, (sequence + 1) & NUMBERS, moment)
            sequence = (sequence + 1) & NUMBERS
        if flags & FIN:
            self.fate = tcpfate.FINISHED
            packets.tcp_fin.value += 1
            packets.tcp_segs.value += 1
        end = datagram.end
        length = end - start
        missing = cut_off(datagram) if datagram.truncated else 0
        verdict: i64 = QUEUED
        if stream is None:
            if length == 0 or flags & RST:
                return NOTHING
            stream = self._know(key, moment)
            stream.next = sequence
            stream.state = UNSURE
            self.counters.midway.value += 1
            verdict = MIDWAY
            self.fate = tcpfate.JOINED
            self.buffer = datagram.buffer
            self.start = start
            self.end = end
        self.known = stream
        peer = stream.peer
        if flags & ACK and peer is not None and (peer.waiting is not None or flags & FIN):
            self._acknowledge(peer, datagram.buffer, datagram.start, moment)
        position = stream.place(sequence)
        if flags & RST:
            self._reset(stream, position)
            return QUEUED if self.queue else NOTHING
        belongs = stream.judge(sequence, position, length)
        if belongs == FOREIGN:
            self.fate = tcpfate.TOO_FAR
            self.counters.far.value += 1
            return QUEUED if self.queue else NOTHING
        if belongs == ANOTHER:
            stream = self._renew(stream, sequence, moment)
            position = stream.position
        if stream.state == ENDED:
            if length > 0:
                self.fate = tcpfate.REPEATED
                self.counters.repeated.value += 1
            return QUEUED if self.queue else NOTHING
        if stream.state == UNSURE and verdict != MIDWAY:
            if length > 0 and position < stream.position:
                stream.move(position)
            stream.state = OPEN
        if length + missing > 0 or stream.place((sequence + 1) & NUMBERS) == stream.position:
            self._keep(stream, datagram, position, start, missing, moment)
        if flags & FIN and stream.end == NOWHERE:
            stream.end = max(position + length + missing, stream.position)
            stream.state = ENDING
            verdict = QUEUED
            if stream.gap() > 0:
                self._wait(stream, moment)
        if stream.state != UNSURE:
            self._enqueue(stream, stream.limit)
        return verdict if self.queue or verdict == MIDWAY else NOTHING

    def _begin(self, stream: Stream | None, key: bytes, first: i64, moment: i64) -> Stream:
        """Return the stream that begins with the number *first*."""
        if stream is None:
            stream = self._know(key, moment)
            stream.next = first
        elif stream.state != ENDED and stream.begin == first:
            return stream
        elif stream.state != ENDED and stream.begin < 0 and -FAR < stream.place(first) <= 0:
            # It was captured behind what it begins: nothing came of before it.
            if stream.state == UNSURE:
                stream.move(stream.place(first))
                stream.state = OPEN
        else:
            stream = self._renew(stream, first, moment)
        stream.begin = first
        return stream

    def _know(self, key: bytes, moment: i64) -> Stream:
        """Return a new stream, and put it into the table."""
        table = self.table
        if table.full():
            for idle in table.dispensable():
                table.remove(idle)
                self.counters.evicted.value += idle.state != ENDED
                self._let_end(idle)
        stream = Stream(key, moment)
        table.add(stream, moment)
        self.packets.tcp_streams.value += 1
        self.due = min(self.due, table.next_look)
        return stream

    def _renew(self, stream: Stream, first: i64, moment: i64) -> Stream:
        """End *stream*, in whose place another begins with the number *first*."""
        self.table.remove(stream)
        self._let_end(stream)
        renewed = self._know(stream.key, moment)
        renewed.next = first
        self.known = renewed
        return renewed

    def _reset(self, stream: Stream, position: i64) -> None:
        """Let RST at *position* end its direction, unless it lies where none can be.

        What was sent the other way before RST came there is read yet.
        """
        if not is_near(position - stream.position):
            self.fate = tcpfate.TOO_FAR
            self.counters.far.value += 1
            return
        self.fate = tcpfate.RESET
        self.counters.resets.value += 1
        self._let_end(stream)
        peer = stream.peer
        if peer is not None and peer.waiting is not None:
            self._enqueue(peer, PAST_GAPS)

    def _keep(
        self,
        stream: Stream,
        datagram: Datagram,
        position: i64,
        start: i64,
        missing: i64,
        moment: i64,
    ) -> None:
        """Hold what is new of a segment, of which *missing* bytes were cut off."""
        captured = datagram.end - start
        length = captured + missing
        tally = stream.tally
        if tally is not None:
            tally.value += 1
            self.fate = tcpfate.IGNORED
            stream.move(max(stream.position, position + length))
            return
        count: i64 = 0 if stream.waiting is None else len(stream.waiting)
        ahead = position > stream.position
        kept = stream.hold(position, captured, datagram.buffer, start, self.timestamp)
        if missing > 0:
            kept += stream.hold(position + captured, missing, b"", 0, self.timestamp)
        if kept < length or length == 0:
            (self.counters.overlaps if kept else self.counters.repeated).value += 1
            self.fate = tcpfate.OVERLAPS if kept else tcpfate.REPEATED
        elif self.fate == tcpfate.NO_DATA:
            self.fate = tcpfate.AHEAD if ahead else tcpfate.NEXT
        waiting = stream.waiting
        if kept == 0 or waiting is None:
            return
        self.waiting.change(kept, len(waiting) - count)
        if ahead:
            self.packets.tcp_out_of_order.value += 1
        if ahead or stream.state == UNSURE:
            self._wait(stream, moment)
        for heavy in self.waiting.over(stream):
            self.counters.over_limit.value += 1
            self._enqueue(heavy, PAST_GAPS)

    def _wait(self, stream: Stream, moment: i64) -> None:
        self.waiting.add(stream, moment)
        self.due = min(self.due, self.waiting.due())

    def _acknowledge(self, waiting: Stream, buffer: bytes, at: i64, moment: i64) -> None:
        """Let *waiting* go on if its receiver acknowledges what it waits for."""
        if waiting.queued:
            return
        if self.waiting.acknowledge(waiting, waiting.place(read_u32(buffer, at + 8)), moment):
            self.counters.acknowledged.value += 1
            self._enqueue(waiting, PAST_ONE)
        self.due = min(self.due, self.waiting.due())

    # What is given

    def _enqueue(self, stream: Stream, limit: i64) -> None:
        """Let :meth:`next` look at *stream*, and give it up to *limit*."""
        stream.limit = max(stream.limit, limit)
        if stream.state == UNSURE and limit != IN_ORDER:
            stream.state = OPEN
        if not stream.queued:
            stream.queued = True
            self.queue.append(stream)

    def _let_end(self, stream: Stream) -> None:
        if stream.state != ENDED:
            self._enqueue(stream, TO_THE_END)

    def _put(self, stream: Stream, held: Held) -> i64:
        """Give a piece that was held: PIECE, or GAP for one that was cut off."""
        self.waiting.change(-held.size, -1)
        if stream.waiting is None:
            self.waiting.remove(stream)
        if not held.data:
            self._count_gap(held.size)
            return GAP
        self.timestamp = held.timestamp
        self.buffer = held.data
        self.end = len(held.data)
        self.start = len(stream.key) - 4
        self.source_at = 0
        self.packets.tcp_segs.value += 1
        self.packets.tcp_total_rcvd.value += self.end - self.start
        return PIECE

    def _skip(self, stream: Stream, gap: i64) -> None:
        """Go on behind a gap."""
        stream.skip(gap)
        if stream.limit == PAST_ONE:
            stream.limit = IN_ORDER
        self.waiting.remove(stream)
        self._count_gap(gap)

    def _count_gap(self, size: i64) -> None:
        self.size = size
        self.packets.tcp_miss.value += 1
        self.packets.tcp_missed_bytes.value += size

    def _ends(self, stream: Stream) -> bool:
        """Tell whether *stream*, of which all was given that could be, ends here."""
        if stream.limit != TO_THE_END and (stream.end == NOWHERE or stream.position < stream.end):
            stream.limit = IN_ORDER
            if stream.gap() > 0:
                self._wait(stream, stream.last)
            return False
        if stream.state == ENDED:
            return False
        stream.state = ENDED
        self.waiting.drop(stream)
        self.packets.tcp_closed.value += 1
        return True

    def _plan(self) -> None:
        self.due = min(self.table.next_look, self.waiting.due())
