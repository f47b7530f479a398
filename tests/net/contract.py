"""What every layer keeps to, whatever its header: tests of layers are rows of ``Row``."""

from typing import NamedTuple

from sipcm.net.layer import Layer
from sipcm.net.packet import TRUNCATED, Datagram

BEFORE, AFTER = b"\xa5" * 5, b"\x5a" * 80


class Row(NamedTuple):
    """A header, how its layer ends, the number in ``detail`` and how many bytes it steps over."""

    layer: Layer
    header: bytes
    outcome: int
    detail: int
    steps: int


def begin(data: bytes, *, whole: bool = True) -> Datagram:
    """Place *data* between other bytes; *whole* as it was on the wire, or cut."""
    datagram = Datagram()
    datagram.begin(BEFORE + data + AFTER, len(BEFORE), len(BEFORE) + len(data))
    datagram.truncated = not whole
    return datagram


def check(row: Row, following: bytes = b"following bytes, some") -> Datagram:
    """Let the layer read its header in front of *following*."""
    datagram = begin(row.header + following)
    assert row.layer.decode(datagram) == row.outcome
    assert (datagram.detail, datagram.start - len(BEFORE)) == (row.detail, row.steps)
    return datagram


def check_cuts(layer: Layer, header: bytes, number: int) -> None:
    """Check that a header of the layer *number* is TRUNCATED wherever the capture cuts it."""
    for cut in range(len(header)):
        datagram = begin(header[:cut], whole=False)
        assert layer.decode(datagram) == TRUNCATED, cut
        assert datagram.detail == number
        assert datagram.start <= datagram.end
        assert datagram.layers == number
