"""What names in a filter mean: services, protocols, hosts, networks and link-layer addresses.

The files of the system are asked first, each read when it is needed, then what every host knows.
Whoever wants names of hosts looked up in the network gives a function that does so; nothing here
opens a connection.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar

from sipcm.net.bpf.addresses import short_network
from sipcm.net.bpf.wellknown import ETHERTYPES, PROTOCOLS, SERVICES

LARGEST_FILE: Final = 1 << 20
"""Bytes of a file that are read; lines beyond do not count."""

MOST_ADDRESSES: Final = 64
MOST_HOSTS: Final = 256
"""Different names of hosts that are looked up, each once."""
MOST_TOLD: Final = 256

_TRANSPORTS: Final[tuple[str, ...]] = ("tcp", "udp", "sctp")
_NUMBER: Final = re.compile(r"[0-9]{1,5}")
_NETWORK: Final = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){0,3}")
_MAC: Final = re.compile(r"[0-9A-Fa-f]{1,2}(?:([:-])[0-9A-Fa-f]{1,2}(?:\1[0-9A-Fa-f]{1,2}){4})")

FindHost = Callable[[str], Sequence[str]]
"""Returns the addresses of a host as texts; raises OSError or ValueError where there are none."""

T = TypeVar("T")


class Names:
    """The databases in *folder*; None for those that are built in alone.

    *find_host* finds hosts that the file ``hosts`` does not have.
    ``resolved`` tells in words what was found, for the log.

    No method raises anything: a file that cannot be read has no names, and a line that is not
    understood is none.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = "/etc",
        find_host: FindHost | None = None,
    ) -> None:
        self.resolved: list[str] = []
        self._folder = folder
        self._find_host = find_host
        self._found: dict[str, list[str]] = {}
        self._troubles: dict[str, str] = {}

    def ports(self, name: str) -> dict[str, int]:
        """Return the port of a service by protocol (tcp, udp, sctp); empty if unknown.

        What is built in counts for names only that the file does not have: where it says that a
        service is one of TCP alone, that is meant.
        """
        known = _look_up(name, self._services, SERVICES)
        if known is None:
            return {}
        found = {protocol: known[protocol] for protocol in _TRANSPORTS if protocol in known}
        ports = (f"{port}/{protocol}" for protocol, port in found.items())
        self._tell(f"service {name} is {', '.join(ports)}")
        return found

    def protocol(self, name: str) -> int | None:
        """Return the number of a protocol on IP, None if unknown."""
        return _look_up(name, self._protocols, PROTOCOLS)

    def ethertype(self, name: str) -> int | None:
        """Return what the link layer calls a protocol: an ethertype, or up to 255 an LLC SAP."""
        return ETHERTYPES.get(name)

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a host of both versions, at most 64; empty if unknown."""
        host = name.lower()
        if host not in self._found:
            if len(self._found) >= MOST_HOSTS:
                return []
            self._found[host] = found = self._addresses(host)
            if found:
                rest = f"; more than {MOST_ADDRESSES} do not count"
                more = rest if len(found) == MOST_ADDRESSES else ""
                self._tell(f"host {name} is {', '.join(found)}{more}")
        return list(self._found[host])

    def trouble(self, name: str) -> str:
        """Return why a host's name has no addresses; empty where nothing but that is known."""
        host = name.lower()
        if host not in self._found and len(self._found) >= MOST_HOSTS:
            return f"no more than {MOST_HOSTS} names of hosts are looked up"
        return self._troubles.get(host, "")

    def network(self, name: str) -> tuple[int, int] | None:
        """Return number and mask of a network, None if unknown.

        As in libpcap a number of four parts is that address alone, 10.0.0.0 too; only one of fewer
        parts is a network, 10 being 10.0.0.0/8.
        """
        number = self._networks.get(name.lower())
        if number is None:
            return None
        network = short_network(number)
        dotted = ".".join(str(byte) for byte in network.address.to_bytes(4))
        self._tell(f"network {name} is {dotted}/{network.mask.bit_count()}")
        return network.address, network.mask

    def mac(self, name: str) -> bytes | None:
        """Return the link-layer address of a host, None if unknown."""
        found = self._ethers.get(name.lower())
        if found is not None:
            self._tell(f"link-layer host {name} is {found.hex(':')}")
        return found

    @cached_property
    def _services(self) -> dict[str, dict[str, int]]:
        known: dict[str, dict[str, int]] = {}
        for name, port, *aliases in self._lines("services"):
            text, _, protocol = port.partition("/")
            number = _number(text, 0xFFFF)
            if number is not None and protocol in _TRANSPORTS:
                for each in (name, *aliases):
                    known.setdefault(each, {}).setdefault(protocol, number)
        return known

    @cached_property
    def _protocols(self) -> dict[str, int]:
        known: dict[str, int] = {}
        for name, text, *aliases in self._lines("protocols"):
            number = _number(text, 0xFF)
            if number is not None:
                for each in (name, *aliases):
                    known.setdefault(each, number)
        return known

    @cached_property
    def _hosts(self) -> dict[str, list[str]]:
        known: dict[str, list[str]] = {}
        for address, *names in self._lines("hosts"):
            for name in names:
                known.setdefault(name.lower(), []).append(address)
        return known

    @cached_property
    def _networks(self) -> dict[str, int]:
        known: dict[str, int] = {}
        for name, text, *aliases in self._lines("networks"):
            parts = [int(part) for part in text.split(".")] if _NETWORK.fullmatch(text) else [256]
            if max(parts) <= 255:
                for each in (name, *aliases):
                    known.setdefault(each.lower(), int.from_bytes(bytes(parts)))
        return known

    @cached_property
    def _ethers(self) -> dict[str, bytes]:
        known: dict[str, bytes] = {}
        for text, name, *_ in self._lines("ethers"):
            if _MAC.fullmatch(text):
                address = bytes(int(part, 16) for part in text.replace("-", ":").split(":"))
                known.setdefault(name.lower(), address)
        return known

    def _addresses(self, host: str) -> list[str]:
        listed = _valid(self._hosts.get(host, ()))
        if listed or self._find_host is None:
            return listed
        try:
            return _valid(self._find_host(host))
        except (OSError, ValueError) as error:
            self._troubles[host] = str(error)
            return []

    def _lines(self, database: str) -> Iterator[list[str]]:
        """Yield the words of each line that has at least two, without the comment."""
        for line in self._content(database).splitlines():
            said = line.partition(b"#")[0]
            words = said.decode("ascii").split() if said.isascii() else []
            if len(words) > 1:
                yield words

    def _content(self, database: str) -> bytes:
        if self._folder is None:
            return b""
        path = os.path.join(self._folder, database)  # noqa: PTH118
        try:
            if not os.path.isfile(path):  # noqa: PTH113  a pipe would keep us waiting
                return b""
            with open(path, "rb") as file:  # noqa: PTH123
                content = file.read(LARGEST_FILE + 1)
        except (OSError, ValueError):
            return b""
        if len(content) <= LARGEST_FILE:
            return content
        return content[: content.rfind(b"\n") + 1]

    def _tell(self, what: str) -> None:
        if what not in self.resolved and len(self.resolved) < MOST_TOLD:
            self.resolved.append(what)


def _look_up(name: str, *tables: Mapping[str, T]) -> T | None:
    """Return what *name* means in the first table that has it, if none has it so, in any case."""
    for table in tables:
        if name in table:
            return table[name]
    lower = name.lower()
    for table in tables:
        for known, meaning in table.items():
            if known.lower() == lower:
                return meaning
    return None


def _number(text: str, highest: int) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else highest + 1
    return number if number <= highest else None


def _valid(texts: Sequence[str]) -> list[str]:
    """Return the addresses among *texts*, each once and without zone."""
    if not texts:
        return []
    from ipaddress import ip_address  # noqa: PLC0415  few filters name hosts

    found: dict[str, None] = {}
    for text in texts:
        try:
            found[str(ip_address(text.partition("%")[0]))] = None
        except ValueError:
            continue
        if len(found) == MOST_ADDRESSES:
            break
    return list(found)
