"""Compressed files: from the bytes of gzip or zstd to those that were compressed.

Such a file is a series of parts (members of gzip, frames of zstd), each compressed on its own. What
was read before damage is given out first. Whatever a file expands to, a few blocks of it are in
memory, and the window of 128 MB that zstd may ask for. Knows nothing of captures.
"""

import sys
from abc import ABC, abstractmethod
from typing import Final

from sipcm.net.inputfile import InputFile

# How much of the file is read at once.
PIECE: Final = 1 << 14

# A call that meets damage gives nothing of what it made before. So it may only make a small part of
# what was made already.
SHORTEST_STEP: Final = 64
LONGEST_STEP: Final = 1 << 14
STEP_SHIFT: Final = 8

# So many pieces in a row that give nothing end a call, so that others have their turn.
MOST_FRUITLESS: Final = 64

# So many parts in a row without content are an attack: each costs time and gives nothing.
MOST_EMPTY: Final = 1000

GZIP_MAGIC: Final = b"\x1f\x8b\x08"
GZIP_BITS: Final = 31  # with header and check sum; a window of 32 kB

ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
SKIPPABLE_MAGIC: Final = b"\x2a\x4d\x18"  # behind a byte 0x50 to 0x5f
ZSTD_BITS: Final = 27  # the largest window that zstd(1) accepts without being asked

LONGEST_MAGIC: Final = 4


class DamagedPartError(Exception):
    """A part that cannot be decompressed any further."""


class Part(ABC):
    """Decompresses one member or frame.

    ``ended``        whether it is at its end; ``rest`` is what came behind it
    ``needs_input``  whether nothing more can be had without more data
    """

    def __init__(self) -> None:
        self.ended = False
        self.rest = b""
        self.needs_input = True

    @abstractmethod
    def decompress(self, data: bytes, most: int) -> bytes:
        """Take *data* in and return up to *most* bytes; raise DamagedPartError."""


class GzipMember(Part):
    """A member of a gzip file (RFC 1952)."""

    def __init__(self) -> None:
        import zlib  # noqa: PLC0415  most captures are not compressed

        super().__init__()
        self._error = zlib.error
        self._member = zlib.decompressobj(GZIP_BITS)

    def decompress(self, data: bytes, most: int) -> bytes:
        """Take *data* in and return up to *most* bytes; raise DamagedPartError."""
        member = self._member
        try:
            made = member.decompress(member.unconsumed_tail + data, most)
        except self._error as error:
            raise DamagedPartError(str(error).rpartition(": ")[2]) from error
        self.ended = member.eof
        self.rest = member.unused_data
        self.needs_input = len(made) < most and not member.unconsumed_tail
        return made


class ZstdFrame(Part):
    """A frame of a zstd file (RFC 8878); one that is to be skipped has no content."""

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
        step = min(max(self.made >> STEP_SHIFT, SHORTEST_STEP), LONGEST_STEP, room)
        data, self._data = self._data, b""
        try:
            made = self._part.decompress(data, step)
        except DamagedPartError as error:
            at = self._source.position
            self._end(f"the {self._compression} data is damaged before byte {at}: {error}")
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
            self._data = self._source.read(PIECE)
            if self._source.ended:
                self._end(
                    f"the {self._compression} data is cut off at byte {self._source.position}"
                )
        return bool(self._data)

    def _begin_part(self) -> bool:
        """Go on with the part behind the one that has ended; zeros between them are padding."""
        data = self._part.rest.lstrip(b"\0")
        pieces = 0
        while len(data) < LONGEST_MAGIC and (more := self._source.read(PIECE)):
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
