"""Floods at full speed, through all layers: who is in a call or registered stays so, memory too.

A thousand calls, a thousand registrations and a hundred subscriptions live while as many messages
come as fast as they can, each from another address and of a Call-ID of its own. ``make soak`` sends
a million of each kind, ``make test`` few, and among fewer.
"""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

import pytest

from sipcm.clock import SECOND
from sipcm.compiled import COMPILED
from sipcm.net.capturefile import CaptureFile
from sipcm.pipeline import Pipeline
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import CALL_END
from tests import crowd
from tests.crowd import MILLISECOND, Part, Recording, resident
from tests.harness import Packet, Run

pytestmark = pytest.mark.no_cover

APART = 1000
"""Nanoseconds between two messages of a flood: a million in a second."""
MEGABYTE = 1_000_000
OF_AN_ENTRY = 1500 if COMPILED else 2500
"""Bytes that a call and its share of all else may take at the limit, at most."""
OF_A_TURN = 400
"""Those of them that come and go: timers that are due, those that were stopped, larger tables."""

FLOODS: dict[str, tuple[Part, ...]] = {
    "half-open INVITE and REGISTER": (crowd.HALF_OPEN, crowd.UNANSWERED),
    "REGISTER challenged": (crowd.CHALLENGED,),
    "OPTIONS": (crowd.PINGED,),
    "SUBSCRIBE": (crowd.ASKED,),
    "INVITE refused": (crowd.REFUSED,),
}


class Size(NamedTuple):
    """How many dialogs the flood has, how many calls the table may hold, how many live in it.

    There are as many registrations as calls that live, and a tenth as many subscriptions. Memory
    may differ by *slack* whatever their number.
    """

    flood: int
    limit: int
    live: int
    slack: int = 4 * MEGABYTE

    @property
    def subscriptions(self) -> int:
        return self.live // 10


QUICK = Size(flood=1_500, limit=500, live=50)
SOAK = Size(flood=1_000_000, limit=50_000, live=1_000, slack=8 * MEGABYTE)
CASES = [
    pytest.param("half-open INVITE and REGISTER", Size(4_000, 1_250, 500), id="quick"),
    *(pytest.param(name, QUICK, id=f"{name}-quick") for name in list(FLOODS)[1:]),
    *(pytest.param(name, SOAK, id=f"{name}-soak", marks=pytest.mark.soak) for name in FLOODS),
]


class Watched:
    """Packets that pass by, and the resident memory when the tables were full and at the end."""

    def __init__(self, packets: Iterable[Packet], full_after: int) -> None:
        self.packets = packets
        self.full_after = full_after
        self.begin = self.full = self.end = 0

    def __iter__(self) -> Iterator[Packet]:
        self.begin = resident()
        for place, packet in enumerate(self.packets):
            if place == self.full_after:
                self.full = resident()
            yield packet
        self.end = resident()


def before(size: Size) -> Iterator[Packet]:
    """Let those begin who must not be lost."""
    yield from crowd.crowd(crowd.ESTABLISHED, size.live, first=0, apart=MILLISECOND)
    yield from crowd.crowd(crowd.REGISTERED, size.live, first=10_000, begin=SECOND)
    yield from crowd.crowd(crowd.SUBSCRIBED, size.subscriptions, first=20_000, begin=SECOND)


def after(size: Size, begin: int) -> Iterator[Packet]:
    """Let them end."""
    then = begin + SECOND
    yield from crowd.crowd(crowd.CLEARED, size.live, first=0, begin=begin, apart=MILLISECOND)
    yield from crowd.crowd(crowd.UNREGISTERED, size.live, first=10_000, begin=then)
    yield from crowd.crowd(crowd.UNSUBSCRIBED, size.subscriptions, first=20_000, begin=then)


def flood(parts: tuple[Part, ...], count: int) -> Iterator[Packet]:
    """Begin so many dialogs of all *parts* together, all on top of each other."""
    each = count // len(parts)
    crowds = [
        crowd.crowd(part, each, first=(1 + place) << 21, begin=10 * SECOND, apart=APART)
        for place, part in enumerate(parts)
    ]
    return chain.from_iterable(map(chain.from_iterable, zip(*map(chunks, crowds), strict=True)))


def chunks(packets: Iterator[Packet]) -> Iterator[list[Packet]]:
    """Cut *packets* into lists, so that crowds can take turns."""
    while chunk := list(islice(packets, 50)):
        yield chunk


def play(packets: Iterable[Packet], limit: int) -> Run:
    run = Run(Pipeline(limit, 4096, most_bindings=limit))
    run.drain()
    with CaptureFile(io.BufferedReader(Recording(packets))) as capture:
        while capture.read():
            while run.take(capture.cursor, 2048):
                pass
    run.finish("0", "0")
    return run


def told(run: Run) -> Counter[str]:
    return Counter(EVENT_NAMES[event.type] for event in run.events)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_flood_pushes_nobody_out(name, size):
    count, limit, live, slack = size
    flooding = Watched(flood(FLOODS[name], count), count // 2)
    run = play(chain(before(size), flooding, after(size, 20 * SECOND)), limit)
    calls, bindings = run.pipeline.tracker.calls, run.pipeline.tracker.registrar.bindings

    # Everyone who was there before is there after it.
    count_of = told(run)
    assert (count_of["call-start"], count_of["call-end"]) == (live, live)
    assert (count_of["reg-new"], count_of["reg-del"]) == (live, live)
    assert (count_of["sub-new"], count_of["sub-del"]) == (size.subscriptions, size.subscriptions)
    assert count_of["action-log"] == 0
    assert {event.duration for event in run.events if event.type == CALL_END} == {20 * SECOND}
    assert calls.evicted_settled.value == bindings.evicted.value == 0

    # The flood is told of by counters.
    assert calls.active.highest == limit
    assert calls.evicted.value == calls.fail_lim.value
    assert calls.evicted.value >= count - (limit - live - size.subscriptions)
    methods = ("sip_INVITE", "sip_REGISTER", "sip_OPTIONS", "sip_SUBSCRIBE")
    packets = run.pipeline.counters.group.values()
    assert sum(packets[method] for method in methods) >= count
    assert run.pipeline.counters.over_udp.tracked_err.value == 0

    # Memory stays where it was when the tables were full.
    events = len(run.events) * 1000  # which this test keeps
    assert flooding.end - flooding.full < limit * OF_A_TURN + slack // 2 + events
    assert flooding.end - flooding.begin < limit * OF_AN_ENTRY + slack + events


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "size", [pytest.param(QUICK, id="quick"), pytest.param(SOAK, id="soak", marks=pytest.mark.soak)]
)
def test_a_flood_of_answered_calls_takes_the_oldest_and_tells(size):
    """They are calls as good as any: the table keeps the newest, and each that goes is told."""
    count, limit, live, slack = size
    flooding = Watched(flood((crowd.ANSWERED,), count), 2 * limit)
    run = play(chain(before(size), flooding), limit)
    calls = run.pipeline.tracker.calls
    most = limit * 7 // 8
    gone = live + size.subscriptions + count - most
    assert calls.settled.count == most
    assert calls.evicted_settled.value == gone
    count_of = told(run)
    assert count_of["call-start"] == live + count
    assert count_of["action-log"] == gone
    assert live == count_of["reg-new"] == run.pipeline.tracker.registrar.bindings.active.value
    events = len(run.events) * 1500
    assert flooding.end - flooding.begin < limit * OF_AN_ENTRY + slack + events
