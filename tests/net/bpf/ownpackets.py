"""Packets of each link type for a checkout without the given ones: our tables of frames, framed anew."""

import struct
import sys
from collections.abc import Iterator
from functools import partial
from itertools import product

from tests.net.bpf.headers import ethernet, fragments4, fragments6, ip4, ip6, udp
from tests.net.encapsulated import OTHERS, WHOLE

Packet = tuple[bytes, int]
"""What was captured of a packet, and its length on the wire."""

ETHERNET = 1
PORTS = ((5060, 5060), (53, 7), (50000, 5061))
CUTS = (24, 40)
"""Lengths that frames are cut to: within a header of IP, and behind it."""

FAMILIES = {0x0800: 2, 0x86DD: 10}
PPP_PROTOCOLS = {0x0800: 0x0021, 0x86DD: 0x0057, 0x8847: 0x0281}


def frames() -> Iterator[bytes]:
    """Yield frames of Ethernet that have a type."""
    for linktype, frame, *_ in (*WHOLE.values(), *OTHERS.values()):
        if linktype == ETHERNET and frame[12:14] >= b"\6\0":
            yield frame
    for ports, protocol in product(PORTS, (6, 17, 132)):
        payload = udp(b"OPTIONS" * 6, ports)
        yield ethernet(ip4(payload, protocol))
        yield ethernet(ip4(payload, protocol, options=bytes(8)))
        yield ethernet(ip6(payload, protocol), 0x86DD)
    yield from map(ethernet, fragments4(udp(bytes(40)), 17, 24))
    yield from map(partial(ethernet, ethertype=0x86DD), fragments6(udp(bytes(40)), 17, 24))


def framed(frame: bytes, linktype: str) -> bytes | None:
    """Return what *frame* carries in the header of *linktype*; None where that carries no such."""
    source, kind, payload = frame[6:12], int.from_bytes(frame[12:14]), frame[14:]
    family, protocol = FAMILIES.get(kind), PPP_PROTOCOLS.get(kind)
    if linktype == "EN10MB":
        return frame
    if linktype == "LINUX_SLL":
        return struct.pack("!HHH6s2xH", 0, 1, 6, source, kind) + payload
    if linktype == "LINUX_SLL2":
        return struct.pack("!HHIHBB6s2x", kind, 0, 2, 1, 0, 6, source) + payload
    if linktype == "IEEE802_11_RADIO":
        begin = struct.pack("<BBHI", 0, 0, 8, 0) + b"\x08\x01" + bytes(22)
        return begin + b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", kind) + payload
    if linktype == "PPP":
        return None if protocol is None else struct.pack("!BBH", 0xFF, 3, protocol) + payload
    if family is None:
        return None
    order = sys.byteorder if linktype == "NULL" else "big"
    return payload if linktype == "RAW" else family.to_bytes(4, order) + payload


def own_packets(linktype: str) -> list[Packet]:
    """Return packets of *linktype*, whole and cut."""
    whole = [packet for frame in frames() if (packet := framed(frame, linktype)) is not None]
    cut = [(packet[:size], len(packet)) for packet, size in product(whole, CUTS)]
    return [(packet, len(packet)) for packet in whole] + cut
