"""Builds blocks as a ring of the kernel has them."""

import struct
from dataclasses import dataclass

HOST, OTHER, OUTGOING = 0, 3, 4
ETHERNET, LOOPBACK = 1, 772
VLAN_VALID, TPID_VALID = 0x10, 0x40


@dataclass
class Record:
    """A packet in a block."""

    data: bytes
    timestamp: int = 1_700_000_000_123_456_789
    wire: int | None = None
    status: int = 1
    tag: int = 0
    tpid: int = 0
    direction: int = HOST
    kind: int = ETHERNET
    interface: int = 7
    protocol: int = 0x0800
    address: bytes = b"\x02\0\0\0\0\1"

    def build(self, *, last: bool = False, gap: int = 14) -> bytes:
        mac = 68 + gap
        size = -(-(mac + len(self.data)) // 16) * 16
        seconds, nanoseconds = divmod(self.timestamp, 10**9)
        header = struct.pack(
            "=6I2HIIHH8x",
            0 if last else size,
            seconds,
            nanoseconds,
            len(self.data),
            len(self.data) if self.wire is None else self.wire,
            self.status,
            mac,
            mac + 14,
            0,
            self.tag,
            self.tpid,
            0,
        )
        sender = struct.pack("=H", 17) + struct.pack("!H", self.protocol)
        sender += struct.pack("=iHBB8s", self.interface, self.kind, self.direction, 6, self.address)
        return (header + sender + bytes(gap) + self.data).ljust(size, b"\0")


def block(*records: Record, count: int | None = None) -> bytes:
    """Return a block of *records*; *count* is how many it claims to have."""
    number = len(records) if count is None else count
    header = struct.pack("=3I3I24x", 2, 0, 1, number, 48, 0)
    last = len(records) - 1
    built = [record.build(last=at == last) for at, record in enumerate(records)]
    return header + b"".join(built)
