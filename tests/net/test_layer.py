"""What all layers share."""

from sipcm.net import layer
from sipcm.net.layer import LAYER_VXLAN, too_short
from sipcm.net.packet import DECODED, LAYER_BITS, TRUNCATED
from tests.net.contract import begin


def test_layer_numbers_differ_and_fit():
    numbers = [value for name, value in vars(layer).items() if name.startswith("LAYER_")]
    assert len(numbers) == len(set(numbers)) > 10
    # LAYER_BITS itself is not imported there, so all of these are numbers of layers.
    assert all(0 < number < 1 << LAYER_BITS for number in numbers)


def test_what_was_sent_too_short_is_a_payload_and_what_was_cut_is_truncated():
    sent, cut = begin(b"abc"), begin(b"abc", whole=False)
    assert (too_short(sent, LAYER_VXLAN), sent.layers) == (DECODED, 0)
    assert (too_short(cut, LAYER_VXLAN), cut.layers, cut.detail) == (
        TRUNCATED,
        LAYER_VXLAN,
        LAYER_VXLAN,
    )
