"""What the kernel knows of another process: the CPU that it took, and what its packet sockets lost.

For programs that tell neither. Looking into the sockets of others takes the right to trace them.
"""

import ctypes
import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOL_PACKET = 263
PACKET_STATISTICS = 6
PIDFD_GETFD = 438
"""The number of the system call, the same on all processors (pidfd_getfd(2))."""
CPU_OF_PROCESS = 2
"""What stands behind the number of a process in that of its clock (clock_getcpuclockid(3))."""


class Counted(NamedTuple):
    """Packets that the filter of a socket let through, and those of them that found no room."""

    passed: int
    dropped: int


def cpu(process: int) -> float:
    """Return the seconds of CPU that *process* and its threads took, user and system."""
    return time.clock_gettime(~process << 3 | CPU_OF_PROCESS)


def counted(process: int) -> Counted:
    """Return what the packet sockets of *process* took and lost since that was asked last."""
    passed = dropped = 0
    for sock in _sockets(process):
        with sock:
            if sock.family == socket.AF_PACKET:
                told = sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
                more, lost = struct.unpack("2I", told)
                passed += more
                dropped += lost
    return Counted(passed, dropped)


def _sockets(process: int) -> Iterator[socket.socket]:
    """Yield all sockets of *process*, each as one of our own."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    opened = os.pidfd_open(process)
    try:
        for link in Path(f"/proc/{process}/fd").iterdir():
            if str(link.readlink()).startswith("socket:"):
                taken = call(PIDFD_GETFD, opened, int(link.name), 0)
                if taken < 0:
                    raise OSError(ctypes.get_errno(), f"no look at a socket of {process}")
                yield socket.socket(fileno=taken)
    finally:
        os.close(opened)
