"""Protocols: bare words, numbers behind proto and protochain, and their names."""

import pytest

from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ethernet, ip4, ip6


def four(protocol):
    return ethernet(ip4(bytes(40), protocol))


def six(protocol, payload=bytes(40)):
    return ethernet(ip6(payload, protocol), 0x86DD)


def fragment(protocol):
    return six(44, bytes([protocol]) + bytes(40))


def osi(network, kind=0):
    """Make an 802.3 frame with an OSI protocol: *network* says which, *kind* which of IS-IS."""
    payload = b"\xfe\xfe\x03" + bytes([network, 27, 1, 0, kind]) + bytes(20)
    return ethernet(payload, len(payload))


ON_BOTH = {"tcp": 6, "udp": 17, "sctp": 132, "pim": 103, "ah": 51, "esp": 50}


@pytest.mark.parametrize("word", ON_BOTH)
def test_protocols_of_both_versions(word):
    number = ON_BOTH[word]
    packets = {"four": four(number), "six": six(number), "fragment": fragment(number)}
    assert which(word, packets) == {"four", "six", "fragment"}
    others = {"four": four(1), "six": six(1), "fragment": fragment(1), "no IP": ethernet(b"", 6)}
    assert which(word, others) == set()


ON_ONE = {"icmp": 1, "igmp": 2, "igrp": 9, "vrrp": 112, "carp": 112}


@pytest.mark.parametrize("word", ON_ONE)
def test_protocols_of_version_4(word):
    number = ON_ONE[word]
    assert which(word, {"four": four(number), "six": six(number)}) == {"four"}


def test_icmp6():
    packets = {"four": four(58), "six": six(58), "fragment": fragment(58)}
    assert which("icmp6", packets) == {"six", "fragment"}


LINK = {
    "ip": 0x0800,
    "ip6": 0x86DD,
    "arp": 0x0806,
    "rarp": 0x8035,
    "atalk": 0x809B,
    "aarp": 0x80F3,
    "decnet": 0x6003,
    "lat": 0x6004,
    "sca": 0x6007,
    "moprc": 0x6002,
    "mopdl": 0x6001,
    "ipx": 0x8137,
}


def test_protocols_of_the_link_layer():
    packets = {word: ethernet(bytes(60), number) for word, number in LINK.items()}
    for word in LINK:
        assert which(word, packets) == {word}


SAPS = {
    "stp": b"\x42\x42\x03",
    "ipx": b"\xe0\xe0\x03",
    "netbeui": b"\xf0\xf0\x03",
    "iso": b"\xfe\xfe\x03",
}


def test_protocols_behind_llc():
    packets = {word: ethernet(llc + bytes(50), 53) for word, llc in SAPS.items()}
    for word in SAPS:
        assert which(word, packets) == {word}


KINDS = {
    "l1": {15, 17, 18, 24, 26},
    "l2": {16, 17, 20, 25, 27},
    "iih": {15, 16, 17},
    "lsp": {18, 20},
    "snp": {24, 25, 26, 27},
    "csnp": {24, 25},
    "psnp": {26, 27},
    "isis": set(range(32)),
    "isis proto 20": {20},
}


@pytest.mark.parametrize("word", KINDS)
def test_kinds_of_is_is(word):
    packets = {str(kind): osi(0x83, kind | 0xE0) for kind in range(32)}
    assert which(word, packets) == set(map(str, KINDS[word]))
    assert not matches(word, osi(0x82, 20))


OSI = {"clnp": 0x81, "esis": 0x82, "isis": 0x83}


@pytest.mark.parametrize("word", OSI)
def test_osi(word):
    packets = {str(number): osi(number) for number in range(0x80, 0x85)}
    for text in (word, f"iso proto \\{word}", f"iso proto {OSI[word]}"):
        assert which(text, packets) == {str(OSI[word])}


NUMBERED = {
    "ip proto 17": {"four"},
    "ip6 proto 17": {"six", "fragment"},
    "proto 17": {"four", "six", "fragment"},
    "proto \\udp": {"four", "six", "fragment"},
    "ether proto 0x800": {"four"},
    "ether proto \\ip6": {"six", "fragment"},
    "link proto 0x806": set(),
}


@pytest.mark.parametrize("text", NUMBERED, ids=NUMBERED)
def test_numbers(text):
    packets = {"four": four(17), "six": six(17), "fragment": fragment(17)}
    assert which(text, packets) == NUMBERED[text]


def option(following):
    """Make a header of options that says what follows it, 8 bytes long."""
    return bytes([following]) + bytes(7)


AUTHENTICATED = b"\x11\1" + bytes(10)
CHAINS = {
    "udp4": four(17),
    "udp4 behind ah": ethernet(ip4(AUTHENTICATED + bytes(30), 51)),
    "udp6": six(17),
    "udp6 behind options": six(0, option(60) + option(43) + option(17) + bytes(20)),
    "udp6 behind a fragment header": fragment(17),
    "udp6 behind ah": six(51, AUTHENTICATED + bytes(30)),
    "tcp6 behind options": six(0, option(6) + bytes(20)),
    "nothing": six(59),
    "nothing that says otherwise": six(59, option(17)),
}
CHAINED = {
    "protochain 17": {name for name in CHAINS if name.startswith("udp")},
    "ip protochain \\udp": {name for name in CHAINS if name.startswith("udp4")},
    "ip6 protochain 17": {name for name in CHAINS if name.startswith("udp6")},
    "ip6 protochain 60": {"udp6 behind options"},
}


@pytest.mark.parametrize("text", CHAINED, ids=CHAINED)
def test_chains_of_headers(text):
    assert which(text, CHAINS) == CHAINED[text]


REFUSED = {
    "link": "'link' cannot be used alone; name an address: ether host ...",
    "radio": "'radio' cannot be used as an abbreviation",
    "udp proto 6": "'udp' is not a valid qualifier for 'proto'",
    "ether protochain 6": "'ether' is not a valid qualifier for 'protochain'",
    "ip proto 256": "protocol number 256 greater than maximum 255",
    "protochain 256": "protocol number 256 greater than maximum 255",
    "isis proto 32": "protocol number 32 greater than maximum 31",
    "ether proto 65536": "EtherType 65536 greater than maximum 65535",
    "ether proto 256": "LLC DSAP 256 greater than maximum 255",
    "ether proto 1500": "LLC DSAP 1500 greater than maximum 255",
    "vxlan and protochain 6": "'protochain' not supported with variable length headers",
    "ip proto what": "unknown 'ip proto' value 'what'",
    "ether proto what": "unknown 'ether proto' value 'what'",
    "iso proto what": "unknown 'iso proto' value 'what'",
    "isis proto what": "unknown 'isis proto' value 'what'",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED)
def test_refusals(text):
    assert str(refusal(text)) == REFUSED[text]


def test_numbers_of_ppp():
    assert matches("ether proto 256", b"\xff\x03\1\0", "PPP")
    assert str(refusal("ppp proto 65536", "PPP")) == "PPP protocol 65536 greater than maximum 65535"
