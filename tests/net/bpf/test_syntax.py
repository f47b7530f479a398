"""The tree of what was written: values as they are repeated in messages, and equality."""

import pytest

from sipcm.net.bpf.syntax import Chain, Inversion, Primitive, Protocol, Qualifiers, Value, leaves
from sipcm.net.bpf.tokens import ADDRESS4, NUMBER

WRITTEN = {
    "10.0.0.1": Value(ADDRESS4, "10.0.0.1", 0),
    "0x13c4": Value(NUMBER, "0x13c4", 0, 5060),
    "10.0.0.0/8": Value(ADDRESS4, "10.0.0.0", 0, prefix=8),
    "0.0.0.0/0": Value(ADDRESS4, "0.0.0.0", 0, prefix=0),
    "10.0.0.0 mask 255.0.0.0": Value(ADDRESS4, "10.0.0.0", 0, mask="255.0.0.0"),
}


@pytest.mark.parametrize(("text", "value"), WRITTEN.items(), ids=WRITTEN)
def test_a_value_as_it_was_written(text, value):
    assert value.written == text


def test_trees_are_compared_by_what_is_in_them():
    def tree(position):
        value = Value(NUMBER, "5060", position, 5060)
        said = Primitive(Qualifiers("udp", "dst", "port"), value, position)
        return Chain(Protocol("ip", 0), (("and", said),))

    assert tree(7) == tree(7)
    assert tree(7) != tree(8)
    assert hash(tree(7)) == hash(tree(7))


def test_conditions_from_left_to_right():
    a, b, c, d = (Protocol(name, 0) for name in ("ip", "ip6", "arp", "rarp"))
    tree = Chain(Inversion(Chain(a, (("or", b),))), (("and", c), ("or", Inversion(d))))
    assert list(leaves(tree)) == [a, b, c, d]
    assert list(leaves(a)) == [a]
