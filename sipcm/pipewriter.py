"""A pipe that is written as its reader reads, and never waited for.

What the reader has no room for yet is kept, and goes out with a later :meth:`PipeWriter.push`. A
socket or a device is as good as a pipe.
"""

import os
import select
from typing import Final

MOST_AT_ONCE: Final = 4096
"""Bytes that can be written without waiting where there is room at all (PIPE_BUF of pipe(7))."""


class PipeWriter:
    """Writes to *descriptor*, and closes it at the end if it is *owned*.

    ``written`` is how many bytes went out.
    """

    def __init__(self, descriptor: int, *, owned: bool) -> None:
        self._descriptor = descriptor
        self._owned = owned
        self.written = 0
        self._kept = memoryview(b"")
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, data: bytes) -> None:
        """Add *data* to what is to be written, and write what there is room for.

        OSError comes through to the caller, BrokenPipeError when the reader has gone.
        """
        self._kept = memoryview(bytes(self._kept) + data if self._kept else data)
        self.push()

    def push(self) -> bool:
        """Write what there is room for; tell whether all is out."""
        while self._kept and self._poll.poll(0):
            try:
                written = os.write(self._descriptor, self._kept[:MOST_AT_ONCE])
            except BlockingIOError:
                break
            self._kept = self._kept[written:]
            self.written += written
        return not self._kept

    def flush(self) -> None:
        """Do nothing: all that can be out is out."""

    def close(self) -> None:
        """Close the descriptor, if it is owned; what is kept is lost."""
        if self._owned:
            os.close(self._descriptor)
