"""From segments to messages: where streams of TCP meet the framer of SIP.

A segment is taken, and then one message after the other is fetched: each fills one reusable packet,
as if it had come in a datagram. Between two the pipeline may stop as long as it must, so that each
has room for its events.

Any port may carry SIP: a stream does when a message is found in it. One that shows none for a
while, and whose other direction does not either, is read no more.
"""

from typing import Final, final

from mypy_extensions import i64

from sipcm.counters import PacketCounters
from sipcm.net.packet import PROTOCOL_TCP, Datagram
from sipcm.net.tcp import END, GAP, MIDWAY, NOTHING, PIECE, Reassembly
from sipcm.net.tcpstream import NEVER, Stream
from sipcm.packet import NOT_SCANNED, Packet
from sipcm.sip import payload
from sipcm.sip.framing import CUT, GARBAGE, TORN, Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.scanner import BAD_START_LINE, scan
from sipcm.state.endpoints import Endpoints
from sipcm.streamreader import SIP, UNDECIDED, Reader

MOST_UNDECIDED: Final = 65_536
"""Bytes of a stream in which SIP must show."""

# What is to be done with the reader at hand.
_REST: Final = 0
_READ: Final = 1
_FLUSH: Final = 2
_GIVE: Final = 3  # a message that the framer has given already


@final
class Streams:
    """All streams, and the message that was found last in one of them.

    ``packet``   that message, as if it had come in a datagram at the moment when it was complete
    ``moment``   that moment in stream time
    ``began``    when its first byte came, packet time
    ``due``      the moment at which :meth:`collect` is to be called, 0 for at once
    """

    __slots__ = (
        "_counters",
        "_endpoints",
        "_framing",
        "_lost",
        "_reader",
        "_step",
        "_stream",
        "_timestamp",
        "began",
        "due",
        "framing",
        "moment",
        "packet",
        "tcp",
    )

    def __init__(self, counters: PacketCounters, endpoints: Endpoints) -> None:
        self.tcp: Reassembly = Reassembly(counters)
        self.framing: FramingCounters = FramingCounters()
        self.packet: Packet = Packet()
        self.moment: i64 = 0
        self.began: i64 = 0
        self.due: i64 = NEVER
        self._counters: PacketCounters = counters
        self._endpoints: Endpoints = endpoints
        self._timestamp: i64 = 0
        self._stream: Stream | None = None
        self._reader: Reader | None = None
        self._step: i64 = _REST
        self._lost: bool = False

    def take(self, datagram: Datagram, timestamp: i64, moment: i64) -> None:
        """Take a segment; what is found in it is fetched with :meth:`next`."""
        tcp = self.tcp
        verdict = tcp.take(datagram, timestamp, moment)
        if verdict == NOTHING:
            self.due = tcp.due
            return
        self._timestamp = timestamp
        self.moment = moment
        self.due = 0
        if verdict == PIECE:
            self._open(tcp)
        elif verdict == MIDWAY and _may_begin(tcp):
            tcp.accept()

    def collect(self, timestamp: i64, moment: i64) -> None:
        """Do what is due at *moment*, *timestamp* in packet time; then fetch with :meth:`next`."""
        if self.due == 0:
            return
        self._timestamp = timestamp
        self.moment = moment
        if self.tcp.collect(moment):
            self.due = 0
        else:
            self.due = self.tcp.due

    def finish(self, timestamp: i64, moment: i64) -> None:
        """Let all streams end; then fetch with :meth:`next`."""
        self._timestamp = timestamp
        self.moment = moment
        self.due = 0 if self.tcp.finish() else NEVER

    def next(self) -> bool:
        """Fetch the next message into ``packet``; False when there is none for now."""
        while True:
            reader = self._reader
            if reader is not None:
                if self._found(reader):
                    return True
                self._reader = None
            tcp = self.tcp
            given = tcp.next()
            if given == PIECE:
                self._open(tcp)
            elif given == GAP:
                self._interrupt(tcp)
            elif given == END:
                self._end(tcp)
            else:
                self.due = tcp.due
                return False

    def _open(self, tcp: Reassembly) -> None:
        """Hand the piece that was given to the reader of its stream."""
        stream = tcp.stream
        if stream is None or stream.ignored:
            return
        user = stream.user
        if isinstance(user, Reader):
            reader = user
        else:
            reader = Reader(Framer(self.framing, midway=stream.begin < 0))
            stream.user = reader
        size = tcp.end - tcp.start
        if reader.carries == UNDECIDED:
            reader.seen += size
            if reader.seen > MOST_UNDECIDED and not self._may_carry(stream):
                tcp.ignore(stream)
                return
        reader.mark(size, tcp.timestamp)
        reader.framer.feed(tcp.buffer, tcp.start, tcp.end)
        self._stream = stream
        self._reader = reader
        self._step = _READ
        self._lost = False

    def _interrupt(self, tcp: Reassembly) -> None:
        stream = tcp.stream
        reader = None if stream is None else stream.user
        if stream is not None and isinstance(reader, Reader):
            reader.skip(tcp.size)
            reader.lost = True
            self._stream = stream
            self._reader = reader
            self._lost = True
            self._step = _GIVE if reader.framer.gap(tcp.size) else _REST

    def _end(self, tcp: Reassembly) -> None:
        stream = tcp.stream
        reader = None if stream is None else stream.user
        if stream is not None and isinstance(reader, Reader):
            stream.user = None
            self._stream = stream
            self._reader = reader
            self._lost = True
            self._step = _GIVE if reader.framer.finish() else _REST

    def _may_carry(self, stream: Stream) -> bool:
        """Tell whether SIP may yet come in *stream*, as its other direction or a port says."""
        peer = stream.peer
        if peer is not None:
            user = peer.user
            if isinstance(user, Reader) and user.carries == SIP:
                return True
        return self._at_known_port(stream)

    def _at_known_port(self, stream: Stream) -> bool:
        """Tell whether either end is one where SIP is at home or was seen."""
        key = stream.key
        half = (len(key) - 4) >> 1
        source: i64 = key[len(key) - 4] << 8 | key[len(key) - 3]
        destination: i64 = key[len(key) - 2] << 8 | key[len(key) - 1]
        endpoints = self._endpoints
        return endpoints.knows(key[:half], source) or endpoints.knows(
            key[half : len(key) - 4], destination
        )

    def _found(self, reader: Reader) -> bool:
        """Fill the packet with the next message of *reader*, if there is one that is to be told."""
        framer = reader.framer
        stream = self._stream
        if stream is None:
            return False
        while True:
            step = self._step
            if step == _READ:
                if not framer.next():
                    self._step = _FLUSH
                    continue
            elif step == _FLUSH:
                self._step = _REST
                if not framer.flush():
                    return False
            elif step == _GIVE:
                self._step = _REST
            else:
                return False
            if framer.form == GARBAGE and not (reader.carries == SIP or self._may_carry(stream)):
                continue
            self._fill(stream, reader, framer)
            return True

    def _fill(self, stream: Stream, reader: Reader, framer: Framer) -> None:
        """Fill the packet with what *framer* has given."""
        packet = self.packet
        datagram = packet.datagram
        tcp = self.tcp
        buffer = framer.buffer
        start = framer.start
        end = framer.end
        datagram.source_at = tcp.source_at
        if buffer is not tcp.buffer:
            # It was put together from several pieces, or the addresses lie elsewhere.
            addresses = stream.key[:-4]
            buffer = addresses + buffer[start:end] if end > start else addresses
            start = len(addresses)
            end = len(buffer)
            datagram.source_at = 0
        key = stream.key
        half: i64 = (len(key) - 4) >> 1
        ports: i64 = len(key) - 4
        datagram.buffer = buffer
        datagram.version = 4 if half == 4 else 6
        datagram.destination_at = datagram.source_at + half
        datagram.source_port = key[ports] << 8 | key[ports + 1]
        datagram.destination_port = key[ports + 2] << 8 | key[ports + 3]
        datagram.start = start
        datagram.end = end
        datagram.protocol = PROTOCOL_TCP
        datagram.truncated = self._lost and framer.form in (CUT, TORN)
        packet.timestamp = self._timestamp
        packet.wire = end - start
        packet.kind = payload.SIP
        packet.reason = NOT_SCANNED
        packet.reason = scan(buffer, start, end, packet.message)
        if framer.form == GARBAGE:
            if packet.reason == 0:
                packet.reason = BAD_START_LINE
        elif packet.reason == 0:
            reader.carries = SIP
        if reader.lost and framer.form != GARBAGE:
            reader.lost = False
            self._counters.tcp_recovered.value += 1
        self.began = reader.came(framer.began)


def _may_begin(tcp: Reassembly) -> bool:
    """Tell whether a message of SIP begins in the segment that was taken."""
    return tcp.buffer.find(b"SIP/2.0", tcp.start, tcp.end) >= 0
