"""IP fragments: only the first of a packet has ports, and none tells the length of the whole.

A filter that is to let all fragments of what it looks for through is widened by what is here.
"""

from typing import Final

from sipcm.net.bpf.context import Context
from sipcm.net.bpf.intervals import only
from sipcm.net.bpf.layers import Layers, masked
from sipcm.net.bpf.linktypes import IPV4, IPV6, carries
from sipcm.net.bpf.predicate import All, Any, Not, Predicate

FRAGMENT_HEADER: Final = 44
"""The number of IPv6's header for fragments (RFC 8200 4.5)."""

_OFFSET: Final = 0x1FFF
_OFFSET_AND_MORE: Final = 0x3FFF


def first_fragment(layers: Layers) -> Predicate:
    """Ask whether an IPv4 packet is whole or a first fragment: it has a transport header."""
    return masked(layers.ip(6, 2), _OFFSET, 0)


def any_fragment(layers: Layers) -> Predicate:
    """Ask whether an IPv4 packet is a fragment, be it the first (RFC 791 3.1)."""
    return Not(masked(layers.ip(6, 2), _OFFSET_AND_MORE, 0))


def fragment6_of(layers: Layers, *numbers: int) -> Predicate:
    """Ask whether a packet is an IPv6 fragment of one of the protocols."""
    carried = layers.ip_test(40, 1, tuple((number, number) for number in sorted(numbers)))
    return All((carries(layers, IPV6), layers.ip_test(6, 1, only(FRAGMENT_HEADER)), carried))


def all_fragments(layers: Layers) -> tuple[Predicate, ...]:
    """Return what asks for fragments of any protocol, one for each version of IP."""
    four = All((carries(layers, IPV4), any_fragment(layers)))
    six = All((carries(layers, IPV6), layers.ip_test(6, 1, only(FRAGMENT_HEADER))))
    return four, six


def left_open(
    context: Context, exact: Predicate, fragments: tuple[Predicate, ...], *, first: bool = False
) -> Predicate:
    """Return *exact*, but that it is true of *fragments*, and false of them below a ``not``.

    They are asked for *first* where *exact* may look at what lies in a later fragment: a load
    beyond the packet ends the program.
    """
    if not context.fragments:
        return exact
    if context.positive:
        return Any((*fragments, exact) if first else (exact, *fragments))
    others = tuple(Not(fragment) for fragment in fragments)
    return All((*others, exact) if first else (exact, *others))
