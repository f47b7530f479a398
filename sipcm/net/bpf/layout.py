"""From instructions that know what they go on to, to instructions in a row.

They are placed from the end, so that the distance of every jump is known when it is placed. An
instruction is followed by the one that it goes on to; where that has its place elsewhere, a copy of
the jump there takes as little room as a jump to it, and saves that. Jumps reach 255 instructions:
beyond, they go by way of another.
"""

from collections.abc import Sequence

from sipcm.net.bpf.codegen import Jump, Node, Return, Step
from sipcm.net.bpf.errors import TooLargeError
from sipcm.net.bpf.instructions import JA, MOST_INSTRUCTIONS, RET, Instruction

FARTHEST = 255


def arrange(nodes: Sequence[Node], root: int) -> tuple[Instruction, ...]:
    """Return the program that begins with ``nodes[root]``; FilterError when it is too long."""
    row = _Row(nodes)
    for number in _from_the_end(nodes, root):
        row.place(number)
        if len(row.placed) > MOST_INSTRUCTIONS:
            raise TooLargeError(
                f"the filter is too large: more than {MOST_INSTRUCTIONS} instructions"
            )
    return tuple(reversed(row.placed))


class _Row:
    """The instructions placed so far, the last first."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.placed: list[Instruction] = []
        self._nodes = nodes
        self._places: dict[int, int] = {}
        self._relays: dict[int, int] = {}

    def place(self, number: int) -> None:
        """Put the instruction in front of the others."""
        node = self._nodes[number]
        if isinstance(node, Step):
            if self._places[node.following] != len(self.placed) - 1:
                self._go_on_to(node.following)
            self._put_steps(node)
        else:
            self._put(node)
        self._places[number] = len(self.placed) - 1

    def _go_on_to(self, number: int) -> None:
        """See to it that what is placed in front goes on to the instruction *number* elsewhere."""
        node = self._nodes[number]
        if isinstance(node, Step):
            self._put_relay(number)
        else:
            self._put(node)

    def _put_steps(self, node: Step) -> None:
        if node.block:
            self.placed += [Instruction(*step) for step in reversed(node.block)]
        else:
            self.placed.append(Instruction(node.code, 0, 0, node.k))

    def _put(self, node: Jump | Return) -> None:
        if isinstance(node, Return):
            self.placed.append(Instruction(RET, 0, 0, node.k))
            return
        last = len(self.placed) - 1
        then, other = last - self._places[node.then], last - self._places[node.other]
        if then > FARTHEST or other > FARTHEST:
            # A relay for one way moves the other a step further away.
            for way in (node.then, node.other, node.then):
                if self._distance(way) > FARTHEST:
                    self._put_relay(way)
            then, other = self._distance(node.then), self._distance(node.other)
        self.placed.append(Instruction(node.code, then, other, node.k))

    def _put_relay(self, number: int) -> None:
        self.placed.append(Instruction(JA, 0, 0, len(self.placed) - 1 - self._places[number]))
        self._relays[number] = len(self.placed) - 1

    def _distance(self, number: int) -> int:
        """Return how many instructions a jump in front of all skips to reach *number*."""
        direct = len(self.placed) - 1 - self._places[number]
        if direct <= FARTHEST or number not in self._relays:
            return direct
        return len(self.placed) - 1 - self._relays[number]


def _from_the_end(nodes: Sequence[Node], root: int) -> list[int]:
    """Return the nodes that *root* leads to, each after all that it goes on to."""
    order = []
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        number = waiting.pop()
        if number < 0:  # all that it goes on to is in the order
            order.append(~number)
        elif number not in seen:
            seen.add(number)
            waiting.append(~number)
            node = nodes[number]
            if isinstance(node, Jump):
                waiting += (node.then, node.other)
            elif isinstance(node, Step):
                waiting.append(node.following)
    return order
