"""The blocks of a pcapng file (draft-ietf-opsawg-pcapng 4.1 to 4.3): its begin, and packets.

In the byte order of the machine. Knows nothing of packets; opens and closes nothing.
"""

import struct
from typing import Final

SECTION_HEADER: Final = 0x0A0D0D0A
BYTE_ORDER: Final = 0x1A2B3C4D
INTERFACE_DESCRIPTION: Final = 1
ENHANCED_PACKET: Final = 6

USER_APPLICATION: Final = 4
NAME: Final = 2
TIME_RESOLUTION: Final = 9
NANOSECONDS: Final = b"\x09"


def section(application: str) -> bytes:
    """Return the block that begins a file, written by *application*."""
    fixed = struct.pack("=IHHq", BYTE_ORDER, 1, 0, -1)
    return _block(SECTION_HEADER, fixed + _option(USER_APPLICATION, application.encode()))


def interface(name: str, linktype: int, snaplen: int) -> bytes:
    """Return the block that describes the interface *name*; times are in nanoseconds."""
    fixed = struct.pack("=HHI", linktype, 0, snaplen)
    options = _option(NAME, name.encode()) + _option(TIME_RESOLUTION, NANOSECONDS)
    return _block(INTERFACE_DESCRIPTION, fixed + options)


def packet(timestamp: int, data: bytes, wire: int) -> bytes:
    """Return the block of a packet of the first interface: *data*, of *wire* bytes on the wire.

    *timestamp* is nanoseconds since 1970.
    """
    high, low = timestamp >> 32 & 0xFFFFFFFF, timestamp & 0xFFFFFFFF
    fixed = struct.pack("=IIIII", 0, high, low, len(data), wire)
    return _block(ENHANCED_PACKET, fixed + data + bytes(-len(data) % 4))


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(4)  # the end of the options
    total = struct.pack("=I", len(body) + 12)
    return struct.pack("=I", kind) + total + body + total


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("=HH", code, len(value)) + value + bytes(-len(value) % 4)
