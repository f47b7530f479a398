"""One packet, and what can be read in it without knowing any other: link, IP, UDP, SIP.

Or a message of which others know how it came, in a stream or by hand, as if it had been a packet.
Packets are filled anew, a lot at a time: to read a lot and then follow it is quicker than to go
through all layers with each packet, because the code and data of the two do not get in each other's
way.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.decode import decode, decode_on
from sipcm.net.number import read_u16
from sipcm.net.packet import DECODED, UNKNOWN_PROTOCOL, Datagram
from sipcm.net.ports import USUAL_PORTS
from sipcm.sip.message import Message
from sipcm.sip.payload import SIP, UNKNOWN, classify
from sipcm.sip.scanner import scan

# What may begin with a byte from a line end to a tilde may be SIP.
LINE_FEED: Final = 10
TILDE: Final = 126

NOT_SCANNED: Final = -1


@final
class Packet:
    """A packet as it was captured and read; valid until it is filled anew.

    ``timestamp``  nanoseconds since 1970, packet time
    ``wire``       bytes on the wire
    ``linktype``   as capture files number it
    ``outcome``    how decoding ended; what follows counts only for DECODED
    ``kind``       what the payload is
    ``reason``     why the scanner cannot read it as a message, 0 if it can; NOT_SCANNED where the
                   first byte is that of no text
    ``message``    counts only for SIP
    """

    __slots__ = (
        "datagram",
        "kind",
        "linktype",
        "message",
        "outcome",
        "reason",
        "timestamp",
        "wire",
    )

    def __init__(self, ports: bytes = USUAL_PORTS) -> None:
        self.timestamp: i64 = 0
        self.wire: i64 = 0
        self.linktype: i64 = 0
        self.datagram: Datagram = Datagram()
        self.datagram.ports = ports
        self.message: Message = Message()
        self.outcome: i64 = DECODED
        self.kind: i64 = UNKNOWN
        self.reason: i64 = NOT_SCANNED

    def read(
        self, buffer: bytes, start: i64, end: i64, wire: i64, linktype: i64, timestamp: i64
    ) -> None:
        """Fill the packet from the frame ``buffer[start:end]``."""
        self.timestamp = timestamp
        self.wire = wire
        self.linktype = linktype
        self.outcome = outcome = decode(buffer, start, end, linktype, self.datagram)
        if outcome == DECODED:
            self.read_payload()

    def read_on(self) -> None:
        """Go on behind IP, where the datagram has been put together from fragments."""
        datagram = self.datagram
        datagram.detail = datagram.protocol
        self.outcome = decode_on(UNKNOWN_PROTOCOL, datagram)
        if self.outcome == DECODED:
            self.read_payload()

    def read_payload(self) -> None:
        """Tell what the payload is, and read it if it is SIP."""
        datagram = self.datagram
        buffer = datagram.buffer
        # What can be read as SIP is SIP; only what cannot be read must be told apart.
        at = datagram.start
        end = datagram.end
        if end > at and LINE_FEED <= buffer[at] <= TILDE:
            self.reason = reason = scan(buffer, at, end, self.message)
            if reason == 0:
                self.kind = SIP
                return
        else:
            self.reason = NOT_SCANNED
        self.kind = classify(buffer, at, end, datagram.source_port, datagram.destination_port)
        if self.kind == SIP and self.reason == NOT_SCANNED:
            self.reason = scan(buffer, at, end, self.message)

    def carry(
        self, buffer: bytes, start: i64, end: i64, protocol: i64, addresses: i64, ends: bytes
    ) -> None:
        """Fill the packet with the payload ``buffer[start:end]``, as if it had come by itself.

        *ends* is both addresses, then both ports, the sender's first; the addresses lie at
        *addresses* of *buffer* too. The layers are left as they are. It is for :meth:`read_payload`
        to tell what it is, or for :meth:`scan`.
        """
        datagram = self.datagram
        layers = datagram.layers
        ports: i64 = len(ends) - 4
        size = ports >> 1
        datagram.begin(buffer, start, end)
        datagram.layers = layers
        datagram.version = 4 if size == 4 else 6
        datagram.protocol = protocol
        datagram.source_at = addresses
        datagram.destination_at = addresses + size
        datagram.source_port = read_u16(ends, ports)
        datagram.destination_port = read_u16(ends, ports + 2)
        datagram.truncated = False
        self.wire = end - start
        self.outcome = DECODED

    def scan(self) -> None:
        """Read the payload as a message; it is taken for SIP in any case."""
        datagram = self.datagram
        self.reason = scan(datagram.buffer, datagram.start, datagram.end, self.message)
        self.kind = SIP

    def place(
        self,
        payload: bytes,
        protocol: i64,
        source: bytes,
        source_port: i64,
        destination: bytes,
        destination_port: i64,
    ) -> None:
        """Fill the packet with *payload*, which nobody captured, as :meth:`scan` reads it.

        Both addresses have 4 bytes, or 16. When it happens is for the pipeline to say.
        """
        addresses = source + destination
        buffer = addresses + payload
        self.carry(buffer, len(addresses), len(buffer), protocol, 0, addresses + bytes(4))
        self.datagram.layers = 0
        self.datagram.source_port = source_port
        self.datagram.destination_port = destination_port
        self.scan()


@final
class Doubt:
    """A packet whose leap in time only the next packet can confirm (:mod:`sipcm.clock`)."""

    __slots__ = ("leap", "packet")

    def __init__(self, packet: Packet, leap: i64) -> None:
        self.packet: Packet = packet
        self.leap: i64 = leap
