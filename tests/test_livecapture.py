"""Live capture on interfaces and clocks that a test moves."""

from collections.abc import Callable

import pytest

from sipcm.errors import CaptureError
from sipcm.livecapture import (
    BREATH,
    BREATHS,
    BUSY_SLICE,
    LATE,
    ON_ITS_WAY,
    PATIENCE,
    SLICE,
    LiveCapture,
)
from sipcm.log import Log
from sipcm.outlet import Outlet
from sipcm.run import Run
from sipcm.source import State
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.walltime import WallTime
from tests.fakeclock import FakeClock
from tests.faketap import BEGIN, FakeTap, LivePauses
from tests.servicing import drive, settings
from tests.stage import packets

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class LiveStage:
    """A live capture of *count* interfaces with everything around it."""

    def __init__(self, count=1, **given):
        self.clock, self.today = FakeClock(), FakeClock()
        self.today.now = BEGIN
        groups: set[str] = set()
        self.taps = [FakeTap(f"eth{number}", self.clock, groups) for number in range(count)]
        given = {"iface": tuple(tap.name for tap in self.taps), **given}
        self.run = Run(settings(**given), (), self.clock, self.now)
        log = Log()
        outlet = Outlet("", self.run.pipeline.ring, log, lambda: True, lambda: None)
        self.capture = LiveCapture(
            self.run,
            outlet,
            log,
            self.taps,  # type: ignore[arg-type]
            clock=self.clock,
            wall=WallTime(self.clock, self.now),
        )
        self.end = 0
        self.at: dict[int, Callable[[], object]] = {}
        self.pauses = LivePauses(self.clock, self.taps, self.turn)

    def now(self):
        """Return the wall clock's time, which goes with the other one."""
        return self.today.now + self.clock.now

    def turn(self):
        for moment in [moment for moment in self.at if moment <= self.clock.now]:
            self.at.pop(moment)()
        if self.clock.now >= self.end:
            self.capture.stop()

    def go(self, seconds):
        """Capture for so long."""
        self.end = self.clock.now + int(seconds * SECOND)
        self.capture.open()
        drive(self.capture.read_all(self.pauses))
        self.capture.close()
        return self

    def arrive(self, what, call, moment, lag=0, tap=0, ahead=0):
        """Let messages come at *moment*, a microsecond apart, the wall clock *ahead*."""
        happened = packets(what, call, BEGIN + moment + ahead)
        times = [(time + 1000 * number, data) for number, (time, data) in enumerate(happened)]
        self.taps[tap].arrive(moment + lag, *times)
        return len(times)

    def events(self):
        ring = self.run.pipeline.ring
        return [
            (EVENT_NAMES[event.type], (event.timestamp - BEGIN) // SECOND)
            for event in ring.read(0, ring.total)
        ]

    def stream_time(self):
        return int(self.run.pipeline.clock.now)


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


@pytest.mark.parametrize(("limit", "wait"), [(0, PATIENCE), (SECOND, PATIENCE), (5_000, 5_000)])
def test_waits_are_as_short_as_is_asked_for(limit, wait):
    stage = LiveStage(max_blocked_timeout=limit)
    stage.go(0)
    assert stage.pauses.waits == [wait, ON_ITS_WAY]


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


@pytest.mark.parametrize("step", [-HOUR, -MINUTE, -SECOND, SECOND, MINUTE, HOUR, 400 * 24 * HOUR])
@pytest.mark.parametrize("silent", [True, False])
def test_a_step_of_the_wall_clock_expires_nothing_and_stops_no_timer(step, silent, capsys):
    stage = LiveStage(max_blocked_timeout=10_000_000)
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
    stage.go(200)
    assert [kind for kind, _ in seen if kind.startswith("call")] == ["call-start"]
    kinds = [kind for kind, _ in stage.events() if kind.startswith("call")]
    assert kinds == ["call-start", "call-end", "call-attempt"]
    clock = stage.run.pipeline.clock
    assert (clock.falls, clock.jumps, clock.strays) == (0, 0, 0)
    assert abs(stage.stream_time() - BEGIN - 200 * SECOND) < SECOND
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


def test_nor_are_packets_of_several_interfaces_out_of_order_at_the_end():
    stage = LiveStage(2)
    stage.arrive("<200:OPTIONS", "a", 2 * SECOND - 1000, tap=1)
    stage.arrive(">OPTIONS", "a", 2 * SECOND - 2000, lag=ON_ITS_WAY // 2)
    stage.go(2)
    assert [int(tap.source.received.value) for tap in stage.taps] == [1, 1]
    assert stage.run.pipeline.clock.late == 0


def test_slices_are_longer_while_packets_come_late():
    stage = LiveStage()
    assert stage.capture._slice == SLICE
    stage.arrive(">OPTIONS", "a", SECOND, lag=LATE * 1_000_000)
    stage.go(2)
    assert stage.capture._slice == BUSY_SLICE
    assert stage.taps[0].source.lag.highest >= LATE


def test_silence_of_several_interfaces_is_no_lag():
    stage = LiveStage(2)
    stage.arrive(">OPTIONS", "a", SECOND)
    stage.go(20)
    assert stage.capture._slice == SLICE
    assert stage.taps[0].source.lag.highest < LATE


def test_on_silent_interfaces_timers_fire_in_time():
    stage = LiveStage(2, evr_limits=(0, 0, 0))
    stage.arrive(">INVITE", "a", SECOND)
    lags = []
    for second in range(2, 20):
        stage.at[second * SECOND] = lambda: lags.append(stage.now() - stage.stream_time())
    stage.go(20)
    assert max(lags) <= PATIENCE + ON_ITS_WAY


def test_others_have_their_turn_while_packets_come_without_end():
    stage = LiveStage()
    for number in range(1000):
        stage.arrive(">OPTIONS", str(number), 0)
    ticks = iter(range(10**9))
    slow = stage.clock

    class Busy(FakeClock):
        def __call__(self):
            slow.now += 100_000  # each look at the clock comes 0.1 ms after the one before
            next(ticks)
            return slow.now

    stage.capture._clock = Busy()
    stage.end = SECOND // 2
    stage.capture.open()
    drive(stage.capture.read_all(stage.pauses))
    assert stage.pauses.breaths > 5


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
