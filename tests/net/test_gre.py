"""GRE: its optional fields, and the headers that only come in it."""

import pytest

from sipcm.net import gre
from sipcm.net.layer import LAYER_ERSPAN, LAYER_GRE
from sipcm.net.link import ETHERTYPE_BRIDGED, ETHERTYPE_RAW
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    TRUNCATED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_FAMILY,
)
from tests.net.contract import Row, begin, check, check_cuts

GRE, TWO, THREE = gre.Gre(), gre.Erspan(), gre.Erspan3()
ROWS = {
    "plain": Row(GRE, b"\0\0\x08\0", UNKNOWN_ETHERTYPE, 0x0800, 4),
    "checksum": Row(GRE, b"\x80\0\x86\xdd" + bytes(4), UNKNOWN_ETHERTYPE, 0x86DD, 8),
    "key": Row(GRE, b"\x20\0\x65\x58" + bytes(4), UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 8),
    "all": Row(GRE, b"\xb0\0\x12\x34" + bytes(12), UNKNOWN_ETHERTYPE, 0x1234, 16),
    "pptp": Row(GRE, b"\x30\1\x88\x0b" + bytes(8), UNKNOWN_ETHERTYPE, 0x880B, 12),
    "pptp, both": Row(GRE, b"\x30\x81\x88\x0b" + bytes(12), UNKNOWN_ETHERTYPE, 0x880B, 16),
    "pptp, acknowledgment": Row(GRE, b"\x20\x81\x88\x0b" + bytes(8), CONTROL, LAYER_GRE, 0),
    "pptp, something": Row(GRE, b"\x30\1\x08\0" + bytes(8), BAD_HEADER, LAYER_GRE, 0),
    "source route": Row(GRE, b"\x40\0\x08\0" + bytes(8), BAD_HEADER, LAYER_GRE, 0),
    "version 7": Row(GRE, b"\0\7\x08\0", BAD_HEADER, LAYER_GRE, 0),
    "erspan": Row(GRE, b"\x10\0\x88\xbe" + bytes(4), UNKNOWN_ETHERTYPE, 0x88BE, 8),
    "erspan 1": Row(GRE, b"\0\0\x88\xbe", UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 4),
    "two": Row(TWO, b"\x10" + bytes(7), UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 8),
    "two, version 0": Row(TWO, bytes(8), BAD_HEADER, LAYER_ERSPAN, 0),
    "three": Row(THREE, b"\x20" + bytes(11), UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 12),
    "three, more": Row(
        THREE, b"\x20" + bytes(10) + b"\1" + bytes(8), UNKNOWN_ETHERTYPE, ETHERTYPE_BRIDGED, 20
    ),
    "three, ip": Row(THREE, b"\x20" + bytes(9) + b"\x08\0", UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 12),
    "three, radio": Row(THREE, b"\x20" + bytes(9) + b"\x04\0", UNKNOWN_FAMILY, 1, 0),
    "three, version 1": Row(THREE, b"\x10" + bytes(11), BAD_HEADER, LAYER_ERSPAN, 0),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_header(row):
    check(row)


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].steps])
def test_a_header_cut_anywhere_is_truncated(name):
    row = ROWS[name]
    check_cuts(row.layer, row.header, LAYER_GRE if row.layer is GRE else LAYER_ERSPAN)


@pytest.mark.parametrize(("data", "steps"), [(b"\x45", 4), (b"\0\0\0\0\x45", 8)])
def test_what_wccp_redirects_is_ipv4_behind_a_header_or_none(data, steps):
    row = Row(GRE, b"\0\0\x88\x3e" + data, UNKNOWN_ETHERTYPE, 0x0800, steps)
    check(row)


def test_what_wccp_redirects_may_be_cut_off():
    assert GRE.decode(begin(b"\0\0\x88\x3e")) == TRUNCATED
    assert GRE.decode(begin(b"\0\0\x88\x3e\0\0\0")) == TRUNCATED
