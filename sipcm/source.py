"""One input as operators see it: how far it was read, how late its packets were, what went wrong.

Filled by who reads the input; read by pages, the progress line and the closing words.
"""

from sipcm.annotation import Final
from sipcm.counters import Counter, Group

STANDARD_INPUT: Final = "standard input"
"""What messages call the input ``-``."""

MILLISECOND: Final = 1_000_000

_DELAYS: Final = (
    (1, "delayed1", "delayed packets    1 .. 10ms, file input only"),
    (10, "delayed10", "delayed packets   10 .. 100ms, file input only"),
    (100, "delayed100", "delayed packets  100 ..1000ms, file input only"),
    (1000, "delayed1000", "delayed packets 1000ms+, file input only"),
)
"""Milliseconds from which on a packet is counted, and the counter."""


class State:
    """What is going on with an input."""

    WAITING: Final = "waiting"
    READING: Final = "reading"
    DONE: Final = "done"
    FAILED: Final = "failed"


class Source:
    """An input: its name, its state, and its counters as the group ``pcap.<name>``.

    ``size`` and ``position`` are bytes of the file; ``size`` is None where there is no end to see,
    and nothing has a ``position`` that is not ``in_bytes``.
    ``planned`` is how often it is to be read, ``passes`` how often it has been read to its end.
    ``format`` is what it turned out to be.
    """

    in_bytes = True

    def __init__(
        self,
        name: str,
        size: int | None = None,
        planned: int = 1,
        groups: set[str] | None = None,
    ) -> None:
        """Name the group unlike those in *groups*, and add it there."""
        self.name = name
        self.size = size
        self.planned = planned
        self.state: str = State.WAITING
        self.format = ""
        self._problem = ""
        self.position = 0
        self.passes = 0
        self.group = Group(_unlike(f"pcap.{name.replace('.', '_')}", groups or set()))
        if groups is not None:
            groups.add(self.group.name)
        self.received = self.group.counter("recvd", "packets read")
        self.filtered = self.group.counter("filtered", "packets read that -bpf left out")
        self._delayed = self.group.counter(
            "t_delayed", "total delayed packets (more then 1ms), file input only"
        )
        self._delays: list[tuple[int, Counter]] = [
            (lowest * MILLISECOND, self.group.counter(name, text)) for lowest, name, text in _DELAYS
        ]

    @property
    def problem(self) -> str:
        """Why it failed or where it is damaged, without its name, which stands beside it."""
        return self._problem

    @problem.setter
    def problem(self, text: str) -> None:
        called = STANDARD_INPUT if self.name == "-" else self.name
        self._problem = text.removeprefix(f"{called}: ")

    def late(self, nanoseconds: int) -> None:
        """Count a packet that was handed in so long after the moment it was scheduled for."""
        counted = [counter for lowest, counter in self._delays if nanoseconds >= lowest]
        if counted:
            counted[-1].value += 1
            self._delayed.value += 1

    def complaint(self) -> str:
        """Return why the input cannot be read, empty where it can."""
        return (self.problem or "it cannot be read") if self.state == State.FAILED else ""

    def lost(self) -> int:
        """Return how many packets were lost; who reads a file waits for us."""
        return 0

    def lost_lately(self, _moment: int) -> int:
        """Return how many packets were lost within the ten seconds before a moment."""
        return 0

    def losses(self) -> str:
        """Return a line about what was captured and lost; empty for what is no interface."""
        return ""

    def done(self) -> None:
        """Note that the input was read to its end."""
        self.state = State.DONE
        self.passes += 1
        if self.passes < self.planned:
            self.position = 0

    def fail(self, problem: str) -> None:
        """Note that the input cannot be read."""
        self.state = State.FAILED
        self.problem = problem


def _unlike(name: str, taken: set[str]) -> str:
    """Return *name*, with a number behind it if it is *taken*."""
    number = 2
    unlike = name
    while unlike in taken:
        unlike = f"{name}_{number}"
        number += 1
    return unlike
