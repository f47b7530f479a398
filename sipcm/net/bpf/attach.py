"""Programs in the kernel: a socket delivers only what its filter lets through, cut as it says.

What is delivered to a socket before its filter is attached stays in its queue: attach before bind.
Says what the kernel has against a program in words for the operator. socket(7), packet(7) and the
kernel's Documentation/networking/filter.rst tell the rules.
"""

import ctypes
import errno
import struct
from collections.abc import Sequence
from typing import Final, Protocol

from sipcm.errors import CaptureError
from sipcm.net.bpf.instructions import JA, MOST_INSTRUCTIONS, Instruction, signed

# From asm-generic/socket.h; the core does without the module socket, which lacks most of them.
SOL_SOCKET: Final = 1
SO_ATTACH_FILTER: Final = 26
SO_DETACH_FILTER: Final = 27
SO_LOCK_FILTER: Final = 44

_LOCKED: Final = "the filter of this socket is locked; open another one"
_REASONS: Final = {
    errno.EINVAL: "the kernel knows no such program; simplify the filter",
    errno.ENOMEM: "there is no memory for it; raise net.core.optmem_max with sysctl",
    errno.ENOBUFS: "there is no memory for it; raise net.core.optmem_max with sysctl",
    errno.EPERM: _LOCKED,
}


class FilterSocket(Protocol):
    """What is used of a socket."""

    def setsockopt(self, level: int, optname: int, value: int | bytes, /) -> None:
        """Set an option; see socket.socket."""


def attach(sock: FilterSocket, instructions: Sequence[Instruction]) -> None:
    """Let only those packets into *sock* that the program accepts, instead of an earlier filter.

    Raises CaptureError where the kernel cannot run the program; an earlier filter stays then.
    """
    if len(instructions) > MOST_INSTRUCTIONS:
        raise CaptureError(
            f"a filter of {len(instructions)} instructions is too long for the kernel, which takes "
            f"{MOST_INSTRUCTIONS}; write net or portrange in place of many hosts or ports"
        )
    if any(code == JA and signed(k) < 0 for code, _, _, k in instructions):
        raise CaptureError("the kernel runs no filter that loops; write proto, not protochain")
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    # The kernel copies the program during the call; until then the buffer must live.
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HL", len(instructions), ctypes.addressof(buffer))
    _set(sock, SO_ATTACH_FILTER, program, "the filter cannot be attached")


def detach(sock: FilterSocket) -> None:
    """Let all packets into *sock* again, also where there was no filter.

    Raises CaptureError where the filter is locked.
    """
    _set(sock, SO_DETACH_FILTER, 0, "the filter cannot be detached", accepted=errno.ENOENT)


def lock(sock: FilterSocket) -> None:
    """Forbid to change the filter of *sock* from now on, to whoever gets hold of it."""
    _set(sock, SO_LOCK_FILTER, 1, "the filter cannot be locked")


def _set(
    sock: FilterSocket, option: int, value: int | bytes, failed: str, accepted: int | None = None
) -> None:
    try:
        sock.setsockopt(SOL_SOCKET, option, value)
    except OSError as error:
        if error.errno != accepted:
            reason = _REASONS.get(error.errno or 0, error.strerror)
            raise CaptureError(f"{failed}: {reason}") from error
