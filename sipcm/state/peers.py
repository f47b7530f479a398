"""Who is at an address: the names that the operator gave to networks, and the peer of a message.

A peer is a number here, and OTHER whoever has no name. All addresses are cut into ranges, so that
one is found in a few steps however many networks there are; what was found is remembered in a fixed
number of places, so that many addresses take no more memory than few.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.net.packet import Datagram
from sipcm.words import WORD, read_half, read_word

OTHER: Final = 0
"""The peer at an address without a name."""

MOST_PEERS: Final = 255
"""How many peers may have names: a number is a byte."""

PLACES: Final = 4096
"""How many addresses are remembered; a later one takes the place of an earlier one."""


@final
@mypyc_attr(acyclic=True)
class Place:
    """An address that was looked up, in two words, with its version of IP, and its peer."""

    __slots__ = ("high", "low", "peer", "version")

    def __init__(self) -> None:
        self.version: i64 = 0
        self.high: i64 = 0
        self.low: i64 = 0
        self.peer: i64 = OTHER


@final
class Ranges:
    """All addresses of one version of IP, cut where another peer begins.

    ``begins`` are the first addresses of the ranges in order, of which the very first is all
    zeros; ``peers`` has the number of the peer in each.
    """

    __slots__ = ("begins", "peers")

    def __init__(self, begins: list[bytes], peers: bytes) -> None:
        self.begins: list[bytes] = begins
        self.peers: bytes = peers

    def find(self, address: bytes) -> i64:
        """Return the peer in whose range *address* is."""
        begins = self.begins
        first: i64 = 1
        behind: i64 = len(begins)
        while first < behind:
            middle = (first + behind) >> 1
            if begins[middle] <= address:
                first = middle + 1
            else:
                behind = middle
        return self.peers[first - 1]


@final
class Peers:
    """The peers that have names: ``names`` by their numbers, that of OTHER among them.

    ``own`` are the numbers of names for networks of the operator's own, which are nobody's peers.
    """

    __slots__ = ("_four", "_places", "_six", "names", "own")

    def __init__(self, names: list[str], own: list[int], four: Ranges, six: Ranges) -> None:
        self.names: list[str] = names
        self.own: list[int] = own
        self._four: Ranges = four
        self._six: Ranges = six
        self._places: list[Place] = [Place() for _ in range(PLACES)]

    def of(self, datagram: Datagram) -> i64:
        """Return the peer of *datagram*: its sender, or its receiver where only that is one."""
        peer = self._at(datagram, datagram.source_at)
        if peer == OTHER:
            peer = self._at(datagram, datagram.destination_at)
        return peer

    def find(self, address: bytes) -> i64:
        """Return whose *address*, 4 or 16 bytes, is; OTHER where there is none."""
        if len(address) == 4:
            return self._four.find(address)
        if len(address) == 16:
            return self._six.find(address)
        return OTHER

    def peer(self, address: bytes) -> i64:
        """Return the peer at *address*; OTHER where it is one of the operator's own."""
        found = self.find(address)
        if found in self.own:
            found = OTHER
        return found

    def name(self, address: bytes) -> str:
        """Return the name of the network of *address*, empty where it has none."""
        found = self.find(address)
        return self.names[found] if found != OTHER else ""

    def _at(self, datagram: Datagram, at: i64) -> i64:
        """Return the peer whose address lies at *at*."""
        version = datagram.version
        high: i64 = 0
        low: i64 = 0
        if version == 4:
            low = i64(read_half(datagram.buffer, at))
        elif version == 6:
            high = read_word(datagram.buffer, at)
            low = read_word(datagram.buffer, at + WORD)
        else:
            return OTHER
        mixed = high ^ low
        mixed ^= mixed >> 32
        place = self._places[(mixed ^ mixed >> 12 ^ mixed >> 24) & (PLACES - 1)]
        if place.low != low or place.high != high or place.version != version:
            place.version = version
            place.high = high
            place.low = low
            place.peer = self.peer(datagram.address(at))
        return place.peer
