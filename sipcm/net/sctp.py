"""Take the user messages out of packets of SCTP (RFC 9260 3.3.1, RFC 8260 2.1), put together.

A packet goes in, and the messages come out that it holds or completes::

    if sctp.take(datagram):
        while sctp.next():
            ...  # sctp.buffer, .start, .end, .source_at

A chunk that has come before is left out: a retransmission of SCTP is none of what it carries. What
is kept is bounded: of associations, of their last numbers, and of the parts of messages, where what
has lain for longest makes room.
"""

from sipcm.annotation import Final, final, i64
from sipcm.containers import OrderedDict
from sipcm.net.number import read_u16, read_u32
from sipcm.net.packet import Datagram
from sipcm.net.sctpcounters import SctpCounters

HEADER: Final = 12
DATA: Final = 0
I_DATA: Final = 64
DATA_HEADER: Final = 16
I_DATA_HEADER: Final = 20
NUMBERS: Final = 0xFFFFFFFF

# Flags of DATA chunks: the message ends, and begins, in this one; it may overtake others.
ENDS: Final = 1
BEGINS: Final = 2
UNORDERED: Final = 4

MOST_ASSOCIATIONS: Final = 4096
MOST_RECENT: Final = 4096
"""How far behind the newest transmission sequence number of a direction others are remembered."""
MOST_PARTS: Final = 128
"""Parts of messages that are kept of one direction."""
MOST_HELD: Final = 1 << 24
"""Bytes of memory that the parts of all take, about."""
PART_WEIGHT: Final = 256
"""Bytes that a part takes beside its own."""

_RECENT: Final = (1 << MOST_RECENT) - 1


@final
class Association:
    """One direction of an association: which numbers came last, and parts of messages.

    ``seen`` has a bit for each number that came: the lowest for the ``newest``, then those before.
    ``parts`` are flags and bytes by number. Those of I-DATA are numbered in their message alone, of
    which :func:`interleaved_message` is what comes before that.
    """

    __slots__ = ("held", "newest", "parts", "seen")

    def __init__(self) -> None:
        self.newest: i64 = -1
        self.seen: int = 0
        self.parts: dict[int, tuple[int, bytes]] = {}
        self.held: i64 = 0

    def repeats(self, number: i64) -> bool:
        """Tell whether the chunk of that number has come, and remember that it has.

        Numbers go on from one that is far from all before.
        """
        ahead = (number - self.newest) & NUMBERS
        behind = (self.newest - number) & NUMBERS
        if self.newest < 0 or (ahead >= MOST_RECENT and behind >= MOST_RECENT):
            self.newest = number
            self.seen = 1
            return False
        if behind < MOST_RECENT:
            bit = 1 << int(behind)
            repeated = self.seen & bit != 0
            self.seen |= bit
            return repeated
        self.newest = number
        self.seen = (self.seen << int(ahead) | 1) & _RECENT
        return False


@final
class Sctp:
    """All associations that are known, by addresses, ports and verification tag.

    ``key``        addresses and ports of the packet, the sender's first
    ``cut``        not all of the message was captured
    ``source_at``  where in ``buffer`` both addresses lie
    ``held``       bytes that parts of messages take, about
    """

    __slots__ = (
        "_association",
        "_at",
        "_block",
        "_holders",
        "_source_at",
        "_stop",
        "_tag",
        "_truncated",
        "associations",
        "buffer",
        "counters",
        "cut",
        "end",
        "held",
        "key",
        "source_at",
        "start",
    )

    def __init__(self) -> None:
        self.counters: SctpCounters = SctpCounters()
        self.associations: OrderedDict[bytes, Association] = OrderedDict()
        self.held: i64 = 0
        self.buffer: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.source_at: i64 = 0
        self.key: bytes = b""
        self.cut: bool = False
        self._holders: OrderedDict[Association, None] = OrderedDict()  # by their last part
        self._block: bytes = b""
        self._truncated: bool = False
        self._source_at: i64 = 0
        self._tag: bytes = b""
        self._association: Association | None = None
        self._at: i64 = 0
        self._stop: i64 = 0

    def take(self, datagram: Datagram) -> bool:
        """Take a packet; False when it has no whole header."""
        at = datagram.start
        if datagram.end - at < HEADER:
            self.counters.bad_chunks.value += 1
            return False
        buffer = datagram.buffer
        self.key = datagram.source() + datagram.destination() + buffer[at : at + 4]
        self._truncated = datagram.truncated
        self._block = buffer
        self._source_at = datagram.source_at
        self._tag = buffer[at + 4 : at + 8]
        self._at = at + HEADER
        self._stop = datagram.end
        self._association = None
        return True

    def next(self) -> bool:
        """Find the next message that the packet holds or completes."""
        buffer = self._block
        counters = self.counters
        while self._at + 4 <= self._stop:
            at = self._at
            kind: i64 = buffer[at]
            flags: i64 = buffer[at + 1]
            size = read_u16(buffer, at + 2)
            end = at + size
            header: i64 = I_DATA_HEADER if kind == I_DATA else DATA_HEADER
            is_data = kind in (DATA, I_DATA)
            whole = end <= self._stop
            if size < (header if is_data else 4) or (not whole and not self._truncated):
                counters.bad_chunks.value += 1
                break
            self._at = at + ((size + 3) & ~3)
            if not is_data or at + header > self._stop:
                continue
            counters.chunks.value += 1
            number = read_u32(buffer, at + 4)
            association = self._find()
            if association.repeats(number):
                counters.repeated.value += 1
                continue
            if flags & (BEGINS | ENDS) == BEGINS | ENDS:
                self.buffer = buffer
                self.start = at + header
                self.end = min(end, self._stop)
                self.cut = not whole
                self.source_at = self._source_at
                counters.messages.value += 1
                return True
            message = 0
            if kind == I_DATA:
                message = interleaved_message(buffer, at)
                number = 0 if flags & BEGINS else read_u32(buffer, at + 16)
            if whole and self._put_together(association, message, number, at, end):
                return True
        self._at = self._stop
        return False

    def _find(self) -> Association:
        """Return the association of the packet at hand, which may be new."""
        association = self._association
        if association is not None:
            return association
        key = self.key + self._tag
        association = self.associations.get(key)
        if association is None:
            association = Association()
            self.associations[key] = association
            if len(self.associations) > MOST_ASSOCIATIONS:
                self._clear(self.associations.popitem(last=False)[1])
                self.counters.evicted.value += 1
        else:
            self.associations.move_to_end(key)
        self._association = association
        return association

    def _put_together(
        self, association: Association, message: int, number: i64, at: i64, end: i64
    ) -> bool:
        """Keep the part *number* of *message*, the chunk at *at*; True when that makes it whole."""
        buffer = self._block
        flags: i64 = buffer[at + 1]
        start = at + (DATA_HEADER if message == 0 else I_DATA_HEADER)
        counters = self.counters
        counters.fragments.value += 1
        parts = association.parts
        if message | int(number) in parts:
            counters.repeated.value += 1
            return False
        if len(parts) >= MOST_PARTS:
            self._drop(association)
        parts[message | int(number)] = (flags, buffer[start:end] if end > start else b"")
        association.held += end - start + PART_WEIGHT
        self.held += end - start + PART_WEIGHT
        self._holders[association] = None
        self._holders.move_to_end(association)
        while self.held > MOST_HELD:
            self._drop(next(iter(self._holders)))
        first = number
        while parts[message | int(first)][0] & BEGINS == 0:
            first = (first - 1) & NUMBERS
            if message | int(first) not in parts:
                return False
        last = number
        while parts[message | int(last)][0] & ENDS == 0:
            last = (last + 1) & NUMBERS
            if message | int(last) not in parts:
                return False
        pieces = [self.key[:-4]]
        weight: i64 = 0
        while True:
            piece = parts.pop(message | int(first))[1]
            weight += len(piece) + PART_WEIGHT
            pieces.append(piece)
            if first == last:
                break
            first = (first + 1) & NUMBERS
        association.held -= weight
        self.held -= weight
        if not parts:
            self._clear(association)
        self.buffer = b"".join(pieces)
        self.source_at = 0
        self.start = len(pieces[0])
        self.end = len(self.buffer)
        self.cut = False
        counters.messages.value += 1
        return True

    def _drop(self, association: Association) -> None:
        """Let the parts of *association* go, for which there is no room."""
        self.counters.dropped.value += len(association.parts)
        self._clear(association)

    def _clear(self, association: Association) -> None:
        self.held -= association.held
        association.held = 0
        association.parts.clear()
        self._holders.pop(association, None)


def interleaved_message(buffer: bytes, at: i64) -> int:
    """Return what tells the message apart of which the chunk of I-DATA at *at* holds a part.

    Stream, and number in that, of messages in order or of others (RFC 8260 2.1); shifted, so that
    the number of a part fits below.
    """
    flags: i64 = buffer[at + 1]
    kind = 2 if flags & UNORDERED else 1
    stream = kind << 16 | int(read_u16(buffer, at + 8))
    return (stream << 32 | int(read_u32(buffer, at + 12))) << 32
