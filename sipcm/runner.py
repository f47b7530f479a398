"""Run work to its end, heeding signals meanwhile, with an event loop or without.

The first SIGINT or SIGTERM asks the work to stop, which it does after the present slice; the third
ends the process at once.
"""

import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

SIGNALS = (signal.SIGINT, signal.SIGTERM)
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
    with heeding_signals(Stopper(stop)):
        try:
            work.send(None)
        except StopIteration:
            return
    work.close()
    raise RuntimeError("this work needs an event loop")


def run_on_loop(name: str, work: Work, stop: Callable[[], None]) -> None:
    """Run *work* on the event loop *name*, ``uvloop`` or ``asyncio``."""
    import asyncio  # noqa: PLC0415  costs more than a short run

    async def heedfully() -> None:
        # Not add_signal_handler: a slice must hear of the signal too.
        with heeding_signals(Stopper(stop)):
            await work

    with asyncio.Runner(loop_factory=_loop_factory(name)) as runner:
        runner.run(heedfully())


@contextmanager
def heeding_signals(stopper: Stopper) -> Iterator[None]:
    """Let *stopper* heed the signals that come in the meantime."""
    before = {number: signal.signal(number, stopper) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _loop_factory(name: str) -> "Callable[[], asyncio.AbstractEventLoop]":
    if name == "uvloop":
        import uvloop  # noqa: PLC0415

        return uvloop.new_event_loop
    import asyncio  # noqa: PLC0415

    return asyncio.new_event_loop
