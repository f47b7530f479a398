"""Compressed files: from the bytes of gzip or zstd to those that were compressed.

Such a file is a series of parts (members of gzip, frames of zstd), each compressed on its own. What
comes before damage is given out first, of gzip all of it. Whatever a file expands to, a few blocks
of it are in memory, and the window of 128 MB that zstd may ask for. Knows nothing of captures.
"""

import sys
from abc import ABC, abstractmethod

from sipcm.annotation import Final
from sipcm.net.inputfile import InputFile

# Where damage costs all that a call has made, a call may only make a small part of what was made
# already.
SHORTEST_STEP: Final = 64
LONGEST_STEP: Final = 1 << 14
STEP_SHIFT: Final = 8

# So many pieces in a row that give nothing end a call, so that others have their turn.
MOST_FRUITLESS: Final = 64

# So many parts in a row without content are an attack: each costs time and gives nothing.
MOST_EMPTY: Final = 1000

GZIP_MAGIC: Final = b"\x1f\x8b\x08"
GZIP_BITS: Final = 31  # with header and check sum; a window of 32 kB
GZIP_PIECE: Final = 1 << 18  # long, since for each a copy of the window is taken

ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
SKIPPABLE_MAGIC: Final = b"\x2a\x4d\x18"  # behind a byte 0x50 to 0x5f
ZSTD_BITS: Final = 27  # the largest window that zstd(1) accepts without being asked
ZSTD_PIECE: Final = 1 << 14

LONGEST_MAGIC: Final = 4


class DamagedPartError(Exception):
    """A part that cannot be decompressed any further."""


class Part(ABC):
    """Decompresses one member or frame.

    ``piece``        how much of the file it takes at once
    ``saves``        whether what comes before damage is given out, however much is asked for
    ``ended``        whether it is at its end; ``rest`` is what came behind it
    ``needs_input``  whether nothing more can be had without more data
    ``unread``       how many bytes of the data lie behind damage
    """

    piece: int
    saves: bool

    def __init__(self) -> None:
        self.ended = False
        self.rest = b""
        self.needs_input = True
        self.unread = 0

    @abstractmethod
    def decompress(self, data: bytes, most: int) -> bytes:
        """Take *data* in and return up to *most* bytes; raise DamagedPartError."""


class GzipMember(Part):
    """A member of a gzip file (RFC 1952).

    A call that meets damage gives nothing of what it made before, so this goes back to where the
    present data began, and from there to the damage in ever smaller steps.
    """

    piece = GZIP_PIECE
    saves = True

    def __init__(self) -> None:
        import zlib  # noqa: PLC0415  most captures are not compressed

        super().__init__()
        self._error = zlib.error
        self._member = zlib.decompressobj(GZIP_BITS)
        self._before = self._member  # as it was before the data that was taken in last
        self._data = b""
        self._made = 0  # of that data
        self._damage: Exception | None = None

    def decompress(self, data: bytes, most: int) -> bytes:
        """Take *data* in and return up to *most* bytes; raise DamagedPartError."""
        if self._damage is not None:
            raise DamagedPartError(str(self._damage).rpartition(": ")[2]) from self._damage
        member = self._member
        if data:
            self._before, self._made = member.copy(), 0
            self._data = data = member.unconsumed_tail + data
        try:
            made = member.decompress(data or member.unconsumed_tail, most)
        except self._error as error:
            self._damage = error
            self.needs_input = False
            return self._saved(most)
        self._made += len(made)
        self.ended = member.eof
        self.rest = member.unused_data
        self.needs_input = len(made) < most and not member.unconsumed_tail
        return made

    def _saved(self, most: int) -> bytes:
        """Return what can be made before the damage, which is less than *most* bytes."""
        member, data = self._before, self._data
        left = self._made
        while left and (made := member.decompress(data, min(left, GZIP_PIECE))):
            left -= len(made)
            data = member.unconsumed_tail
        saved = []
        for power in reversed(range(most.bit_length())):
            further = member.copy()
            try:
                made = further.decompress(data, 1 << power)
            except self._error:
                continue
            saved.append(made)
            member, data = further, further.unconsumed_tail
        # What is asked for last looks on to the next code: the last byte may need its data alone.
        self.unread = len(data)
        for at in range(len(data)):
            try:
                saved.append(member.decompress(data[at : at + 1]))
            except self._error:
                break
            self.unread -= 1
        return b"".join(saved)


class ZstdFrame(Part):
    """A frame of a zstd file (RFC 8878); one that is to be skipped has no content."""

    piece = ZSTD_PIECE
    saves = False

    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415
        else:
            from backports import zstd  # noqa: PLC0415
        super().__init__()
        self._error = zstd.ZstdError
        self._frame = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: ZSTD_BITS}
        )

    def decompress(self, data: bytes, most: int) -> bytes:
        """Take *data* in and return up to *most* bytes; raise DamagedPartError."""
        frame = self._frame
        try:
            made = frame.decompress(data, most)
        except self._error as error:
            raise DamagedPartError(str(error).rpartition(": ")[2]) from error
        self.ended = frame.eof
        self.rest = frame.unused_data
        self.needs_input = frame.needs_input
        return made


PARTS: Final[dict[str, type[Part]]] = {"gzip": GzipMember, "zstd": ZstdFrame}


def compression_of(data: bytes) -> str | None:
    """Return the name of the format in which *data* is compressed, by its first bytes."""
    if data.startswith(GZIP_MAGIC):
        return "gzip"
    if data.startswith(ZSTD_MAGIC):
        return "zstd"
    if data[1:LONGEST_MAGIC] == SKIPPABLE_MAGIC and data[0] & 0xF0 == 0x50:
        return "zstd"
    return None


class Decompressed:
    """What the compressed *source* holds, read once and forward; *start* was read of it already.

    ``problem``  why it could not be read to its end; None where it could
    ``ended``    whether there is no more
    ``made``     how many bytes were given out
    ``busy``     whether the last call gave nothing and was not done: there may be more
    """

    def __init__(self, source: InputFile, start: bytes, compression: str) -> None:
        self.problem: str | None = None
        self.ended = False
        self.made = 0
        self.busy = False
        self._source = source
        self._data = start
        self._compression = compression
        self._part = PARTS[compression]()
        self._empty = 0

    def read(self, most: int) -> bytes:
        """Return up to *most* bytes, as many as can be had without waiting; none at the end."""
        blocks: list[bytes] = []
        room = most
        self.busy = False
        fruitless = 0
        while room > 0 and not self.ended and self._is_supplied(may_wait=not blocks):
            if made := self._decompress(room):
                blocks.append(made)
                room -= len(made)
                continue
            fruitless += 1
            if fruitless >= MOST_FRUITLESS:
                self.busy = not blocks
                break
        return b"".join(blocks)

    def _decompress(self, room: int) -> bytes:
        part = self._part
        step = room
        if not part.saves:
            step = min(max(self.made >> STEP_SHIFT, SHORTEST_STEP), LONGEST_STEP, room)
        data, self._data = self._data, b""
        try:
            made = part.decompress(data, step)
        except DamagedPartError as error:
            at = self._source.position - part.unread
            self._end(f"the {self._compression} data is damaged near byte {at}: {error}")
            return b""
        if made:
            self.made += len(made)
            self._empty = 0
        return made

    def _is_supplied(self, *, may_wait: bool) -> bool:
        """See to it that there is something to decompress, if the source has it."""
        if self._part.ended:
            return may_wait and self._begin_part()
        if self._data or not self._part.needs_input:
            return True
        if may_wait:
            self._data = self._source.read(self._part.piece)
            if self._source.ended:
                self._end(
                    f"the {self._compression} data is cut off at byte {self._source.position}"
                )
        return bool(self._data)

    def _begin_part(self) -> bool:
        """Go on with the part behind the one that has ended; zeros between them are padding."""
        data = self._part.rest.lstrip(b"\0")
        pieces = 0
        while len(data) < LONGEST_MAGIC and (more := self._source.read(self._part.piece)):
            data = (data + more).lstrip(b"\0")
            pieces += 1
            if pieces >= MOST_FRUITLESS and len(data) < LONGEST_MAGIC:
                self._part.rest = data
                self.busy = True
                return False
        if len(data) < LONGEST_MAGIC and not self._source.ended:
            self._part.rest = data
            return False
        if compression_of(data) != self._compression:
            self._end(f"what follows the {self._compression} data was ignored" if data else None)
            return False
        self._empty += 1
        if self._empty > MOST_EMPTY:
            self._end(f"the {self._compression} data is damaged: {MOST_EMPTY} parts are empty")
            return False
        self._data = data
        self._part = PARTS[self._compression]()
        return True

    def _end(self, problem: str | None) -> None:
        self.ended = True
        self.problem = problem
