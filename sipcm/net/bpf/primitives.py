"""Values with qualifiers: which of them ask for ports, for protocols, or for hosts."""

from collections.abc import Sequence
from typing import Final

from sipcm.net.bpf import protocols
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError, Placed
from sipcm.net.bpf.hosts import gateway, host
from sipcm.net.bpf.ports import port
from sipcm.net.bpf.predicate import Predicate
from sipcm.net.bpf.syntax import Primitive
from sipcm.net.bpf.tokens import ADDRESS4, ADDRESS6, ARCNET, MAC, NUMBER

_PORTS: Final = frozenset({"port", "portrange"})
_HOSTS: Final = frozenset({"", "host", "net"})


def primitive(context: Context, said: Sequence[Primitive]) -> Predicate:
    """Ask what a value with its qualifiers asks, or one of several that are alike."""
    kind = said[0].qualifiers.type
    with Placed(said[0].position):
        if kind in _PORTS:
            return port(context, said)
        if kind in _HOSTS:
            return host(context, said)
        return gateway(context, said[0]) if kind == "gateway" else _protocol(context, said[0])


def alike(one: Primitive, other: Primitive) -> bool:
    """Tell whether two values are looked for in the same places, so that ``or`` makes them a set.

    With "src and dst" they are not: both ends have the one or both the other.
    """
    protocol, direction, kind = one.qualifiers
    other_protocol, other_direction, other_kind = other.qualifiers
    if protocol != other_protocol or direction != other_direction or direction == "src and dst":
        return False
    if kind in _PORTS:
        return other_kind in _PORTS
    written = one.value.kind == other.value.kind == ADDRESS4
    return written and protocol != "decnet" and kind in _HOSTS and other_kind in _HOSTS


def _protocol(context: Context, said: Primitive) -> Predicate:
    value, kind = said.value, said.qualifiers.type
    if value.kind in {ADDRESS4, ADDRESS6, MAC, ARCNET}:
        raise FilterError(f"'{kind}' qualifier applied to {value.kind}")
    qualifier = said.qualifiers.protocol
    number = value.number
    if value.kind != NUMBER:
        number = protocols.protocol_number(context, qualifier, value.text)
    ask = protocols.numbered if kind == "proto" else protocols.chained
    return ask(context, qualifier, number)
