"""Live capture on interfaces and clocks that a test moves."""

from functools import partial
from itertools import chain, pairwise, repeat

import pytest

from sipcm.errors import CaptureError
from sipcm.livecapture import (
    BREATH,
    BREATHS,
    IN_DOUBT,
    LATE,
    ON_ITS_WAY,
)
from sipcm.rests import BRIEFLY, PATIENCE
from sipcm.source import State
from tests.fakeclock import FakeClock
from tests.faketap import BEGIN, FakeTap, LivePauses
from tests.livestage import HOUR, MINUTE, SECOND, LiveStage
from tests.servicing import drive


def test_what_comes_is_followed_and_counted():
    stage = LiveStage()
    count = stage.arrive(">INVITE <200 >ACK >BYE <200", "a", SECOND)
    stage.go(3)
    assert [kind for kind, _ in stage.events()] == ["call-start", "call-end"]
    assert stage.taps[0].source.received.value == count
    assert stage.taps[0].source.state == State.DONE
    assert (stage.taps[0].stopped, stage.taps[0].closed) == (True, True)
    assert not stage.capture.failed
    assert stage.run.stopped_since() == 0


def test_on_a_silent_line_timers_fire_in_time():
    stage = LiveStage(evr_limits=(0, 0, 0))
    stage.arrive(">INVITE", "a", SECOND)
    seen: list[int] = []
    for second in range(110, 130):
        stage.at[second * SECOND] = lambda: seen.append(len(stage.events()))
    stage.go(130)
    [(kind, moment)] = stage.events()
    assert kind == "call-attempt"
    assert 0 <= 110 + seen.index(1) - moment <= 1


def test_stream_time_follows_the_wall_clock_and_is_never_ahead_of_it():
    stage = LiveStage()
    stage.arrive(">OPTIONS <200", "a", SECOND)
    lags = []
    for second in range(2, 20):
        stage.at[second * SECOND] = lambda: lags.append(stage.now() - stage.stream_time())
    stage.go(20)
    assert len(lags) == 18
    assert min(lags) >= 0
    assert max(lags) <= PATIENCE + ON_ITS_WAY


def test_time_does_not_pass_a_packet_that_is_on_its_way():
    """The kernel hands over a block when it is old; the next one may begin at once."""
    stage = LiveStage(max_blocked_timeout=5_000_000)
    for number in range(100):
        begun = SECOND + number * 2 * ON_ITS_WAY
        stage.arrive(">OPTIONS", f"{number}a", begun)
        stage.arrive(">OPTIONS", f"{number}b", begun + 2_000_000, lag=ON_ITS_WAY - 10_000_000)
    stage.go(20)
    assert stage.taps[0].source.received.value == 200
    assert stage.run.pipeline.clock.late == 0


def test_time_does_not_pass_while_packets_wait():
    """After a stop of the process the ring is full of what came meanwhile."""
    stage = LiveStage()
    stage.arrive(">INVITE", "a", SECOND)
    for second in range(2, 200, 20):
        stage.arrive("<180:INVITE", "a", second * SECOND, lag=(300 - second) * SECOND)
    stage.at[2 * SECOND] = lambda: setattr(stage.clock, "now", 300 * SECOND)
    stage.go(301)
    assert stage.run.pipeline.clock.late == 0
    assert stage.now() - stage.stream_time() <= PATIENCE + 2 * ON_ITS_WAY


@pytest.mark.parametrize(
    "step",
    [
        *(-HOUR, SECOND),
        *(
            pytest.param(step, marks=pytest.mark.no_cover)
            for step in (-MINUTE, -SECOND, MINUTE, HOUR, 400 * 24 * HOUR)
        ),
    ],
)
@pytest.mark.parametrize("silent", [True, False])
def test_a_step_of_the_wall_clock_expires_nothing_and_stops_no_timer(step, silent, capsys):
    stage = LiveStage(max_blocked_timeout=ON_ITS_WAY // 4)
    stage.arrive(">INVITE <200 >ACK", "settled", SECOND)
    stage.arrive(">INVITE", "open", 2 * SECOND)
    stage.at[10 * SECOND] = lambda: setattr(stage.today, "now", BEGIN + step)
    if not silent:
        # What came before the step is handed over after it, together with what came later.
        stage.arrive(">OPTIONS", "before", 10 * SECOND - 1000, lag=ON_ITS_WAY // 2)
        stage.arrive("<200:OPTIONS", "before", 10 * SECOND + 1000, lag=ON_ITS_WAY // 2, ahead=step)
        stage.arrive(">OPTIONS <200", "after", 20 * SECOND, ahead=step)
    stage.arrive(">BYE/b#2 <200", "settled", 100 * SECOND, ahead=step)
    seen = []
    stage.at[100 * SECOND] = lambda: seen.extend(stage.events())
    stage.go(130)
    assert [kind for kind, _ in seen if kind.startswith("call")] == ["call-start"]
    kinds = [kind for kind, _ in stage.events() if kind.startswith("call")]
    assert kinds == ["call-start", "call-end", "call-attempt"]
    clock = stage.run.pipeline.clock
    assert (clock.falls, clock.jumps, clock.strays) == (0, 0, 0)
    assert abs(stage.stream_time() - BEGIN - 130 * SECOND) < SECOND
    told = [line for line in capsys.readouterr().err.splitlines() if "clock" in line]
    assert len(told) == 1
    assert f"{abs(step) // SECOND}.0 s" in told[0]


def test_packets_of_several_interfaces_are_followed_in_their_order():
    stage = LiveStage(2)
    stage.arrive("<200:INVITE", "a", SECOND + 5000, tap=1)
    stage.arrive(">INVITE", "a", SECOND, tap=0, lag=ON_ITS_WAY // 2)
    stage.arrive(">ACK/b >BYE/b", "a", SECOND + 20_000_000, tap=0)
    stage.arrive("<200:BYE#2", "a", SECOND + 40_000_000, tap=1)
    stage.go(3)
    assert [kind for kind, _ in stage.events()] == ["call-start", "call-end"]
    assert stage.run.pipeline.clock.late == 0
    assert [int(tap.source.received.value) for tap in stage.taps] == [3, 2]


@pytest.mark.parametrize(
    "step",
    [
        *(-HOUR, SECOND),
        *(pytest.param(step, marks=pytest.mark.no_cover) for step in (-MINUTE, HOUR)),
    ],
)
@pytest.mark.parametrize("tap", [0, 1])
def test_a_step_of_the_wall_clock_holds_up_no_interface(step, tap):
    """What came before it and after it, by one interface or by two, is taken when it is due."""
    stage = LiveStage(2, max_blocked_timeout=ON_ITS_WAY // 4)
    stage.arrive(">INVITE <200 >ACK", "settled", SECOND)
    stage.arrive(">INVITE", "open", 2 * SECOND)
    stage.at[10 * SECOND] = lambda: setattr(stage.today, "now", BEGIN + step)
    stage.arrive(">OPTIONS", "a", 10 * SECOND - 1000, lag=ON_ITS_WAY // 2)
    stage.arrive("<200:OPTIONS", "a", 10 * SECOND + 1000, lag=ON_ITS_WAY // 2, ahead=step, tap=tap)
    taken: list[int] = []
    frames = stage.run.pipeline.counters.total_packets
    stage.at[11 * SECOND] = lambda: taken.append(int(frames.value))
    stage.arrive(">BYE/b#2 <200", "settled", 100 * SECOND, ahead=step, tap=1 - tap)
    stage.go(130)
    assert taken == [6]
    kinds = [kind for kind, _ in stage.events() if kind.startswith("call")]
    assert kinds == ["call-start", "call-end", "call-attempt"]
    clock = stage.run.pipeline.clock
    assert (clock.falls, clock.jumps, clock.strays) == (0, 0, 0)
    assert abs(stage.stream_time() - BEGIN - 130 * SECOND) < SECOND


def test_a_clock_may_be_set_again_before_all_is_read_that_came_before():
    stage = LiveStage(2)
    stage.arrive(">OPTIONS", "a", SECOND)
    for moment, back in ((9_990_000_000, SECOND), (10_010_000_000, 2 * SECOND)):
        stage.at[moment] = partial(setattr, stage.today, "now", BEGIN - back)
        stage.arrive(">OPTIONS", str(back), moment + 1000, ahead=-back)
    stage.go(20)
    clock = stage.run.pipeline.clock
    assert abs(stage.stream_time() - BEGIN - 20 * SECOND) < SECOND // 2
    assert abs(clock.packet_time(clock.now) - stage.now()) < SECOND // 2


def test_the_clock_is_believed_where_packets_come_without_end():
    stage = LiveStage(2)
    stage.capture.open()
    stage.today.now = BEGIN - HOUR
    stage.capture._heed_clock()
    stage.clock.now = IN_DOUBT
    stage.arrive(">OPTIONS <200", "a", IN_DOUBT, ahead=-HOUR)
    drive(stage.capture._turn(stage.pauses))
    stage.capture.close()
    assert stage.run.pipeline.counters.total_packets.value == 2
    assert stage.capture._step == 0


def test_while_packets_come_all_else_is_seen_to_now_and_then():
    stage = LiveStage().steady().go(4)
    looks = [moment for moment in stage.taps[0].watched if SECOND < moment < 3 * SECOND]
    assert 10 < len(looks) < 2 * SECOND // PATIENCE + 2
    assert max(after - before for before, after in pairwise(looks)) <= 2 * PATIENCE


def test_what_the_kernel_has_taken_is_read_before_the_end():
    stage = LiveStage()
    for number in range(50):
        stage.arrive(">OPTIONS", str(number), SECOND)
    stage.at[SECOND] = stage.capture.stop
    stage.go(1)
    assert stage.taps[0].source.received.value == 50


def test_the_end_waits_for_what_the_kernel_has_not_handed_over_yet():
    stage = LiveStage()
    stage.arrive(">OPTIONS", "a", SECOND)
    stage.arrive(">OPTIONS", "b", 2 * SECOND - 1000, lag=ON_ITS_WAY - 5_000_000)
    stage.go(2)
    assert stage.taps[0].source.received.value == 2


@pytest.mark.parametrize(
    ("first", "others", "count"), [(30, 30, 20), (5000, 0, 20), (200, 200, 1 + 10)]
)
def test_what_is_read_before_the_end_has_a_bound(monkeypatch, first, others, count):
    """Of reading: that the machine stood still once, for so many milliseconds, is none."""
    stage = LiveStage()
    for number in range(20):
        stage.arrive(">OPTIONS", f"call-{number}", 0)
    read, takes = FakeTap.read, chain([first], repeat(others))

    def slowly(self):
        stage.clock.now += next(takes) * 1_000_000 if self.stopped else 0
        return read(self)

    monkeypatch.setattr(FakeTap, "read", slowly)
    stage.go(0)
    assert stage.taps[0].source.received.value == count


def test_nor_are_packets_of_several_interfaces_out_of_order_at_the_end():
    stage = LiveStage(2)
    stage.arrive("<200:OPTIONS", "a", 2 * SECOND - 1000, tap=1)
    stage.arrive(">OPTIONS", "a", 2 * SECOND - 2000, lag=ON_ITS_WAY // 2)
    stage.go(2)
    assert [int(tap.source.received.value) for tap in stage.taps] == [1, 1]
    assert stage.run.pipeline.clock.late == 0


def test_packets_that_come_late_go_before_pages():
    stage = LiveStage()
    late = [stage.run.late]
    stage.arrive(">OPTIONS", "a", SECOND, lag=LATE * 1_000_000)
    stage.go(2)
    late.append(stage.run.late)
    assert late == [False, True]
    assert stage.taps[0].source.lag.highest >= LATE


def test_silence_of_several_interfaces_is_no_lag():
    stage = LiveStage(2)
    stage.arrive(">OPTIONS", "a", SECOND)
    stage.go(20)
    assert not stage.run.late
    assert stage.taps[0].source.lag.highest < LATE


def test_on_silent_interfaces_timers_fire_in_time():
    stage = LiveStage(2, evr_limits=(0, 0, 0))
    stage.arrive(">INVITE", "a", SECOND)
    lags = []
    for second in range(2, 20):
        stage.at[second * SECOND] = lambda: lags.append(stage.now() - stage.stream_time())
    stage.go(20)
    assert max(lags) <= PATIENCE + ON_ITS_WAY


def without_end(stage):
    """Let packets come faster than they are read, for half a second."""
    for number in range(1000):
        stage.arrive(">OPTIONS", str(number), 0)
    slow = stage.clock

    class Busy(FakeClock):
        def __call__(self):
            slow.now += 100_000  # each look at the clock comes 0.1 ms after the one before
            return slow.now

    stage.capture._clock = Busy()
    stage.end = SECOND // 2
    stage.capture.open()
    drive(stage.capture.read_all(stage.pauses))


def test_others_have_their_turn_while_packets_come_without_end():
    stage = LiveStage()
    without_end(stage)
    assert stage.pauses.breaths > 5


def test_events_are_seen_while_packets_come_without_end(monkeypatch):
    stage = LiveStage()
    seen = []

    async def flush(_pauses):
        seen.append(int(stage.taps[0].source.received.value))

    monkeypatch.setattr(stage.capture._outlet, "flush", flush)
    without_end(stage)
    assert [received for received in seen if 0 < received < 1000] != []


def test_a_packet_that_waits_for_other_interfaces_is_looked_at_often():
    stage = LiveStage(2)
    stage.arrive(">OPTIONS", "a", SECOND)
    stage.go(2)
    assert ON_ITS_WAY <= stage.taps[0].source.lag.highest * 1_000_000 <= ON_ITS_WAY + BRIEFLY


def stopped_once(stage, monkeypatch, moment):
    """Let the process be stopped for a second between two looks after *moment*."""
    read, stops = stage.taps[1].read, [SECOND]

    def slowly():
        if stage.clock.now > moment and stops:
            stage.clock.now += stops.pop()
        return read()

    monkeypatch.setattr(stage.taps[1], "read", slowly)
    return stops


def test_time_does_not_pass_a_packet_that_waits_for_other_interfaces(monkeypatch):
    stage = LiveStage(2)
    stage.arrive(">OPTIONS", "a", SECOND)
    stage.arrive(">OPTIONS", "b", 2 * SECOND)
    stops = stopped_once(stage, monkeypatch, 2 * SECOND)
    stage.go(5)
    assert stops == []
    assert stage.run.pipeline.clock.late == 0


def test_a_packet_that_waits_is_of_the_clock_before_it_was_set_back(monkeypatch):
    stage = LiveStage(2)
    stage.arrive(">OPTIONS", "a", SECOND)
    stage.arrive(">OPTIONS", "b", 2 * SECOND)
    stage.at[2 * SECOND] = lambda: setattr(stage.today, "now", BEGIN - HOUR)
    stops = stopped_once(stage, monkeypatch, 2 * SECOND)
    taken: list[int] = []
    frames = stage.run.pipeline.counters.total_packets
    stage.at[4 * SECOND] = lambda: taken.append(int(frames.value))
    stage.go(5)
    assert stops == []
    assert taken == [2]
    assert abs(stage.stream_time() - BEGIN - 5 * SECOND) < SECOND


@pytest.mark.parametrize(("each", "breaths"), [(0, BREATHS), (BREATH // 2, 2), (10 * BREATH, 1)])
def test_what_is_short_has_several_turns_between_two_slices(each, breaths):
    """Others take *each* nanoseconds in a turn."""
    stage = LiveStage()

    class Counted(LivePauses):
        async def breathe(self):
            await super().breathe()
            self.clock.now += each

    pauses = Counted(stage.clock, stage.taps, lambda: None)
    drive(stage.capture._breathe(pauses))
    assert pauses.breaths == breaths


class Missing(FakeTap):
    """An interface that is not there."""

    waits = False

    def open(self):
        raise CaptureError(f"{self.name}: there is no such interface")

    def wait_for(self, _now):
        self.waits = True
        self.source.state = State.WAITING


def replaced(stage, number=0):
    tap = Missing("gone0", stage.clock, set())
    stage.taps[number] = tap
    stage.run.sources[number] = tap.source
    return tap


def test_an_interface_that_is_not_there_is_an_error():
    stage = LiveStage()
    replaced(stage)
    with pytest.raises(CaptureError, match="no such interface"):
        stage.capture.open()


def test_of_several_the_others_are_captured(capsys):
    stage = LiveStage(2)
    tap = replaced(stage)
    stage.go(1)
    assert tap.source.state == State.FAILED
    assert stage.capture.failed
    assert "error: gone0: there is no such interface" in capsys.readouterr().err


def test_an_interface_can_be_waited_for():
    stage = LiveStage(wait_interface=True)
    tap = replaced(stage)
    stage.go(1)
    assert tap.waits
    assert tap.watched
    assert stage.capture.failed  # it never came


class Refused(Missing):
    """An interface that appears, and cannot be opened as long as the operator mends nothing."""

    def watch(self, now):
        super().watch(now)
        self.misused = True
        self.source.fail("gone0: the filter has no meaning")


def test_an_interface_that_came_and_was_refused_is_the_operators_mistake():
    stage = LiveStage(2, wait_interface=True)
    tap = Refused("gone0", stage.clock, set())
    stage.taps[1] = tap
    stage.run.sources[1] = tap.source
    stage.arrive(">OPTIONS", "a", SECOND)
    stage.go(3)
    assert stage.taps[0].source.received.value == 1
    assert tap.source.state == State.FAILED
    assert stage.capture.failed
    assert stage.capture.misused


def test_where_no_interface_is_left_the_run_ends():
    stage = LiveStage(wait_interface=True)
    tap = Refused("gone0", stage.clock, set())
    stage.taps[0] = tap
    stage.run.sources[0] = tap.source
    stage.go(1000)
    assert stage.clock.now < SECOND
    assert stage.capture.misused


def test_what_was_opened_is_given_back_though_nothing_was_read():
    stage = LiveStage()
    stage.capture.open()
    stage.capture.close()
    stage.capture.close()
    assert stage.taps[0].closed
