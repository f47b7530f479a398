"""From the text of a filter to a program: all stages in their order."""

from collections.abc import Callable
from typing import Final

from sipcm.net.bpf.codegen import Generator
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.emptiness import advice, excluding, place
from sipcm.net.bpf.errors import EmptyError, FilterError, TooLargeError
from sipcm.net.bpf.graph import REJECT, Graph, decide
from sipcm.net.bpf.instructions import RET, Instruction
from sipcm.net.bpf.intervals import HIGHEST
from sipcm.net.bpf.layout import arrange
from sipcm.net.bpf.linktypes import DESCRIPTIONS, begin
from sipcm.net.bpf.lowering import lower
from sipcm.net.bpf.names import Names
from sipcm.net.bpf.parser import parse
from sipcm.net.bpf.predicate import simplify
from sipcm.net.bpf.program import Program
from sipcm.net.bpf.syntax import Filter

LARGEST_SNAPLEN: Final = 262144
"""What libpcap takes for "the whole packet" (MAXIMUM_SNAPLEN)."""

EMPTY: Final = "expression rejects all packets"

LONGEST_EXPLAINED: Final = 1000
"""Characters of an empty filter whose parts are tried to find out which one makes it so."""


def compile(  # noqa: A001
    expression: str,
    linktype: str = "EN10MB",
    *,
    live: bool = False,
    snaplen: int = LARGEST_SNAPLEN,
    netmask: int | None = None,
    resolver: Names | None = None,
    fragments: bool = False,
) -> Program:
    """Compile a filter of pcap-filter(7) into a program for packets of a link type.

    *expression*  the filter; an empty one lets all packets through
    *linktype*    one of ``linktypes.LINKTYPES``
    *live*        the packets come from a socket: Linux has taken off their outer VLAN tag, and
                  knows direction and interface. Of the two cooked types that is a cooked socket.
    *snaplen*     bytes of a packet to keep, from 1 to 2**32 - 1: what the program returns for a
                  match
    *netmask*     of the network, as a number (0xffffff00), for ``ip broadcast``
    *resolver*    what names mean; by default what the files in /etc say
    *fragments*   let IP fragments through that may belong to a packet the filter lets through

    Raises FilterError.
    """
    _check(expression, snaplen, netmask)
    names = resolver or Names()

    def context() -> Context:
        layers = begin(linktype, live=live)
        return Context(layers, names, netmask, live=live, fragments=fragments)

    try:
        instructions = _instructions(expression, context, snaplen)
    except FilterError as error:
        error.show_in(expression)
        raise
    except RecursionError:
        deep = TooLargeError(
            "the filter has too many and, or, not and parentheses within each other"
        )
        deep.show_in(expression)
        raise deep from None
    return Program(expression, linktype, live, snaplen, instructions)


def _check(expression: str, snaplen: int, netmask: int | None) -> None:
    """Raise FilterError for what is no number that the machine can have, and for bytes."""
    if not isinstance(expression, str):
        raise FilterError(f"a filter is a text, not {type(expression).__name__}")
    if snaplen < 1:
        raise FilterError(f"snaplen of {snaplen} rejects all packets")
    if snaplen > HIGHEST:
        raise FilterError(f"snaplen of {snaplen} is larger than {HIGHEST}")
    if netmask is not None and not 0 <= netmask <= HIGHEST:
        raise FilterError(f"netmask of {netmask:#x} does not have 32 bits")


def _instructions(
    expression: str, context: Callable[[], Context], snaplen: int
) -> tuple[Instruction, ...]:
    first = context()
    tree = parse(expression)
    if tree is None:
        return (Instruction(RET, 0, 0, snaplen),)
    graph, root = _decisions(tree, first)
    if root == REJECT:
        raise (
            EmptyError(EMPTY) if len(expression) > LONGEST_EXPLAINED else _why_empty(tree, context)
        )
    generator = Generator(graph, root, snaplen)
    return arrange(generator.nodes, generator.root)


def _decisions(tree: Filter, context: Context) -> tuple[Graph, int]:
    asked = lower(tree, context)
    return decide(simplify(asked, ordered=context.slots.used > 0))


def _why_empty(tree: Filter, context: Callable[[], Context]) -> EmptyError:
    """Return the error for a filter that no packet can match, with the place where that begins."""

    def is_empty(part: Filter) -> bool:
        _, root = _decisions(part, context())
        return root == REJECT

    part, joined = excluding(tree, is_empty)
    described = DESCRIPTIONS[context().layers.link]
    hint = advice(tree, part, joined=joined, link=described)
    return EmptyError(EMPTY, place(part), hint)
