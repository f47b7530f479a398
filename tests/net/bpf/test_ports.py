"""Ports: where they lie, names of services, ranges, and fragments that have none."""

import pytest

from sipcm.net.bpf.names import Names
from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ethernet, ip4, ip6, udp

FORTH_PORTS, BACK_PORTS = (40000, 5060), (5060, 40000)
SIP = udp(b"INVITE", FORTH_PORTS)
OF_SIX = b"\0\0\1\0\0\0\7" + SIP
"""Behind the number of a protocol: the rest of a header for fragments, and what follows it."""

PACKETS = {
    "udp4": ethernet(ip4(SIP)),
    "tcp4": ethernet(ip4(SIP, 6)),
    "sctp4": ethernet(ip4(SIP, 132)),
    "udp6": ethernet(ip6(SIP), 0x86DD),
    "tcp6": ethernet(ip6(SIP, 6), 0x86DD),
    "with options": ethernet(ip4(SIP, options=bytes(8))),
    "back": ethernet(ip4(udp(b"", BACK_PORTS))),
    "high": ethernet(ip4(udp(b"", (5060, 5061)))),
    "no ports": ethernet(ip4(SIP, 1)),
    "no IP": ethernet(ip4(SIP), 0x0806),
    "first": ethernet(ip4(SIP, fragment=0x2000)),
    "second": ethernet(ip4(SIP, fragment=7)),
    "second tcp": ethernet(ip4(SIP, 6, fragment=7)),
    "second icmp": ethernet(ip4(SIP, 1, fragment=7)),
    "of six": ethernet(ip6(b"\x11" + OF_SIX, 44), 0x86DD),
    "tcp of six": ethernet(ip6(b"\6" + OF_SIX, 44), 0x86DD),
    "icmp of six": ethernet(ip6(b"\x3a" + OF_SIX, 44), 0x86DD),
    "cut": ethernet(ip4(SIP))[:36],
}
FORTH = {"udp4", "tcp4", "sctp4", "udp6", "tcp6", "with options", "first"}

ASKED = {
    "port 5060": FORTH | {"back", "high"},
    "dst port 5060": FORTH,
    "src port 5060": {"back", "high"},
    "src or dst port 5061": {"high"},
    "src and dst port 5060": set(),
    "udp port 5060": {"udp4", "udp6", "with options", "first", "back", "high"},
    "tcp dst port 5060": {"tcp4", "tcp6"},
    "sctp port 5060": {"sctp4"},
    "port 0x13c5": {"high"},
    "portrange 5061-5070": {"high"},
    "portrange 5070-5061": {"high"},
    "portrange 0x13c5-0x13ff": {"high"},
    "src portrange 5060-5061": {"back", "high"},
    "src and dst portrange 5060-5061": {"high"},
    "portrange 5061": {"high"},
    "portrange 40001-65535": set(),
    "portrange 0-65535": FORTH | {"back", "high", "cut"},
    "port sip": FORTH | {"back", "high"},
    "udp port sips": {"high"},
    "portrange sip-sips": FORTH | {"back", "high"},
    "portrange sips": {"high"},
}


@pytest.mark.parametrize("text", ASKED, ids=ASKED)
def test_ports(text):
    assert which(text, PACKETS) == ASKED[text]


WIDENED = {
    "udp port 9": {"second", "of six"},
    "tcp port 9": {"second tcp", "tcp of six"},
    "port 9": {"second", "second tcp", "of six", "tcp of six"},
    "dst port 5061": {"high", "second", "second tcp", "of six", "tcp of six"},
}


@pytest.mark.parametrize("text", WIDENED, ids=WIDENED)
def test_fragments_that_may_belong_to_it(text):
    assert which(text, PACKETS, fragments=True) == WIDENED[text]


@pytest.mark.parametrize("text", ["port 9", "udp port 5060"])
def test_an_inverted_filter_leaves_out_no_fragment_that_has_no_ports(text):
    left_out = set(PACKETS) - which(f"not {text}", PACKETS, fragments=True)
    assert left_out == which(text, PACKETS) | {"cut"}


SERVICES = """
udponly 5061/udp
both 5061/tcp
both 5061/udp
differs 5060/tcp
differs 5061/udp
sctp-too 5061/udp
sctp-too 5061/sctp
"""

NAMED = {
    "port udponly": {"high"},
    "tcp port both": set(),
    "port both": {"high"},
    "port differs": {"tcp4", "tcp6"},
    "udp port differs": {"high"},
    "sctp port sctp-too": set(),
    "portrange udponly": {"high"},
}


@pytest.mark.parametrize("text", NAMED, ids=NAMED)
def test_where_a_service_is_known(tmp_path, text):
    (tmp_path / "services").write_text(SERVICES, encoding="ascii")
    names = Names(tmp_path)
    assert which(text, PACKETS, resolver=names) == NAMED[text]


REFUSED = {
    "port 65536": "port number 65536 greater than maximum 65535",
    "portrange 5060-65536": "port number 65536 greater than maximum 65535",
    "portrange 1-2-3": "port range '1-2-3' contains more than one hyphen",
    "port 5060-5061": "unknown port '5060-5061'; write portrange 5060-5061",
    "port what": "unknown port 'what'; the file services has no such name",
    "portrange what-5061": "unknown port 'what'; the file services has no such name",
    "portrange 0xyz-1": "unknown port '0xyz'; the file services has no such name",
    "portrange \\-5061": "a range of ports has two ends; write portrange 5060-5061",
    "port 10.0.0.1": "'port' qualifier applied to IPv4 address",
    "portrange ::1": "'portrange' qualifier applied to IPv6 address",
    "port 0:1:2:3:4:5": "'port' qualifier applied to link-layer address",
    "port $1": "'port' qualifier applied to ARCnet address",
    "ip port 5060": "'ip' is not a valid qualifier for 'port'; write ip and port 5060",
    "ip6 portrange 1-2": (
        "'ip6' is not a valid qualifier for 'portrange'; write ip6 and portrange 1-2"
    ),
    "ether port 5060": "'ether' is not a valid qualifier for 'port'",
    "ra port 5060": "'ra' is valid for 802.11 syntax only",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED)
def test_refusals(text):
    error = refusal(f"ip and ({text})")
    assert str(error) == REFUSED[text]
    assert error.position is not None
    assert error.position >= 8


def test_a_service_of_another_protocol(tmp_path):
    (tmp_path / "services").write_text(SERVICES, encoding="ascii")
    assert str(refusal("tcp port udponly", resolver=Names(tmp_path))) == "port 'udponly' is udp"


LINKS = {"RAW": b"", "LINUX_SLL": bytes(14) + b"\x08\0", "NULL": b"\x02\0\0\0"}


@pytest.mark.parametrize("linktype", LINKS)
def test_on_other_link_types(linktype):
    packet = LINKS[linktype] + ip4(SIP)
    assert matches("udp dst port 5060", packet, linktype)
    assert not matches("udp src port 5060", packet, linktype)
