"""Every event arrives at the sink, once and in order; the run survives a sink that does not."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from sipcm.errors import ConfigError
from sipcm.log import Log
from sipcm.outlet import BATCH, LOOKS_IN_SILENCE, MOST_LOOKS, Outlet
from sipcm.pauses import PlainPauses
from sipcm.state.events import CALL_END, MSG_PROBE, Event
from sipcm.state.ring import UNCLAIMED, EventRing
from tests.servicing import drive


@pytest.fixture
def ring() -> EventRing:
    return EventRing(10)


class Sink:
    """An outlet that is driven without an event loop."""

    def __init__(self, path: Path | str, ring: EventRing, pauses: PlainPauses | None = None):
        self.wanted = True
        self.gone = self.goes_on = False
        self.pauses = pauses or PlainPauses()
        self.outlet = Outlet(str(path), ring, Log(), lambda: self.wanted, self.go)
        drive(self.outlet.open(self.pauses))

    def go(self) -> bool:
        self.gone = True
        return self.goes_on

    def drain(self) -> None:
        drive(self.outlet.drain(self.pauses))

    def flush(self) -> None:
        drive(self.outlet.flush(self.pauses))

    def close(self) -> None:
        drive(self.outlet.close(self.pauses))

    def counted(self) -> tuple[int, int]:
        """Return how many events were written and lost."""
        assert self.outlet.output is not None
        return int(self.outlet.output.written.value), int(self.outlet.output.lost.value)

    def complaint(self) -> str:
        assert self.outlet.output is not None
        return self.outlet.output.complaint()

    @property
    def failed(self) -> bool:
        return self.outlet.failed


def times(path: Path) -> list[str]:
    return [json.loads(line)["@timestamp"][-4:-1] for line in path.read_bytes().splitlines()]


def test_every_event_arrives_once(ring, tmp_path):
    target = tmp_path / "events.json"
    outlet = Sink(target, ring)
    for number in range(25):
        if ring.room() < 1:
            outlet.drain()
        ring.add(Event(CALL_END, number), number)
    outlet.close()
    assert times(target) == [f"{number:03}" for number in range(25)]


def test_what_is_not_chosen_is_read_and_not_written(ring, tmp_path):
    target = tmp_path / "events.json"
    pauses = PlainPauses()
    outlet = Outlet(
        str(target),
        ring,
        Log(),
        lambda: True,
        lambda: False,
        lambda events: [event for event in events if event.timestamp % 7 == 3],
    )
    drive(outlet.open(pauses))
    for number in range(25):
        if ring.room() < 1:
            drive(outlet.drain(pauses))
        ring.add(Event(CALL_END, number), number)
    drive(outlet.close(pauses))
    assert times(target) == ["003", "010", "017", "024"]


def test_a_flush_shows_all_so_far(ring, tmp_path):
    target = tmp_path / "events.json"
    outlet = Sink(target, ring)
    ring.add(Event(MSG_PROBE, 7), 7)
    assert times(target) == []
    outlet.flush()
    outlet.flush()
    assert times(target) == ["007"]
    outlet.close()


def test_more_events_than_a_batch(tmp_path):
    ring = EventRing(3 * BATCH)
    target = tmp_path / "events.json"
    outlet = Sink(target, ring)
    for number in range(2 * BATCH + 1):
        ring.add(Event(CALL_END, number), number)
    outlet.drain()
    outlet.close()
    assert len(times(target)) == 2 * BATCH + 1


def test_without_a_path_nothing_is_claimed(ring):
    outlet = Sink("", ring)
    for number in range(25):
        ring.add(Event(CALL_END, number), number)
    outlet.flush()
    outlet.close()
    assert ring.claimed == UNCLAIMED
    assert not outlet.failed


def test_a_path_that_cannot_be_opened(ring, tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        Sink(tmp_path, ring)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told_at_the_flush_and_once(ring, capsys):
    outlet = Sink("/dev/full", ring)
    ring.add(Event(CALL_END, 1), 1)
    outlet.flush()
    outlet.flush()
    outlet.close()
    assert outlet.failed
    assert capsys.readouterr().err.count("No space left on device") == 1
    assert ring.room() == 10
    assert outlet.counted() == (0, 1)
    assert outlet.complaint() == "-json: /dev/full: No space left on device"


class OnPause(PlainPauses):
    """Does something in each pause instead of sleeping, and counts them."""

    def __init__(self, during: Callable[[int], None]) -> None:
        self.count = 0
        self._during = during

    async def sleep(self, _nanoseconds: int) -> None:
        self.count += 1
        self._during(self.count)


@pytest.fixture
def fifo(tmp_path) -> Path:
    path: Path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def lines(data: bytes) -> int:
    assert data.endswith(b"}\n")
    return data.count(b"\n")


def test_a_reader_is_waited_for(ring, fifo):
    readers = []

    def come(count: int) -> None:
        if count == 3:
            readers.append(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))

    pauses = OnPause(come)
    sink = Sink(fifo, ring, pauses)
    assert pauses.count == 3
    ring.add(Event(CALL_END, 1), 1)
    sink.close()
    assert lines(os.read(readers[0], 65536)) == 1
    os.close(readers[0])


def test_who_is_waited_for_is_told(ring, fifo, capsys):
    readers = []

    def come(count: int) -> None:
        if count == 2 * LOOKS_IN_SILENCE:
            readers.append(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))

    Sink(fifo, ring, OnPause(come)).close()
    os.close(readers[0])
    assert capsys.readouterr().err == f"sipcm: -json: {fifo}: waiting until somebody reads it\n"


def test_without_a_reader_a_run_can_be_stopped(ring, fifo):
    sinks = []

    class Stopping(Sink):
        def __init__(self) -> None:
            sinks.append(self)
            super().__init__(fifo, ring, OnPause(self.stop))

        def stop(self, count: int) -> None:
            self.wanted = count < 3

    Stopping().close()
    assert not sinks[0].failed
    assert ring.claimed == UNCLAIMED


def test_others_have_their_turn_while_a_reader_is_slow(fifo):
    ring = EventRing(5000)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    taken = []
    pauses = OnPause(lambda _: taken.append(os.read(reader, 65536)))
    sink = Sink(fifo, ring, pauses)
    for number in range(1000):
        ring.add(Event(CALL_END, number), number)
    sink.close()
    with suppress(BlockingIOError):
        while more := os.read(reader, 65536):
            taken.append(more)
    os.close(reader)
    assert pauses.count >= 1
    assert lines(b"".join(taken)) == 1000


def test_a_reader_that_takes_nothing_is_given_up_once_the_run_is_stopped(fifo, capsys):
    ring = EventRing(5000)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    pauses = OnPause(lambda _: None)
    sink = Sink(fifo, ring, pauses)
    for number in range(1000):
        ring.add(Event(CALL_END, number), number)
    sink.wanted = False
    sink.close()
    os.close(reader)
    assert pauses.count == MOST_LOOKS + 1, "at the first look something had gone out"
    assert sink.failed
    assert capsys.readouterr().err == (
        f"sipcm: error: -json: {fifo}: nobody reads it; the last events are lost\n"
    )


def test_a_run_for_a_reader_who_has_gone_ends_and_says_so(ring, fifo, capsys):
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    sink = Sink(fifo, ring)
    os.close(reader)
    ring.add(Event(CALL_END, 1), 1)
    sink.flush()
    assert (sink.gone, sink.failed, sink.counted()) == (True, True, (0, 1))
    told = f"sipcm: error: -json: {fifo}: its reader has gone; the run ends\n"
    assert capsys.readouterr().err == told


def test_another_reader_gets_what_comes_then(ring, fifo, capsys):
    """More comes meanwhile than the ring holds."""
    first = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    sink = Sink(fifo, ring)
    sink.goes_on = True

    def happen(count: int) -> None:
        for _ in range(count):
            if ring.room() < 1:
                sink.drain()
            ring.add(Event(CALL_END, ring.total), ring.total)

    happen(2)
    sink.flush()
    assert lines(os.read(first, 65536)) == 2
    os.close(first)
    happen(25)
    sink.flush()
    why = "its reader has gone; events are lost until it has another"
    assert sink.complaint() == f"-json: {fifo}: {why}"
    assert sink.counted() == (2, 25)
    second = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    happen(1)
    sink.flush()  # what came before somebody read is lost
    happen(3)
    sink.close()
    received = os.read(second, 65536)
    os.close(second)
    assert [json.loads(line)["@timestamp"][-4:-1] for line in received.splitlines()] == [
        f"{number:03}" for number in (28, 29, 30)
    ]
    assert (sink.complaint(), sink.counted(), sink.failed) == ("", (5, 26), True)
    assert capsys.readouterr().err == (
        f"sipcm: error: -json: {fifo}: {why}\n"
        f"sipcm: warning: -json: {fifo}: it is read again; so far 26 events were lost\n"
    )


@pytest.mark.parametrize("instead", [Path.touch, Path.mkdir, None])
def test_a_fifo_that_has_become_something_else_is_left_alone(ring, fifo, instead):
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    sink = Sink(fifo, ring)
    sink.goes_on = True
    os.close(reader)
    ring.add(Event(CALL_END, 1), 1)
    sink.flush()
    fifo.unlink()
    if instead is not None:
        instead(fifo)
    ring.add(Event(CALL_END, 2), 2)
    sink.flush()
    sink.close()
    assert sink.counted() == (0, 2)
    assert fifo.exists() is (instead is not None)


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_reader_of_standard_output_is_missed_only_where_the_run_goes_on(
    ring, capsys, monkeypatch, goes_on
):
    reading, writing = os.pipe()
    monkeypatch.setattr("sipcm.outlet.STDOUT", writing)
    sink = Sink("-", ring)
    sink.goes_on = goes_on
    os.close(reading)
    for number in range(3):
        ring.add(Event(CALL_END, number), number)
        sink.flush()
    sink.close()
    os.close(writing)
    told = "sipcm: error: -json: -: its reader has gone; events are lost from now on\n"
    assert capsys.readouterr().err == (told if goes_on else "")
    assert (sink.failed, sink.counted()) == (goes_on, (0, 3 if goes_on else 0))
    assert ring.room() > 10 or goes_on


def test_what_a_slow_reader_has_got_is_not_lost(fifo):
    ring = EventRing(5000)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    sink = Sink(fifo, ring, OnPause(lambda _: None))
    sink.wanted = False
    for number in range(1000):
        ring.add(Event(CALL_END, number), number)
    sink.close()
    got = os.read(reader, 1 << 20).count(b"\n")
    os.close(reader)
    assert got > 100
    assert sink.counted() == (got, 1000 - got)
