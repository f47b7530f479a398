"""A pipe that is read only as long as it is wanted, so that a signal ends the wait for its data."""

import io
import os
import select

from sipcm.annotation import Callable

PATIENCE = 0.1
"""Seconds between two looks at whether the data is still wanted."""


class Pipe(io.RawIOBase):
    """The file *descriptor*, read while *wanted* says so; afterwards it is at its end."""

    def __init__(self, descriptor: int, wanted: Callable[[], bool], *, owned: bool = False) -> None:
        """Read *descriptor*, and close it at the end if it is *owned*."""
        super().__init__()
        self._descriptor = descriptor
        self._wanted = wanted
        self._owned = owned

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def close(self) -> None:
        """Close the descriptor, if it is owned. May be called again."""
        if self._owned and not self.closed:
            os.close(self._descriptor)
        super().close()

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes | None:
        """Return what has come, up to *size* bytes; nothing at the end, None when not wanted."""
        while self._wanted():
            if select.select([self._descriptor], [], [], PATIENCE)[0]:
                return os.read(self._descriptor, size if size >= 0 else io.DEFAULT_BUFFER_SIZE)
        return None
