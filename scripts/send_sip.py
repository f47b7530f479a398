"""Send SIP calls over UDP on an interface of this machine at a steady rate, for load tests.

    python scripts/send_sip.py INTERFACE PACKETS_PER_SECOND SECONDS

Each call is seven messages of 700 bytes (INVITE, 100, 180, 200, ACK, BYE, 200) with a Call-ID of
its own, between two made-up addresses, as Ethernet frames: nobody needs to listen. Prints as JSON
how many packets went out, of how many calls, in how many seconds, and how many of CPU that took:
with virtual interfaces the kernel takes a packet in where it was sent, so the work of the capture
up to its ring is part of it.

Use it on a pair of virtual interfaces in a network namespace of its own, never on a real network:
the kernel is handed many packets in one piece, which it cuts before they go out (udp(7),
UDP_SEGMENT), and the interface is told to leave that to it. Where that cannot be had, as before
Linux 6.2, packets are sent one by one, which takes five times as long.
"""

import array
import fcntl
import json
import os
import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Final

CALLS: Final = 36
"""In one batch: as many messages as fit into one piece."""

SIZE: Final = 700
"""Bytes of a message."""

DIGITS: Final = 12
STEPS: Final = (
    (">", "INVITE", 1),
    ("<", "100 Trying", 1),
    ("<", "180 Ringing", 1),
    ("<", "200 OK", 1),
    (">", "ACK", 1),
    (">", "BYE", 2),
    ("<", "200 OK", 2),
)

SOL_PACKET: Final = 263
PACKET_VNET_HDR: Final = 15
NEEDS_CHECKSUM: Final = 1
GSO_UDP_L4: Final = 5
SINCE: Final = (6, 2)
"""The version of Linux that knows it."""
HEADERS: Final = 42
"""Bytes of Ethernet, IPv4 and UDP."""
UDP_AT: Final = 34
CHECKSUM_AT: Final = 6
"""In the header of UDP."""
OFFLOAD: Final = struct.Struct("=2B4H")
"""The kernel's struct virtio_net_hdr: flags, type, lengths of headers and pieces, checksum."""

SIOCETHTOOL: Final = 0x8946
ETHTOOL_GSTRINGS: Final = 0x1B
ETHTOOL_SFEATURES: Final = 0x3B
ETH_SS_FEATURES: Final = 4
NAME: Final = 32
"""Bytes of the name of a feature."""
MOST_FEATURES: Final = 128
WORDS: Final = 2
"""Of 32 features each."""
SEGMENTATION: Final = b"tx-udp-segmentation"


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
    header = fixed[:10] + struct.pack("!H", ~_sum(fixed) & 0xFFFF) + fixed[12:]
    udp = struct.pack("!HHHH", 5060, 5060, length, 0)
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + header + udp + payload


def _sum(data: bytes) -> int:
    """Return the sum of RFC 1071 over *data*."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def whole(side: str, payload: bytes) -> bytes:
    """Return *payload* as one datagram that the kernel cuts into messages."""
    data = bytearray(frame(side, payload))
    pseudo = bytes(data[26:34]) + struct.pack("!HH", 17, 8 + len(payload))
    data[40:42] = struct.pack("!H", _sum(pseudo))
    return OFFLOAD.pack(NEEDS_CHECKSUM, GSO_UDP_L4, HEADERS, SIZE, UDP_AT, CHECKSUM_AT) + data


def single(side: str, payload: bytes) -> bytes:
    """Return *payload* as a datagram that is sent as it is."""
    return OFFLOAD.pack(0, 0, 0, 0, 0, 0) + frame(side, payload)


class Batch:
    """CALLS calls, ready to be sent: a piece for each step, or for each message if not *cut*."""

    def __init__(self, *, cut: bool) -> None:
        self.pieces = [bytearray(piece) for piece in _pieces(cut=cut)]
        self.packets = CALLS if cut else 1
        """Of a piece."""
        self._digits = [
            (memoryview(piece), at) for piece in self.pieces for at in _behind(piece, b"Call-ID: ")
        ]

    def renumber(self, number: int) -> None:
        """Give the calls Call-IDs that no other batch has."""
        digits = b"%0*d" % (DIGITS, number)
        for view, at in self._digits:
            view[at : at + DIGITS] = digits


def _pieces(*, cut: bool) -> list[bytes]:
    found = []
    for side, what, cseq in STEPS:
        messages = [message(side, what, cseq, call) for call in range(CALLS)]
        if cut:
            found.append(whole(side, b"".join(messages)))
        else:
            found += [single(side, payload) for payload in messages]
    return found


def _behind(piece: bytearray, before: bytes) -> list[int]:
    """Return the places behind each *before* in *piece*."""
    found = []
    at = piece.find(before)
    while at >= 0:
        found.append(at + len(before))
        at = piece.find(before, at + 1)
    return found


def cuts(interface: str) -> bool:
    """Tell *interface* to leave it to the kernel to cut datagrams; False where it does not."""
    if tuple(map(int, os.uname().release.split(".")[:2])) < SINCE:
        return False
    with socket.socket() as asking, suppress(OSError, ValueError):
        strings = struct.pack("3I", ETHTOOL_GSTRINGS, ETH_SS_FEATURES, 0)
        told = _ethtool(asking, interface, strings + bytes(MOST_FEATURES * NAME))
        [count] = struct.unpack_from("I", told, 8)
        names = [told[at : at + NAME].split(b"\0")[0] for at in range(12, 12 + count * NAME, NAME)]
        number = names.index(SEGMENTATION)
        words = [0] * (2 * WORDS)
        words[number // 32 * 2] = 1 << number % 32  # valid; what is wanted, behind it, stays 0
        _ethtool(
            asking, interface, struct.pack(f"{2 + 2 * WORDS}I", ETHTOOL_SFEATURES, WORDS, *words)
        )
        return True
    return False


def _ethtool(asking: socket.socket, interface: str, data: bytes) -> bytes:
    """Ask what *data* says of *interface*; return *data* with the answer (ethtool(8))."""
    memory = array.array("B", data)
    fcntl.ioctl(
        asking, SIOCETHTOOL, struct.pack("16sP16x", interface.encode(), memory.buffer_info()[0])
    )
    return memory.tobytes()


def send(interface: str, rate: int, seconds: float) -> dict[str, float]:
    """Send; return what went out."""
    first = os.getpid() * 1_000_000
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        sock.bind((interface, 0))
        batch = Batch(cut=cuts(interface))
        sent = batches = 0
        begun, spent = time.monotonic(), time.process_time()
        wanted = int(rate * seconds)
        while sent < wanted:
            batch.renumber(first + batches)
            batches += 1
            for piece in batch.pieces:
                sock.send(piece)
                sent += batch.packets
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
