"""Every event arrives at the sink, once and in order; the run survives a sink that does not."""

import json
from pathlib import Path

import pytest

from sipcm.errors import ConfigError
from sipcm.log import Log
from sipcm.outlet import BATCH, Outlet
from sipcm.state.events import CALL_END, MSG_PROBE, Event
from sipcm.state.ring import UNCLAIMED, EventRing


@pytest.fixture
def ring() -> EventRing:
    return EventRing(10)


def outlet_to(path: Path | str, ring: EventRing, gone=lambda: None) -> Outlet:
    outlet = Outlet(str(path), ring, Log(), gone)
    outlet.open()
    return outlet


def times(path: Path) -> list[str]:
    return [json.loads(line)["@timestamp"][-4:-1] for line in path.read_bytes().splitlines()]


def test_every_event_arrives_once(ring, tmp_path):
    target = tmp_path / "events.json"
    outlet = outlet_to(target, ring)
    for number in range(25):
        if ring.room() < 1:
            outlet.drain()
        ring.add(Event(CALL_END, number))
    outlet.close()
    assert times(target) == [f"{number:03}" for number in range(25)]


def test_a_flush_shows_all_so_far(ring, tmp_path):
    target = tmp_path / "events.json"
    outlet = outlet_to(target, ring)
    ring.add(Event(MSG_PROBE, 7))
    assert times(target) == []
    outlet.flush()
    outlet.flush()
    assert times(target) == ["007"]
    outlet.close()


def test_more_events_than_a_batch(tmp_path):
    ring = EventRing(3 * BATCH)
    target = tmp_path / "events.json"
    outlet = outlet_to(target, ring)
    for number in range(2 * BATCH + 1):
        ring.add(Event(CALL_END, number))
    outlet.drain()
    outlet.close()
    assert len(times(target)) == 2 * BATCH + 1


def test_without_a_path_nothing_is_claimed(ring):
    outlet = outlet_to("", ring)
    for number in range(25):
        ring.add(Event(CALL_END, number))
    outlet.flush()
    outlet.close()
    assert ring.claimed == UNCLAIMED
    assert not outlet.failed


def test_a_path_that_cannot_be_opened(ring, tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        outlet_to(tmp_path, ring)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told_at_the_flush_and_once(ring, capsys):
    outlet = outlet_to("/dev/full", ring)
    ring.add(Event(CALL_END, 1))
    outlet.flush()
    outlet.flush()
    outlet.close()
    assert outlet.failed
    assert capsys.readouterr().err.count("No space left on device") == 1
    assert ring.room() > 10
