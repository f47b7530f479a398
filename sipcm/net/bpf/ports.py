"""Ports and ranges of ports, by number and by the name of a service."""

from collections.abc import Iterable, Sequence
from typing import Final

from sipcm.net.bpf import protocols
from sipcm.net.bpf.context import Context, no_qualifier
from sipcm.net.bpf.ends import at_ends
from sipcm.net.bpf.errors import FilterError, Placed
from sipcm.net.bpf.fragments import first_fragment, fragment6_of
from sipcm.net.bpf.intervals import Intervals, between, joined, only, union
from sipcm.net.bpf.layers import Place
from sipcm.net.bpf.linktypes import IPV4, IPV6, carries
from sipcm.net.bpf.predicate import All, Any, Not, Predicate, test
from sipcm.net.bpf.syntax import Primitive
from sipcm.net.bpf.tokens import ADDRESS4, ADDRESS6, ARCNET, MAC, NUMBER

HIGHEST_PORT: Final = 65535

_PORTS: Final = {"tcp": protocols.TCP, "udp": protocols.UDP, "sctp": protocols.SCTP}


def port(context: Context, said: Sequence[Primitive]) -> Predicate:
    """Ask for one of the ports *said*, all of the same protocol and direction."""
    protocol, direction, kind = said[0].qualifiers
    if protocol not in {"", *_PORTS}:
        asked = " ".join(filter(None, (direction, kind, said[0].value.written)))
        hint = f"write {protocol} and {asked}" if protocol in {"ip", "ip6"} else ""
        raise no_qualifier(protocol, f"'{kind}'", hint)
    sets: dict[tuple[str, ...], list[Intervals]] = {}
    for each in said:
        with Placed(each.position):
            numbers, known = _port_numbers(context, each)
        sets.setdefault((protocol,) if protocol else known, []).append(numbers)
    ways = [
        _ports(context, names, direction, joined(several, union)) for names, several in sets.items()
    ]
    return ways[0] if len(ways) == 1 else Any(tuple(ways))


def _ports(context: Context, names: Iterable[str], direction: str, numbers: Intervals) -> Predicate:
    """Ask for ports: of IPv6 without extension headers, of IPv4 in the first fragment."""
    wanted = [_PORTS[name] for name in names]
    layers = context.layers

    def ask(transport: Place) -> Predicate:
        source, destination = transport.load(2), transport.plus(2).load(2)
        return at_ends(direction, test(source, numbers), test(destination, numbers))

    transports = _numbers(wanted)
    six = (
        carries(layers, IPV6),
        layers.ip_test(6, 1, transports),
        ask(layers.transport6()),
    )
    four = (carries(layers, IPV4), layers.ip_test(9, 1, transports))
    first = All((first_fragment(layers), ask(layers.transport4())))
    if not context.widens:
        return Any((All(six), All((*four, first))))
    later = Not(first_fragment(layers))
    return Any((All(six), fragment6_of(layers, *wanted), All((*four, Any((later, first))))))


def _numbers(wanted: Iterable[int]) -> Intervals:
    return tuple((number, number) for number in sorted(wanted))


def _port_numbers(context: Context, said: Primitive) -> tuple[Intervals, tuple[str, ...]]:
    """Return the ports that are meant, and the protocols in which they have that name."""
    value = said.value
    everywhere = tuple(_PORTS)
    if value.kind == NUMBER:
        number = _checked_port(value.number)
        return only(number), everywhere
    if value.kind in {ADDRESS4, ADDRESS6, MAC, ARCNET}:
        raise FilterError(f"'{said.qualifiers.type}' qualifier applied to {value.kind}")
    if said.qualifiers.type == "portrange":
        return _range(context, said)
    if _is_range(value.text):
        raise FilterError(f"unknown port '{value.text}'", None, f"write portrange {value.text}")
    number, known = _named_port(context, value.text, said.qualifiers.protocol)
    return only(number), known


def _range(context: Context, said: Primitive) -> tuple[Intervals, tuple[str, ...]]:
    text = said.value.text
    ends = text.split("-")
    if len(ends) == 1:
        number, known = _named_port(context, text, said.qualifiers.protocol)
        return only(number), known
    if len(ends) > 2:
        raise FilterError(f"port range '{text}' contains more than one hyphen")
    first, known = _end_of_range(context, ends[0], said.qualifiers.protocol)
    last, _ = _end_of_range(context, ends[1], said.qualifiers.protocol)
    return between(min(first, last), max(first, last)), known


def _end_of_range(context: Context, text: str, protocol: str) -> tuple[int, tuple[str, ...]]:
    digits = text[2:] if text[:2] in {"0x", "0X"} else text
    if text.isdigit() or (digits is not text and digits):
        try:
            return _checked_port(int(text, 16 if digits is not text else 10)), tuple(_PORTS)
        except ValueError:
            pass
    if not text:
        raise FilterError("a range of ports has two ends", None, "write portrange 5060-5061")
    return _named_port(context, text, protocol)


def _is_range(text: str) -> bool:
    first, _, last = text.partition("-")
    return first.isdigit() and last.isdigit()


def _named_port(context: Context, name: str, protocol: str) -> tuple[int, tuple[str, ...]]:
    """Return the port of a service and the protocols in which that is so.

    A service with the same port in all protocols that know it, but for one, is looked for where it
    is known; one that is known to TCP and UDP is looked for everywhere, as if it were a number.
    """
    found = context.names.ports(name)
    if not found:
        raise FilterError(f"unknown port '{name}'", None, "the file services has no such name")
    if protocol:
        if protocol not in found:
            raise FilterError(f"port '{name}' is {next(iter(found))}")
        return found[protocol], (protocol,)
    number = found.get("tcp", next(iter(found.values())))
    same = tuple(transport for transport, port in found.items() if port == number)
    return number, tuple(_PORTS) if {"tcp", "udp"} <= set(same) else same


def _checked_port(number: int) -> int:
    if number > HIGHEST_PORT:
        raise FilterError(f"port number {number} greater than maximum {HIGHEST_PORT}")
    return number
