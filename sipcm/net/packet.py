"""The one reusable object that the decoder fills anew for each packet, and how decoding can end.

It turns a frame inside a block of bytes into positions: where the addresses and the payload lie.
Nothing is copied until somebody asks. It knows no header's layout and nothing of what a payload
means.
"""

from sipcm.annotation import Final, final, i64
from sipcm.compiled import COMPILED
from sipcm.net.ports import USUAL_PORTS
from sipcm.words import read_half

# How decoding ended. Words for people are in sipcm.net.outcome, names in sipcm.net.names.
DECODED: Final = 0  # a payload lies in start..end: of UDP, or what a stream carried
TRUNCATED: Final = 1  # the bytes end inside a header
BAD_HEADER: Final = 2  # a version or a length that contradicts the rest
TOO_DEEP: Final = 3  # more than MAX_LAYERS headers
UNKNOWN_LINKTYPE: Final = 4
UNKNOWN_FAMILY: Final = 5
UNKNOWN_LLC: Final = 6
UNKNOWN_ETHERTYPE: Final = 7
UNKNOWN_PROTOCOL: Final = 8
FRAGMENT: Final = 9
TCP: Final = 10
SCTP: Final = 11
UNKNOWN_PPP: Final = 12
TUNNEL: Final = 13  # the ports are those of a tunnel; what ends so never stays so
ENCRYPTED: Final = 14
CONTROL: Final = 15  # a message by which the ends of a tunnel talk to each other
COPY: Final = 16  # captured twice: not how decoding ended, but that nothing follows from it

# One number holds every layer that was passed: 12 layers of 5 bits stay clear of the sign.
LAYER_BITS: Final = 5
MAX_LAYERS: Final = 12


@final
class Datagram:
    """Where the parts of the packet at hand lie; valid until the next packet is decoded.

    ``buffer``          the block that holds the packet; every position counts from its begin
    ``frame``           where the frame begins
    ``version``         4 or 6, that of the innermost IP header; 0 when none was seen
    ``protocol``        of what the innermost IP carries, a number of sipcm.protocol; -1 when no IP
                        was seen
    ``source_at``, ``destination_at``      where the addresses lie
    ``source_port``, ``destination_port``  0 when none was seen
    ``start``, ``end``  the payload, clipped to what was captured; where decoding ended early, the
                        bytes from the header that was not read on
    ``layers``          the layers passed, LAYER_BITS each, the innermost in the low bits
    ``truncated``       of a payload: the packet was longer on the wire than what was captured
    ``detail``          why there is no payload: the number that was unknown; for a fragment the IP
                        version; for TOO_DEEP the limit; else the layer at which decoding ended
    ``ports``           not of the packet: the kind of tunnel behind each UDP port
    """

    __slots__ = (
        "buffer",
        "destination_at",
        "destination_port",
        "detail",
        "end",
        "frame",
        "layers",
        "ports",
        "protocol",
        "source_at",
        "source_port",
        "start",
        "truncated",
        "version",
    )

    def __init__(self) -> None:
        self.buffer: bytes = b""
        self.ports: bytes = USUAL_PORTS
        self.frame: i64 = 0
        self.version: i64 = 0
        self.protocol: i64 = -1
        self.source_at: i64 = 0
        self.destination_at: i64 = 0
        self.source_port: i64 = 0
        self.destination_port: i64 = 0
        self.start: i64 = 0
        self.end: i64 = 0
        self.layers: i64 = 0
        self.truncated: bool = False
        self.detail: i64 = 0

    def source(self) -> bytes:
        """Return the source address, 4 or 16 bytes; empty when there was no IP."""
        return self.address(self.source_at)

    def destination(self) -> bytes:
        """Return the destination address, 4 or 16 bytes; empty when there was no IP."""
        return self.address(self.destination_at)

    def joins(self, host: bytes, port: i64, peer: bytes, peer_port: i64) -> bool:
        """Tell whether this goes from *host* to *peer* (addresses and ports) or back."""
        source_port = self.source_port
        destination_port = self.destination_port
        source_at = self.source_at
        if not COMPILED and self.version == 4:  # where one address lies behind the other
            ends = self.buffer[source_at : source_at + 8]
            if source_port == port and destination_port == peer_port and ends == host + peer:
                return True
            return source_port == peer_port and destination_port == port and ends == peer + host
        if source_port == port and destination_port == peer_port and self.has(host, source_at):
            return self.has(peer, self.destination_at)
        if source_port == peer_port and destination_port == port and self.has(peer, source_at):
            return self.has(host, self.destination_at)
        return False

    def has(self, address: bytes, at: i64) -> bool:
        """Tell whether the address that lies at *at* is *address*."""
        if COMPILED and self.version == 4 and len(address) == 4:
            return read_half(self.buffer, at) == read_half(address, 0)
        return self.address(at) == address

    def address(self, at: i64) -> bytes:
        """Return the address that lies at *at*; empty when there was no IP."""
        if self.version == 4:
            return self.buffer[at : at + 4]
        if self.version == 6:
            return self.buffer[at : at + 16]
        return b""

    def payload(self) -> bytes:
        """Return a copy of the payload."""
        return self.buffer[self.start : self.end] if self.end > self.start else b""

    def begin(self, buffer: bytes, start: i64, end: i64) -> None:
        """Forget the packet before; ``buffer[start:end]`` is the frame to decode."""
        self.buffer = buffer
        self.frame = start
        self.version = 0
        self.protocol = -1
        self.source_at = 0
        self.destination_at = 0
        self.source_port = 0
        self.destination_port = 0
        self.start = start
        self.end = end
        self.layers = 0
        # Until a header has told a length that fits, the frame may have been cut anywhere.
        self.truncated = True
        self.detail = 0

    def enter(self, layer: i64, header: i64) -> bool:
        """Note that a header of *layer* begins at ``start``; tell if *header* bytes are there.

        The caller sees to it that no more than MAX_LAYERS are entered.
        """
        self.layers = (self.layers << LAYER_BITS) | layer
        self.detail = layer
        return self.end - self.start >= header

    def narrow(self, length: i64) -> None:
        """Take in that a header gives *length* bytes from ``start`` on: what follows is padding.

        A length beyond the captured bytes leaves ``end`` where it is.
        """
        if length <= self.end - self.start:
            self.end = self.start + length
            self.truncated = False
