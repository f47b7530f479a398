"""From blocks of a kernel's ring to packet records: the walk through TPACKET_V3.

The layout is that of packet(7) and of the kernel's Documentation/networking/packet_mmap.rst, in the
byte order of the machine. A block comes here as a copy, so that the kernel has it back at once.

A record shows a packet as a capture file would: the VLAN tag that Linux has taken off is put back,
and what has no link header that could be kept gets the one of Linux cooked capture v2. A packet
that leaves by a loopback interface also comes in there, and is shown once.
"""

import sys
from struct import Struct

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED
from sipcm.net.number import read_u16_as, read_u32_as
from sipcm.net.records import Cursor
from sipcm.words import FIRST_FOUR, FIRST_TWO, read_word

BIG: Final = sys.byteorder == "big"

# Of a block: where it says whose it is, how many packets it has and where the first one is.
BLOCK_STATUS: Final = 8
BLOCK_PACKETS: Final = 12
BLOCK_FIRST: Final = 16
BLOCK_LENGTH: Final = 20
BLOCK_HEADER: Final = 48

STATUS_USER: Final = 1
"""The block is ours until this is cleared."""

# Of a packet: struct tpacket3_hdr, then struct sockaddr_ll.
RECORD: Final = Struct("=6I2H4xIH10x")
"""Next, seconds, nanoseconds, captured, wire, status, where the frame begins and its IP, tag."""
ADDRESS: Final = Struct("=2x2siH2B8s")
"""Protocol, interface, its type (ARPHRD), which way, length of the address, the address."""
RECORD_HEADER: Final = 68

STATUS_VLAN_VALID: Final = 0x10
STATUS_VLAN_TPID_VALID: Final = 0x40
TPID: Final = 0x8100
TAG: Final = Struct(">HH")
SHORT: Final = Struct(">H")
TAG_LENGTH: Final = 4
TAG_AT: Final = 12
"""In an Ethernet frame: behind the two addresses."""

OUTGOING: Final = 4
LOOPBACK: Final = 772
"""Type of the interface ``lo``."""

ETHERNET: Final = 1
LINUX_SLL2: Final = 276
COOKED: Final = Struct(">2s2xIHBB8s")
"""The header of LINKTYPE_LINUX_SLL2."""


class LiveCursor(Cursor):
    """A walk through packets as they come.

    ``place``  the number of the interface by which the packet came, as files that are written have
               it
    """

    __slots__ = ("place",)

    def __init__(self, linktype: i64) -> None:
        super().__init__(linktype)
        self.place: i64 = 0


@final
class RingCursor(LiveCursor):
    """Walks the packets of one block after the other; *linktype* is what they begin with.

    LINUX_SLL2 stands for packets that begin with what the link carries, as those of a cooked socket
    do: each gets its header here.

    ``skipped``  how many packets of a loopback were left out, since they come twice
    """

    __slots__ = ("_block", "_left", "skipped")

    def __init__(self, linktype: i64) -> None:
        super().__init__(linktype)
        self._block: bytes = b""
        self._left: i64 = 0
        self.skipped: i64 = 0

    def feed(self, block: bytes) -> None:
        """Go on with *block*; the one before must have been walked to its end."""
        self._block = block
        self._left = 0
        if len(block) >= BLOCK_HEADER:
            self._left = read_u32_as(block, BLOCK_PACKETS, big=BIG)
            self._position = read_u32_as(block, BLOCK_FIRST, big=BIG)

    def step(self) -> bool:
        """Go to the next packet; False if the block is used up."""
        block = self._block
        length: i64 = len(block)
        while self._left > 0:
            at = self._position
            if at + RECORD_HEADER > length:
                self._left = 0
                break
            if COMPILED and not BIG:
                word = read_word(block, at)
                next_at, seconds = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
                word = read_word(block, at + 8)
                nanoseconds, captured = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
                word = read_word(block, at + 16)
                wire, status = word & FIRST_FOUR, word >> 32 & FIRST_FOUR
                mac = read_word(block, at + 24) & FIRST_TWO
                word = read_word(block, at + 32)
                tag, tpid = word & FIRST_FOUR, word >> 32 & FIRST_TWO
            else:
                next_at, seconds, nanoseconds, captured, wire, status, mac, _, tag, tpid = (
                    RECORD.unpack_from(block, at)
                )
            self._left -= 1
            if next_at == 0:
                self._left = 0
            self._position = at + next_at
            if block[at + 58] == OUTGOING and read_u16_as(block, at + 56, big=BIG) == LOOPBACK:
                self.skipped += 1
                continue
            self.timestamp = seconds * 1_000_000_000 + nanoseconds
            self.wire = wire
            self.number += 1
            start = at + mac
            end = min(start + captured, length)
            if self.linktype == LINUX_SLL2:
                self._cook(at, start, end, status, tag, tpid)
            elif status & STATUS_VLAN_VALID and self.linktype == ETHERNET:
                self._tag(start, end, status, tag, tpid)
            else:
                self.buffer = block
                self.start = start
                self.end = end
            return True
        return False

    def unread(self) -> i64:
        """Return how many packets of the block were not walked yet."""
        return self._left

    def _tag(self, start: i64, end: i64, status: i64, tag: i64, tpid: i64) -> None:
        """Put the VLAN tag back between the addresses and the type."""
        block = self._block
        at = min(start + TAG_AT, end)
        shown = TAG.pack(tpid if status & STATUS_VLAN_TPID_VALID else TPID, tag & 0xFFFF)
        self.buffer = b"".join((_cut(block, start, at), shown, _cut(block, at, end)))
        self.start = 0
        self.end = len(self.buffer)
        self.wire += TAG_LENGTH

    def _cook(self, at: i64, start: i64, end: i64, status: i64, tag: i64, tpid: i64) -> None:
        """Put a header of cooked capture in front, and a VLAN tag behind it if there was one."""
        block = self._block
        protocol, interface, kind, direction, length, address = ADDRESS.unpack_from(block, at + 48)
        shown = b""
        if status & STATUS_VLAN_VALID:
            shown = SHORT.pack(tag & 0xFFFF) + protocol
            protocol = SHORT.pack(tpid if status & STATUS_VLAN_TPID_VALID else TPID)
        header = COOKED.pack(protocol, interface, kind, direction, length, address)
        self.buffer = b"".join((header, shown, _cut(block, start, end)))
        self.start = 0
        self.end = len(self.buffer)
        self.wire += len(header) + len(shown)


def _cut(buffer: bytes, start: i64, end: i64) -> bytes:
    return buffer[start:end] if end > start else b""
