"""Directions: which end of a packet has to be what is looked for."""

from itertools import product

import pytest

from sipcm.net.bpf.ends import at_ends
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import Load
from sipcm.net.bpf.intervals import only
from sipcm.net.bpf.predicate import test as asking
from tests.net.bpf.trees import holds

SOURCE, DESTINATION = (asking(Load(offset, 1), only(7)) for offset in (0, 1))

DIRECTIONS = {
    "": lambda source, destination: source or destination,
    "src or dst": lambda source, destination: source or destination,
    "src and dst": lambda source, destination: source and destination,
    "src": lambda source, _: source,
    "dst": lambda _, destination: destination,
}


@pytest.mark.parametrize(("direction", "meant"), DIRECTIONS.items(), ids=DIRECTIONS)
def test_directions(direction, meant):
    asked = at_ends(direction, SOURCE, DESTINATION)
    for source, destination in product([True, False], repeat=2):
        packet = bytes([7 if source else 0, 7 if destination else 0])
        assert holds(asked, packet) == meant(source, destination)


@pytest.mark.parametrize("direction", ["addr1", "addr2", "addr3", "addr4", "ra", "ta"])
def test_fields_of_wireless_frames_are_no_ends(direction):
    with pytest.raises(FilterError, match=f"^'{direction}' is valid for 802.11 syntax only$"):
        at_ends(direction, SOURCE, DESTINATION)
