"""Packets captured twice: told by all their bytes from IP on, and only for a moment."""

import random

import pytest

from sipcm.net.copies import FALL, MOST_BUFFERS, MOST_KEPT, PLACES, WINDOW, Copies
from sipcm.net.decode import decode
from sipcm.net.packet import Datagram
from tests.net.encapsulated import OTHERS, PLAIN, ethernet, in_udp, ip4, ip6, udp, vlan, vxlan
from tests.net.fragmenting import fragment4, fragment6

MOMENT = 1_700_000_000_000_000_000


def repeats(copies: Copies, frame: bytes, moment: int = MOMENT, linktype: int = 1) -> bool:
    datagram = Datagram()
    decode(b"." + frame + b".", 1, 1 + len(frame), linktype, datagram)
    return bool(copies.repeats(datagram, moment))


FRAMES = {
    "ipv4": PLAIN,
    "ipv6": ethernet(0x86DD, ip6(udp())),
    "tcp": OTHERS["tcp"][1],
    "icmp": OTHERS["icmp"][1],
    "fragment": fragment4(udp(), (0, 16, True)),
    "fragment of ipv6": fragment6(udp(), (0, 16, True)),
    "large": ethernet(0x0800, ip4(udp(bytes(9000)))),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_copy_is_told_for_a_moment(frame):
    copies = Copies()
    assert not repeats(copies, frame)
    assert repeats(copies, frame)
    assert repeats(copies, frame, MOMENT + WINDOW)
    assert repeats(copies, frame, MOMENT - WINDOW)
    assert not repeats(copies, frame, MOMENT + WINDOW + 1)
    assert not repeats(copies, frame, MOMENT - 1)


def test_copies_do_not_prolong_the_moment():
    """What is sent again and again without a number is not hidden for ever."""
    copies = Copies()
    times = range(0, 20_000_001, 2_000_000)
    found = [repeats(copies, PLAIN, MOMENT + time) for time in times]
    assert found == [False, True, True, False, True, True, False, True, True, False, True]


@pytest.mark.parametrize("at", [*range(14, 34), 34, 35, 38, 40, 41, 42, 50, len(PLAIN) - 1])
def test_a_packet_that_differs_anywhere_is_no_copy(at):
    """The number and the time to live too: a retransmission is another packet, so is one hop on."""
    copies = Copies()
    other = PLAIN[:at] + bytes([PLAIN[at] ^ 1]) + PLAIN[at + 1 :]
    assert not repeats(copies, PLAIN)
    assert not repeats(copies, other)


def test_what_stands_in_front_of_ip_may_differ():
    copies = Copies()
    tagged = ethernet(0x8100, vlan(0x0800, PLAIN[14:]))
    for frame in (PLAIN, tagged, in_udp(4789, vxlan(PLAIN)), PLAIN + bytes(4)):
        assert repeats(copies, frame) is (frame is not PLAIN)
    assert repeats(copies, PLAIN[14:], linktype=101)


def test_a_capture_that_is_read_again_holds_no_copies():
    copies = Copies()
    second, once_more = MOMENT + FALL + 1, MOMENT + FALL + 2
    for moment in (MOMENT, second, MOMENT, second):
        assert not repeats(copies, PLAIN, moment)
    assert repeats(copies, PLAIN, once_more)
    assert repeats(copies, PLAIN, second - WINDOW)
    other = ethernet(0x0800, ip4(udp(b"other")))
    assert not repeats(copies, other, once_more - FALL)
    assert not repeats(copies, other, once_more)
    assert repeats(copies, other, once_more)


def test_what_came_before_can_be_forgotten():
    copies = Copies()
    assert not repeats(copies, PLAIN)
    copies.forget()
    assert not repeats(copies, PLAIN)
    assert repeats(copies, PLAIN)


def test_what_is_no_ip_is_no_copy():
    copies = Copies()
    arp = OTHERS["arp"][1]
    for frame in (arp, arp, b"", b"", PLAIN[:20], PLAIN[:20]):
        assert not repeats(copies, frame)


def test_copies_among_others():
    """Two interfaces that show a busy line: every packet comes twice, with others in between."""
    chance = random.Random(3)
    copies = Copies()
    frames = [ethernet(0x0800, ip4(udp(chance.randbytes(200)))) for _ in range(400)]
    found = 0
    for at in range(len(frames) + 20):
        if at < len(frames):
            assert not repeats(copies, frames[at], MOMENT + at)
        if at >= 20:
            found += repeats(copies, frames[at - 20], MOMENT + at)
    assert found >= 396  # now and then one takes the place of another


@pytest.mark.parametrize(("size", "kept"), [(20, MOST_BUFFERS), (100_000, 10), (2 * MOST_KEPT, 1)])
def test_memory_is_bounded(size, kept):
    """Only the last buffers are kept, whatever their size, and copies of what lies there told."""
    copies = Copies()
    frames = [PLAIN + bytes(size) + number.to_bytes(8, "big") for number in range(kept + 8)]
    for number, frame in enumerate(frames):
        other = frame[:40] + number.to_bytes(2, "big") + frame[42:]
        assert not repeats(copies, other, MOMENT)
        assert sum(map(len, copies._buffers)) == copies._kept
        assert copies._kept <= max(MOST_KEPT, len(other) + 2)
    assert sum(map(bool, copies._buffers)) == kept
    assert len(copies._places) == PLACES
    assert repeats(copies, other, MOMENT)


def test_a_packet_whose_buffer_is_gone_has_no_copies():
    copies = Copies()
    assert not repeats(copies, PLAIN)
    assert not repeats(copies, ethernet(0x0800, ip4(udp(b"x"))) + bytes(MOST_KEPT))
    assert not repeats(copies, PLAIN)
    assert repeats(copies, PLAIN)


def test_packets_of_several_interfaces_come_from_their_buffers_in_turn():
    copies = Copies()
    frames = [ethernet(0x0800, ip4(udp(bytes([number]) * 100))) for number in range(3)]
    block = b"".join(frames)
    datagram = Datagram()
    for number, frame in enumerate(frames):
        begin = number * len(frame)
        decode(block, begin, begin + len(frame), 1, datagram)
        assert not copies.repeats(datagram, MOMENT)
        assert repeats(copies, frame)
        assert not repeats(copies, ethernet(0x0800, ip4(udp(bytes([99 - number]) * 100))))
    assert sum(buffer is block for buffer in copies._buffers) == 1
