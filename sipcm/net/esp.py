"""IPsec's encapsulating security payload: what can be seen of it when nothing is encrypted.

The header does not tell whether it is. Where encryption is NULL (RFC 2410), as in many IMS
networks, the trailer names what is carried, and that has a length which fits.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import LAYER_ESP, Layer, too_short
from sipcm.net.number import read_u16, read_u32
from sipcm.net.packet import CONTROL, DECODED, ENCRYPTED, TRUNCATED, UNKNOWN_PROTOCOL, Datagram
from sipcm.protocol import (
    PROTOCOL_IPV4,
    PROTOCOL_IPV6,
    PROTOCOL_SCTP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
)

HEADER: Final = 8
TAGS: Final = (12, 16, 0, 24, 32, 8)
"""Bytes of integrity check values, those in use most often first."""

KEEPALIVE: Final = 0xFF  # RFC 3948 2.3


@final
class Esp(Layer):
    """ESP (RFC 4303 2)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 8 bytes where encryption is NULL, and cut the trailer off."""
        if not datagram.enter(LAYER_ESP, HEADER):
            return TRUNCATED
        return unencrypted(datagram)


@final
class NatTraversal(Layer):
    """ESP in UDP, beside the key exchange (RFC 3948 2)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Go on as ESP; a text on this port is a UDP payload."""
        buffer = datagram.buffer
        at = datagram.start
        size = datagram.end - at
        if size == 1 and buffer[at] == KEEPALIVE and not datagram.truncated:
            datagram.enter(LAYER_ESP, 0)
            return CONTROL
        if size < HEADER:
            return too_short(datagram, LAYER_ESP)
        if is_text(buffer, at):
            return DECODED
        datagram.enter(LAYER_ESP, HEADER)
        if read_u32(buffer, at) == 0:
            return CONTROL  # IKE
        return unencrypted(datagram)


def unencrypted(datagram: Datagram) -> i64:
    """Look for a trailer that fits; ENCRYPTED where none does or where it was not captured."""
    if datagram.truncated:
        return ENCRYPTED
    buffer = datagram.buffer
    start = datagram.start + HEADER
    for tag in TAGS:
        trailer = datagram.end - tag - 2
        if trailer < start:
            continue
        padding: i64 = buffer[trailer]
        end = trailer - padding
        if end - start < 8 or not is_padding(buffer, end, padding):
            continue
        protocol: i64 = buffer[trailer + 1]
        if fits(buffer, start, end, protocol):
            datagram.start = start
            datagram.end = end
            datagram.protocol = protocol
            datagram.detail = protocol
            return UNKNOWN_PROTOCOL
    return ENCRYPTED


def is_padding(buffer: bytes, at: i64, size: i64) -> bool:
    """Tell whether the padding counts from 1 upwards (RFC 4303 2.4)."""
    for number in range(size):
        byte: i64 = buffer[at + number]
        if byte != number + 1:
            return False
    return True


def fits(buffer: bytes, start: i64, end: i64, protocol: i64) -> bool:
    """Tell whether ``buffer[start:end]``, 8 bytes or more, may be a whole packet of *protocol*."""
    size = end - start
    first: i64 = buffer[start]
    if protocol == PROTOCOL_UDP:
        return read_u16(buffer, start + 4) == size
    if protocol == PROTOCOL_IPV4:
        return first >> 4 == 4 and size >= 20 and read_u16(buffer, start + 2) == size
    if protocol == PROTOCOL_IPV6:
        return first >> 4 == 6 and size >= 40 and read_u16(buffer, start + 4) == size - 40
    if protocol == PROTOCOL_TCP:
        if size < 20:
            return False
        header: i64 = buffer[start + 12]
        return header & 15 == 0 and 20 <= (header >> 4) * 4 <= size
    return protocol == PROTOCOL_SCTP and size >= 16 and size & 3 == 0


def is_text(buffer: bytes, at: i64) -> bool:
    """Tell whether 8 bytes at *at* are printable."""
    text = buffer[at : at + HEADER]
    return text.isascii() and text.decode("ascii").isprintable()
