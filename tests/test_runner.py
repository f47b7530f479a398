"""Work in slices, with an event loop and without, and the signals between them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from sipcm.looppauses import LoopPauses
from sipcm.pauses import Pauses, PlainPauses
from sipcm.runner import FORCED, Work, run_on_loop, run_plainly
from sipcm.signals import SIGNALS

LOOPS = [
    "asyncio",
    pytest.param(
        "uvloop",
        marks=pytest.mark.skipif(
            sys.implementation.name != "cpython", reason="uvloop is for CPython"
        ),
    ),
]


class Slices:
    """Ten slices; a signal comes to this process during some of them."""

    def __init__(self, signals: dict[int, int] | None = None):
        self.signals = signals or {}
        self.done = 0
        self.stops = 0
        self.loop: str | None = None

    def stop(self) -> None:
        self.stops += 1

    async def work(self, pauses: Pauses) -> None:
        while self.done < 10 and not self.stops:
            self.done += 1
            if self.done in self.signals:
                os.kill(os.getpid(), self.signals[self.done])
            await pauses.breathe()


def run(
    loop: str | None, work: Callable[[Pauses], Work], stop: Callable[[], None] = lambda: None
) -> None:
    if loop is None:
        run_plainly(work(PlainPauses()), stop)
    else:
        run_on_loop(loop, work(LoopPauses()), stop)


def run_slices(loop: str | None, slices: Slices) -> Slices:
    run(loop, slices.work, slices.stop)
    return slices


ALL = pytest.mark.parametrize("loop", [None, *LOOPS])


@ALL
def test_all_slices_run(loop):
    work = run_slices(loop, Slices())
    assert (work.done, work.stops) == (10, 0)


@ALL
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_the_work_soon(loop, number):
    work = run_slices(loop, Slices({3: number}))
    assert work.stops == 1
    assert 3 <= work.done < 10


@ALL
def test_a_second_signal_is_the_same_wish(loop):
    slices = Slices()

    async def work(pauses: Pauses) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            await pauses.breathe()
            await pauses.breathe()

    run(loop, work, slices.stop)
    assert slices.stops == 2


@ALL
def test_signals_are_as_before_afterwards(loop):
    before = [signal.getsignal(number) for number in SIGNALS]
    run_slices(loop, Slices())
    assert [signal.getsignal(number) for number in SIGNALS] == before


@ALL
def test_an_error_in_a_slice_comes_through(loop):
    async def work(pauses: Pauses) -> None:
        await pauses.breathe()
        raise ZeroDivisionError

    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(ZeroDivisionError):
        run(loop, work)
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("name", LOOPS)
def test_the_slices_run_on_the_loop_of_that_name(name):
    seen = []

    async def work() -> None:
        seen.append(type(asyncio.get_running_loop()).__module__.partition(".")[0])

    run_on_loop(name, work(), lambda: None)
    assert seen == [name]


def test_work_that_waits_for_others_needs_a_loop():
    async def work() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="needs an event loop"):
        run_plainly(work(), lambda: None)


@ALL
def test_the_third_signal_ends_the_process(loop):
    program = (
        "import os, signal\n"
        "from sipcm.runner import run_on_loop, run_plainly\n"
        "async def work():\n"
        "    while True:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "def stop(): print('asked', flush=True)\n"
        + ("run_plainly(work(), stop)" if loop is None else f"run_on_loop({loop!r}, work(), stop)")
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (FORCED, "asked\nasked\n", "")
