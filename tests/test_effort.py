"""However little is done at a time, the same comes of it; and no packet brings about all at once."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipcm.clock import DAY, SECOND
from sipcm.effort import ENDLESS, FRAME, INFLATED, LINE, MESSAGE, TIMER, WHOLE, Effort
from sipcm.export.eventline import line
from sipcm.net.capturefile import CaptureFile
from sipcm.pipeline import Pipeline
from sipcm.sip.framingforms import MOST
from tests.frames import ALICE
from tests.harness import Packet, Run, capture_of, play
from tests.mixture import Mixture
from tests.net.fragmenting import cuts, fragment4
from tests.segments import Connection
from tests.stage import BEGIN, frame, script
from tests.websockets import REQUEST, RESPONSE, Deflater
from tests.websockets import frame as websocket_frame

MIXTURE = list(Mixture(20, 5))
OLDER = [(timestamp - 300 * DAY, data) for timestamp, data in Mixture(10, 3, seed=2)]
"""What a newer file holds, and then an older one."""


def test_all_is_left_at_first():
    effort = Effort()
    assert (effort.most, effort.left) == (ENDLESS, ENDLESS)
    effort.most = 5
    effort.begin()
    assert effort.left == 5


def told(run: Run) -> tuple[list[str], list[dict[str, int]]]:
    """Return all events of *run*, and all that it counted."""
    pipeline = run.pipeline
    groups = [pipeline.counters.group, pipeline.defragmenter.group, pipeline.payloads]
    groups += [*pipeline.streams.groups(), pipeline.tracker.calls.group]
    return [line(event) for event in run.events], [group.values() for group in groups]


def mixed(ring: int = 4096, **options: int) -> tuple[list[str], list[dict[str, int]]]:
    run = play(capture_of([*MIXTURE, *OLDER]), wait="2h", ring=ring, **options)  # type: ignore[arg-type]
    return told(run)


WHOLE_MIXTURE = mixed()


@pytest.mark.no_cover
@pytest.mark.parametrize("slice_size", [1, 64, 2048])
@pytest.mark.parametrize("effort", [1, TIMER + 1, 10_000, 100_000])
def test_it_changes_no_event_of_what_comes_in_every_way(effort, slice_size):
    assert len(WHOLE_MIXTURE[0]) > 100
    assert mixed(effort=effort, slice_size=slice_size) == WHOLE_MIXTURE


@pytest.mark.no_cover
@settings(max_examples=15)
@given(st.integers(1, 50_000), st.integers(1, 300), st.sampled_from([150, 4096]))
def test_nor_does_any_other_size(effort, slice_size, ring):
    assert mixed(ring=ring, slice_size=slice_size, effort=effort) == WHOLE_MIXTURE


# What one packet, or a moment, brings about


def followed(
    happened: Iterable[Packet], effort: int, count: Callable[[Pipeline], int]
) -> list[int]:
    """Return how much of what *count* tells each step brought that is no more than *effort*."""
    pipeline = Pipeline(0, 1024)
    pipeline.effort.most = effort
    steps: list[int] = []

    def note() -> None:
        steps.append(count(pipeline) - sum(steps))

    with CaptureFile(capture_of(happened)) as capture:
        while capture.read():
            while pipeline.run(capture.cursor, 2048) or pipeline.blocked():
                note()
    while not pipeline.finish():
        note()
    note()
    while not pipeline.run_on(pipeline.clock.now + 3600 * SECOND):
        note()
    note()
    return steps


def options(number: int, header: bytes = b"") -> bytes:
    [step] = script(">OPTIONS", f"call-{number}")
    return step.payload.replace(b"\r\n", b"\r\n" + header, 1)


def tracked(pipeline: Pipeline) -> int:
    return int(pipeline.tracker.begun)


def test_the_timers_of_all_calls():
    calls = [(BEGIN, frame(options(number))) for number in range(1000)]
    late = (BEGIN + 3000 * SECOND, frame(options(2000)))
    steps = followed(
        [*calls, late, (late[0] + 1, late[1])], 100 * TIMER, lambda it: int(it.ring.total)
    )
    assert sum(steps) == 1001
    assert max(steps) == 100


def test_what_streams_held_behind_a_gap():
    last: list[Packet] = []
    happened: list[Packet] = []
    for number in range(3):
        connection = Connection(client=(ALICE.address, 40_000 + number))
        happened += [(BEGIN, captured) for captured in connection.open()]
        last.append((BEGIN + SECOND, connection.send(options(1000 * number))))
        for part in range(1, 200):
            happened.append((BEGIN, connection.send(options(1000 * number + part))))
    steps = followed([*happened, *last], 20 * MESSAGE, tracked)
    assert sum(steps) == 600
    assert 0 < max(steps) <= 20


def test_lines_that_are_no_message():
    connection = Connection()
    happened = [(BEGIN, captured) for captured in connection.open()]
    first = connection.send(options(0) + b"x\n")
    happened += [(BEGIN + 1, connection.send(b"x\n" * 700)) for _ in range(100)]
    steps = followed(
        [*happened, (BEGIN + 2, first)], 2 * 700 * LINE, lambda it: it.counters.tcp_segs.value
    )
    assert sum(steps) == 103, "with both SYN"
    assert max(steps) <= 3


def in_frames(*frames: bytes) -> list[Packet]:
    """Return what opens a connection, and *frames* in pieces of 60 kB."""
    connection = Connection()
    sent = [*connection.open(), connection.send(REQUEST)]
    sent.append(connection.send(RESPONSE, by_client=False))
    data = b"".join(frames)
    sent += [connection.send(data[at : at + 60_000]) for at in range(0, len(data), 60_000)]
    return [(BEGIN, captured) for captured in sent]


def test_what_is_inflated():
    deflater = Deflater(takeover=False)
    bombs = [deflater.frame(bytes(1_000_000)) for _ in range(20)]
    inflated = 17 * MOST * INFLATED
    steps = followed(in_frames(*bombs), 2 * inflated, lambda it: it.streams.websocket.cut.value)
    assert sum(steps) == 20
    assert max(steps) <= 3


def test_frames_that_hold_nothing():
    pings = websocket_frame(b"", opcode=9) * 10_000
    steps = followed(in_frames(pings), 100 * FRAME, lambda it: it.streams.websocket.control.value)
    assert sum(steps) == 10_000
    assert max(steps) <= 100


def test_packets_that_are_put_together():
    first: list[Packet] = []
    last: list[Packet] = []
    for number in range(50):
        whole = frame(options(number, b"Subject: " + b"x" * 8000 + b"\r\n"))[34:]
        *begin, end = [fragment4(whole, cut, number) for cut in cuts(len(whole), 1024)]
        first += [(BEGIN, part) for part in begin]
        last.append((BEGIN + 1, end))
    steps = followed([*first, *last], 8000 * 3 * WHOLE, tracked)
    assert sum(steps) == 50
    assert 0 < max(steps) <= 3


def test_packets_that_are_large():
    large = [(BEGIN, frame(options(n, b"Subject: " + b"x" * 60_000 + b"\r\n"))) for n in range(50)]
    steps = followed(large, 1, tracked)
    assert sum(steps) == 50
    assert max(steps) <= 2
