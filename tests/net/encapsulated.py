"""Frames in every encapsulation, made by hand from the documents that define them."""

import struct

PAYLOAD = b"OPTIONS sip:a@example.com SIP/2.0\r\n\r\n"
SOURCE4, DESTINATION4 = b"\x0a\x01\x02\x03", b"\xc0\xa8\x00\xfe"
SOURCE6, DESTINATION6 = bytes(range(16)), bytes(range(100, 116))

SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"
HOP, ROUTING, FRAGMENT6, GRE, ESP, AH, DESTINATION = 0, 43, 44, 47, 50, 51, 60
ATOMIC = b"\x11\0\0\0\0\0\0\1"


def udp(payload: bytes = PAYLOAD, length: int | None = None, port: int = 5080) -> bytes:
    size = len(payload) + 8 if length is None else length
    return struct.pack("!HHHH", 5060, port, size, 0) + payload


def ip4(inner: bytes, protocol: int = 17, options: bytes = b"", **fields: int) -> bytes:
    first = 0x40 | (20 + len(options)) // 4
    total = fields.get("total", 20 + len(options) + len(inner))
    head = struct.pack("!BBHHHBB", first, 0, total, 1, fields.get("flags", 0), 64, protocol)
    return head + b"\0\0" + SOURCE4 + DESTINATION4 + options + inner


def ip6(inner: bytes, protocol: int = 17, length: int | None = None) -> bytes:
    size = len(inner) if length is None else length
    return struct.pack("!IHBB", 6 << 28, size, protocol, 64) + SOURCE6 + DESTINATION6 + inner


def ethernet(ethertype: int, inner: bytes) -> bytes:
    return b"\x02" * 6 + b"\x04" * 6 + struct.pack("!H", ethertype) + inner


def vlan(ethertype: int, inner: bytes) -> bytes:
    return struct.pack("!HH", 100, ethertype) + inner


def option6(following: int, inner: bytes, units: int = 0) -> bytes:
    return bytes([following, units]) + bytes(6 + 8 * units) + inner


def ppp(inner: bytes, protocol: int = 0x0021) -> bytes:
    return b"\xff\x03" + struct.pack("!H", protocol) + inner


def pppoe(inner: bytes, code: int = 0, padding: int = 0) -> bytes:
    session = struct.pack("!BBHH", 0x11, code, 7, 2 + len(inner)) + b"\0\x21" + inner
    return session + bytes(padding)


def mpls(inner: bytes, labels: int = 1) -> bytes:
    stack = [(16 + at) << 12 | (at == labels - 1) << 8 | 64 for at in range(labels)]
    return struct.pack(f"!{labels}I", *stack) + inner


def gre(inner: bytes, protocol: int = 0x0800, flags: int = 0, more: bytes = b"") -> bytes:
    return struct.pack("!HH", flags, protocol) + more + inner


def erspan2(inner: bytes) -> bytes:
    return struct.pack("!HHI", 0x1000 | 100, 5, 1) + inner


def erspan3(inner: bytes, kind: int = 0, more: bytes = b"") -> bytes:
    return struct.pack("!HHIHH", 0x2064, 5, 9, 0, kind << 10 | (1 if more else 0)) + more + inner


def vxlan(inner: bytes, flags: int = 8, following: int = 0) -> bytes:
    return struct.pack("!BHBI", flags, 0, following, 42 << 8) + inner


def geneve(inner: bytes, protocol: int = 0x6558, options: bytes = b"", control: int = 0) -> bytes:
    return struct.pack("!BBHI", len(options) // 4, control, protocol, 42 << 8) + options + inner


def gtp(inner: bytes, flags: int = 0x30, kind: int = 255, more: bytes = b"") -> bytes:
    return struct.pack("!BBHI", flags, kind, len(more) + len(inner), 0x1234) + more + inner


def l2tp(inner: bytes, flags: int = 0, more: bytes = b"") -> bytes:
    ids = struct.pack("!HH", 1, 2)
    length = struct.pack("!H", 8 + len(more) + len(inner)) if flags & 0x4000 else b""
    return struct.pack("!H", 2 | flags) + length + ids + more + inner


def tzsp(inner: bytes, protocol: int = 1, kind: int = 0, tags: bytes = b"\x01") -> bytes:
    return struct.pack("!BBH", 1, kind, protocol) + tags + inner


def esp(inner: bytes, protocol: int, padding: int = 2, tag: bytes = b"\xa5" * 12) -> bytes:
    trailer = bytes(range(1, padding + 1)) + bytes([padding, protocol])
    return struct.pack("!II", 0x1001, 7) + inner + trailer + tag


def nflog(inner: bytes, family: int = 2) -> bytes:
    """Write an attribute with a prefix of 5 bytes, padded, then the packet."""
    prefix = struct.pack("<HH", 9, 10) + b"log: " + bytes(3)
    return (
        struct.pack("!BBH", family, 0, 1) + prefix + struct.pack("<HH", 4 + len(inner), 9) + inner
    )


def wlan(inner: bytes, kind: int = 0x08, flags: int = 1, more: bytes = b"") -> bytes:
    return bytes([kind, flags]) + bytes(22) + more + SNAP + inner


def radiotap(inner: bytes, flags: int = 0) -> bytes:
    """Write a header with a second word of presence, a time and the flags."""
    present = struct.pack("<II", 1 << 31 | 3, 0)
    header = present + bytes(4) + bytes(8) + bytes([flags])
    return struct.pack("<BBH", 0, 0, 4 + len(header)) + header + inner


def pktap(inner: bytes, linktype: int = 1) -> bytes:
    return struct.pack("<III", 108, 1, linktype) + bytes(96) + inner


def in_udp(port: int, inner: bytes) -> bytes:
    return ethernet(0x0800, ip4(udp(inner, port=port)))


PLAIN = ethernet(0x0800, ip4(udp()))
AUTHENTICATION = b"\0\1\3\5" + bytes(3 + 5 + 8 + 1)

# Frames whose payload is PAYLOAD: link type, frame, the layers passed.
WHOLE = {
    "ethernet ipv4": (1, PLAIN, "Ethernet IPv4 UDP"),
    "ethernet padding": (1, PLAIN + bytes(9), "Ethernet IPv4 UDP"),
    "ipv4 options": (1, ethernet(0x0800, ip4(udp(), options=bytes(40))), "Ethernet IPv4 UDP"),
    "ipv4 offload": (1, ethernet(0x0800, ip4(udp(length=0), total=0)), "Ethernet IPv4 UDP"),
    "udp shorter than ip": (
        1,
        ethernet(0x0800, ip4(udp(PAYLOAD + b"tail", len(PAYLOAD) + 8))),
        "Ethernet IPv4 UDP",
    ),
    "udp longer than ip": (1, ethernet(0x0800, ip4(udp(length=9999))), "Ethernet IPv4 UDP"),
    "vlan": (1, ethernet(0x8100, vlan(0x0800, ip4(udp()))), "Ethernet VLAN IPv4 UDP"),
    "qinq": (
        1,
        ethernet(0x88A8, vlan(0x8100, vlan(0x86DD, ip6(udp())))),
        "Ethernet VLAN VLAN IPv6 UDP",
    ),
    "old qinq": (
        1,
        ethernet(0x9100, vlan(0x9100, vlan(0x8100, vlan(0x0800, ip4(udp()))))),
        "Ethernet VLAN VLAN VLAN IPv4 UDP",
    ),
    "vn-tag": (1, ethernet(0x8926, bytes(4) + b"\x08\0" + ip4(udp())), "Ethernet VN-Tag IPv4 UDP"),
    "802.1br": (1, ethernet(0x893F, bytes(6) + b"\x08\0" + ip4(udp())), "Ethernet VN-Tag IPv4 UDP"),
    "snap": (
        1,
        ethernet(8 + len(ip4(udp())), SNAP + ip4(udp()) + bytes(5)),
        "Ethernet LLC IPv4 UDP",
    ),
    "vlan snap": (
        1,
        ethernet(0x8100, vlan(1000, SNAP + ip4(udp()))),
        "Ethernet VLAN LLC IPv4 UDP",
    ),
    "ipv6": (1, ethernet(0x86DD, ip6(udp())), "Ethernet IPv6 UDP"),
    "ipv6 jumbogram": (
        1,
        ethernet(0x86DD, ip6(option6(17, udp(length=0)), HOP, length=0)),
        "Ethernet IPv6 IP extension UDP",
    ),
    "ipv6 extensions": (
        1,
        ethernet(
            0x86DD,
            ip6(option6(ROUTING, option6(DESTINATION, option6(17, udp()), units=3)), HOP),
        ),
        "Ethernet IPv6 IP extension IP extension IP extension UDP",
    ),
    "ipv6 atomic fragment": (
        1,
        ethernet(0x86DD, ip6(ATOMIC + udp(), FRAGMENT6)),
        "Ethernet IPv6 IP extension UDP",
    ),
    "ah": (
        1,
        ethernet(0x0800, ip4(b"\x11\x04" + bytes(22) + udp(), AH)),
        "Ethernet IPv4 IP extension UDP",
    ),
    "4 in 4": (1, ethernet(0x0800, ip4(ip4(udp()), 4)), "Ethernet IPv4 IPv4 UDP"),
    "6 in 4": (1, ethernet(0x0800, ip4(ip6(udp()), 41)), "Ethernet IPv4 IPv6 UDP"),
    "4 in 6": (1, ethernet(0x86DD, ip6(ip4(udp()), 4)), "Ethernet IPv6 IPv4 UDP"),
    "6 in 6": (1, ethernet(0x86DD, ip6(ip6(udp()), 41)), "Ethernet IPv6 IPv6 UDP"),
    "ethernet in ip": (229, ip6(PLAIN, 143), "IPv6 Ethernet IPv4 UDP"),
    "eight tunnels": (
        101,
        ip4(ip4(ip4(ip4(ip4(ip4(ip4(ip4(udp()), 4), 4), 4), 4), 4), 4), 4),
        "raw IP" + " IPv4" * 8 + " UDP",
    ),
    "sll": (113, bytes(14) + b"\x08\x00" + ip4(udp()), "SLL IPv4 UDP"),
    "sll vlan": (113, bytes(14) + b"\x81\x00" + vlan(0x86DD, ip6(udp())), "SLL VLAN IPv6 UDP"),
    "sll2": (276, b"\x86\xdd" + bytes(18) + ip6(udp()), "SLL2 IPv6 UDP"),
    "raw 12": (12, ip4(udp()), "raw IP IPv4 UDP"),
    "raw 14": (14, ip6(udp()), "raw IP IPv6 UDP"),
    "raw 101": (101, ip6(udp()), "raw IP IPv6 UDP"),
    "ipv4 228": (228, ip4(udp()), "IPv4 UDP"),
    "ipv6 229": (229, ip6(udp()), "IPv6 UDP"),
    "null": (0, b"\x02\0\0\0" + ip4(udp()), "loopback IPv4 UDP"),
    "loop": (108, b"\0\0\0\x18" + ip6(udp()), "loopback IPv6 UDP"),
    "ppp": (9, ppp(ip4(udp())), "PPP IPv4 UDP"),
    "ppp bare": (9, b"\0\x57" + ip6(udp()), "PPP IPv6 UDP"),
    "ppp compressed": (9, b"\x21" + ip4(udp()), "PPP IPv4 UDP"),
    "ppp mpls": (9, ppp(mpls(ip4(udp())), 0x0281), "PPP MPLS IPv4 UDP"),
    "ppp serial": (50, ppp(ip6(udp()), 0x0057), "PPP IPv6 UDP"),
    "ppp serial, cisco": (50, b"\x0f\0\x08\0" + ip4(udp()), "HDLC IPv4 UDP"),
    "ppp ether": (51, pppoe(ip4(udp())), "PPPoE IPv4 UDP"),
    "ppp of pppd": (166, b"\0\x03\0\x21" + ip4(udp()), "PPP IPv4 UDP"),
    "ppp with direction": (204, b"\1" + ppp(ip4(udp())), "PPP IPv4 UDP"),
    "cisco hdlc": (104, b"\x8f\0\x86\xdd" + ip6(udp()), "HDLC IPv6 UDP"),
    "pppoe": (1, ethernet(0x8864, pppoe(ip4(udp()), padding=6)), "Ethernet PPPoE IPv4 UDP"),
    "vlan pppoe": (
        1,
        ethernet(0x8100, vlan(0x8864, pppoe(ip4(udp())))),
        "Ethernet VLAN PPPoE IPv4 UDP",
    ),
    "mpls": (1, ethernet(0x8847, mpls(ip4(udp()))), "Ethernet MPLS IPv4 UDP"),
    "mpls stack": (1, ethernet(0x8848, mpls(ip6(udp()), 9)), "Ethernet MPLS IPv6 UDP"),
    "mpls in ip": (228, ip4(mpls(ip4(udp())), 137), "IPv4 MPLS IPv4 UDP"),
    "control word": (
        1,
        ethernet(0x8847, mpls(b"\0\0\0\7" + PLAIN)),
        "Ethernet MPLS pseudowire Ethernet IPv4 UDP",
    ),
    "no control word": (
        1,
        ethernet(0x8847, mpls(b"\0\x04" + PLAIN[2:])),
        "Ethernet MPLS pseudowire Ethernet IPv4 UDP",
    ),
    "no control word, address with 1": (
        1,
        ethernet(0x8847, mpls(b"\x14" + PLAIN[1:])),
        "Ethernet MPLS pseudowire Ethernet IPv4 UDP",
    ),
    "gre": (1, ethernet(0x0800, ip4(gre(ip4(udp())), GRE)), "Ethernet IPv4 GRE IPv4 UDP"),
    "gre with all": (
        228,
        ip4(gre(ip6(udp()), 0x86DD, 0xB000, bytes(12)), GRE),
        "IPv4 GRE IPv6 UDP",
    ),
    "nvgre": (
        228,
        ip4(gre(PLAIN, 0x6558, 0x2000, b"\0\0\7\0"), GRE),
        "IPv4 GRE Ethernet IPv4 UDP",
    ),
    "pptp": (
        228,
        ip4(gre(ppp(ip4(udp())), 0x880B, 0x3081, bytes(12)), GRE),
        "IPv4 GRE PPP IPv4 UDP",
    ),
    "wccp 1": (228, ip4(gre(ip4(udp()), 0x883E), GRE), "IPv4 GRE IPv4 UDP"),
    "wccp 2": (228, ip4(gre(bytes(4) + ip4(udp()), 0x883E), GRE), "IPv4 GRE IPv4 UDP"),
    "mpls in gre": (228, ip4(gre(mpls(ip4(udp())), 0x8847), GRE), "IPv4 GRE MPLS IPv4 UDP"),
    "erspan 1": (228, ip4(gre(PLAIN, 0x88BE), GRE), "IPv4 GRE Ethernet IPv4 UDP"),
    "erspan 2": (
        228,
        ip4(gre(erspan2(PLAIN), 0x88BE, 0x1000, bytes(4)), GRE),
        "IPv4 GRE ERSPAN Ethernet IPv4 UDP",
    ),
    "erspan 3": (
        229,
        ip6(gre(erspan3(PLAIN), 0x22EB, 0x1000, bytes(4)), GRE),
        "IPv6 GRE ERSPAN Ethernet IPv4 UDP",
    ),
    "erspan 3, platform": (
        228,
        ip4(gre(erspan3(PLAIN, more=bytes(8)), 0x22EB, 0x1000, bytes(4)), GRE),
        "IPv4 GRE ERSPAN Ethernet IPv4 UDP",
    ),
    "erspan 3, ip": (
        228,
        ip4(gre(erspan3(ip4(udp()), 2), 0x22EB, 0x1000, bytes(4)), GRE),
        "IPv4 GRE ERSPAN raw IP IPv4 UDP",
    ),
    "vxlan": (1, in_udp(4789, vxlan(PLAIN)), "Ethernet IPv4 UDP VXLAN Ethernet IPv4 UDP"),
    "vxlan-gpe": (
        1,
        in_udp(4790, vxlan(ip6(udp()), 12, 2)),
        "Ethernet IPv4 UDP VXLAN IPv6 UDP",
    ),
    "geneve": (1, in_udp(6081, geneve(PLAIN)), "Ethernet IPv4 UDP GENEVE Ethernet IPv4 UDP"),
    "geneve options": (
        1,
        in_udp(6081, geneve(ip4(udp()), 0x0800, bytes(16))),
        "Ethernet IPv4 UDP GENEVE IPv4 UDP",
    ),
    "gtp": (1, in_udp(2152, gtp(ip4(udp()))), "Ethernet IPv4 UDP GTP raw IP IPv4 UDP"),
    "gtp sequence": (
        1,
        in_udp(2152, gtp(ip6(udp()), 0x32, more=b"\0\1\0\0")),
        "Ethernet IPv4 UDP GTP raw IP IPv6 UDP",
    ),
    "gtp extensions": (
        1,
        in_udp(2152, gtp(ip4(udp()), 0x34, more=b"\0\0\0\x85\1\0\0\x40" + b"\2\0\0\0\0\0\0\0")),
        "Ethernet IPv4 UDP GTP raw IP IPv4 UDP",
    ),
    "l2tp": (1, in_udp(1701, l2tp(ppp(ip4(udp())))), "Ethernet IPv4 UDP L2TP IPv4 UDP"),
    "l2tp with all": (
        1,
        in_udp(1701, l2tp(ppp(ip4(udp())), 0x4A00, bytes(4) + b"\0\3" + bytes(3))),
        "Ethernet IPv4 UDP L2TP IPv4 UDP",
    ),
    "tzsp": (1, in_udp(37008, tzsp(PLAIN)), "Ethernet IPv4 UDP TZSP Ethernet IPv4 UDP"),
    "tzsp tags": (
        1,
        in_udp(37008, tzsp(PLAIN, tags=b"\0\x0a\1\xc8\x29\2\0\0\1")),
        "Ethernet IPv4 UDP TZSP Ethernet IPv4 UDP",
    ),
    "tzsp 802.11": (
        1,
        in_udp(37008, tzsp(wlan(ip4(udp())), 18)),
        "Ethernet IPv4 UDP TZSP 802.11 LLC IPv4 UDP",
    ),
    "teredo": (1, in_udp(3544, ip6(udp())), "Ethernet IPv4 UDP Teredo IPv6 UDP"),
    "teredo indications": (
        1,
        in_udp(3544, AUTHENTICATION + bytes(8) + ip6(udp())),
        "Ethernet IPv4 UDP Teredo IPv6 UDP",
    ),
    "esp": (228, ip4(esp(udp(), 17), ESP), "IPv4 ESP UDP"),
    "esp tunnel": (229, ip6(esp(ip4(udp()), 4, 0, b"\x5a" * 16), ESP), "IPv6 ESP IPv4 UDP"),
    "esp six": (228, ip4(esp(ip6(udp()), 41, 7, b""), ESP), "IPv4 ESP IPv6 UDP"),
    "esp in udp": (1, in_udp(4500, esp(udp(), 17)), "Ethernet IPv4 UDP ESP UDP"),
    "nflog": (239, nflog(ip4(udp())), "log raw IP IPv4 UDP"),
    "nflog six": (239, nflog(ip6(udp()), 10), "log raw IP IPv6 UDP"),
    "pflog": (117, b"\x3d\x02" + bytes(62) + ip4(udp()), "log raw IP IPv4 UDP"),
    "enc": (109, b"\x18" + bytes(11) + ip6(udp()), "log raw IP IPv6 UDP"),
    "pktap": (258, pktap(PLAIN), "log Ethernet IPv4 UDP"),
    "pktap, user 2": (149, pktap(ip4(udp()), 12), "log raw IP IPv4 UDP"),
    "802.11": (105, wlan(ip4(udp())), "802.11 LLC IPv4 UDP"),
    "802.11 quality": (105, wlan(ip4(udp()), 0x88, 2, bytes(2)), "802.11 LLC IPv4 UDP"),
    "802.11 four addresses": (
        105,
        wlan(ip4(udp()), 0x88, 0x83, bytes(12)),
        "802.11 LLC IPv4 UDP",
    ),
    "radiotap": (127, radiotap(wlan(ip4(udp()))), "802.11 802.11 LLC IPv4 UDP"),
    "radiotap padded": (
        127,
        radiotap(wlan(ip4(udp()), 0x88, 2, bytes(4)), 0x20),
        "802.11 802.11 LLC IPv4 UDP",
    ),
}

# Where no header gives a length, nothing tells that the end is missing.
LENGTHLESS = {"ipv4 offload", "ipv6 jumbogram"}

# Of these the end must be there, since only the trailer tells what they carry.
TRAILED = {name for name in WHOLE if name.startswith("esp")}

# Frames without one: link type, frame, the words for the outcome.
OTHERS = {
    "linktype 65535": (65535, bytes(60), "linktype 65535"),
    "pktap of something": (258, pktap(PLAIN, 999), "linktype 999"),
    "arp": (1, ethernet(0x0806, bytes(28)), "ethertype 0x0806 (ARP)"),
    "stp": (1, ethernet(38, b"\x42\x42\x03" + bytes(43)), "LLC 0x42 (spanning tree)"),
    "appletalk": (0, b"\x10\0\0\0" + bytes(60), "address family 16"),
    "icmp": (1, ethernet(0x0800, ip4(bytes(8), 1)), "ip protocol 1 (ICMP)"),
    "icmpv6": (1, ethernet(0x86DD, ip6(option6(58, bytes(8)), HOP)), "ip protocol 58 (ICMPv6)"),
    "esp": (1, ethernet(0x0800, ip4(bytes(40), ESP)), "ESP, encrypted"),
    "esp with a wrong length": (228, ip4(esp(udp(length=99), 17), ESP), "ESP, encrypted"),
    "esp with wrong padding": (228, ip4(esp(udp() + b"\2\1\2", 17, 0), ESP), "ESP, encrypted"),
    "tcp": (1, ethernet(0x0800, ip4(bytes(20), 6)), "TCP"),
    "tcp in esp": (228, ip4(esp(bytes(12) + b"\x50" + bytes(7), 6), ESP), "TCP"),
    "sctp in esp": (228, ip4(esp(bytes(28), 132), ESP), "SCTP"),
    "sctp": (1, ethernet(0x86DD, ip6(bytes(12), 132)), "SCTP"),
    "first fragment": (1, ethernet(0x0800, ip4(udp(), flags=0x2000)), "IPv4 fragment"),
    "last fragment": (1, ethernet(0x0800, ip4(udp(), flags=0x0004)), "IPv4 fragment"),
    "ipv6 fragment": (
        1,
        ethernet(0x86DD, ip6(b"\x11\0\0\1\0\0\0\1" + udp(), FRAGMENT6)),
        "IPv6 fragment",
    ),
    "fragment in vxlan": (
        1,
        in_udp(4789, vxlan(ethernet(0x0800, ip4(udp(), flags=0x2000)))),
        "IPv4 fragment",
    ),
    "version 6 as ethertype 4": (1, ethernet(0x0800, ip6(udp())), "bad IPv4 header"),
    "version 4 as ethertype 6": (1, ethernet(0x86DD, ip4(udp()) + bytes(40)), "bad IPv6 header"),
    "raw version 7": (101, b"\x70" + bytes(60), "bad raw IP header"),
    "udp of 7 bytes": (1, ethernet(0x0800, ip4(udp(length=7))), "bad UDP header"),
    "ip too short for udp": (1, ethernet(0x0800, ip4(udp(), total=27)), "UDP header cut short"),
    "empty": (1, b"", "Ethernet header cut short"),
    "lcp": (9, ppp(bytes(20), 0xC021), "PPP protocol 0xc021 (LCP)"),
    "lcp of cisco": (50, b"\x0f\0\x80\x35" + bytes(20), "ethertype 0x8035 (RARP)"),
    "pppoe discovery": (1, ethernet(0x8863, bytes(20)), "ethertype 0x8863 (PPPoE discovery)"),
    "pppoe with a code": (1, ethernet(0x8864, pppoe(ip4(udp()), 9)), "bad PPPoE header"),
    "pppoe with nothing": (1, ethernet(0x8864, b"\x11" + bytes(20)), "bad PPPoE header"),
    "associated channel": (
        1,
        ethernet(0x8847, mpls(b"\x10\0\0\x21" + bytes(40))),
        "pseudowire control message",
    ),
    "gre source route": (228, ip4(gre(ip4(udp()), flags=0x4000), GRE), "bad GRE header"),
    "gre version 2": (228, ip4(gre(ip4(udp()), flags=2), GRE), "bad GRE header"),
    "pptp of something": (228, ip4(gre(ip4(udp()), flags=1), GRE), "bad GRE header"),
    "pptp acknowledgment": (
        228,
        ip4(gre(b"", 0x880B, 0x2081, bytes(8)), GRE),
        "GRE control message",
    ),
    "erspan 2 as 3": (
        228,
        ip4(gre(erspan2(PLAIN), 0x22EB, 0x1000, bytes(4)), GRE),
        "bad ERSPAN header",
    ),
    "erspan 3 as 2": (
        228,
        ip4(gre(erspan3(PLAIN), 0x88BE, 0x1000, bytes(4)), GRE),
        "bad ERSPAN header",
    ),
    "erspan 3, 802.11": (
        228,
        ip4(gre(erspan3(PLAIN, 1), 0x22EB, 0x1000, bytes(4)), GRE),
        "address family 1",
    ),
    "vxlan-gpe, nsh": (1, in_udp(4790, vxlan(bytes(40), 12, 4)), "address family 4"),
    "geneve control": (1, in_udp(6081, geneve(PLAIN, control=0x80)), "GENEVE control message"),
    "gtp echo": (1, in_udp(2152, gtp(bytes(4), 0x32, 1)), "GTP control message"),
    "gtp bad extension": (
        1,
        in_udp(2152, gtp(ip4(udp()), 0x34, more=b"\0\0\0\x85\0\0\0\0")),
        "bad GTP header",
    ),
    "gtp of a frame": (1, in_udp(2152, gtp(PLAIN)), "bad raw IP header"),
    "l2tp control": (1, in_udp(1701, l2tp(bytes(12), 0xC800)), "L2TP control message"),
    "l2tp too short": (
        1,
        in_udp(1701, b"\x40\x02\0\x07" + bytes(20)),
        "bad L2TP header",
    ),
    "tzsp keepalive": (1, in_udp(37008, tzsp(b"", 0, 4)), "TZSP control message"),
    "tzsp of something": (1, in_udp(37008, tzsp(bytes(9), 99)), "address family 99"),
    "tzsp without end": (1, in_udp(37008, tzsp(b"", tags=b"\x0a\7")), "TZSP header cut short"),
    "teredo bubble": (1, in_udp(3544, ip6(b"", 59)), "Teredo control message"),
    "ike": (1, in_udp(4500, bytes(4) + bytes(28)), "ESP control message"),
    "keepalive of esp": (1, in_udp(4500, b"\xff"), "ESP control message"),
    "nflog version 1": (239, b"\2\1\0\0" + bytes(20), "bad log header"),
    "nflog attribute of 3": (239, b"\2\0\0\0" + b"\3\0\1\0" + bytes(20), "bad log header"),
    "nflog without packet": (239, b"\2\0\0\0" + b"\x08\0\1\0" + bytes(4), "log header cut short"),
    "pflog too short": (117, b"\x10" + bytes(80), "bad log header"),
    "pktap too short": (258, b"\x10" + bytes(200), "bad log header"),
    "802.11 beacon": (105, b"\x80\0" + bytes(60), "802.11 control message"),
    "802.11 null": (105, b"\x48\1" + bytes(60), "802.11 control message"),
    "802.11 protected": (105, wlan(ip4(udp()), flags=0x41), "802.11, encrypted"),
    "802.11 aggregated": (
        105,
        wlan(ip4(udp()), 0x88, more=b"\x80\0"),
        "802.11 control message",
    ),
    "radiotap version 1": (127, b"\1" + bytes(40), "bad 802.11 header"),
}

# On the port of a tunnel, and none: the payload is a UDP payload.
NO_TUNNELS = {
    "sip on the port of vxlan": (4789, PAYLOAD),
    "sip on the port of gtp": (2152, PAYLOAD),
    "sip on the port of geneve": (6081, b"SIP/2.0 200 OK\r\n\r\n"),
    "sip on the port of l2tp": (1701, PAYLOAD),
    "sip on the port of tzsp": (37008, PAYLOAD),
    "sip on the port of teredo": (3544, PAYLOAD),
    "sip on the port of esp": (4500, PAYLOAD),
    "nothing on the port of vxlan": (4789, b""),
    "little on the port of gtp": (2152, b"\x30\xff"),
    "little on the port of geneve": (6081, b"\0\0\x08"),
    "little on the port of l2tp": (1701, b"\0"),
    "little on the port of tzsp": (37008, b"\1"),
    "little on the port of teredo": (3544, ip6(b"")[:39]),
    "little on the port of esp": (4500, b"\0\0\0"),
    "longer than it is, on the port of gtp": (2152, gtp(ip4(udp()))[:-1]),
    "longer than it is, on the port of teredo": (3544, ip6(udp())[:-1]),
}
