"""Packets without a payload: a counter for each kind, not too many, and what they count as."""

import struct

import pytest

from sipcm.counters import PacketCounters
from sipcm.packet import Packet
from sipcm.samples import Samples
from sipcm.undecoded import MOST_KINDS, Undecoded
from tests.net.encapsulated import OTHERS

COUNTED = {
    "tcp": {"ip4": 1, "tcp": 1, "tcp4": 1},
    "sctp": {"ip6": 1, "sctp": 1, "sctp6": 1},
    "first fragment": {"ip4": 1, "ip4_frags": 1},
    "ipv6 fragment": {"ip6": 1, "ip6_frags": 1},
    "icmp": {"ip4": 1, "other": 1},
    "icmpv6": {"ip6": 1, "other": 1},
    "esp": {"ip4": 1, "other": 1},
    "gtp echo": {"ip4": 1, "other": 1},
    "arp": {"other": 1},
    "lcp": {"other": 1},
    "empty": {"decode_errs": 1},
    "udp of 7 bytes": {"ip4": 1, "decode_errs": 1},
    "linktype 65535": {"other": 1},
}


class Counting:
    """What counts, with what it counts in."""

    def __init__(self) -> None:
        self.counters = PacketCounters({}, [])
        self.samples = Samples()
        self.undecoded = Undecoded(self.counters, self.samples)

    def take(self, linktype: int, frame: bytes) -> None:
        packet = Packet()
        packet.read(frame, 0, len(frame), len(frame), linktype, 7)
        self.undecoded.count(packet)


def nonzero(values: dict[str, int]) -> dict[str, int]:
    return {name: value for name, value in values.items() if value}


@pytest.mark.parametrize("name", COUNTED)
def test_what_a_packet_counts_as(name):
    linktype, frame, words = OTHERS[name]
    counting = Counting()
    counting.take(linktype, frame)
    assert nonzero(counting.counters.group.values()) == COUNTED[name]
    kinds = {} if name in {"tcp", "sctp"} else {words: 1}
    assert counting.undecoded.group.values() == kinds
    assert {counter.name for counter in counting.samples.by_counter} == set(kinds)
    for key, counter in counting.undecoded.kinds.items():
        assert (counter.name, key >> 32 > 0) == (words, True)


def test_kinds_are_bounded():
    counting = Counting()
    frames = [bytes(12) + struct.pack("!H", 0x0600 + number) for number in range(MOST_KINDS + 10)]
    for frame in [*frames, *frames[:5]]:
        counting.take(1, frame)
    # Some of these ethertypes are known, and end in a header that is cut short.
    kinds = counting.undecoded.group.values()
    assert len(kinds) == MOST_KINDS + 1
    assert kinds.pop("more") == 10
    assert sorted(kinds.values()) == [1] * (MOST_KINDS - 5) + [2] * 5
