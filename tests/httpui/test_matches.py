"""The events that fit an expression, remembered."""

import asyncio
from collections.abc import Sequence

import pytest

from sipcm.httpui import matches
from sipcm.httpui.matches import MOST, matching
from sipcm.run import Run
from sipcm.select.compiler import Selection, select
from sipcm.select.eventfields import EVENTS
from sipcm.state.events import CALL_END, CALL_START, Event
from tests.webharness import run_of


def run_with(count: int, size: int = 10_240) -> Run:
    run = run_of([], event_buffer_size=size)
    add(run, count)
    return run


def add(run: Run, count: int) -> None:
    """Let as many events come as are asked for, of which every other one is the end of a call."""
    ring = run.pipeline.ring
    for _ in range(count):
        event = Event(CALL_END if ring.total % 2 else CALL_START, 0)
        event.call_id = b"%d" % ring.total
        ring.add(event, 0)


def found(run: Run, expression: str = "type = call-end") -> list[int]:
    return list(asyncio.run(matching(run, select(expression, EVENTS))))


@pytest.mark.parametrize("expression", ["type = call-end", 'type ~ "(d|D)$"'])
def test_numbers_are_those_of_events_that_fit(expression):
    run = run_with(1000)
    assert found(run, expression) == list(range(1, 1000, 2))
    add(run, 5)
    assert found(run, expression) == list(range(1, 1005, 2))


def test_what_was_overwritten_is_not_among_them():
    run = run_with(1000, 100)
    assert found(run) == list(range(901, 1000, 2))
    add(run, 50)
    assert found(run) == list(range(951, 1050, 2))
    add(run, 500)
    assert found(run) == list(range(1451, 1550, 2))


def test_each_event_is_looked_at_once():
    run = run_with(1000)
    looked = []

    def picks(items: Sequence[Event], _now: int) -> list[int]:
        looked.append(len(items))
        return []

    watched = Selection("watched", picks, slow=False)
    for _ in range(3):
        asyncio.run(matching(run, watched))
        add(run, 10)
    assert sum(looked) == 1020


def test_only_so_many_expressions_are_remembered():
    run = run_with(10)
    for number in range(MOST + 3):
        assert found(run, f"cid = {number}") == ([number] if number < 10 else [])
    found(run, "cid = 5")
    kept = matches._MATCHES[run]
    assert len(kept) == MOST
    assert list(kept)[-1] == "cid = 5"


def test_several_may_ask_at_a_time(monkeypatch):
    monkeypatch.setattr(matches, "BLOCK", 7)
    run = run_with(1000)
    selection = select("type = call-end", EVENTS)

    async def ask() -> list[int]:
        return list(await matching(run, selection))

    async def both() -> list[list[int]]:
        return list(await asyncio.gather(ask(), ask()))

    assert asyncio.run(both()) == [list(range(1, 1000, 2))] * 2


def test_a_search_ends_though_all_events_go_meanwhile():
    """So it is where an upload is taken apart."""
    run = run_with(1000)

    def picks(items: Sequence[Event], _now: int) -> list[int]:
        while run.pipeline.ring.drop():
            pass
        return list(range(len(items)))

    assert list(asyncio.run(matching(run, Selection("watched", picks, slow=False)))) == []
