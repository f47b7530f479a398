"""From packet records to the blocks of a pcapng file: keeps what is walked, to be written.

Enhanced packet blocks in the byte order of the machine, with times in nanoseconds
(draft-ietf-opsawg-pcapng 4.3); who writes the file describes the interfaces.
"""

from struct import Struct

from sipcm.annotation import Final, final, i64
from sipcm.net.capture.ring import LiveCursor

ENHANCED_PACKET: Final = 6
AROUND: Final = 32
"""Bytes of a block beside the packet."""

HEADER: Final = Struct("=7I")
TRAILER: Final = Struct("=I")
PADDING: Final = (b"", b"\0\0\0", b"\0\0", b"\0")
"""By the length of the packet, modulo 4."""


@final
class RecordingCursor(LiveCursor):
    """Walks what *inner* walks and keeps a copy.

    ``size``     bytes of the blocks that are kept
    ``packets``  how many these are
    """

    __slots__ = ("_blocks", "inner", "packets", "size")

    def __init__(self, inner: LiveCursor) -> None:
        super().__init__(0)
        self.inner: LiveCursor = inner
        self.size: i64 = 0
        self.packets: i64 = 0
        self._blocks: list[bytes] = []

    def step(self) -> bool:
        """Go to the next packet of the inner walk."""
        inner = self.inner
        if not inner.next():
            return False
        buffer = inner.buffer
        start = inner.start
        end = inner.end
        timestamp = inner.timestamp
        wire = inner.wire
        self.buffer = buffer
        self.start = start
        self.end = end
        self.wire = wire
        self.timestamp = timestamp
        self.linktype = inner.linktype
        self.place = inner.place
        self.number = inner.number
        captured = end - start
        total = AROUND + ((captured + 3) & ~3)
        self._blocks.append(
            HEADER.pack(
                ENHANCED_PACKET,
                total,
                self.place,
                timestamp >> 32,
                timestamp & 0xFFFFFFFF,
                captured,
                wire,
            )
        )
        if captured > 0:
            self._blocks.append(buffer[start:end])
        self._blocks.append(PADDING[captured & 3] + TRAILER.pack(total))
        self.size += total
        self.packets += 1
        return True

    def taken(self) -> bytes:
        """Return the blocks that are kept, and keep them no longer."""
        blocks = b"".join(self._blocks)
        self._blocks = []
        self.size = 0
        self.packets = 0
        return blocks
