"""Slices of work, with an event loop and without, and the signals between them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator

import pytest

from sipcm.runner import FORCED, SIGNALS, run_on_loop, run_plainly

LOOPS = [
    "asyncio",
    pytest.param(
        "uvloop",
        marks=pytest.mark.skipif(
            sys.implementation.name != "cpython", reason="uvloop is for CPython"
        ),
    ),
]


class Work:
    """Ten slices; a signal comes to this process during some of them."""

    def __init__(self, signals: dict[int, int] | None = None):
        self.signals = signals or {}
        self.done = 0
        self.stops = 0
        self.loop: str | None = None

    def stop(self) -> None:
        self.stops += 1

    def slices(self) -> Iterator[None]:
        while self.done < 10 and not self.stops:
            self.done += 1
            if self.done in self.signals:
                os.kill(os.getpid(), self.signals[self.done])
            yield


def run(loop: str | None, slices: Iterable[None], stop: Callable[[], None] = lambda: None) -> None:
    if loop is None:
        run_plainly(slices, stop)
    else:
        run_on_loop(loop, slices, stop)


def run_work(loop: str | None, work: Work) -> Work:
    run(loop, work.slices(), work.stop)
    return work


ALL = pytest.mark.parametrize("loop", [None, *LOOPS])


@ALL
def test_all_slices_run(loop):
    work = run_work(loop, Work())
    assert (work.done, work.stops) == (10, 0)


@ALL
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_the_work_soon(loop, number):
    work = run_work(loop, Work({3: number}))
    assert work.stops == 1
    assert 3 <= work.done < 10


@ALL
def test_a_second_signal_is_the_same_wish(loop):
    work = Work()

    def slices() -> Iterator[None]:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            yield
            yield

    run(loop, slices(), work.stop)
    assert work.stops == 2


@ALL
def test_signals_are_as_before_afterwards(loop):
    before = [signal.getsignal(number) for number in SIGNALS]
    run_work(loop, Work())
    assert [signal.getsignal(number) for number in SIGNALS] == before


@ALL
def test_an_error_in_a_slice_comes_through(loop):
    def slices() -> Iterator[None]:
        yield
        raise ZeroDivisionError

    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(ZeroDivisionError):
        run(loop, slices())
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("name", LOOPS)
def test_the_slices_run_on_the_loop_of_that_name(name):
    seen = []

    def slices() -> Iterator[None]:
        seen.append(type(asyncio.get_running_loop()).__module__.partition(".")[0])
        yield

    run_on_loop(name, slices(), lambda: None)
    assert seen == [name]


@ALL
def test_the_third_signal_ends_the_process(loop):
    program = (
        "import os, signal\n"
        "from sipcm.runner import run_on_loop, run_plainly\n"
        "def slices():\n"
        "    while True:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        yield\n"
        "def stop(): print('asked', flush=True)\n"
        + (
            "run_plainly(slices(), stop)"
            if loop is None
            else f"run_on_loop({loop!r}, slices(), stop)"
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (FORCED, "asked\nasked\n", "")
