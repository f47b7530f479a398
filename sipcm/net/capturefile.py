"""Capture files: from a path or a stream to a cursor that is fed block by block.

Recognises what a file is by its first bytes, whatever its name, and tells the operator what is
wrong with it; knows nothing of packets.
"""

import os

from sipcm.annotation import BinaryIO, Final, Self
from sipcm.errors import CaptureError
from sipcm.net.blocks import BlockCursor, is_pcapng
from sipcm.net.compression import Decompressed, compression_of
from sipcm.net.damage import complaints
from sipcm.net.inputfile import InputFile, name_of
from sipcm.net.pcapheader import is_pcap, parse_header
from sipcm.net.records import FILE_HEADER, UNDAMAGED, Cursor

# Small enough for the processor's cache and for memory that malloc uses again: with blocks of 1 MiB
# the walk takes nearly twice as long.
BLOCK: Final = 1 << 17


class CaptureFile:
    """A capture file, read once and forward, in blocks.

    ::

        with CaptureFile("x.pcap") as capture:
            while capture.read():
                while capture.cursor.next():
                    ...

    *source* is a path, or a binary stream, which its owner closes. *name* is what messages call it.
    Raises CaptureError when the file cannot be opened or read, or is no capture that sipcm reads.

    ``cursor``  the walk through its records
    ``format``  what it is, as "pcapng, zstd"
    """

    def __init__(self, source: str | os.PathLike[str] | BinaryIO, name: str = "") -> None:
        self.name = name or name_of(source)
        self._compression: str | None = None
        self._ended = False
        with _ErrorsNaming(self.name):
            self._file = InputFile(source)
            self._content: InputFile | Decompressed = self._file
            try:
                self.format, self.cursor = self._recognise()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        """Return the file, to be closed at the end of the block."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the file."""
        self.close()

    @property
    def size(self) -> int | None:
        """Return the size of the file in bytes, as it is on the disk; None for a pipe."""
        return self._file.size

    @property
    def position(self) -> int:
        """Return how many of these bytes were walked so far; of a compressed file about."""
        unread = self.cursor.unread()
        if isinstance(self._content, Decompressed):
            unread = unread * self._file.position // max(self._content.made, 1)
        return max(self._file.position - unread, 0)

    @property
    def made(self) -> int:
        """Return how many bytes were read so far, decompressed where the file is compressed."""
        content = self._content
        return content.made if isinstance(content, Decompressed) else content.position

    def read(self) -> bool:
        """Feed the next block, at most BLOCK bytes, into the cursor; it may be empty.

        Return False at the end of the file, or of the part that can be read. The block before must
        have been walked to its end. Raises CaptureError when the system cannot read on.
        """
        if self.cursor.damage != UNDAMAGED:
            return False
        with _ErrorsNaming(self.name):
            block = self._content.read(BLOCK)
        self._ended = not block and self._content.ended
        self.cursor.feed(block)
        return bool(block) or self._content.busy

    def warning(self) -> str | None:
        """Say in one line why the file could not be read to its end; None where it could."""
        file = "the decompressed file" if self._compression else "the file"
        found = list(complaints(self.cursor, file, ended=self._ended))
        if isinstance(self._content, Decompressed) and self._content.problem:
            found.append(self._content.problem)
        return f"{self.name}: {'; '.join(found)}" if found else None

    def close(self) -> None:
        """Close the file, unless it came as a stream. May be called again."""
        self._file.close()

    def _recognise(self) -> tuple[str, Cursor]:
        start = self._read_start()
        compression = compression_of(start)
        if compression is None:
            return _cursor_for(start)
        content = Decompressed(self._file, start, compression)
        self._content, self._compression = content, compression
        start = self._read_start()
        if len(start) < FILE_HEADER and content.problem:
            raise CaptureError(content.problem)
        try:
            name, cursor = _cursor_for(start)
        except CaptureError as error:
            raise CaptureError(f"inside {compression}: {error}") from None
        return f"{name}, {compression}", cursor

    def _read_start(self) -> bytes:
        start = b""
        content = self._content
        while len(start) < FILE_HEADER:
            more = content.read(FILE_HEADER - len(start))
            start += more
            if not more and not content.busy:
                break
        if len(start) < FILE_HEADER and not self._content.ended:
            raise CaptureError("given up before it could be told what it is")
        return start


def _cursor_for(start: bytes) -> tuple[str, Cursor]:
    """Return the name of the format that begins with *start*, and a cursor that has taken that."""
    if len(start) == FILE_HEADER:
        if is_pcap(start):
            return "pcap", parse_header(start).cursor()
        if is_pcapng(start):
            cursor = BlockCursor()
            cursor.feed(start)
            return "pcapng", cursor
    raise CaptureError(_refusal(start))


def _refusal(start: bytes) -> str:
    if not start:
        return "the file is empty"
    if compression := compression_of(start):
        return f"this is {compression} again: decompress it first"
    from sipcm.net.foreign import describe_foreign  # noqa: PLC0415  only a mistake pays for it

    if foreign := describe_foreign(start):
        return foreign
    if len(start) < FILE_HEADER:
        return f"too short for a capture: {len(start)} bytes, a pcap header has {FILE_HEADER}"
    return (
        f"no capture: it begins with {start[:4].hex(' ')}; pcap and pcapng are read, as they are "
        "or compressed with gzip or zstd"
    )


class _ErrorsNaming:
    """Turns what goes wrong with a file into a CaptureError that begins with its *name*."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, CaptureError):
            raise CaptureError(f"{self._name}: {error}") from None
        if isinstance(error, OSError):
            raise CaptureError(f"{self._name}: {error.strerror or error}") from error
