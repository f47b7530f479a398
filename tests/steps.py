"""What a call costs, counted: the lines of Python that run, which no busy machine changes.

What compiled modules and the interpreter's own functions do is not seen; that a pattern is compiled
when it is first needed is not counted.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")

ONCE = {"enum", "re", "re._casefix", "re._compiler", "re._constants", "re._parser"}
"""Modules that compile patterns."""


class TooManyLinesError(Exception):
    """More lines have run than may."""


def count_lines(call: Callable[[], Result], most: int = sys.maxsize) -> tuple[int, Result]:
    """Return how many lines, calls and returns *call* takes, and its result.

    :raise TooManyLinesError: at once when they are more than *most*.
    """
    events = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal events
        if frame.f_globals.get("__name__") in ONCE:
            return None
        events += 1
        if events > most:
            raise TooManyLinesError(f"more than {most} lines")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        result = call()
    finally:
        sys.settrace(before)
    if events > most:  # what was raised was caught on the way
        raise TooManyLinesError(f"more than {most} lines")
    return events, result
