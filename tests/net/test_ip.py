"""IP layers: addresses, lengths that contradict, extensions, fragments."""

import struct

import pytest

from sipcm.net import ip
from sipcm.net.layer import LAYER_EXTENSION, LAYER_IPV4, LAYER_IPV6
from sipcm.net.packet import BAD_HEADER, FRAGMENT, TRUNCATED, UNKNOWN_PROTOCOL, Datagram

DATA = b"0123456789abcdef"
PADDING = b"\x5a" * 6
NEXT = 17


def begin(data: bytes) -> Datagram:
    datagram = Datagram()
    datagram.begin(b"\xa5" * 5 + data + b"\xa5" * 40, 5, 5 + len(data))
    return datagram


def ipv4(first: int = 0x45, total: int = 36, flags: int = 0x4000, options: bytes = b"") -> bytes:
    header = struct.pack(
        "!BBHHHBBH4s4s", first, 0, total, 7, flags, 64, NEXT, 0, b"\x0a\0\0\1", b"\x0a\0\0\2"
    )
    return header + options


def ipv6(first: int = 0x60, length: int = 16) -> bytes:
    return struct.pack("!BBHHBB16s16s", first, 0, 0, length, NEXT, 64, b"s" * 16, b"d" * 16)


IPV4_CASES = {
    "plain": (ipv4() + DATA, UNKNOWN_PROTOCOL, NEXT, 20, 36, False),
    "padded": (ipv4() + DATA + PADDING, UNKNOWN_PROTOCOL, NEXT, 20, 36, False),
    "options": (ipv4(0x47, 44, 0, bytes(8)) + DATA, UNKNOWN_PROTOCOL, NEXT, 28, 44, False),
    "no data": (ipv4(total=20) + PADDING, UNKNOWN_PROTOCOL, NEXT, 20, 20, False),
    "cut by snaplen": (ipv4(total=37) + DATA, UNKNOWN_PROTOCOL, NEXT, 20, 36, True),
    "offload": (ipv4(total=0) + DATA, UNKNOWN_PROTOCOL, NEXT, 20, 36, False),
    "first fragment": (ipv4(flags=0x2000) + DATA, FRAGMENT, 4, 20, 36, False),
    "last fragment": (ipv4(flags=0x0001) + DATA, FRAGMENT, 4, 20, 36, False),
    "far fragment": (ipv4(flags=0x1FFF) + DATA, FRAGMENT, 4, 20, 36, False),
    "reserved flag": (ipv4(flags=0x8000) + DATA, UNKNOWN_PROTOCOL, NEXT, 20, 36, False),
    "version 6": (ipv4(0x65) + DATA, BAD_HEADER, LAYER_IPV4, 0, 36, True),
    "header of 16": (ipv4(0x44) + DATA, BAD_HEADER, LAYER_IPV4, 0, 36, True),
    "total below header": (ipv4(0x46, 23) + DATA, BAD_HEADER, LAYER_IPV4, 0, 36, True),
    "options cut": (ipv4(0x4F, 60) + DATA, TRUNCATED, LAYER_IPV4, 0, 36, True),
}


@pytest.mark.parametrize(
    ("data", "outcome", "detail", "start", "end", "truncated"), IPV4_CASES.values(), ids=IPV4_CASES
)
def test_ipv4(data, outcome, detail, start, end, truncated):
    datagram = begin(data)
    assert ip.Ipv4().decode(datagram) == outcome
    assert datagram.detail == detail
    assert (datagram.start - 5, datagram.end - 5, datagram.truncated) == (start, end, truncated)
    if outcome in (UNKNOWN_PROTOCOL, FRAGMENT):
        assert (datagram.version, datagram.protocol) == (4, NEXT)
        assert (datagram.source(), datagram.destination()) == (b"\x0a\0\0\1", b"\x0a\0\0\2")


IPV6_CASES = {
    "plain": (ipv6() + DATA, UNKNOWN_PROTOCOL, NEXT, 40, 56, False),
    "padded": (ipv6() + DATA + PADDING, UNKNOWN_PROTOCOL, NEXT, 40, 56, False),
    "cut by snaplen": (ipv6(length=17) + DATA, UNKNOWN_PROTOCOL, NEXT, 40, 56, True),
    "jumbogram": (ipv6(length=0) + DATA, UNKNOWN_PROTOCOL, NEXT, 40, 56, False),
    "version 4": (ipv6(0x40) + DATA, BAD_HEADER, LAYER_IPV6, 0, 56, True),
}


@pytest.mark.parametrize(
    ("data", "outcome", "detail", "start", "end", "truncated"), IPV6_CASES.values(), ids=IPV6_CASES
)
def test_ipv6(data, outcome, detail, start, end, truncated):
    datagram = begin(data)
    assert ip.Ipv6().decode(datagram) == outcome
    assert datagram.detail == detail
    assert (datagram.start - 5, datagram.end - 5, datagram.truncated) == (start, end, truncated)
    if outcome == UNKNOWN_PROTOCOL:
        assert (datagram.version, datagram.protocol) == (6, NEXT)
        assert (datagram.source(), datagram.destination()) == (b"s" * 16, b"d" * 16)


EXTENSIONS = {
    "options": (ip.Options(), bytes([NEXT, 0]) + bytes(6), UNKNOWN_PROTOCOL, NEXT, 8),
    "options of 24": (ip.Options(), bytes([NEXT, 2]) + bytes(22), UNKNOWN_PROTOCOL, NEXT, 24),
    "options cut": (ip.Options(), bytes([NEXT, 3]) + bytes(22), TRUNCATED, LAYER_EXTENSION, 0),
    "ah": (ip.Authentication(), bytes([NEXT, 4]) + bytes(22), UNKNOWN_PROTOCOL, NEXT, 24),
    "ah shortest": (ip.Authentication(), bytes([NEXT, 1]) + bytes(22), UNKNOWN_PROTOCOL, NEXT, 12),
    "ah too short": (
        ip.Authentication(),
        bytes([NEXT, 0]) + bytes(22),
        BAD_HEADER,
        LAYER_EXTENSION,
        0,
    ),
    "ah cut": (ip.Authentication(), bytes([NEXT, 5]) + bytes(22), TRUNCATED, LAYER_EXTENSION, 0),
    "first fragment": (ip.Fragment(), bytes([NEXT, 0, 0, 1]) + bytes(4), FRAGMENT, 6, 8),
    "last fragment": (ip.Fragment(), bytes([NEXT, 0, 0, 8]) + bytes(4), FRAGMENT, 6, 8),
    "far fragment": (ip.Fragment(), bytes([NEXT, 0, 0x80, 0]) + bytes(4), FRAGMENT, 6, 8),
    "atomic fragment": (
        ip.Fragment(),
        bytes([NEXT, 0, 0, 6]) + bytes(4),
        UNKNOWN_PROTOCOL,
        NEXT,
        8,
    ),
}


@pytest.mark.parametrize(
    ("kind", "header", "outcome", "detail", "steps"), EXTENSIONS.values(), ids=EXTENSIONS
)
def test_extension(kind, header, outcome, detail, steps):
    datagram = begin(header)
    datagram.version = 6
    assert kind.decode(datagram) == outcome
    assert (datagram.detail, datagram.start) == (detail, 5 + steps)
    if outcome in (UNKNOWN_PROTOCOL, FRAGMENT):
        assert datagram.protocol == NEXT


@pytest.mark.parametrize("version", [0, 4])
def test_a_fragment_header_belongs_to_ipv6(version):
    datagram = begin(bytes([NEXT, 0, 0, 1]) + bytes(4))
    datagram.version = version
    assert ip.Fragment().decode(datagram) == BAD_HEADER
    assert (datagram.detail, datagram.start) == (LAYER_EXTENSION, 5)


@pytest.mark.parametrize(
    ("kind", "header", "number"),
    [
        (ip.Ipv4(), ipv4(), LAYER_IPV4),
        (ip.Ipv6(), ipv6(), LAYER_IPV6),
        (ip.Options(), bytes(8), LAYER_EXTENSION),
        (ip.Authentication(), b"\x11\x01" + bytes(10), LAYER_EXTENSION),
        (ip.Fragment(), bytes(8), LAYER_EXTENSION),
    ],
)
def test_a_header_cut_anywhere_is_truncated(kind, header, number):
    for cut in range(len(header)):
        datagram = begin(header[:cut])
        datagram.version = 6
        assert kind.decode(datagram) == TRUNCATED
        assert (datagram.detail, datagram.start) == (number, 5)
    whole = begin(header)
    whole.version = 6
    assert kind.decode(whole) == UNKNOWN_PROTOCOL
    assert whole.layers == number


@pytest.mark.parametrize("missing", [0, 1, 20])
@pytest.mark.parametrize("header", [ipv4(total=56), ipv6(length=36)], ids=["IPv4", "IPv6"])
def test_what_the_capture_cut_off(header, missing):
    datagram = begin(header + bytes(36 - missing))
    (ip.Ipv4() if len(header) == 20 else ip.Ipv6()).decode(datagram)
    assert ip.cut_off(datagram) == missing
    datagram.version = 0
    assert ip.cut_off(datagram) == 0


def test_an_inner_packet_longer_than_the_outer_is_not_called_truncated():
    datagram = begin(ipv4(total=56) + ipv4(total=80) + DATA)
    ip.Ipv4().decode(datagram)
    assert ip.Ipv4().decode(datagram) == UNKNOWN_PROTOCOL
    assert (datagram.end, datagram.truncated) == (5 + 56, False)
