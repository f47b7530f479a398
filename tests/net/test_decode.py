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
from sipcm.net.names import Outcome
from sipcm.net.outcome import describe, layer_names
from sipcm.net.packet import (
    DECODED,
    ENCRYPTED,
    FRAGMENT,
    MAX_LAYERS,
    TCP,
    TOO_DEEP,
    TRUNCATED,
    Datagram,
)
from sipcm.net.ports import tunnel_ports
from sipcm.net.records import Cursor
from tests.examples import examples
from tests.net.encapsulated import (
    DESTINATION4,
    DESTINATION6,
    HOP,
    LENGTHLESS,
    NO_TUNNELS,
    OTHERS,
    PAYLOAD,
    PLAIN,
    SOURCE4,
    SOURCE6,
    TRAILED,
    WHOLE,
    ethernet,
    in_udp,
    ip4,
    ip6,
    udp,
    vxlan,
)

ETHERNET = 1

SEGMENT = b"\x9c\x40\x13\xc4" + bytes(8) + b"\x50\x18" + bytes(6)
"""A segment of TCP without data."""


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


@pytest.mark.parametrize(("port", "payload"), NO_TUNNELS.values(), ids=NO_TUNNELS)
def test_what_is_no_tunnel_is_a_payload(port, payload):
    datagram = Datagram()
    assert run(in_udp(port, payload), ETHERNET, datagram) == DECODED
    assert datagram.payload() == payload
    assert " ".join(layer_names(datagram.layers)) == "Ethernet IPv4 UDP"
    assert datagram.destination_port == port


def test_a_tunnel_is_told_by_either_port():
    frame = bytearray(in_udp(1701, WHOLE["l2tp"][1][42:]))
    frame[34:38] = struct.pack("!HH", 1701, 40000)
    datagram = Datagram()
    assert run(bytes(frame), ETHERNET, datagram) == DECODED
    assert datagram.payload() == PAYLOAD


def test_ports_of_vxlan_are_chosen():
    datagram = Datagram()
    datagram.ports = tunnel_ports((8472,))
    assert run(in_udp(8472, vxlan(PLAIN)), ETHERNET, datagram) == DECODED
    assert datagram.payload() == PAYLOAD
    assert run(in_udp(4789, vxlan(PLAIN)), ETHERNET, datagram) == DECODED
    assert datagram.payload() == vxlan(PLAIN)


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
    numbers = {linktype for linktype in LINKTYPES if linktype < 1 << 16}
    assert {linktype for linktype, _, _ in WHOLE.values()} == numbers


@pytest.mark.parametrize("name", WHOLE)
def test_a_frame_cut_anywhere_stays_in_its_bounds(name):
    linktype, frame, _ = WHOLE[name]
    datagram = Datagram()
    begin = frame.index(PAYLOAD)
    for cut in range(len(frame)):
        outcome = run(frame[:cut], linktype, datagram, b"\x45" * 5, b"\x45" * 200)
        if name in TRAILED:
            assert outcome in (TRUNCATED, ENCRYPTED), cut
            continue
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
    assert describe(TOO_DEEP, datagram.detail) == "more than 12 layers"
    assert run(ethernet(0x8100, bytes.fromhex("00018100") * 300), ETHERNET, datagram) == TOO_DEEP
    assert run(ip6(bytes(8) * 300, HOP), 229, datagram) == TOO_DEEP


@pytest.mark.no_cover
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
        ethernet(0x0800, ip4(SEGMENT, protocol=6)),
        ethernet(0x0800, ip4(SEGMENT, protocol=6) + bytes(6)),
        ethernet(0x0800, ip4(SEGMENT, protocol=6, flags=0x2000)),
        ethernet(0x0800, ip4(SEGMENT, protocol=6, total=39)),
        ethernet(0x0800, ip4(SEGMENT, protocol=6, total=40)),
        ethernet(0x0800, ip4(SEGMENT, protocol=6, total=0)),
        ethernet(0x0800, ip4(SEGMENT, protocol=6))[:-1],
        ethernet(0x0800, ip4(SEGMENT, protocol=6, options=bytes(4))),
    ],
)
def test_the_fast_path_equals_the_general_one(frame):
    assert_both_ways_equal(frame)


@given(
    payload=st.binary(max_size=40),
    changes=st.lists(st.tuples(st.integers(12, 41), st.integers(0, 255)), max_size=3),
    padding=st.integers(0, 12),
    cut=st.integers(0, 12),
    tcp=st.booleans(),
)
@example(payload=b"", changes=[], padding=0, cut=0, tcp=False)
@example(payload=b"", changes=[], padding=0, cut=0, tcp=True)
@example(
    payload=vxlan(PLAIN), changes=[(36, 4789 >> 8), (37, 4789 & 255)], padding=0, cut=0, tcp=False
)
@examples(200)
def test_the_fast_path_equals_the_general_one_on_near_misses(payload, changes, padding, cut, tcp):
    inner = ip4(SEGMENT + payload, protocol=6) if tcp else ip4(udp(payload))
    frame = bytearray(ethernet(0x0800, inner + bytes(padding)))
    for at, value in changes:
        frame[at] = value
    outcome = assert_both_ways_equal(bytes(frame[: len(frame) - cut]))
    if not changes and not cut:
        assert outcome == (TCP if tcp else DECODED)


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


@pytest.mark.no_cover
@given(
    choice=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.integers(0, 250), st.integers(0, 255)), max_size=4),
)
@examples(600)
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


DPKT_WALKS = (dpkt.ip.IP, dpkt.ip6.IP6, dpkt.gre.GRE, dpkt.pppoe.PPPoE, dpkt.ppp.PPP)
DPKT_KNOWS = {"Ethernet", "VLAN", "LLC", "IPv4", "IPv6", "IP extension", "PPPoE", "GRE", "UDP"}


def dpkt_udp(frame: bytes) -> tuple[bytes, bytes, int, int, bytes] | None:
    """Return what dpkt reads as UDP in an Ethernet frame; None for all else."""
    packet = inner = dpkt.ethernet.Ethernet(frame).data
    while isinstance(inner, DPKT_WALKS):
        if isinstance(inner, dpkt.ip.IP | dpkt.ip6.IP6):
            packet = inner
        inner = inner.data
    if not isinstance(inner, dpkt.udp.UDP):
        return None
    payload = inner.data[: inner.ulen - 8] if inner.ulen else inner.data
    return packet.src, packet.dst, inner.sport, inner.dport, payload


@pytest.mark.no_cover
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
        names = layer_names(datagram.layers)
        if not DPKT_KNOWS.issuperset(names) or names.count("UDP") > 1:
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
    "l_gre": {"UDP": 1},
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
