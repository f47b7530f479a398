"""Interface descriptions: units and offsets of time, to the nanosecond; options of any kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.interface import LATEST, Interface, read_interface
from tests.pcapngwriter import PcapngWriter

BODY = slice(8, -4)


def nanoseconds(resolution: int, ticks: int, offset: int = 0) -> int:
    return Interface(1, 0, resolution, offset).nanoseconds(ticks >> 32, ticks & 0xFFFFFFFF)


TIMES = {
    "microseconds": (6, 1_700_000_000_123_456, 0, 1_700_000_000_123_456_000),
    "nanoseconds": (9, 1_700_000_000_123_456_789, 0, 1_700_000_000_123_456_789),
    "milliseconds": (3, 1_700_000_000_123, 0, 1_700_000_000_123_000_000),
    "seconds": (0, 1_700_000_000, 0, 1_700_000_000_000_000_000),
    "picoseconds": (12, 1_700_000_000_123_456, 0, 1_700_000_000_123),
    "no time passes": (127, (1 << 64) - 1, 0, 0),
    "2^-10": (0x80 | 10, (1_700_000_000 << 10) + 1, 0, 1_700_000_000_000_976_562),
    "2^-32": (0x80 | 32, (1_700_000_000 << 32) | 0xFFFFFFFF, 0, 1_700_000_000_999_999_999),
    "2^0": (0x80, 1_700_000_000, 0, 1_700_000_000_000_000_000),
    "2^-127": (0xFF, (1 << 64) - 1, 0, 0),
    "offset": (6, 123_456, 1_700_000_000, 1_700_000_000_123_456_000),
    "negative offset": (6, 1_700_000_001_500_000, -1_700_000_000, 1_500_000_000),
    "before 1970": (6, 1, -1, 0),
    "last moment": (9, LATEST, 0, LATEST),
    "after it": (9, LATEST + 1, 0, LATEST),
    "far beyond": (0, (1 << 64) - 1, 0, LATEST),
    "offset beyond": (6, 0, (1 << 63) - 1, LATEST),
    "offset before": (6, (1 << 64) - 1, -(1 << 63), 0),
    "they meet": (0, 1 << 60, 5 - (1 << 60), 5_000_000_000),
}


@pytest.mark.parametrize(("resolution", "ticks", "offset", "moment"), TIMES.values(), ids=TIMES)
def test_time(resolution, ticks, offset, moment):
    assert nanoseconds(resolution, ticks, offset) == moment


@given(st.integers(0, 255), st.integers(0, (1 << 64) - 1), st.integers(-(1 << 63), (1 << 63) - 1))
def test_any_time_is_exact_or_clipped(resolution, ticks, offset):
    for shift in (0, offset):
        unit = (2 if resolution & 0x80 else 10) ** (resolution & 0x7F)
        exact = (ticks * 10**9 + shift * 10**9 * unit) // unit
        assert nanoseconds(resolution, ticks, shift) == min(max(exact, 0), LATEST)


@pytest.mark.parametrize("options", [False, True])
@pytest.mark.parametrize("big", [False, True])
def test_what_a_description_says(big, options):
    writer = PcapngWriter(big=big, options=options)
    body = writer.interface(linktype=276, snaplen=96, resolution=9, offset=-7)[BODY]
    interface = read_interface(b"xyz" + body, 3, 3 + len(body), big=big)
    assert interface is not None
    assert (interface.linktype, interface.snaplen) == (276, 96)
    assert interface.nanoseconds(4, 5) == (4 << 32) + 5 - 7 * 10**9


def test_without_options_the_unit_is_a_microsecond():
    body = PcapngWriter().interface()[BODY]
    interface = read_interface(body, 0, len(body), big=False)
    assert interface is not None
    assert interface.nanoseconds(0, 1) == 1000


def described(options: bytes) -> Interface | None:
    body = bytes(8) + options
    return read_interface(body, 0, len(body), big=False)


LITTLE = PcapngWriter()


@pytest.mark.parametrize(
    "options",
    [
        b"\x09\x00\x01\x00",
        b"\x01\x00\xff\xffxxxx",
        LITTLE.option(9, b""),
        LITTLE.option(9, b"ab"),
        LITTLE.option(14, bytes(4)),
        LITTLE.option(14, bytes(9)),
    ],
)
def test_malformed_options_spoil_the_interface(options):
    assert described(options) is None


@pytest.mark.parametrize("size", range(8))
def test_a_short_description_is_none(size):
    assert read_interface(bytes(size), 0, size, big=True) is None


def test_what_follows_the_last_option_is_not_read():
    assert described(LITTLE.option(0, b"") + b"\xff" * 8) is not None
    assert described(LITTLE.option(2, b"eth0") + b"\xff\xff\xff") is not None


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_an_interface_or_none(data, big):
    interface = read_interface(data, 0, len(data), big=big)
    assert interface is None or 0 <= interface.nanoseconds(0xFFFFFFFF, 0xFFFFFFFF) <= LATEST
