"""From blocks of bytes to packet records: the walk through a pcapng file.

Knows the layout of the blocks that hold packets (draft-ietf-opsawg-pcapng 4), and skips all others
without keeping them, however long they are. A block of bytes that is fed has nothing to do with a
block of the file.

A block that ends with the length with which it began can be trusted to be followed by another one:
where only its inside is wrong it is skipped and noted. Where the lengths are wrong the walk ends.
"""

from struct import Struct

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED
from sipcm.net.interface import Interface, read_interface
from sipcm.net.number import read_u32, read_u32_as
from sipcm.net.records import CAPTURED_TOO_LONG, MAX_CAPTURED, UNDAMAGED, Cursor
from sipcm.words import FIRST_FOUR, read_word

# Types of blocks.
INTERFACE_DESCRIPTION: Final = 1
PACKET: Final = 2  # obsolete
SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6
SECTION_HEADER: Final = 0x0A0D0D0A  # the same in both byte orders

LITTLE_ENDIAN: Final = b"\x4d\x3c\x2b\x1a"
BIG_ENDIAN: Final = b"\x1a\x2b\x3c\x4d"
VERSION: Final = 1

# Lengths: type and length in front of every block, the length again at its end.
HEADER: Final = 8
TRAILER: Final = 4
SHORTEST: Final = HEADER + TRAILER
SHORTEST_SECTION: Final = 28
PACKET_HEADER: Final = 28  # interface, two halves of the time, captured, wire
SIMPLE_HEADER: Final = 12  # wire

# A block that is read must not be longer: the longest packet, and as much for its options.
MAX_BLOCK: Final = 2 * MAX_CAPTURED

# Interfaces of a section that are kept. Packets of later ones are skipped.
MOST_INTERFACES: Final = 16384

# Why the walk ends (next to CAPTURED_TOO_LONG, which in these files is only a fault).
BAD_LENGTH: Final = 2
LENGTHS_DIFFER: Final = 3
NO_BYTE_ORDER: Final = 4
UNKNOWN_VERSION: Final = 5

# Why a block of a packet is skipped.
TOO_SHORT: Final = 6
TOO_LONG: Final = 7
BEYOND_BLOCK: Final = 8
UNKNOWN_INTERFACE: Final = 9

ONE: Final = (Struct("<I"), Struct(">I"))
TWO: Final = (Struct("<2I"), Struct(">2I"))
FIVE: Final = (Struct("<5I"), Struct(">5I"))


def is_pcapng(data: bytes) -> bool:
    """Tell whether *data* begins as a pcapng file does."""
    return data[:4] == b"\x0a\x0d\x0d\x0a" and data[8:12] in (LITTLE_ENDIAN, BIG_ENDIAN)


@final
class Fault:
    """What is wrong with a block that was skipped: the reason, the impossible number and where."""

    __slots__ = ("detail", "offset", "reason")

    def __init__(self, reason: i64, detail: i64, offset: i64) -> None:
        self.reason: i64 = reason
        self.detail: i64 = detail
        self.offset: i64 = offset


@final
class BlockCursor(Cursor):
    """Walks the packets of a pcapng file; is fed with all of it.

    A simple packet has no time: it gets that of the packet before it, the first one 0.

    ``offset``   that of the block of the packet
    ``skipped``  how many blocks of packets were skipped because something is wrong inside of them;
                 ``fault`` tells of the first one
    """

    __slots__ = (
        "_big",
        "_five",
        "_interfaces",
        "_kind",
        "_left",
        "_one",
        "_passing",
        "_total",
        "_two",
        "fault",
        "skipped",
    )

    def __init__(self) -> None:
        super().__init__(0)
        self.skipped: i64 = 0
        self.fault: Fault | None = None
        self._interfaces: list[Interface | None] = []
        self._kind: i64 = 0  # type and length of the block at hand
        self._total: i64 = 0
        self._passing: bool = False  # whether it is one that is skipped,
        self._left: i64 = 0  # and how much is left of it, up to the length at its end
        self._big: bool = False
        self._one: Struct = ONE[0]
        self._two: Struct = TWO[0]
        self._five: Struct = FIVE[0]

    def step(self) -> bool:
        """Go to the next whole packet; False if the block is used up or ``damage`` is set."""
        while self._find():
            if self._kind == SIMPLE_PACKET:
                if self._read_simple():
                    return True
            elif self._kind == INTERFACE_DESCRIPTION:
                self._describe()
            elif self._read_packet():
                return True
        return False

    def unread(self) -> i64:
        """Return how many bytes lie behind the last whole block."""
        if self._passing:
            return self._base + self.held() - self.offset
        return self.held() - self._position

    def _find(self) -> bool:
        """Go to the end of the next whole block of those that are read, skipping the others."""
        while self.damage == UNDAMAGED:
            if self._passing and not self._pass():
                return False
            buffer = self.buffer
            at = self._position
            available: i64 = len(buffer) - at
            self.offset = self._base + at
            if available < SHORTEST:
                self._wanted = SHORTEST
                return False
            if COMPILED:
                if self._big:
                    kind, total = read_u32(buffer, at), read_u32(buffer, at + 4)
                else:
                    word = read_word(buffer, at)
                    kind, total = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
            else:
                kind, total = self._two.unpack_from(buffer, at)
            if kind == SECTION_HEADER:
                if available < SHORTEST_SECTION:
                    self._wanted = SHORTEST_SECTION
                    return False
                if not self._begin_section(at):
                    return False
                total = read_u32_as(buffer, at + 4, big=self._big)
            if total < SHORTEST or total & 3 != 0:
                self._break_off(BAD_LENGTH, total)
                return False
            self._kind = kind
            self._total = total
            if kind != ENHANCED_PACKET and not INTERFACE_DESCRIPTION <= kind <= SIMPLE_PACKET:
                self._skip()
            elif total > MAX_BLOCK:
                self._skip_too_long()
            elif total > available:
                self._wanted = total
                return False
            else:
                self._position = at + total
                return self._is_closed()
        return False

    def _skip(self) -> None:
        self._passing = True
        self._left = self._total - TRAILER

    def _skip_too_long(self) -> None:
        if self._kind == INTERFACE_DESCRIPTION:
            self._add(None)
        else:
            self._refuse(TOO_LONG, self._total)
        self._skip()

    def _pass(self) -> bool:
        """Pass over the block that is skipped; False when it goes on in the next block of bytes."""
        available: i64 = len(self.buffer) - self._position
        step = min(self._left, available)
        self._position += step
        self._left -= step
        self._wanted = 0
        if self._left > 0 or available - step < TRAILER:
            return False
        self._position += TRAILER
        self._passing = False
        return self._is_closed()

    def _is_closed(self) -> bool:
        """Tell whether the block before ``_position`` ends as it began; it is damage if not."""
        at = self._position - TRAILER
        if COMPILED:
            closing = read_u32_as(self.buffer, at, big=self._big)
        else:
            (closing,) = self._one.unpack_from(self.buffer, at)
        if closing == self._total:
            return True
        self._break_off(LENGTHS_DIFFER, closing)
        return False

    def _begin_section(self, at: i64) -> bool:
        """Take in the byte order of the section; False, and damage, if it cannot be read."""
        buffer = self.buffer
        magic = buffer[at + 8 : at + 12]
        big = magic == BIG_ENDIAN
        if not big and magic != LITTLE_ENDIAN:
            self._break_off(NO_BYTE_ORDER, read_u32_as(buffer, at + 8, big=True))
            return False
        versions = read_u32_as(buffer, at + 12, big=big)
        version = versions >> 16 if big else versions & 0xFFFF
        if version != VERSION:
            self._break_off(UNKNOWN_VERSION, version)
            return False
        order = 1 if big else 0
        self._one, self._two, self._five = ONE[order], TWO[order], FIVE[order]
        self._big = big
        self._interfaces = []
        return True

    def _describe(self) -> None:
        end = self._position
        start = end - self._total + HEADER
        self._add(read_interface(self.buffer, start, end - TRAILER, big=self._big))

    def _add(self, interface: Interface | None) -> None:
        if len(self._interfaces) < MOST_INTERFACES:
            self._interfaces.append(interface)

    def _interface(self, number: i64) -> Interface | None:
        interfaces = self._interfaces
        return interfaces[number] if number < len(interfaces) else None

    def _read_packet(self) -> bool:
        """Stand on the enhanced or obsolete packet that ends at ``_position``; False if faulty."""
        buffer = self.buffer
        total = self._total
        at = self._position - total
        if total < PACKET_HEADER + TRAILER:
            return self._refuse(TOO_SHORT, total)
        if COMPILED:
            if self._big:
                number = read_u32(buffer, at + 8)
                high = read_u32(buffer, at + 12)
                low = read_u32(buffer, at + 16)
                captured = read_u32(buffer, at + 20)
                wire = read_u32(buffer, at + 24)
            else:
                word = read_word(buffer, at + 8)
                number, high = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
                word = read_word(buffer, at + 16)
                low, captured = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
                wire = read_word(buffer, at + 24) & FIRST_FOUR
        else:
            number, high, low, captured, wire = self._five.unpack_from(buffer, at + HEADER)
        if self._kind == PACKET:  # the lower half counts dropped packets
            number = number >> 16 if self._big else number & 0xFFFF
        if captured > total - PACKET_HEADER - TRAILER:
            return self._refuse(BEYOND_BLOCK, captured)
        if number >= len(self._interfaces):
            return self._refuse(UNKNOWN_INTERFACE, number)
        interface = self._interfaces[number]
        if interface is None:
            return self._refuse(UNKNOWN_INTERFACE, number)
        self.timestamp = interface.nanoseconds(high, low)
        return self._take(interface, at + PACKET_HEADER, captured, wire)

    def _read_simple(self) -> bool:
        """Stand on the simple packet that ends at ``_position``; False if it is faulty."""
        total = self._total
        at = self._position - total
        if total < SIMPLE_HEADER + TRAILER:
            return self._refuse(TOO_SHORT, total)
        interface = self._interface(0)
        if interface is None:
            return self._refuse(UNKNOWN_INTERFACE, 0)
        wire = read_u32_as(self.buffer, at + HEADER, big=self._big)
        captured = min(wire, interface.snaplen) if interface.snaplen else wire
        if captured > total - SIMPLE_HEADER - TRAILER:
            return self._refuse(BEYOND_BLOCK, captured)
        return self._take(interface, at + SIMPLE_HEADER, captured, wire)

    def _take(self, interface: Interface, start: i64, captured: i64, wire: i64) -> bool:
        if captured > MAX_CAPTURED:
            return self._refuse(CAPTURED_TOO_LONG, captured)
        self.start = start
        self.end = start + captured
        self.wire = wire
        self.linktype = interface.linktype
        self.number += 1
        return True

    def _refuse(self, reason: i64, detail: i64) -> bool:
        """Note that a block of a packet is skipped; return False."""
        self.skipped += 1
        if self.fault is None:
            self.fault = Fault(reason, detail, self.offset)
        return False

    def _break_off(self, damage: i64, detail: i64) -> None:
        self.damage = damage
        self.detail = detail
