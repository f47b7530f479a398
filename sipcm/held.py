"""For how long the event loop was held at a time, by packets and by pages.

While one of them is at work all others wait, so nothing may hold the loop for more than a few
milliseconds. Each step of a task is measured, from where it begins or goes on to where it pauses or
ends, with all that the interpreter does meanwhile; there are some hundred of them in a second.
"""

import time
from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sipcm.state.indicators import Histogram

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

BOUNDS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 50, 100, 200, 500, 1_000)
"""Milliseconds."""

NEVER: Final = (1 << 63) - 1


class Held:
    """How long the steps of work with packets and of pages took, once it has *begun*."""

    def __init__(self) -> None:
        self.packets = Histogram(BOUNDS)
        self.pages = Histogram(BOUNDS)
        self._begun = NEVER

    def begin(self) -> None:
        """Measure steps from the next one on: what starts the program may take long."""
        self._begun = time.monotonic_ns()

    def note(self, histogram: Histogram, begun: int) -> None:
        """Note that a step that was *begun* then has come to its end."""
        if begun >= self._begun:
            histogram.note(time.monotonic_ns() - begun)

    def watch(self, loop: "asyncio.AbstractEventLoop") -> None:
        """Measure the tasks of *loop*, of which the first is that of the packets."""
        import asyncio  # noqa: PLC0415  costs more than a short run

        histograms = [self.packets]

        def begin(
            loop: "asyncio.AbstractEventLoop", work: Any, **options: Any
        ) -> "asyncio.Future[Any]":
            histogram = histograms.pop() if histograms else self.pages
            return asyncio.Task(Measured(work, self, histogram), loop=loop, **options)

        loop.set_task_factory(begin)


class Measured(Coroutine[Any, Any, T]):
    """The coroutine *work*, each step of which is noted."""

    __slots__ = ("_held", "_histogram", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], held: Held, histogram: Histogram) -> None:
        self._work = work
        self._held = held
        self._histogram = histogram

    def send(self, value: Any) -> Any:
        """Take a step."""
        begun = time.monotonic_ns()
        try:
            return self._work.send(value)
        finally:
            self._held.note(self._histogram, begun)

    def throw(
        self,
        kind: Any,
        error: BaseException | object = None,
        trace: TracebackType | None = None,
    ) -> Any:
        """Take a step that begins with an error."""
        begun = time.monotonic_ns()
        try:
            return self._work.throw(kind) if error is None else self._work.throw(kind, error, trace)
        finally:
            self._held.note(self._histogram, begun)

    def close(self) -> None:
        """End before the end."""
        self._work.close()

    def __await__(self) -> Generator[Any, None, T]:
        """Return the steps."""
        return self._work.__await__()
