"""What is wrong with a filter expression, where, and how to mend it."""

from types import TracebackType
from typing import Final

from sipcm.errors import ConfigError

WIDEST: Final = 70
"""Characters of an expression that are shown; of a longer one the part around the mistake."""

LONGEST: Final = 245
"""Characters of a message, and of a hint. Both may repeat what was written, which can be long."""


class FilterError(ConfigError):
    """A filter expression cannot be compiled.

    ``message``     what is wrong
    ``position``    where in the expression, counted from 0; None where no place can be named
    ``hint``        what to write instead, or nothing
    ``expression``  the whole expression, once it is known

    As a text it is one line; ``details`` show the place. Message, hint and details can be printed
    as they are: what was written is repeated in them without control characters, and shortened.
    """

    def __init__(self, message: str, position: int | None = None, hint: str = "") -> None:
        self.message = presentable(message)
        self.position = position
        self.hint = presentable(hint)
        self.expression = ""
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return what is wrong and what to do in one line."""
        return f"{self.message}; {self.hint}" if self.hint else self.message

    def locate(self, position: int) -> None:
        """Let *position* be the place, unless there is one already."""
        if self.position is None:
            self.position = position

    def show_in(self, expression: str) -> None:
        """Take *expression* for the one that was compiled, with a caret below the place, if any."""
        self.expression = expression
        position = self.position or 0
        begin = max(0, position - WIDEST // 2) if len(expression) > WIDEST else 0
        shown = expression[begin : begin + WIDEST]
        line = "".join(char if char.isprintable() else " " for char in shown)
        self.details = (f"  {line}",)
        if self.position is not None:
            self.details += (f"  {' ' * (position - begin)}^",)


class Placed:
    """A part of the text that is dealt with: an error in it that names no place is one there."""

    __slots__ = ("_position",)

    def __init__(self, position: int) -> None:
        self._position = position

    def __enter__(self) -> None:
        """Begin with the part."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Name the place in the error, if there is one."""
        if isinstance(error, FilterError):
            error.locate(self._position)


class UnsupportedError(FilterError):
    """A word has no meaning on the link type at hand, but may have one on another."""


class EmptyError(FilterError):
    """No packet of the link type at hand can match: nobody means that."""


class TooLargeError(FilterError):
    """A filter is more than a program can hold, or more than the compiler takes time for.

    Another link type would not change that.
    """


def presentable(text: str) -> str:
    """Spell out what is not printable in *text*, and leave out the middle of a long one."""
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST * 2 // 3]}...{text[3 - LONGEST // 3 :]}"
