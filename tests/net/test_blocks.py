"""The walk through the blocks of pcapng: every kind, every cut, faults that are skipped, damage."""

import struct
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net import blocks
from sipcm.net.blocks import MAX_BLOCK, MOST_INTERFACES, BlockCursor, is_pcapng
from sipcm.net.interface import LATEST
from sipcm.net.records import BRIDGE, CAPTURED_TOO_LONG, MAX_CAPTURED, UNDAMAGED
from tests.examples import examples
from tests.pcapngwriter import CUSTOM, JOURNAL, NAME_RESOLUTION, SECRETS, STATISTICS, PcapngWriter

LITTLE = PcapngWriter()
BEGIN = LITTLE.section() + LITTLE.interface()
NS = 1_700_000_000_123_456_000


class Seen(NamedTuple):
    timestamp: int
    data: bytes
    wire: int
    linktype: int = 1


def take(cursor: BlockCursor) -> list[Seen]:
    """Walk to the end of what was fed."""
    seen = []
    while cursor.next():
        data = cursor.buffer[cursor.start : cursor.end]
        seen.append(Seen(cursor.timestamp, data, cursor.wire, cursor.linktype))
    return seen


def walk(data: bytes, size: int = 0) -> tuple[list[Seen], BlockCursor]:
    """Walk through *data*, fed in blocks of *size*, or all at once."""
    cursor = BlockCursor()
    seen = []
    step = size or len(data) or 1
    for begin in range(0, len(data), step):
        cursor.feed(data[begin : begin + step])
        seen += take(cursor)
    return seen, cursor


def sample(writer: PcapngWriter) -> tuple[bytes, list[Seen]]:
    """Return a section with all kinds of blocks and what is to be seen in it."""
    section = [
        writer.section(),
        writer.block(NAME_RESOLUTION, b"\0\1\0\0"),
        writer.interface(linktype=1),
        writer.enhanced(NS // 1000, b"microseconds"),
        writer.interface(linktype=101, snaplen=5, resolution=9),
        writer.block(CUSTOM, b"\0\0\x7f\xd9whatever"),
        writer.enhanced(NS + 789, b"nanoseconds", 1500, interface=1),
        writer.interface(linktype=113, resolution=0x80 | 10, offset=1_600_000_000),
        writer.simple(b"has no time"),
        writer.obsolete(1 << 10, b"2^-10", interface=2),
        writer.block(0x80000001, b""),
        writer.enhanced((1 << 64) - 1, b"", 0, interface=1),
        writer.block(STATISTICS, bytes(12)),
        writer.block(JOURNAL, b"MESSAGE=x"),
        writer.block(SECRETS, bytes(100)),
    ]
    seen = [
        Seen(NS, b"microseconds", 12, 1),
        Seen(NS + 789, b"nanoseconds", 1500, 101),
        Seen(NS + 789, b"has no time", 11, 1),
        Seen(1_600_000_001 * 10**9, b"2^-10", 5, 113),
        Seen(LATEST, b"", 0, 101),
    ]
    return b"".join(section), seen


VARIANTS = [
    pytest.param(big, options, id=f"{'big' if big else 'little'}{' options' if options else ''}")
    for big in (False, True)
    for options in (False, True)
]


@pytest.mark.parametrize(("big", "options"), VARIANTS)
@pytest.mark.parametrize("size", [0, 1, 7, 64])
def test_every_kind_of_block(big, options, size):
    data, expected = sample(PcapngWriter(big=big, options=options))
    seen, cursor = walk(data, size)
    assert seen == expected
    assert (cursor.number, cursor.unread(), cursor.damage) == (len(seen), 0, UNDAMAGED)
    assert (cursor.skipped, cursor.fault) == (0, None)


def test_sections_begin_anew():
    """The byte order changes, and interfaces are numbered from 0 again."""
    little, first = sample(LITTLE)
    big = PcapngWriter(big=True)
    second = big.section(length=4) + big.interface(linktype=228) + big.enhanced(7, b"raw")
    seen, cursor = walk(little + second + little)
    assert seen == [*first, Seen(7000, b"raw", 3, 228), *first]
    assert cursor.skipped == 0
    lost = big.section() + big.enhanced(7, b"raw")
    seen, cursor = walk(little + lost)
    assert (seen, cursor.skipped) == (first, 1)


def test_offsets_are_those_of_the_blocks():
    cursor = BlockCursor()
    packet = LITTLE.enhanced(1, b"x")
    cursor.feed(BEGIN + packet)
    assert cursor.next()
    assert (cursor.number, cursor.offset) == (1, len(BEGIN))
    assert not cursor.next()
    cursor.feed(LITTLE.block(CUSTOM, bytes(40)) + packet[:20])
    assert not cursor.next()
    assert (cursor.number, cursor.offset) == (1, len(BEGIN + packet) + 52)
    assert cursor.unread() == 20


def test_a_simple_packet_is_cut_to_the_snap_length():
    data = LITTLE.section() + LITTLE.interface(snaplen=4) + LITTLE.simple(b"abcd", 1500)
    assert walk(data)[0] == [Seen(0, b"abcd", 1500)]


def test_captured_length_is_what_the_packet_says():
    """The snap length of the interface does not cut a packet that tells its length itself."""
    data = LITTLE.section() + LITTLE.interface(snaplen=4) + LITTLE.enhanced(0, b"abcdefgh")
    assert walk(data)[0] == [Seen(0, b"abcdefgh", 8)]


def packet_claiming(captured: int, room: int, kind: int = 6) -> bytes:
    body = struct.pack("<IIIII", 0, 0, 0, captured, captured) + bytes(room)
    return LITTLE.block(kind, body)


FAULTS = {
    "no such interface": (LITTLE.enhanced(1, b"x", interface=1), blocks.UNKNOWN_INTERFACE, 1),
    "highest interface": (
        LITTLE.enhanced(1, b"x", interface=0xFFFFFFFF),
        blocks.UNKNOWN_INTERFACE,
        0xFFFFFFFF,
    ),
    "obsolete, no such interface": (
        LITTLE.obsolete(1, b"x", interface=7),
        blocks.UNKNOWN_INTERFACE,
        7,
    ),
    "captured beyond block": (packet_claiming(9, 8), blocks.BEYOND_BLOCK, 9),
    "captured far beyond": (packet_claiming(0xFFFFFFFF, 8), blocks.BEYOND_BLOCK, 0xFFFFFFFF),
    "obsolete beyond": (packet_claiming(9, 8, kind=2), blocks.BEYOND_BLOCK, 9),
    "captured too long": (
        packet_claiming(MAX_CAPTURED + 1, MAX_CAPTURED + 4),
        CAPTURED_TOO_LONG,
        MAX_CAPTURED + 1,
    ),
    "simple too long": (
        LITTLE.simple(bytes(MAX_CAPTURED + 4)),
        CAPTURED_TOO_LONG,
        MAX_CAPTURED + 4,
    ),
    "simple beyond block": (LITTLE.simple(b"abcd", 5), blocks.BEYOND_BLOCK, 5),
    "enhanced without room": (LITTLE.block(6, bytes(16)), blocks.TOO_SHORT, 28),
    "empty enhanced": (LITTLE.block(6, b""), blocks.TOO_SHORT, 12),
    "empty simple": (LITTLE.block(3, b""), blocks.TOO_SHORT, 12),
    "long block": (packet_claiming(4, MAX_BLOCK), blocks.TOO_LONG, MAX_BLOCK + 32),
}


@pytest.mark.parametrize(("fault", "reason", "detail"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("size", [0, 5000])
def test_a_block_that_is_wrong_inside_is_skipped(fault, reason, detail, size):
    good = LITTLE.enhanced(5, b"good")
    seen, cursor = walk(BEGIN + good + fault + good + fault + good, size)
    assert seen == [Seen(5000, b"good", 4)] * 3
    assert (cursor.damage, cursor.skipped, cursor.unread()) == (UNDAMAGED, 2, 0)
    assert cursor.fault is not None
    assert (cursor.fault.reason, cursor.fault.detail) == (reason, detail)
    assert cursor.fault.offset == len(BEGIN + good)


BAD_INTERFACES = {
    "empty": LITTLE.block(1, b""),
    "short": LITTLE.block(1, bytes(4)),
    "option beyond": LITTLE.block(1, bytes(8) + b"\x02\x00\xf0\x00"),
    "long": LITTLE.block(1, bytes(MAX_BLOCK)),
}


@pytest.mark.parametrize("bad", BAD_INTERFACES.values(), ids=BAD_INTERFACES)
def test_packets_of_a_malformed_interface_are_skipped(bad):
    """It keeps its number, so that those of the others are right."""
    data = LITTLE.section() + bad + LITTLE.interface(linktype=101) + LITTLE.enhanced(1, b"lost")
    seen, cursor = walk(data + LITTLE.enhanced(1, b"kept", interface=1) + LITTLE.simple(b"lost"))
    assert seen == [Seen(1000, b"kept", 4, 101)]
    assert cursor.skipped == 2


def test_interfaces_are_limited():
    data = LITTLE.section() + LITTLE.interface() * (MOST_INTERFACES + 1)
    last = LITTLE.enhanced(1, b"kept", interface=MOST_INTERFACES - 1)
    seen, cursor = walk(data + last + LITTLE.enhanced(1, b"lost", interface=MOST_INTERFACES))
    assert (seen, cursor.skipped) == ([Seen(1000, b"kept", 4)], 1)


PACKET = LITTLE.enhanced(5, b"good")
DAMAGE = {
    "zero length": (LITTLE.block(CUSTOM, b"", total=0), blocks.BAD_LENGTH, 0),
    "length 8": (LITTLE.block(6, b"", total=8), blocks.BAD_LENGTH, 8),
    "length 13": (LITTLE.block(CUSTOM, bytes(4), total=13), blocks.BAD_LENGTH, 13),
    "odd length": (LITTLE.block(6, bytes(40), total=51), blocks.BAD_LENGTH, 51),
    "highest length": (LITTLE.block(6, b"", total=0xFFFFFFFF), blocks.BAD_LENGTH, 0xFFFFFFFF),
    "closing": (LITTLE.block(CUSTOM, bytes(4), closing=12), blocks.LENGTHS_DIFFER, 12),
    "closing packet": (PACKET[:-4] + bytes(4), blocks.LENGTHS_DIFFER, 0),
    "closing interface": (LITTLE.interface()[:-4] + bytes(4), blocks.LENGTHS_DIFFER, 0),
    "closing section": (LITTLE.section()[:-4] + bytes(4), blocks.LENGTHS_DIFFER, 0),
    "byte order": (LITTLE.block(0x0A0D0D0A, bytes(16)), blocks.NO_BYTE_ORDER, 0),
    "version": (LITTLE.section(major=2), blocks.UNKNOWN_VERSION, 2),
    "big version": (PcapngWriter(big=True).section(major=258), blocks.UNKNOWN_VERSION, 258),
    "section length": (
        struct.pack("<III", 0x0A0D0D0A, 8, 0x1A2B3C4D) + struct.pack("<I12x", 1),
        blocks.BAD_LENGTH,
        8,
    ),
}


@pytest.mark.parametrize(("bad", "damage", "detail"), DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("size", [0, 1])
def test_where_lengths_are_wrong_the_walk_ends(bad, damage, detail, size):
    seen, cursor = walk(BEGIN + PACKET + bad + PACKET * 3, size)
    assert seen == [Seen(5000, b"good", 4)]
    assert (cursor.damage, cursor.detail) == (damage, detail)
    assert (cursor.number, cursor.offset) == (1, len(BEGIN + PACKET))
    kept = len(cursor.buffer)
    cursor.feed(PACKET * 100)
    assert not cursor.next()
    assert len(cursor.buffer) == kept


@pytest.mark.parametrize("kind", [CUSTOM, 0x0A0D0D0A, 6, 1])
def test_a_huge_block_is_not_kept(kind):
    """Hundreds of megabytes pass through, and one block of bytes at a time is in memory."""
    length = 300 << 20
    fixed = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    head = struct.pack("<II", kind, length) + fixed
    chunk = bytes(1 << 17)
    cursor = BlockCursor()
    cursor.feed(BEGIN + PACKET + head)
    assert len(take(cursor)) == 1
    left = length - len(head) - 4
    while left:
        cursor.feed(chunk[: min(left, len(chunk))])
        left -= min(left, len(chunk))
        assert not cursor.next()
        assert len(cursor.buffer) <= len(chunk) + len(head)
        assert cursor.unread() > 0
    again = LITTLE.interface() if kind == 0x0A0D0D0A else b""
    cursor.feed(struct.pack("<I", length) + again + PACKET)
    assert len(take(cursor)) == 1
    assert (cursor.damage, cursor.unread()) == (UNDAMAGED, 0)
    assert cursor.skipped == (kind == 6)


def test_large_blocks_of_bytes_may_end_anywhere():
    """Where only the begin of one is copied behind the rest of the one before."""
    data, expected = sample(PcapngWriter(options=True))
    long = LITTLE.block(CUSTOM, bytes(BRIDGE))
    for filling in (long, long * 3, LITTLE.enhanced(NS, bytes(3 * BRIDGE))):
        content = data + filling + data
        whole, _ = walk(content)
        assert whole[: len(expected)] == whole[-len(expected) :] == expected
        for size in range(len(data) - 60, len(data) + 200, 7):
            cursor = BlockCursor()
            cursor.feed(content[:size])
            seen = take(cursor)
            cursor.feed(content[size:])
            seen += take(cursor)
            assert seen == whole
            assert (cursor.damage, cursor.unread()) == (UNDAMAGED, 0)


def test_a_file_may_be_cut_at_every_byte():
    data, expected = sample(PcapngWriter(options=True))
    ends = [0]
    while ends[-1] < len(data):
        ends.append(ends[-1] + int.from_bytes(data[ends[-1] + 4 : ends[-1] + 8], "little"))
    for cut in range(len(data) + 1):
        seen, cursor = walk(data[:cut])
        assert seen == expected[: len(seen)]
        assert cursor.damage == UNDAMAGED
        assert cursor.unread() == cut - max(end for end in ends if end <= cut)


pieces = st.one_of(
    st.builds(
        lambda ticks, data: ("enhanced", ticks, data), st.integers(0, 2**64 - 1), st.binary()
    ),
    st.builds(
        lambda ticks, data: ("obsolete", ticks, data), st.integers(0, 2**64 - 1), st.binary()
    ),
    st.builds(lambda data: ("simple", 0, data), st.binary(max_size=40)),
    st.builds(lambda data: ("skipped", 0, data), st.binary(max_size=40)),
    st.builds(lambda: ("section", 0, b"")),
)


@given(st.lists(pieces, max_size=8), st.booleans(), st.lists(st.integers(0, 900), max_size=8))
@examples(150)
def test_blocks_of_bytes_may_end_anywhere(written, big, cuts):
    writer = PcapngWriter(big=big)
    data = writer.section() + writer.interface(resolution=9)
    expected = []
    last = 0
    for kind, ticks, content in written:
        if kind == "section":
            writer = PcapngWriter(big=writer.order == "<", options=True)
            data += writer.section() + writer.interface(resolution=9)
        elif kind == "skipped":
            data += writer.block(CUSTOM, content)
        elif kind == "simple":
            data += writer.simple(content)
            expected.append(Seen(last, content, len(content)))
        else:
            data += getattr(writer, kind)(ticks, content)
            last = min(ticks, LATEST)
            expected.append(Seen(last, content, len(content)))
    cursor = BlockCursor()
    seen = []
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for begin, end in pairwise(bounds):
        cursor.feed(data[begin:end])
        seen += take(cursor)
    assert seen == expected
    assert cursor.unread() == 0


changes = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6)


@given(changes, st.booleans(), st.sampled_from([0, 1, 33]))
@examples(300)
def test_any_change_ends_in_packets_faults_damage_or_a_rest(changes, big, size):
    data = bytearray(sample(PcapngWriter(big=big, options=True))[0] * 2)
    for at, value in changes:
        data[at % len(data)] = value
    seen, cursor = walk(bytes(data), size)
    assert len(seen) == cursor.number
    assert (cursor.skipped > 0) is (cursor.fault is not None)
    assert 0 <= cursor.unread() <= len(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_walked(data):
    walk(BEGIN + data)
    walk(data)


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (LITTLE.section(), True),
        (PcapngWriter(big=True).section(), True),
        (LITTLE.section()[:11], False),
        (b"\x0a\x0d\x0d\x0a" + bytes(20), False),
        (b"", False),
    ],
)
def test_is_pcapng(data, verdict):
    assert is_pcapng(data) is verdict
