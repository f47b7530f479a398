"""Headers of logging hosts: how long they are, and where the packet lies."""

import pytest

from sipcm.net import logged
from sipcm.net.layer import LAYER_LOGGED
from sipcm.net.link import ETHERTYPE_RAW
from sipcm.net.packet import BAD_HEADER, TRUNCATED, UNKNOWN_ETHERTYPE, UNKNOWN_LINKTYPE
from tests.net.contract import Row, begin, check, check_cuts

NFLOG, PFLOG, ENC, PKTAP = logged.Nflog(), logged.Pflog(), logged.Enc(), logged.Pktap()
ATTRIBUTE = b"\x05\0\x0a\0x\0\0\0"
PAYLOAD = b"\x19\0\x09\0"  # of 21 bytes, as many as follow
ROWS = {
    "nflog": Row(NFLOG, b"\2\0\0\0" + PAYLOAD, UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 8),
    "nflog, attributes": Row(
        NFLOG, b"\2\0\0\0" + ATTRIBUTE * 3 + PAYLOAD, UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 32
    ),
    "nflog, version 1": Row(NFLOG, b"\2\1\0\0" + PAYLOAD, BAD_HEADER, LAYER_LOGGED, 0),
    "nflog, length of 3": Row(NFLOG, b"\2\0\0\0\3\0\1\0", BAD_HEADER, LAYER_LOGGED, 0),
    "pflog": Row(PFLOG, b"\x3d" + bytes(63), UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 64),
    "pflog, older": Row(PFLOG, b"\x2d" + bytes(47), UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 48),
    "pflog, too short": Row(PFLOG, b"\x2c" + bytes(47), BAD_HEADER, LAYER_LOGGED, 0),
    "enc": Row(ENC, bytes(12), UNKNOWN_ETHERTYPE, ETHERTYPE_RAW, 12),
    "pktap": Row(PKTAP, b"\x6c\0\0\0\1\0\0\0\x0c" + bytes(99), UNKNOWN_LINKTYPE, 12, 108),
    "pktap, longer": Row(PKTAP, b"\x70\0\0\0\1\0\0\0\1\1" + bytes(102), UNKNOWN_LINKTYPE, 257, 112),
    "pktap, too short": Row(PKTAP, b"\x6b" + bytes(107), BAD_HEADER, LAYER_LOGGED, 0),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_header(row):
    check(row)


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].steps])
def test_a_header_cut_anywhere_is_truncated(name):
    check_cuts(ROWS[name].layer, ROWS[name].header, LAYER_LOGGED)


def test_the_packet_of_nflog_ends_where_its_attribute_does():
    datagram = begin(b"\2\0\0\0\6\0\x09\0ip\0\0" + ATTRIBUTE)
    assert NFLOG.decode(datagram) == UNKNOWN_ETHERTYPE
    assert datagram.payload() == b"ip"


def test_nflog_without_a_packet_is_truncated():
    assert NFLOG.decode(begin(b"\2\0\0\0" + ATTRIBUTE)) == TRUNCATED
    assert NFLOG.decode(begin(b"\2\0\0\0\xff\xff\1\0")) == TRUNCATED
