"""Programs in the kernel, on a pair of virtual interfaces: run inside a network namespace.

Prints as JSON which of the frames that are sent on one end each program lets through at the other.
``python -m tests.e2e.kernelfilters SENDER RECEIVER``
"""

import json
import os
import select
import socket
import struct
import sys

from sipcm.net import bpf
from tests.waiting import PATIENCE

ETH_P_ALL = 3
MARK = b"frame:"
LAST = "last"
ADDRESSES = bytes.fromhex("020000000002020000000001")

CASES = {
    "udp port 5060": ("EN10MB", "udp port 5060", False),
    "wide": ("EN10MB", "udp port 5060", True),
    "vlan": ("EN10MB", "vlan", False),
    "vlan 100": ("EN10MB", "vlan 100 and udp port 5060", False),
    "vlan in vlan": ("EN10MB", "vlan 100 and vlan 200 and udp port 5060", False),
    "no vlan": ("EN10MB", "not vlan", False),
    "inbound": ("EN10MB", "inbound and udp", False),
    "outbound": ("EN10MB", "outbound and udp", False),
    "cooked": ("LINUX_SLL2", "udp port 5060 and inbound", False),
    "cooked v1": ("LINUX_SLL", "ip6 and udp port 5060", False),
}
"""Link type, expression, and whether fragments are let through."""


def udp(name: str, port: int) -> bytes:
    payload = MARK + name.encode()
    return struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload


def ip4(inner: bytes, fragment: int = 0) -> bytes:
    length = 20 + len(inner)
    return struct.pack("!BBHHHBBHII", 0x45, 0, length, 7, fragment, 64, 17, 0, 1, 2) + inner


def ip6(inner: bytes) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(inner), 17, 64) + bytes(15) + b"\1" + bytes(16) + inner


def ethernet(inner: bytes, ethertype: int = 0x0800, tags: tuple[int, ...] = ()) -> bytes:
    tagged = b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags)
    return ADDRESSES + tagged + struct.pack("!H", ethertype) + inner


FRAMES = [
    ethernet(ip4(udp("sip", 5060))),
    ethernet(ip4(udp("other", 5061))),
    ethernet(ip6(udp("sip6", 5060)), 0x86DD),
    ethernet(ip4(MARK + b"fragment", 0x0020)),
    ethernet(ip4(udp("tag100", 5060)), tags=(100,)),
    ethernet(ip4(udp("tag200", 5060)), tags=(200,)),
    ethernet(ip4(udp("tags", 5060)), tags=(100, 200)),
    ethernet(MARK + b"foreign", 0x88B5),
    ethernet(ip4(udp(LAST, 5060))),
]


def receiver(device: str, linktype: str, expression: str, *, fragments: bool) -> socket.socket:
    """Open a socket with the filter in place before anything can come in."""
    kind = socket.SOCK_RAW if linktype == "EN10MB" else socket.SOCK_DGRAM
    sock = socket.socket(socket.AF_PACKET, kind, 0)
    bpf.compile(expression, linktype, live=True, fragments=fragments).attach(sock)
    sock.bind((device, ETH_P_ALL))
    return sock


def keep_in_order() -> None:
    """Stay on one processor: what is sent on another one waits in another queue of the kernel."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def received(sock: socket.socket, patience: float = 0) -> list[str]:
    """Return the names of the frames that came in, without the last, for which it may wait."""
    found = []
    while select.select([sock], [], [], patience)[0]:
        frame = sock.recv(2048)
        name = frame.partition(MARK)[2].decode()
        if name == LAST:
            break
        found.append(name)
    return [name for name in found if name]


def main(sender: str, device: str) -> dict[str, list[str]]:
    """Send all frames and return what each program let through."""
    opened = {}
    for name, (linktype, expression, fragments) in CASES.items():
        own = sender if name == "outbound" else device
        opened[name] = receiver(own, linktype, expression, fragments=fragments)
    keep_in_order()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind((sender, 0))
        for frame in FRAMES:
            out.send(frame)
    told = {}
    for name, sock in opened.items():
        with sock:
            # When the last frame has come to the first, all others have come to each.
            told[name] = received(sock, PATIENCE if name == "udp port 5060" else 0)
    return told


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
