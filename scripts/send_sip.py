"""Send SIP calls over UDP on an interface of this machine at a steady rate, for load tests.

    python scripts/send_sip.py INTERFACE PACKETS_PER_SECOND SECONDS

Each call is seven messages of 700 bytes (INVITE, 100, 180, 200, ACK, BYE, 200) with a Call-ID of
its own, between two made-up addresses, as Ethernet frames: nobody needs to listen. Prints as JSON
how many packets went out, of how many calls, in how many seconds, and how many of CPU that took:
with virtual interfaces the kernel takes a packet in where it was sent, so the work of the capture
up to its ring is part of it.

Use it on a pair of virtual interfaces in a network namespace of its own, never on a real network.
"""

import ctypes
import json
import os
import socket
import struct
import sys
import time
from typing import Final

CALLS: Final = 36
"""In one batch."""

SIZE: Final = 700
"""Bytes of a message."""

DIGITS: Final = 12
SOL_PACKET: Final = 263
PACKET_QDISC_BYPASS: Final = 20
STEPS: Final = (
    (">", "INVITE", 1),
    ("<", "100 Trying", 1),
    ("<", "180 Ringing", 1),
    ("<", "200 OK", 1),
    (">", "ACK", 1),
    (">", "BYE", 2),
    ("<", "200 OK", 2),
)


class Iovec(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Msghdr(ctypes.Structure):
    """struct mmsghdr, whose first part is struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("namelen", ctypes.c_uint),
        ("iov", ctypes.POINTER(Iovec)),
        ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint),
    )


def message(side: str, what: str, cseq: int, call: int) -> bytes:
    """Write a message of SIZE bytes; the digits behind ``Call-ID: `` are still to be filled in."""
    method = what if side == ">" else ("BYE" if cseq == 2 else "INVITE")
    start = f"{what} sip:callee@192.0.2.2 SIP/2.0" if side == ">" else f"SIP/2.0 {what}"
    early = what in {"INVITE", "100 Trying"}
    lines = (
        start,
        f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{call}{method[:3]};rport",
        f'From: "Load" <sip:load{call}@192.0.2.1>;tag=a{call}',
        f"To: <sip:callee@192.0.2.2>{'' if early else f';tag=b{call}'}",
        f"Call-ID: {'0' * DIGITS}-{call:03}",
        f"CSeq: {cseq} {method}",
        f"Contact: <sip:load{call}@192.0.2.1:5060>",
        "Max-Forwards: 70",
        "User-Agent: Load/1.0",
    )
    head = "\r\n".join((*lines, "X-Filler: "))
    tail = "\r\nContent-Length: 0\r\n\r\n"
    return (head + "x" * (SIZE - len(head) - len(tail)) + tail).encode()


def frame(side: str, payload: bytes) -> bytes:
    """Wrap *payload* in UDP, IPv4 and Ethernet."""
    ends = [bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))]
    source, destination = ends if side == ">" else reversed(ends)
    length = 8 + len(payload)
    fixed = struct.pack("!BBHIBBH", 0x45, 0, 20 + length, 0, 64, 17, 0) + source + destination
    total = sum(struct.unpack("!10H", fixed))
    total = (total & 0xFFFF) + (total >> 16)
    header = fixed[:10] + struct.pack("!H", ~total & 0xFFFF) + fixed[12:]
    udp = struct.pack("!HHHH", 5060, 5060, length, 0)
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + header + udp + payload


class Batch:
    """Frames of CALLS calls in one piece of memory, ready for sendmmsg(2)."""

    def __init__(self) -> None:
        frames = [
            frame(side, message(side, what, cseq, call))
            for side, what, cseq in STEPS
            for call in range(CALLS)
        ]
        self.count = len(frames)
        joined = b"".join(frames)
        self._memory = (ctypes.c_char * len(joined)).from_buffer_copy(joined)
        self._view = memoryview(self._memory).cast("B")
        self._digits = []
        self._vectors = (Iovec * self.count)()
        self.messages = (Msghdr * self.count)()
        base = ctypes.addressof(self._memory)
        at = 0
        for number, data in enumerate(frames):
            self._digits.append(at + data.index(b"Call-ID: ") + len("Call-ID: "))
            self._vectors[number] = Iovec(base + at, len(data))
            self.messages[number].iov = ctypes.pointer(self._vectors[number])
            self.messages[number].iovlen = 1
            at += len(data)

    def renumber(self, number: int) -> None:
        """Give the calls Call-IDs that no other batch has."""
        digits = b"%0*d" % (DIGITS, number)
        view = self._view
        for at in self._digits:
            view[at : at + DIGITS] = digits


def send(interface: str, rate: int, seconds: float) -> dict[str, float]:
    """Send; return what went out."""
    library = ctypes.CDLL(None, use_errno=True)
    batch = Batch()
    first = os.getpid() * 1_000_000
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        sock.bind((interface, 0))
        sent = batches = 0
        begun, spent = time.monotonic(), time.process_time()
        wanted = int(rate * seconds)
        while sent < wanted:
            batch.renumber(first + batches)
            batches += 1
            at = 0
            while at < batch.count:
                done = library.sendmmsg(
                    sock.fileno(), ctypes.byref(batch.messages[at]), batch.count - at, 0
                )
                if done < 0:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                at += done
            sent += batch.count
            wait = begun + sent / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        took, spent = time.monotonic() - begun, time.process_time() - spent
    return {
        "sent": sent,
        "calls": batches * CALLS,
        "seconds": round(took, 3),
        "cpu": round(spent, 3),
    }


if __name__ == "__main__":
    print(json.dumps(send(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))
