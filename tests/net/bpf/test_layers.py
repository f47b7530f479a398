"""Where headers lie, and how what lies there is asked for."""

import pytest

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import HeaderLength, Load, Number, Register
from sipcm.net.bpf.instructions import MEMORY_SLOTS
from sipcm.net.bpf.intervals import HIGHEST, only
from sipcm.net.bpf.layers import Layers, Place, Slots, masked
from sipcm.net.bpf.predicate import FALSE
from tests.net.bpf.headers import ethernet, ip4, ip6, udp
from tests.net.bpf.trees import holds, value

PACKET = bytes(range(100))
BASE = Register(0)
MEMORY = {0: 20, 1: 3}


def number(expression):
    return value(expression, PACKET, MEMORY)


PLACES = {
    "fixed": (Place(14), 14),
    "further on": (Place(14).plus(6), 20),
    "back": (Place(14).plus(-2), 12),
    "behind a base": (Place(14, BASE), 34),
    "further on behind a base": (Place(14, BASE).plus(6), 40),
}


@pytest.mark.parametrize(("place", "at"), PLACES.values(), ids=PLACES)
def test_places(place, at):
    assert number(place.expression()) == at
    assert [number(place.load(size)) for size in (1, 2)] == [at, at << 8 | at + 1]
    assert number(place.at(Number(3), 1)) == at + 3
    assert number(place.at(Register(1), 1)) == at + 3


def test_a_fixed_place_stays_one():
    assert Place(14).at(Number(3), 2) == Load(17, 2)
    assert Place(14).expression() == Number(14)


def test_an_index_may_be_negative():
    assert Place(14).at(Number(HIGHEST), 1) == Load(13, 1)


def ethernet_layers():
    return Layers("EN10MB", Place(0), Place(12), Place(14), bare=3)


def layers_behind_register():
    return Layers("EN10MB", Place(0, BASE), Place(12, BASE), Place(14, BASE))


@pytest.mark.parametrize("network", [0, 4])
@pytest.mark.parametrize("before", [0, 20])
def test_headers_of_ip(before, network):
    layers = layers_behind_register() if before else ethernet_layers()
    layers.network = network
    payload = udp(b"INVITE")

    def found(expression, packet):
        return value(expression, bytes(before) + packet, {0: before})

    for options in (b"", bytes(8)):
        packet = ethernet(bytes(network) + ip4(payload, options=options))
        assert found(layers.ip(0, 1), packet) == 0x45 + len(options) // 4
        assert found(layers.ip(9, 1), packet) == 17
        assert found(layers.transport4().load(2), packet) == 5060
        assert found(layers.transport4().plus(8).load(4), packet) == 0x494E5649
        is_udp = layers.ip_test(9, 1, only(17))
        assert holds(is_udp, bytes(before) + packet, {0: before})
    packet = ethernet(bytes(network) + ip6(payload))
    assert found(layers.transport6().load(2), packet) == 5060


def test_a_header_at_a_fixed_place_has_an_instruction():
    assert ethernet_layers().transport4() == Place(14, HeaderLength(14))


def test_layers_begin_without_tags():
    layers = ethernet_layers()
    assert (layers.tags, layers.labels, layers.tunnelled, layers.inside) == (0, 0, False, False)


MASKED = {
    "the bits": (0x0F, 0x05, True),
    "other bits": (0x0F, 0x04, False),
    "all bits": (0xFF, 0x45, True),
    "no bits": (0, 0, True),
}


@pytest.mark.parametrize(("mask", "wanted", "answer"), MASKED.values(), ids=MASKED)
def test_masks(mask, wanted, answer):
    assert holds(masked(Load(0, 1), mask, wanted), b"\x45") == answer


def test_bits_that_no_mask_leaves():
    assert masked(Load(0, 1), 0, 1) == FALSE


def test_memory_is_limited():
    slots = Slots()
    assert [slots.take() for _ in range(MEMORY_SLOTS)] == list(range(MEMORY_SLOTS))
    with pytest.raises(FilterError, match="too many tunnels within each other"):
        slots.take()
