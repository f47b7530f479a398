"""Fragments: any order, what contradicts, what was not captured, and the bounds."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import defrag
from sipcm.net.decode import decode, decode_on
from sipcm.net.defrag import MOST_PIECES, PATIENCE, Defragmenter
from sipcm.net.outcome import layer_names
from sipcm.net.packet import DECODED, FRAGMENT, UNKNOWN_PROTOCOL, Datagram
from tests.net.encapsulated import (
    DESTINATION6,
    FRAGMENT6,
    HOP,
    PLAIN,
    SOURCE4,
    SOURCE6,
    ethernet,
    in_udp,
    ip6,
    option6,
    udp,
    vlan,
    vxlan,
)
from tests.net.fragmenting import cuts, fragment4, fragment6, give

TEXT = bytes(random.Random(1).randbytes(4000))
WHOLE = udp(TEXT)
MAKERS = {4: fragment4, 6: fragment6}
BOTH = pytest.mark.parametrize("version", [4, 6])


def counted(defragmenter: Defragmenter) -> dict[str, int]:
    return {name: value for name, value in defragmenter.group.values().items() if value}


def payload(datagram: Datagram | None) -> bytes | None:
    """Decode on where a packet is whole; return its payload."""
    if datagram is None:
        return None
    datagram.detail = datagram.protocol
    assert decode_on(UNKNOWN_PROTOCOL, datagram) == DECODED
    assert (datagram.source_port, datagram.destination_port) == (5060, 5080)
    return datagram.payload()


@BOTH
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order(version, order):
    defragmenter = Defragmenter()
    frames = [MAKERS[version](WHOLE, cut) for cut in cuts(len(WHOLE), 1008)]
    assert len(frames) == 4
    found = [payload(give(defragmenter, frames[at])) for at in order]
    assert found == [None, None, None, TEXT]
    assert counted(defragmenter) == {}


@BOTH
def test_the_whole_stands_behind_the_headers_of_its_first_fragment(version):
    defragmenter = Defragmenter()
    first, last = (MAKERS[version](WHOLE, cut) for cut in cuts(len(WHOLE), 2400))
    assert give(defragmenter, last) is None
    datagram = give(defragmenter, first)
    assert datagram is not None
    assert " ".join(layer_names(datagram.layers)) == (
        "Ethernet IPv4" if version == 4 else "Ethernet IPv6 IP extension"
    )
    assert not datagram.truncated
    frame = datagram.buffer[datagram.frame : datagram.end]
    again = Datagram()
    assert decode(frame, 0, len(frame), 1, again) == DECODED
    assert again.payload() == TEXT
    assert (again.source(), again.destination()) == (datagram.source(), datagram.destination())
    assert " ".join(layer_names(again.layers)) == f"Ethernet IPv{version} UDP"


def test_what_stands_in_front_of_the_fragment_header_stays():
    defragmenter = Defragmenter()
    packets = [
        ip6(option6(60, option6(FRAGMENT6, part, units=1)), HOP)
        for part in (b"\x11\0\0\1\0\0\0\7" + WHOLE[:800], b"\x63\0\3\x20\0\0\0\7" + WHOLE[800:])
    ]
    found = [give(defragmenter, ethernet(0x8100, vlan(0x86DD, packet))) for packet in packets]
    assert found[0] is None
    datagram = found[1]
    assert datagram is not None
    again = Datagram()
    assert decode(datagram.buffer, 0, datagram.end, 1, again) == DECODED
    assert again.payload() == TEXT
    assert layer_names(again.layers)[2:] == ["IPv6", "IP extension", "IP extension", "UDP"]
    assert payload(datagram) == TEXT


def test_fragments_in_a_tunnel_and_of_a_tunnel():
    defragmenter = Defragmenter()
    inner = [fragment4(WHOLE, cut) for cut in cuts(len(WHOLE), 2400)]
    assert give(defragmenter, in_udp(4789, vxlan(inner[0]))) is None
    assert payload(give(defragmenter, in_udp(4789, vxlan(inner[1])))) == TEXT
    outer = udp(vxlan(PLAIN), port=4789)
    first, last = (fragment4(outer, cut, 9) for cut in cuts(len(outer), 80))
    assert give(defragmenter, first) is None
    datagram = give(defragmenter, last)
    assert payload(datagram) == PLAIN[42:]
    assert datagram is not None
    assert "VXLAN" in layer_names(datagram.layers)


@BOTH
def test_packets_that_differ_in_anything_are_apart(version):
    make, defragmenter = MAKERS[version], Defragmenter()
    first, last = cuts(len(WHOLE), 2400)
    source = bytes(SOURCE4 if version == 4 else SOURCE6)[::-1]
    assert give(defragmenter, make(WHOLE, first)) is None
    assert give(defragmenter, make(WHOLE, last, 2)) is None
    assert give(defragmenter, make(WHOLE, last, 1, source)) is None
    assert defragmenter.waiting.value == 3
    assert payload(give(defragmenter, make(WHOLE, last))) == TEXT


@BOTH
def test_bytes_that_come_twice_must_be_the_same(version):
    make, defragmenter = MAKERS[version], Defragmenter()
    first, last = cuts(len(WHOLE), 2400)
    assert give(defragmenter, make(WHOLE, first)) is None
    assert give(defragmenter, make(WHOLE, first)) is None
    assert give(defragmenter, make(WHOLE, (800, 1600, True))) is None
    assert counted(defragmenter)["repeated"] == 2
    forged = WHOLE[:1599] + b"!" + WHOLE[1600:]
    assert give(defragmenter, make(forged, (800, 1600, True))) is None
    assert counted(defragmenter)["clashes"] == 1
    for cut in (first, last):
        assert give(defragmenter, make(WHOLE, cut)) is None
    assert counted(defragmenter)["bad"] == 2
    assert give(defragmenter, make(WHOLE, first), PATIENCE + 1) is None
    assert payload(give(defragmenter, make(WHOLE, last), PATIENCE + 1)) == TEXT
    assert "ip4_timeouts" not in counted(defragmenter)


CLASHES = {
    "two ends": [(2400, 4008, False), (3200, 4000, False)],
    "two ends, the farther last": [(3200, 4000, False), (2400, 4008, False)],
    "behind the end": [(800, 1600, False), (1600, 2400, True)],
    "the end before": [(1600, 2400, True), (800, 1600, False)],
}


@BOTH
@pytest.mark.parametrize("parts", CLASHES.values(), ids=CLASHES)
def test_ends_must_agree(version, parts):
    defragmenter = Defragmenter()
    for cut in parts:
        assert give(defragmenter, MAKERS[version](WHOLE, cut)) is None
    assert counted(defragmenter)["clashes"] == 1


@BOTH
def test_a_fragment_that_cannot_be_is_dropped_and_the_packet_waits_on(version):
    make, defragmenter = MAKERS[version], Defragmenter()
    first, last = cuts(len(WHOLE), 2400)
    assert give(defragmenter, make(WHOLE, first)) is None
    assert give(defragmenter, make(WHOLE, (2400, 2407, True))) is None
    assert give(defragmenter, make(WHOLE, (2400, 2400, True))) is None
    assert give(defragmenter, make(bytes(70_000), (65_528, 65_540, False))) is None
    assert counted(defragmenter)["bad"] == 3
    assert payload(give(defragmenter, make(WHOLE, last))) == TEXT


@BOTH
@pytest.mark.parametrize("cut_at", [0, 1, 700])
def test_what_was_not_captured_ends_the_packet_there(version, cut_at):
    make, defragmenter = MAKERS[version], Defragmenter()
    parts = cuts(len(WHOLE), 800)
    frames = [make(WHOLE, cut) for cut in parts]
    frames[2] = frames[2][: len(frames[2]) - 800 + cut_at]
    found = [give(defragmenter, frame) for frame in frames]
    datagram = found[-1]
    assert datagram is not None
    assert datagram.truncated
    assert payload(datagram) == TEXT[: 1600 - 8 + cut_at]
    assert found[:-1] == [None] * 5


def test_bytes_that_were_cut_once_and_came_once():
    defragmenter = Defragmenter()
    first, last = (fragment4(WHOLE, cut) for cut in cuts(len(WHOLE), 2400))
    assert give(defragmenter, first[:-100]) is None
    assert give(defragmenter, first) is None
    datagram = give(defragmenter, last)
    assert datagram is not None
    assert datagram.truncated


@BOTH
def test_the_rest_is_waited_for_and_no_longer(version):
    make, defragmenter = MAKERS[version], Defragmenter()
    first, last = (make(WHOLE, cut) for cut in cuts(len(WHOLE), 2400))
    assert give(defragmenter, first, 1000) is None
    assert payload(give(defragmenter, last, 1000 + PATIENCE)) == TEXT
    assert give(defragmenter, first, 1000) is None
    assert give(defragmenter, last, 1001 + PATIENCE) is None
    assert counted(defragmenter)[f"ip{version}_timeouts"] == 1
    defragmenter.expire(1001 + 2 * PATIENCE)
    assert defragmenter.waiting.value == 1
    defragmenter.expire(1002 + 2 * PATIENCE)
    assert (defragmenter.waiting.value, defragmenter.held.value) == (0, 0)


def test_offload_leaves_the_length_to_the_frame():
    defragmenter = Defragmenter()
    first, last = (bytearray(fragment4(WHOLE, cut)) for cut in cuts(len(WHOLE), 2400))
    for frame in (first, last):
        frame[16:18] = b"\0\0"
    assert give(defragmenter, bytes(first)) is None
    assert payload(give(defragmenter, bytes(last))) == TEXT


def test_the_largest_packet():
    defragmenter = Defragmenter()
    large = udp(random.Random(2).randbytes(65_527))
    parts = [fragment4(large, cut) for cut in cuts(len(large), 1480)]
    found = [give(defragmenter, frame) for frame in parts]
    assert payload(found[-1]) == large[8:]
    six = [fragment6(large, cut) for cut in cuts(len(large), 1232)]
    assert payload([give(defragmenter, frame) for frame in six][-1]) == large[8:]


def test_too_many_pieces_are_given_up():
    defragmenter = Defragmenter()
    for number in range(MOST_PIECES + 1):
        assert (
            give(defragmenter, fragment4(bytes(16_000), (16 * number, 16 * number + 8, True)))
            is None
        )
    assert counted(defragmenter)["clashes"] == 1


# -- Bounds


def test_the_oldest_goes_where_there_are_too_many():
    defragmenter = Defragmenter(most_packets=16)
    for number in range(40):
        assert (
            give(defragmenter, fragment4(WHOLE, (0, 800, True), 1, bytes([10, 0, 0, number])))
            is None
        )
        assert defragmenter.waiting.value <= 16
    assert counted(defragmenter)["evicted"] == 24
    last = (800, len(WHOLE), False)
    assert give(defragmenter, fragment4(WHOLE, last, 1, bytes([10, 0, 0, 23]))) is None
    assert payload(give(defragmenter, fragment4(WHOLE, last, 1, bytes([10, 0, 0, 39])))) == TEXT


def test_one_source_cannot_push_out_others():
    defragmenter = Defragmenter(most_packets=800, most_bytes=8 << 20)
    first, last = cuts(len(WHOLE), 2400)
    assert give(defragmenter, fragment4(WHOLE, first)) is None
    for number in range(5000):
        assert give(defragmenter, fragment4(WHOLE, first, number, b"evil")) is None
    assert defragmenter.waiting.value == 101
    assert payload(give(defragmenter, fragment4(WHOLE, last))) == TEXT


def test_one_packet_larger_than_the_share_is_given_up():
    defragmenter = Defragmenter(most_packets=800, most_bytes=16_000)
    assert give(defragmenter, fragment4(WHOLE, (0, 2400, True))) is None
    assert (defragmenter.waiting.value, defragmenter.held.value) == (0, 0)
    assert counted(defragmenter)["evicted"] == 1


@pytest.mark.no_cover
@given(seed=st.integers(0, 1 << 32))
def test_bounds_hold_whoever_plays_the_network(seed):
    """Nothing grows past its limit, and what is held is what the pieces weigh."""
    chance = random.Random(seed)
    defragmenter = Defragmenter(most_packets=24, most_bytes=40_000)
    moment = 0
    for _ in range(300):
        moment += chance.choice((0, 1_000_000, PATIENCE // 9))
        begin = 8 * chance.randrange(0, 60)
        cut = (begin, begin + 8 * chance.randrange(1, 100), begin == 0 or chance.random() < 0.8)
        text = chance.choice((bytes(2000), b"\1" * 2000))
        if chance.random() < 0.5:
            frame = fragment4(
                text, cut, chance.randrange(30), bytes([10, 0, 0, chance.randrange(5)])
            )
        else:
            frame = fragment6(text, cut, chance.randrange(30))
        if chance.random() < 0.2:
            frame = frame[: max(62, len(frame) - chance.randrange(60))]
        give(defragmenter, frame, moment)
        packets = list(defragmenter._packets.values())
        assert len(packets) == defragmenter.waiting.value <= 24
        weighed = sum(
            defrag.WEIGHT
            + len(packet.head)
            + sum(len(piece.data) + defrag.PIECE_WEIGHT for piece in packet.pieces)
            for packet in packets
        )
        assert weighed == defragmenter.held.value <= 40_000
        shares = defragmenter._shares
        assert sum(share.weight for share in shares.values()) == weighed
        assert all(share.packets for share in shares.values())
        assert all(len(share.packets) <= 3 for share in shares.values())
    defragmenter.expire(moment + PATIENCE + 1)
    assert (defragmenter.waiting.value, defragmenter.held.value) == (0, 0)
    assert not defragmenter._shares


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int, bool]]]:
    """Draw a payload and fragments that cover it, in any order, some twice, some overlapping."""
    text = draw(st.binary(min_size=1, max_size=400))
    whole = udp(text)
    units = (len(whole) + 7) // 8
    borders = sorted({0, units, *draw(st.lists(st.integers(0, units), max_size=8))})
    parts = list(itertools.pairwise(borders))
    more = draw(st.lists(st.tuples(st.integers(0, units - 1), st.integers(1, units)), max_size=5))
    parts += [(begin, min(begin + size, units)) for begin, size in more]
    found = [
        (begin * 8, min(end * 8, len(whole)), end < units)
        for begin, end in draw(st.permutations(parts))
    ]
    return text, found


@BOTH
@given(drawn=shuffled())
def test_fragments_in_any_order_twice_and_overlapping_give_the_packet(version, drawn):
    text, parts = drawn
    whole = udp(text)
    defragmenter = Defragmenter()
    parts = [cut for cut in parts if cut != (0, len(whole), False)]
    results = [payload(give(defragmenter, MAKERS[version](whole, cut))) for cut in parts]
    complete = covered(parts, len(whole))
    assert {found for found in results if found is not None} == ({text} if complete else set())
    assert defragmenter.clashes.value == defragmenter.bad.value == 0


def covered(parts: list[tuple[int, int, bool]], size: int) -> bool:
    """Tell whether the fragments cover all bytes."""
    seen: set[int] = set()
    for begin, end, _ in parts:
        seen.update(range(begin, end))
    return len(seen) == size


def test_addresses_are_those_of_the_packet():
    defragmenter = Defragmenter()
    first, last = (fragment6(WHOLE, cut) for cut in cuts(len(WHOLE), 2400))
    give(defragmenter, first)
    datagram = give(defragmenter, last)
    assert datagram is not None
    assert (datagram.source(), datagram.destination()) == (SOURCE6, DESTINATION6)
    assert datagram.version == 6


def test_a_fragment_of_fragments():
    """A fragment header behind another is put together in its turn."""
    defragmenter = Defragmenter()
    inner = [
        b"\x11\0\0\1\0\0\0\1" + WHOLE[:2400],
        b"\x11\0" + (2400).to_bytes(2, "big") + b"\0\0\0\1" + WHOLE[2400:],
    ]
    found = []
    for number, part in enumerate(inner):
        for begin, end, more in cuts(len(part), 1600):
            header = (
                bytes([FRAGMENT6, 0]) + (begin | more).to_bytes(2, "big") + bytes([0, 0, 9, number])
            )
            frame = ethernet(0x86DD, ip6(header + part[begin:end], FRAGMENT6))
            datagram = give(defragmenter, frame)
            if datagram is not None:
                datagram.detail = datagram.protocol
                assert decode_on(UNKNOWN_PROTOCOL, datagram) == FRAGMENT
                found.append(payload(datagram if defragmenter.take(datagram, 0) else None))
    assert found == [None, TEXT]


def test_a_length_that_does_not_fit_is_not_said():
    assert defrag.length_field(65_535) == b"\xff\xff"
    assert defrag.length_field(65_536) == b"\0\0"
