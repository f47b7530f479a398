"""What a filter lets through besides what it matches, so that no fragment of that is lost.

Of a fragment it cannot be told what is asked of the whole packet: how long that is, and what lies
in its other fragments. Such questions are left open: all fragments pass that may belong to the
answer. Which headers a packet has in front of IP does not depend on where in the filter such a
question stands, so fragments are looked for behind all headers that the filter speaks of, and
behind VLAN tags, of which it may say nothing.

The fields that tell of fragmentation itself (the flags and the offset, ``ip[6:2]``) are another
matter: who asks for them means each packet as it is.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.fragments import all_fragments, any_fragment, fragment6_of
from sipcm.net.bpf.layers import Layers
from sipcm.net.bpf.linktypes import IPV4, begin, carries
from sipcm.net.bpf.predicate import All, Any, Predicate
from sipcm.net.bpf.protocols import ICMP6, TRANSPORT4, UDP, on_ip4, protocol
from sipcm.net.bpf.syntax import Arithmetic, Bytes, Constant, Minus, Operation, PacketLength
from sipcm.net.bpf.tunnels import tunnel
from sipcm.net.bpf.words import LINK, UDP_TUNNELS

MOST_HEADERS: Final = 8
"""Headers around headers behind which fragments are looked for."""

_TAGS: Final = ("vlan", "vlan")

_ALIKE4: Final = frozenset({1, 4, 5, 6, 7, 8, 9, *range(12, 20)})
_ALIKE6: Final = frozenset({0, 1, 2, 3, *range(7, 40)})
"""The bytes of IP headers that are the same in all fragments of a packet, and in the whole."""

Sought = Callable[[Layers], tuple[Predicate, ...]]


def of_length(context: Context) -> tuple[Predicate, ...]:
    """Ask for all fragments: none tells the length of the whole packet."""
    if context.anywhere is None:
        rows = {context.tunnels[:MOST_HEADERS], _TAGS}
        if context.tunnels[: len(_TAGS)] == _TAGS[: len(context.tunnels)]:
            rows = {max(rows, key=len)}
        found = [_behind_headers(context, row, all_fragments) for row in sorted(rows)]
        context.anywhere = tuple(each for row in found for each in row)
    return context.anywhere


def of_number(context: Context, number: Arithmetic) -> tuple[Predicate, ...]:
    """Ask for the fragments of which *number* cannot be told."""
    match number:
        case PacketLength():
            return of_length(context)
        case Minus():
            return of_number(context, number.operand)
        case Operation():
            return (*of_number(context, number.left), *of_number(context, number.right))
        case Bytes():
            return (*of_number(context, number.at), *_of_bytes(context, number))
    return ()


def of_link_bytes(context: Context, index: int | None, size: int) -> tuple[Predicate, ...]:
    """Ask for all fragments, unless the bytes counted from the link header lie in it."""
    header = begin(context.link, live=False).payload.offset
    return () if index is not None and index + size <= header else of_length(context)


def of_tunnels(context: Context) -> tuple[Predicate, ...]:
    """Ask for the fragments of packets that may carry others in UDP: what these are none tells."""
    words = context.tunnels[:MOST_HEADERS]
    return _behind_headers(context, words, _udp_fragments, before=UDP_TUNNELS)


def _of_bytes(context: Context, read: Bytes) -> tuple[Predicate, ...]:
    layers = context.layers
    index = read.at.value if isinstance(read.at, Constant) else None
    places = set() if index is None else set(range(index, index + read.size))
    four, six = all_fragments(layers)
    if read.protocol == LINK:
        return of_link_bytes(context, index, read.size)
    if read.protocol == "ip":
        return () if places and places <= _ALIKE4 else (four,)
    if read.protocol == "ip6":
        return () if places and places <= _ALIKE6 else (six,)
    if read.protocol in TRANSPORT4:
        carried = protocol(context, read.protocol)
        return (All((carries(layers, IPV4), carried, any_fragment(layers))),)
    return (fragment6_of(layers, ICMP6),) if read.protocol == "icmp6" else ()


def _udp_fragments(layers: Layers) -> tuple[Predicate, ...]:
    return All((on_ip4(layers, UDP), any_fragment(layers))), fragment6_of(layers, UDP)


def _behind_headers(
    context: Context,
    words: tuple[str, ...],
    sought: Sought,
    before: frozenset[str] | None = None,
) -> tuple[Predicate, ...]:
    """Return what is *sought* behind no header, the first of those that *words* ask for, and so on.

    With *before* only where a word of these follows.
    """
    apart = Context(
        begin(context.link, live=context.live), context.names, None, live=False, fragments=False
    )
    apart.slots = context.slots
    return _from(apart, words, sought, before)


def _from(
    context: Context, words: Sequence[str], sought: Sought, before: frozenset[str] | None
) -> tuple[Predicate, ...]:
    wanted = before is None or (bool(words) and words[0] in before)
    here = sought(context.layers) if wanted else ()
    if not words:
        return here
    try:
        header = tunnel(context, words[0], None)
    except FilterError:
        return here  # the filter is refused for it, where it stands
    behind = _from(context, words[1:], sought, before)
    return (*here, All((header, Any(behind)))) if behind else here
