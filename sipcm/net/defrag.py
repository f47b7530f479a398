"""Fragments of IP packets, put together in whatever order they come (RFC 791 3.2, RFC 8200 4.5).

The policy:

- Bytes that come twice must be the same. Where they differ nobody can tell what the receiver made
  of them: the packet is dropped with all that still comes of it, as receivers do (RFC 5722, and
  Linux for IPv4 too).
- A fragment that is not the last has a multiple of 8 bytes, and none reaches beyond 65,535: others
  are dropped, and the packet waits on. Two ends, or bytes behind the end, drop the packet.
- Of fragments that were not captured whole the packet has what lies before the first missing byte.
- What is not whole 30 seconds after its first fragment is dropped. So is the oldest packet where
  there are too many of them, or too many bytes: first that of a source which has more than its
  share, so that one host cannot push out what others sent.

The whole packet stands behind the headers that came with its first fragment, with its length in
the IP header and without the fragment header, so that a filter can be asked about it. Header
checksums stay as they were.
"""

from sipcm.annotation import Final, final, i64
from sipcm.containers import OrderedDict
from sipcm.counters import Counter, Group
from sipcm.net.number import read_u16
from sipcm.net.packet import Datagram

MOST_PACKETS: Final = 4096
MOST_BYTES: Final = 16 << 20
MOST_PIECES: Final = 512
"""Pieces of one packet; a datagram of 64 kB at the smallest MTU in use, 576, has 119."""

SHARE: Final = 8
"""One source may fill the eighth part of what there is room for."""

PATIENCE: Final = 30_000_000_000
"""Nanoseconds for which the rest of a packet is waited for, as Linux does."""

LARGEST: Final = 65_535

# About what the objects take beside the bytes, so that small pieces are not free.
WEIGHT: Final = 600
PIECE_WEIGHT: Final = 150

FRAGMENT_HEADER: Final = 44


@final
class Piece:
    """Bytes *begin* to *end* of a packet; ``data`` is shorter where they were not captured."""

    __slots__ = ("begin", "data", "end")

    def __init__(self, begin: i64, end: i64, data: bytes) -> None:
        self.begin: i64 = begin
        self.end: i64 = end
        self.data: bytes = data


@final
class Incomplete:
    """A packet of which something is missing."""

    __slots__ = (
        "begun",
        "destination_at",
        "dropped",
        "end",
        "head",
        "key",
        "known",
        "layers",
        "pieces",
        "protocol",
        "source",
        "source_at",
        "weight",
    )

    def __init__(self, key: bytes, source: bytes, begun: i64) -> None:
        self.key: bytes = key
        self.source: bytes = source
        self.begun: i64 = begun
        self.pieces: list[Piece] = []
        self.known: i64 = 0  # bytes that came
        self.end: i64 = -1  # how many there are, once the last fragment has told
        self.dropped: bool = False
        self.weight: i64 = WEIGHT
        # Of the first fragment: its headers, where the addresses lie in them, and what follows.
        self.head: bytes = b""
        self.source_at: i64 = 0
        self.destination_at: i64 = 0
        self.layers: i64 = 0
        self.protocol: i64 = 0


@final
class Share:
    """What one source has in the table, the oldest first."""

    __slots__ = ("packets", "weight")

    def __init__(self) -> None:
        self.packets: dict[bytes, Incomplete] = {}
        self.weight: i64 = 0


@final
class Defragmenter:
    """Puts the fragments of packets together, of so many packets and bytes at once.

    ``filtered`` is for the caller to count.
    """

    __slots__ = (
        "_most_bytes",
        "_most_packets",
        "_packets",
        "_shares",
        "bad",
        "clashes",
        "evicted",
        "filtered",
        "group",
        "held",
        "repeated",
        "timeouts4",
        "timeouts6",
        "waiting",
    )

    def __init__(self, most_packets: i64 = MOST_PACKETS, most_bytes: i64 = MOST_BYTES) -> None:
        self._most_packets: i64 = most_packets
        self._most_bytes: i64 = most_bytes
        self._packets: OrderedDict[bytes, Incomplete] = OrderedDict()
        self._shares: dict[bytes, Share] = {}
        group = Group("defrag")
        counter = group.counter
        self.group: Group = group
        self.waiting: Counter = group.gauge("waiting", "packets of which fragments are missing")
        self.held: Counter = group.gauge("bytes", "bytes of memory that these take, about")
        self.timeouts4: Counter = counter("ip4_timeouts", "ipv4 packets that were never whole")
        self.timeouts6: Counter = counter("ip6_timeouts", "ipv6 packets that were never whole")
        self.repeated: Counter = counter("repeated", "fragments that brought nothing new")
        self.clashes: Counter = counter(
            "clashes", "packets dropped since fragments contradict each other"
        )
        self.bad: Counter = counter("bad", "fragments dropped for their length, place or packet")
        self.filtered: Counter = counter("filtered", "whole packets that the filter leaves out")
        self.evicted: Counter = counter("evicted", "packets dropped to make room for others")

    def take(self, datagram: Datagram, moment: i64) -> bool:
        """Take the fragment on which decoding ended, at *moment* of packet time.

        True: its packet is whole now, and *datagram* is that: the caller goes on to decode what
        ``protocol`` says.
        """
        self.expire(moment)
        buffer = datagram.buffer
        four = datagram.version == 4
        if four:
            header = datagram.source_at - 12
            fields = read_u16(buffer, header + 6)
            offset = (fields & 0x1FFF) * 8
            more = fields & 0x2000 != 0
            first: i64 = buffer[header]
            total = read_u16(buffer, header + 2)
            size = total - (first & 15) * 4
            number = buffer[header + 4 : header + 6] + buffer[header + 9 : header + 10]
        else:
            header = datagram.source_at - 8
            fields = read_u16(buffer, datagram.start - 6)
            offset = fields & 0xFFF8
            more = fields & 1 != 0
            total = read_u16(buffer, header + 4)
            size = header + 40 + total - datagram.start
            number = buffer[datagram.start - 4 : datagram.start]
        if total == 0:
            size = datagram.end - datagram.start
        source = datagram.source()
        key = source + datagram.destination() + number
        packet = self._packets.get(key)
        if packet is not None and packet.dropped:
            self.bad.value += 1
            return False
        if size <= 0 or offset + size > LARGEST or (more and size & 7):
            self.bad.value += 1
            return False
        if packet is None:
            packet = Incomplete(key, source, moment)
            self._packets[key] = packet
            share = self._shares.get(source)
            if share is None:
                share = Share()
                self._shares[source] = share
            share.packets[key] = packet
            share.weight += packet.weight
            self.held.value += packet.weight
            self.waiting.rise()
        end = offset + size
        captured = min(size, datagram.end - datagram.start)
        data = buffer[datagram.start : datagram.start + captured] if captured > 0 else b""
        if not self._fits(packet, end, more) or not self._insert(packet, offset, end, data):
            self.clashes.value += 1
            self._drop(packet)
            return False
        if offset == 0 and not packet.head:
            self._keep_head(packet, datagram)
        if packet.known == packet.end and packet.head:
            self._forget(packet)
            rebuild(packet, datagram)
            return True
        self._make_room(packet)
        return False

    def expire(self, moment: i64) -> None:
        """Drop what has waited for too long at *moment*."""
        while self._packets:
            packet = next(iter(self._packets.values()))
            if moment - packet.begun <= PATIENCE:
                return
            if not packet.dropped:
                (self.timeouts4 if len(packet.source) == 4 else self.timeouts6).value += 1
            self._forget(packet)

    def _fits(self, packet: Incomplete, end: i64, more: bool) -> bool:  # noqa: FBT001
        """Tell whether a fragment up to *end*, the last or not, agrees with those before."""
        pieces = packet.pieces
        farthest = pieces[-1].end if pieces else 0
        if more:
            return packet.end < 0 or end <= packet.end
        if farthest > end or (packet.end >= 0 and packet.end != end):
            return False
        packet.end = end
        return True

    def _insert(self, packet: Incomplete, begin: i64, end: i64, data: bytes) -> bool:
        """Put in what is new of the bytes *begin* to *end*; False where they contradict others."""
        pieces = packet.pieces
        at: i64 = len(pieces)
        while at > 0 and pieces[at - 1].end > begin:
            at -= 1
        new: i64 = 0
        here = begin
        while here < end:
            following = pieces[at] if at < len(pieces) else None
            stop = end if following is None else min(end, following.begin)
            if stop > here:
                part = data[here - begin : stop - begin] if here - begin < len(data) else b""
                pieces.insert(at, Piece(here, stop, part))
                at += 1
                new += stop - here
                self._weigh(packet, len(part) + PIECE_WEIGHT)
                here = stop
            elif following is not None:
                stop = min(end, following.end)
                one = cut(data, here - begin, stop - begin)
                other = cut(following.data, here - following.begin, stop - following.begin)
                common = min(len(one), len(other))
                if one[:common] != other[:common]:
                    return False
                here = stop
                at += 1
        packet.known += new
        if new == 0:
            self.repeated.value += 1
        return len(pieces) <= MOST_PIECES

    def _keep_head(self, packet: Incomplete, datagram: Datagram) -> None:
        """Keep what stands in front of the first fragment."""
        begin = datagram.frame
        packet.head = datagram.buffer[begin : datagram.start]
        packet.source_at = datagram.source_at - begin
        packet.destination_at = datagram.destination_at - begin
        packet.layers = datagram.layers
        packet.protocol = datagram.protocol
        self._weigh(packet, len(packet.head))

    def _make_room(self, grown: Incomplete) -> None:
        """Drop the oldest packets where there are too many, at last the one that has *grown*."""
        while True:
            share = self._shares[grown.source]
            if (
                share.weight * SHARE > self._most_bytes
                or len(share.packets) * SHARE > self._most_packets
            ):
                oldest = next(iter(share.packets.values()))
            elif self.held.value > self._most_bytes or len(self._packets) > self._most_packets:
                oldest = next(iter(self._packets.values()))
            else:
                break
            self.evicted.value += 1
            self._forget(oldest)
            if oldest is grown:
                break
        self.held.highest = max(self.held.highest, self.held.value)

    def _drop(self, packet: Incomplete) -> None:
        """Keep nothing of *packet* but that it is dropped."""
        packet.dropped = True
        packet.pieces = []
        packet.head = b""
        self._weigh(packet, WEIGHT - packet.weight)

    def _weigh(self, packet: Incomplete, more: i64) -> None:
        packet.weight += more
        self._shares[packet.source].weight += more
        self.held.value += more

    def _forget(self, packet: Incomplete) -> None:
        del self._packets[packet.key]
        share = self._shares[packet.source]
        del share.packets[packet.key]
        share.weight -= packet.weight
        if not share.packets:
            del self._shares[packet.source]
        self.held.value -= packet.weight
        self.waiting.fall()


def cut(data: bytes, begin: i64, end: i64) -> bytes:
    """Return the bytes from *begin* to *end*, as far as there are any."""
    return data[begin:end] if begin < len(data) else b""


def rebuild(packet: Incomplete, datagram: Datagram) -> None:
    """Fill *datagram* with the whole of *packet*, from its frame on."""
    parts: list[bytes] = []
    truncated = False
    for piece in packet.pieces:
        parts.append(piece.data)
        if len(piece.data) < piece.end - piece.begin:
            truncated = True
            break
    head = whole_header(packet)
    body = b"".join(parts)
    buffer = head + body
    datagram.buffer = buffer
    datagram.frame = 0
    datagram.source_at = packet.source_at
    datagram.destination_at = packet.destination_at
    datagram.protocol = packet.protocol
    datagram.start = len(head)
    datagram.end = len(buffer)
    datagram.layers = packet.layers
    datagram.truncated = truncated


def whole_header(packet: Incomplete) -> bytes:
    """Return the headers of the first fragment as those of the whole packet."""
    head = bytearray(packet.head)
    if len(packet.source) == 4:
        header = packet.source_at - 12
        length = len(head) - header + packet.end
        head[header + 6 : header + 8] = b"\0\0"
        head[header + 2 : header + 4] = length_field(length)
        return bytes(head)
    header = packet.source_at - 8
    # The number that announces the fragment header stands in the header before it.
    before = header + 6
    following: i64 = header + 40
    last: i64 = len(head) - 8
    while following < last:
        before = following
        units: i64 = head[following + 1]
        following += (units + 1) * 8
    del head[last:]
    head[before] = packet.protocol
    head[header + 4 : header + 6] = length_field(len(head) - header - 40 + packet.end)
    return bytes(head)


def length_field(length: i64) -> bytes:
    """Return a length in two bytes; 0, which means that it is not said, where it does not fit."""
    return int(length).to_bytes(2, "big") if length <= LARGEST else b"\0\0"
