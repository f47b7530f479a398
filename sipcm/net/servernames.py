"""Count the encrypted connections by the server that they ask for: a bounded list of names."""

from sipcm.annotation import Final, final
from sipcm.counters import Group

MOST_NAMES: Final = 256
"""Names told apart; those that come later are counted as ``more``."""

NAMELESS: Final = "no name"


@final
class ServerNames:
    """Connections by the name of their server: the group ``tls``."""

    __slots__ = ("group",)

    def __init__(self) -> None:
        self.group: Group = Group("tls")

    def count(self, name: bytes) -> None:
        """Count a connection to *name*, which is empty where none was seen."""
        text = name.decode("ascii", "replace") or NAMELESS
        self.group.among(MOST_NAMES, text, "encrypted connections").value += 1

    def total(self) -> int:
        """Return how many connections there were."""
        return sum(self.group.values().values())
