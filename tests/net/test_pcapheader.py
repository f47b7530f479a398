"""Headers of classic pcap files: every variant, and the order of the lengths that follows."""

import struct

import pytest

from sipcm.net.pcapheader import is_pcap, parse_header


def header_bytes(
    order: str = "<", magic: int = 0xA1B2C3D4, network: int = 1, **options: int
) -> bytes:
    version = (options.get("major", 2), options.get("minor", 4))
    return struct.pack(
        f"{order}IHHiIII", magic, *version, 0, 0, options.get("snaplen", 65535), network
    )


HEADERS = {
    "little": (header_bytes(), (False, False, False, (2, 4), 65535, 1)),
    "big": (header_bytes(">"), (True, False, False, (2, 4), 65535, 1)),
    "nanoseconds": (
        header_bytes("<", 0xA1B23C4D),
        (False, True, False, (2, 4), 65535, 1),
    ),
    "big nanoseconds": (
        header_bytes(">", 0xA1B23C4D),
        (True, True, False, (2, 4), 65535, 1),
    ),
    "modified": (header_bytes("<", 0xA1B2CD34), (False, False, True, (2, 4), 65535, 1)),
    "big modified": (
        header_bytes(">", 0xA1B2CD34),
        (True, False, True, (2, 4), 65535, 1),
    ),
    "old": (
        header_bytes(">", minor=3, snaplen=96, network=10),
        (True, False, False, (2, 3), 96, 10),
    ),
    "frame check sequence": (
        header_bytes(network=0x2400_0071),
        (False, False, False, (2, 4), 65535, 113),
    ),
}


@pytest.mark.parametrize(("data", "header"), HEADERS.values(), ids=HEADERS)
def test_parse_header(data, header):
    assert is_pcap(data)
    found = parse_header(data + b"what follows")
    switches = (found.big, found.nanoseconds, found.modified)
    assert (*switches, found.version, found.snaplen, found.linktype) == header


@pytest.mark.parametrize("data", [b"", b"\xd4", b"\xd4\xc3\xb2", bytes(24), b"\x0a\x0d\x0d\x0a"])
def test_what_is_no_pcap(data):
    assert not is_pcap(data)


@pytest.mark.parametrize(
    ("minor", "captured", "wire"), [(2, 8, 4), (3, 4, 8), (4, 4, 8)], ids=["2.2", "2.3", "2.4"]
)
def test_old_versions_give_the_lengths_the_other_way_round(minor, captured, wire):
    cursor = parse_header(header_bytes(minor=minor)).cursor()
    cursor.feed(struct.pack("<IIII", 0, 0, 4, 8) + bytes(8))
    assert cursor.next()
    assert (cursor.end - cursor.start, cursor.wire) == (captured, wire)


def test_version_2_3_is_swapped_where_more_was_captured_than_sent():
    cursor = parse_header(header_bytes(minor=3)).cursor()
    cursor.feed(struct.pack("<IIII", 0, 0, 8, 4) + bytes(8))
    assert cursor.next()
    assert (cursor.end - cursor.start, cursor.wire) == (4, 8)
