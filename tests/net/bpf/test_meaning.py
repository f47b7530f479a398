"""A filter means what its parts mean, joined: whatever is made of it on the way to a program.

The parts are asked of each packet alone, and what they say is joined here by ``and``, ``or`` and
``not``. All packets are long enough for all parts, and no part moves what others look at.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import bpf
from sipcm.net.bpf.names import Names
from tests.net.bpf.packets import bitmap

LENGTHS = (90, 150, 250)
PROTOCOLS = (1, 6, 17, 47, 58)
PORTS = ((5060, 5061), (7, 5060), (53, 7))

IP4_ADDRESSES = bytes.fromhex("0a000001 c0a80114"), bytes.fromhex("c0a80114 0a000002")
IP6_ADDRESSES = bytes.fromhex(f"{'20010db8':0<31}1{'20010db8':0<31}2")


def ip4(protocol: int, addresses: bytes, ports: bytes, fragment: int = 0) -> bytes:
    begin = bytes.fromhex("4500 0040 0001") + fragment.to_bytes(2) + bytes([64, protocol, 0, 0])
    return begin + addresses + ports + b"\0\x28\0\0INVITE"


def ip6(protocol: int, ports: bytes) -> bytes:
    return bytes.fromhex("60000000 0040") + bytes([protocol, 64]) + IP6_ADDRESSES + ports


def payloads() -> Iterator[tuple[int, bytes]]:
    """Yield what frames carry, with its ethertype."""
    for protocol, (source, destination) in product(PROTOCOLS, PORTS):
        ports = source.to_bytes(2) + destination.to_bytes(2)
        for addresses in IP4_ADDRESSES:
            yield 0x0800, ip4(protocol, addresses, ports)
        yield 0x0800, ip4(protocol, IP4_ADDRESSES[0], ports, 0x2001)
        yield 0x86DD, ip6(protocol, ports)
    yield 0x0806, bytes.fromhex("0001 0800 0604 0001 001122334455 0a000001 000000000000 0a000002")
    yield 0x8035, bytes(28)
    yield 0x88CC, bytes(28)


FRAMING: dict[str, Callable[[int], bytes]] = {
    "EN10MB": lambda kind: bytes.fromhex("ffffffffffff 001122334455") + kind.to_bytes(2),
    "LINUX_SLL2": lambda kind: kind.to_bytes(2) + bytes(18),
    "RAW": lambda _: b"",
}


@cache
def packets(linktype: str) -> list[bytes]:
    return [
        (FRAMING[linktype](kind) + payload).ljust(length, b"\0")
        for (kind, payload), length in product(payloads(), LENGTHS)
        if linktype != "RAW" or kind in {0x0800, 0x86DD}
    ]


PARTS = [
    *("ip", "ip6", "arp", "rarp", "udp", "tcp", "icmp", "icmp6", "1 = 1", "1 = 2"),
    *("ip proto 47", "ip proto 58", "ip proto 6", "ip6 proto 58", "proto 17", "ip proto 17"),
    *("host 10.0.0.1", "src host 10.0.0.1", "net 192.168.0.0/16", "dst net 10.0.0.0/8"),
    *("host 2001:db8::1", "src net 2001:db8::/32", "ip6 dst host 2001:db8::2"),
    *("port 5060", "udp port 5060", "tcp src port 53", "portrange 5060-5070", "dst port 7"),
    *("len < 100", "len > 200", "len < 300", "len >= 150", "less 90", "greater 250", "len = 150"),
    *("ip[8] = 64", "ip[8] > 70", "ip[9] < 7", "ip[9] != 17", "ip[6:2] & 0x1fff = 0"),
    *("ip[6:2] & 0x2000 != 0", "ip[12] = 10", "ip[12] & 0xf0 = 0xc0", "ip[9] > ip[8]"),
    *("udp[8:4] = 0x494e5649", "tcp[2:2] = 5060", "ip[2:2] + 90 < len", "ip6[6] = 58"),
    *("ip[9] & 1 = 1", "ip[9] & 2 = 0", "ip[9] & 0xfe = 6", "ip[9] - 1 > 5", "ip multicast"),
]
"""One asks of bytes that the next asks of too, so that answers follow from and exclude others."""


@cache
def verdicts(expression: str, linktype: str) -> int:
    """Return which packets a filter lets through; one that is refused for being empty, none."""
    try:
        matches = bpf.compile(expression, linktype, resolver=Names(None)).matches
    except bpf.FilterError as error:
        if error.message != EMPTY:
            raise
        return 0
    return bitmap(matches(packet) for packet in packets(linktype))


EMPTY = "expression rejects all packets"

Tree = tuple[str, tuple["Tree", ...]] | str


def joined(parts: "st.SearchStrategy[Tree]") -> "st.SearchStrategy[Tree]":
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), several),
        st.tuples(st.just("not"), parts.map(lambda part: (part,))),
    )


trees: "st.SearchStrategy[Tree]" = st.recursive(st.sampled_from(PARTS), joined, max_leaves=8)


def text(tree: Tree) -> str:
    if isinstance(tree, str):
        return tree
    joint, parts = tree
    inner = [text(part) for part in parts]
    return f"not ({inner[0]})" if joint == "not" else f"({f' {joint} '.join(inner)})"


def meaning(tree: Tree, linktype: str) -> int:
    """Return which packets a tree lets through, by what its parts say alone."""
    if isinstance(tree, str):
        return verdicts(tree, linktype)
    joint, parts = tree
    everything = (1 << len(packets(linktype))) - 1
    found = [meaning(part, linktype) for part in parts]
    if joint == "not":
        return everything ^ found[0]
    result = everything if joint == "and" else 0
    for each in found:
        result = result & each if joint == "and" else result | each
    return result


EXCLUDING = [
    "ip and ip6 and ip",
    "ip and arp and ip6",
    "ip proto 47 and ip proto 58 and ip proto 6",
    "len < 100 and len > 200 and len < 300",
    "ip6 and host 10.0.0.1 and icmp",
    "not (ip or ip6) and (udp or ip)",
    "ip[9] & 1 = 1 and ip[9] & 1 = 0 and ip[9] & 1 = 1",
]


@pytest.mark.parametrize("linktype", FRAMING)
@pytest.mark.parametrize("expression", EXCLUDING)
def test_what_excludes_each_other_lets_nothing_through(expression, linktype):
    assert verdicts(expression, linktype) == 0
    others = verdicts(f"({expression}) or len = 150", linktype)
    assert others == verdicts("len = 150", linktype) != 0


@pytest.mark.parametrize("linktype", FRAMING)
def test_every_part_tells_packets_apart(linktype):
    everything = (1 << len(packets(linktype))) - 1
    told = {part for part in PARTS if verdicts(part, linktype) not in {0, everything}}
    assert len(told) > 40


@pytest.mark.parametrize("linktype", FRAMING)
@given(tree=trees)
def test_what_is_joined_means_what_its_parts_mean(linktype, tree):
    assert verdicts(text(tree), linktype) == meaning(tree, linktype)


@pytest.mark.parametrize("linktype", FRAMING)
@given(parts=st.lists(st.sampled_from(PARTS), min_size=3, max_size=7), joint=st.data())
def test_a_row_means_what_its_parts_mean_from_left_to_right(linktype, parts, joint):
    tree, row = parts[0], parts[0]
    for part in parts[1:]:
        word = joint.draw(st.sampled_from(["and", "or"]))
        tree, row = (word, (tree, part)), f"{row} {word} {part}"
    assert verdicts(row, linktype) == meaning(tree, linktype)
