"""A compiled filter: for packets in user space, for the kernel, and for people to look at."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

from sipcm.net.bpf import attach
from sipcm.net.bpf.attach import FilterSocket
from sipcm.net.bpf.instructions import Instruction, disassemble
from sipcm.net.bpf.translate import Matches, translate


@final
@dataclass(frozen=True)
class Program:
    """A filter, compiled for one link type.

    ``expression``    what it was made from
    ``linktype``      the packets that it is for, as "EN10MB"
    ``live``          whether it asks Linux for what is not in the packet, such as the VLAN tag that
                      a network card took off: that can be known of a packet in the kernel only, and
                      in user space there is no match where it is asked for
    ``snaplen``       the bytes that are kept of a packet that matches
    ``instructions``  for the BPF machine

    As a text it is what ``tcpdump -d`` shows; its length is the number of instructions.
    """

    expression: str
    linktype: str
    live: bool
    snaplen: int
    instructions: tuple[Instruction, ...]

    @cached_property
    def matches(self) -> Matches:
        """Tell whether a packet matches, from its bytes and the length that it had on the wire.

        This is the function itself, made when it is asked for first. A loop calls it fastest by a
        name of its own.
        """
        return translate(self.instructions)

    def attach(self, sock: FilterSocket) -> None:
        """Let only what matches into *sock*, which must deliver packets of this link type.

        Raises CaptureError where the kernel cannot run the program.
        """
        attach.attach(sock, self.instructions)

    def __str__(self) -> str:
        """Return the instructions, one a line."""
        return disassemble(self.instructions)

    def __len__(self) -> int:
        """Return how many instructions there are."""
        return len(self.instructions)
