"""From a captured frame to a Datagram: which layer follows which.

The tables name a layer for each number that a header can give. ``decode_general`` walks them;
``decode`` knows the most frequent frame by heart and gives the same answer faster. Nothing here
knows time, files or SIP, and nothing raises, whatever the bytes are.
"""

from struct import Struct

from sipcm.annotation import Final, i64
from sipcm.compiled import COMPILED
from sipcm.net import esp, gre, ip, link, logged, mpls, overlay, ports, ppp, transport, wireless
from sipcm.net.layer import LAYER_ETHERNET, LAYER_IPV4, LAYER_TCP, LAYER_UDP, Layer
from sipcm.net.link import ETHERTYPE_IPV4
from sipcm.net.packet import (
    DECODED,
    LAYER_BITS,
    MAX_LAYERS,
    TCP,
    TOO_DEEP,
    TUNNEL,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_LINKTYPE,
    UNKNOWN_PPP,
    UNKNOWN_PROTOCOL,
    Datagram,
)
from sipcm.protocol import (
    PROTOCOL_AUTHENTICATION,
    PROTOCOL_DESTINATION,
    PROTOCOL_ESP,
    PROTOCOL_ETHERNET,
    PROTOCOL_FRAGMENT,
    PROTOCOL_GRE,
    PROTOCOL_HOP_BY_HOP,
    PROTOCOL_IPV4,
    PROTOCOL_IPV6,
    PROTOCOL_MPLS,
    PROTOCOL_ROUTING,
    PROTOCOL_SCTP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
)
from sipcm.words import read_word, swapped

# As tcpdump.org/linktypes.html numbers it.
EN10MB: Final = 1
ETHERNET_IPV4_UDP: Final = (
    (LAYER_ETHERNET << (2 * LAYER_BITS)) | (LAYER_IPV4 << LAYER_BITS) | LAYER_UDP
)
ETHERNET_IPV4_TCP: Final = (
    (LAYER_ETHERNET << (2 * LAYER_BITS)) | (LAYER_IPV4 << LAYER_BITS) | LAYER_TCP
)

# So many layers that another would not fit.
FULL: Final = 1 << ((MAX_LAYERS - 1) * LAYER_BITS)

# Of these layers in one: ethertype, version and header length, total length, fragment, protocol,
# ports, UDP length (half of the sequence number of TCP).
HEADERS: Final = Struct(">12xHBxHxxHxB10xHHH")

IPV4_LAYER: Final[Layer] = ip.Ipv4()
IPV6_LAYER: Final[Layer] = ip.Ipv6()
OPTIONS_LAYER: Final[Layer] = ip.Options()
RAW_LAYER: Final[Layer] = link.Raw()
ETHERNET_LAYER: Final[Layer] = link.Ethernet()
VLAN_LAYER: Final[Layer] = link.Vlan()
LOOPBACK_LAYER: Final[Layer] = link.Loopback()
PPP_LAYER: Final[Layer] = ppp.Ppp()
PPPOE_LAYER: Final[Layer] = ppp.Pppoe()
DIRECTED_PPP_LAYER: Final[Layer] = ppp.DirectedPpp()
MPLS_LAYER: Final[Layer] = mpls.Mpls()
PKTAP_LAYER: Final[Layer] = logged.Pktap()

LINKTYPES: Final[dict[int, Layer]] = {
    0: LOOPBACK_LAYER,  # NULL
    EN10MB: ETHERNET_LAYER,
    9: PPP_LAYER,
    12: RAW_LAYER,  # DLT_RAW of most systems
    14: RAW_LAYER,  # DLT_RAW of OpenBSD
    50: ppp.PppOrHdlc(),
    51: PPPOE_LAYER,
    101: RAW_LAYER,
    104: ppp.Hdlc(),
    105: wireless.Wlan(padded=False),
    108: LOOPBACK_LAYER,  # LOOP
    109: logged.Enc(),
    113: link.Sll(),
    117: logged.Pflog(),
    127: wireless.Radiotap(),
    149: PKTAP_LAYER,  # DLT_USER2, which macOS took for it
    166: DIRECTED_PPP_LAYER,  # pppd
    204: DIRECTED_PPP_LAYER,
    228: IPV4_LAYER,
    229: IPV6_LAYER,
    239: logged.Nflog(),
    258: PKTAP_LAYER,
    276: link.Sll2(),
    wireless.IEEE802_11_PADDED: wireless.Wlan(padded=True),
}

ETHERTYPES: Final[dict[int, Layer]] = {
    link.ETHERTYPE_LLC: link.Llc(),
    ETHERTYPE_IPV4: IPV4_LAYER,
    gre.ETHERTYPE_ERSPAN_3: gre.Erspan3(),
    link.ETHERTYPE_BRIDGED: ETHERNET_LAYER,
    0x8100: VLAN_LAYER,  # 802.1Q
    link.ETHERTYPE_IPV6: IPV6_LAYER,
    gre.ETHERTYPE_PPP: PPP_LAYER,
    0x8847: MPLS_LAYER,
    0x8848: MPLS_LAYER,  # multicast, or labels of upstream (RFC 5332)
    0x8864: PPPOE_LAYER,
    0x88A8: VLAN_LAYER,  # 802.1ad, the outer tag
    gre.ETHERTYPE_ERSPAN: gre.Erspan(),
    0x8926: link.VnTag(6),
    0x893F: link.VnTag(8),  # 802.1BR
    0x9100: VLAN_LAYER,  # 802.1ad before it was standardized
    link.ETHERTYPE_RAW: RAW_LAYER,
    link.ETHERTYPE_PSEUDOWIRE: mpls.Pseudowire(),
}

PPP_PROTOCOLS: Final[dict[int, Layer]] = {
    0x21: IPV4_LAYER,
    0x57: IPV6_LAYER,
    0x281: MPLS_LAYER,
    0x283: MPLS_LAYER,
}

PROTOCOLS: Final[dict[int, Layer]] = {
    PROTOCOL_HOP_BY_HOP: OPTIONS_LAYER,
    PROTOCOL_IPV4: IPV4_LAYER,
    PROTOCOL_TCP: transport.Tcp(),
    PROTOCOL_UDP: transport.Udp(),
    PROTOCOL_IPV6: IPV6_LAYER,
    PROTOCOL_ROUTING: OPTIONS_LAYER,
    PROTOCOL_FRAGMENT: ip.Fragment(),
    PROTOCOL_GRE: gre.Gre(),
    PROTOCOL_ESP: esp.Esp(),
    PROTOCOL_AUTHENTICATION: ip.Authentication(),
    PROTOCOL_DESTINATION: OPTIONS_LAYER,
    PROTOCOL_SCTP: transport.Sctp(),
    PROTOCOL_MPLS: MPLS_LAYER,
    PROTOCOL_ETHERNET: ETHERNET_LAYER,
}

TUNNELS: Final[dict[int, Layer]] = {
    ports.VXLAN: overlay.Vxlan(),
    ports.GENEVE: overlay.Geneve(),
    ports.GTP: overlay.Gtp(),
    ports.L2TP: ppp.L2tp(),
    ports.TZSP: overlay.Tzsp(),
    ports.TEREDO: overlay.Teredo(),
    ports.NAT_TRAVERSAL: esp.NatTraversal(),
}


def decode(buffer: bytes, start: i64, end: i64, linktype: i64, datagram: Datagram) -> i64:
    """Decode the frame ``buffer[start:end]`` into *datagram*; return how that ended.

    Flat, because nearly every packet is a whole UDP datagram in IPv4 without options in Ethernet,
    and nearly all others are TCP: Ethernet is 14 bytes, IPv4 20, UDP 8. Any other frame, and any
    doubt, goes the general way: so does what may be a tunnel by its ports.
    """
    size = end - start
    if linktype != EN10MB or size < 42:
        return decode_general(buffer, start, end, linktype, datagram)
    if COMPILED:
        word = read_word(buffer, start + 12)
        kind = swapped(word)
        version: i64 = word >> 16 & 0xFF
        total = swapped(word >> 32)
        word = read_word(buffer, start + 20)
        fragment = swapped(word)
        protocol: i64 = word >> 24 & 0xFF
        word = read_word(buffer, start + 34)
        source_port = swapped(word)
        destination_port = swapped(word >> 16)
        length = swapped(word >> 32)
    else:
        kind, version, total, fragment, protocol, source_port, destination_port, length = (
            HEADERS.unpack_from(buffer, start)
        )
    if kind != ETHERTYPE_IPV4 or version != 0x45 or fragment & 0x3FFF != 0 or size < 14 + total:
        return decode_general(buffer, start, end, linktype, datagram)
    if protocol == PROTOCOL_UDP:
        tunnels = datagram.ports
        if length < 8 or total < 20 + length or tunnels[destination_port] or tunnels[source_port]:
            return decode_general(buffer, start, end, linktype, datagram)
        outcome: i64 = DECODED
        datagram.start = start + 42
        datagram.end = start + 34 + length
        datagram.layers = ETHERNET_IPV4_UDP
        datagram.detail = LAYER_UDP
    elif protocol == PROTOCOL_TCP and total >= 40:
        outcome = TCP
        datagram.start = start + 34
        datagram.end = start + 14 + total
        datagram.layers = ETHERNET_IPV4_TCP
        datagram.detail = LAYER_TCP
    else:
        return decode_general(buffer, start, end, linktype, datagram)
    datagram.buffer = buffer
    datagram.frame = start
    datagram.version = 4
    datagram.protocol = protocol
    datagram.source_at = start + 26
    datagram.destination_at = start + 30
    datagram.source_port = source_port
    datagram.destination_port = destination_port
    datagram.truncated = False
    return outcome


def decode_general(buffer: bytes, start: i64, end: i64, linktype: i64, datagram: Datagram) -> i64:
    """Decode the frame ``buffer[start:end]`` layer by layer; return how that ended."""
    datagram.begin(buffer, start, end)
    datagram.detail = linktype
    return decode_on(UNKNOWN_LINKTYPE, datagram)


def decode_on(outcome: i64, datagram: Datagram) -> i64:
    """Go on from what ``detail`` is a number for, as *outcome* says; return how that ended."""
    while True:
        detail = datagram.detail
        if outcome == UNKNOWN_PROTOCOL:
            layer = PROTOCOLS.get(detail)
        elif outcome == UNKNOWN_ETHERTYPE:
            layer = ETHERTYPES.get(detail)
        elif outcome == TUNNEL:
            layer = TUNNELS.get(detail)
        elif outcome == UNKNOWN_LINKTYPE:
            layer = LINKTYPES.get(detail)
        elif outcome == UNKNOWN_PPP:
            layer = PPP_PROTOCOLS.get(detail)
        else:
            return outcome
        if layer is None:
            return outcome
        if datagram.layers >= FULL:
            datagram.detail = MAX_LAYERS
            return TOO_DEEP
        outcome = layer.decode(datagram)
