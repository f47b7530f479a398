"""A pipe that is written as its reader reads, and never waited for.

What the reader has no room for yet is kept, and goes out with a later :meth:`PipeWriter.push`. A
socket or a device is as good as a pipe.
"""

import errno
import os
import select
import stat

from sipcm.annotation import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LITTLE: Final = 4096
"""Bytes that can be written without waiting where there is room at all (PIPE_BUF of pipe(7)),"""
MUCH: Final = 1 << 16
"""and those that are written at once where a write never waits."""


def lacks_reader(path: "str | Path", error: OSError) -> bool:
    """Tell whether *error* says of *path* that it is a FIFO that nobody reads (fifo(7))."""
    try:
        return error.errno == errno.ENXIO and stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return False


class PipeWriter:
    """Writes to *descriptor*, and closes it at the end if it is *owned*.

    ``written`` is how many bytes went out.
    """

    def __init__(self, descriptor: int, *, owned: bool) -> None:
        self.written = 0
        self._descriptor, self._owned = descriptor, owned
        if not owned and (opened := _opened_anew(descriptor)) is not None:
            self._descriptor, self._owned = opened, True
        self._most = LITTLE if os.get_blocking(self._descriptor) else MUCH
        self._kept = memoryview(b"")
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLOUT)

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
                written = os.write(self._descriptor, self._kept[: self._most])
            except BlockingIOError:
                break
            self._kept = self._kept[written:]
            self.written += written
        return not self._kept

    def kept(self) -> bytes:
        """Return what there was no room for yet."""
        return bytes(self._kept)

    def flush(self) -> None:
        """Do nothing: all that can be out is out."""

    def close(self) -> None:
        """Close the descriptor, if it is owned; what is kept is lost."""
        if self._owned:
            os.close(self._descriptor)


def _opened_anew(descriptor: int) -> int | None:
    """Return another descriptor for the same pipe that never waits; None where there is none.

    To change that of *descriptor* itself would change it for all who were given it (open(2)).
    """
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return None
    try:
        return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
