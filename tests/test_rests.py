"""For how long live capture lets packets gather, and who may wait for them."""

import asyncio
import math
from itertools import groupby

import pytest

from sipcm import rests
from sipcm.livecapture import LATE, ON_ITS_WAY
from sipcm.looppauses import LoopPauses
from sipcm.rests import BRIEFLY, PATIENCE, REST, SHARE, UNSEEN
from tests.livestage import HOUR, SECOND, LiveStage


@pytest.mark.parametrize(("limit", "wait"), [(0, PATIENCE), (SECOND, PATIENCE), (5_000, 5_000)])
def test_waits_are_as_short_as_is_asked_for(limit, wait):
    stage = LiveStage(max_blocked_timeout=limit)
    stage.go(0)
    assert stage.pauses.waits == [wait, ON_ITS_WAY]


@pytest.mark.parametrize(("limit", "wait"), [(0, UNSEEN), (SECOND, UNSEEN), (5_000, 5_000)])
def test_they_are_longer_where_nobody_looks(limit, wait):
    stage = LiveStage(watched=False, max_blocked_timeout=limit)
    stage.go(0)
    assert stage.pauses.waits == [wait, ON_ITS_WAY]


def test_packets_gather_in_rests():
    stage = LiveStage().steady().go(4)
    assert stage.taps[0].source.received.value == 100
    assert set(stage.pauses.rests) == {REST}
    assert len(stage.pauses.rests) + len(stage.pauses.waits) < 100
    assert stage.taps[0].source.lag.highest * 1_000_000 <= REST
    assert not stage.run.late


def test_where_nobody_looks_more_packets_gather():
    stage = LiveStage(watched=False).steady().go(4)
    assert stage.taps[0].source.received.value == 100
    assert [rest for rest, _ in groupby(stage.pauses.rests)] == [REST, 2 * REST, UNSEEN]
    assert LATE * 1_000_000 < stage.taps[0].source.lag.highest * 1_000_000 <= UNSEEN
    assert not stage.run.late
    assert stage.run.pipeline.clock.late == 0


@pytest.mark.parametrize("given", [{"json": "-"}, {"write": "a.pcap"}, {"verbose": True}])
def test_what_is_told_at_once_need_not_be_looked_at(given):
    stage = LiveStage(watched=False, **given).steady().go(4)
    assert set(stage.pauses.rests) == {REST}


def test_who_begins_to_look_ends_a_rest_and_has_shorter_ones():
    stage = LiveStage(watched=False)
    roused: list[int] = []
    stage.pauses.rouse = lambda: roused.append(stage.clock.now)  # type: ignore[method-assign]
    stage.at[SECOND + SECOND // 2] = stage.look
    stage.steady().go(4)
    assert len(roused) == 1
    longer = [REST, 2 * REST, UNSEEN]
    assert [rest for rest, _ in groupby(stage.pauses.rests)] == longer + longer


def test_on_a_loop_what_has_come_is_read_before_who_looks_goes_on(monkeypatch):
    monkeypatch.setattr(rests, "UNSEEN", HOUR)
    stage = LiveStage(watched=False, max_blocked_timeout=HOUR)

    async def main():
        capturing = asyncio.create_task(stage.capture.read_all(LoopPauses()))
        await asyncio.sleep(0)
        stage.arrive(">OPTIONS", "a", 0)
        stage.look()
        await asyncio.sleep(0)
        capturing.cancel()
        return int(stage.taps[0].source.received.value)

    stage.capture.open()
    assert asyncio.run(main()) == 1
    stage.capture.close()


@pytest.mark.parametrize(("lag", "late"), [(REST, False), (REST + LATE * 1_000_000, True)])
def test_what_comes_late_after_a_rest_is_late(lag, late):
    stage = LiveStage(watched=False)
    stage.arrive(">OPTIONS", "a", SECOND)
    over = SECOND + REST
    stage.arrive(">OPTIONS", "b", over - lag, lag=lag - 1)
    seen: list[bool] = []
    stage.at[over + 1] = lambda: seen.append(stage.run.late)
    stage.go(2)
    assert seen == [late]


def test_a_rest_is_over_before_much_of_a_ring_has_filled_up():
    stage = LiveStage()
    stage.taps[0].share = SHARE / 2
    stage.steady().go(4)
    *_, last = stage.pauses.rests[:-1]
    assert last == pytest.approx(2 * 20_000_000, rel=0.5)
    assert max(stage.pauses.rests[1:-1]) < REST


@pytest.mark.parametrize("share", [1, math.inf])
def test_where_there_is_little_room_or_no_ring_there_is_no_rest(share):
    stage = LiveStage()
    stage.taps[0].share = share
    stage.steady().go(4)
    assert stage.taps[0].source.received.value == 100
    assert len(stage.pauses.rests) <= 1  # after the silence before the first packet


@pytest.mark.parametrize(
    ("watched", "rests"), [(True, {BRIEFLY}), (False, {REST, 2 * REST, UNSEEN})]
)
def test_several_interfaces_are_looked_at_more_often_where_somebody_looks(watched, rests):
    stage = LiveStage(2, watched=watched)
    stage.steady(30_000_000, tap=1).steady().go(4)
    assert set(stage.pauses.rests) == rests
    assert stage.run.pipeline.clock.late == 0
    assert not stage.run.late
