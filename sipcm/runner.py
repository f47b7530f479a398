"""Run work to its end, heeding signals meanwhile, with an event loop or without.

The first SIGINT or SIGTERM asks the work to stop, which it does after the present slice; the third
ends the process at once.
"""

import os

from sipcm.annotation import TYPE_CHECKING, Any, Callable, Coroutine, FrameType
from sipcm.signals import Heeding

if TYPE_CHECKING:
    import asyncio

LAST_SIGNAL = 3
FORCED = 1

Work = Coroutine[Any, Any, None]


class Stopper:
    """Counts the signals that came and calls *stop* at the first."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._count = 0

    def __call__(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Heed one signal."""
        self._count += 1
        if self._count >= LAST_SIGNAL:
            os._exit(FORCED)
        self._stop()


def run_plainly(work: Work, stop: Callable[[], None]) -> None:
    """Run *work*, which never suspends, without an event loop."""
    with Heeding(Stopper(stop)):
        try:
            work.send(None)
        except StopIteration:
            return
    work.close()
    raise RuntimeError("this work needs an event loop")


def run_on_loop(
    name: str,
    work: Work,
    stop: Callable[[], None],
    watch: "Callable[[asyncio.AbstractEventLoop], None] | None" = None,
) -> None:
    """Run *work* on the event loop *name*, ``uvloop`` or ``asyncio``, which *watch* gets to see."""
    import asyncio  # noqa: PLC0415  costs more than a short run

    async def heedfully() -> None:
        # Not add_signal_handler: a slice must hear of the signal too.
        with Heeding(Stopper(stop)):
            await work

    make = _loop_factory(name)

    def watched() -> asyncio.AbstractEventLoop:
        loop = make()
        if watch is not None:
            watch(loop)
        return loop

    with asyncio.Runner(loop_factory=watched) as runner:
        runner.run(heedfully())


def _loop_factory(name: str) -> "Callable[[], asyncio.AbstractEventLoop]":
    if name == "uvloop":
        import uvloop  # noqa: PLC0415

        return uvloop.new_event_loop
    import asyncio  # noqa: PLC0415

    return asyncio.new_event_loop
