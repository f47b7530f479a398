"""The file of ``-peers``: which networks have a name, a line for each.

A line is a network and a name with a blank between, such as ``192.0.2.0/24 carrier-a``; an address
alone is one host. What follows a ``#`` is a comment. Several networks may have one name. Of those
that lie within each other the smallest counts. ``own`` behind the name says that these are networks
of the operator's own: they are called by it, but are nobody's peer.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from sipcm.errors import ConfigError
from sipcm.option import quote
from sipcm.state.peers import MOST_PEERS, OTHER, Peers, Ranges
from sipcm.wholefile import read_whole

LARGEST_FILE: Final = 1 << 20

LONGEST_NAME: Final = 32
"""Characters."""

MAPPED: Final = 96
"""Bits before an IPv4 address that is written as one of IPv6 (RFC 4291 2.5.5.2)."""

OWN: Final = "own"

OTHER_NAME: Final = "other"
"""What those are called that have no name."""

_NAME: Final = re.compile(f"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")

Network = IPv4Network | IPv6Network


def read_peers(path: str) -> Peers:
    """Return the peers in the file at *path*; ConfigError names a line that cannot be followed."""
    numbers = {OTHER_NAME: OTHER}
    own: dict[str, bool] = {}
    lines: dict[Network, int] = {}
    peers: dict[Network, int] = {}
    for line, text in enumerate(_lines(path), 1):
        words = text.partition("#")[0].split()
        if not words:
            continue
        where = f"-peers: {path} line {line}"
        if len(words) != 2 and words[2:] != [OWN]:
            raise ConfigError(f"{where}: not a network and a name, such as 192.0.2.0/24 carrier-a")
        network, name = _network(words[0], where), _name(words[1], where)
        if network in lines:
            raise ConfigError(f"{where}: {network} is in line {lines[network]} already")
        if own.setdefault(name, len(words) > 2) != (len(words) > 2):
            raise ConfigError(f"{where}: {name} is {OWN} in one line and not in another")
        lines[network] = line
        peers[network] = numbers.setdefault(name, len(numbers))
        if len(numbers) > MOST_PEERS + 1:
            raise ConfigError(f"{where}: more than {MOST_PEERS} names")
    if not peers:
        raise ConfigError(f"-peers: {path}: no network; a line is 192.0.2.0/24 carrier-a")
    return peers_of(list(numbers), peers, [numbers[name] for name in own if own[name]])


def peers_of(names: list[str], networks: dict[Network, int], own: Sequence[int] = ()) -> Peers:
    """Return the peers with *names*, whose numbers *networks* have; some are *own*."""
    return Peers(names, list(own), _ranges(networks, 4), _ranges(networks, 16))


def _lines(path: str) -> list[str]:
    data = read_whole("-peers", path, LARGEST_FILE)
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise ConfigError(f"-peers: {path}: it is in UTF-16; save it in UTF-8")
    return data.decode("utf-8-sig", "replace").split("\n")


def _network(text: str, where: str) -> Network:
    try:
        # What has a zone is an address of one interface.
        network = ip_network("" if "%" in text else text, strict=False)
    except ValueError:
        raise ConfigError(
            f"{where}: {quote(text)} is no network, such as 192.0.2.0/24 or 2001:db8::/32"
        ) from None
    address, _, _ = text.partition("/")
    if ip_address(address) != network.network_address:
        raise ConfigError(f"{where}: {quote(text)} is an address within {network}, no network")
    mapped = network.network_address.ipv4_mapped if network.version == 6 else None
    if mapped is not None and network.prefixlen >= MAPPED:
        four = f"{mapped}/{network.prefixlen - MAPPED}"
        raise ConfigError(f"{where}: {quote(text)} is no network of packets; write {four}")
    return network


def _name(text: str, where: str) -> str:
    if not _NAME.fullmatch(text):
        raise ConfigError(
            f"{where}: {quote(text)} is no name: 1 to {LONGEST_NAME} letters, digits and . _ -, "
            "the first a letter or digit"
        )
    if text == OTHER_NAME:
        raise ConfigError(f"{where}: {OTHER_NAME} is what those are called that have no name")
    return text


def _ranges(networks: dict[Network, int], size: int) -> Ranges:
    """Cut all addresses of *size* bytes where the smallest of *networks* around is another's."""
    begins, peers = [0], [OTHER]

    def cut(begin: int, peer: int) -> None:
        if begins[-1] == begin:
            peers[-1] = peer
        else:
            begins.append(begin)
            peers.append(peer)

    around: list[tuple[int, int]] = []  # behind which address each ends, and its peer
    of_size = (network for network in networks if network.max_prefixlen == 8 * size)
    for network in sorted(of_size, key=lambda one: (int(one.network_address), one.prefixlen)):
        first = int(network.network_address)
        while around and around[-1][0] <= first:
            behind, _ = around.pop()
            cut(behind, around[-1][1] if around else OTHER)
        cut(first, networks[network])
        around.append((first + network.num_addresses, networks[network]))
    while around:
        behind, _ = around.pop()
        if behind < 1 << 8 * size:
            cut(behind, around[-1][1] if around else OTHER)
    return Ranges([begin.to_bytes(size, "big") for begin in begins], bytes(peers))
