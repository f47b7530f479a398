"""From the text of a filter to a program: all stages in their order."""

from sipcm.net.bpf.codegen import Generator
from sipcm.net.bpf.context import Context
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.graph import REJECT, decide
from sipcm.net.bpf.instructions import RET, Instruction
from sipcm.net.bpf.layout import arrange
from sipcm.net.bpf.linktypes import begin
from sipcm.net.bpf.lowering import lower
from sipcm.net.bpf.names import Names
from sipcm.net.bpf.parser import parse
from sipcm.net.bpf.predicate import simplify
from sipcm.net.bpf.program import Program

LARGEST_SNAPLEN = 262144
"""What libpcap takes for "the whole packet" (MAXIMUM_SNAPLEN)."""


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
    *snaplen*     bytes of a packet to keep, at least 1: what the program returns for a match
    *netmask*     of the network, as a number (0xffffff00), for ``ip broadcast``
    *resolver*    what names mean; by default what the files in /etc say
    *fragments*   let IP fragments through that may belong to a packet the filter lets through

    Raises FilterError.
    """
    if snaplen < 1:
        raise FilterError(f"snaplen of {snaplen} rejects all packets")
    layers = begin(linktype, live=live)
    context = Context(layers, resolver or Names(), netmask, live=live, fragments=fragments)
    try:
        instructions = _instructions(expression, context, snaplen)
    except FilterError as error:
        error.show_in(expression)
        raise
    except RecursionError:
        raise FilterError(
            "the filter has too many and, or, not and parentheses within each other"
        ) from None
    return Program(expression, linktype, live, snaplen, instructions)


def _instructions(expression: str, context: Context, snaplen: int) -> tuple[Instruction, ...]:
    tree = parse(expression)
    if tree is None:
        return (Instruction(RET, 0, 0, snaplen),)
    graph, root = decide(simplify(lower(tree, context)))
    if root == REJECT:
        raise FilterError(
            "expression rejects all packets",
            None,
            "what it asks for excludes each other; udp[0] and tcp[0] are read of IPv4 only, "
            "and vlan, mpls and their like change what stands to their right",
        )
    generator = Generator(graph, root, snaplen)
    return arrange(generator.nodes, generator.root)
