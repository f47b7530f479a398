"""From blocks of bytes to packet records: the walk through a capture file.

A cursor stands on one record at a time and never copies it. Knows the layout of the records, but
not where the blocks come from, nor what is in a packet.
"""

from abc import abstractmethod
from struct import Struct

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED
from sipcm.net.number import read_u32
from sipcm.net.sieve import Sieve
from sipcm.words import FIRST_FOUR, read_word

# Why a cursor cannot go on; 0 as long as it can.
UNDAMAGED: Final = 0
CAPTURED_TOO_LONG: Final = 1

# More than this is never written (MAXIMUM_SNAPLEN of pcap(3)): the file is damaged there.
MAX_CAPTURED: Final = 262144

# In which order a record gives its two lengths: captured first, or the wire's.
LENGTHS_IN_ORDER: Final = 0
LENGTHS_SWAPPED: Final = 1
LENGTHS_PERHAPS_SWAPPED: Final = 2

BRIDGE: Final = 4096
"""Bytes of a block that are copied behind the rest of the one before, if they do for the record
that lies in both; if not, all are."""

FILE_HEADER: Final = 24
RECORD_HEADER: Final = 16
MODIFIED_RECORD_HEADER: Final = 24


class Cursor:
    """Where the walk stands; each file format is a subclass.

    ``buffer[start:end]``  the captured bytes of the record
    ``wire``       its length on the wire, in bytes
    ``timestamp``  when it was captured, in nanoseconds since 1970
    ``linktype``   its link type
    ``number``     of the record in the file, from 1; how many whole records there were so far
    ``offset``     in the file, of the header of the record, or of the one that is not whole yet
    ``damage``     why the walk cannot go on, 0 while it can; ``detail`` is the impossible number
    ``sieve``      which records it stands on; None for all. ``number`` counts the others too
    """

    __slots__ = (
        "_base",
        "_pending",
        "_position",
        "_rest",
        "_second",
        "_wanted",
        "buffer",
        "damage",
        "detail",
        "end",
        "linktype",
        "number",
        "offset",
        "sieve",
        "start",
        "timestamp",
        "wire",
    )

    def __init__(self, linktype: i64) -> None:
        self.buffer: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.wire: i64 = 0
        self.timestamp: i64 = 0
        self.linktype: i64 = linktype
        self.number: i64 = 0
        self.offset: i64 = 0
        self.damage: i64 = UNDAMAGED
        self.detail: i64 = 0
        self.sieve: Sieve | None = None
        self._base: i64 = 0  # where in the file the buffer begins
        self._position: i64 = 0  # where in the buffer the next record begins
        self._wanted: i64 = 0  # how many bytes from there on the next step takes
        self._pending: bytearray = bytearray()  # what follows the buffer, while that is too little
        self._rest: i64 = 0  # how much of the buffer comes before the block whose begin follows it,
        self._second: bytes = b""  # and that block; 0 where the buffer is all there is

    def feed(self, block: bytes) -> None:
        """Append *block*. Walk to the end of the one before first: what is unread is kept.

        Blocks that are too small to go on with are gathered, and so copied once however small they
        are. Nothing is kept once the file is damaged.
        """
        if self.damage != UNDAMAGED:
            return
        self._cross()
        kept: i64 = len(self.buffer) - self._position
        gathered: i64 = len(self._pending)
        if kept + gathered + len(block) < self._wanted:
            self._pending += block
            return
        rest: bytes = self.buffer[self._position :]
        if gathered > 0:
            rest += bytes(self._pending)
            self._pending = bytearray()
        self._base += self._position
        self._position = 0
        self.start = 0
        self.end = 0
        if not rest:
            self.buffer = block
        elif len(block) > BRIDGE:
            self._rest = len(rest)
            self._second = block
            self.buffer = rest + block[:BRIDGE]
        else:
            self.buffer = rest + block

    def next(self) -> bool:
        """Go to the next whole record that the sieve lets through, if there is one.

        Return False if the block is used up or ``damage`` is set.
        """
        sieve = self.sieve
        while True:
            if not self.step():
                if self._rest == 0 or self.damage != UNDAMAGED:
                    return False
                self._cross()
            elif sieve is None or sieve.admits(
                self.buffer, self.start, self.end, self.wire, self.linktype
            ):
                return True

    def _cross(self) -> None:
        """Go over to the block whose begin was behind the rest of the one before."""
        rest = self._rest
        if rest == 0:
            return
        if self._position >= rest:
            self._base += rest
            self._position -= rest
            self.buffer = self._second
        else:
            self.buffer = self.buffer[:rest] + self._second
        self._rest = 0
        self._second = b""
        self.start = 0
        self.end = 0

    def held(self) -> i64:
        """Return how many bytes there are from the begin of the buffer on."""
        held: i64 = len(self._pending)
        if self._rest:
            return held + self._rest + len(self._second)
        return held + len(self.buffer)

    @abstractmethod  # for mypy: without a metaclass nothing comes of it when it runs
    def step(self) -> bool:
        """Go to the next whole record; False if the block is used up or ``damage`` is set."""

    def unread(self) -> i64:
        """Return how many bytes lie behind the last whole record, as at the end of a cut file."""
        return self.held() - self._position


@final
class RecordCursor(Cursor):
    """Walks the records of a classic pcap file; is fed with what follows the file header."""

    __slots__ = ("_big", "_header", "_layout", "_lengths", "_unit")

    def __init__(
        self, linktype: i64, *, big: bool, nanoseconds: bool, modified: bool, lengths: i64
    ) -> None:
        super().__init__(linktype)
        self.offset = FILE_HEADER
        self._big: bool = big
        self._layout: Struct = Struct(">4I" if big else "<4I")
        self._unit: i64 = 1 if nanoseconds else 1000
        self._header: i64 = MODIFIED_RECORD_HEADER if modified else RECORD_HEADER
        self._lengths: i64 = lengths
        self._base = FILE_HEADER

    def step(self) -> bool:
        """Go to the next whole record; False if the block is used up or ``damage`` is set."""
        buffer = self.buffer
        at = self._position
        available: i64 = len(buffer)
        start = at + self._header
        self.offset = self._base + at
        if start > available:
            self._wanted = self._header
            return False
        if COMPILED:
            if self._big:
                seconds = read_u32(buffer, at)
                fraction = read_u32(buffer, at + 4)
                captured = read_u32(buffer, at + 8)
                wire = read_u32(buffer, at + 12)
            else:
                word = read_word(buffer, at)
                seconds, fraction = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
                word = read_word(buffer, at + 8)
                captured, wire = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
        else:
            seconds, fraction, captured, wire = self._layout.unpack_from(buffer, at)
        if self._lengths != LENGTHS_IN_ORDER and (
            self._lengths == LENGTHS_SWAPPED or captured > wire
        ):
            captured, wire = wire, captured
        if captured > MAX_CAPTURED:
            self.damage = CAPTURED_TOO_LONG
            self.detail = captured
            return False
        end = start + captured
        if end > available:
            self._wanted = end - at
            return False
        # A fraction of a second or more is simply added, as other readers do.
        self.timestamp = seconds * 1_000_000_000 + fraction * self._unit
        self.wire = wire
        self.start = start
        self.end = end
        self.number += 1
        self._position = end
        return True
