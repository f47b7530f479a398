"""Addresses and networks as they are written."""

import re
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.bpf.addresses import (
    Network,
    mac,
    network4,
    network6,
    short_network,
    with_mask,
    with_prefix,
)
from sipcm.net.bpf.errors import FilterError

MASK6 = (1 << 128) - 1

DOTTED = [
    ("10.0.0.1", 0x0A000001, 0xFFFFFFFF),
    ("10.0.1", 0x0A000100, 0xFFFFFF00),
    ("192.168", 0xC0A80000, 0xFFFF0000),
    ("10", 0x0A000000, 0xFF000000),
    ("0.0.0.0", 0, 0xFFFFFFFF),
    ("255.255.255.255", 0xFFFFFFFF, 0xFFFFFFFF),
    ("010.000.0000.01", 0x0A000001, 0xFFFFFFFF),
]


@pytest.mark.parametrize(("text", "address", "mask"), DOTTED, ids=[text for text, *_ in DOTTED])
def test_ipv4(text, address, mask):
    network = network4(text)
    assert network == Network(4, address, mask)
    assert network.is_host == (text.count(".") == 3)


@pytest.mark.parametrize(
    "text", ["256.0.0.1", "1.2.3.4.5", "1..2", "0x0a.0.0.1", "", "1.2.3.x", "1.2.3.٣", "9" * 50]
)
def test_no_ipv4(text):
    with pytest.raises(FilterError, match=f"^invalid IPv4 address '{re.escape(text)}'$"):
        network4(text)


@given(st.ip_addresses(v=4))
def test_every_ipv4_address(address: IPv4Address):
    assert network4(str(address)) == (4, int(address), 0xFFFFFFFF)


@given(st.ip_addresses(v=6))
def test_every_ipv6_address(address: IPv6Address):
    for text in (str(address), address.exploded, str(address).upper()):
        network = network6(text)
        assert network == (6, int(address), MASK6)
        assert network.is_host


COLONS = [
    ("::", 0),
    ("::1", 1),
    ("1::", 1 << 112),
    ("1:2:3:4:5:6:7::", 0x00010002000300040005000600070000),
    ("::ffff:10.0.0.1", 0xFFFF0A000001),
    ("64:ff9b::192.0.2.33", 0x0064FF9B0000000000000000C0000221),
    ("1:2:3:4:5:6:10.0.0.1", 0x0001000200030004000500060A000001),
]


@pytest.mark.parametrize(("text", "address"), COLONS, ids=[text for text, _ in COLONS])
def test_ipv6(text, address):
    assert network6(text).address == address == int(IPv6Address(text))


@pytest.mark.parametrize(
    "text",
    [
        *("1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "1::2::3", ":1::2", "1:", ":"),
        *("::10.0.0", "::256.0.0.1", "1:2:3:4:5:6:7:10.0.0.1"),
    ],
)
def test_no_ipv6(text):
    with pytest.raises(FilterError, match=f"^invalid IPv6 address {re.escape(text)}$"):
        network6(text)


PREFIXES = [
    (network4("10"), 8, 0xFF000000),
    (network4("10.1.2.3"), 32, 0xFFFFFFFF),
    (network4("0.0.0.0"), 0, 0),
    (network6("2001:db8::"), 32, 0xFFFFFFFF << 96),
    (network6("::1"), 128, MASK6),
]


@pytest.mark.parametrize(("network", "length", "mask"), PREFIXES)
def test_prefixes(network, length, mask):
    assert with_prefix(network, length) == network._replace(mask=mask)


REFUSED = [
    (network4("10.0.0.1"), 8, "non-network bits set in the address"),
    (network6("2001:db8::1"), 127, "non-network bits set in the address"),
    (network4("10.0.0.0"), 33, "mask length must be <= 32"),
    (network6("::"), 129, "mask length must be <= 128"),
]


@pytest.mark.parametrize(("network", "length", "message"), REFUSED)
def test_no_prefixes(network, length, message):
    with pytest.raises(FilterError, match=f"^{message}$"):
        with_prefix(network, length)


def test_masks_may_have_holes():
    assert with_mask(network4("10.0.0.1"), 0xFF0000FF) == (4, 0x0A000001, 0xFF0000FF)
    with pytest.raises(FilterError, match="non-network bits"):
        with_mask(network4("10.0.1.1"), 0xFF0000FF)


SHORT = [
    (10, 0x0A000000, 0xFF000000),
    (0xC0A8, 0xC0A80000, 0xFFFF0000),
    (0x0A0000, 0x0A000000, 0xFFFFFF00),
    (0x0A000001, 0x0A000001, 0xFFFFFFFF),
    (0, 0, 0xFFFFFFFF),
]


@pytest.mark.parametrize(("number", "address", "mask"), SHORT)
def test_a_number_alone(number, address, mask):
    assert short_network(number) == (4, address, mask)


@pytest.mark.parametrize(
    "text",
    [
        *("0:1:2:fd:fe:FF", "00:01:02:fd:fe:ff", "00-01-02-fd-fe-ff", "0.1.2.fd.fe.ff"),
        *("0001.02fd.feff", "000102fdfeff", "000102FDFEFF"),
    ],
)
def test_link_layer_addresses(text):
    assert mac(text) == b"\x00\x01\x02\xfd\xfe\xff"
