"""Hosts and networks: addresses of IP, ARP, the link layer and DECnet, and ``gateway``."""

from collections.abc import Sequence
from typing import Final

from sipcm.net.bpf import addresses, wireless
from sipcm.net.bpf.addresses import Network
from sipcm.net.bpf.context import Context, no_qualifier
from sipcm.net.bpf.ends import at_ends
from sipcm.net.bpf.errors import FilterError, Placed
from sipcm.net.bpf.intervals import HIGHEST, Intervals, joined, only, union
from sipcm.net.bpf.layers import Layers, Place, bits, masked
from sipcm.net.bpf.linktypes import ARP, DECNET, EN10MB, IPV4, IPV6, RADIO, RARP, RAW, carries
from sipcm.net.bpf.predicate import All, Any, Not, Predicate, test
from sipcm.net.bpf.syntax import Primitive, Value
from sipcm.net.bpf.tokens import ADDRESS4, ADDRESS6, ARCNET, MAC, NUMBER
from sipcm.net.bpf.tunnels import header_is_there
from sipcm.net.bpf.words import LINK

# How far into the network header source and destination addresses are.
_IN_IPV4: Final = (12, 16)
_IN_ARP: Final = (14, 24)
_IN_IPV6: Final = (8, 24)

_ADDRESSED: Final = {"ip": (IPV4, _IN_IPV4), "arp": (ARP, _IN_ARP), "rarp": (RARP, _IN_ARP)}


def host(context: Context, said: Sequence[Primitive]) -> Predicate:
    """Ask for hosts, networks and link-layer addresses: for one of several only of version 4."""
    protocol, direction, kind = said[0].qualifiers
    value = said[0].value
    if value.kind == ARCNET:
        raise context.unsupported("'link host $XX'")
    if value.kind == MAC:
        if kind == "net" or protocol != LINK:
            raise FilterError(
                "Ethernet address used in non-ether expression",
                None,
                f"write ether host {value.text}",
            )
        return ethernet_address(context, addresses.mac(value.text), direction)
    if protocol == LINK and kind != "net" and value.kind not in {ADDRESS4, ADDRESS6, NUMBER}:
        return _link_name(context, value, direction)
    if protocol == "decnet" and value.kind == ADDRESS4:
        return _decnet(context, said[0])
    if protocol not in {"", "ip", "ip6", "arp", "rarp"}:
        wanted = " ".join(filter(None, (direction, kind, value.written)))
        hint = f"write {wanted}" if protocol == LINK else f"write {protocol} and {wanted}"
        raise no_qualifier(protocol, f"'{kind or 'host'}'", hint)
    # Addresses of version 4 are a set of numbers where their mask is the same.
    sets: dict[int | Network, list[Network]] = {}
    for each in said:
        with Placed(each.position):
            for network in _networks(context, each):
                place = network if network.version == 6 else network.mask
                sets.setdefault(place, []).append(network)
    asked = [_network(context.layers, alike, protocol, direction) for alike in sets.values()]
    return asked[0] if len(asked) == 1 else Any(tuple(asked))


def _link_name(context: Context, value: Value, direction: str) -> Predicate:
    if context.layers.link not in {EN10MB, RADIO}:
        raise context.unsupported("'link host NAME'")
    return ethernet_address(context, _mac_of(context, value.text), direction)


def _mac_of(context: Context, name: str) -> bytes:
    found: bytes | None = context.names.mac(name)
    if found is None:
        raise FilterError(
            f"unknown Ethernet-like host '{name}'", None, "the file ethers has no such name"
        )
    return found


def _networks(context: Context, said: Primitive) -> list[Network]:
    """Return the networks and hosts that a value means, of the versions that can be."""
    protocol, direction, kind = said.qualifiers
    value = said.value
    network = _written_network(said)
    if network is not None:
        may_be_prefix = kind == "net" or (not kind and bool(direction))
        prefixed = value.prefix is not None or value.mask is not None
        if prefixed and not may_be_prefix and not (network.version == 6 and network.is_host):
            raise no_qualifier(
                "host", f"'{value.written}'; networks are written net {value.written}"
            )
        if (network.version == 6) != (protocol == "ip6") and protocol:
            raise no_qualifier(protocol, f"an IPv{network.version} address")
        return [network]
    if kind == "net":
        named = context.names.network(value.text)
        if named is None or protocol == "ip6":
            raise FilterError(f"unknown network '{value.text}'")
        return [Network(4, *named)]
    found = context.names.addresses(value.text)
    if not found:
        raise FilterError(f"unknown host '{value.text}'", None, context.names.trouble(value.text))
    networks = [
        addresses.network6(text) if ":" in text else addresses.network4(text) for text in found
    ]
    wanted = [
        network
        for network in networks
        if not protocol or (network.version == 6) == (protocol == "ip6")
    ]
    if not wanted:
        raise FilterError(f"unknown host '{value.text}' for specified address family")
    return wanted


def _written_network(said: Primitive) -> Network | None:
    """Return the address that was written as such, None for a name."""
    value = said.value
    if value.kind == NUMBER:
        if said.qualifiers.type == "net":
            return addresses.short_network(value.number)
        return Network(4, value.number, 0xFFFFFFFF)
    if value.kind == ADDRESS6:
        network = addresses.network6(value.text)
        return network if value.prefix is None else addresses.with_prefix(network, value.prefix)
    if value.kind != ADDRESS4:
        return None
    network = addresses.network4(value.text)
    try:
        if value.prefix is not None:
            return addresses.with_prefix(network, value.prefix)
        if value.mask is not None:
            return addresses.with_mask(network, addresses.network4(value.mask).address)
    except FilterError as error:
        raise FilterError(
            f"{error.message}: {value.written}", None, _own_network(network, value)
        ) from None
    return network


def _own_network(network: Network, value: Value) -> str:
    """Return the hint that names the network in which an address with a prefix lies."""
    if value.prefix is None or value.prefix > 32:
        return ""
    mask = 0xFFFFFFFF << (32 - value.prefix) & 0xFFFFFFFF
    dotted = ".".join(str(byte) for byte in (network.address & mask).to_bytes(4))
    return f"the network is {dotted}/{value.prefix}"


def _network(layers: Layers, alike: Sequence[Network], protocol: str, direction: str) -> Predicate:
    """Ask for one of several networks of version 4 with the same mask, or for one of version 6."""
    version, _, mask = alike[0]
    if version == 6:
        return _network6(layers, alike[0], direction)
    numbers = joined([only(network.address) for network in alike], union)
    # Raw IP and MPLS carry nothing else.
    only_ip = layers.labels or layers.link == RAW
    names = (protocol,) if protocol else ("ip",) if only_ip else tuple(_ADDRESSED)
    asked: dict[tuple[int, int], Predicate] = {}
    ways = []
    for ethertype, place in map(_ADDRESSED.__getitem__, names):
        if place not in asked:
            asked[place] = _ends4(layers, place, mask, numbers, direction)
        ways.append(All((carries(layers, ethertype), asked[place])))
    return Any(tuple(ways))


def _ends4(
    layers: Layers, place: tuple[int, int], mask: int, numbers: Intervals, direction: str
) -> Predicate:
    source, destination = bits(layers.ip(place[0], 4), mask), bits(layers.ip(place[1], 4), mask)
    return at_ends(direction, test(source, numbers), test(destination, numbers))


def _network6(layers: Layers, network: Network, direction: str) -> Predicate:
    source, destination = (_same_words(layers, offset, network) for offset in _IN_IPV6)
    return All((carries(layers, IPV6), at_ends(direction, source, destination)))


def _same_words(layers: Layers, begin: int, network: Network) -> Predicate:
    """Ask for an address of version 6, which is four numbers for the machine."""
    words = []
    for offset in (12, 8, 4, 0):
        shift = 8 * (12 - offset)
        address, mask = network.address >> shift & HIGHEST, network.mask >> shift & HIGHEST
        words.append(masked(layers.ip(begin + offset, 4), mask, address))
    return All(tuple(words))


def gateway(context: Context, said: Primitive) -> Predicate:
    """Ask for packets that a host passes on: its link-layer address, but not its IP address."""
    protocol = said.qualifiers.protocol
    if protocol not in {"", "ip", "arp", "rarp"}:
        raise no_qualifier(protocol, "'gateway'")
    layers = context.layers
    if layers.link not in {EN10MB, RADIO}:
        raise context.unsupported("'gateway'")
    if layers.tunnelled:
        raise FilterError("'gateway' cannot be used within VXLAN or Geneve")
    value = said.value
    if value.kind in {NUMBER, ADDRESS4, ADDRESS6}:
        raise no_qualifier("gateway", f"'{value.written}'; it takes the name of a host")
    if value.kind == MAC:
        raise FilterError("Ethernet address used in non-ether expression")
    on_link = ethernet_address(context, _mac_of(context, value.text), "")
    own = [
        addresses.network4(text) for text in context.names.addresses(value.text) if ":" not in text
    ]
    if not own:
        raise FilterError(f"unknown host '{value.text}'")
    numbers = joined([only(network.address) for network in own], union)
    names = (protocol,) if protocol else tuple(_ADDRESSED)
    passed_on = []
    for name in names:
        ethertype, place = _ADDRESSED[name]
        carried = carries(layers, ethertype)
        ends = All((carried, _ends4(layers, place, HIGHEST, numbers, "")))
        passed_on.append(All((carried, Not(ends))))
    return All((on_link, Any(tuple(passed_on))))


def ethernet_address(context: Context, address: bytes, direction: str) -> Predicate:
    """Ask for a link-layer address as source, destination, or either."""
    layers = context.layers
    if layers.link == RADIO:
        return wireless.address(layers, address, direction)
    if layers.link != EN10MB:
        raise context.unsupported("'link host XX:XX:XX:XX:XX:XX'")
    source, destination = layers.header.plus(6), layers.header
    asked = at_ends(direction, same_bytes(source, address), same_bytes(destination, address))
    return All((header_is_there(layers), asked)) if layers.inside else asked


def same_bytes(place: Place, value: bytes) -> Predicate:
    """Ask whether the six bytes at *place* are *value*."""
    return All(
        (
            test(place.plus(2).load(4), only(int.from_bytes(value[2:]))),
            test(place.load(2), only(int.from_bytes(value[:2]))),
        )
    )


def _decnet(context: Context, said: Primitive) -> Predicate:
    """Ask for a DECnet address, behind a short or long header, each with or without padding."""
    area, dot, node = said.value.text.partition(".")
    if (
        said.qualifiers.type == "net"
        or not (dot and area.isdigit() and node.isdigit())
        or int(area[:6]) > 63
        or int(node[:6]) > 1023
    ):
        raise FilterError(f"invalid DECnet address '{said.value.text}'")
    number = int(area) << 10 | int(node)
    swapped = number >> 8 | (number & 0xFF) << 8
    layers = context.layers
    ends = at_ends(
        said.qualifiers.direction,
        _decnet_end(layers, swapped, 5, 17),
        _decnet_end(layers, swapped, 3, 9),
    )
    return All((carries(layers, DECNET), ends))


def _decnet_end(layers: Layers, address: int, short: int, long: int) -> Predicate:
    """Ask for *address* at an offset that depends on the kind of the header."""
    kinds = (
        (masked(layers.ip(2, 1), 0x07, 0x02), short),
        (masked(layers.ip(2, 2), 0xFF07, 0x8102), short + 1),
        (masked(layers.ip(2, 1), 0x07, 0x06), long),
        (masked(layers.ip(2, 2), 0xFF07, 0x8106), long + 1),
    )
    return Any(
        tuple(All((kind, layers.ip_test(offset, 2, only(address)))) for kind, offset in kinds)
    )
