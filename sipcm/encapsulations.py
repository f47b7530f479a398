"""In which layers packets came: a counter for each row of layers, as ``Ethernet VLAN IPv4 UDP``.

Nearly every packet comes as the one before it, so that counting costs one comparison.
"""

from sipcm.annotation import Final, final, i64
from sipcm.counters import Counter, Group
from sipcm.net.layer import LAYER_IPV4, LAYER_IPV6, LAYER_VXLAN
from sipcm.net.outcome import layer_names
from sipcm.net.packet import LAYER_BITS

MOST_ROWS: Final = 512
"""How many rows of layers are told apart; what comes later is counted as ``more``."""

LAYER: Final = (1 << LAYER_BITS) - 1


@final
class Encapsulations:
    """How many packets came in each row of layers: the group ``layers``.

    ``layers`` is the row of layers in which the last packet came (see Datagram), and ``row`` its
    counter. ``vxlan4`` and ``vxlan6`` are those with VXLAN among them, by the version of the IP
    around it.
    """

    __slots__ = ("_rows", "group", "layers", "row", "vxlan4", "vxlan6")

    def __init__(self) -> None:
        self.group: Group = Group("layers")
        self.vxlan4: list[Counter] = []
        self.vxlan6: list[Counter] = []
        self._rows: dict[int, Counter] = {}
        self.row: Counter = self.group.counter("none", "packets without any layer")
        self.layers: i64 = 0

    def count(self, layers: i64) -> None:
        """Count a packet that came in *layers*; as the last one came, ``row`` does it too."""
        self.layers = layers
        self.row = self._find(layers)
        self.row.value += 1

    def _find(self, layers: i64) -> Counter:
        found = self._rows.get(layers)
        if found is None:
            version = version_around_vxlan(layers)
            name = " ".join(layer_names(layers)) or "none"
            rest = f"more with VXLAN over IPv{version}" if version else "more"
            found = self.group.among(MOST_ROWS, name, "packets in these layers", rest)
            if found.name == name:
                self._rows[layers] = found
            parts = self.vxlan4 if version == 4 else self.vxlan6
            if version and found not in parts:
                parts.append(found)
        return found


def version_around_vxlan(layers: i64) -> i64:
    """Return 4 or 6, the version of the IP packet that the innermost VXLAN came in; 0 for none."""
    inside = False
    while layers > 0:
        layer = layers & LAYER
        if layer == LAYER_VXLAN:
            inside = True
        elif inside and layer == LAYER_IPV4:
            return 4
        elif inside and layer == LAYER_IPV6:
            return 6
        layers >>= LAYER_BITS
    return 0
