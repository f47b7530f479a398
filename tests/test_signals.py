"""Signals are heeded for as long as it takes, and then by who did so before."""

import os
import signal

import pytest

from sipcm.signals import SIGNALS, Heeding, heed


class Ear:
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def __call__(self, number: int, _frame: object) -> None:
        self.heard.append(number)


def send() -> None:
    for number in SIGNALS:
        os.kill(os.getpid(), number)


def test_they_are_those_that_end_a_run():
    assert SIGNALS == (signal.SIGINT, signal.SIGTERM)


def test_who_heeds_them_and_who_did_so_before():
    before = [signal.getsignal(number) for number in SIGNALS]
    outer, inner = Ear(), Ear()
    try:
        heed(outer)
        with Heeding(inner):
            send()
        send()
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
    assert (outer.heard, inner.heard) == ([*SIGNALS], [*SIGNALS])


def test_they_are_as_before_when_it_goes_wrong():
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(ZeroDivisionError), Heeding(Ear()):
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in SIGNALS] == before
