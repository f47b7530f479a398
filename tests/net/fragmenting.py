"""Cuts IP packets into fragments, as routers and hosts do, and as nobody should."""

import struct

from sipcm.net.decode import decode
from sipcm.net.defrag import Defragmenter
from sipcm.net.packet import FRAGMENT, Datagram
from tests.net.encapsulated import FRAGMENT6, SOURCE4, SOURCE6, ethernet, ip4, ip6

Cut = tuple[int, int, bool]
"""Where a fragment begins and ends in the payload of the packet, and whether more follow."""


def cuts(size: int, step: int) -> list[Cut]:
    """Return the fragments of *size* bytes, *step* in each."""
    return [(at, min(at + step, size), at + step < size) for at in range(0, size, step)]


def fragment4(payload: bytes, cut: Cut, number: int = 1, source: bytes = SOURCE4) -> bytes:
    """Return a frame with a fragment of an IPv4 packet of UDP with *payload* behind the header."""
    begin, end, more = cut
    packet = bytearray(ip4(payload[begin:end], flags=begin // 8 | (0x2000 if more else 0)))
    packet[4:6] = struct.pack("!H", number)
    packet[12:16] = source
    return ethernet(0x0800, bytes(packet))


def fragment6(payload: bytes, cut: Cut, number: int = 1, source: bytes = SOURCE6) -> bytes:
    """Return a frame with a fragment of an IPv6 packet of UDP with *payload* behind the header."""
    begin, end, more = cut
    header = struct.pack("!BBHI", 17, 0, begin | more, number)
    packet = bytearray(ip6(header + payload[begin:end], FRAGMENT6))
    packet[8:24] = source
    return ethernet(0x86DD, bytes(packet))


def give(defragmenter: Defragmenter, frame: bytes, moment: int = 0) -> Datagram | None:
    """Hand over *frame*, a fragment; return the packet if it is whole now."""
    datagram = Datagram()
    buffer = b"before" + frame + b"behind"
    assert decode(buffer, 6, 6 + len(frame), 1, datagram) == FRAGMENT
    return datagram if defragmenter.take(datagram, moment) else None
