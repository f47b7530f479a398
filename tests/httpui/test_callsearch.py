"""How calls are found, by whatever still knows them."""

import asyncio
from typing import Any

import pytest

from sipcm.httpui import callsearch
from sipcm.httpui.callsearch import Found, find, numbers_of, read_number
from sipcm.httpui.page import RefusedError
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import BadParameterError
from sipcm.run import Run
from tests.stage import BEGIN, packets
from tests.webharness import SECOND, run_of


def found(run: Run, number: int, *, legs: bool = False) -> Found:
    return asyncio.run(find(run, number, legs=legs))


def traffic(**settings: Any) -> Run:
    sent = packets(">INVITE <180 <200 >ACK +1 >BYE <200", "ended")
    sent += packets(">INVITE <180", "ringing", BEGIN + 900 * SECOND)
    return run_of(sent, http_port=1, **settings)


@pytest.mark.parametrize("text", ["0", "7", "123456789012345678"])
def test_a_number(text):
    assert read_number(text) == int(text)


@pytest.mark.parametrize("text", ["", "-1", "1e3", "x", "1.5", "\u0661", "9" * 19, " 1", "../1"])
def test_no_number(text):
    with pytest.raises(BadParameterError, match="is no number of a call"):
        read_number(text)


def test_a_call_that_is_tracked():
    one = found(traffic(), 1)
    assert one.call is not None
    assert one.call.call_id == b"ringing"
    assert (len(one.messages), one.gone, one.events, one.legs) == (2, 0, [], [])


def test_a_call_that_has_ended():
    one = found(traffic(), 0)
    assert one.call is None
    assert len(one.messages) == 6
    assert [number for number, _ in one.events] == [0, 1]


def test_from_its_events_alone():
    one = found(traffic(messages_mb=0), 0)
    assert (one.call, one.messages, one.kept) == (None, [], False)
    assert len(one.events) == 2


def test_from_the_table_alone():
    one = found(traffic(messages_mb=0, event_buffer_size=1), 1)
    assert one.call is not None
    assert one.call.number == 1


def test_from_its_messages_alone():
    one = found(traffic(event_types_blst=("call-start", "call-end"), event_buffer_size=1), 0)
    assert len(one.messages) == 6


def test_what_nobody_knows():
    run = traffic(messages_mb=0)
    while run.pipeline.ring.drop():
        pass
    with pytest.raises(RefusedError, match="not kept any more") as error:
        found(run, 0)
    assert error.value.status == 404


@pytest.mark.parametrize(
    ("run", "words"), [(traffic(), "the last is 1"), (run_of([]), "there were none yet")]
)
def test_what_there_never_was(run, words):
    with pytest.raises(RefusedError, match=words) as error:
        found(run, 2)
    assert error.value.status == 404


def test_calls_that_forked_are_one():
    run = run_of(packets(">INVITE <180/x <180/y <200/y >ACK/y"), http_port=1)
    for number in (0, 1):
        one = found(run, number)
        assert one.numbers == [0, 1]
        assert len(one.messages) == 5
        assert [event.number for _, event in one.events] == [1]


def legs(**settings: Any) -> Run:
    sent = packets(">INVITE <180 <200", "first")
    for step, call_id, header in ((1, "second", "first"), (2, "third", "second")):
        more = packets(">INVITE <180", call_id, BEGIN + step)
        sent += [
            (
                at,
                data.replace(
                    b"Content-Length: 0\r\n", b"X-Leg: %s\r\n" % header.encode().ljust(10)
                ),
            )
            for at, data in more
        ]
    return run_of(sorted(sent), http_port=1, correlate=("X-Leg",), **settings)


def test_legs():
    run = legs()
    alone, together = found(run, 0), found(run, 0, legs=True)
    assert alone.legs == together.legs == [1, 2]
    assert (alone.numbers, together.numbers) == ([0], [0, 1, 2])
    assert (len(alone.messages), len(together.messages)) == (3, 7)
    assert found(run, 2).legs == [0, 1]


def test_by_call_id():
    run = traffic()
    assert asyncio.run(numbers_of(run, b"ended")) == [0]
    assert asyncio.run(numbers_of(run, b"ringing")) == [1]
    assert asyncio.run(numbers_of(run, b"end")) == []
    assert asyncio.run(numbers_of(traffic(messages_mb=0), b"ended")) == [0]
    while run.pipeline.ring.drop():
        pass
    assert asyncio.run(numbers_of(run, b"ended")) == [0]


def test_a_long_search_lets_others_have_their_turn(monkeypatch):
    monkeypatch.setattr(Turns, "over", lambda _self: True)
    run = traffic()
    assert asyncio.run(numbers_of(run, b"ended")) == [0]
    assert len(found(run, 0).events) == 2


def test_the_newest_events_are_shown(monkeypatch):
    monkeypatch.setattr(callsearch, "MOST_EVENTS", 1)
    assert [number for number, _ in found(traffic(), 0).events] == [1]
