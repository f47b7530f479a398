"""One output as operators see it: what it is, how much was written and lost, what is wrong with it.

Filled by who writes it; read by pages and the closing words.
"""

from sipcm.counters import Group


class Output:
    """What *option* names by *path*: it takes *what*, ``events`` or ``packets``.

    ``written`` and ``lost`` are counters of *group*. ``problem`` says why nothing is written now.
    """

    def __init__(self, option: str, path: str, what: str, group: str) -> None:
        self.option = option
        self.path = path
        self.what = what
        self.problem = ""
        self.group = Group(group)
        self.written = self.group.counter(what, f"{what} written to {option}")
        self.lost = self.group.counter("lost", f"{what} that could not be written to {option}")

    def complaint(self) -> str:
        """Return why nothing is written, empty where all is."""
        return f"{self.option}: {self.path}: {self.problem}" if self.problem else ""

    def losses(self) -> str:
        """Return a line about what was lost; empty where nothing was."""
        lost = int(self.lost.value)
        return f"{lost} {self.what} to {self.option} {self.path}" if lost else ""
