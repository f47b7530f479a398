"""Tunnels in UDP that carry frames or IP packets: each is told by its port and by its first bytes.

What does not look like the tunnel of its port is a UDP payload like any other: SIP on port 2152 is
SIP.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import (
    LAYER_GENEVE,
    LAYER_GTP,
    LAYER_TEREDO,
    LAYER_TZSP,
    LAYER_VXLAN,
    Layer,
    too_short,
)
from sipcm.net.link import (
    ETHERTYPE_BRIDGED,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPE_RAW,
)
from sipcm.net.number import read_u16
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    DECODED,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_FAMILY,
    UNKNOWN_LINKTYPE,
    Datagram,
)

VXLAN_INSTANCE: Final = 0x08
VXLAN_NEXT_PROTOCOL: Final = 0x04
VXLAN_CARRIES: Final = (0, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_BRIDGED)
"""What the next protocol of VXLAN-GPE means (draft-ietf-nvo3-vxlan-gpe 3.2)."""

GENEVE_CONTROL: Final = 0x80

GTP_DATA: Final = 255  # a G-PDU (3GPP TS 29.281 6.1)

TEREDO_ORIGIN: Final = 0
TEREDO_AUTHENTICATION: Final = 1

TZSP_END: Final = 1
TZSP_PADDING: Final = 0
TZSP_LINKTYPES: Final[dict[int, int]] = {1: 1, 18: 105, 119: 119, 127: 127}
"""Link types of capture files for the encapsulated protocols of TZSP."""


@final
class Vxlan(Layer):
    """Virtual extensible LANs (RFC 7348 5), with the Generic Protocol Extension too."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 8 bytes to the frame."""
        buffer = datagram.buffer
        at = datagram.start
        if datagram.end - at < 8:
            return too_short(datagram, LAYER_VXLAN)
        if buffer[at] & VXLAN_INSTANCE == 0 or buffer[at + 7] != 0:
            return DECODED
        datagram.enter(LAYER_VXLAN, 8)
        datagram.start = at + 8
        datagram.detail = ETHERTYPE_BRIDGED
        if buffer[at] & VXLAN_NEXT_PROTOCOL:
            following: i64 = buffer[at + 3]
            if not 0 < following < len(VXLAN_CARRIES):
                datagram.detail = following
                return UNKNOWN_FAMILY
            datagram.detail = VXLAN_CARRIES[following]
        return UNKNOWN_ETHERTYPE


@final
class Geneve(Layer):
    """Generic network virtualization (RFC 8926 3.4)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 8 bytes and the options to what the ethertype says."""
        buffer = datagram.buffer
        at = datagram.start
        size = datagram.end - at
        if size < 8:
            return too_short(datagram, LAYER_GENEVE)
        if buffer[at] & 0xC0 or buffer[at + 1] & 0x3F or buffer[at + 7]:
            return DECODED
        datagram.enter(LAYER_GENEVE, 8)
        words: i64 = buffer[at] & 0x3F
        header = 8 + words * 4
        if size < header:
            return TRUNCATED
        if buffer[at + 1] & GENEVE_CONTROL:
            return CONTROL
        datagram.start = at + header
        datagram.detail = read_u16(buffer, at + 2)
        return UNKNOWN_ETHERTYPE


@final
class Gtp(Layer):
    """The user plane of the GPRS tunnelling protocol (3GPP TS 29.281 5)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 8 bytes, the optional fields and the extension headers to an IP packet."""
        buffer = datagram.buffer
        at = datagram.start
        size = datagram.end - at
        if size < 8:
            return too_short(datagram, LAYER_GTP)
        # Version 1, and not the protocol for charging; the length counts from byte 8.
        length = read_u16(buffer, at + 2)
        if buffer[at] & 0xF0 != 0x30 or (length > size - 8 and not datagram.truncated):
            return DECODED
        datagram.enter(LAYER_GTP, 8)
        kind: i64 = buffer[at + 1]
        if kind != GTP_DATA:
            return CONTROL
        datagram.narrow(8 + length)
        header: i64 = 8
        if buffer[at] & 0x07:
            header = extensions(buffer, at, datagram.end)
            if header < 0:
                return TRUNCATED
        if header == 0:
            return BAD_HEADER
        if datagram.end - at < header:
            return TRUNCATED
        datagram.start = at + header
        datagram.detail = ETHERTYPE_RAW
        return UNKNOWN_ETHERTYPE


@final
class Tzsp(Layer):
    """What wireless sensors and routers mirror in the TaZmen Sniffer Protocol."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 4 bytes and the tagged fields to the frame."""
        buffer = datagram.buffer
        at = datagram.start
        end = datagram.end
        if end - at < 2:
            return too_short(datagram, LAYER_TZSP)
        version: i64 = buffer[at]
        kind: i64 = buffer[at + 1]
        if version != 1 or kind > 5:
            return DECODED
        if not datagram.enter(LAYER_TZSP, 4):
            return TRUNCATED
        if kind > 1:
            return CONTROL
        linktype = TZSP_LINKTYPES.get(read_u16(buffer, at + 2), -1)
        datagram.detail = read_u16(buffer, at + 2)
        at += 4
        while at < end:
            tag: i64 = buffer[at]
            at += 1
            if tag == TZSP_END:
                if linktype < 0:
                    return UNKNOWN_FAMILY
                datagram.start = at
                datagram.detail = linktype
                return UNKNOWN_LINKTYPE
            if tag != TZSP_PADDING:
                if at == end:
                    break
                length: i64 = buffer[at]
                at += 1 + length
        datagram.detail = LAYER_TZSP
        return TRUNCATED


@final
class Teredo(Layer):
    """IPv6 in UDP, behind indications of authentication and origin or none (RFC 4380 5.1.1)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over the indications to the IPv6 packet; a bubble carries nothing."""
        buffer = datagram.buffer
        end = datagram.end
        at = indications(buffer, datagram.start, end)
        if at < 0 or end - at < 40:
            return too_short(datagram, LAYER_TEREDO)
        version: i64 = buffer[at]
        length = read_u16(buffer, at + 4)
        if version >> 4 != 6 or (length != end - at - 40 and not datagram.truncated):
            return DECODED
        datagram.enter(LAYER_TEREDO, 0)
        datagram.start = at
        if length == 0:
            return CONTROL
        datagram.detail = ETHERTYPE_IPV6
        return UNKNOWN_ETHERTYPE


def extensions(buffer: bytes, at: i64, end: i64) -> i64:
    """Return the length of a GTP header with optional fields; -1 where cut short, 0 where bad."""
    header: i64 = 12
    if end - at < header:
        return -1
    following: i64 = buffer[at + 11] if buffer[at] & 0x04 else 0
    while following != 0:
        if end - at <= header:
            return -1
        units: i64 = buffer[at + header]
        if units == 0:
            return 0
        header += units * 4
        if end - at < header:
            return -1
        following = buffer[at + header - 1]
    return header


def indications(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the indications of Teredo end; -1 where they are cut short."""
    if end - at >= 4 and read_u16(buffer, at) == TEREDO_AUTHENTICATION:
        client: i64 = buffer[at + 2]
        authentication: i64 = buffer[at + 3]
        at += 13 + client + authentication  # the nonce has 8 bytes, the confirmation one
    if end - at >= 2 and read_u16(buffer, at) == TEREDO_ORIGIN:
        at += 8
    return at if at < end else -1
