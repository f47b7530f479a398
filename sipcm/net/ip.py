"""IP layers: from an IPv4 or IPv6 header and its extensions to the protocol that follows.

Knows no link layer, no ports and no reassembly: a fragment ends the decoding.
"""

from sipcm.annotation import final, i64
from sipcm.net.layer import LAYER_EXTENSION, LAYER_IPV4, LAYER_IPV6, Layer
from sipcm.net.number import read_u16
from sipcm.net.packet import BAD_HEADER, FRAGMENT, TRUNCATED, UNKNOWN_PROTOCOL, Datagram


@final
class Ipv4(Layer):
    """An IPv4 header with its options (RFC 791 3.1)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Note addresses and protocol, cut off the padding, step over 20 to 60 bytes."""
        if not datagram.enter(LAYER_IPV4, 20):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        version_and_length: i64 = buffer[at]
        header = (version_and_length & 15) * 4
        total = read_u16(buffer, at + 2)
        if version_and_length >> 4 != 4 or header < 20 or 0 < total < header:
            return BAD_HEADER
        datagram.version = 4
        datagram.source_port = datagram.destination_port = 0
        datagram.source_at = at + 12
        datagram.destination_at = at + 16
        datagram.protocol = buffer[at + 9]
        limit(datagram, total, total)
        if datagram.end - at < header:
            return TRUNCATED
        datagram.start = at + header
        # More Fragments and the offset; Don't Fragment is masked out.
        if read_u16(buffer, at + 6) & 0x3FFF:
            datagram.detail = 4
            return FRAGMENT
        datagram.detail = datagram.protocol
        return UNKNOWN_PROTOCOL


@final
class Ipv6(Layer):
    """An IPv6 header (RFC 8200 3)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Note addresses and next header, cut off the padding, step over 40 bytes."""
        if not datagram.enter(LAYER_IPV6, 40):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        version: i64 = buffer[at]
        if version >> 4 != 6:
            return BAD_HEADER
        datagram.version = 6
        datagram.source_port = datagram.destination_port = 0
        datagram.source_at = at + 8
        datagram.destination_at = at + 24
        length = read_u16(buffer, at + 4)
        limit(datagram, length, 40 + length)
        return follow(datagram, buffer[at + 6], 40)


@final
class Options(Layer):
    """Hop-by-hop options, routing or destination options (RFC 8200 4.3, 4.4, 4.6)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 8 bytes and as many more units of 8 as the length says."""
        if not datagram.enter(LAYER_EXTENSION, 8):
            return TRUNCATED
        units: i64 = datagram.buffer[datagram.start + 1]
        return follow(datagram, datagram.buffer[datagram.start], (units + 1) * 8)


@final
class Authentication(Layer):
    """The IP authentication header (RFC 4302 2), which hides nothing."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the header, whose length counts words of 4 bytes, less two."""
        if not datagram.enter(LAYER_EXTENSION, 12):
            return TRUNCATED
        words: i64 = datagram.buffer[datagram.start + 1]
        if words == 0:
            return BAD_HEADER
        return follow(datagram, datagram.buffer[datagram.start], (words + 2) * 4)


@final
class Fragment(Layer):
    """The IPv6 fragment header (RFC 8200 4.5)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """End with FRAGMENT; step over the 8 bytes when the packet is whole (RFC 6946).

        IPv4 says in its own header what is a fragment, and has no room for this one.
        """
        if not datagram.enter(LAYER_EXTENSION, 8):
            return TRUNCATED
        if datagram.version != 6:
            return BAD_HEADER
        at = datagram.start
        outcome = follow(datagram, datagram.buffer[at], 8)
        if read_u16(datagram.buffer, at + 2) & 0xFFF9:
            datagram.detail = 6
            return FRAGMENT
        return outcome


def limit(datagram: Datagram, field: i64, length: i64) -> None:
    """Let the packet at ``start`` have *length* bytes if the length *field* says anything.

    It is 0 where segmentation was left to the network card and in jumbograms (RFC 2675): then all
    that was captured counts, and nothing tells whether more was sent.
    """
    if field == 0:
        datagram.truncated = False
    else:
        datagram.narrow(length)


def follow(datagram: Datagram, protocol: i64, header: i64) -> i64:
    """Step over *header* bytes to *protocol*; TRUNCATED if they are not all there."""
    datagram.protocol = protocol
    if datagram.end - datagram.start < header:
        return TRUNCATED
    datagram.start += header
    datagram.detail = protocol
    return UNKNOWN_PROTOCOL


def cut_off(datagram: Datagram) -> i64:
    """Return how many bytes of a segment were not captured, as far as the IP header tells."""
    buffer = datagram.buffer
    if datagram.version == 4:
        header = datagram.source_at - 12
        length = read_u16(buffer, header + 2)
    elif datagram.version == 6:
        header = datagram.source_at - 8
        length = read_u16(buffer, header + 4) + 40
    else:
        return 0
    return max(0, header + length - datagram.end)
