"""A counter for each row of layers."""

import pytest

from sipcm.encapsulations import MOST_ROWS, Encapsulations, version_around_vxlan
from sipcm.net.decode import decode
from sipcm.net.packet import Datagram
from tests.net.encapsulated import PLAIN, WHOLE, ethernet, in_udp, ip6, udp, vxlan

VXLAN4 = in_udp(4789, vxlan(PLAIN))
VXLAN6 = ethernet(0x86DD, ip6(udp(vxlan(PLAIN), port=4789)))


def layers_of(frame: bytes, linktype: int = 1) -> int:
    datagram = Datagram()
    decode(frame, 0, len(frame), linktype, datagram)
    return int(datagram.layers)


def counted(encapsulations: Encapsulations) -> dict[str, int]:
    return {name: value for name, value in encapsulations.group.values().items() if value}


def test_each_row_is_counted_by_its_names():
    encapsulations = Encapsulations()
    for frame in (PLAIN, PLAIN, VXLAN4, PLAIN, b"", VXLAN6):
        encapsulations.count(layers_of(frame))
    encapsulations.count(0)
    assert counted(encapsulations) == {
        "Ethernet IPv4 UDP": 3,
        "Ethernet": 1,
        "none": 1,
        "Ethernet IPv4 UDP VXLAN Ethernet IPv4 UDP": 1,
        "Ethernet IPv6 UDP VXLAN Ethernet IPv4 UDP": 1,
    }
    assert [counter.value for counter in encapsulations.vxlan4] == [1]
    assert [counter.value for counter in encapsulations.vxlan6] == [1]


@pytest.mark.parametrize("name", WHOLE)
def test_the_version_around_vxlan(name):
    linktype, frame, names = WHOLE[name]
    expected = 4 if "IPv4 UDP VXLAN" in names else 0
    assert version_around_vxlan(layers_of(frame, linktype)) == expected


def test_rows_are_bounded_and_vxlan_is_still_counted():
    encapsulations = Encapsulations()
    for number in range(1, MOST_ROWS + 100):
        encapsulations.count(number)
    assert counted(encapsulations)["more"] == 100
    assert len(encapsulations.group.values()) == MOST_ROWS + 1
    for _ in range(2):
        encapsulations.count(layers_of(VXLAN4))
        encapsulations.count(layers_of(VXLAN6))
    assert counted(encapsulations)["more with VXLAN over IPv4"] == 2
    assert counted(encapsulations)["more with VXLAN over IPv6"] == 2
    assert encapsulations.vxlan6[-1].value == 2
