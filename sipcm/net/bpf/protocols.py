"""Protocols: what a bare word such as ``udp`` asks, and numbers behind ``proto``."""

from collections.abc import Iterable
from typing import Final

from sipcm.net.bpf.context import Context, no_qualifier
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import Load, Number, binary
from sipcm.net.bpf.fragments import FRAGMENT_HEADER, all_fragments, left_open
from sipcm.net.bpf.instructions import AND
from sipcm.net.bpf.intervals import only, union
from sipcm.net.bpf.layers import Layers
from sipcm.net.bpf.linktypes import (
    AARP,
    ARP,
    ATALK,
    DECNET,
    HIGHEST_LENGTH,
    IPV4,
    IPV6,
    PPP,
    RARP,
    SAP_IPX,
    SAP_ISO,
    SAP_NETBEUI,
    SAP_STP,
    carries,
)
from sipcm.net.bpf.predicate import All, Any, HeaderChain, Predicate, test
from sipcm.net.bpf.words import LINK

TCP: Final = 6
UDP: Final = 17
ICMP6: Final = 58
SCTP: Final = 132

LINK_NUMBERS: Final = {
    "ip": IPV4,
    "ip6": IPV6,
    "arp": ARP,
    "rarp": RARP,
    "atalk": ATALK,
    "aarp": AARP,
    "decnet": DECNET,
    "sca": 0x6007,
    "lat": 0x6004,
    "mopdl": 0x6001,
    "moprc": 0x6002,
    "iso": SAP_ISO,
    "stp": SAP_STP,
    "ipx": SAP_IPX,
    "netbeui": SAP_NETBEUI,
}
"""What the link layer calls each protocol that it carries itself."""

UNREAD: Final = frozenset({"iso", "stp", "ipx", "netbeui", "aarp"})
"""Those of whose headers no byte can be asked for: they begin behind LLC, or may do so."""

_ON_BOTH: Final = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "pim": 103, "ah": 51, "esp": 50}
_ON_IPV4: Final = {"icmp": 1, "igmp": 2, "igrp": 9, "vrrp": 112, "carp": 112}
TRANSPORT4: Final = frozenset({"tcp", "udp", "sctp", "pim", *_ON_IPV4})
"""Protocols on IPv4 of whose header bytes can be asked for."""

_ISO_NUMBERS: Final = {"clnp": 0x81, "esis": 0x82, "isis": 0x83}
# Kinds of IS-IS packets (ISO 10589 9.5 to 9.13).
_L1_HELLO, _L2_HELLO, _POINT_HELLO = 15, 16, 17
_L1_LSP, _L2_LSP = 18, 20
_L1_CSNP, _L2_CSNP = 24, 25
_L1_PSNP, _L2_PSNP = 26, 27
_ISIS_KINDS: Final = {
    "l1": (_L1_HELLO, _POINT_HELLO, _L1_LSP, _L1_CSNP, _L1_PSNP),
    "l2": (_L2_HELLO, _POINT_HELLO, _L2_LSP, _L2_CSNP, _L2_PSNP),
    "iih": (_L1_HELLO, _L2_HELLO, _POINT_HELLO),
    "lsp": (_L1_LSP, _L2_LSP),
    "snp": (_L1_CSNP, _L2_CSNP, _L1_PSNP, _L2_PSNP),
    "csnp": (_L1_CSNP, _L2_CSNP),
    "psnp": (_L1_PSNP, _L2_PSNP),
}
_HIGHEST_ISIS_KIND: Final = 0x1F


def protocol(context: Context, name: str) -> Predicate:
    """Ask whether a packet has the protocol *name*."""
    layers = context.layers
    if name in LINK_NUMBERS:
        return carries(layers, LINK_NUMBERS[name])
    if name in _ON_BOTH:
        return Any((on_ip6(layers, _ON_BOTH[name]), on_ip4(layers, _ON_BOTH[name])))
    if name in _ON_IPV4:
        return on_ip4(layers, _ON_IPV4[name])
    if name == "icmp6":
        return on_ip6(layers, ICMP6)
    if name in _ISO_NUMBERS:
        return _on_iso(layers, _ISO_NUMBERS[name])
    if name in _ISIS_KINDS:
        return _on_isis(layers, _ISIS_KINDS[name])
    if name == LINK:
        raise FilterError("'link' cannot be used alone", None, "name an address: ether host ...")
    raise FilterError(f"'{name}' cannot be used as an abbreviation")


def on_ip4(layers: Layers, number: int) -> Predicate:
    """Ask for an IPv4 packet with the protocol *number*."""
    return All((carries(layers, IPV4), layers.ip_test(9, 1, only(number))))


def on_ip6(layers: Layers, number: int) -> Predicate:
    """Ask for an IPv6 packet with *number* as next header, directly or behind a fragment header."""
    behind = All((layers.ip_test(6, 1, only(FRAGMENT_HEADER)), layers.ip_test(40, 1, only(number))))
    return All((carries(layers, IPV6), Any((layers.ip_test(6, 1, only(number)), behind))))


def numbered(context: Context, qualifier: str, number: int) -> Predicate:
    """Ask for the protocol *number* of the layer that *qualifier* names, as ``ip proto 17``."""
    layers = context.layers
    if qualifier == LINK:
        return _numbered_link(layers, number)
    if qualifier not in {"", "ip", "ip6", "iso", "isis"}:
        raise no_qualifier(qualifier, "'proto'")
    _check(number, _HIGHEST_ISIS_KIND if qualifier == "isis" else 255)
    if qualifier == "ip":
        return on_ip4(layers, number)
    if qualifier == "ip6":
        return on_ip6(layers, number)
    if qualifier == "iso":
        return _on_iso(layers, number)
    if qualifier == "isis":
        return _on_isis(layers, (number,))
    return Any((on_ip6(layers, number), on_ip4(layers, number)))


def chained(context: Context, qualifier: str, number: int) -> Predicate:
    """Ask for the protocol *number* anywhere among the headers, as ``ip6 protochain 17``."""
    layers = context.layers
    if qualifier not in {"", "ip", "ip6"}:
        raise no_qualifier(qualifier, "'protochain'")
    if layers.payload.base is not None:
        raise FilterError("'protochain' not supported with variable length headers")
    _check(number, 255)
    start = layers.payload.offset + layers.network
    chains = []
    for version, name, ethertype in ((4, "ip", IPV4), (6, "ip6", IPV6)):
        if qualifier in {"", name}:
            chains.append(All((carries(layers, ethertype), HeaderChain(version, start, number))))
    # The chain may go on in the first fragment only.
    return left_open(context, Any(tuple(chains)), all_fragments(layers), first=True)


def protocol_number(context: Context, qualifier: str, name: str) -> int:
    """Return the number of a protocol's *name* behind ``proto`` or ``protochain``."""
    known: int | None = None
    if qualifier == LINK:
        known = context.names.ethertype(name)
    elif qualifier == "iso":
        known = _ISO_NUMBERS.get(name)
    elif qualifier in {"", "ip", "ip6"}:
        known = context.names.protocol(name)
    if known is None:
        said = f"{'ether' if qualifier == LINK else qualifier} proto".lstrip()
        raise FilterError(f"unknown '{said}' value '{name}'")
    return known


def _numbered_link(layers: Layers, number: int) -> Predicate:
    what = "PPP protocol" if layers.link == PPP else "EtherType"
    if number > 0xFFFF:
        raise FilterError(f"{what} {number} greater than maximum 65535")
    if 255 < number <= HIGHEST_LENGTH and layers.link != PPP:
        raise FilterError(f"LLC DSAP {number} greater than maximum 255")
    return carries(layers, number)


def _check(number: int, highest: int) -> None:
    if number > highest:
        raise FilterError(f"protocol number {number} greater than maximum {highest}")


def _on_iso(layers: Layers, number: int) -> Predicate:
    return All((carries(layers, SAP_ISO), test(_behind_llc(layers, 0), only(number))))


def _on_isis(layers: Layers, kinds: Iterable[int]) -> Predicate:
    numbers = tuple(number for kind in sorted(kinds) for number in only(kind))
    kind_of_packet = binary(AND, _behind_llc(layers, 4), Number(_HIGHEST_ISIS_KIND))
    return All((_on_iso(layers, _ISO_NUMBERS["isis"]), test(kind_of_packet, union((), numbers))))


def _behind_llc(layers: Layers, offset: int) -> Load:
    return layers.payload.plus(layers.bare + offset).load(1)
