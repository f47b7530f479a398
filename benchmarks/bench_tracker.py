"""What following a message costs once it is scanned, and what an expired call costs."""

import pytest

from benchmarks.traffic import BEGIN, frames
from sipcm.clock import Clock
from sipcm.net.decode import decode
from sipcm.net.packet import DECODED, Datagram
from sipcm.sip.message import Message
from sipcm.sip.scanner import scan
from sipcm.state.bindings import BindingTable
from sipcm.state.calls import CallTable
from sipcm.state.ring import EventRing
from sipcm.state.tracker import Tracker

DIALOGS = 4000
HOUR = 3600 * 1_000_000_000

Scanned = list[tuple[int, Message, Datagram]]


@pytest.fixture(scope="module")
def scanned() -> Scanned:
    """Give messages, each with its time and the datagram that it came in."""
    found: Scanned = []
    for timestamp, data in frames(DIALOGS):
        message, datagram = Message(), Datagram()
        assert decode(data, 0, len(data), 1, datagram) == DECODED
        assert scan(data, datagram.start, datagram.end, message) == 0
        found.append((timestamp, message, datagram))
    return found


def new_tracker() -> Tracker:
    return Tracker(CallTable(0), BindingTable(0), EventRing(100_000), Clock())


def follow(tracker: Tracker, scanned: Scanned) -> Tracker:
    """Feed all messages, and let time pass between them."""
    clock = tracker.clock
    for timestamp, message, datagram in scanned:
        tracker.advance(timestamp)
        clock.advance(timestamp)
        tracker.feed(message, datagram, timestamp, timestamp)
    return tracker


def test_messages(benchmark, scanned):
    tracker = benchmark.pedantic(
        follow, setup=lambda: ((new_tracker(), scanned), {}), rounds=5, warmup_rounds=1
    )
    assert tracker.begun == DIALOGS
    if benchmark.stats:
        benchmark.extra_info["ns per message"] = benchmark.stats["median"] / len(scanned) * 1e9


def test_requests_that_begin_a_call(benchmark, scanned):
    begun = [row for row in scanned if row[1].cseq == 1 and not row[1].status and not row[1].to_tag]
    tracker = benchmark.pedantic(
        follow, setup=lambda: ((new_tracker(), begun), {}), rounds=5, warmup_rounds=1
    )
    assert tracker.begun == DIALOGS
    if benchmark.stats:
        benchmark.extra_info["ns per call"] = benchmark.stats["median"] / DIALOGS * 1e9


def test_calls_that_expire_at_once(benchmark, scanned):
    begun = [(BEGIN, message, datagram) for _, message, datagram in scanned]
    tracker = benchmark.pedantic(
        lambda tracker: tracker.advance(BEGIN + HOUR),
        setup=lambda: ((follow(new_tracker(), begun),), {}),
        rounds=5,
    )
    assert tracker
    if benchmark.stats:
        benchmark.extra_info["ns per call"] = benchmark.stats["median"] / DIALOGS * 1e9
