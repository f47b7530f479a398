"""The one loop of a filter: through the headers of an IP packet, for ``protochain``.

A holds the number of the header at hand and X where it begins, counted from the IP header. The loop
ends at the protocol that is looked for, at "no next header", or at one that has no next (RFC 8200
4, RFC 4302 2). The kernel takes no loops: such a filter runs in user space only.
"""

from typing import Final

from sipcm.net.bpf.instructions import (
    ADD,
    JA,
    JEQ,
    LD_BYTE,
    LD_BYTE_X,
    LD_MEMORY,
    LDX_CONSTANT,
    LDX_HEADER,
    MUL,
    ST,
    TAX,
    WITH_X,
)
from sipcm.net.bpf.predicate import HeaderChain

NO_NEXT_HEADER: Final = 59
AUTHENTICATION: Final = 51
# Hop-by-hop options, destination options, routing, fragment.
EXTENSIONS: Final = (0, 60, 43, 44)

Steps = tuple[tuple[int, int, int, int], ...]


def chain_steps(chain: HeaderChain, slot: int) -> Steps:
    """Return the loop as instructions that leave in A the protocol at which it ended.

    *slot* of memory is used on the way.
    """
    start = chain.offset
    if chain.version == 4:
        begin = ((LD_BYTE, start + 9), (LDX_HEADER, start))
    else:
        begin = ((LD_BYTE, start + 6), (LDX_CONSTANT, 40))
    # How much longer than its length field says a header is, and in which units.
    over_authentication = _advance(start, slot, 2, 4)
    over_extension = _advance(start, slot, 1, 8) if chain.version == 6 else ()
    extensions = EXTENSIONS if chain.version == 6 else ()
    tests = 2 + len(extensions) + 1
    steps = [(code, 0, 0, k) for code, k in begin]
    end = tests + len(over_authentication) + len(over_extension)
    for number, protocol in enumerate((chain.protocol, NO_NEXT_HEADER)):
        steps.append((JEQ, end - number - 1, 0, protocol))
    at = 2
    for protocol in extensions:
        steps.append((JEQ, tests + len(over_authentication) - at - 1, 0, protocol))
        at += 1
    steps.append((JEQ, 0, end - at - 1, AUTHENTICATION))
    for body in (over_authentication, over_extension):
        steps += [(code, 0, 0, k) for code, k in body[:-1]]
        if body:
            back = -(len(steps) - len(begin) + 1)
            steps.append((JA, 0, 0, back & 0xFFFFFFFF))
    return tuple(steps)


def _advance(start: int, slot: int, more: int, unit: int) -> tuple[tuple[int, int], ...]:
    """Return the steps from one header to the next, the last being the jump back."""
    return (
        (LD_BYTE_X, start),
        (ST, slot),
        (LD_BYTE_X, start + 1),
        (ADD, more),
        (MUL, unit),
        (ADD | WITH_X, 0),
        (TAX, 0),
        (LD_MEMORY, slot),
        (JA, 0),
    )
