"""Messages that are injected: followed like any other, and time and packets do not notice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.clock import DAY, MINUTE, SECOND
from sipcm.export.eventline import line
from sipcm.net.capturefile import CaptureFile
from sipcm.net.records import Cursor
from sipcm.packet import Packet as Read
from sipcm.pipeline import Pipeline
from sipcm.protocol import PROTOCOL_UDP as UDP
from sipcm.state.events import Event
from sipcm.state.tracker import MOST_EVENTS
from tests.frames import ALICE, BOB
from tests.harness import Packet, capture_of, play
from tests.stage import BEGIN, frame, packets, script, told

TODAY = BEGIN + 1000 * DAY
CALL = ">INVITE +1 <180 +2 <200 >ACK +30 >BYE <200 +40 >OPTIONS~o"
TCP = 6


def placed(payload: bytes, *, by_caller: bool = True, protocol: int = UDP) -> Read:
    packet = Read()
    source, destination = (ALICE, BOB) if by_caller else (BOB, ALICE)
    packet.place(
        payload, protocol, source.address, source.port, destination.address, destination.port
    )
    return packet


def inject(pipeline: Pipeline, text: str, call_id: str = "injected") -> None:
    for _, by_caller, payload in script(text, call_id):
        assert pipeline.ready()
        assert pipeline.inject(placed(payload, by_caller=by_caller), TODAY)


def take(pipeline: Pipeline, cursor: Cursor) -> None:
    """Let *pipeline* take the next packet of *cursor*."""
    assert pipeline.run(cursor, 1) == 1


def events(pipeline: Pipeline) -> list[Event]:
    return pipeline.ring.read(0, pipeline.ring.size)


def counted(pipeline: Pipeline) -> dict[str, int]:
    return {name: value for name, value in pipeline.counters.group.values().items() if value}


READ = {"injected": 1, "parse_attempts": 1, "parse_ok": 1, "sip_reqs": 1, "sip_OPTIONS": 1}
BROKEN = {"injected": 1, "parse_attempts": 1, "parse_errs": 1, "parse_error_32": 1}
OPTIONS = next(script(">OPTIONS")).payload


@pytest.mark.parametrize(
    ("payload", "protocol", "tracked", "counters"),
    [
        (OPTIONS, UDP, True, READ | {"sip_udp": 1, "tracked_ok_udp": 1}),
        (OPTIONS, TCP, True, READ | {"sip_tcp": 1, "tracked_ok_tcp": 1}),
        (
            OPTIONS.replace(b"CSeq", b"X"),
            UDP,
            False,
            READ | {"sip_udp": 1, "tracked_err_udp": 1},
        ),
        (
            OPTIONS.replace(b"CSeq", b"X"),
            TCP,
            False,
            READ | {"sip_tcp": 1, "tracked_err_tcp": 1},
        ),
        (b"INVITE x\r\n\r\n", UDP, False, BROKEN | {"parse_errs_udp": 1}),
        (b"INVITE x\r\n\r\n", TCP, False, BROKEN | {"parse_errs_tcp": 1}),
        (b"\x80 is no text\r\n\r\n", UDP, False, BROKEN | {"parse_errs_udp": 1}),
    ],
)
def test_what_it_is_counted_as(payload, protocol, tracked, counters):
    """It is none of the packets; what a person gives for SIP is a probe in no case."""
    pipeline = Pipeline(0, 10)
    assert pipeline.inject(placed(payload, protocol=protocol), TODAY) is tracked
    assert counted(pipeline) == counters
    assert told(events(pipeline)) == ([("parse-error", 0)] if "parse_errs" in counters else [])


def test_events_tell_where_it_came_from():
    pipeline = Pipeline(0, 10)
    pipeline.inject(placed(b"INVITE x\r\n\r\n", by_caller=False, protocol=TCP), TODAY)
    inject(pipeline, ">INVITE <200")
    error, start = events(pipeline)
    assert (error.client, error.client_port, error.transport) == (BOB.address, BOB.port, TCP)
    assert (error.server, error.server_port) == (ALICE.address, ALICE.port)
    assert (start.client, start.server, start.transport) == (ALICE.address, BOB.address, UDP)


# Time


def test_it_happens_at_the_present_moment_and_moves_nothing():
    pipeline = Pipeline(0, 100)
    with CaptureFile(capture_of(packets(CALL))) as capture:
        capture.read()
        for _ in range(3):
            take(pipeline, capture.cursor)
    clock = pipeline.clock
    inject(pipeline, ">INVITE <200 >ACK >BYE <200")
    assert [event.timestamp - BEGIN for event in events(pipeline)] == [3 * SECOND] * 3
    assert (clock.now, clock.newest, clock.late) == (BEGIN + 3 * SECOND, BEGIN + 3 * SECOND, 0)
    assert pipeline.run_on(BEGIN + 10 * SECOND)
    inject(pipeline, ">INVITE <200", "later")
    assert events(pipeline)[-1].timestamp == BEGIN + 10 * SECOND
    assert clock.elapsed() == 3 * SECOND


def test_packet_time_after_a_fall():
    pipeline = Pipeline(0, 100)
    fallen = [*packets(">OPTIONS", "1"), *packets(">OPTIONS +1 <200", "2", BEGIN - 9 * DAY)]
    with CaptureFile(capture_of(fallen)) as capture:
        capture.read()
        pipeline.run(capture.cursor, 9)
    inject(pipeline, ">INVITE <200")
    assert events(pipeline)[-1].timestamp == BEGIN - 9 * DAY + SECOND


def test_timers_that_are_due_come_first():
    pipeline = Pipeline(0, MOST_EVENTS + 4)
    pipeline.ring.claim(0)
    happened = [(BEGIN, frame(next(script(">INVITE", str(n))).payload)) for n in range(10)]
    with CaptureFile(capture_of(happened)) as capture:
        capture.read()
        pipeline.run(capture.cursor, 1000)
    pipeline.clock.run_on(BEGIN + 200 * SECOND)
    assert not pipeline.ready()
    assert pipeline.ring.total == 5
    pipeline.ring.claim(5)
    assert not pipeline.ready()
    pipeline.ring.claim(10)
    inject(pipeline, ">INVITE <200")
    read = pipeline.ring.read(5, 100)
    assert told(read) == [("call-attempt", 408)] * 5 + [("call-start", 200)]


def test_before_any_packet_time_begins_with_it():
    pipeline = Pipeline(0, 10)
    inject(pipeline, ">INVITE")
    clock = pipeline.clock
    assert (clock.started, clock.now, clock.elapsed()) == (True, TODAY, 0)
    assert pipeline.run_on(TODAY + 2 * MINUTE)
    assert told(events(pipeline)) == [("call-attempt", 408)]
    assert events(pipeline)[0].timestamp == TODAY + 2 * MINUTE


def test_an_older_capture_behind_it_gives_the_same_events():
    """To what was injected before it, it is a fall, as that from one file to an older one."""
    pipeline = Pipeline(0, 100)
    inject(pipeline, ">INVITE")
    with CaptureFile(capture_of(packets(CALL))) as capture:
        capture.read()
        pipeline.run(capture.cursor, 100)
    assert pipeline.finish()
    assert lines(events(pipeline)) == whole()
    assert pipeline.clock.falls == 1


# What it leaves as it is


def lines(happened: list[Event]) -> list[str]:
    return [line(event) for event in happened if event.call_id != b"injected"]


def whole() -> list[str]:
    return lines(play(capture_of(packets(CALL))).events)


def test_it_is_no_witness_of_a_packet_in_doubt():
    pipeline = Pipeline(0, 100)
    happened = [*packets(">INVITE"), *packets(">OPTIONS <404", "doubtful", BEGIN + 9 * DAY)]
    with CaptureFile(capture_of(happened)) as capture:
        capture.read()
        take(pipeline, capture.cursor)
        take(pipeline, capture.cursor)
        doubt = pipeline.doubt
        assert doubt is not None
        inject(pipeline, ">INVITE <200")
        assert pipeline.doubt is doubt
        assert pipeline.clock.now == BEGIN
        take(pipeline, capture.cursor)
    assert (pipeline.clock.jumps, pipeline.clock.now) == (1, BEGIN + 9 * DAY)
    assert told(events(pipeline))[0] == ("call-start", 200)


@pytest.mark.parametrize("room", range(MOST_EVENTS, MOST_EVENTS + 3))
def test_what_waits_for_room_comes_before_it(room):
    pipeline = Pipeline(0, room)
    pipeline.ring.claim(0)
    happened = [(BEGIN, frame(b"INVITE %d\r\n\r\n" % number)) for number in range(5)]
    with CaptureFile(capture_of(happened)) as capture:
        capture.read()
        pipeline.run(capture.cursor, 5)
        assert not pipeline.ready()
        while pipeline.queue:
            pipeline.ring.claim(pipeline.ring.total)
            waits = len(pipeline.queue)
            assert not pipeline.ready()
            assert len(pipeline.queue) == waits, "it is for whoever reads to settle"
            pipeline.settle()
        pipeline.ring.claim(pipeline.ring.total)
        assert pipeline.ready()


@given(st.lists(st.integers(0, len(packets(CALL))), max_size=4), st.sampled_from([1, 3, 100]))
def test_the_packets_around_it_give_the_same_events(places, slice_size):
    pipeline = Pipeline(0, 1000)
    taken = number = 0
    with CaptureFile(capture_of(packets(CALL))) as capture:
        capture.read()
        while True:
            while places and min(places) <= taken:
                places.remove(min(places))
                inject(pipeline, ">INVITE <200 >ACK", f"injected {number}")
                number += 1
            most = min(places, default=taken + slice_size) - taken or slice_size
            got = pipeline.run(capture.cursor, most)
            if not got:
                break
            taken += got
    assert pipeline.finish()
    mine = [event for event in events(pipeline) if not event.call_id.startswith(b"injected")]
    assert lines(mine) == whole()
    clock = pipeline.clock
    assert clock.packet_time(clock.now) == BEGIN + 73 * SECOND


@pytest.mark.parametrize("number", range(len(packets(CALL))))
def test_it_is_followed_like_a_packet_of_that_moment(number):
    """One message of a call is injected where it was captured: nobody can tell."""
    happened: list[Packet] = packets(CALL)
    step = list(script(CALL))[number]
    pipeline = Pipeline(0, 100)
    with CaptureFile(capture_of(happened[:number])) as capture:
        capture.read()
        pipeline.run(capture.cursor, 100)
    if pipeline.clock.started:
        assert pipeline.run_on(BEGIN + step.time)
    assert pipeline.ready()
    packet = Read()
    packet.place(
        step.payload,
        UDP,
        *((ALICE.address, ALICE.port) if step.by_caller else (BOB.address, BOB.port)),
        *((BOB.address, BOB.port) if step.by_caller else (ALICE.address, ALICE.port)),
    )
    pipeline.inject(packet, BEGIN)
    with CaptureFile(capture_of(happened[number + 1 :])) as capture:
        capture.read()
        pipeline.run(capture.cursor, 100)
    assert pipeline.finish()
    assert lines(events(pipeline)) == whole()


def test_rates_see_it():
    pipeline = Pipeline(0, 100)
    with CaptureFile(capture_of(packets(">OPTIONS +1 <200"))) as capture:
        capture.read()
        pipeline.run(capture.cursor, 100)
    assert pipeline.run_on(BEGIN + 100 * SECOND)
    inject(pipeline, ">OPTIONS")
    assert pipeline.run_on(BEGIN + 102 * SECOND)
    rates = pipeline.rates
    assert rates.rate(10 * SECOND, pipeline.clock.now)["injected"] == 1
    assert rates.rate(SECOND, pipeline.clock.now)["injected"] == 0
