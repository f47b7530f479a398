"""MPLS: where the stack ends, and what is made of the bytes behind it."""

import pytest

from sipcm.net import mpls
from sipcm.net.layer import LAYER_MPLS, LAYER_PSEUDOWIRE
from sipcm.net.link import ETHERTYPE_BRIDGED, ETHERTYPE_PSEUDOWIRE
from sipcm.net.packet import CONTROL, TRUNCATED, UNKNOWN_ETHERTYPE
from tests.net.contract import BEFORE, Row, begin, check, check_cuts

UPPER, BOTTOM = b"\0\1\0\x40", b"\0\1\1\x40"
ADDRESSES = b"\2" * 12


@pytest.mark.parametrize(
    ("first", "detail"),
    [
        (0x45, 0x0800),
        (0x4F, 0x0800),
        (0x60, 0x86DD),
        (0x00, ETHERTYPE_PSEUDOWIRE),
        (0x10, ETHERTYPE_PSEUDOWIRE),
        (0xFE, ETHERTYPE_PSEUDOWIRE),
    ],
)
@pytest.mark.parametrize("labels", [1, 2, 30])
def test_the_first_half_byte_tells(first, detail, labels):
    stack = UPPER * (labels - 1) + BOTTOM
    row = Row(mpls.Mpls(), stack, UNKNOWN_ETHERTYPE, detail, len(stack))
    assert check(row, bytes([first]) + bytes(20)).layers == LAYER_MPLS


def test_a_stack_cut_anywhere_is_truncated():
    check_cuts(mpls.Mpls(), UPPER * 3 + BOTTOM, LAYER_MPLS)
    check_cuts(mpls.Mpls(), UPPER * 9, LAYER_MPLS)


@pytest.mark.parametrize(
    ("data", "steps"),
    [
        (b"\0\0\0\7" + ADDRESSES + b"\x08\0", 4),
        (b"\0\0\0\7" + ADDRESSES + b"\x12\x34", 4),
        (b"\0\x1b" + ADDRESSES[2:] + b"\x08\0" + bytes(4), 0),
        (b"\x1c\x1b" + ADDRESSES[2:] + b"\x86\xdd" + bytes(4), 0),
        (b"\xfe\x1b" + ADDRESSES[2:] + b"\x12\x34" + bytes(4), 0),
    ],
)
def test_a_control_word_is_told_by_the_ethertypes(data, steps):
    datagram = begin(data)
    assert mpls.Pseudowire().decode(datagram) == UNKNOWN_ETHERTYPE
    assert (datagram.detail, datagram.start - len(BEFORE)) == (ETHERTYPE_BRIDGED, steps)


def test_an_associated_channel_is_for_control():
    row = Row(mpls.Pseudowire(), b"\x10\0\0\x21" + bytes(20), CONTROL, LAYER_PSEUDOWIRE, 0)
    check(row)


def test_a_pseudowire_cut_anywhere_is_truncated():
    check_cuts(mpls.Pseudowire(), b"\0\0\0\7" + ADDRESSES + b"\x08\0", LAYER_PSEUDOWIRE)


def test_a_stack_without_an_end_is_truncated():
    assert mpls.Mpls().decode(begin(UPPER * 1000)) == TRUNCATED
    assert mpls.Mpls().decode(begin(BOTTOM)) == TRUNCATED
