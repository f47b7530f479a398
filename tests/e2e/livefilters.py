"""Filters in the kernel beside the same ones on a file: run inside a network namespace.

Captures frames that are sent on one interface at the other, by one packet socket a filter and all at
the same time; then reads them from the file that tcpdump wrote meanwhile. Prints as JSON what each
filter let through live, and of the file. ``python -m tests.e2e.livefilters SENDER RECEIVER FILE``
"""

import json
import socket
import sys
from pathlib import Path

from sipcm.net import bpf
from sipcm.net.capture import device
from sipcm.net.capture.packetsocket import PacketSocket, Wish
from sipcm.net.capture.ring import RingCursor
from sipcm.net.capturefile import CaptureFile
from tests.e2e.kernelfilters import ADDRESSES, FRAMES, LAST, ethernet, ip4, ip6, keep_in_order, udp
from tests.waiting import wait_until

UNTAGGED = (
    "",
    "udp port 5060",
    "port 5060 or port 5061",
    "not udp port 5060",
    "ip and udp",
    "ip6",
    "ip host 0.0.0.1 and portrange 5060-5070",
    "udp[8:4] = 0x6672616d",
    "ip[6:2] & 0x3fff != 0",
    "greater 50",
    "less 50 and not ip6",
    "ether proto 0x88b5",
    "ether dst 02:00:00:00:00:02 and udp dst port 5060",
)
TAGGED = (
    "vlan",
    "not vlan",
    "vlan 100 and udp port 5060",
    "vlan 100 and vlan 200 and udp port 5060",
    "udp port 5060 and not vlan",
    "vlan and ip and udp port 5060",
)
"""Without ``vlan`` the two differ: live the tag has been taken off."""

MORE = [
    ethernet(ip4(udp("sixty", 5062))),
    ethernet(ip6(udp("six", 5061)), 0x86DD),
    ethernet(ip4(udp("long" * 80, 5060))),
]


def is_tagged(frame: bytes) -> bool:
    return frame[12:14] == b"\x81\0"


def is_ours(frame: bytes, *, tagged: bool) -> bool:
    """Tell whether a test has sent *frame*: interfaces say something of their own accord too."""
    return (
        frame[:12] == ADDRESSES and LAST.encode() not in frame and (tagged or not is_tagged(frame))
    )


def frames(*, tagged: bool) -> list[bytes]:
    found = FRAMES[:-1] + MORE
    return [frame for frame in found if tagged or not is_tagged(frame)]


def live(sock: PacketSocket) -> list[bytes]:
    """Return all that came; the kernel knows how many before it hands their block over."""
    sock.stop()
    losses = sock.losses()
    cursor = RingCursor(1)
    found: list[bytes] = []

    def are_there() -> bool:
        while block := sock.read():
            cursor.feed(block)
            while cursor.next():
                found.append(cursor.buffer[cursor.start : cursor.end])
        return len(found) >= losses.passed - losses.dropped

    wait_until(are_there, "a block of the ring")
    return found


def recorded(path: Path) -> list[bytes]:
    found = []
    with CaptureFile(path) as capture:
        while capture.read():
            cursor = capture.cursor
            while cursor.next():
                found.append(cursor.buffer[cursor.start : cursor.end])
    return found


def main(sender: str, receiver: str, path: Path) -> dict[str, list[list[str]]]:
    """Send all frames; return for each filter what it let through live, and of the file."""
    interface = device.find(receiver)
    assert interface is not None
    expressions = dict.fromkeys(UNTAGGED, False) | dict.fromkeys(TAGGED, True)
    sockets = {
        expression: PacketSocket(
            interface, Wish(bpf.compile(expression, live=True), ring=1, promiscuous=True)
        )
        for expression in expressions
    }
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        keep_in_order()
        out.bind((sender, 0))
        for frame in [*frames(tagged=True), ethernet(ip4(udp(LAST, 9)))]:
            out.send(frame)
    wait_until(lambda: LAST.encode() in path.read_bytes(), "the last frame")
    whole = recorded(path)
    told = {}
    for expression, tagged in expressions.items():
        matches = bpf.compile(expression).matches
        taken = live(sockets[expression])
        kept = [frame for frame in whole if matches(frame, len(frame))]
        told[expression] = [
            [frame.hex() for frame in found if is_ours(frame, tagged=tagged)]
            for found in (taken, kept)
        ]
        sockets[expression].close()
    return told


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
