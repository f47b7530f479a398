"""Words of their own kind: lengths, single bytes, groups of receivers, directions, LLC."""

import pytest

from sipcm.net.bpf.linktypes import LINUX_SLL, LINUX_SLL2, RADIO
from sipcm.net.bpf.specials import INTERFACE, PACKET_TYPE
from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ethernet, fragments4, fragments6, ip4, ip6, udp

LENGTHS = {
    "less 100": {99, 100},
    "greater 100": {100, 101},
    "greater 0": {99, 100, 101},
    "less 99 or greater 101": {99, 101},
    "not less 100": {101},
    "len = 100": {100},
}


@pytest.mark.parametrize("text", LENGTHS, ids=LENGTHS)
def test_lengths_are_those_on_the_wire(text):
    assert {wire for wire in (99, 100, 101) if matches(text, bytes(60), wire=wire)} == LENGTHS[text]


PIECES4 = [ethernet(piece) for piece in fragments4(udp(bytes(40)), 17, 24)]
PIECES6 = [ethernet(piece, 0x86DD) for piece in fragments6(udp(bytes(40)), 17, 24)]


@pytest.mark.parametrize("text", ["greater 1000", "not less 1000"])
def test_a_fragment_does_not_tell_the_length_of_the_whole(text):
    whole = ethernet(ip4(udp(bytes(40))))
    packets = {str(number): piece for number, piece in enumerate([*PIECES4, *PIECES6])}
    assert which(text, packets) == set()
    assert which(text, {**packets, "whole": whole}, fragments=True) == set(packets)


BYTES = {
    "byte 0 = 5": {5},
    "byte 0 < 5": {0, 1, 4},
    "byte 0 > 5": {6, 255},
    "byte 0 & 4": {4, 5, 6, 255},
    "byte 0 | 0": {1, 4, 5, 6, 255},
    "byte 1 = 7": {0, 1, 4, 5, 6, 255},
    "not byte 0 < 255": {255},
}


@pytest.mark.parametrize("text", BYTES, ids=BYTES)
def test_single_bytes(text):
    packets = {str(first): bytes([first, 7]) for first in (0, 1, 4, 5, 6, 255)}
    assert which(text, packets) == set(map(str, BYTES[text]))


def to(address):
    return address + bytes(6) + b"\x08\0" + ip4(b"")


def to_host(address):
    """Make a packet to an IPv4 address."""
    return ethernet(ip4(b"")[:16] + bytes(address))


def to_group(first):
    """Make a packet to an IPv6 address that begins with a byte."""
    return ethernet(ip6(b"")[:24] + bytes([first]) + bytes(15), 0x86DD)


RECEIVERS = {
    "everybody": to(b"\xff" * 6),
    "nearly everybody": to(b"\xff" * 5 + b"\xfe"),
    "a group": to(b"\1\0\x5e\0\0\1"),
    "a host": to(bytes(6)),
}


@pytest.mark.parametrize("word", ["", "ether "])
def test_receivers_on_the_link(word):
    assert which(f"{word}broadcast", RECEIVERS) == {"everybody"}
    assert which(f"{word}multicast", RECEIVERS) == RECEIVERS.keys() - {"a host"}


def test_receivers_of_wireless_frames():
    """Of what goes to the system the receiver is the third address."""
    begin = bytes([0, 0, 8, 0, 0, 0, 0, 0])
    group, host = b"\1" + bytes(5), bytes(6)
    packets = {
        "to a group": begin + b"\x08\2\0\0" + group + host + host,
        "to a group by the system": begin + b"\x08\1\0\0" + host + host + group,
        "to the system": begin + b"\x08\1\0\0" + group + host + host,
    }
    assert which("multicast", packets, RADIO) == {"to a group", "to a group by the system"}
    assert which("dir tods", packets, RADIO) == {"to a group by the system", "to the system"}


def test_groups_of_ip():
    packets = {str(first): to_host([first, 0, 0, 1]) for first in (10, 223, 224, 239, 240)}
    assert which("ip multicast", packets) == {"224", "239"}
    packets = {str(first): to_group(first) for first in (0xFD, 0xFE, 0xFF)}
    assert which("ip6 multicast", packets) == {"255"}


def test_broadcast_of_ip():
    packets = {str(last): to_host([10, 0, 0, last]) for last in (0, 1, 127, 128, 254, 255)}
    assert which("ip broadcast", packets, netmask=0xFFFFFF00) == {"0", "255"}
    assert which("ip broadcast", packets, netmask=0xFFFFFF80) == {"0", "127", "128", "255"}
    error = refusal("ip broadcast")
    assert str(error) == "netmask not known, so 'ip broadcast' not supported"


def test_groups_behind_geneve_are_those_of_the_inner_frame():
    def carried(kind, inner):
        return ethernet(ip4(udp(b"\0\0" + kind + bytes(4) + inner, (1, 6081))))

    packets = {
        "a group": carried(b"\x65\x58", RECEIVERS["a group"]),
        "a host": carried(b"\x65\x58", RECEIVERS["a host"]),
        "no frame": carried(b"\x08\0", b"\x45\1" + ip4(b"")[2:]),
    }
    assert which("geneve and multicast", packets) == {"a group"}


def cooked1(direction):
    return direction.to_bytes(2) + bytes(14)


def cooked2(direction):
    return bytes(4) + (7).to_bytes(4) + bytes(2) + bytes([direction]) + bytes(9)


DIRECTED = {LINUX_SLL: cooked1, LINUX_SLL2: cooked2}


@pytest.mark.parametrize("linktype", DIRECTED)
def test_directions(linktype):
    packets = {str(number): DIRECTED[linktype](number) for number in range(5)}
    assert which("outbound", packets, linktype) == {"4"}
    assert which("inbound", packets, linktype) == {"0", "1", "2", "3"}


@pytest.mark.parametrize("linktype", [LINUX_SLL, LINUX_SLL2, "EN10MB"])
def test_linux_tells_direction_and_interface(linktype):
    packets = {"it": bytes(20)}
    for number in range(5):
        told = {PACKET_TYPE: number, INTERFACE: 7}
        assert bool(which("outbound", packets, linktype, linux=told)) is (number == 4)
        assert bool(which("inbound", packets, linktype, linux=told)) is (number != 4)
        assert which("ifindex 7", packets, linktype, linux=told)
        assert not which("ifindex 8", packets, linktype, linux=told)


def test_interfaces():
    packets = {"it": cooked2(0)}
    assert which("ifindex 7", packets, LINUX_SLL2)
    assert not which("ifindex 8", packets, LINUX_SLL2)


def frame(control, *, length=20, addresses=b"\x42\x42"):
    return ethernet(addresses + bytes([control]) + bytes(20), length)


CONTROLS = {
    "i": {0x00, 0x02, 0xFE},
    "s": {0x01, 0x05, 0x09},
    "u": {0x03, 0x13, 0xE3, 0xF3, 0x6F},
    "rr": {0x01},
    "rnr": {0x05},
    "rej": {0x09},
    "ui": {0x03, 0x13},
    "test": {0xE3, 0xF3},
    "SABME": {0x6F},
}


@pytest.mark.parametrize("name", CONTROLS)
def test_kinds_of_llc(name):
    controls = set.union(*CONTROLS.values())
    packets = {str(control): frame(control) for control in controls}
    assert which("llc", packets) == set(packets)
    assert which(f"llc {name}", packets) == set(map(str, CONTROLS[name]))


def test_frames_without_llc():
    packets = {
        "a type": frame(0, length=0x0800),
        "bare IPX": frame(0, addresses=b"\xff\xff"),
        "the longest": frame(0, length=1500),
    }
    assert which("llc", packets) == {"the longest"}
    data, beacon = (bytes([0, 0, 8, 0, 0, 0, 0, 0, kind, 0]) + bytes(50) for kind in (0x08, 0x80))
    assert which("llc", {"data": data, "beacon": beacon}, RADIO) == {"data"}


REFUSED = {
    ("broadcast", "RAW"): "'broadcast' not supported on RAW (Raw IP)",
    ("multicast", "PPP"): "'multicast' not supported on PPP (Point-to-Point Protocol)",
    ("ip6 broadcast", "EN10MB"): "only link-layer/IP broadcast filters supported",
    ("arp multicast", "EN10MB"): (
        "only IP multicast filters supported on other than the link layer"
    ),
    ("inbound", "EN10MB"): "not a live capture, 'inbound' not supported on EN10MB (Ethernet)",
    ("outbound", "RAW"): "not a live capture, 'outbound' not supported on RAW (Raw IP)",
    ("ifindex 1", LINUX_SLL): (
        "not a live capture, 'ifindex' not supported on LINUX_SLL (Linux cooked v1)"
    ),
    ("llc", "NULL"): "'llc' not supported on NULL (BSD loopback)",
    ("llc x", "EN10MB"): (
        "unknown LLC type name 'x'; "
        "these are i, s, u, rr, rnr, rej, ui, ua, disc, sabme, test, xid, frmr, dm"
    ),
    ("type mgt", "EN10MB"): "'type/subtype' not supported on EN10MB (Ethernet)",
    ("dir tods", "EN10MB"): "'dir' not supported on EN10MB (Ethernet)",
}


@pytest.mark.parametrize(("text", "linktype"), REFUSED, ids=[" on ".join(key) for key in REFUSED])
def test_refusals(text, linktype):
    error = refusal(f"ip or {text}", linktype)
    assert (str(error), error.position) == (REFUSED[text, linktype], len("ip or "))
