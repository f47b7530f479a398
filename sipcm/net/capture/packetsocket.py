"""A packet socket: what an interface carries, in blocks of a ring that the kernel fills.

The filter is in place and locked before the socket is bound: no packet slips in beside it. Where
the kernel gives no ring packets are received one by one, and put into blocks of the same layout
(see :mod:`sipcm.net.capture.ring`), so that nobody else notices.
"""

import ctypes
import errno
import mmap
import os
import socket
import struct
from contextlib import suppress
from typing import Final, NamedTuple

from sipcm.errors import CaptureError, ConfigError
from sipcm.net import bpf
from sipcm.net.bpf.attach import lock
from sipcm.net.capture import ring
from sipcm.net.capture.device import Device

# From the kernel's if_packet.h and if_ether.h; the module socket has only some of them.
SOL_PACKET: Final = 263
PACKET_ADD_MEMBERSHIP: Final = 1
PACKET_RX_RING: Final = 5
PACKET_STATISTICS: Final = 6
PACKET_AUXDATA: Final = 8
PACKET_VERSION: Final = 10
PACKET_IGNORE_OUTGOING: Final = 23
PACKET_MR_PROMISC: Final = 1
TPACKET_V3: Final = 2
ETH_P_ALL: Final = 3
NOTHING: Final = 0xFFFF
"""No packet has this protocol (IEEE reserves it); 0 would mean the one that there was."""
SO_RCVBUFFORCE: Final = 33
SO_TIMESTAMPNS: Final = 35
MSG_TRUNC: Final = 0x20

MEGABYTE: Final = 1 << 20
BLOCK: Final = 1 << 17
"""Bytes of a block: small enough for the processor's cache, large enough for the largest packet."""
FRAME: Final = 2048
RETIRE: Final = 20
"""Milliseconds after which the kernel hands over a block that is not full."""

INSTEAD: Final = 64
"""Megabytes of packets that wait to be received where no ring is asked for."""

BATCH: Final = 64
"""Packets that are received one by one before anything else has its turn."""
LARGEST: Final = 1 << 18

_RING: Final = struct.Struct("7I")
_MEMBERSHIP: Final = struct.Struct("iHH8x")
_STATISTICS: Final = struct.Struct("3I")
_AUXDATA: Final = struct.Struct("3I4H")
_TIME: Final = struct.Struct("2q")
_ADDRESS: Final = struct.Struct("=HHiHBB8s")
_BLOCK: Final = struct.Struct("=3I2I28x")

GRANT: Final = (
    "capturing takes the capability CAP_NET_RAW: run sipcm as root (-user NAME leaves root once "
    "the interfaces are open), with AmbientCapabilities=CAP_NET_RAW in its systemd unit, with "
    "docker run --network host --cap-add NET_RAW, or with setpriv --inh-caps +net_raw "
    "--ambient-caps +net_raw"
)


class Wish(NamedTuple):
    """How packets are to be captured.

    ``program``      the filter, for the link type of the interface
    ``ring``         megabytes of the ring; 0 asks for none
    ``promiscuous``  also what is sent to others
    """

    program: bpf.Program
    ring: int
    promiscuous: bool


class Losses(NamedTuple):
    """What the kernel counted since it was asked last: see packet(7), PACKET_STATISTICS.

    ``passed`` is what the filter let through, ``dropped`` what of it found no room, ``frozen`` how
    often the whole ring was full.
    """

    passed: int
    dropped: int
    frozen: int


class PacketSocket:
    """The packets of *device*, from now to :meth:`close`, as *wish* says.

    ``megabytes``  of the ring that the kernel has given, 0 for none
    ``room``       how many blocks that is
    ``filtered``   whether the kernel runs the filter; where it cannot all packets come
    ``notes``      what could not be had, in words for the operator

    Raises ConfigError where the right to capture is missing, CaptureError for all else.
    """

    def __init__(self, device: Device, wish: Wish) -> None:
        self.device = device
        self.megabytes = self.room = 0
        self.filtered = True
        self.notes: list[str] = []
        self._memory: mmap.mmap | None = None
        self._words = memoryview(b"").cast("I")
        self._current = 0
        self._failure = 0
        self._indices: dict[str, int] = {}
        kind = socket.SOCK_DGRAM if device.link.cooked else socket.SOCK_RAW
        try:
            # Protocol 0: until it is bound nothing comes in.
            self._socket = socket.socket(
                socket.AF_PACKET, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0
            )
        except PermissionError:
            raise ConfigError(f"{device.name}: {GRANT}") from None
        except OSError as error:
            raise CaptureError(f"{device.name}: no packet socket: {error.strerror}") from None
        try:
            self._prepare(wish)
            self._bind(device.number, ETH_P_ALL)
        except CaptureError as error:
            self.close()
            raise CaptureError(f"{device.name}: {error}") from None
        except OSError as error:
            self.close()
            raise CaptureError(f"{device.name}: {error.strerror}") from None

    def fileno(self) -> int:
        """Return the descriptor, which is readable when there is something to read."""
        return self._socket.fileno()

    def read(self) -> bytes:
        """Return the next block of packets, a copy; empty where there is none yet."""
        if self._memory is None:
            return self._receive()
        words = self._words
        at = self._current * BLOCK
        status = (at + ring.BLOCK_STATUS) >> 2
        if not words[status] & ring.STATUS_USER:
            return b""
        block = self._memory[at : at + words[(at + ring.BLOCK_LENGTH) >> 2]]
        words[status] = 0
        self._current = (self._current + 1) % self.room
        return block

    def pending(self) -> bool:
        """Return whether there is a block of a ring to be read."""
        status = (self._current * BLOCK + ring.BLOCK_STATUS) >> 2
        return self._memory is not None and bool(self._words[status] & ring.STATUS_USER)

    def losses(self) -> Losses:
        """Return what the kernel counted since this was asked last."""
        counted = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, _STATISTICS.size)
        return Losses(*_STATISTICS.unpack(counted.ljust(_STATISTICS.size, b"\0")))

    def error(self) -> str:
        """Return what went wrong with the socket since this was asked last; empty for nothing."""
        number = self._failure or self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._failure = 0
        return errno.errorcode.get(number, str(number)) if number else ""

    def stop(self) -> None:
        """Take nothing new; what the kernel has taken can still be read."""
        with suppress(OSError):
            self._bind(self.device.number, NOTHING)

    def close(self) -> None:
        """Give socket and ring back. May be called again."""
        self._words.release()
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        self._socket.close()

    def _prepare(self, wish: Wish) -> None:
        """Do all that must be done before packets come in."""
        try:
            wish.program.attach(self._socket)
        except CaptureError as error:
            self.filtered = False
            self.notes.append(f"sipcm itself filters packets, which is slower: {error}")
            link, snaplen = self.device.link.name, wish.program.snaplen
            bpf.compile("", link, live=True, snaplen=snaplen).attach(self._socket)
        lock(self._socket)
        if self.device.loops:
            with suppress(OSError):  # an older kernel: the cursor leaves them out
                self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        if not self._map(wish.ring):
            self._receive_instead(wish.ring or INSTEAD)
        if wish.promiscuous and self.device.number:
            membership = _MEMBERSHIP.pack(self.device.number, PACKET_MR_PROMISC, 0)
            try:
                self._socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
            except OSError as error:
                self.notes.append(f"only what is sent to this machine is seen: {error.strerror}")

    def _bind(self, number: int, protocol: int) -> None:
        """Bind to the interface *number*: socket.bind() knows names alone, and none for all."""
        place = _ADDRESS.pack(socket.AF_PACKET, socket.htons(protocol), number, 0, 0, 0, b"")
        if ctypes.CDLL(None, use_errno=True).bind(self._socket.fileno(), place, len(place)) < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))

    def _map(self, megabytes: int) -> bool:
        """Ask for a ring, a smaller one where there is no memory; tell whether there is one."""
        if megabytes == 0:
            return False
        asked = megabytes
        try:
            self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
            while True:
                blocks = megabytes * MEGABYTE // BLOCK
                frames = blocks * (BLOCK // FRAME)
                request = _RING.pack(BLOCK, blocks, FRAME, frames, RETIRE, 0, 0)
                try:
                    self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
                    break
                except OSError as error:
                    if error.errno != errno.ENOMEM or megabytes == 1:
                        raise
                    megabytes //= 2
            self._memory = self._mapped(blocks * BLOCK)
        except OSError as error:
            self.notes.append(f"the kernel gives no ring (-ring_mb): {error.strerror}")
            return False
        self._words = memoryview(self._memory).cast("I")
        self.megabytes, self.room = megabytes, blocks
        if megabytes < asked:
            self.notes.append(
                f"the kernel has no memory for -ring_mb {asked}, {megabytes} were had"
            )
        return True

    def _mapped(self, size: int) -> mmap.mmap:
        """Return the memory of the ring; give the ring back where there is none to be had.

        A socket that has a ring puts packets there alone.
        """
        try:
            return mmap.mmap(self._socket.fileno(), size)
        except OSError:
            self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, _RING.pack(*[0] * 7))
            raise

    def _receive_instead(self, megabytes: int) -> None:
        """Get ready to receive packets one by one, as many kept as *megabytes* hold."""
        self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        size = megabytes * MEGABYTE
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
        except OSError:  # without CAP_NET_ADMIN as much as the system allows
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def _receive(self) -> bytes:
        """Return a block made of the packets that can be received at once."""
        records: list[bytes] = []
        taken = 0
        while len(records) < BATCH and taken < LARGEST:
            try:
                frame, ancillary, _, address = self._socket.recvmsg(LARGEST, 256, MSG_TRUNC)
            except BlockingIOError:
                break
            except OSError as error:
                self._failure = error.errno or errno.EIO
                break
            records.append(self._record(frame, ancillary, address))
            taken += len(frame)
        if not records:
            return b""
        header = _BLOCK.pack(TPACKET_V3, 0, ring.STATUS_USER, len(records), ring.BLOCK_HEADER)
        return header + b"".join(records)

    def _record(
        self,
        frame: bytes,
        ancillary: list[tuple[int, int, bytes]],
        address: tuple[str, int, int, int, bytes],
    ) -> bytes:
        """Return *frame* as a ring would hold it."""
        seconds = nanoseconds = status = tag = tpid = 0
        wire = len(frame)
        for level, kind, data in ancillary:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status, wire, _, _, _, tag, tpid = _AUXDATA.unpack(data[: _AUXDATA.size])
            elif level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = _TIME.unpack(data[: _TIME.size])
        name, protocol, direction, hardware, own = address
        sender = _ADDRESS.pack(
            socket.AF_PACKET,
            socket.htons(protocol),
            self._index(name),
            hardware,
            direction,
            min(len(own), 8),
            own[:8],
        )
        next_at = -(-(ring.RECORD_HEADER + len(frame)) // 16) * 16
        header = ring.RECORD.pack(
            next_at,
            seconds,
            nanoseconds,
            len(frame),
            wire,
            status,
            ring.RECORD_HEADER,
            ring.RECORD_HEADER,
            tag,
            tpid,
        )
        return (header + sender + frame).ljust(next_at, b"\0")

    def _index(self, name: str) -> int:
        """Return the number of interface *name*, which may have gone."""
        if name not in self._indices:
            try:
                self._indices[name] = socket.if_nametoindex(name)
            except OSError:
                return 0
        return self._indices[name]
