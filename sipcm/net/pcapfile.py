"""Classic pcap files: from a path or a stream to a cursor that is fed block by block.

Does the reading and tells the operator what is wrong with a file; knows nothing of packets.
"""

import io
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self

from sipcm.errors import CaptureError
from sipcm.net.records import (
    FILE_HEADER,
    LENGTHS_IN_ORDER,
    LENGTHS_PERHAPS_SWAPPED,
    LENGTHS_SWAPPED,
    MAX_CAPTURED,
    UNDAMAGED,
    Cursor,
    RecordCursor,
)

# Small enough for the processor's cache and for memory that malloc uses again: with blocks of 1 MiB
# the walk takes nearly twice as long.
BLOCK: Final = 1 << 17

# Magic number in network order -> nanoseconds, modified record header (pcap-savefile(5); the last
# one is written by patched Linux tools and adds interface, protocol and packet type).
MAGICS: Final[dict[bytes, tuple[bool, bool]]] = {
    b"\xa1\xb2\xc3\xd4": (False, False),
    b"\xa1\xb2\x3c\x4d": (True, False),
    b"\xa1\xb2\xcd\x34": (False, True),
}

# First bytes of what else is handed in as a capture.
OTHER_FORMATS: Final[dict[bytes, str]] = {
    b"\x0a\x0d\x0d\x0a": "pcapng",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"GMBU": "Microsoft Network Monitor",
    b"snoop\0\0\0": "snoop",
}


class FileHeader(NamedTuple):
    """What the first 24 bytes of a classic pcap file say (pcap-savefile(5))."""

    big: bool
    nanoseconds: bool
    modified: bool
    version: tuple[int, int]
    snaplen: int
    linktype: int

    def cursor(self) -> Cursor:
        """Return a cursor that walks the records of such a file."""
        if self.version < (2, 3):
            lengths = LENGTHS_SWAPPED
        elif self.version == (2, 3):
            lengths = LENGTHS_PERHAPS_SWAPPED
        else:
            lengths = LENGTHS_IN_ORDER
        return RecordCursor(
            self.linktype,
            big=self.big,
            nanoseconds=self.nanoseconds,
            modified=self.modified,
            lengths=lengths,
        )


def parse_header(data: bytes) -> FileHeader:
    """Read the file header that *data* begins with; CaptureError when this is no classic pcap."""
    magic = data[:4]
    big = magic in MAGICS
    flags = MAGICS.get(magic if big else magic[::-1])
    if flags is None or len(data) < FILE_HEADER:
        raise CaptureError(_refusal(data))
    layout = ">4xHH8xII" if big else "<4xHH8xII"
    major, minor, snaplen, network = struct.unpack_from(layout, data)
    # The upper half of the network field describes a frame check sequence; IP cuts that off.
    return FileHeader(big, *flags, (major, minor), snaplen, network & 0xFFFF)


def _refusal(data: bytes) -> str:
    if not data:
        return "the file is empty"
    for begin, name in OTHER_FORMATS.items():
        if data.startswith(begin):
            return f"this is a {name} file; only classic pcap can be read so far"
    if len(data) < FILE_HEADER:
        return f"too short for a capture: {len(data)} bytes, a pcap header has {FILE_HEADER}"
    return f"no capture: it begins with {data[:4].hex(' ')}; only classic pcap can be read so far"


class PcapFile:
    """A capture file, read once and forward, in blocks.

    ::

        with PcapFile("x.pcap") as capture:
            while capture.read():
                while capture.cursor.next():
                    ...

    *source* is a path, or a binary stream, which its owner closes. *name* is what messages call it.
    Raises CaptureError when the file cannot be opened or read, or is no classic pcap.

    ``header``    what the file says of itself
    ``cursor``    the walk through its records
    ``size``      of the file in bytes; None for a pipe
    ``position``  how many bytes were read so far
    """

    def __init__(self, source: str | os.PathLike[str] | BinaryIO, name: str = "") -> None:
        self._owned = isinstance(source, str | os.PathLike)
        self.name = name or _name_of(source)
        self.position = 0
        self._ended = False
        with _errors_naming(self.name):
            self._stream = _open(source)
            try:
                self.size = _size(self._stream)
                self.header = parse_header(self._read_start())
            except BaseException:
                self.close()
                raise
        self.cursor = self.header.cursor()

    def __enter__(self) -> Self:
        """Return the file, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def read(self) -> bool:
        """Feed the next block, at most BLOCK bytes, into the cursor.

        Return False at the end of the file, or of the part that can be read. The block before must
        have been walked to its end. Raises CaptureError when the system cannot read on.
        """
        if self.cursor.damage != UNDAMAGED:
            return False
        with _errors_naming(self.name):
            block = self._receive(BLOCK)
        self._ended = not block
        self.cursor.feed(block)
        return not self._ended

    def warning(self) -> str | None:
        """Say in one line why the file could not be read to its end; None where it could."""
        cursor = self.cursor
        packet = f"packet {cursor.number + 1} at offset {cursor.offset}"
        if cursor.damage != UNDAMAGED:
            return (
                f"{self.name}: {packet}: captured length {cursor.detail} is more than "
                f"{MAX_CAPTURED}, the rest of the file is skipped"
            )
        if self._ended and cursor.unread():
            return f"{self.name}: the file ends inside {packet}; everything before it was read"
        return None

    def close(self) -> None:
        """Close the file, unless it came as a stream. May be called again."""
        if self._owned:
            self._stream.close()

    def _read_start(self) -> bytes:
        start = b""
        while len(start) < FILE_HEADER and (more := self._receive(FILE_HEADER - len(start))):
            start += more
        return start

    def _receive(self, limit: int) -> bytes:
        # What a pipe holds is enough; read() of a buffered stream would wait for all of it.
        block: bytes = getattr(self._stream, "read1", self._stream.read)(limit)
        self.position += len(block)
        return block


def _open(source: str | os.PathLike[str] | BinaryIO) -> BinaryIO:
    if isinstance(source, str | os.PathLike):
        return io.FileIO(source)
    return source


def _name_of(source: str | os.PathLike[str] | BinaryIO) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "stream"))


def _size(stream: BinaryIO) -> int | None:
    try:
        status = os.fstat(stream.fileno())
    except io.UnsupportedOperation:  # a stream in memory
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


@contextmanager
def _errors_naming(name: str) -> Iterator[None]:
    """Turn what goes wrong with a file into a CaptureError that begins with its *name*."""
    try:
        yield
    except CaptureError as error:
        raise CaptureError(f"{name}: {error}") from None
    except OSError as error:
        raise CaptureError(f"{name}: {error.strerror or error}") from error
