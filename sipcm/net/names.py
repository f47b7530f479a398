"""The names of how decoding ends, for pages and tests.

The hot modules use the bare numbers and never these.
"""

from enum import IntEnum

from sipcm.net import packet


class Outcome(IntEnum):
    """How the decoding of a packet ended."""

    DECODED = packet.DECODED
    TRUNCATED = packet.TRUNCATED
    BAD_HEADER = packet.BAD_HEADER
    TOO_DEEP = packet.TOO_DEEP
    UNKNOWN_LINKTYPE = packet.UNKNOWN_LINKTYPE
    UNKNOWN_FAMILY = packet.UNKNOWN_FAMILY
    UNKNOWN_LLC = packet.UNKNOWN_LLC
    UNKNOWN_ETHERTYPE = packet.UNKNOWN_ETHERTYPE
    UNKNOWN_PROTOCOL = packet.UNKNOWN_PROTOCOL
    FRAGMENT = packet.FRAGMENT
    TCP = packet.TCP
    SCTP = packet.SCTP
    UNKNOWN_PPP = packet.UNKNOWN_PPP
    TUNNEL = packet.TUNNEL
    ENCRYPTED = packet.ENCRYPTED
    CONTROL = packet.CONTROL
    COPY = packet.COPY
