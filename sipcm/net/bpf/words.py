"""The words of pcap-filter(7): which are reserved, what they stand for, which are numbers."""

from typing import Final

LINK: Final = "link"

_LINK_ALIASES: Final = ("ether", "fddi", "tr", "wlan", "ppp", "slip")
_PROTOCOLS: Final = (
    "link",
    "arp",
    "rarp",
    "ip",
    "ip6",
    "tcp",
    "udp",
    "sctp",
    "icmp",
    "icmp6",
    "igmp",
    "igrp",
    "pim",
    "vrrp",
    "carp",
    "ah",
    "esp",
    "radio",
    "atalk",
    "aarp",
    "decnet",
    "lat",
    "sca",
    "moprc",
    "mopdl",
    "stp",
    "ipx",
    "netbeui",
    "iso",
    "esis",
    "isis",
    "clnp",
    "l1",
    "l2",
    "iih",
    "lsp",
    "snp",
    "csnp",
    "psnp",
)
_WIRELESS: Final = ("addr1", "addr2", "addr3", "addr4", "ra", "ta")
_DIRECTIONS: Final = ("src", "dst", *_WIRELESS)
_TYPES: Final = ("host", "net", "port", "portrange")
_LATER_TYPES: Final = ("proto", "protochain", "gateway")
_ALONE: Final = ("inbound", "outbound", "pppoed", "len")
_TUNNELS: Final = ("vlan", "mpls", "pppoes", "geneve", "vxlan")
_ELSEWHERE: Final = {
    "PFLOG": ("ifname", "rset", "rulenum", "srnr", "reason", "action"),
    "SUNATM": (
        "lane",
        "metac",
        "bcc",
        "oam",
        "oamf4",
        "oamf4ec",
        "oamf4sc",
        "sc",
        "ilmic",
        "vpi",
        "vci",
        "connectmsg",
        "metaconnect",
    ),
    "SS7": (
        "fisu",
        "lssu",
        "msu",
        "hfisu",
        "hlssu",
        "hmsu",
        "sio",
        "opc",
        "dpc",
        "sls",
        "hsio",
        "hopc",
        "hdpc",
        "hsls",
    ),
}

PROTOCOLS: Final = frozenset(_PROTOCOLS)
WIRELESS: Final = frozenset(_WIRELESS)
DIRECTIONS: Final = frozenset(_DIRECTIONS)
TYPES: Final = frozenset(_TYPES)
LATER_TYPES: Final = frozenset(_LATER_TYPES)
"""Types that go with a protocol or alone, but not with a direction."""
TUNNELS: Final = frozenset(_TUNNELS)
"""What steps over a header, and may be followed by a number."""
UDP_TUNNELS: Final = frozenset({"geneve", "vxlan"})
ELSEWHERE: Final = {word: linktype for linktype, words in _ELSEWHERE.items() for word in words}
"""Words that have a meaning on link types only that carry no SIP, and the link type."""

KEYWORDS: Final[dict[str, str]] = {
    **{
        word: word
        for word in (
            *_PROTOCOLS,
            *_DIRECTIONS,
            *_TYPES,
            *_LATER_TYPES,
            *_ALONE,
            *_TUNNELS,
            *ELSEWHERE,
            *("mask", "type", "subtype", "dir", "less", "greater", "byte", "broadcast"),
            *("multicast", "ifindex", "llc", "and", "or", "not"),
        )
    },
    **dict.fromkeys(_LINK_ALIASES, LINK),
    **{f"address{number}": f"addr{number}" for number in range(1, 5)},
    "es-is": "esis",
    "is-is": "isis",
    "direction": "dir",
    "length": "len",
    "lsu": "lssu",
    "hlsu": "hlssu",
    "on": "ifname",
    "rnr": "rulenum",
    "ruleset": "rset",
    "subrulenum": "srnr",
}
"""Every reserved word and what it means."""

CONSTANTS: Final[dict[str, int]] = {
    "icmptype": 0,
    "icmpcode": 1,
    "icmp-echoreply": 0,
    "icmp-unreach": 3,
    "icmp-sourcequench": 4,
    "icmp-redirect": 5,
    "icmp-echo": 8,
    "icmp-routeradvert": 9,
    "icmp-routersolicit": 10,
    "icmp-timxceed": 11,
    "icmp-paramprob": 12,
    "icmp-tstamp": 13,
    "icmp-tstampreply": 14,
    "icmp-ireq": 15,
    "icmp-ireqreply": 16,
    "icmp-maskreq": 17,
    "icmp-maskreply": 18,
    "icmp6type": 0,
    "icmp6code": 1,
    "icmp6-destinationunreach": 1,
    "icmp6-packettoobig": 2,
    "icmp6-timeexceeded": 3,
    "icmp6-parameterproblem": 4,
    "icmp6-echo": 128,
    "icmp6-echoreply": 129,
    "icmp6-multicastlistenerquery": 130,
    "icmp6-multicastlistenerreportv1": 131,
    "icmp6-multicastlistenerdone": 132,
    "icmp6-routersolicit": 133,
    "icmp6-routeradvert": 134,
    "icmp6-neighborsolicit": 135,
    "icmp6-neighboradvert": 136,
    "icmp6-redirect": 137,
    "icmp6-routerrenum": 138,
    "icmp6-nodeinformationquery": 139,
    "icmp6-nodeinformationresponse": 140,
    "icmp6-ineighbordiscoverysolicit": 141,
    "icmp6-ineighbordiscoveryadvert": 142,
    "icmp6-multicastlistenerreportv2": 143,
    "icmp6-homeagentdiscoveryrequest": 144,
    "icmp6-homeagentdiscoveryreply": 145,
    "icmp6-mobileprefixsolicit": 146,
    "icmp6-mobileprefixadvert": 147,
    "icmp6-certpathsolicit": 148,
    "icmp6-certpathadvert": 149,
    "icmp6-multicastrouteradvert": 151,
    "icmp6-multicastroutersolicit": 152,
    "icmp6-multicastroutertermination": 153,
    "tcpflags": 13,
    "tcp-fin": 0x01,
    "tcp-syn": 0x02,
    "tcp-rst": 0x04,
    "tcp-push": 0x08,
    "tcp-ack": 0x10,
    "tcp-urg": 0x20,
    "tcp-ece": 0x40,
    "tcp-cwr": 0x80,
}
"""Names that are numbers, wherever they stand."""
