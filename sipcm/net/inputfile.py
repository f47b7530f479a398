"""Files as they are read: once, forward, in whatever portions come.

A path or a stream that its owner opened becomes bytes with a position. Knows no format.
"""

import io
import os
import stat

from sipcm.annotation import BinaryIO, Final


class InputFile:
    """The bytes of *source*: a path, or a binary stream, which its owner closes.

    ``size``      in bytes; None for a pipe
    ``position``  how many bytes were read so far
    ``ended``     whether there are no more, as far as that has shown
    ``busy``      never: a call that gives nothing has nothing to give
    """

    busy: Final = False

    def __init__(self, source: str | os.PathLike[str] | BinaryIO) -> None:
        self._owned = isinstance(source, str | os.PathLike)
        self._stream: BinaryIO = (
            io.FileIO(source) if isinstance(source, str | os.PathLike) else source
        )
        self.size = _size(self._stream)
        self.position = 0
        self.ended = False

    def read(self, most: int) -> bytes:
        """Return what there is, up to *most* bytes; nothing at the end, or if none come now."""
        # What a pipe holds is enough; read() of a buffered stream would wait for all of it.
        block: bytes | None = getattr(self._stream, "read1", self._stream.read)(most)
        self.ended = block == b""
        if not block:
            return b""
        self.position += len(block)
        return block

    def close(self) -> None:
        """Close the file, unless it came as a stream. May be called again."""
        if self._owned:
            self._stream.close()


def name_of(source: str | os.PathLike[str] | BinaryIO) -> str:
    """Return what messages may call *source*."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "stream"))


def _size(stream: BinaryIO) -> int | None:
    try:
        status = os.fstat(stream.fileno())
    except io.UnsupportedOperation:  # a stream in memory
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
