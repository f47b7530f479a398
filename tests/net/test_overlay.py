"""Tunnels in UDP: told from other payloads, their options stepped over."""

import pytest

from sipcm.net import overlay
from sipcm.net.layer import LAYER_GENEVE, LAYER_GTP, LAYER_TEREDO, LAYER_TZSP, LAYER_VXLAN
from sipcm.net.link import ETHERTYPE_BRIDGED, ETHERTYPE_IPV6, ETHERTYPE_RAW
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    DECODED,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_FAMILY,
    UNKNOWN_LINKTYPE,
)
from tests.net.contract import Row, begin, check, check_cuts

VXLAN, GENEVE, GTP = overlay.Vxlan(), overlay.Geneve(), overlay.Gtp()
TZSP, TEREDO = overlay.Tzsp(), overlay.Teredo()
DATA = b"0123456789"
IPV6 = b"\x60\0\0\0\0\x0a\x3b\x40" + bytes(32)
AUTHENTICATION = b"\0\1\2\3" + b"cc" + b"aaa" + bytes(9)
ORIGIN = bytes(8)

ROWS = {
    "vxlan": Row(VXLAN, b"\x08" + bytes(7), UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 8),
    "vxlan, policy": Row(
        VXLAN, b"\x88\x40\0\x09\0\0\x2a\0", UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 8
    ),
    "vxlan, ipv4": Row(VXLAN, b"\x0c\0\0\1" + bytes(4), UNKNOWN_ETHERTYPE, 0x0800, 8),
    "vxlan, frame": Row(VXLAN, b"\x0c\0\0\3" + bytes(4), UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 8),
    "vxlan, 0": Row(VXLAN, b"\x0c" + bytes(7), UNKNOWN_FAMILY, 0, 8),
    "vxlan, 5": Row(VXLAN, b"\x0c\0\0\5" + bytes(4), UNKNOWN_FAMILY, 5, 8),
    "vxlan, no instance": Row(VXLAN, bytes(8), DECODED, 0, 0),
    "vxlan, reserved": Row(VXLAN, b"\x08" + bytes(6) + b"\1", DECODED, 0, 0),
    "geneve": Row(GENEVE, b"\0\0\x65\x58" + bytes(4), UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 8),
    "geneve, options": Row(
        GENEVE, b"\x02\x40\x08\0" + bytes(12), UNKNOWN_ETHERTYPE, 0x0800, 16
    ),
    "geneve, control": Row(GENEVE, b"\0\x80" + bytes(6), CONTROL, LAYER_GENEVE, 0),
    "geneve, version 1": Row(GENEVE, b"\x40" + bytes(7), DECODED, 0, 0),
    "geneve, reserved": Row(GENEVE, b"\0\1" + bytes(6), DECODED, 0, 0),
    "geneve, reserved at the end": Row(GENEVE, bytes(7) + b"\1", DECODED, 0, 0),
    "gtp": Row(GTP, b"\x30\xff\0\x0a" + bytes(4), UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 8),
    "gtp, optional": Row(
        GTP, b"\x31\xff\0\x0e" + bytes(7) + b"\x85", UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 12
    ),
    "gtp, extension": Row(
        GTP, b"\x34\xff\0\x12" + bytes(7) + b"\x85\1\0\0\0", UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 16
    ),
    "gtp, extension of 0": Row(
        GTP, b"\x34\xff\0\x12" + bytes(7) + b"\x85\0\0\0\0", BAD_HEADER, LAYER_GTP, 0
    ),
    "gtp, error indication": Row(GTP, b"\x30\x1a\0\x0a" + bytes(4), CONTROL, LAYER_GTP, 0),
    "gtp, charging": Row(GTP, b"\x20\xff\0\x0a" + bytes(4), DECODED, 0, 0),
    "gtp, version 2": Row(GTP, b"\x50\xff\0\x0a" + bytes(4), DECODED, 0, 0),
    "gtp, too long": Row(GTP, b"\x30\xff\0\x0b" + bytes(4), DECODED, 0, 0),
    "tzsp": Row(TZSP, b"\1\0\0\1\1", UNKNOWN_LINKTYPE, 1, 5),
    "tzsp, tags": Row(TZSP, b"\1\1\0\x12\0\0\x0a\2xx\1", UNKNOWN_LINKTYPE, 105, 11),
    "tzsp, unknown": Row(TZSP, b"\1\0\x12\x34\1", UNKNOWN_FAMILY, 0x1234, 0),
    "tzsp, port opener": Row(TZSP, b"\1\5\0\0", CONTROL, LAYER_TZSP, 0),
    "tzsp, version 2": Row(TZSP, b"\2\0\0\1\1", DECODED, 0, 0),
    "tzsp, type 6": Row(TZSP, b"\1\6\0\1\1", DECODED, 0, 0),
    "teredo": Row(TEREDO, IPV6, UNKNOWN_ETHERTYPE, ETHERTYPE_IPV6, 0),
    "teredo, origin": Row(TEREDO, ORIGIN + IPV6, UNKNOWN_ETHERTYPE, ETHERTYPE_IPV6, 8),
    "teredo, both": Row(
        TEREDO, AUTHENTICATION + ORIGIN + IPV6, UNKNOWN_ETHERTYPE, ETHERTYPE_IPV6, 26
    ),
    "teredo, version 4": Row(TEREDO, b"\x45" + IPV6[1:], DECODED, 0, 0),
    "teredo, wrong length": Row(TEREDO, IPV6[:5] + b"\x0b" + IPV6[6:], DECODED, 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_header(row):
    check(row, DATA)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("vxlan", LAYER_VXLAN),
        ("geneve, options", LAYER_GENEVE),
        ("gtp, optional", LAYER_GTP),
        ("gtp, extension", LAYER_GTP),
        ("tzsp, tags", LAYER_TZSP),
        ("teredo", LAYER_TEREDO),
        ("teredo, both", LAYER_TEREDO),
    ],
)
def test_a_header_cut_anywhere_is_truncated(name, number):
    check_cuts(ROWS[name].layer, ROWS[name].header, number)


@pytest.mark.parametrize("name", ["vxlan", "geneve", "gtp", "tzsp", "teredo"])
def test_what_was_sent_shorter_than_the_header_is_a_payload(name):
    row = ROWS[name]
    shortest = {"tzsp": 2, "teredo": 40}.get(name, 8)
    for size in range(shortest):
        datagram = begin(row.header[:size])
        assert row.layer.decode(datagram) == DECODED
        assert datagram.payload() == row.header[:size]


def test_gtp_ends_where_its_length_says():
    datagram = begin(b"\x30\xff\0\2" + bytes(4) + b"ippadding")
    assert GTP.decode(datagram) == UNKNOWN_ETHERTYPE
    assert datagram.payload() == b"ip"


def test_tzsp_without_an_end_of_its_tags_is_truncated():
    assert TZSP.decode(begin(b"\1\0\0\1" + bytes(50))) == TRUNCATED
    assert TZSP.decode(begin(b"\1\0\0\1\x0a\xff" + bytes(50))) == TRUNCATED


def test_a_bubble_of_teredo_carries_nothing():
    datagram = begin(IPV6[:5] + b"\0\x3b" + IPV6[7:])
    assert TEREDO.decode(datagram) == CONTROL
    assert datagram.layers == LAYER_TEREDO
