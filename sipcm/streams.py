"""From segments to messages: where streams of TCP, and SCTP, meet what reads SIP.

A segment is taken, and then one message after the other is fetched: each fills one reusable packet,
as if it had come in a datagram. Between two the pipeline may stop as long as it must, so that each
has room for its events.

Any port may carry SIP: a stream does when a message is found in it. One that shows none for a
while, and whose other direction does not either, is read no more. What is encrypted is counted by
the server that is asked for.
"""

from sipcm.annotation import Final, final, i64
from sipcm.counters import Counter, Group, PacketCounters
from sipcm.effort import IN_ORDER, LINE, MESSAGE, STEP, Effort
from sipcm.net import tls, upgrade
from sipcm.net.packet import SCTP, Datagram
from sipcm.net.sctp import Sctp
from sipcm.net.servernames import ServerNames
from sipcm.net.tcp import GAP, MIDWAY, NOTHING, PIECE, Reassembly
from sipcm.net.tcpfate import IGNORED
from sipcm.net.tcpstream import NEVER, Stream
from sipcm.net.websocket import WebSocket
from sipcm.net.websocketcounters import WebSocketCounters
from sipcm.packet import Packet
from sipcm.protocol import PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_WEBSOCKET
from sipcm.samples import Samples
from sipcm.sip import payload
from sipcm.sip.framing import Framer
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.framingforms import CUT, GARBAGE, MOST, TORN
from sipcm.sip.scanner import BAD_START_LINE
from sipcm.state.endpoints import Endpoints
from sipcm.streamreader import (
    HANDSHAKE,
    HELLO,
    SIP,
    UNDECIDED,
    WEBSOCKET,
    Reader,
    begins_framed,
    begins_midway,
    is_framed,
    peer_carries,
    port_in,
    recognize,
)
from sipcm.unfinished import Unfinished

MOST_UNDECIDED: Final = 65_536
"""Bytes of a stream in which SIP must show."""

# What is to be done next.
_REST: Final = 0
_READ: Final = 1
_FLUSH: Final = 2
_GIVE: Final = 3  # a message that the framer has given already
_UNFRAME: Final = 4
_UNPACK: Final = 5  # the packet of SCTP at hand


@final
class Streams:
    """All streams, and the message that was found last in one of them.

    ``packet``   that message, as if it had come in a datagram at the moment when it was complete
    ``moment``   that moment in stream time
    ``began``    when its first byte came, packet time
    ``found``    how many there were since the last segment was taken
    ``due``      the moment at which :meth:`collect` is to be called, 0 for at once
    ``most``     bytes of a message that are kept
    ``websocket_ports``  where frames are looked for without a handshake
    """

    __slots__ = (
        "_counters",
        "_endpoints",
        "_gap",
        "_reader",
        "_samples",
        "_step",
        "_stream",
        "_timestamp",
        "began",
        "due",
        "effort",
        "found",
        "framing",
        "moment",
        "most",
        "names",
        "packet",
        "sctp",
        "tcp",
        "unfinished",
        "websocket",
        "websocket_ports",
    )

    def __init__(self, counters: PacketCounters, endpoints: Endpoints, samples: Samples) -> None:
        self.tcp: Reassembly = Reassembly(counters)
        more = self.tcp.counters
        self.unfinished: Unfinished = Unfinished(more.unfinished, more.unfinished_dropped)
        self.sctp: Sctp = Sctp()
        self.framing: FramingCounters = FramingCounters()
        self.websocket: WebSocketCounters = WebSocketCounters()
        self.names: ServerNames = ServerNames()
        self.packet: Packet = Packet()
        self.effort: Effort = Effort()
        self.moment: i64 = 0
        self.began: i64 = 0
        self.found: i64 = 0
        self.due: i64 = NEVER
        self.most: i64 = MOST
        self.websocket_ports: frozenset[int] = frozenset()
        counters.group.sum(counters.huge_packets, [self.framing.huge])
        self._counters: PacketCounters = counters
        self._endpoints: Endpoints = endpoints
        self._samples: Samples = samples
        self._timestamp: i64 = 0
        self._stream: Stream | None = None
        self._reader: Reader | None = None
        self._step: i64 = _REST
        self._gap: bool = False  # what is given ends where bytes are missing

    def groups(self) -> list[Group]:
        """Return the groups of counters of all that reads streams."""
        return [
            self.framing.group,
            self.names.group,
            self.sctp.counters.group,
            self.tcp.counters.group,
            self.websocket.group,
        ]

    def take(self, packet: Packet, moment: i64) -> None:
        """Take a segment of TCP or a packet of SCTP; what is found is fetched with :meth:`next`."""
        datagram = packet.datagram
        tcp = self.tcp
        self.found = 0
        layers = datagram.layers
        if packet.outcome == SCTP:
            if self.sctp.take(datagram):
                self._step = _UNPACK
                self._begin(packet.timestamp, moment, layers)
            return
        verdict = tcp.take(datagram, packet.timestamp, moment)
        known = tcp.known
        if tcp.fate == IGNORED and known is not None and known.tally is not None:
            self._samples.note_segment(known.tally, datagram, packet.timestamp)
        if verdict == NOTHING:
            self.due = tcp.due
            return
        self._begin(packet.timestamp, moment, layers)
        if verdict == PIECE:
            self._open(tcp)
        elif verdict == MIDWAY and begins_midway(tcp.buffer, tcp.start, tcp.end):
            tcp.accept()

    def count_hello(self, datagram: Datagram) -> None:
        """Count the connection that a datagram of DTLS begins, if it begins one."""
        buffer, start, end = datagram.buffer, datagram.start, datagram.end
        if tls.is_client_hello(buffer, start, end):
            self.names.count(tls.server_name_of_datagram(buffer, start, end))

    def collect(self, timestamp: i64, moment: i64) -> None:
        """Do what is due at *moment*, *timestamp* in packet time; then fetch with :meth:`next`."""
        if self.due == 0:
            return
        self._begin(timestamp, moment, 0)
        if not self.tcp.collect(moment):
            self.due = self.tcp.due

    def finish(self, timestamp: i64, moment: i64) -> None:
        """Let all streams end; then fetch with :meth:`next`. Fetch what is left before it."""
        self._begin(timestamp, moment, 0)
        if not self.tcp.finish():
            self.due = NEVER

    def next(self) -> bool:
        """Fetch the next message into ``packet``; False when there is none, or no effort left.

        A fault costs what is at hand, so that the next call does not come upon it again.
        """
        try:
            return self._next()
        except Exception:
            self._reader = None
            self._step = _REST
            self.tcp.abandon()
            self.due = self.tcp.due
            raise

    def _next(self) -> bool:
        while self.effort.left > 0:
            reader = self._reader
            if self._unpack() if reader is None else self._found(reader):
                self.found += 1
                return True
            if self.effort.left <= 0:
                break
            if reader is not None:
                self.unfinished.note(reader)
                self._reader = None
            self._step = _REST
            tcp = self.tcp
            given = tcp.next()
            if given == NOTHING:
                self.due = tcp.due
                break
            self.effort.left -= STEP
            if given == PIECE:
                self._open(tcp)
            elif given == GAP:
                self._interrupt(tcp)
            else:
                self._end(tcp)
        return False

    def _begin(self, timestamp: i64, moment: i64, layers: i64) -> None:
        """Begin with what comes at *moment* in a packet of these *layers*, 0 where in none."""
        self.packet.datagram.layers = layers
        self._timestamp = timestamp
        self.moment = moment
        self.due = 0

    # What is given

    def _open(self, tcp: Reassembly) -> None:
        """Hand the piece that was given to the reader of its stream."""
        stream = tcp.stream
        if stream is None or stream.tally is not None:
            return
        user = stream.user
        if isinstance(user, Reader):
            reader = user
        else:
            reader = stream.user = Reader()
        size = tcp.end - tcp.start
        self.effort.left -= size * IN_ORDER
        if reader.carries == UNDECIDED:
            if reader.fresh and not self._recognize(stream, reader, tcp):
                return
            reader.seen += size
            if reader.seen > MOST_UNDECIDED and not self._may_carry(stream):
                self._ignore(stream, reader, self._counters.tcp_ign)
                return
        reader.mark(size, tcp.timestamp)
        carries = reader.carries
        if carries == HELLO:
            self._count_piece(stream, tcp)
            reader.head += tcp.buffer[tcp.start : tcp.end]
            if tls.is_whole(reader.head) or len(reader.head) > tls.MOST_HELLO:
                self._end_hello(stream, reader)
            else:
                self.unfinished.note(reader)
        elif carries == HANDSHAKE:
            self._take_handshake(stream, reader, tcp)
        elif carries == WEBSOCKET:
            self._feed_frames(stream, reader, tcp.buffer, tcp.start, tcp.end)
        else:
            self._feed(stream, reader, tcp.buffer, tcp.start, tcp.end)

    def _feed(self, stream: Stream, reader: Reader, buffer: bytes, start: i64, end: i64) -> None:
        framer = reader.framer
        if framer is None:
            message = self.packet.message
            framer = Framer(self.framing, message, self.most, stream.begin < 0, stream.key[:-4])
            reader.framer = framer
        framer.feed(buffer, start, end)
        self._turn_to(stream, reader, _READ)

    def _feed_frames(
        self, stream: Stream, reader: Reader, buffer: bytes, start: i64, end: i64
    ) -> None:
        counters = self._counters
        (counters.ws4 if len(stream.key) == 12 else counters.ws6).value += 1
        websocket = reader.websocket
        if websocket is None:
            websocket = reader.websocket = WebSocket(self.websocket, self.most, self.effort)
        if websocket.lost and begins_framed(buffer, start, end):
            websocket.resume()
        websocket.feed(buffer, start, end)
        self._turn_to(stream, reader, _UNFRAME)

    def _turn_to(self, stream: Stream, reader: Reader, step: i64) -> None:
        self._stream = stream
        self._reader = reader
        self._step = step
        self._gap = False

    def _interrupt(self, tcp: Reassembly) -> None:
        """Let bytes be missing."""
        stream = tcp.stream
        reader = None if stream is None else stream.user
        if stream is None or not isinstance(reader, Reader):
            return
        reader.offset += tcp.size
        reader.lost = True
        if reader.carries == UNDECIDED:
            reader.fresh = True
        elif reader.carries == HANDSHAKE:
            reader.carries = UNDECIDED
            reader.fresh = True
            reader.head = b""
        elif reader.carries == HELLO:
            self._end_hello(stream, reader)
        elif reader.websocket is not None:
            reader.websocket.gap(tcp.size)
        framer = reader.framer
        if framer is not None and framer.gap(tcp.size):
            self._turn_to(stream, reader, _GIVE)
            self._gap = True

    def _end(self, tcp: Reassembly) -> None:
        """Let the stream that was given end."""
        stream = tcp.stream
        reader = None if stream is None else stream.user
        if stream is None or not isinstance(reader, Reader):
            return
        stream.user = None
        self.unfinished.forget(reader)
        if reader.carries == HELLO:
            self._end_hello(stream, reader)
        framer = reader.framer
        if framer is not None and framer.finish():
            self._turn_to(stream, reader, _GIVE)
            self._gap = True

    # What it is

    def _recognize(self, stream: Stream, reader: Reader, tcp: Reassembly) -> bool:
        """Find out what the piece that was given begins; False if it is not to be read."""
        reader.fresh = False
        framed = is_framed(stream, self.websocket_ports)
        midway = stream.begin < 0 or reader.lost or framed
        carries = recognize(tcp.buffer, tcp.start, tcp.end, midway, framed)
        reader.carries = carries
        if carries == WEBSOCKET:
            self.websocket.midway.value += 1
        elif carries == HELLO and not tls.begins_hello(tcp.buffer, tcp.start, tcp.end):
            self._count_piece(stream, tcp)
            self._count_encrypted(stream, reader, b"")
            return False
        return True

    def _count_piece(self, stream: Stream, tcp: Reassembly) -> None:
        """Count the piece that was given as one of TLS."""
        counter, packet = self._counters.tls, self.packet
        counter.value += 1
        packet.carry(tcp.buffer, tcp.start, tcp.end, PROTOCOL_TCP, tcp.source_at, stream.key)
        self._samples.note(counter, packet.datagram, tcp.timestamp)

    def _take_handshake(self, stream: Stream, reader: Reader, tcp: Reassembly) -> None:
        """Read on in what may become a handshake; what it turns out not to be is read anew."""
        reader.head += tcp.buffer[tcp.start : tcp.end]
        head = reader.head
        end = upgrade.head_end(head)
        if end < 0 and len(head) <= upgrade.MOST_HEAD and upgrade.may_begin(head, 0, len(head)):
            self.unfinished.note(reader)
            return
        reader.head = b""
        verdict = upgrade.judge(head[:end], b"sip") if end >= 0 else upgrade.NO_UPGRADE
        if verdict == upgrade.UPGRADE and peer_carries(stream, WEBSOCKET):
            verdict = upgrade.OF_PROTOCOL
        if verdict == upgrade.OF_PROTOCOL:
            self.websocket.upgrades.value += 1
            reader.carries = WEBSOCKET
            self._feed_frames(stream, reader, head, end, len(head))
        else:
            reader.carries = UNDECIDED
            addresses = stream.key[:-4]
            self._feed(stream, reader, addresses + head, len(addresses), len(addresses + head))

    def _end_hello(self, stream: Stream, reader: Reader) -> None:
        self._count_encrypted(stream, reader, tls.server_name(reader.head))

    def _count_encrypted(self, stream: Stream, reader: Reader, name: bytes) -> None:
        """Count an encrypted connection once, and read no more of it."""
        peer = stream.peer
        if peer is None or peer.tally is not self._counters.tls:
            self.names.count(name)
            if is_framed(stream, self.websocket_ports):
                self.websocket.encrypted.value += 1
        self._ignore(stream, reader, self._counters.tls)

    def _ignore(self, stream: Stream, reader: Reader, tally: Counter) -> None:
        self.unfinished.forget(reader)
        self.tcp.ignore(stream, tally)

    def _may_carry(self, stream: Stream) -> bool:
        """Tell whether SIP may yet come in *stream*, as its other direction or a port says."""
        if peer_carries(stream, SIP):
            return True
        key = stream.key
        half = (len(key) - 4) >> 1
        if self._endpoints.knows(key[:half], port_in(key, 4)):
            return True
        return self._endpoints.knows(key[half:-4], port_in(key, 2))

    def _found(self, reader: Reader) -> bool:
        """Fill the packet with the next message of *reader*, if there is one that is to be told."""
        stream = self._stream
        if stream is None:
            return False
        websocket = reader.websocket
        if self._step == _UNFRAME:
            return websocket is not None and self._unframe(stream, reader, websocket)
        framer = reader.framer
        while framer is not None:
            step = self._step
            if step == _READ:
                if not framer.next():
                    self.effort.left -= framer.lines * LINE
                    framer.lines = 0
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
            if framer.form != GARBAGE or reader.carries == SIP or self._may_carry(stream):
                self._fill(stream, reader, framer)
                self.effort.left -= MESSAGE
                return True
        return False

    def _fill(self, stream: Stream, reader: Reader, framer: Framer) -> None:
        """Fill the packet with what *framer* has given."""
        packet = self.packet
        buffer = framer.buffer
        # What was put together, or read anew, has the addresses before it.
        addresses = self.tcp.source_at if buffer is self.tcp.buffer else 0
        packet.timestamp = self._timestamp
        packet.carry(buffer, framer.start, framer.end, PROTOCOL_TCP, addresses, stream.key)
        packet.datagram.truncated = self._gap and framer.form in (CUT, TORN)
        if framer.read:
            packet.reason = 0
            packet.kind = payload.SIP
        else:
            packet.scan()
        if framer.form == GARBAGE:
            if packet.reason == 0:
                packet.reason = BAD_START_LINE
        elif packet.reason == 0:
            reader.carries = SIP
            if reader.lost:
                reader.lost = False
                self._counters.tcp_recovered.value += 1
        self.began = reader.came(framer.began)

    def _unframe(self, stream: Stream, reader: Reader, websocket: WebSocket) -> bool:
        """Fill the packet with the next message that came in frames."""
        counters = self.websocket
        while websocket.next():
            self.effort.left -= MESSAGE
            message = websocket.message
            if not message.strip(b"\r\n"):
                counters.keepalives.value += 1
                continue
            self._copy(stream, message, 0, len(message), PROTOCOL_WEBSOCKET)
            self.packet.datagram.truncated = websocket.cut
            self.packet.read_payload()
            if self.packet.kind != payload.SIP:
                counters.foreign.value += 1
                self._samples.note(counters.foreign, self.packet.datagram, self._timestamp)
                continue
            if reader.lost:
                reader.lost = False
                self._counters.tcp_recovered.value += 1
            self.began = self._timestamp
            return True
        return False

    def _copy(self, stream: Stream, buffer: bytes, start: i64, end: i64, protocol: i64) -> None:
        """Fill the packet with a payload that lies apart from its addresses."""
        addresses = stream.key[:-4]
        whole = addresses + buffer[start:end] if end > start else addresses
        self.packet.timestamp = self._timestamp
        self.packet.carry(whole, len(addresses), len(whole), protocol, 0, stream.key)

    def _unpack(self) -> bool:
        """Fill the packet with the next message of the packet of SCTP at hand, if there is one."""
        if self._step != _UNPACK:
            return False
        sctp, packet, effort = self.sctp, self.packet, self.effort
        while effort.left > 0 and sctp.next():
            effort.left -= MESSAGE
            packet.timestamp = self.began = self._timestamp
            packet.carry(sctp.buffer, sctp.start, sctp.end, PROTOCOL_SCTP, sctp.source_at, sctp.key)
            packet.datagram.truncated = sctp.cut
            packet.read_payload()
            if packet.kind == payload.SIP:
                return True
            sctp.counters.foreign.value += 1
            self._samples.note(sctp.counters.foreign, packet.datagram, self._timestamp)
        return False
