"""Words of their own kind: lengths, broadcast and multicast, direction, LLC, single bytes."""

from collections.abc import Callable
from typing import Final

from sipcm.net.bpf import wireless
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import LENGTH, Number, binary
from sipcm.net.bpf.fragments import left_open
from sipcm.net.bpf.hosts import ethernet_address
from sipcm.net.bpf.instructions import ANCILLARY, AND, OR
from sipcm.net.bpf.intervals import HIGHEST, ZERO, Intervals, between, complement, only, union
from sipcm.net.bpf.layers import Place, masked
from sipcm.net.bpf.linktypes import (
    COOKED_OUTGOING,
    EN10MB,
    IPV4,
    IPV6,
    LINUX_SLL,
    LINUX_SLL2,
    RADIO,
    SHORT,
    carries,
)
from sipcm.net.bpf.predicate import All, Not, Predicate, test
from sipcm.net.bpf.syntax import Special
from sipcm.net.bpf.tunnels import header_is_there, pppoe_discovery, tunnel
from sipcm.net.bpf.widening import of_length, of_link_bytes
from sipcm.net.bpf.words import LINK, TUNNELS

# What Linux tells of a packet: its direction (SKF_AD_PKTTYPE) and its interface (SKF_AD_IFINDEX).
PACKET_TYPE: Final = ANCILLARY + 4
INTERFACE: Final = ANCILLARY + 8

_EVERYONE: Final = b"\xff" * 6

# Supervisory and unnumbered commands (ISO 8802-2 5.3.3 and 5.4.2), without the poll bit.
_SUPERVISORY: Final = {"rr": 0x01, "rnr": 0x05, "rej": 0x09}
_UNNUMBERED: Final = {
    "ui": 0x03,
    "ua": 0x63,
    "disc": 0x43,
    "sabme": 0x6F,
    "test": 0xE3,
    "xid": 0xAF,
    "frmr": 0x87,
    "dm": 0x0F,
}


def special(context: Context, said: Special) -> Predicate:
    """Ask what a word with its arguments asks."""
    if said.word in TUNNELS:
        number = said.arguments[0] if said.arguments else None
        return tunnel(context, said.word, number if isinstance(number, int) else None)
    return _SPECIALS[said.word](context, said)


def _of_length(context: Context, lengths: Intervals) -> Predicate:
    """Ask whether the length on the wire is one of *lengths*; of a fragment it says nothing."""
    asked = test(LENGTH, lengths)
    return left_open(context, asked, of_length(context)) if context.fragments else asked


def _number(said: Special, at: int = 0) -> int:
    number = said.arguments[at]
    return number if isinstance(number, int) else 0


def _less(context: Context, said: Special) -> Predicate:
    return _of_length(context, between(0, _number(said)))


def _greater(context: Context, said: Special) -> Predicate:
    return _of_length(context, between(_number(said), HIGHEST))


def _byte(context: Context, said: Special) -> Predicate:
    asked = _asked_of_byte(context, said)
    if not context.fragments:
        return asked
    return left_open(context, asked, of_link_bytes(context, _number(said), 1), first=True)


def _asked_of_byte(context: Context, said: Special) -> Predicate:
    """Ask for one byte of the link layer; ``&`` and ``|`` ask for what is left not to be 0."""
    field = context.layers.header.plus(_number(said)).load(1)
    operator, number = said.arguments[1], _number(said, 2)
    if operator == "&":
        return test(binary(AND, field, Number(number)), complement(ZERO))
    if operator == "|":
        return test(binary(OR, field, Number(number)), complement(ZERO))
    numbers = {
        "<": between(0, number - 1),
        ">": between(number + 1, HIGHEST),
        "==": only(number),
    }
    return test(field, numbers[str(operator)])


def _broadcast(context: Context, said: Special) -> Predicate:
    layers = context.layers
    if said.arguments[0] in {"", LINK}:
        if layers.link not in {EN10MB, RADIO}:
            raise context.unsupported("'broadcast'")
        return ethernet_address(context, _EVERYONE, "dst")
    if said.arguments[0] != "ip":
        raise FilterError("only link-layer/IP broadcast filters supported")
    if context.netmask is None:
        raise FilterError("netmask not known, so 'ip broadcast' not supported")
    host_bits = ~context.netmask & HIGHEST
    host = binary(AND, layers.ip(16, 4), Number(host_bits))
    return All((carries(layers, IPV4), test(host, union(ZERO, only(host_bits)))))


def _multicast(context: Context, said: Special) -> Predicate:
    layers = context.layers
    protocol = said.arguments[0]
    if protocol == "ip":
        return All((carries(layers, IPV4), masked(layers.ip(16, 1), 0xF0, 0xE0)))
    if protocol == "ip6":
        return All((carries(layers, IPV6), layers.ip_test(24, 1, only(0xFF))))
    if protocol not in {"", LINK}:
        raise FilterError("only IP multicast filters supported on other than the link layer")
    if layers.link == RADIO:
        return wireless.destination(
            layers, lambda field: wireless.has_bit(layers.header.plus(field).load(1), 0x01)
        )
    if layers.link != EN10MB:
        raise context.unsupported("'multicast'")
    group = masked(layers.header.load(1), 0x01, 0x01)
    return All((header_is_there(layers), group)) if layers.inside else group


def _outbound(context: Context, said: Special) -> Predicate:
    layers = context.layers
    if context.live:
        field = Place(PACKET_TYPE)
    elif layers.link == LINUX_SLL:
        return test(layers.header.load(2), only(COOKED_OUTGOING))
    elif layers.link == LINUX_SLL2:
        field = layers.header.plus(10)
    else:
        raise context.unsupported(f"not a live capture, '{said.word}'")
    return test(field.load(1), only(COOKED_OUTGOING))


def _inbound(context: Context, said: Special) -> Predicate:
    return Not(_outbound(context, said))


def _interface(context: Context, said: Special) -> Predicate:
    layers = context.layers
    if context.live:
        field = Place(INTERFACE)
    elif layers.link == LINUX_SLL2:
        field = layers.header.plus(4)
    else:
        raise context.unsupported("not a live capture, 'ifindex'")
    return test(field.load(4), only(_number(said)))


def _llc(context: Context, said: Special) -> Predicate:
    """Ask for IEEE 802.2 frames, perhaps of a kind that the control field tells."""
    layers = context.layers
    if layers.link == RADIO:
        found = wireless.data_frame(layers)
    elif layers.link == EN10MB:
        raw = test(layers.payload.load(2), only(0xFFFF))
        found = All((test(layers.kind.load(2), SHORT), Not(raw)))
    else:
        raise context.unsupported("'llc'")
    if not said.arguments:
        return found
    control = layers.payload.plus(2).load(1)
    name = str(said.arguments[0]).lower()
    if name == "i":
        return All((found, masked(control, 0x01, 0)))
    if name in {"s", "u"}:
        return All((found, masked(control, 0x03, 0x01 if name == "s" else 0x03)))
    if name in _SUPERVISORY:
        return All((found, masked(control, 0x0F, _SUPERVISORY[name])))
    if name in _UNNUMBERED:
        return All((found, masked(control, 0xEF, _UNNUMBERED[name])))
    kinds = ", ".join(("i", "s", "u", *_SUPERVISORY, *_UNNUMBERED))
    raise FilterError(f"unknown LLC type name '{name}'", None, f"these are {kinds}")


def _wireless(context: Context, said: Special) -> Predicate:
    layers = context.layers
    if layers.link != RADIO:
        raise context.unsupported("'dir'" if said.word == "dir" else "'type/subtype'")
    ask = {"type": wireless.kind, "subtype": wireless.subkind, "dir": wireless.direction}
    return ask[said.word](layers, said.arguments)


_SPECIALS: Final[dict[str, Callable[[Context, Special], Predicate]]] = {
    "less": _less,
    "greater": _greater,
    "byte": _byte,
    "broadcast": _broadcast,
    "multicast": _multicast,
    "inbound": _inbound,
    "outbound": _outbound,
    "ifindex": _interface,
    "pppoed": lambda context, _said: pppoe_discovery(context),
    "llc": _llc,
    "type": _wireless,
    "subtype": _wireless,
    "dir": _wireless,
}
