"""Widened filters: no fragment of what matches is lost, and what is no fragment is judged alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import bpf
from sipcm.net.bpf.interpreter import run
from sipcm.net.bpf.names import Names

MACS = bytes.fromhex("00112233445566778899aabb")
TAGS = {"": b"", "vlan": b"\x81\0\0\x64", "QinQ": b"\x88\xa8\0\x64\x81\0\0\7"}
MPLS = b"\x88\x47\0\1\x01\x40"
PPPOE = b"\x88\x64\x11\0\0\x27\0\0"


def udp(payload: bytes, ports: tuple[int, int] = (5060, 5061)) -> bytes:
    numbers = (*ports, 8 + len(payload), 0)
    return b"".join(number.to_bytes(2) for number in numbers) + payload


def ip4(payload: bytes, protocol: int = 17, fragment: int = 0, options: bytes = b"") -> bytes:
    length = 20 + len(options)
    return (
        bytes([0x40 | length // 4, 0])
        + (length + len(payload)).to_bytes(2)
        + b"\0\7"
        + fragment.to_bytes(2)
        + bytes([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])
        + options
        + payload
    )


def ip6(payload: bytes, following: int = 17) -> bytes:
    ends = b"".join(bytes.fromhex(f"20010db8{end:024x}") for end in (1, 2))
    return b"\x60\0\0\0" + len(payload).to_bytes(2) + bytes([following, 64]) + ends + payload


def cut(version: int, payload: bytes, protocol: int, size: int) -> list[bytes]:
    """Fragment a packet into pieces of *size* bytes, as a router or a host would."""
    pieces = []
    for begin in range(0, len(payload), size):
        piece, more = payload[begin : begin + size], begin + size < len(payload)
        if version == 4:
            pieces.append(ip4(piece, protocol, begin // 8 | 0x2000 * more))
        else:
            header = bytes([protocol, 0]) + (begin | more).to_bytes(2) + b"\0\0\0\7"
            pieces.append(ip6(header + piece, 44))
    return pieces


def framed(packet: bytes, headers: bytes = b"", kind: bytes = b"") -> bytes:
    """Put an Ethernet header in front; with a *kind* of its own where that is no ethertype."""
    ethertype = b"\x08\0" if packet[0] >> 4 == 4 else b"\x86\xdd"
    return MACS + headers + (kind or ethertype) + packet


def accepts(text: str, packet: bytes, *, fragments: bool) -> bool:
    try:
        program = bpf.compile(text, resolver=Names(None), fragments=fragments)
    except bpf.FilterError as error:
        if error.message != "expression rejects all packets":
            raise
        return False
    return run(program.instructions, packet)[0] > 0


SIP = udp(b"INVITE sip:a" + bytes(1288))
BOTH = "(udp port 5060 or (vlan and udp port 5060))"

# A filter, what the whole has in front of IP, and whether all its fragments pass.
CASES = [
    (f"{BOTH} and greater 1000", "", True),
    (f"{BOTH} and greater 1000", "vlan", True),
    (f"{BOTH} and greater 1000", "QinQ", False),
    (f"greater 1000 and {BOTH}", "", True),
    (f"greater 1000 and {BOTH}", "vlan", True),
    (f"not less 1000 and {BOTH}", "vlan", True),
    (f"len - 14 > 1000 and {BOTH}", "vlan", True),
    ("greater 1000 and vlan and vlan and udp port 5060", "QinQ", True),
    ("greater 1000 and vlan and vlan and udp port 5060", "vlan", False),
    ("greater 1000 and vlan 100 and udp port 5060", "vlan", True),
    ("greater 1000 and vlan 99 and udp port 5060", "vlan", False),
    ("(vlan 7 or greater 1000) and udp port 5060", "vlan", True),
    ("ip[2:2] > 1000 and udp port 5060", "", True),
    ("ip[20:2] = 5060", "", True),
    ("ip[(ip[0] & 15) * 4:2] = 5060", "", True),
    ("ether[34:2] = 5060", "", True),
    ("byte 35 = 0xc4", "", True),
    ("ether[12:2] = 0x0800 and udp port 5060", "", True),
    ("ip6[40:2] = 5060", "6", True),
    ("ip6[6] = 17", "6", True),
    ("ip6[4:2] > 1000", "6", True),
    ("ip6 protochain 17", "6", True),
    ("ip6 and ip6[8:4] = 0x20010db8 and greater 1000", "6", True),
]


@pytest.mark.parametrize(("text", "front", "passes"), CASES)
def test_fragments_of_what_matches_pass(text, front, passes):
    version, tags = (6, b"") if front == "6" else (4, TAGS[front])
    whole = framed(ip4(SIP) if version == 4 else ip6(SIP), tags)
    assert accepts(text, whole, fragments=False) is passes
    pieces = [framed(piece, tags) for piece in cut(version, SIP, 17, 992)]
    assert len(pieces) == 2
    assert [accepts(text, piece, fragments=True) for piece in pieces] == [passes] * 2


ARP = MACS + bytes.fromhex("0806 0001 0800 0604 0001") + bytes(20)
WHOLE = [ARP, framed(ip4(udp(bytes(9)))), framed(ip6(udp(bytes(9)))), MACS + b"\x88\xcc" + ARP]

NARROW = [
    *("vlan or greater 99", "greater 99 and vlan", "mpls or greater 99", "pppoes or less 5"),
    *("geneve or greater 100", "vxlan 7 and less 9", f"{BOTH} and greater 1000", "ip[2:2] > 99"),
    *("ether[36:2] = 7", "byte 40 = 1", "ip6 protochain 6", "udp[100] = 1", "icmp6[0] = 1"),
]


@pytest.mark.parametrize("text", NARROW)
def test_what_is_no_fragment_gains_nothing(text):
    for packet in WHOLE:
        assert not accepts(text, packet, fragments=True)


@pytest.mark.parametrize(
    "text", ["ip[6:2] & 0x1fff != 0", "ip[6] & 0x20 != 0", "ip[4:4] = 0x72000"]
)
def test_who_asks_for_fragments_means_them(text):
    pieces = [framed(piece) for piece in cut(4, SIP, 17, 992)]
    for piece in pieces:
        assert accepts(text, piece, fragments=True) is accepts(text, piece, fragments=False)


LABELLED = {"mpls": MPLS, "pppoes": PPPOE}


@pytest.mark.parametrize("word", LABELLED)
@pytest.mark.parametrize("text", ["greater 1000 and {} and udp port 5060", "{} and len > 1000"])
def test_behind_other_headers(text, word):
    kind = b"\0\x21" if word == "pppoes" else LABELLED[word][2:]
    headers = LABELLED[word] if word == "pppoes" else LABELLED[word][:2]
    for packet in (ip4(SIP), *cut(4, SIP, 17, 992)):
        assert accepts(text.format(word), framed(packet, headers, kind), fragments=True)


VXLAN = udp(b"\x08\0\0\0\0\0\7\0" + framed(ip4(SIP)), (9, 4789))


@pytest.mark.parametrize("text", ["vxlan and udp port 5060", "vxlan 7 and greater 1000"])
@pytest.mark.parametrize("version", [4, 6])
def test_fragments_of_what_carries_others(text, version):
    outer = framed(ip4(VXLAN) if version == 4 else ip6(VXLAN))
    assert accepts(text, outer, fragments=False)
    for piece in cut(version, VXLAN, 17, 496):
        assert accepts(text, framed(piece), fragments=True)
    assert not accepts(text, framed(cut(4, VXLAN, 6, 496)[1]), fragments=True)


@pytest.mark.parametrize(
    "text", ["greater 1000 and vxlan and udp port 5060", "vxlan and udp port 5060 and greater 1000"]
)
def test_fragments_that_others_carry(text):
    for piece in (ip4(SIP), *cut(4, SIP, 17, 992)):
        carried = udp(b"\x08\0\0\0\0\0\7\0" + framed(piece), (9, 4789))
        assert accepts(text, framed(ip4(carried)), fragments=True)


def test_a_socket_that_knows_the_tag_needs_no_bytes_of_it():
    """Linux has taken off the outer tag: fragments are looked for where they are then."""
    text = f"greater 1000 and {BOTH}"
    code = bpf.compile(text, live=True, resolver=Names(None), fragments=True).instructions
    for piece in cut(4, SIP, 17, 992):
        assert run(code, framed(piece), None, {0xFFFFF030: 1, 0xFFFFF02C: 100})[0]
        assert run(code, framed(piece, TAGS["vlan"]), None, {0xFFFFF030: 0})[0]


PARTS = st.sampled_from(
    [
        *(
            "udp port 5060",
            "tcp port 5060",
            "src port 7",
            "portrange 5050-5060",
            "vlan",
            "vlan 100",
        ),
        *("udp[8:4] = 0x494e5649", "tcp[13] & 2 != 0", "len > udp[4:2]", "ip[20:2] = 5060"),
        *("icmp[0] = 19", "icmp6[0] = 19", "len > 100", "less 90", "greater 90", "vlan 7"),
        *("udp", "tcp", "ip", "ip6", "icmp6", "proto 17", "host 10.0.0.1", "ip6 proto 6"),
        *("ip[2:2] > 80", "ip6[6] = 17", "ip6[40:2] = 5060", "ip6 protochain 17", "ether[12] = 8"),
        *(
            "ether[36:2] = 5061",
            "byte 23 = 17",
            "len - ip[2:2] = 14",
            "ip[8] = 64",
            "net 10.0.0.0/8",
        ),
    ]
)


def joined(inner: "st.SearchStrategy[str]") -> "st.SearchStrategy[str]":
    return st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        inner.map("not ({})".format),
        inner.map("({})".format),
    )


texts = st.recursive(PARTS, joined, max_leaves=6)


@given(
    text=texts,
    version=st.sampled_from([4, 6]),
    tags=st.sampled_from(sorted(TAGS.values())),
    protocol=st.sampled_from([6, 17, 1, 58]),
    ports=st.tuples(st.sampled_from([5060, 7]), st.sampled_from([5061, 2048])),
    length=st.sampled_from([0, 60, 120]),
    size=st.sampled_from([8, 16, 40, 64]),
)
def test_no_fragment_is_lost(text, version, tags, protocol, ports, length, size):
    payload = udp(b"INVITE" + bytes(length), ports)
    whole = framed(ip4(payload, protocol) if version == 4 else ip6(payload, protocol), tags)
    if accepts(text, whole, fragments=False):
        for piece in cut(version, payload, protocol, size):
            assert accepts(text, framed(piece, tags), fragments=True)
    assert accepts(text, whole, fragments=True) is accepts(text, whole, fragments=False)


OTHERS = {
    "RAW": b"",
    "LINUX_SLL2": b"\x08\0" + bytes(18),
    "NULL": b"\2\0\0\0",
    "PPP": b"\xff\3\0\x21",
}


@pytest.mark.parametrize("linktype", OTHERS)
@pytest.mark.parametrize("text", ["greater 1000 and udp port 5060", "link[40] = 0x49 and udp"])
def test_where_there_are_no_tags(text, linktype):
    code = bpf.compile(text, linktype, resolver=Names(None), fragments=True).instructions
    for piece in cut(4, SIP, 17, 992):
        assert run(code, OTHERS[linktype] + piece)[0]
    assert not run(code, OTHERS[linktype] + ip4(udp(bytes(40))))[0]
