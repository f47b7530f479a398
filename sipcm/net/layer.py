"""What a layer is: a header that is stepped over, with a number for itself and for what follows.

Reads no header; the layers are in modules by family, the tables that join them in decode.
"""

from abc import abstractmethod

from sipcm.annotation import Final, i64
from sipcm.net.packet import DECODED, TRUNCATED, Datagram

# The numbers by which Datagram.layers remembers a layer: at most LAYER_BITS wide, 0 means none.
LAYER_ETHERNET: Final = 1
LAYER_VLAN: Final = 2
LAYER_LLC: Final = 3
LAYER_SLL: Final = 4
LAYER_SLL2: Final = 5
LAYER_LOOPBACK: Final = 6
LAYER_RAW: Final = 7
LAYER_IPV4: Final = 8
LAYER_IPV6: Final = 9
LAYER_EXTENSION: Final = 10
LAYER_UDP: Final = 11
LAYER_TCP: Final = 12
LAYER_SCTP: Final = 13
LAYER_PPP: Final = 14
LAYER_PPPOE: Final = 15
LAYER_HDLC: Final = 16
LAYER_MPLS: Final = 17
LAYER_PSEUDOWIRE: Final = 18
LAYER_GRE: Final = 19
LAYER_ERSPAN: Final = 20
LAYER_VXLAN: Final = 21
LAYER_GENEVE: Final = 22
LAYER_GTP: Final = 23
LAYER_L2TP: Final = 24
LAYER_TZSP: Final = 25
LAYER_TEREDO: Final = 26
LAYER_ESP: Final = 27
LAYER_LOGGED: Final = 28
LAYER_WLAN: Final = 29
LAYER_VNTAG: Final = 30


class Layer:
    """One kind of header; a class may serve several that are read alike."""

    __slots__ = ()

    @abstractmethod  # for mypy: without a metaclass nothing comes of it when it runs
    def decode(self, datagram: Datagram) -> i64:
        """Read the header at ``datagram.start`` and move ``start`` behind it.

        Begin with ``datagram.enter()``. Return UNKNOWN_ETHERTYPE, UNKNOWN_PROTOCOL, UNKNOWN_PPP,
        UNKNOWN_LINKTYPE or TUNNEL with the number of what follows in ``detail``: the tables go on
        from there, and where they have no row it is the outcome. Any other value returned is the
        outcome itself. ``start`` never passes ``end``; but for what IP says of itself, only bytes
        between the two are read.

        What is only known by its port returns DECODED, before it enters, where the bytes are not
        its own: they are a UDP payload.
        """


def too_short(datagram: Datagram, layer: i64) -> i64:
    """Say what a payload is that a port gives to *layer* and that ends before it can be told.

    Where it was sent like that it is the layer's no more than any other's: DECODED. Where the
    capture cut it the port decides, and it is TRUNCATED.
    """
    if not datagram.truncated:
        return DECODED
    datagram.enter(layer, 0)
    return TRUNCATED
