"""The link types: how each tells what it carries, by frames of each."""

import pytest

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.instructions import ANCILLARY
from sipcm.net.bpf.linktypes import DESCRIPTIONS, LINKTYPES, RADIO, begin
from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ethernet, ip4, ip6, udp

WORDS = ["ip", "ip6", "arp", "rarp", "atalk", "aarp", "decnet", "ipx", "netbeui", "stp", "iso"]
FOUR, SIX = ip4(udp(b"INVITE")), ip6(udp(b"INVITE"))
SNAP = b"\xaa\xaa\x03"
APPLE = b"\x08\0\x07"


def short(payload):
    """Make an 802.3 frame, which has its length where others have a type."""
    return ethernet(payload + bytes(40), len(payload) + 40)


ON_ETHERNET = {
    "ip": ethernet(FOUR),
    "ip6": ethernet(SIX, 0x86DD),
    "arp": ethernet(bytes(28), 0x0806),
    "atalk": short(SNAP + APPLE + b"\x80\x9b"),
    "aarp": short(SNAP + b"\0\0\0\x80\xf3"),
    "ipx": short(b"\xe0\xe0\x03"),
    "netbeui": short(b"\xf0\xf0\x03"),
    "stp": short(b"\x42\x42\x03"),
    "iso": short(b"\xfe\xfe\x03"),
}
ELSE_ON_ETHERNET = {
    "an ethertype behind SNAP": short(SNAP + b"\0\0\0\x08\0"),
    "AppleTalk of another organisation": short(SNAP + b"\0\0\0\x80\x9b"),
    "half of LLC": short(b"\xfe\x42\x03"),
    "a type that looks like LLC": ethernet(b"\xfe\xfe\x03" + bytes(40), 0x0600),
}


@pytest.mark.parametrize("word", WORDS)
def test_ethernet(word):
    packets = ON_ETHERNET | ELSE_ON_ETHERNET
    assert which(word, packets) == {word} & packets.keys()


@pytest.mark.parametrize(
    "frame",
    [
        short(b"\xff\xff"),
        short(SNAP + b"\0\0\0\x81\x37"),
        ethernet(bytes(40), 0x8137),
    ],
    ids=["bare", "behind SNAP", "by its type"],
)
def test_ipx_comes_in_four_ways(frame):
    assert matches("ipx", frame)
    assert not matches("ipx", frame[:12] + b"\x06\0" + frame[14:])


def test_a_length_ends_where_types_begin():
    frames = {str(kind): ethernet(b"\x42\x42\x03" + bytes(40), kind) for kind in (0, 1500, 1501)}
    assert which("stp", frames) == {"0", "1500"}


def cooked1(kind, payload=bytes(40)):
    return bytes(14) + kind.to_bytes(2) + payload


def cooked2(kind, payload=bytes(40)):
    return kind.to_bytes(2) + bytes(18) + payload


COOKED = {"LINUX_SLL": cooked1, "LINUX_SLL2": cooked2}


@pytest.mark.parametrize("linktype", COOKED)
def test_cooked(linktype):
    make = COOKED[linktype]
    packets = {
        "ip": make(0x0800, FOUR),
        "ip6": make(0x86DD, SIX),
        "arp": make(0x0806),
        "ipx": make(1),
        "ipx by its type": make(0x8137),
        "ipx behind LLC": make(4, b"\xe0" + bytes(9)),
        "ipx behind SNAP": make(4, SNAP + b"\0\0\0\x81\x37"),
        "atalk": make(0x809B),
        "atalk behind SNAP": make(4, SNAP + APPLE + b"\x80\x9b"),
        "aarp behind SNAP": make(4, SNAP + b"\0\0\0\x80\xf3"),
        "iso": make(4, b"\xfe\xfe\x03" + bytes(9)),
        "stp": make(4, b"\x42\x42\x03" + bytes(9)),
        "nothing known": make(5, b"\xfe\xfe\x03" + bytes(9)),
    }
    for word in WORDS:
        wanted = {name for name in packets if name.split()[0] == word}
        assert which(word, packets, linktype) == wanted


def test_raw_ip_has_its_version_only():
    packets = {"four": FOUR, "six": SIX, "five": b"\x55" + FOUR[1:]}
    assert which("ip", packets, "RAW") == {"four"}
    assert which("ip6", packets, "RAW") == {"six"}
    assert refusal("arp", "RAW").message == "expression rejects all packets"


FAMILIES = {"ip": [2], "ip6": [10, 24, 28, 30]}


@pytest.mark.parametrize("word", FAMILIES)
@pytest.mark.parametrize("linktype", ["NULL", "LOOP"])
def test_families_are_those_of_all_systems(linktype, word):
    """In both byte orders, but for OpenBSD's, which has one."""
    big = {str(family): family.to_bytes(4, "big") + FOUR for family in range(40)}
    assert which(word, big, linktype) == set(map(str, FAMILIES[word]))
    little = {str(family): family.to_bytes(4, "little") + FOUR for family in range(40)}
    wanted = FAMILIES[word] if linktype == "NULL" else []
    assert which(word, little, linktype) == set(map(str, wanted))
    assert refusal("arp", linktype).message == "expression rejects all packets"


ON_PPP = {
    "ip": 0x0021,
    "ip6": 0x0057,
    "decnet": 0x0027,
    "atalk": 0x0029,
    "iso": 0x0023,
    "stp": 0x0031,
    "ipx": 0x002B,
    "mpls": 0x0281,
    "ether proto 0x8021": 0x8021,
}


def test_ppp_has_its_own_numbers():
    packets = {word: b"\xff\x03" + number.to_bytes(2) for word, number in ON_PPP.items()}
    for word in ON_PPP:
        assert which(word, packets, "PPP") == {word}


def radio(kind, payload, flags=0x01):
    """Make an 802.11 frame behind the shortest radiotap header."""
    return bytes([0, 0, 8, 0, 0, 0, 0, 0, kind, flags]) + bytes(22) + payload + bytes(40)


ON_RADIO = {
    "ip": radio(0x08, SNAP + b"\0\0\0\x08\0" + FOUR),
    "arp": radio(0x08, SNAP + b"\0\0\0\x08\x06"),
    "atalk": radio(0x08, SNAP + APPLE + b"\x80\x9b"),
    "stp": radio(0x08, b"\x42\x42\x03"),
    "iso": radio(0x08, b"\xfe\xfe\x03"),
    "a beacon": radio(0x80, SNAP + b"\0\0\0\x08\0" + FOUR),
    "acknowledged": radio(0xD4, SNAP + b"\0\0\0\x08\0" + FOUR),
}


@pytest.mark.parametrize("word", WORDS)
def test_wireless(word):
    assert which(word, ON_RADIO, RADIO) == {word} & ON_RADIO.keys()


NOT_LAST, LAST = b"\0\x40\0\x40", b"\0\x40\x01\x40"
UNDER_LABELS = {
    "four": ethernet(LAST + FOUR, 0x8847),
    "six": ethernet(LAST + SIX, 0x8847),
    "not the last": ethernet(NOT_LAST + FOUR, 0x8847),
    "no label": ethernet(FOUR),
}


def test_under_a_label_there_is_ip():
    assert which("mpls and ip", UNDER_LABELS) == {"four"}
    assert which("mpls and ip6", UNDER_LABELS) == {"six"}
    error = refusal("mpls and arp")
    assert str(error) == "unsupported protocol over mpls; MPLS tells of IP only"


def test_every_link_type_can_be_asked():
    assert set(DESCRIPTIONS) == set(LINKTYPES)
    for linktype in LINKTYPES:
        layers = begin(linktype, live=False)
        assert layers.link == linktype
        assert begin(linktype, live=False) is not layers


def test_a_cooked_socket_has_no_link_header():
    for linktype in COOKED:
        assert matches("ip", FOUR, linktype, linux={ANCILLARY: 0x0800})
        assert not matches("ip", FOUR, linktype, linux={ANCILLARY: 0x86DD})


def test_a_link_type_that_is_unknown():
    with pytest.raises(
        FilterError, match=r"^filters on link type 147 are not supported; these are"
    ):
        begin("147", live=False)
