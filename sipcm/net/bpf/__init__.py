"""Packet filters in the language of pcap-filter(7), compiled without libpcap.

::

    program = compile("udp port 5060")
    program.matches(frame)  # in user space
    program.attach(sock)  # in the kernel

``docs/filters.md`` follows one filter through all stages; the modules, in their order: ``tokens``,
``parser`` and ``syntax``, ``lowering`` to a tree of tests (``predicate``), ``graph``, ``codegen``,
``layout``, and ``translate`` from instructions to Python.
"""

from sipcm.net.bpf.compiler import LARGEST_SNAPLEN, compile  # noqa: A004
from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.instructions import Instruction
from sipcm.net.bpf.linktypes import LINKTYPES
from sipcm.net.bpf.names import Names
from sipcm.net.bpf.program import Program

__all__ = [
    "LARGEST_SNAPLEN",
    "LINKTYPES",
    "FilterError",
    "Instruction",
    "Names",
    "Program",
    "compile",
]
