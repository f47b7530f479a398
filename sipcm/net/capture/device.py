"""Interfaces of this machine as the kernel knows them (netdevice(7)): type, index, up or down.

Asks the kernel, changes nothing.
"""

import fcntl
import socket
import struct
from difflib import get_close_matches
from typing import Final, NamedTuple

ANY: Final = "any"
"""All interfaces at once; what they carry is seen behind headers of cooked capture."""

LONGEST_NAME: Final = 15

SIOCGIFFLAGS: Final = 0x8913
SIOCGIFHWADDR: Final = 0x8927
IFF_UP: Final = 1

# Types of interfaces (ARPHRD), from the kernel's if_arp.h.
ETHERNET: Final = 1
PPP: Final = 512
TUNNEL: Final = 768
TUNNEL6: Final = 769
LOOPBACK: Final = 772
SIT: Final = 776
IPGRE: Final = 778
RAWIP: Final = 519
NONE: Final = 65534

_REQUEST: Final = struct.Struct("16sH22x")


class Link(NamedTuple):
    """How packets of an interface are taken: with their link header, or *cooked*, without.

    ``name`` is what filters call the link type, ``number`` what capture files call it.
    """

    name: str
    number: int
    cooked: bool


WITH_HEADER: Final = Link("EN10MB", 1, cooked=False)
WITHOUT_HEADER: Final = Link("RAW", 101, cooked=False)
COOKED: Final = Link("LINUX_SLL2", 276, cooked=True)

LINKS: Final = {
    ETHERNET: WITH_HEADER,
    LOOPBACK: WITH_HEADER,
    RAWIP: WITHOUT_HEADER,
    TUNNEL: WITHOUT_HEADER,
    TUNNEL6: WITHOUT_HEADER,
    SIT: WITHOUT_HEADER,
    NONE: WITHOUT_HEADER,
}
"""By type of the interface; packets of all others are cooked."""


class Device(NamedTuple):
    """What the kernel says of an interface now. ``number`` is 0 for all of them."""

    name: str
    number: int
    kind: int
    up: bool

    @property
    def link(self) -> Link:
        """Return how its packets are taken."""
        return LINKS.get(self.kind, COOKED) if self.number else COOKED

    @property
    def loops(self) -> bool:
        """Return whether whatever leaves it comes in again."""
        return self.kind == LOOPBACK


def find(name: str) -> Device | None:
    """Return the interface *name*; None where there is none."""
    if name == ANY:
        return Device(name, 0, 0, up=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            index = socket.if_nametoindex(name)
            flags = _ask(asking, SIOCGIFFLAGS, name)
            kind = _ask(asking, SIOCGIFHWADDR, name)
        except (OSError, UnicodeError):
            return None
    return Device(name, index, kind, up=bool(flags & IFF_UP))


def names() -> list[str]:
    """Return the names of all interfaces."""
    return [name for _, name in socket.if_nameindex()]


def absence(name: str) -> str:
    """Say that there is no interface *name*, and what there is instead."""
    found = names()
    near = get_close_matches(name, found, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join([*found, ANY])}"
    return f"there is no such interface: {hint}"


def _ask(asking: socket.socket, what: int, name: str) -> int:
    """Return the number that the kernel has for *what* of interface *name*."""
    request = _REQUEST.pack(name.encode()[:LONGEST_NAME], 0)
    number: int = _REQUEST.unpack(fcntl.ioctl(asking, what, request))[1]
    return number
