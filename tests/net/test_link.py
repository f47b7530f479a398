"""Link layers: how far each steps, and what it says follows."""

import pytest

from sipcm.net import layer, link
from sipcm.net.packet import (
    BAD_HEADER,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_FAMILY,
    UNKNOWN_LLC,
    Datagram,
)

BEFORE = b"\xa5" * 3
MACS = bytes(range(12))
REST = b"\x45" + bytes(50)
LLC_TYPE = link.ETHERTYPE_LLC

# header, outcome, detail, bytes stepped over
CASES = {
    "ethernet": (link.Ethernet(), MACS + b"\x08\x00", UNKNOWN_ETHERTYPE, 0x0800, 14),
    "lowest ethertype": (link.Ethernet(), MACS + b"\x06\x00", UNKNOWN_ETHERTYPE, 0x0600, 14),
    "802.3 length": (link.Ethernet(), MACS + b"\x05\xff", UNKNOWN_ETHERTYPE, LLC_TYPE, 14),
    "vlan": (link.Vlan(), b"\x20\x05\x86\xdd", UNKNOWN_ETHERTYPE, 0x86DD, 4),
    "vlan with length": (link.Vlan(), b"\x20\x05\x00\x20", UNKNOWN_ETHERTYPE, LLC_TYPE, 4),
    "llc ip": (link.Llc(), b"\x06\x06\x03", UNKNOWN_ETHERTYPE, 0x0800, 3),
    "snap": (link.Llc(), b"\xaa\xaa\x03\0\0\0\x86\xdd", UNKNOWN_ETHERTYPE, 0x86DD, 8),
    "snap 802.1H": (link.Llc(), b"\xaa\xaa\x03\0\0\xf8\x80\xf3", UNKNOWN_ETHERTYPE, 0x80F3, 8),
    "snap of a vendor": (link.Llc(), b"\xaa\xaa\x03\0\0\x0c\x20\0", UNKNOWN_LLC, 0xAA, 0),
    "llc spanning tree": (link.Llc(), b"\x42\x42\x03", UNKNOWN_LLC, 0x42, 0),
    "llc connection": (link.Llc(), b"\xaa\xaa\x7f\0\0\0\x08\0", UNKNOWN_LLC, 0xAA, 0),
    "sll": (link.Sll(), bytes(14) + b"\x08\x00", UNKNOWN_ETHERTYPE, 0x0800, 16),
    "sll llc": (link.Sll(), bytes(14) + b"\x00\x04", UNKNOWN_ETHERTYPE, LLC_TYPE, 16),
    "sll2": (link.Sll2(), b"\x86\xdd" + bytes(18), UNKNOWN_ETHERTYPE, 0x86DD, 20),
    "null, little endian": (link.Loopback(), b"\x02\0\0\0", UNKNOWN_ETHERTYPE, 0x0800, 4),
    "null, big endian": (link.Loopback(), b"\0\0\0\x02", UNKNOWN_ETHERTYPE, 0x0800, 4),
    "null IPX": (link.Loopback(), b"\x17\0\0\0", UNKNOWN_FAMILY, 23, 0),
    "null both ends": (link.Loopback(), b"\x02\0\0\x02", UNKNOWN_FAMILY, 0x02000002, 0),
    "raw 4": (link.Raw(), b"", UNKNOWN_ETHERTYPE, 0x0800, 0),
}
for number in (10, 24, 28, 30):
    for order in ("little", "big"):
        CASES[f"null IPv6 {number} {order}"] = (
            link.Loopback(),
            number.to_bytes(4, order),
            UNKNOWN_ETHERTYPE,
            0x86DD,
            4,
        )


def begin(data: bytes) -> Datagram:
    datagram = Datagram()
    datagram.begin(BEFORE + data + b"\x5a" * 30, 3, 3 + len(data))
    return datagram


@pytest.mark.parametrize(
    ("kind", "header", "outcome", "detail", "steps"), CASES.values(), ids=CASES
)
def test_link_layer(kind, header, outcome, detail, steps):
    datagram = begin(header + REST)
    assert kind.decode(datagram) == outcome
    assert (datagram.detail, datagram.start) == (detail, 3 + steps)


@pytest.mark.parametrize(
    ("first", "outcome", "detail"),
    [
        (0x60, UNKNOWN_ETHERTYPE, 0x86DD),
        (0x4F, UNKNOWN_ETHERTYPE, 0x0800),
        (0x50, BAD_HEADER, layer.LAYER_RAW),
        (0x00, BAD_HEADER, layer.LAYER_RAW),
    ],
)
def test_raw_looks_at_the_version(first, outcome, detail):
    datagram = begin(bytes([first]))
    assert (link.Raw().decode(datagram), datagram.detail, datagram.start) == (outcome, detail, 3)


@pytest.mark.parametrize(
    ("kind", "header", "number"),
    [
        (link.Ethernet(), MACS + b"\x08\x00", layer.LAYER_ETHERNET),
        (link.Vlan(), b"\0\0\x08\x00", layer.LAYER_VLAN),
        (link.Llc(), b"\xaa\xaa\x03\0\0\0\x08\0", layer.LAYER_LLC),
        (link.Llc(), b"\x06\x06\x03", layer.LAYER_LLC),
        (link.Sll(), bytes(16), layer.LAYER_SLL),
        (link.Sll2(), bytes(20), layer.LAYER_SLL2),
        (link.Loopback(), b"\x02\0\0\0", layer.LAYER_LOOPBACK),
        (link.Raw(), b"\x45", layer.LAYER_RAW),
    ],
)
def test_a_header_cut_anywhere_is_truncated(kind, header, number):
    for cut in range(len(header)):
        datagram = begin(header[:cut])
        assert kind.decode(datagram) == TRUNCATED
        assert (datagram.detail, datagram.start) == (number, 3)
    whole = begin(header)
    assert kind.decode(whole) == UNKNOWN_ETHERTYPE
    assert whole.layers == number


def test_an_802_3_length_cuts_the_padding_off():
    datagram = begin(MACS + b"\x00\x08" + bytes(46))
    link.Ethernet().decode(datagram)
    assert datagram.end - datagram.start == 8
    assert not datagram.truncated


def test_an_802_3_length_beyond_the_frame_changes_nothing():
    datagram = begin(MACS + b"\x00\x2f" + bytes(46))
    link.Ethernet().decode(datagram)
    assert datagram.end - datagram.start == 46
    assert datagram.truncated
