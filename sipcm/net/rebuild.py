"""Put messages back into frames: Ethernet, IP and what carried them, with checksums that are right.

Addresses, ports and lengths are those that the messages had; everything else of the headers is made
up, and the same for the same messages. A stream is joined in its midst: no handshake is invented.
Knows nothing of SIP, and opens nothing.
"""

import struct
from collections.abc import Iterator
from typing import Final

from sipcm.protocol import PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_WEBSOCKET

MOST_SEGMENT: Final = 60_000
"""Bytes of payload in one packet; what a stream or an association carries beyond goes into the
next."""

MOST_DATAGRAM: Final = 65_507
"""Bytes of payload that UDP can have over IPv4; what is injected may be longer, and is cut."""

_ETHERTYPES: Final = {4: b"\x08\x00", 16: b"\x86\xdd"}
_HOPS: Final = 64
_PSH_ACK: Final = 0x18
_WINDOW: Final = 65_535
_TEXT_FRAME: Final = 0x81  # RFC 6455 5.2: whole, and text
_UNORDERED: Final = 4  # RFC 9260 3.3.1: without a number in its stream
_BEGIN: Final = 2
_END: Final = 1
_CRC32C: Final = 0x82F63B78

End = tuple[bytes, int]


class Rebuilder:
    """Makes frames of messages, one after the other; remembers where the streams stand."""

    def __init__(self) -> None:
        self._number = 0
        self._sent: dict[tuple[End, End], int] = {}

    def frames(
        self, source: End, destination: End, protocol: int, payload: bytes, missing: int = 0
    ) -> Iterator[tuple[bytes, int]]:
        """Yield the frames that carry *payload*, each with its length on the wire.

        *protocol* is a number of :mod:`sipcm.protocol`. Of a datagram *missing* bytes at the end
        were not captured; it is cut in the frame as well.
        """
        if protocol == PROTOCOL_WEBSOCKET:
            protocol, payload = PROTOCOL_TCP, _websocket_frame(payload)
        if protocol == PROTOCOL_UDP:
            payload = payload[:MOST_DATAGRAM]
            missing = min(missing, MOST_DATAGRAM - len(payload))
            carried = _datagram(source, destination, payload, missing)
            frame = self._packet(source[0], destination[0], protocol, carried, missing)
            yield frame, len(frame) + missing
            return
        for at in range(0, len(payload), MOST_SEGMENT) if payload else (0,):
            piece = payload[at : at + MOST_SEGMENT]
            if protocol == PROTOCOL_SCTP:
                flags = _UNORDERED | (_BEGIN if at == 0 else 0)
                flags |= _END if at + MOST_SEGMENT >= len(payload) else 0
                carried = self._chunk(source, destination, piece, flags)
            else:
                carried = self._segment(source, destination, piece)
            frame = self._packet(source[0], destination[0], protocol, carried, 0)
            yield frame, len(frame)

    def _segment(self, source: End, destination: End, payload: bytes) -> bytes:
        way, back = (source, destination), (destination, source)
        sequence = self._sent.get(way, 1)
        self._sent[way] = (sequence + len(payload)) & 0xFFFFFFFF
        ports = struct.pack("!HHII", source[1], destination[1], sequence, self._sent.get(back, 1))
        flags = struct.pack("!BBH", 5 << 4, _PSH_ACK, _WINDOW)
        length = 20 + len(payload)
        pseudo = _pseudo(source[0], destination[0], PROTOCOL_TCP, length)
        total = _checksum(pseudo + ports + flags + bytes(4) + payload)
        return ports + flags + struct.pack("!HH", total, 0) + payload

    def _chunk(self, source: End, destination: End, payload: bytes, flags: int) -> bytes:
        way = (source, destination)
        number = self._sent.get(way, 1)
        self._sent[way] = number + 1
        ports = struct.pack("!HHI", source[1], destination[1], 1)
        length = 16 + len(payload)
        data = struct.pack("!BBHIHHI", 0, flags, length, number, 0, 0, 0)
        data += payload + bytes(-length % 4)
        return ports + struct.pack("<I", _crc32c(ports + bytes(4) + data)) + data

    def _packet(
        self, source: bytes, destination: bytes, protocol: int, carried: bytes, missing: int
    ) -> bytes:
        self._number = self._number % 0xFFFF + 1
        link = _hardware(destination) + _hardware(source) + _ETHERTYPES[len(source)]
        length = len(carried) + missing
        if len(source) == 16:
            head = struct.pack("!IHBB", 6 << 28, length & 0xFFFF, protocol, _HOPS)
            return link + head + source + destination + carried
        head = struct.pack(
            "!BBHHHBBH", 0x45, 0, (20 + length) & 0xFFFF, self._number, 0, _HOPS, protocol, 0
        )
        total = _checksum(head + source + destination)
        return link + head[:10] + struct.pack("!H", total) + source + destination + carried


def _datagram(source: End, destination: End, payload: bytes, missing: int) -> bytes:
    length = 8 + len(payload) + missing
    header = struct.pack("!HHHH", source[1], destination[1], length, 0)
    if missing:  # what the checksum counts is not all there
        return header + payload
    pseudo = _pseudo(source[0], destination[0], PROTOCOL_UDP, length)
    total = _checksum(pseudo + header + payload)
    return header[:6] + struct.pack("!H", total or 0xFFFF) + payload


def _hardware(address: bytes) -> bytes:
    """Return an address of Ethernet, locally administered, for the one of IP."""
    return b"\x02\x00" + address[-4:]


def _pseudo(source: bytes, destination: bytes, protocol: int, length: int) -> bytes:
    """Return what a checksum counts beside header and payload (RFC 9293 3.1, RFC 8200 8.1)."""
    return source + destination + struct.pack("!II", length, protocol)


def _checksum(data: bytes) -> int:
    """Return the checksum of the Internet (RFC 1071) over *data*."""
    if len(data) % 2:
        data += b"\0"
    total = int.from_bytes(data, "big") % 0xFFFF
    return 0xFFFF - total if total else 0


def _websocket_frame(payload: bytes) -> bytes:
    """Return *payload* in one frame, as a server sends it (RFC 6455 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT_FRAME, size)) + payload
    if size <= 0xFFFF:
        return struct.pack("!BBH", _TEXT_FRAME, 126, size) + payload
    return struct.pack("!BBQ", _TEXT_FRAME, 127, size) + payload


def _crc32c_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_CRC32C if value & 1 else 0)  # noqa: PLW2901
        table.append(value)
    return tuple(table)


_TABLE: Final = _crc32c_table()


def _crc32c(data: bytes) -> int:
    """Return the checksum of SCTP (RFC 9260 appendix A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF
