"""What is wrong with a filter expression, where, and how to mend it."""

from typing import Final

from sipcm.errors import ConfigError

WIDEST: Final = 70
"""Characters of an expression that are shown; of a longer one the part around the mistake."""


class FilterError(ConfigError):
    """A filter expression cannot be compiled.

    ``message``     what is wrong
    ``position``    where in the expression, counted from 0; None where no place can be named
    ``hint``        what to write instead, or nothing
    ``expression``  the whole expression, once it is known

    As a text it is one line; ``details`` show the place.
    """

    def __init__(self, message: str, position: int | None = None, hint: str = "") -> None:
        self.message = message
        self.position = position
        self.hint = hint
        self.expression = ""
        super().__init__(message)

    def __str__(self) -> str:
        """Return what is wrong and what to do in one line."""
        return f"{self.message}; {self.hint}" if self.hint else self.message

    def locate(self, position: int) -> None:
        """Let *position* be the place, unless there is one already."""
        if self.position is None:
            self.position = position

    def show_in(self, expression: str) -> None:
        """Take *expression* for the one that was compiled, with a caret below the place."""
        self.expression = expression
        if self.position is None:
            return
        begin = max(0, self.position - WIDEST // 2)
        shown = expression[begin : begin + WIDEST]
        line = "".join(char if char.isprintable() else " " for char in shown)
        self.details = (f"  {line}", f"  {' ' * (self.position - begin)}^")
