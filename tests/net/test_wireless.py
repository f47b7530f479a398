"""IEEE 802.11: which frames carry something to read, and where it lies."""

import struct

import pytest

from sipcm.net import wireless
from sipcm.net.layer import LAYER_WLAN
from sipcm.net.link import ETHERTYPE_LLC
from sipcm.net.packet import (
    BAD_HEADER,
    CONTROL,
    ENCRYPTED,
    UNKNOWN_ETHERTYPE,
    UNKNOWN_LINKTYPE,
)
from sipcm.net.wireless import IEEE802_11, IEEE802_11_PADDED
from tests.net.contract import Row, check, check_cuts

WLAN, PADDED, RADIO = (
    wireless.Wlan(padded=False),
    wireless.Wlan(padded=True),
    wireless.Radiotap(),
)


def frame(kind: int, flags: int = 0, size: int = 24) -> bytes:
    return bytes([kind, flags]) + bytes(size - 2)


def radio(*present: int, fields: bytes = b"", length: int | None = None) -> bytes:
    words = struct.pack(f"<{len(present)}I", *present)
    size = 4 + len(words) + len(fields) if length is None else length
    return struct.pack("<BBH", 0, 0, size) + words + fields


MORE = 1 << 31
ROWS = {
    "data": Row(WLAN, frame(0x08), UNKNOWN_ETHERTYPE, ETHERTYPE_LLC, 24),
    "four addresses": Row(WLAN, frame(0x08, 3, 30), UNKNOWN_ETHERTYPE, ETHERTYPE_LLC, 30),
    "quality": Row(WLAN, frame(0x88, 1, 26), UNKNOWN_ETHERTYPE, ETHERTYPE_LLC, 26),
    "quality, padded": Row(PADDED, frame(0x88, 1, 28), UNKNOWN_ETHERTYPE, ETHERTYPE_LLC, 28),
    "ordered": Row(WLAN, frame(0x88, 0x80, 30), UNKNOWN_ETHERTYPE, ETHERTYPE_LLC, 30),
    "aggregated": Row(WLAN, frame(0x88) + b"\x80\0", CONTROL, LAYER_WLAN, 0),
    "null": Row(WLAN, frame(0x48), CONTROL, LAYER_WLAN, 0),
    "beacon": Row(WLAN, frame(0x80), CONTROL, LAYER_WLAN, 0),
    "acknowledgment": Row(WLAN, frame(0xD4), CONTROL, LAYER_WLAN, 0),
    "version 1": Row(WLAN, frame(0x09), CONTROL, LAYER_WLAN, 0),
    "protected": Row(WLAN, frame(0x08, 0x41), ENCRYPTED, LAYER_WLAN, 0),
    "radio": Row(RADIO, radio(0), UNKNOWN_LINKTYPE, IEEE802_11, 8),
    "flags": Row(RADIO, radio(2, fields=b"\x20"), UNKNOWN_LINKTYPE, IEEE802_11_PADDED, 9),
    "other flags": Row(RADIO, radio(2, fields=b"\xdf"), UNKNOWN_LINKTYPE, IEEE802_11, 9),
    "time and flags": Row(
        RADIO, radio(3, fields=bytes(8) + b"\x20"), UNKNOWN_LINKTYPE, IEEE802_11_PADDED, 17
    ),
    "two words": Row(
        RADIO, radio(MORE | 3, 0, fields=bytes(12) + b"\x20"), UNKNOWN_LINKTYPE, IEEE802_11_PADDED, 25
    ),
    "flags that are not there": Row(RADIO, radio(2), UNKNOWN_LINKTYPE, IEEE802_11, 8),
    "words that are not there": Row(RADIO, radio(MORE), UNKNOWN_LINKTYPE, IEEE802_11, 8),
    "version": Row(RADIO, b"\1" + radio(0)[1:], BAD_HEADER, LAYER_WLAN, 0),
    "too short": Row(RADIO, radio(0, length=7), BAD_HEADER, LAYER_WLAN, 0),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_header(row):
    check(row)


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].steps])
def test_a_header_cut_anywhere_is_truncated(name):
    check_cuts(ROWS[name].layer, ROWS[name].header, LAYER_WLAN)
