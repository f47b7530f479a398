"""The decoder as a whole: every encapsulation, every cut, other decoders, hostile bytes."""

import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dpkt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sipcm.errors import CaptureError
from sipcm.net.capturefile import CaptureFile
from sipcm.net.decode import LINKTYPES, decode, decode_general
from sipcm.net.outcome import Outcome, describe, layer_names
from sipcm.net.packet import DECODED, FRAGMENT, MAX_LAYERS, TOO_DEEP, TRUNCATED, Datagram
from sipcm.net.records import Cursor
from tests.examples import examples

ETHERNET = 1
SOURCE4, DESTINATION4 = b"\x0a\x01\x02\x03", b"\xc0\xa8\x00\xfe"
SOURCE6, DESTINATION6 = bytes(range(16)), bytes(range(100, 116))
PAYLOAD = b"OPTIONS sip:a@example.com SIP/2.0\r\n\r\n"


def udp(payload: bytes = PAYLOAD, length: int | None = None) -> bytes:
    return (
        struct.pack("!HHHH", 5060, 5080, len(payload) + 8 if length is None else length, 0)
        + payload
    )


def ip4(inner: bytes, protocol: int = 17, options: bytes = b"", **fields: int) -> bytes:
    first = 0x40 | (20 + len(options)) // 4
    total = fields.get("total", 20 + len(options) + len(inner))
    head = struct.pack("!BBHHHBB", first, 0, total, 1, fields.get("flags", 0), 64, protocol)
    return head + b"\0\0" + SOURCE4 + DESTINATION4 + options + inner


def ip6(inner: bytes, protocol: int = 17, length: int | None = None) -> bytes:
    size = len(inner) if length is None else length
    return struct.pack("!IHBB", 6 << 28, size, protocol, 64) + SOURCE6 + DESTINATION6 + inner


def ethernet(ethertype: int, inner: bytes) -> bytes:
    return b"\x02" * 6 + b"\x04" * 6 + struct.pack("!H", ethertype) + inner


def vlan(ethertype: int, inner: bytes) -> bytes:
    return struct.pack("!HH", 100, ethertype) + inner


def option6(following: int, inner: bytes, units: int = 0) -> bytes:
    return bytes([following, units]) + bytes(6 + 8 * units) + inner


SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"
HOP, ROUTING, FRAGMENT6, AH, DESTINATION = 0, 43, 44, 51, 60
ATOMIC = b"\x11\0\0\0\0\0\0\1"

# Frames whose payload is PAYLOAD: link type, frame, the layers passed.
WHOLE = {
    "ethernet ipv4": (1, ethernet(0x0800, ip4(udp())), "Ethernet IPv4 UDP"),
    "ethernet padding": (1, ethernet(0x0800, ip4(udp()) + bytes(9)), "Ethernet IPv4 UDP"),
    "ipv4 options": (1, ethernet(0x0800, ip4(udp(), options=bytes(40))), "Ethernet IPv4 UDP"),
    "ipv4 offload": (1, ethernet(0x0800, ip4(udp(length=0), total=0)), "Ethernet IPv4 UDP"),
    "udp shorter than ip": (
        1,
        ethernet(0x0800, ip4(udp(PAYLOAD + b"tail", len(PAYLOAD) + 8))),
        "Ethernet IPv4 UDP",
    ),
    "udp longer than ip": (1, ethernet(0x0800, ip4(udp(length=9999))), "Ethernet IPv4 UDP"),
    "vlan": (1, ethernet(0x8100, vlan(0x0800, ip4(udp()))), "Ethernet VLAN IPv4 UDP"),
    "qinq": (
        1,
        ethernet(0x88A8, vlan(0x8100, vlan(0x86DD, ip6(udp())))),
        "Ethernet VLAN VLAN IPv6 UDP",
    ),
    "old qinq": (
        1,
        ethernet(0x9100, vlan(0x9100, vlan(0x8100, vlan(0x0800, ip4(udp()))))),
        "Ethernet VLAN VLAN VLAN IPv4 UDP",
    ),
    "snap": (
        1,
        ethernet(8 + len(ip4(udp())), SNAP + ip4(udp()) + bytes(5)),
        "Ethernet LLC IPv4 UDP",
    ),
    "vlan snap": (
        1,
        ethernet(0x8100, vlan(1000, SNAP + ip4(udp()))),
        "Ethernet VLAN LLC IPv4 UDP",
    ),
    "ipv6": (1, ethernet(0x86DD, ip6(udp())), "Ethernet IPv6 UDP"),
    "ipv6 jumbogram": (
        1,
        ethernet(0x86DD, ip6(option6(17, udp(length=0)), HOP, length=0)),
        "Ethernet IPv6 IP extension UDP",
    ),
    "ipv6 extensions": (
        1,
        ethernet(
            0x86DD,
            ip6(option6(ROUTING, option6(DESTINATION, option6(17, udp()), units=3)), HOP),
        ),
        "Ethernet IPv6 IP extension IP extension IP extension UDP",
    ),
    "ipv6 atomic fragment": (
        1,
        ethernet(0x86DD, ip6(ATOMIC + udp(), FRAGMENT6)),
        "Ethernet IPv6 IP extension UDP",
    ),
    "ah": (
        1,
        ethernet(0x0800, ip4(b"\x11\x04" + bytes(22) + udp(), AH)),
        "Ethernet IPv4 IP extension UDP",
    ),
    "4 in 4": (1, ethernet(0x0800, ip4(ip4(udp()), 4)), "Ethernet IPv4 IPv4 UDP"),
    "6 in 4": (1, ethernet(0x0800, ip4(ip6(udp()), 41)), "Ethernet IPv4 IPv6 UDP"),
    "4 in 6": (1, ethernet(0x86DD, ip6(ip4(udp()), 4)), "Ethernet IPv6 IPv4 UDP"),
    "eight tunnels": (101, ip4(ip4(ip4(ip4(ip4(ip4(ip4(ip4(udp()), 4), 4), 4), 4), 4), 4), 4), "raw IP" + " IPv4" * 8 + " UDP"),
    "sll": (113, bytes(14) + b"\x08\x00" + ip4(udp()), "SLL IPv4 UDP"),
    "sll vlan": (113, bytes(14) + b"\x81\x00" + vlan(0x86DD, ip6(udp())), "SLL VLAN IPv6 UDP"),
    "sll2": (276, b"\x86\xdd" + bytes(18) + ip6(udp()), "SLL2 IPv6 UDP"),
    "raw 12": (12, ip4(udp()), "raw IP IPv4 UDP"),
    "raw 14": (14, ip6(udp()), "raw IP IPv6 UDP"),
    "raw 101": (101, ip6(udp()), "raw IP IPv6 UDP"),
    "ipv4 228": (228, ip4(udp()), "IPv4 UDP"),
    "ipv6 229": (229, ip6(udp()), "IPv6 UDP"),
    "null": (0, b"\x02\0\0\0" + ip4(udp()), "loopback IPv4 UDP"),
    "loop": (108, b"\0\0\0\x18" + ip6(udp()), "loopback IPv6 UDP"),
}  # fmt: skip

# Where no header gives a length, nothing tells that the end is missing.
LENGTHLESS = {"ipv4 offload", "ipv6 jumbogram"}

# Frames without one: link type, frame, the words for the outcome.
OTHERS = {
    "802.11": (127, bytes(60), "linktype 127"),
    "linktype 65535": (65535, bytes(60), "linktype 65535"),
    "arp": (1, ethernet(0x0806, bytes(28)), "ethertype 0x0806 (ARP)"),
    "stp": (1, ethernet(38, b"\x42\x42\x03" + bytes(43)), "LLC 0x42 (spanning tree)"),
    "appletalk": (0, b"\x10\0\0\0" + bytes(60), "address family 16"),
    "icmp": (1, ethernet(0x0800, ip4(bytes(8), 1)), "ip protocol 1 (ICMP)"),
    "icmpv6": (1, ethernet(0x86DD, ip6(option6(58, bytes(8)), HOP)), "ip protocol 58 (ICMPv6)"),
    "esp": (1, ethernet(0x0800, ip4(bytes(30), 50)), "ip protocol 50 (ESP)"),
    "tcp": (1, ethernet(0x0800, ip4(bytes(20), 6)), "TCP"),
    "sctp": (1, ethernet(0x86DD, ip6(bytes(12), 132)), "SCTP"),
    "first fragment": (1, ethernet(0x0800, ip4(udp(), flags=0x2000)), "IPv4 fragment"),
    "last fragment": (1, ethernet(0x0800, ip4(udp(), flags=0x0004)), "IPv4 fragment"),
    "ipv6 fragment": (
        1,
        ethernet(0x86DD, ip6(b"\x11\0\0\1\0\0\0\1" + udp(), FRAGMENT6)),
        "IPv6 fragment",
    ),
    "version 6 as ethertype 4": (1, ethernet(0x0800, ip6(udp())), "bad IPv4 header"),
    "version 4 as ethertype 6": (1, ethernet(0x86DD, ip4(udp()) + bytes(40)), "bad IPv6 header"),
    "raw version 7": (101, b"\x70" + bytes(60), "bad raw IP header"),
    "udp of 7 bytes": (1, ethernet(0x0800, ip4(udp(length=7))), "bad UDP header"),
    "ip too short for udp": (1, ethernet(0x0800, ip4(udp(), total=27)), "UDP header cut short"),
    "empty": (1, b"", "Ethernet header cut short"),
}


def run(
    frame: bytes, linktype: int, datagram: Datagram, before: bytes = b"", after: bytes = b""
) -> int:
    """Decode *frame* where it lies between other bytes; return the outcome."""
    buffer = before + frame + after
    outcome = decode(buffer, len(before), len(before) + len(frame), linktype, datagram)
    assert len(before) <= datagram.start <= datagram.end <= len(before) + len(frame)
    return int(outcome)


def fields(datagram: Datagram) -> dict[str, object]:
    """Return every attribute; a compiled class does not show its __slots__."""
    values = {name: getattr(datagram, name) for name in dir(datagram) if name[0] != "_"}
    return {name: value for name, value in values.items() if not callable(value)}


@pytest.mark.parametrize(("linktype", "frame", "layers"), WHOLE.values(), ids=WHOLE)
def test_whole_frame(linktype, frame, layers):
    datagram = Datagram()
    assert run(frame, linktype, datagram, b"\xff" * 7, b"\xff" * 99) == DECODED
    assert datagram.payload() == PAYLOAD
    assert not datagram.truncated
    assert (datagram.source_port, datagram.destination_port, datagram.protocol) == (5060, 5080, 17)
    assert " ".join(layer_names(datagram.layers)) == layers
    if datagram.version == 4:
        assert (datagram.source(), datagram.destination()) == (SOURCE4, DESTINATION4)
    else:
        assert (datagram.source(), datagram.destination()) == (SOURCE6, DESTINATION6)


@pytest.mark.parametrize(("linktype", "frame", "words"), OTHERS.values(), ids=OTHERS)
def test_other_frame(linktype, frame, words):
    datagram = Datagram()
    assert describe(run(frame, linktype, datagram), datagram.detail) == words


@pytest.mark.parametrize("name", ["tcp", "sctp", "first fragment", "ipv6 fragment", "icmp"])
def test_addresses_are_known_where_there_was_ip(name):
    linktype, frame, _ = OTHERS[name]
    datagram = Datagram()
    run(frame, linktype, datagram)
    assert {datagram.source(), datagram.destination()} in (
        {SOURCE4, DESTINATION4},
        {SOURCE6, DESTINATION6},
    )
    assert datagram.protocol in (1, 6, 17, 132)


def test_every_link_type_has_a_whole_frame():
    assert {linktype for linktype, _, _ in WHOLE.values()} == set(LINKTYPES)


@pytest.mark.parametrize("name", WHOLE)
def test_a_frame_cut_anywhere_stays_in_its_bounds(name):
    linktype, frame, _ = WHOLE[name]
    datagram = Datagram()
    begin = frame.index(PAYLOAD)
    for cut in range(len(frame)):
        outcome = run(frame[:cut], linktype, datagram, b"\x45" * 5, b"\x45" * 200)
        assert outcome == (TRUNCATED if cut < begin else DECODED), cut
        if outcome == DECODED:
            kept = cut - begin
            assert datagram.payload() == PAYLOAD[:kept]
            assert datagram.truncated is (kept < len(PAYLOAD) and name not in LENGTHLESS), cut


def nested(depth: int) -> bytes:
    inner = udp()
    for _ in range(depth):
        inner = ip4(inner, 17 if inner[0] != 0x45 else 4)
    return inner


def test_depth_is_limited():
    datagram = Datagram()
    assert run(nested(MAX_LAYERS - 1), 228, datagram) == DECODED
    assert len(layer_names(datagram.layers)) == MAX_LAYERS
    assert run(nested(MAX_LAYERS), 228, datagram) == TOO_DEEP
    assert describe(TOO_DEEP, datagram.detail) == "more than 15 layers"
    assert run(ethernet(0x8100, bytes.fromhex("00018100") * 300), ETHERNET, datagram) == TOO_DEEP
    assert run(ip6(bytes(8) * 300, HOP), 229, datagram) == TOO_DEEP


def test_a_datagram_keeps_nothing_of_the_packet_before():
    fresh, used = Datagram(), Datagram()
    for _, (linktype, frame, _) in (*WHOLE.items(), *OTHERS.items()):
        for other_linktype, other, _ in (*WHOLE.values(), *OTHERS.values()):
            run(other, other_linktype, used)
            outcome = run(frame, linktype, used)
            fresh.begin(b"", 0, 0)
            assert run(frame, linktype, fresh) == outcome
            assert fields(used) == fields(fresh)


def assert_both_ways_equal(frame: bytes, linktype: int = ETHERNET) -> int:
    quick, general = Datagram(), Datagram()
    buffer = b"\x11" * 3 + frame + b"\x11" * 64
    outcome = decode(buffer, 3, 3 + len(frame), linktype, quick)
    assert outcome == decode_general(buffer, 3, 3 + len(frame), linktype, general)
    assert fields(quick) == fields(general)
    return int(outcome)


@pytest.mark.parametrize(
    "frame",
    [
        ethernet(0x0800, ip4(udp())),
        ethernet(0x0800, ip4(udp(b""))),
        ethernet(0x0800, ip4(udp()) + bytes(20)),
        ethernet(0x0800, ip4(udp(b"x" * 60000))),
        ethernet(0x0800, ip4(udp(), flags=0x4000)),
        ethernet(0x0800, ip4(udp(), flags=0x8000)),
        ethernet(0x0800, ip4(udp(), flags=0x2000)),
        ethernet(0x0800, ip4(udp(), flags=0x0001)),
        ethernet(0x0800, ip4(udp(length=8))),
        ethernet(0x0800, ip4(udp(length=7))),
        ethernet(0x0800, ip4(udp(length=0))),
        ethernet(0x0800, ip4(udp(length=len(PAYLOAD) + 9))),
        ethernet(0x0800, ip4(udp(), total=20 + len(udp()) - 1)),
        ethernet(0x0800, ip4(udp(), total=20 + len(udp()) + 1)),
        ethernet(0x0800, ip4(udp(), total=27)),
        ethernet(0x0800, ip4(udp(), total=0)),
        ethernet(0x0800, ip4(udp()))[:42],
        ethernet(0x0800, ip4(udp()))[:41],
    ],
)
def test_the_fast_path_equals_the_general_one(frame):
    assert_both_ways_equal(frame)


@given(
    payload=st.binary(max_size=40),
    changes=st.lists(st.tuples(st.integers(12, 41), st.integers(0, 255)), max_size=3),
    padding=st.integers(0, 12),
    cut=st.integers(0, 12),
)
@example(payload=b"", changes=[], padding=0, cut=0)
@examples(200)
def test_the_fast_path_equals_the_general_one_on_near_misses(payload, changes, padding, cut):
    frame = bytearray(ethernet(0x0800, ip4(udp(payload)) + bytes(padding)))
    for at, value in changes:
        frame[at] = value
    outcome = assert_both_ways_equal(bytes(frame[: len(frame) - cut]))
    if not changes and not cut:
        assert outcome == DECODED


@given(linktype=st.sampled_from([*LINKTYPES, 127]), frame=st.binary(max_size=120))
@examples(300)
def test_any_bytes_give_an_outcome_and_bounds_within_the_frame(linktype, frame):
    datagram = Datagram()
    outcome = Outcome(run(frame, linktype, datagram, b"\x08\x00\x45", b"\x45" * 70))
    here = (outcome, datagram.detail, datagram.payload(), datagram.source(), datagram.layers)
    # What lies around the frame must make no difference.
    outcome = Outcome(run(frame, linktype, datagram, b"\xff" * 9))
    assert here == (
        outcome, datagram.detail, datagram.payload(), datagram.source(), datagram.layers,
    )  # fmt: skip


@given(
    choice=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=4),
)
@examples(300)
def test_damaged_frames_stay_in_their_bounds(choice, changes):
    linktype, whole, _ = WHOLE[choice]
    frame = bytearray(whole)
    for at, value in changes:
        frame[at % len(frame)] = value
    Outcome(run(bytes(frame), linktype, Datagram(), b"\x45" * 3, b"\x45" * 70))


addresses4 = st.binary(min_size=4, max_size=4)
addresses6 = st.binary(min_size=16, max_size=16)
ports = st.integers(0, 65535)


@given(
    six=st.booleans(),
    tags=st.lists(st.integers(0, 4095), max_size=2),
    addresses=st.tuples(addresses6, addresses6),
    source_port=ports,
    destination_port=ports,
    payload=st.binary(max_size=200),
)
@examples(150)
def test_frames_that_dpkt_writes(six, tags, addresses, source_port, destination_port, payload):
    inner = dpkt.udp.UDP(sport=source_port, dport=destination_port, data=payload)
    inner.ulen = 8 + len(payload)
    source, destination = addresses if six else (addresses[0][:4], addresses[1][:4])
    if six:
        packet = dpkt.ip6.IP6(src=source, dst=destination, nxt=17, data=inner, plen=inner.ulen)
    else:
        packet = dpkt.ip.IP(src=source, dst=destination, p=17, data=inner)
    frame = bytes(packet)
    ethertype = 0x86DD if six else 0x0800
    for tag in tags:
        frame = struct.pack("!HH", tag, ethertype) + frame
        ethertype = 0x8100
    datagram = Datagram()
    assert run(ethernet(ethertype, frame), ETHERNET, datagram) == DECODED
    assert (datagram.source(), datagram.destination()) == (source, destination)
    assert (datagram.source_port, datagram.destination_port) == (source_port, destination_port)
    assert datagram.payload() == payload


def dpkt_udp(frame: bytes) -> tuple[bytes, bytes, int, int, bytes] | None:
    """Return what dpkt reads as UDP in an Ethernet frame; None for all else."""
    packet = inner = dpkt.ethernet.Ethernet(frame).data
    while isinstance(inner, dpkt.ip.IP | dpkt.ip6.IP6):
        packet, inner = inner, inner.data
    if not isinstance(inner, dpkt.udp.UDP):
        return None
    payload = inner.data[: inner.ulen - 8] if inner.ulen else inner.data
    return packet.src, packet.dst, inner.sport, inner.dport, payload


@pytest.mark.parametrize("folder", ["sip", "sipp", "edge", "robust"])
def test_real_captures_are_read_as_dpkt_reads_them(shared_dir, folder):
    datagram = Datagram()
    decoded = 0
    for path, cursor in walk(shared_dir / "captures" / folder):
        if cursor.linktype != ETHERNET:
            continue
        outcome = decode(cursor.buffer, cursor.start, cursor.end, cursor.linktype, datagram)
        if outcome == FRAGMENT:  # dpkt takes the first one for a whole datagram
            continue
        found = None
        if outcome == DECODED:
            decoded += 1
            found = (
                datagram.source(),
                datagram.destination(),
                datagram.source_port,
                datagram.destination_port,
                datagram.payload(),
            )
        frame = cursor.buffer[cursor.start : cursor.end]
        assert found == dpkt_udp(frame), f"{path.name} packet {cursor.number}"
    assert decoded > 10


def walk(folder: Path) -> Iterator[tuple[Path, Cursor]]:
    """Stop at each packet of each classic pcap in *folder*."""
    for path in sorted(folder.iterdir()):
        try:
            capture = CaptureFile(path)
        except CaptureError:
            continue
        with capture:
            while capture.read():
                while capture.cursor.next():
                    yield path, capture.cursor


# The hand-made captures of link layers: how often each outcome.
EDGE = {
    "l_eth_pad": {"UDP": 1},
    "l_gre": {"ip protocol 47 (GRE)": 1},
    "l_icmp_arp_sctp": {"ip protocol 1 (ICMP)": 1, "ethertype 0x0806 (ARP)": 1, "SCTP": 1},
    "l_ip4frag_ooo": {"IPv4 fragment": 2},
    "l_ip6": {"UDP": 1},
    "l_ip6_frag": {"IPv6 fragment": 1},
    "l_ip6_frag2": {"IPv6 fragment": 2},
    "l_ip6_hopopt": {"UDP": 1},
    "l_ipv4_228": {"UDP": 1},
    "l_ipv6_229": {"UDP": 1},
    "l_qinq8100": {"UDP": 1},
    "l_raw101": {"UDP": 1},
    "l_raw12": {"UDP": 1},
    "l_sll2": {"UDP": 1},
    "l_udp_trunc": {"UDP": 1},
    "l_vlan": {"UDP": 1},
    "l_vxlan": {"UDP": 1},
}


def test_hand_made_captures(shared_dir):
    seen: dict[str, Counter[str]] = {}
    datagram = Datagram()
    for path, cursor in walk(shared_dir / "captures" / "edge"):
        if path.stem in EDGE:
            outcome = decode(cursor.buffer, cursor.start, cursor.end, cursor.linktype, datagram)
            seen.setdefault(path.stem, Counter())[describe(outcome, datagram.detail)] += 1
    assert seen == EDGE
