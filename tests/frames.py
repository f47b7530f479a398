"""Frames as they lie on the wire, and payloads that are no SIP: what scenarios are made of."""

import struct
from dataclasses import dataclass
from ipaddress import ip_address

import dpkt

LIVES = 64


@dataclass(frozen=True)
class Party:
    """One end of a call: a user *name* at a *host* (an IP address) and its SIP *port*."""

    name: str
    host: str
    port: int = 5060
    product: str = ""
    media_port: int = 40000

    @property
    def socket(self) -> str:
        """Host and port as a Via or a Contact writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def contact(self) -> str:
        return f"sip:{self.name}@{self.socket}"

    @property
    def address(self) -> bytes:
        return ip_address(self.host).packed

    @property
    def mac(self) -> bytes:
        """A locally administered address that tells hosts apart."""
        return b"\x02\x00" + self.address[-4:]


ALICE = Party("alice", "192.0.2.10", product="Atlanta Phone/1.0", media_port=40000)
BOB = Party("bob", "198.51.100.20", product="Biloxi Phone/2.1", media_port=50000)


def udp_frame(
    source: Party,
    destination: Party,
    payload: bytes,
    *,
    ports: tuple[int, int] | None = None,
    vlan: int = 0,
) -> bytes:
    """Wrap *payload* in UDP, IP and Ethernet, with a VLAN tag where *vlan* is one."""
    source_port, destination_port = ports or (source.port, destination.port)
    udp = dpkt.udp.UDP(sport=source_port, dport=destination_port, data=payload)
    udp.ulen = len(udp)
    ends = {"src": source.address, "dst": destination.address}
    if len(source.address) == 4:
        ip = dpkt.ip.IP(**ends, p=dpkt.ip.IP_PROTO_UDP, ttl=LIVES, data=udp)
        ip.len = len(ip)
        ethertype = dpkt.ethernet.ETH_TYPE_IP
    else:
        ip = dpkt.ip6.IP6(**ends, nxt=dpkt.ip.IP_PROTO_UDP, hlim=LIVES, plen=len(udp), data=udp)
        ethertype = dpkt.ethernet.ETH_TYPE_IP6
    tag = struct.pack("!HH", dpkt.ethernet.ETH_TYPE_8021Q, vlan) if vlan else b""
    return destination.mac + source.mac + tag + struct.pack("!H", ethertype) + bytes(ip)


def arp_frame(asker: Party, asked: Party) -> bytes:
    """Ask who has the address of *asked*."""
    arp = dpkt.arp.ARP(sha=asker.mac, spa=asker.address, tha=bytes(6), tpa=asked.address)
    return bytes(
        dpkt.ethernet.Ethernet(
            src=asker.mac, dst=b"\xff" * 6, type=dpkt.ethernet.ETH_TYPE_ARP, data=arp
        )
    )


def rtp(number: int, source: int) -> bytes:
    """Make the packet *number* of a silent G.711 stream, 20 ms of it (RFC 3550)."""
    first, payload_type = 0x80, 0 if number else 0x80
    return struct.pack("!BBHII", first, payload_type, number, number * 160, source) + b"\xff" * 160


def stun() -> bytes:
    """Make a binding request (RFC 5389)."""
    return struct.pack("!HHI", 1, 0, 0x2112A442) + b"binding-1234"
