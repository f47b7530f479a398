"""What is wrong with an expression, where, and how to mend it."""

from typing import Final

from sipcm.errors import ConfigError
from sipcm.log import escape

WIDEST: Final = 70
"""Characters of an expression that are shown; of a longer one the part around the mistake."""

LONGEST: Final = 200
"""Characters of what is said, which may repeat what was written."""


class SelectError(ConfigError):
    """An expression cannot be followed.

    ``message``   what is wrong, and what to write instead, in one line that can be printed
    ``position``  where in the expression, counted from 0
    ``length``    how many characters are meant; 0 at the end of the expression
    ``expression`` the whole of it, once it is known; ``details`` show the place then
    """

    def __init__(self, message: str, position: int, length: int = 0, hint: str = "") -> None:
        said = _short(escape(message))
        self.message = f"{said}; {_short(escape(hint))}" if hint else said
        self.position = position
        self.length = length
        self.expression = ""
        super().__init__(self.message)

    def show_in(self, expression: str) -> None:
        """Take *expression* for the one that is meant, with a caret below the place."""
        self.expression = expression
        begin, shown = self.excerpt()
        line = "".join(char if char.isprintable() else " " for char in shown)
        self.details = (f"  {line}", f"  {' ' * (self.position - begin)}^")

    def excerpt(self) -> tuple[int, str]:
        """Return the part of the expression around the place, and where it begins."""
        whole = self.expression
        begin = max(0, self.position - WIDEST // 2) if len(whole) > WIDEST else 0
        return begin, whole[begin : begin + WIDEST]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
