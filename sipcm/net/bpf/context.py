"""What is known while a filter is turned into tests: the options, and how far it has been read."""

from sipcm.net.bpf.errors import FilterError, UnsupportedError
from sipcm.net.bpf.layers import Layers, Slots
from sipcm.net.bpf.linktypes import DESCRIPTIONS
from sipcm.net.bpf.names import Names
from sipcm.net.bpf.predicate import Predicate
from sipcm.net.bpf.words import LINK


class Context:
    """The state of one lowering.

    ``live``       packets come from a socket: Linux has taken off the outer VLAN tag
    ``netmask``    of the network, for ``ip broadcast``; None where it is not known
    ``fragments``  fragments that may belong to what is looked for match too
    ``link``       the name of the link type of the packets
    ``tunnels``    the words of the whole filter that step over a header, in their order, where
                   fragments are to match
    ``layers``     the headers that were stepped over so far
    ``positive``   whether what is read now is under an even number of ``not``
    ``anywhere``   what asks for all fragments, once that was needed
    """

    __slots__ = (
        "anywhere",
        "fragments",
        "layers",
        "link",
        "live",
        "names",
        "netmask",
        "positive",
        "slots",
        "tunnels",
    )

    def __init__(
        self, layers: Layers, names: Names, netmask: int | None, *, live: bool, fragments: bool
    ) -> None:
        self.link = layers.link
        self.tunnels: tuple[str, ...] = ()
        self.layers = layers
        self.names = names
        self.netmask = netmask
        self.live = live
        self.fragments = fragments
        self.slots = Slots()
        self.positive = True
        self.anywhere: tuple[Predicate, ...] | None = None

    @property
    def widens(self) -> bool:
        """Whether fragments have to match where the test at hand looks behind the IP header."""
        return self.fragments and self.positive

    def unsupported(self, what: str) -> UnsupportedError:
        """Return the error for a word that has no meaning on the link type at hand."""
        link = self.layers.link
        return UnsupportedError(f"{what} not supported on {link} ({DESCRIPTIONS[link]})")


def no_qualifier(qualifier: str, what: str, hint: str = "") -> FilterError:
    """Return the error for a qualifier that does not go with what it is said of."""
    shown = "ether" if qualifier == LINK else qualifier
    return FilterError(f"'{shown}' is not a valid qualifier for {what}", None, hint)
