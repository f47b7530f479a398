"""Words for how decoding ended and for the layers passed: for counters, pages and ``-verbose``."""

from sipcm.annotation import Final
from sipcm.net import layer, packet

LAYER_NAMES: Final[dict[int, str]] = {
    layer.LAYER_ETHERNET: "Ethernet",
    layer.LAYER_VLAN: "VLAN",
    layer.LAYER_LLC: "LLC",
    layer.LAYER_SLL: "SLL",
    layer.LAYER_SLL2: "SLL2",
    layer.LAYER_LOOPBACK: "loopback",
    layer.LAYER_RAW: "raw IP",
    layer.LAYER_IPV4: "IPv4",
    layer.LAYER_IPV6: "IPv6",
    layer.LAYER_EXTENSION: "IP extension",
    layer.LAYER_UDP: "UDP",
    layer.LAYER_TCP: "TCP",
    layer.LAYER_SCTP: "SCTP",
    layer.LAYER_PPP: "PPP",
    layer.LAYER_PPPOE: "PPPoE",
    layer.LAYER_HDLC: "HDLC",
    layer.LAYER_MPLS: "MPLS",
    layer.LAYER_PSEUDOWIRE: "pseudowire",
    layer.LAYER_GRE: "GRE",
    layer.LAYER_ERSPAN: "ERSPAN",
    layer.LAYER_VXLAN: "VXLAN",
    layer.LAYER_GENEVE: "GENEVE",
    layer.LAYER_GTP: "GTP",
    layer.LAYER_L2TP: "L2TP",
    layer.LAYER_TZSP: "TZSP",
    layer.LAYER_TEREDO: "Teredo",
    layer.LAYER_ESP: "ESP",
    layer.LAYER_LOGGED: "log",
    layer.LAYER_WLAN: "802.11",
    layer.LAYER_VNTAG: "VN-Tag",
}

LLC_NAMES: Final[dict[int, str]] = {
    0x42: "spanning tree",
    0xAA: "SNAP",
    0xE0: "IPX",
    0xF0: "NetBIOS",
    0xFE: "OSI",
}

ETHERTYPE_NAMES: Final[dict[int, str]] = {
    0x0806: "ARP",
    0x22F0: "AVTP",
    0x8035: "RARP",
    0x809B: "AppleTalk",
    0x80F3: "AARP",
    0x8137: "IPX",
    0x8808: "pause",
    0x8809: "LACP",
    0x8863: "PPPoE discovery",
    0x888E: "EAPOL",
    0x88CC: "LLDP",
    0x88E5: "MACsec",
    0x88F7: "PTP",
    0x9000: "loop test",
}

PPP_NAMES: Final[dict[int, str]] = {
    0xFD: "compressed",
    0x8021: "IPCP",
    0x8057: "IPv6CP",
    0x80FD: "CCP",
    0xC021: "LCP",
    0xC023: "PAP",
    0xC025: "link quality",
    0xC223: "CHAP",
    0xC227: "EAP",
}

PROTOCOL_NAMES: Final[dict[int, str]] = {
    1: "ICMP",
    2: "IGMP",
    33: "DCCP",
    46: "RSVP",
    58: "ICMPv6",
    59: "no next header",
    88: "EIGRP",
    89: "OSPF",
    103: "PIM",
    108: "IPComp",
    112: "VRRP",
    115: "L2TP",
    135: "IPv6 mobility",
    136: "UDP-Lite",
}


def describe(outcome: int, detail: int) -> str:
    """Say in a few words what *outcome* with *detail* (see Datagram) means; any ints will do."""
    match outcome:
        case packet.TRUNCATED:
            return f"{_layer_name(detail)} header cut short"
        case packet.BAD_HEADER:
            return f"bad {_layer_name(detail)} header"
        case packet.TOO_DEEP:
            return f"more than {detail} layers"
        case packet.UNKNOWN_LINKTYPE:
            return f"linktype {detail}"
        case packet.UNKNOWN_FAMILY:
            return f"address family {detail}"
        case packet.UNKNOWN_LLC:
            return _named(f"LLC 0x{detail:02x}", LLC_NAMES.get(detail))
        case packet.UNKNOWN_ETHERTYPE:
            return _named(f"ethertype 0x{detail:04x}", ETHERTYPE_NAMES.get(detail))
        case packet.UNKNOWN_PROTOCOL:
            return _named(f"ip protocol {detail}", PROTOCOL_NAMES.get(detail))
        case packet.UNKNOWN_PPP:
            return _named(f"PPP protocol 0x{detail:04x}", PPP_NAMES.get(detail))
        case packet.TUNNEL:
            return f"tunnel {detail}"
        case packet.ENCRYPTED:
            return f"{_layer_name(detail)}, encrypted"
        case packet.CONTROL:
            return f"{_layer_name(detail)} control message"
        case packet.COPY:
            return "captured twice"
        case packet.FRAGMENT:
            return f"IPv{detail} fragment"
        case packet.DECODED:
            return "UDP"
        case packet.TCP:
            return "TCP"
        case packet.SCTP:
            return "SCTP"
        case _:
            return f"outcome {outcome}"


def layer_names(layers: int) -> list[str]:
    """Return the names of the layers in ``Datagram.layers``, outermost first."""
    names: list[str] = []
    while layers > 0:
        names.append(_layer_name(layers & ((1 << packet.LAYER_BITS) - 1)))
        layers >>= packet.LAYER_BITS
    return names[::-1]


def _layer_name(number: int) -> str:
    return LAYER_NAMES.get(number, f"layer {number}")


def _named(number: str, name: str | None) -> str:
    return f"{number} ({name})" if name else number
