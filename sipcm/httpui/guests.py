"""Who is connected to the pages: so many at a time, and not all of them from one address.

Where there is no room a newcomer takes the place of the one that has asked for nothing for longest,
so that clients which only connect, or send a request for ever, keep nobody out.
"""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from sipcm.counters import Group

MOST: Final = 256
"""Connections at a time."""

MOST_EACH: Final = 64
"""Connections at a time from one address, or one /64 of IPv6; the own machine may have all."""

LOCAL: Final = ""
"""The address of whoever comes through a unix socket."""


def nothing() -> None:
    """Do nothing, as long as there is nothing to hang up."""


class Guest:
    """One connection, from its begin on; ``hang_up`` ends it at once."""

    __slots__ = ("_guests", "address", "hang_up", "key")

    def __init__(self, guests: "Guests", address: str, key: str) -> None:
        self._guests = guests
        self.address = address
        self.key = key
        self.hang_up: Callable[[], object] = nothing

    def asks(self) -> None:
        """Note that a request is being answered."""
        self._guests.waiting.pop(self, None)

    def waits(self) -> None:
        """Note that nothing has been asked for, or all is answered."""
        if self in self._guests.present:
            self._guests.waiting[self] = None

    def leave(self) -> None:
        """Note that the connection has ended; once is enough."""
        self._guests.forget(self)


class Guests:
    """All connections; what became of them is counted in ``group``."""

    def __init__(self) -> None:
        self.present: set[Guest] = set()
        self.waiting: OrderedDict[Guest, None] = OrderedDict()
        self._each: dict[str, int] = {}
        self.group = Group("http")
        self._connections = self.group.counter("connections", "connections to the pages")
        self._refused = self.group.counter("refused", "of these, refused: there were too many")
        self._pushed = self.group.counter("pushed_out", "of these, idle, ended for newer ones")
        self._now = self.group.gauge("connected", "connections at the moment")

    def admit(self, address: str) -> Guest | None:
        """Return a new guest from *address*; None where there are too many."""
        self._connections.value += 1
        key = key_of(address)
        if key and self._each.get(key, 0) >= MOST_EACH:
            self._refused.value += 1
            return None
        if len(self.present) >= MOST and not self._push_out():
            self._refused.value += 1
            return None
        guest = Guest(self, address, key)
        self.present.add(guest)
        self.waiting[guest] = None
        self._each[key] = self._each.get(key, 0) + 1
        self._now.rise()
        return guest

    def forget(self, guest: Guest) -> None:
        """Take *guest* off the list, if it is there."""
        if guest not in self.present:
            return
        self.present.remove(guest)
        self.waiting.pop(guest, None)
        self._now.fall()
        self._each[guest.key] -= 1
        if not self._each[guest.key]:
            del self._each[guest.key]

    def _push_out(self) -> bool:
        oldest = next(iter(self.waiting), None)
        if oldest is None:
            return False
        self._pushed.value += 1
        oldest.leave()
        oldest.hang_up()
        return True


def key_of(address: str) -> str:
    """Return what counts as one address: of IPv6 a /64; nothing for this machine itself."""
    if address == LOCAL:
        return ""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return ""
    return str(found) if found.version == 4 else found.packed[:8].hex()
