"""Where the headers of a packet lie, as far as a filter has read them from left to right.

Words such as ``vlan`` step over a header: all that is to their right, also across ``or`` and
parentheses, looks behind it.
"""

from typing import NamedTuple

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import (
    Binary,
    Expression,
    HeaderLength,
    Load,
    Number,
    binary,
)
from sipcm.net.bpf.instructions import ADD, AND, LSH, MEMORY_SLOTS
from sipcm.net.bpf.intervals import HIGHEST, Intervals, only
from sipcm.net.bpf.predicate import Predicate, test


class Place(NamedTuple):
    """A position in the packet: *offset* bytes behind *base*, or behind its begin."""

    offset: int
    base: Expression | None = None

    def plus(self, distance: int) -> "Place":
        """Return the place *distance* bytes further on."""
        return Place((self.offset + distance) & HIGHEST, self.base)

    def load(self, size: int) -> Load:
        """Return the number in *size* bytes here."""
        return Load(self.offset, size, self.base)

    def at(self, index: Expression, size: int) -> Load:
        """Return the number in *size* bytes, *index* bytes further on."""
        if isinstance(index, Number):
            return self.plus(index.value).load(size)
        base = index if self.base is None else binary(ADD, index, self.base)
        return Load(self.offset, size, base)

    def expression(self) -> Expression:
        """Return the position itself as a number."""
        return (
            Number(self.offset)
            if self.base is None
            else binary(ADD, self.base, Number(self.offset))
        )


class Layers:
    """The headers that are known.

    ``link``     the name of the link layer at hand
    ``header``   where it begins
    ``kind``     where it tells what it carries
    ``payload``  where what it carries begins
    ``network``  how far behind that the network header begins, past LLC and SNAP and labels
    ``bare``     the same for what follows LLC without SNAP
    ``tags``, ``labels``  how many of VLAN and MPLS were stepped over
    ``tunnelled``  whether this is inside Geneve or VXLAN
    ``inside``   whether the link header may have been left out there (Geneve)
    """

    __slots__ = (
        "bare",
        "header",
        "inside",
        "kind",
        "labels",
        "link",
        "network",
        "payload",
        "tags",
        "tunnelled",
    )

    def __init__(
        self,
        link: str,
        header: Place,
        kind: Place,
        payload: Place,
        *,
        network: int = 0,
        bare: int = 0,
        tunnelled: bool = False,
        inside: bool = False,
    ) -> None:
        self.link = link
        self.header = header
        self.kind = kind
        self.payload = payload
        self.network = network
        self.bare = bare
        self.tags = 0
        self.labels = 0
        self.tunnelled = tunnelled
        self.inside = inside

    def ip(self, offset: int, size: int) -> Load:
        """Return *size* bytes of the network header."""
        payload = self.payload
        return Load((payload.offset + self.network + offset) & HIGHEST, size, payload.base)

    def ip_test(self, offset: int, size: int, numbers: Intervals) -> Predicate:
        """Ask whether *size* bytes of the network header are one of *numbers*."""
        return test(self.ip(offset, size), numbers)

    def transport4(self) -> Place:
        """Return where what an IPv4 header carries begins."""
        start = self.payload.plus(self.network)
        if start.base is None:
            return Place(start.offset, HeaderLength(start.offset))
        low = binary(AND, start.load(1), Number(0x0F))
        length = binary(LSH, low, Number(2))
        return Place(start.offset, Binary(ADD, length, start.base))

    def transport6(self) -> Place:
        """Return where what an IPv6 header without extensions carries begins."""
        return self.payload.plus(self.network + 40)


class Slots:
    """Hands out the slots of the machine's memory."""

    def __init__(self) -> None:
        self.used = 0

    def take(self) -> int:
        """Return a slot that nobody has. FilterError when there is none."""
        if self.used == MEMORY_SLOTS:
            raise FilterError(
                "the filter is too complex: it has too many tunnels within each other"
            )
        self.used += 1
        return self.used - 1


def bits(expression: Expression, mask: int) -> Expression:
    """Return the bits of *expression* that *mask* selects."""
    return expression if mask == HIGHEST else binary(AND, expression, Number(mask))


def masked(expression: Expression, mask: int, value: int) -> Predicate:
    """Ask whether the bits of *expression* that *mask* selects are *value*."""
    return test(bits(expression, mask), only(value))
