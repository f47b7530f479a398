"""Link layers: from a frame to the ethertype of what it carries.

Knows no IP beyond its version number.
"""

from sipcm.annotation import Final, final, i64
from sipcm.net.layer import (
    LAYER_ETHERNET,
    LAYER_LLC,
    LAYER_LOOPBACK,
    LAYER_RAW,
    LAYER_SLL,
    LAYER_SLL2,
    LAYER_VLAN,
    LAYER_VNTAG,
    Layer,
)
from sipcm.net.number import read_u16, read_u32
from sipcm.net.packet import (
    BAD_HEADER,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_FAMILY,
    UNKNOWN_LLC,
    Datagram,
)

ETHERTYPE_IPV4: Final = 0x0800
ETHERTYPE_IPV6: Final = 0x86DD
# Linux's number for a frame that begins with 802.2 LLC, and ours for an 802.3 length field.
ETHERTYPE_LLC: Final = 0x0004
ETHERTYPE_BRIDGED: Final = 0x6558  # transparent Ethernet bridging
# Ours, beyond all that two bytes can say: IP told by its version, Ethernet in a pseudowire.
ETHERTYPE_RAW: Final = 0x1_0000
ETHERTYPE_PSEUDOWIRE: Final = 0x1_0001
LOWEST_ETHERTYPE: Final = 0x0600  # IEEE 802.3 3.2.6: below it the field is a length

AF_INET: Final = 2  # everywhere
# AF_INET6 differs: Linux; NetBSD and OpenBSD; FreeBSD; Darwin.
AF_INET6_LINUX: Final = 10
AF_INET6_NETBSD: Final = 24
AF_INET6_FREEBSD: Final = 28
AF_INET6_DARWIN: Final = 30

LSAP_IP: Final = 0x06
LSAP_SNAP: Final = 0xAA
UNNUMBERED_INFORMATION: Final = 0x03
OUI_BRIDGED: Final = 0x0000F8  # IEEE 802.1H: ethertypes that had to be wrapped


@final
class Ethernet(Layer):
    """Ethernet II or IEEE 802.3: two addresses, then a type or a length."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 14 bytes."""
        if not datagram.enter(LAYER_ETHERNET, 14):
            return TRUNCATED
        datagram.start += 14
        return type_or_length(datagram)


@final
class Vlan(Layer):
    """A tag of IEEE 802.1Q or 802.1ad, where stacked one after the other."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 4 bytes: priority and VLAN, then a type or a length."""
        if not datagram.enter(LAYER_VLAN, 4):
            return TRUNCATED
        datagram.start += 4
        return type_or_length(datagram)


@final
class VnTag(Layer):
    """The tag by which a virtual port of a switch is told (VN-Tag, and that of 802.1BR)."""

    __slots__ = ("_size",)

    def __init__(self, size: i64) -> None:
        self._size: i64 = size

    def decode(self, datagram: Datagram) -> i64:
        """Step over the tag: 4 bytes, or 6, then a type or a length."""
        if not datagram.enter(LAYER_VNTAG, self._size):
            return TRUNCATED
        datagram.start += self._size
        return type_or_length(datagram)


@final
class Llc(Layer):
    """IEEE 802.2 LLC, with SNAP where an ethertype follows (RFC 1042)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 3 bytes, or 8 with SNAP; anything that carries no IP is UNKNOWN_LLC."""
        if not datagram.enter(LAYER_LLC, 3):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        lsap: i64 = buffer[at]
        control: i64 = buffer[at + 2]
        datagram.detail = lsap
        if control != UNNUMBERED_INFORMATION:
            return UNKNOWN_LLC
        if lsap == LSAP_IP:
            datagram.start = at + 3
            datagram.detail = ETHERTYPE_IPV4
            return UNKNOWN_ETHERTYPE
        if lsap != LSAP_SNAP:
            return UNKNOWN_LLC
        if datagram.end - at < 8:
            datagram.detail = LAYER_LLC
            return TRUNCATED
        oui = (read_u16(buffer, at + 3) << 8) | buffer[at + 5]
        if oui not in (0, OUI_BRIDGED):
            return UNKNOWN_LLC
        datagram.start = at + 8
        datagram.detail = read_u16(buffer, at + 6)
        return UNKNOWN_ETHERTYPE


@final
class Sll(Layer):
    """Linux cooked capture (LINKTYPE_LINUX_SLL): the protocol is the last field."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 16 bytes."""
        if not datagram.enter(LAYER_SLL, 16):
            return TRUNCATED
        datagram.detail = read_u16(datagram.buffer, datagram.start + 14)
        datagram.start += 16
        return UNKNOWN_ETHERTYPE


@final
class Sll2(Layer):
    """Linux cooked capture v2 (LINKTYPE_LINUX_SLL2): the protocol is the first field."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 20 bytes."""
        if not datagram.enter(LAYER_SLL2, 20):
            return TRUNCATED
        datagram.detail = read_u16(datagram.buffer, datagram.start)
        datagram.start += 20
        return UNKNOWN_ETHERTYPE


@final
class Loopback(Layer):
    """BSD loopback: an address family, in host order (LINKTYPE_NULL) or network order (LOOP)."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Step over 4 bytes, of which the families in use fill only one end."""
        if not datagram.enter(LAYER_LOOPBACK, 4):
            return TRUNCATED
        buffer = datagram.buffer
        at = datagram.start
        # The capturing host is unknown, so both orders are tried; families are small numbers.
        little: i64 = buffer[at]
        family = read_u32(buffer, at)
        if family == little << 24:
            family = little
        if family == AF_INET:
            datagram.detail = ETHERTYPE_IPV4
        elif family in (AF_INET6_LINUX, AF_INET6_NETBSD, AF_INET6_FREEBSD, AF_INET6_DARWIN):
            datagram.detail = ETHERTYPE_IPV6
        else:
            datagram.detail = family
            return UNKNOWN_FAMILY
        datagram.start = at + 4
        return UNKNOWN_ETHERTYPE


@final
class Raw(Layer):
    """No link header at all: the version number of the IP header tells the two apart."""

    __slots__ = ()

    def decode(self, datagram: Datagram) -> i64:
        """Look at the first byte and step over nothing."""
        if not datagram.enter(LAYER_RAW, 1):
            return TRUNCATED
        version: i64 = datagram.buffer[datagram.start]
        version >>= 4
        if version == 4:
            datagram.detail = ETHERTYPE_IPV4
        elif version == 6:
            datagram.detail = ETHERTYPE_IPV6
        else:
            return BAD_HEADER
        return UNKNOWN_ETHERTYPE


def type_or_length(datagram: Datagram) -> i64:
    """Read the ethertype before ``start``; a length bounds the frame and announces LLC."""
    number = read_u16(datagram.buffer, datagram.start - 2)
    if number < LOWEST_ETHERTYPE:
        datagram.narrow(number)
        number = ETHERTYPE_LLC
    datagram.detail = number
    return UNKNOWN_ETHERTYPE
