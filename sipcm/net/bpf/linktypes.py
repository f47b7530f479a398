"""The link types: where their fields lie, and how each tells what it carries.

What is carried goes by one number throughout: an ethertype, or up to 1500 the service access point
of IEEE 802.2 (LLC). Sources: the pages on www.tcpdump.org/linktypes, RFC 1661 and 894, IEEE 802.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from sipcm.net.bpf import wireless
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.instructions import ANCILLARY
from sipcm.net.bpf.intervals import Intervals, between, only
from sipcm.net.bpf.layers import Layers, Place, masked
from sipcm.net.bpf.predicate import FALSE, All, Any, Predicate, test

EN10MB: Final = "EN10MB"
LINUX_SLL: Final = "LINUX_SLL"
LINUX_SLL2: Final = "LINUX_SLL2"
RAW: Final = "RAW"
NULL: Final = "NULL"
LOOP: Final = "LOOP"
PPP: Final = "PPP"
RADIO: Final = "IEEE802_11_RADIO"

LINKTYPES: Final = (EN10MB, LINUX_SLL, LINUX_SLL2, RAW, NULL, LOOP, PPP, RADIO)

DESCRIPTIONS: Final = {
    EN10MB: "Ethernet",
    LINUX_SLL: "Linux cooked v1",
    LINUX_SLL2: "Linux cooked v2",
    RAW: "Raw IP",
    NULL: "BSD loopback",
    LOOP: "OpenBSD loopback",
    PPP: "Point-to-Point Protocol",
    RADIO: "802.11 plus radiotap header",
}

IPV4: Final = 0x0800
IPV6: Final = 0x86DD
ARP: Final = 0x0806
RARP: Final = 0x8035
ATALK: Final = 0x809B
AARP: Final = 0x80F3
IPX: Final = 0x8137
DECNET: Final = 0x6003
MPLS: Final = 0x8847
PPP_MPLS: Final = 0x0281
"""What MPLS is to PPP (RFC 3032 4.3); there ``ether proto 0x8847`` asks for just that number."""
HIGHEST_LENGTH: Final = 1500
"""A larger number where Ethernet has its type is one; up to here it is the length of the frame."""

_ON_SNAP: Final = {ATALK: 0x080007, AARP: 0}
"""Ethertypes that also stand behind LLC and SNAP, and the organisation that is named there."""

SAP_IP: Final = 0x06
SAP_STP: Final = 0x42
SAP_IPX: Final = 0xE0
SAP_NETBEUI: Final = 0xF0
SAP_ISO: Final = 0xFE
_BOTH_SAPS: Final = frozenset({SAP_IP, SAP_NETBEUI, SAP_ISO})

COOKED_8023: Final = 1
COOKED_LLC: Final = 4
COOKED_OUTGOING: Final = 4

# AF_INET6 differs by system: Linux; NetBSD and OpenBSD; FreeBSD; Darwin.
_FAMILIES: Final = {IPV4: (2,), IPV6: (10, 24, 28, 30)}

_PPP_NUMBERS: Final = {
    IPV4: 0x0021,
    IPV6: 0x0057,
    DECNET: 0x0027,
    ATALK: 0x0029,
    0x0600: 0x0025,
    SAP_ISO: 0x0023,
    SAP_STP: 0x0031,
    SAP_IPX: 0x002B,
}

_OFFSETS: Final = {
    EN10MB: (12, 14),
    LINUX_SLL: (14, 16),
    LINUX_SLL2: (0, 20),
    RAW: (0, 0),
    NULL: (0, 4),
    LOOP: (0, 4),
    PPP: (2, 4),
}
"""Where each tells what it carries, and where that begins."""

SHORT: Final = between(0, HIGHEST_LENGTH)


def begin(linktype: str, *, live: bool) -> Layers:
    """Return the layers at the begin of a packet. FilterError names a link type unknown here.

    *live* packets of cooked sockets have no link header at all: Linux tells of it what is asked.
    """
    if live and linktype in {LINUX_SLL, LINUX_SLL2}:
        return Layers(linktype, Place(0), Place(ANCILLARY), Place(0))
    if linktype == RADIO:
        return Layers(RADIO, wireless.HEADER, Place(0), wireless.DATA, network=8, bare=3)
    if linktype not in _OFFSETS:
        raise FilterError(
            f"filters on link type {linktype} are not supported; these are: {', '.join(LINKTYPES)}"
        )
    kind, payload = _OFFSETS[linktype]
    bare = 3 if linktype == EN10MB else 0
    return Layers(linktype, Place(0), Place(kind), Place(payload), bare=bare)


def carries(layers: Layers, number: int) -> Predicate:
    """Ask whether the link layer at hand carries the protocol *number*."""
    if layers.labels:
        return _under_label(layers, number)
    return _CARRIES[layers.link](layers, number)


def snap(layers: Layers, organisation: int, ethertype: int) -> Predicate:
    """Ask whether LLC and SNAP say the *ethertype* of an *organisation* (IEEE 802, RFC 1042)."""
    return All(
        (
            test(layers.payload.load(4), only(0xAAAA0300 | organisation >> 16)),
            test(layers.payload.plus(4).load(4), only((organisation & 0xFFFF) << 16 | ethertype)),
        )
    )


def _type_is(layers: Layers, number: int) -> Predicate:
    return _number_is(layers.kind, number)


@lru_cache(maxsize=64)
def _number_is(place: Place, number: int) -> Predicate:
    """Ask for a *number* of two bytes; hardly a word of a filter does not ask for IP so."""
    return test(place.load(2), only(number))


def _sap_is(layers: Layers, number: int) -> Predicate:
    """Ask for a service access point: for both where the protocol has it as source too."""
    if number in _BOTH_SAPS:
        return test(layers.payload.load(2), only(number << 8 | number))
    return test(layers.payload.load(1), only(number))


def _on_ethernet(layers: Layers, number: int) -> Predicate:
    if number > HIGHEST_LENGTH and number not in _ON_SNAP:
        return _type_is(layers, number)
    short = test(layers.kind.load(2), SHORT)
    if number == SAP_IPX:
        # Behind LLC, behind SNAP, bare in the 802.3 frame (its checksum is ffff), or as a type.
        bare = test(layers.payload.load(2), only(0xFFFF))
        llc = Any((snap(layers, 0, IPX), _sap_is(layers, SAP_IPX), bare))
        return Any((_type_is(layers, IPX), All((short, llc))))
    if number in _ON_SNAP:
        organisation = _ON_SNAP[number]
        return Any((_type_is(layers, number), All((short, snap(layers, organisation, number)))))
    return All((short, _sap_is(layers, number)))


def _on_cooked(layers: Layers, number: int) -> Predicate:
    if number > HIGHEST_LENGTH and number not in _ON_SNAP:
        return _type_is(layers, number)
    llc = _type_is(layers, COOKED_LLC)
    if number == SAP_IPX:
        behind = Any((snap(layers, 0, IPX), _sap_is(layers, SAP_IPX)))
        direct = Any((_type_is(layers, IPX), _type_is(layers, COOKED_8023)))
        return Any((direct, All((llc, behind))))
    if number in _ON_SNAP:
        organisation = _ON_SNAP[number]
        return Any((_type_is(layers, number), All((llc, snap(layers, organisation, number)))))
    return All((llc, _sap_is(layers, number)))


def _on_raw(layers: Layers, number: int) -> Predicate:
    """Look at the version of the IP header, the first half of its first byte."""
    version = {IPV4: 0x40, IPV6: 0x60}.get(number)
    return FALSE if version is None else masked(layers.ip(0, 1), 0xF0, version)


def _on_null(layers: Layers, number: int) -> Predicate:
    """Take the family in the order of whoever captured, which nobody knows."""
    families = _FAMILIES.get(number, ())
    swapped = tuple(family << 24 for family in families)
    return test(layers.kind.load(4), _numbers(families + swapped)) if families else FALSE


def _on_loop(layers: Layers, number: int) -> Predicate:
    families = _FAMILIES.get(number, ())
    return test(layers.kind.load(4), _numbers(families)) if families else FALSE


def _on_ppp(layers: Layers, number: int) -> Predicate:
    return _type_is(layers, _PPP_NUMBERS.get(number, number))


def _on_radio(layers: Layers, number: int) -> Predicate:
    return All((wireless.data_frame(layers), _behind_llc(layers, number)))


def _behind_llc(layers: Layers, number: int) -> Predicate:
    if number == ATALK:
        return snap(layers, 0x080007, ATALK)
    if number <= HIGHEST_LENGTH:
        return _sap_is(layers, number)
    return test(layers.payload.plus(6).load(2), only(number))


def _under_label(layers: Layers, number: int) -> Predicate:
    """Under the last label there is IP, if anything that can be told (RFC 3032 2.2)."""
    version = {IPV4: 0x40, IPV6: 0x60}.get(number)
    if version is None:
        raise FilterError("unsupported protocol over mpls", None, "MPLS tells of IP only")
    last = masked(layers.payload.plus(layers.network - 2).load(1), 0x01, 0x01)
    return All((last, masked(layers.ip(0, 1), 0xF0, version)))


def _numbers(numbers: tuple[int, ...]) -> Intervals:
    return tuple((number, number) for number in sorted(numbers))


_CARRIES: Final[dict[str, Callable[[Layers, int], Predicate]]] = {
    EN10MB: _on_ethernet,
    LINUX_SLL: _on_cooked,
    LINUX_SLL2: _on_cooked,
    RAW: _on_raw,
    NULL: _on_null,
    LOOP: _on_loop,
    PPP: _on_ppp,
    RADIO: _on_radio,
}
