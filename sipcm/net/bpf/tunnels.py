"""Headers around headers: VLAN tags, MPLS labels, PPPoE, Geneve and VXLAN.

Each word asks for its header and moves the layers behind it. Where the length of a header differs
from packet to packet, its end is kept in a slot of the machine's memory.
"""

from collections.abc import Callable
from typing import Final

from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import Number, Register, binary
from sipcm.net.bpf.fragments import first_fragment
from sipcm.net.bpf.instructions import ADD, ANCILLARY, AND, JEQ, LSH
from sipcm.net.bpf.intervals import ZERO, complement, only
from sipcm.net.bpf.layers import Layers, Place, masked
from sipcm.net.bpf.linktypes import (
    EN10MB,
    IPV4,
    IPV6,
    MPLS,
    PPP,
    PPP_MPLS,
    RADIO,
    carries,
)
from sipcm.net.bpf.predicate import TRUE, All, Any, Assignment, Not, Predicate, compare, test

TAG_TYPES: Final = (0x8100, 0x88A8, 0x9100)
PPPOE_DISCOVERY: Final = 0x8863
PPPOE_SESSION: Final = 0x8864
BRIDGED: Final = 0x6558
GENEVE_PORT: Final = 6081
VXLAN_PORT: Final = 4789

# What Linux tells of the tag that it has taken off (SKF_AD_VLAN_TAG and its presence).
TAG: Final = ANCILLARY + 44
TAG_PRESENT: Final = ANCILLARY + 48

_UDP: Final = 17


def tunnel(context: Context, word: str, number: int | None) -> Predicate:
    """Ask for the header of *word*, with *number* if there is one, and step over it."""
    return _TUNNELS[word](context, number)


def pppoe_discovery(context: Context) -> Predicate:
    """Ask for a packet that sets up a PPPoE session (RFC 2516 5)."""
    return carries(context.layers, PPPOE_DISCOVERY)


def header_is_there(layers: Layers) -> Predicate:
    """Ask whether there is a link header inside a tunnel that may leave it out."""
    return Not(compare(JEQ, layers.header.expression(), layers.payload.expression()))


def _vlan(context: Context, number: int | None) -> Predicate:
    layers = context.layers
    if layers.labels:
        raise FilterError("'vlan' cannot be used within MPLS")
    if layers.link not in {EN10MB, RADIO}:
        raise context.unsupported("'vlan'")
    _check("VLAN tag", number, 4095)
    layers.tags += 1
    inline: list[Predicate] = [Any(tuple(carries(layers, kind) for kind in TAG_TYPES))]
    if number is not None:
        inline.append(masked(layers.ip(0, 2), 0x0FFF, number))
    if not context.live or layers.tags > 1 or layers.tunnelled or layers.link != EN10MB:
        _step(layers, 4)
        return All(tuple(inline))
    # On receiving Linux has taken the outer tag off; otherwise it is looked for in the packet, and
    # all that follows is 4 bytes further on, be it there or not.
    slot = context.slots.take()
    known = test(Place(TAG_PRESENT).load(1), complement(ZERO))
    tagged = TRUE if number is None else masked(Place(TAG).load(2), 0x0FFF, number)
    layers.kind = Place(layers.kind.offset, Register(slot))
    layers.payload = Place(layers.payload.offset, Register(slot))
    return Any(
        (
            All((known, Assignment(slot, Number(0)), tagged)),
            All((Not(known), Assignment(slot, Number(4)), *inline)),
        )
    )


def _mpls(context: Context, number: int | None) -> Predicate:
    layers = context.layers
    _check("MPLS label", number, 0xFFFFF)
    if layers.labels:
        last = layers.payload.plus(layers.network - 2).load(1)
        asked = [masked(last, 0x01, 0)]
    elif layers.link in {EN10MB, PPP}:
        asked = [carries(layers, PPP_MPLS if layers.link == PPP else MPLS)]
    else:
        raise context.unsupported("'mpls'")
    if number is not None:
        asked.append(masked(layers.ip(0, 4), 0xFFFFF000, number << 12))
    layers.network += 4
    layers.bare += 4
    layers.labels += 1
    return All(tuple(asked))


def _pppoe(context: Context, number: int | None) -> Predicate:
    layers = context.layers
    _check("PPPoE session number", number, 0xFFFF)
    asked = [carries(layers, PPPOE_SESSION)]
    if number is not None:
        asked.append(layers.ip_test(2, 2, only(number)))
    begin = layers.payload.plus(layers.network + 6)
    context.layers = Layers(PPP, begin, begin, begin.plus(2))
    return All(tuple(asked))


def _geneve(context: Context, number: int | None) -> Predicate:
    """Step over a Geneve header (RFC 8926 3.4), with options, and the Ethernet header if any."""
    _check("Geneve VNI", number, 0xFFFFFF)

    def asked(place: Place) -> Predicate:
        return All((masked(place.load(1), 0xC0, 0), _network_number(place, number)))

    begin = Register(context.slots.take())
    header, kind, payload = (Register(context.slots.take()) for _ in range(3))
    found = _in_udp(context.layers, GENEVE_PORT, asked, begin.slot)
    start = Place(0, begin)
    options = binary(LSH, binary(AND, start.load(1), Number(0x3F)), Number(2))
    behind = binary(ADD, binary(ADD, options, begin), Number(8))
    bridged = (
        test(start.plus(2).load(2), only(BRIDGED)),
        Assignment(kind.slot, binary(ADD, header, Number(12))),
        Assignment(payload.slot, binary(ADD, header, Number(14))),
    )
    routed = (
        Assignment(kind.slot, binary(ADD, begin, Number(2))),
        Assignment(payload.slot, header),
    )
    context.layers = Layers(
        EN10MB,
        Place(0, header),
        Place(0, kind),
        Place(0, payload),
        bare=3,
        inside=True,
        tunnelled=True,
    )
    return All((found, Assignment(header.slot, behind), Any((All(bridged), All(routed)))))


def _vxlan(context: Context, number: int | None) -> Predicate:
    """Step over a VXLAN header (RFC 7348 5) and the Ethernet header behind it."""
    _check("VXLAN VNI", number, 0xFFFFFF)

    def asked(place: Place) -> Predicate:
        return All((test(place.load(1), only(0x08)), _network_number(place, number)))

    begin = Register(context.slots.take())
    found = _in_udp(context.layers, VXLAN_PORT, asked, begin.slot)
    context.layers = Layers(
        EN10MB, Place(8, begin), Place(20, begin), Place(22, begin), bare=3, tunnelled=True
    )
    return found


def _in_udp(layers: Layers, port: int, asked: Callable[[Place], Predicate], slot: int) -> Predicate:
    """Ask for UDP to *port* and for what is *asked* of its payload, whose begin goes to *slot*."""

    def behind(ethertype: int, protocol: int, whole: Predicate, transport: Place) -> Predicate:
        payload = transport.plus(8)
        return All(
            (
                carries(layers, ethertype),
                layers.ip_test(protocol, 1, only(_UDP)),
                whole,
                test(transport.plus(2).load(2), only(port)),
                asked(payload),
                Assignment(slot, payload.expression()),
            )
        )

    first = first_fragment(layers)
    return Any(
        (
            behind(IPV4, 9, first, layers.transport4()),
            behind(IPV6, 6, TRUE, layers.transport6()),
        )
    )


def _network_number(place: Place, number: int | None) -> Predicate:
    """Ask for the number of a virtual network, three bytes in the same place in both."""
    if number is None:
        return TRUE
    return masked(place.plus(4).load(4), 0xFFFFFF00, number << 8)


def _step(layers: Layers, distance: int) -> None:
    layers.kind = layers.kind.plus(distance)
    layers.payload = layers.payload.plus(distance)


def _check(what: str, number: int | None, highest: int) -> None:
    if number is not None and number > highest:
        raise FilterError(f"{what} {number} greater than maximum {highest}")


_TUNNELS: Final[dict[str, Callable[[Context, int | None], Predicate]]] = {
    "vlan": _vlan,
    "mpls": _mpls,
    "pppoes": _pppoe,
    "geneve": _geneve,
    "vxlan": _vxlan,
}
