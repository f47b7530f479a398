"""Hosts and networks: which addresses of which packets are looked at, and what is refused."""

import pytest

from sipcm.net.bpf.names import Names
from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ethernet, ip4, ip6, udp

FILES = {
    "hosts": "10.0.0.1 one\n10.0.0.2 two\n2001:db8::1 one\n2001:db8::9 six\n10.0.0.9 gate\n",
    "networks": "ten 10\nhouse 192.168\n",
    "ethers": "66:77:88:99:aa:bb gate\n00:11:22:33:44:55 nameless\n66:77:88:99:aa:bb six\n",
}


@pytest.fixture
def names(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Names(tmp_path)


def address(text):
    return bytes(map(int, text.split(".")))


def between4(source, destination):
    return ip4(udp(b""))[:12] + address(source) + address(destination) + udp(b"")


def arp(sender, target):
    return bytes(14) + address(sender) + bytes(6) + address(target)


IP = ethernet(between4("10.0.0.1", "10.0.0.2"))
PACKETS = {
    "ip": IP,
    "back": IP[6:12] + IP[:6] + ethernet(between4("10.0.0.2", "10.0.0.1"))[12:],
    "other": ethernet(between4("192.168.7.7", "10.0.1.2")),
    "arp": ethernet(arp("10.0.0.1", "10.0.0.2"), 0x0806),
    "rarp": ethernet(arp("10.0.0.2", "10.0.0.1"), 0x8035),
    "ip6": ethernet(ip6(udp(b"")), 0x86DD),
}
FIRST = "00:11:22:33:44:55"
SECOND = "66:77:88:99:aa:bb"

MATCHING = {
    "host 10.0.0.1": "ip back arp rarp",
    "host 10.0.0.7": "",
    "src 10.0.0.1": "ip arp",
    "dst host 10.0.0.1": "back rarp",
    "src or dst 10.0.0.1": "ip back arp rarp",
    "src and dst net 10": "ip back arp rarp",
    "ip host 10.0.0.1": "ip back",
    "ip src 10.0.0.1": "ip",
    "arp host 10.0.0.1": "arp",
    "rarp dst 10.0.0.1": "rarp",
    "host 0x0a000001": "ip back arp rarp",
    "src 167772161": "ip arp",
    "net 10.0.0.0/8": "ip back other arp rarp",
    "net 10": "ip back other arp rarp",
    "net 10.0.0": "ip back arp rarp",
    "net 10.0.0.0 mask 255.255.255.0": "ip back arp rarp",
    "net 0.0.0.2 mask 0.0.0.255": "ip back other arp rarp",
    "net 10.0.0.1": "ip back arp rarp",
    "src net 192.168.0.0/16": "other",
    "src 192.168.0.0/16": "other",
    "dst net 10.0.1.0/24": "other",
    "net 0.0.0.0/0": "ip back other arp rarp",
    "host 2001:db8::1": "ip6",
    "ip6 host 2001:db8::1": "ip6",
    "src 2001:db8::1": "ip6",
    "dst 2001:db8::1": "",
    "ip6 dst 2001:db8::2": "ip6",
    "net 2001:db8::/32": "ip6",
    "net 2001:db8::2/127": "ip6",
    "src net 2001:db8::2/127": "",
    "net ::/0": "ip6",
    "host 2001:db8::1/128": "ip6",
    "host one": "ip back arp rarp ip6",
    "ip host one": "ip back",
    "ip6 src one": "ip6",
    "arp src one": "arp",
    "net ten": "ip back other arp rarp",
    "ip src net house": "other",
    f"ether host {FIRST}": "ip back other arp rarp ip6",
    f"ether src {FIRST}": "back",
    f"ether dst {FIRST}": "ip other arp rarp ip6",
    f"ether src and dst {FIRST}": "",
    "ether src gate": "ip other arp rarp ip6",
    "ether dst nameless": "ip other arp rarp ip6",
    "gateway gate": "ip back other arp rarp",
    "ip gateway gate": "ip back other",
    "arp gateway gate": "arp",
}


@pytest.mark.parametrize("text", MATCHING)
def test_which_packets_match(names, text):
    assert which(text, PACKETS, resolver=names) == set(MATCHING[text].split())


def test_a_gateway_does_not_talk_for_itself(names):
    own = ethernet(between4("10.0.0.9", "10.0.0.2"))
    assert not matches("gateway gate", own, resolver=names)
    assert matches("gateway gate", IP, resolver=names)


def test_all_words_of_an_ipv6_address_count():
    text = "2001:db8:1:2:3:4:5:6"
    packet = ip6(udp(b""))
    packet = packet[:8] + bytes.fromhex("20010db8000100020003000400050006") + packet[24:]
    assert matches(f"src {text}", packet, "RAW")
    for at in range(8, 24):
        other = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]
        assert not matches(f"src {text}", other, "RAW")
        assert matches(f"src net 2001:db8:1::/48 and not src {text}", other, "RAW") == (at >= 14)


def test_the_other_link_types():
    packet = between4("10.0.0.1", "10.0.0.2")
    assert matches("host 10.0.0.1", packet, "RAW")
    assert matches("src 10.0.0.1", bytes(14) + b"\x08\0" + packet, "LINUX_SLL")
    labelled = ethernet(b"\0\0\x11\x40" + packet, 0x8847)
    assert matches("mpls and dst 10.0.0.2", labelled)
    assert not matches("mpls and dst 10.0.0.1", labelled)


def test_addresses_of_wireless_frames():
    radiotap = b"\0\0\x08\0\0\0\0\0"
    addresses = bytes.fromhex("001122334455 66778899aabb ffffffffffff")
    frame = radiotap + b"\x08\0\0\0" + addresses + b"\0\0" + b"\xaa\xaa\3\0\0\0\x08\0" + ip4(b"")
    assert matches(f"ether dst {FIRST}", frame, "IEEE802_11_RADIO")
    assert matches(f"wlan src {SECOND}", frame, "IEEE802_11_RADIO")
    assert not matches(f"ether src {FIRST}", frame, "IEEE802_11_RADIO")


def geneve(carried, kind):
    header = b"\0\0" + kind.to_bytes(2) + b"\0\0\7\0"
    return ethernet(ip4(udp(header + carried, (999, 6081))))


def test_link_layer_addresses_in_a_tunnel_that_may_have_none():
    inner = between4("10.9.9.9", "10.0.0.2")
    assert matches(f"geneve and ether dst {FIRST}", geneve(ethernet(inner), 0x6558))
    assert matches("geneve and src 10.9.9.9", geneve(inner, 0x0800))
    assert not matches(
        f"geneve and ether dst {FIRST}", geneve(bytes.fromhex("001122334455"), 0x800)
    )


# Behind the length of two bytes: flags, destination and source, all little-endian; the long header
# has six bytes of something else before each, and a byte of padding may precede both.
TO, FROM = (number.to_bytes(2, "little") for number in (1 << 10 | 1, 10 << 10 | 123))
DECNET = {
    "short": b"\x02" + TO + FROM,
    "short, padded": b"\x81\x02" + TO + FROM,
    "long": b"\x06" + bytes(6) + TO + bytes(6) + FROM,
    "long, padded": b"\x81\x06" + bytes(6) + TO + bytes(6) + FROM,
}
DECNET_MATCHING = {
    "decnet host 10.123": True,
    "decnet src 10.123": True,
    "decnet dst 10.123": False,
    "decnet dst 1.1": True,
    "decnet src and dst 1.1": False,
    "decnet host 10.124": False,
}


@pytest.mark.parametrize("header", DECNET.values(), ids=DECNET)
@pytest.mark.parametrize(("text", "answer"), DECNET_MATCHING.items(), ids=DECNET_MATCHING)
def test_decnet(text, answer, header):
    packet = ethernet(b"\0\0" + header + bytes(20), 0x6003)
    assert matches(text, packet) == answer
    assert not matches(text, ethernet(b"\0\0" + header + bytes(20), 0x0806))


REFUSED = {
    "host unknown": "unknown host 'unknown'",
    "ip6 host two": "unknown host 'two' for specified address family",
    "net unknown": "unknown network 'unknown'",
    "ip6 net ten": "unknown network 'ten'",
    "ether host unknown": (
        "unknown Ethernet-like host 'unknown'; the file ethers has no such name"
    ),
    "tcp host 10.0.0.1": ("'tcp' is not a valid qualifier for 'host'; write tcp and host 10.0.0.1"),
    "udp net 10": "'udp' is not a valid qualifier for 'net'; write udp and net 10",
    "udp src 10.0.0.1": "'udp' is not a valid qualifier for 'host'; write udp and src 10.0.0.1",
    "ether host 10.0.0.1": "'ether' is not a valid qualifier for 'host'; write host 10.0.0.1",
    "ether net ten": "'ether' is not a valid qualifier for 'net'; write net ten",
    "ip6 host 10.0.0.1": "'ip6' is not a valid qualifier for an IPv4 address",
    "ip host 2001:db8::1": "'ip' is not a valid qualifier for an IPv6 address",
    "arp net 2001:db8::/32": "'arp' is not a valid qualifier for an IPv6 address",
    "host 10.0.0.0/8": (
        "'host' is not a valid qualifier for '10.0.0.0/8'; networks are written net 10.0.0.0/8"
    ),
    "host 2001:db8::/32": (
        "'host' is not a valid qualifier for '2001:db8::/32'; networks are written net 2001:db8::/32"
    ),
    "net 10.0.0.1/8": (
        "non-network bits set in the address: 10.0.0.1/8; the network is 10.0.0.0/8"
    ),
    "net 10.1/8": "non-network bits set in the address: 10.1/8; the network is 10.0.0.0/8",
    "net 10.0.0.0/33": "mask length must be <= 32: 10.0.0.0/33",
    "net 10.0.0.1 mask 255.0.0.0": ("non-network bits set in the address: 10.0.0.1 mask 255.0.0.0"),
    "net 2001:db8::1/64": "non-network bits set in the address",
    "net 2001:db8::/129": "mask length must be <= 128",
    "host 10.0.0.256": "invalid IPv4 address '10.0.0.256'",
    f"host {FIRST}": (f"Ethernet address used in non-ether expression; write ether host {FIRST}"),
    f"ether net {FIRST}": (
        f"Ethernet address used in non-ether expression; write ether host {FIRST}"
    ),
    "host $1f": "'link host $XX' not supported on EN10MB (Ethernet)",
    "tcp gateway gate": "'tcp' is not a valid qualifier for 'gateway'",
    "gateway 10.0.0.9": (
        "'gateway' is not a valid qualifier for '10.0.0.9'; it takes the name of a host"
    ),
    f"gateway {FIRST}": "Ethernet address used in non-ether expression",
    "gateway one": "unknown Ethernet-like host 'one'; the file ethers has no such name",
    "gateway nameless": "unknown host 'nameless'",
    "gateway six": "unknown host 'six'",
    "vxlan and gateway gate": "'gateway' cannot be used within VXLAN or Geneve",
    "decnet host 64.1": "invalid DECnet address '64.1'",
    "decnet host 1.1024": "invalid DECnet address '1.1024'",
    "decnet host 1.2.3": "invalid DECnet address '1.2.3'",
    "decnet net 1.1": "invalid DECnet address '1.1'",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=REFUSED)
def test_refusals(names, text, message):
    error = refusal(text, resolver=names)
    assert str(error) == message
    assert error.position is not None


ELSEWHERE = {
    f"ether host {FIRST}": "'link host XX:XX:XX:XX:XX:XX' not supported on RAW (Raw IP)",
    "ether host gate": "'link host NAME' not supported on RAW (Raw IP)",
    "gateway gate": "'gateway' not supported on RAW (Raw IP)",
}


@pytest.mark.parametrize(("text", "message"), ELSEWHERE.items(), ids=ELSEWHERE)
def test_refusals_without_a_link_layer(names, text, message):
    assert str(refusal(text, "RAW", resolver=names)) == message


def test_why_a_host_was_not_found_is_told():
    def find_host(name):
        raise OSError("no answer within 3 s")

    error = refusal("host sip.example.com", resolver=Names(None, find_host))
    assert str(error) == "unknown host 'sip.example.com'; no answer within 3 s"
