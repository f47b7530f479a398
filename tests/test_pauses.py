"""Pauses without an event loop: the work runs to its end in one go."""

import select
import time

import pytest

from sipcm.pauses import PlainPauses


async def work(done: list[str]) -> None:
    pauses = PlainPauses()
    await pauses.breathe()
    await pauses.sleep(2_000_000)
    pauses.rouse()
    await pauses.rest(3_000_000)
    with select.epoll() as waiting:
        await pauses.readable(waiting, 1_000_000)
    done.append(await pauses.aside(lambda: "aside"))


def test_nothing_suspends_the_work(monkeypatch):
    done: list[str] = []
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with pytest.raises(StopIteration):
        work(done).send(None)
    assert done == ["aside"]
    assert slept == [0.002, 0.003]
