"""Packets go in by a feed, and time passes by it, with a sink or without."""

import pytest

from sipcm.clock import LAST_MOMENT
from sipcm.effort import ENDLESS, SLICE, TIMER
from sipcm.feed import CHUNK, FORCE_MARGIN, Feed
from sipcm.log import Log
from sipcm.net.capturefile import CaptureFile
from sipcm.outlet import Outlet
from sipcm.pauses import PlainPauses
from sipcm.run import Run
from tests.harness import capture_of
from tests.servicing import drive, settings
from tests.stage import BEGIN, packets

SECOND = 1_000_000_000
PAUSES = PlainPauses()


class Feeding:
    """A feed of a run over *happened*."""

    def __init__(self, happened, **given):
        self.run = Run(settings(**given))
        log = Log()
        outlet = Outlet("", self.run.pipeline.ring, log, lambda: True, lambda: False)
        self.feed = Feed(self.run, outlet, log)
        self.capture = CaptureFile(capture_of(happened), name="x")
        while self.capture.read():  # all of it, however large a block is
            pass

    def counted(self):
        return int(self.run.pipeline.counters.total_packets.value)


def test_packets_go_in_by_chunks():
    happened = [packet for n in range(CHUNK) for packet in packets(">OPTIONS <200", str(n))]
    feeding = Feeding(happened[:-1])
    assert feeding.run.pipeline.effort.most == SLICE
    feeding.run.pipeline.effort.most = ENDLESS
    answers = []

    async def work():
        while True:
            answers.append(await feeding.feed.chunk(feeding.capture.cursor, PAUSES))
            answers.append(feeding.counted())
            if not answers[-2]:
                break

    drive(work())
    assert answers == [True, CHUNK, False, 2 * CHUNK - 1]


def test_one_packet_goes_in():
    feeding = Feeding(packets(">OPTIONS <200"))
    assert feeding.capture.cursor.next()
    drive(feeding.feed.take(feeding.capture.cursor, PAUSES))
    assert feeding.counted() == 1


@pytest.mark.parametrize("moment", [BEGIN + 500 * SECOND, LAST_MOMENT + 5])
def test_time_passes(moment):
    feeding = Feeding(packets(">OPTIONS"))
    drive(_all(feeding))
    drive(feeding.feed.pass_time(moment, PAUSES))
    pipeline = feeding.run.pipeline
    assert pipeline.clock.now == min(moment, LAST_MOMENT)
    assert pipeline.ring.total == 1


class Breaths(PlainPauses):
    """Counts how often others have their turn."""

    def __init__(self):
        self.count = 0

    async def breathe(self):
        self.count += 1


def test_others_have_their_turn_while_many_timers_fire():
    feeding = Feeding([packet for n in range(100) for packet in packets(">OPTIONS", str(n))])
    drive(_all(feeding))
    feeding.run.pipeline.effort.most = 10 * TIMER
    breaths = Breaths()
    drive(feeding.feed.pass_time(BEGIN + 500 * SECOND, breaths))
    assert (feeding.run.pipeline.ring.total, breaths.count) == (100, 10)


def test_others_have_their_turn_while_a_packet_waits_for_many_timers():
    late = (BEGIN + 500 * SECOND, packets(">OPTIONS", "late")[0][1])
    happened = [packet for n in range(100) for packet in packets(">OPTIONS", str(n))]
    feeding = Feeding([*happened, late])
    feeding.run.pipeline.effort.most = 10 * TIMER
    breaths = Breaths()

    async def work():
        while feeding.capture.cursor.next():
            await feeding.feed.take(feeding.capture.cursor, breaths)

    drive(work())
    assert feeding.counted() == 101
    assert breaths.count == 9, "the first ten fire as it is taken"


def test_a_chunk_goes_on_with_what_the_last_one_left():
    feeding = Feeding([packet for n in range(100) for packet in packets(">OPTIONS <200", str(n))])
    feeding.run.pipeline.effort.most = 1
    drive(_all(feeding))
    assert feeding.counted() == 200


async def _all(feeding):
    while await feeding.feed.chunk(feeding.capture.cursor, PAUSES):
        pass


@pytest.mark.parametrize(
    ("given", "passed", "events"),
    [
        ({}, 0, 0),
        ({"end_wait": 500 * SECOND}, 500 * SECOND, 1),
        ({"end_force_timeout": SECOND}, SECOND + FORCE_MARGIN, 1),
    ],
)
def test_the_end_comes_as_is_asked_for(given, passed, events):
    feeding = Feeding(packets(">OPTIONS"), **given)
    drive(_all(feeding))
    drive(feeding.feed.end(PAUSES))
    pipeline = feeding.run.pipeline
    assert pipeline.clock.now - BEGIN == passed
    assert pipeline.ring.total == events
    assert feeding.run.stopped_since() is not None
    assert (feeding.feed.faults, feeding.feed.failed) == (0, False)


@pytest.mark.parametrize(
    ("given", "lines"), [({}, 1), ({"iface": ("eth0",)}, 2), ({"evr_limits": (0, 0, 0)}, 0)]
)
def test_that_events_are_left_out_is_told(capsys, given, lines):
    """By an interface once in each spell, by a file once."""
    refused = [
        step
        for moment in (*range(5), *range(200, 205))
        for step in packets(f"+{moment} >INVITE <486", str(moment))
    ]
    refused += packets("+300 >OPTIONS")
    feeding = Feeding(refused, **{"evr_limits": (1, 1, 0), **given})
    feeding.feed.tell()
    while feeding.capture.cursor.next():
        drive(feeding.feed.take(feeding.capture.cursor, PAUSES))
        feeding.feed.tell()
    drive(feeding.feed.end(PAUSES))
    told = capsys.readouterr().err.splitlines()
    line = "sipcm: warning: events are left out: call-attempt of 192.0.2.10, which come "
    assert [one[: len(line)] for one in told] == [line] * lines


def test_what_is_left_out_at_the_end_is_told(capsys):
    refused = [step for number in "abc" for step in packets(">INVITE <486", number)]
    feeding = Feeding(refused, evr_limits=(1, 0, 0), end_force_timeout=SECOND)
    drive(_all(feeding))
    assert capsys.readouterr().err == ""
    drive(feeding.feed.end(PAUSES))
    assert capsys.readouterr().err.count("events are left out: call-attempt of ") == 1
