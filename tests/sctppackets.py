"""Packets of SCTP as they lie on the wire."""

import struct

from sipcm.net.decode import decode
from sipcm.net.packet import SCTP, Datagram

End = tuple[bytes, int]

CLIENT = (bytes([192, 0, 2, 10]), 5060)
SERVER = (bytes([198, 51, 100, 20]), 5060)
BEGINS, ENDS = 2, 1


def chunk(number: int, payload: bytes, flags: int = BEGINS | ENDS) -> bytes:
    """Write a chunk of data (RFC 9260 3.3.1)."""
    return _chunk(0, number, bytes(8), payload, flags)


def interleaved(
    number: int,
    payload: bytes,
    flags: int = BEGINS | ENDS,
    *,
    stream: int = 0,
    message: int = 0,
    place: int = 0,
) -> bytes:
    """Write a chunk of data that those of other messages may come between (RFC 8260 2.1)."""
    last = 0 if flags & BEGINS else place
    return _chunk(64, number, struct.pack("!HHII", stream, 0, message, last), payload, flags)


def _chunk(kind: int, number: int, rest: bytes, payload: bytes, flags: int) -> bytes:
    size = 8 + len(rest) + len(payload)
    head = struct.pack("!BBHI", kind, flags, size, number & 0xFFFFFFFF)
    return head + rest + payload + bytes(-size % 4)


def heartbeat() -> bytes:
    return struct.pack("!BBH", 4, 0, 12) + bytes(8)


def packet(*chunks: bytes, tag: int = 7, source: End = CLIENT, destination: End = SERVER) -> bytes:
    """Return a frame of Ethernet that holds *chunks*."""
    sctp = struct.pack("!HHII", source[1], destination[1], tag, 0) + b"".join(chunks)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(sctp), 0, 0, 64, 132, 0)
    return bytes(12) + b"\x08\x00" + ip + source[0] + destination[0] + sctp


def decoded(frame: bytes, captured: int | None = None) -> Datagram:
    datagram = Datagram()
    assert decode(frame, 0, len(frame) if captured is None else captured, 1, datagram) == SCTP
    return datagram
