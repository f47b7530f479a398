"""Names that mean something on every host, also on one without ``/etc/services``.

Service names and ports are those that IANA has assigned, of the services that stand next to SIP or
are often left out of a capture; protocol numbers likewise. Of the transports only those stand here
that a service is really used on, as in the files of today's systems: IANA once gave each name both
TCP and UDP, but ``port http`` means TCP.
"""

from typing import Final

_EVERYWHERE: Final = ("tcp", "udp")
_TCP: Final = ("tcp",)
_UDP: Final = ("udp",)
_WITH_SCTP: Final = ("tcp", "udp", "sctp")

_SERVICES: Final = (
    ("sip", 5060, _WITH_SCTP),
    ("sip-tls", 5061, _WITH_SCTP),
    ("sips", 5061, _WITH_SCTP),
    ("bootpc", 68, _UDP),
    ("bootps", 67, _UDP),
    ("cisco-sccp", 2000, _TCP),
    ("dhcpv6-client", 546, _UDP),
    ("dhcpv6-server", 547, _UDP),
    ("diameter", 3868, ("tcp", "sctp")),
    ("diameters", 5658, ("tcp", "sctp")),
    ("domain", 53, _EVERYWHERE),
    ("domain-s", 853, _EVERYWHERE),
    ("ftp", 21, _TCP),
    ("ftp-data", 20, _TCP),
    ("h248-binary", 2945, _WITH_SCTP),
    ("h323gatedisc", 1718, _EVERYWHERE),
    ("h323gatestat", 1719, _EVERYWHERE),
    ("h323hostcall", 1720, _WITH_SCTP),
    ("http", 80, _TCP),
    ("http-alt", 8080, _TCP),
    ("https", 443, _EVERYWHERE),
    ("iax", 4569, _UDP),
    ("imap", 143, _TCP),
    ("imap2", 143, _TCP),
    ("imaps", 993, _TCP),
    ("ipsec", 500, _UDP),  # not of IANA, but what many call it
    ("ipsec-nat-t", 4500, _UDP),
    ("isakmp", 500, _UDP),
    ("ldap", 389, _EVERYWHERE),
    ("ldaps", 636, _EVERYWHERE),
    ("mdns", 5353, _UDP),
    ("megaco-h248", 2944, _WITH_SCTP),
    ("mgcp-callagent", 2727, _EVERYWHERE),
    ("mgcp-gateway", 2427, _EVERYWHERE),
    ("ntp", 123, _UDP),
    ("pop3", 110, _TCP),
    ("pop3s", 995, _TCP),
    ("radius", 1812, _EVERYWHERE),
    ("radius-acct", 1813, _EVERYWHERE),
    ("rtsp", 554, _EVERYWHERE),
    ("smtp", 25, _TCP),
    ("snmp", 161, _EVERYWHERE),
    ("snmp-trap", 162, _EVERYWHERE),
    ("snmptrap", 162, _EVERYWHERE),
    ("ssh", 22, _TCP),
    ("stun", 3478, _EVERYWHERE),
    ("stuns", 5349, _EVERYWHERE),
    ("submission", 587, _TCP),
    ("submissions", 465, _TCP),
    ("syslog", 514, _UDP),
    ("syslog-tls", 6514, _TCP),
    ("telnet", 23, _TCP),
    ("tftp", 69, _UDP),
    ("turn", 3478, _EVERYWHERE),
    ("turns", 5349, _EVERYWHERE),
    ("www", 80, _TCP),
    ("xmpp-client", 5222, _TCP),
    ("xmpp-server", 5269, _TCP),
)

SERVICES: Final[dict[str, dict[str, int]]] = {
    name: dict.fromkeys(protocols, port) for name, port, protocols in _SERVICES
}
"""From the name of a service to its port, by protocol."""

PROTOCOLS: Final[dict[str, int]] = {
    "ip": 0,
    "hopopt": 0,
    "icmp": 1,
    "igmp": 2,
    "ggp": 3,
    "ipencap": 4,
    "tcp": 6,
    "egp": 8,
    "igp": 9,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "ipv6-route": 43,
    "ipv6-frag": 44,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmp6": 58,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "eigrp": 88,
    "ospf": 89,
    "ipip": 94,
    "etherip": 97,
    "pim": 103,
    "ipcomp": 108,
    "vrrp": 112,
    "carp": 112,
    "l2tp": 115,
    "isis": 124,
    "sctp": 132,
    "mobility-header": 135,
    "udplite": 136,
    "mpls-in-ip": 137,
}
"""From the name of a protocol on IP to its number."""

ETHERTYPES: Final[dict[str, int]] = {
    "aarp": 0x80F3,
    "arp": 0x0806,
    "atalk": 0x809B,
    "decnet": 0x6003,
    "ip": 0x0800,
    "ip6": 0x86DD,
    "ipx": 0x00E0,
    "iso": 0x00FE,
    "lat": 0x6004,
    "lldp": 0x88CC,
    "loopback": 0x9000,
    "mopdl": 0x6001,
    "moprc": 0x6002,
    "netbeui": 0x00F0,
    "rarp": 0x8035,
    "sca": 0x6007,
    "slow": 0x8809,
    "stp": 0x0042,
}
"""From the name of a protocol on the link layer to its ethertype, or to its access point of LLC."""
