"""What all layers share."""

import pytest

from sipcm.net import layer
from sipcm.net.layer import read_u16
from sipcm.net.packet import LAYER_BITS


@pytest.mark.parametrize(
    ("data", "at", "number"),
    [(b"\x12\x34", 0, 0x1234), (b"\0\0\xff\xff", 2, 0xFFFF), (b"\0\x80\0", 1, 0x8000)],
)
def test_read_u16_is_in_network_order(data, at, number):
    assert read_u16(data, at) == number


def test_layer_numbers_differ_and_fit():
    numbers = [value for name, value in vars(layer).items() if name.startswith("LAYER_")]
    assert len(numbers) == len(set(numbers)) > 10
    # LAYER_BITS itself is not imported there, so all of these are numbers of layers.
    assert all(0 < number < 1 << LAYER_BITS for number in numbers)
