"""Whose an address is: the same as by looking through all networks, however often it is asked."""

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.packet import Datagram
from sipcm.peerfile import Network, peers_of
from sipcm.state.peers import OTHER, PLACES
from tests.peers import made
from tests.tables import faults

FOUR, SIX = st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1)


def a_network(address: int, bits: int, prefix: int) -> Network:
    kept = address >> bits - prefix << bits - prefix
    packed = kept.to_bytes(bits // 8, "big")
    return ip_network((packed, prefix))


NETWORKS = st.one_of(
    st.builds(a_network, FOUR, st.just(32), st.integers(0, 32)),
    st.builds(a_network, SIX, st.just(128), st.integers(0, 128)),
    # Near one another, so that they lie within each other.
    st.builds(a_network, st.integers(0, 255), st.just(32), st.integers(22, 32)),
    st.builds(a_network, st.integers(2**32 - 256, 2**32 - 1), st.just(32), st.integers(22, 32)),
)


def carrying(source: bytes, destination: bytes) -> Datagram:
    """Return a datagram from *source* to *destination*."""
    datagram = Datagram()
    datagram.begin(b"x" + source + destination, 0, 1)
    datagram.version = {4: 4, 16: 6}.get(len(source), 0)
    datagram.source_at = 1
    datagram.destination_at = 1 + len(source)
    return datagram


def address(text: str) -> bytes:
    return ip_address(text).packed


PEERS = made(
    ("192.0.2.0/24", "a"),
    ("192.0.2.128/25", "b"),
    ("192.0.2.130/32", "a"),
    ("2001:db8::/32", "a"),
    ("2001:db8:b::/48", "b"),
    ("::c000:201/128", "c"),
)


def test_the_smallest_network_counts():
    def check(text: str, name: str) -> None:
        assert PEERS.name(address(text)) == name

    rows = {
        "192.0.1.255": "",
        "192.0.2.0": "a",
        "192.0.2.127": "a",
        "192.0.2.128": "b",
        "192.0.2.130": "a",
        "192.0.2.131": "b",
        "192.0.2.255": "b",
        "192.0.3.0": "",
        "0.0.0.0": "",
        "255.255.255.255": "",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff": "",
        "2001:db8::1": "a",
        "2001:db8:b::1": "b",
        "2001:db8:c::1": "a",
        "2001:db9::": "",
        "::c000:201": "c",
        "192.0.0.1": "",
    }
    assert faults(lambda row: check(*row), {row[0]: row for row in rows.items()}) == {}


def test_no_address_has_no_name():
    assert PEERS.name(b"") == ""
    assert PEERS.find(b"12345") == OTHER
    assert PEERS.of(carrying(b"", b"")) == OTHER


def test_the_peer_of_a_message():
    def check(source: str, destination: str, name: str) -> None:
        datagram = carrying(address(source), address(destination))
        for _ in range(2):
            assert PEERS.names[PEERS.of(datagram)] == name

    rows = [
        ("192.0.2.1", "198.51.100.1", "a"),
        ("198.51.100.1", "192.0.2.1", "a"),
        ("192.0.2.1", "192.0.2.200", "a"),
        ("192.0.2.200", "192.0.2.1", "b"),
        ("198.51.100.1", "198.51.100.2", "other"),
        ("2001:db8::1", "2001:db8:b::1", "a"),
        ("fe80::1", "2001:db8:b::1", "b"),
        ("fe80::1", "fe80::2", "other"),
    ]
    assert faults(lambda row: check(*row), {" ".join(row): row for row in rows}) == {}


def test_what_is_ones_own_has_a_name_and_is_no_peer():
    peers = made(("192.0.2.0/24", "a"), ("192.0.2.128/25", "sbc"), own="sbc")

    def check(source: str, destination: str, name: str) -> None:
        datagram = carrying(address(source), address(destination))
        for _ in range(2):
            assert peers.names[peers.of(datagram)] == name

    rows = [
        ("192.0.2.200", "192.0.2.1", "a"),
        ("192.0.2.1", "192.0.2.200", "a"),
        ("192.0.2.200", "192.0.2.201", "other"),
        ("192.0.2.200", "198.51.100.1", "other"),
    ]
    assert faults(lambda row: check(*row), {" ".join(row): row for row in rows}) == {}
    assert peers.name(address("192.0.2.200")) == "sbc"
    assert peers.peer(address("192.0.2.200")) == OTHER
    assert peers.peer(address("192.0.2.1")) == peers.find(address("192.0.2.1"))


@given(st.lists(NETWORKS, unique=True, max_size=30), st.lists(st.one_of(FOUR, SIX), max_size=30))
def test_it_is_found_as_by_looking_through_all(networks, more):
    numbers = {network: 1 + at % 3 for at, network in enumerate(networks)}
    peers = peers_of(["other", "a", "b", "c"], numbers)
    edges = [
        int(edge) + step
        for network in networks
        for edge in (network[0], network[-1])
        for step in (-1, 0, 1)
        if 0 <= int(edge) + step < 2**network.max_prefixlen
    ]
    for value in {*more, *edges}:
        for size in (4, 16):
            if value >> 8 * size:
                continue
            packed = value.to_bytes(size, "big")
            around = [network for network in networks if ip_address(packed) in network]
            smallest = max(around, key=lambda network: network.prefixlen, default=None)
            expected = OTHER if smallest is None else numbers[smallest]
            datagram = carrying(packed, packed)
            assert peers.find(packed) == peers.of(datagram) == peers.of(datagram) == expected


def test_addresses_that_take_the_place_of_one_another():
    """More addresses than places, again and again, IPv4 and IPv6 of the same bytes among them."""
    peers = made(("0.0.0.0/1", "low"), ("8000::/1", "high"))
    wrong = []
    for _ in range(2):
        for number in range(2 * PLACES):
            low = (number * 0x9E3779B1) % 2**32
            four, six = low.to_bytes(4, "big"), low.to_bytes(16, "little")
            for packed in (four, six):
                high = packed[0] >= 128
                name = (
                    ("high" if high else "other") if packed is six else "other" if high else "low"
                )
                if peers.names[peers.of(carrying(packed, packed))] != name:
                    wrong.append(packed)
    assert wrong == []
