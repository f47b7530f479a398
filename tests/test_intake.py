"""Reading the inputs: slices, the pace of a replay on virtual time, pipes, and what is told."""

import os
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sipcm.clock import DAY, SECOND
from sipcm.feed import CHUNK
from sipcm.intake import PATIENCE
from sipcm.packet import Packet
from sipcm.progress import Progress
from sipcm.source import State
from sipcm.state.trace import flag_names
from tests.fakeclock import FakeClock
from tests.frames import ALICE, BOB
from tests.harness import capture_of
from tests.servicing import CountedPauses, Stage, VirtualPauses, drive, settings
from tests.stage import BEGIN, packets, script, told
from tests.test_replay import GAPS, MS, TOTALS

CALL = packets(">INVITE +1 <180 +2 <200 >ACK +30 >BYE <200")


@pytest.fixture
def write(tmp_path):
    """Write packets to a capture file."""

    def writer(happened, name: str = "call.pcap") -> Path:
        path: Path = tmp_path / name
        path.write_bytes(capture_of(happened).getvalue())
        return path

    return writer


def gapped(gaps: list[int]) -> list[tuple[int, bytes]]:
    """Return packets with *gaps* of nanoseconds between them."""
    times = [BEGIN]
    for gap in gaps:
        times.append(times[-1] + gap)
    return [(time, packets(">OPTIONS", str(time))[0][1]) for time in times]


# Pace


@pytest.mark.parametrize("way", TOTALS)
def test_a_replay_takes_as_long_as_its_gaps(write, way):
    pace, total = TOTALS[way]
    clock = FakeClock()
    stage = Stage(
        settings(
            write(gapped(GAPS)),
            replay=True,
            delay_scale=pace.scale,
            min_delay=pace.lowest,
            max_delay=pace.highest,
        ),
        clock,
    )
    stage.read_all(VirtualPauses(clock))
    assert clock.now == total
    assert stage.packets() == len(GAPS) + 1
    assert stage.run.sources[0].group.values()["t_delayed"] == 0


@pytest.mark.parametrize("options", [{}, {"delay_scale": 0.5}, {"replay": False}])
def test_without_replay_nothing_is_waited_for(write, options):
    clock = FakeClock()
    stage = Stage(settings(write(gapped(GAPS)), **{"replay": False, **options}), clock)
    stage.read_all(VirtualPauses(clock))
    assert clock.now == 0


def test_late_packets_are_counted_and_delay_nobody(write):
    clock = FakeClock()
    stage = Stage(settings(write(gapped([50 * MS, 50 * MS, 5 * MS])), replay=True), clock)
    pauses = VirtualPauses(clock, late=20 * MS)
    stage.read_all(pauses)
    assert pauses.slept == [50 * MS, 30 * MS], "the last one was due already"
    counted = stage.run.sources[0].group.values()
    assert (counted["t_delayed"], counted["delayed10"]) == (3, 3)


def test_a_long_gap_is_waited_for_in_pieces(write):
    clock = FakeClock()
    pauses = VirtualPauses(clock)
    Stage(settings(write(gapped([3 * SECOND])), replay=True), clock).read_all(pauses)
    assert clock.now == 3 * SECOND
    assert max(pauses.slept) == PATIENCE


def test_a_stop_ends_the_wait(write):
    clock = FakeClock()
    stage = Stage(settings(write(gapped([DAY])), replay=True), clock)

    class Impatient(VirtualPauses):
        async def sleep(self, nanoseconds: int) -> None:
            await super().sleep(nanoseconds)
            stage.stop()

    stage.read_all(Impatient(clock))
    assert clock.now == PATIENCE
    assert stage.packets() == 1


def test_time_goes_on_while_a_packet_is_waited_for(write):
    """An INVITE that nobody answers fails after two minutes, not with the packet after an hour."""
    clock = FakeClock()
    later = packets(">OPTIONS", "later", BEGIN + 3600 * SECOND)
    stage = Stage(settings(write([*packets(">INVITE"), *later]), replay=True), clock)
    ring = stage.run.pipeline.ring
    failed_at: list[int] = []

    class Watching(VirtualPauses):
        async def sleep(self, nanoseconds: int) -> None:
            await super().sleep(nanoseconds)
            if ring.total and not failed_at:
                failed_at.append(clock.now)

    stage.read_all(Watching(clock))
    assert told(ring.read(0, 9)) == [("call-attempt", 408)]
    assert failed_at[0] - 120 * SECOND in range(2 * PATIENCE + 1)
    assert ring.read(0, 1)[0].timestamp == BEGIN + 120 * SECOND


PACES: list[dict[str, Any]] = [
    {},
    {"replay": True},
    {"replay": True, "delay_scale": 0.01},
    {"replay": True, "min_delay": 40 * SECOND},
    {"replay": True, "max_delay": 1},
    {"replay": True, "delay_scale": 3.0},
]


@pytest.mark.parametrize("pace", PACES)
def test_how_fast_packets_come_changes_no_event(write, tmp_path, pace):
    """Calls, timeouts, packets out of order, and leaps in time that are true, and not."""
    happened = [
        *CALL,
        *packets(">INVITE <401 >ACK", "challenged", BEGIN + 34 * SECOND),
        *packets(">REGISTER", "late", BEGIN + 20 * SECOND),
        *packets(">INVITE <180", "rings", BEGIN + 35 * SECOND),
        *packets(">OPTIONS <200", "stray", BEGIN - 40 * 365 * DAY)[:1],
        *packets(">OPTIONS <200", "ping", BEGIN + 3600 * SECOND),
        *packets(">INVITE <486 >ACK", "an older file", BEGIN - 9 * DAY),
        *packets(">OPTIONS <200", "days later", BEGIN + 9 * DAY),
    ]
    as_fast_as_possible: dict[str, Any] = {}
    for limits, least in (((0, 0, 0), 8), ((1, 1, 2), 5)):
        written = []
        for options in (as_fast_as_possible, pace):
            clock = FakeClock()
            target = tmp_path / "events.json"
            given = settings(
                write(happened),
                json=str(target),
                end_wait=600 * SECOND,
                evr_limits=limits,
                **options,
            )
            Stage(given, clock).read_all(VirtualPauses(clock))
            written.append(target.read_bytes())
        assert written[0] == written[1]
        assert written[0].count(b"\n") >= least


# Slices


def test_slices_are_short_whatever_the_size_of_the_file(write):
    [(_, bye)] = packets(">BYE/b", "1000")
    happened = [(BEGIN + n, bye.replace(b"1000", b"%d" % n)) for n in range(1000, 4000)]

    class Ticking(FakeClock):
        """Each look at the clock takes a millisecond."""

        def __call__(self) -> int:
            self.now += MS
            return self.now

    stage = Stage(settings(write(happened)), Ticking())
    seen = [0]
    stage.read_all(CountedPauses(lambda: seen.append(stage.packets())))
    sizes = [after - before for before, after in pairwise(seen)]
    assert max(sizes) <= 3 * CHUNK
    assert stage.packets() == 3000


def test_the_progress_is_told_between_slices(write, capsys):
    class Progressing(Progress):
        ticks = 0

        def tick(self) -> None:
            self.ticks += 1

    stage = Stage(settings(write(gapped([10 * SECOND])), replay=True), clock := FakeClock())
    stage.intake.progress = progress = Progressing(stage.run.sources, None)  # type: ignore[arg-type]
    stage.read_all(VirtualPauses(clock))
    assert progress.ticks >= 100


# Inputs


def test_what_is_known_of_each_input(write, tmp_path, capsys):
    good = write(CALL)
    cut = write(CALL, "cut.pcap")
    cut.write_bytes(cut.read_bytes()[:-10])
    missing = tmp_path / "missing.pcap"
    stage = Stage(settings(good, cut, missing, good, pcap_loop=2)).read_all()
    sources = stage.run.sources
    assert [Path(source.name).name for source in sources] == [
        "call.pcap",
        "cut.pcap",
        "missing.pcap",
    ]
    assert [source.state for source in sources] == [State.DONE, State.DONE, State.FAILED]
    assert [source.received.value for source in sources] == [24, 10, 0]
    assert [source.planned for source in sources] == [4, 2, 2]
    assert [source.passes for source in sources] == [4, 2, 0]
    assert sources[0].size == good.stat().st_size
    assert sources[0].format == "pcap"
    assert "ends inside packet 6" in sources[1].problem
    assert sources[2].problem.endswith("No such file or directory")
    assert stage.intake.failed
    assert stage.run.stopped_since() is not None


@pytest.mark.parametrize("late", [False, True])
def test_a_fifo_is_read_as_its_writer_writes(tmp_path, late):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    data = capture_of(CALL).getvalue()

    def write() -> None:
        with fifo.open("wb", buffering=0) as stream:
            for part in (data[:10], data[10:100], data[100:]):
                stream.write(part)

    writer = threading.Timer(0.3 if late else 0, write)
    writer.start()
    stage = Stage(settings(fifo)).read_all()
    writer.join()
    assert stage.packets() == 6
    assert stage.run.sources[0].state == State.DONE


def test_a_fifo_without_a_writer_is_given_up_on_a_stop(tmp_path, capsys):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    stage = Stage(settings(fifo))
    threading.Timer(0.2, stage.stop).start()
    stage.read_all()
    assert capsys.readouterr().err == ""
    assert not stage.intake.failed


# Afterwards


def test_time_runs_on_after_the_input(write):
    """As with -forever: the call that was not ended is over an hour later."""
    clock = FakeClock()
    stage = Stage(settings(write(packets(">INVITE <200 >ACK"))), clock).read_all()
    pauses = VirtualPauses(clock)

    class UntilTheEnd(VirtualPauses):
        async def sleep(self, nanoseconds: int) -> None:
            await super().sleep(nanoseconds)
            if clock.now > 3601 * SECOND:
                stage.stop()

    drive(stage.intake.go_on(UntilTheEnd(clock)))
    ring = stage.run.pipeline.ring
    assert told(ring.read(0, 9)) == [("call-start", 200), ("call-end", 408)]
    assert pauses.slept == []


@pytest.mark.parametrize("happened", [[], packets(">OPTIONS")])
def test_time_runs_on_for_what_is_injected(write, happened):
    """Where no packet ever came it does so from the first injected message on."""
    clock = FakeClock()
    stage = Stage(settings(write(happened), end_force_timeout=SECOND), clock).read_all()
    pipeline = stage.run.pipeline
    (request,) = script(">INVITE", "injected")
    packet = Packet()
    packet.place(request.payload, 17, ALICE.address, 5060, BOB.address, 5060)

    class Injecting(VirtualPauses):
        async def sleep(self, nanoseconds: int) -> None:
            await super().sleep(nanoseconds)
            if clock.now == 10 * PATIENCE:
                pipeline.inject(packet, BEGIN)
            if clock.now > 122 * SECOND:
                stage.stop()

    drive(stage.intake.go_on(Injecting(clock)))
    event = pipeline.ring.read(0, 9)[-1]
    assert (event.call_id, told([event])) == (b"injected", [("call-attempt", 408)])
    assert event.timestamp == packet.timestamp + 120 * SECOND
    assert "Forced_Timeout" not in flag_names(event.call_flags), "that was for those before it"


def test_no_time_runs_on_where_there_never_was_any(write):
    clock = FakeClock()
    stage = Stage(settings(write([])), clock).read_all()

    class Once(VirtualPauses):
        async def sleep(self, _nanoseconds: int) -> None:
            stage.stop()

    drive(stage.intake.go_on(Once(clock)))
    assert not stage.run.pipeline.clock.started
