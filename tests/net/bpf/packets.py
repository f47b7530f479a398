"""Packets of each link type, the given ones where there are any, and sets of them as bitmaps."""

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Literal

from sipcm.net.capturefile import CaptureFile
from tests.conftest import find_shared
from tests.net.bpf.ownpackets import Packet, own_packets

LINKTYPES = (
    "EN10MB",
    "LINUX_SLL",
    "LINUX_SLL2",
    "RAW",
    "NULL",
    "LOOP",
    "PPP",
    "IEEE802_11_RADIO",
)
"""The link types that packets are given of."""

FAMILIES = {2: 2, 10: 10, 24: 10, 28: 10, 30: 10}
"""The address families of IPv4 and IPv6 on all systems, and what they are on Linux."""

FAMILY_ORDER: dict[str, Literal["little", "big"]] = {"NULL": sys.byteorder, "LOOP": "big"}


@cache
def packets(linktype: str) -> list[Packet]:
    """Return the given packets of *linktype*; our own where this checkout has no shared material."""
    shared = find_shared()
    if shared is None:
        return own_packets(linktype)
    with CaptureFile(shared / "bpf" / "packets" / f"{linktype}.pcap") as capture:
        return list(_records(capture))


def _records(capture: CaptureFile) -> Iterator[Packet]:
    cursor = capture.cursor
    while capture.read():
        while cursor.next():
            yield cursor.buffer[cursor.start : cursor.end], cursor.wire


@cache
def localised(linktype: str) -> list[Packet]:
    """Return the packets as a program of this system recognises them.

    The address families of NULL and LOOP are numbers of the system that wrote the file, of NULL in
    its byte order.
    """
    return [(_localised(packet, linktype), wire) for packet, wire in packets(linktype)]


def _localised(packet: bytes, linktype: str) -> bytes:
    if linktype not in FAMILY_ORDER or len(packet) < 4:
        return packet
    families = [int.from_bytes(packet[:4], order) for order in ("little", "big")]
    if linktype == "LOOP":
        families = families[1:]
    known = [family for family in families if family in FAMILIES]
    if not known:
        return packet
    return FAMILIES[known[0]].to_bytes(4, FAMILY_ORDER[linktype]) + packet[4:]


def bitmap(verdicts: Iterable[object]) -> int:
    """Return the numbers of the true ones, counted from 0, as the bits of an integer."""
    return int("".join("1" if each else "0" for each in verdicts)[::-1] or "0", 2)


def numbers(bits: int) -> list[int]:
    """Return which bits are set, in order."""
    return [number for number in range(bits.bit_length()) if bits >> number & 1]
