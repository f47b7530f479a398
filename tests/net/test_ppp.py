"""Point-to-point links: what frames PPP, where its number ends, and L2TP's optional fields."""

import pytest

from sipcm.net import ppp
from sipcm.net.layer import LAYER_HDLC, LAYER_L2TP, LAYER_PPP, LAYER_PPPOE
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    DECODED,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_PPP,
)
from tests.net.contract import Row, begin, check, check_cuts

SESSION = b"\x11\0\0\7"
ROWS = {
    "ppp": Row(ppp.Ppp(), b"\xff\x03\0\x21", UNKNOWN_PPP, 0x21, 4),
    "ppp, bare": Row(ppp.Ppp(), b"\xc0\x21", UNKNOWN_PPP, 0xC021, 2),
    "ppp, one byte": Row(ppp.Ppp(), b"\x57", UNKNOWN_PPP, 0x57, 1),
    "ppp, framed, one byte": Row(ppp.Ppp(), b"\xff\x03\x21", UNKNOWN_PPP, 0x21, 3),
    "serial": Row(ppp.PppOrHdlc(), b"\xff\x03\0\x21", UNKNOWN_PPP, 0x21, 4),
    "serial, cisco": Row(ppp.PppOrHdlc(), b"\x8f\0\x08\0", UNKNOWN_ETHERTYPE, 0x800, 4),
    "hdlc": Row(ppp.Hdlc(), b"\x0f\0\x86\xdd", UNKNOWN_ETHERTYPE, 0x86DD, 4),
    "direction": Row(ppp.DirectedPpp(), b"\1\0\x21", UNKNOWN_PPP, 0x21, 3),
    "pppd": Row(ppp.DirectedPpp(), b"\0\x03\0\x57", UNKNOWN_PPP, 0x57, 4),
    "pppoe": Row(ppp.Pppoe(), SESSION + b"\0\x06\0\x21", UNKNOWN_PPP, 0x21, 8),
    "pppoe, type 2": Row(ppp.Pppoe(), b"\x12\0\0\7\0\6\0\x21", BAD_HEADER, LAYER_PPPOE, 0),
    "pppoe, nothing": Row(ppp.Pppoe(), SESSION + bytes(4), BAD_HEADER, LAYER_PPPOE, 0),
    "l2tp": Row(ppp.L2tp(), b"\0\2\0\1\0\2\xff\3\0\x21", UNKNOWN_PPP, 0x21, 10),
    "l2tp, length": Row(
        ppp.L2tp(), b"\x40\2\0\x10\0\1\0\2\xff\3\0\x21", UNKNOWN_PPP, 0x21, 12
    ),
    "l2tp, sequence": Row(
        ppp.L2tp(), b"\x08\2\0\1\0\2\0\3\0\4\x21", UNKNOWN_PPP, 0x21, 11
    ),
    "l2tp, offset": Row(ppp.L2tp(), b"\2\2\0\1\0\2\0\3pad\x21", UNKNOWN_PPP, 0x21, 12),
    "l2tp, length of 7": Row(ppp.L2tp(), b"\x40\2\0\7\0\1\0\2", BAD_HEADER, LAYER_L2TP, 0),
    "l2tp, control": Row(ppp.L2tp(), b"\xc8\2\0\x0c\0\1\0\2", CONTROL, LAYER_L2TP, 0),
    "l2tp, version 3": Row(ppp.L2tp(), b"\0\3\0\1\0\2", DECODED, 0, 0),
    "l2tp, reserved": Row(ppp.L2tp(), b"\x10\2\0\1\0\2", DECODED, 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_header(row):
    check(row)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ppp", LAYER_PPP),
        ("serial", LAYER_PPP),
        ("hdlc", LAYER_HDLC),
        ("direction", LAYER_PPP),
        ("pppd", LAYER_PPP),
        ("pppoe", LAYER_PPPOE),
        ("l2tp", LAYER_L2TP),
        ("l2tp, length", LAYER_L2TP),
        ("l2tp, sequence", LAYER_L2TP),
        ("l2tp, offset", LAYER_L2TP),
    ],
)
def test_a_header_cut_anywhere_is_truncated(name, number):
    check_cuts(ROWS[name].layer, ROWS[name].header, number)


def test_cisco_hdlc_on_a_serial_line_cut_anywhere_is_truncated():
    check_cuts(ppp.PppOrHdlc(), b"\x8f\0\x08"[:0], LAYER_PPP)
    for cut in (1, 2, 3):
        assert ppp.PppOrHdlc().decode(begin(b"\x8f\0\x08"[:cut], whole=False)) == TRUNCATED


@pytest.mark.parametrize(
    ("layer", "data", "rest"),
    [
        (ppp.Pppoe(), SESSION + b"\0\4\0\x21ippadding", b"ip"),
        (ppp.L2tp(), b"\x40\2\0\x0b\0\1\0\2\x21ippadding", b"ip"),
    ],
)
def test_what_lies_behind_the_length_is_padding(layer, data, rest):
    datagram = begin(data)
    assert layer.decode(datagram) == UNKNOWN_PPP
    assert datagram.payload() == rest


@pytest.mark.parametrize("data", [b"\2\2\0\1\0\2\xff\xff\0", b"\2\2\0\1\0\2\0\3\0"])
def test_an_l2tp_header_that_was_sent_too_short_is_truncated(data):
    assert ppp.L2tp().decode(begin(data)) == TRUNCATED


@pytest.mark.parametrize("data", [b"\0\2\0\1\0\2", b"\x48\2\0\x0c\0\1\0\2\0\3\0\4ip"])
def test_an_l2tp_message_without_ppp_only_acknowledges(data):
    datagram = begin(data)
    assert ppp.L2tp().decode(datagram) == CONTROL
    assert datagram.detail == LAYER_L2TP
