"""A capture in a run of its own: what it may take, how it is read, and that it is freed."""

import asyncio
import gc
import gzip
import io
import weakref
from itertools import pairwise

import pytest

from sipcm.effort import TIMER
from sipcm.httpui import patience
from sipcm.httpui import workspace as module
from sipcm.httpui.workspace import EVENTS, EXPANSION, MEGABYTE, Workspace, settings_for
from sipcm.log import Log
from sipcm.net.capturefile import CaptureFile
from sipcm.settings import Settings
from tests.harness import capture_of
from tests.peers import made
from tests.samples import demo
from tests.stage import BEGIN, frame, script
from tests.uploading import demo_capture
from tests.webharness import SECOND, run_of


def read(content: bytes, *, clock=lambda: 0, log: Log | None = None, **settings) -> Workspace:
    """Return a workspace in which *content* was read."""
    given = Settings({"http_port": 8080, **settings})
    made = Workspace("a1", "x.pcap", len(content), given)

    async def work() -> None:
        capture = CaptureFile(io.BytesIO(content), name="x.pcap")
        await made.read(capture, asyncio.Lock(), log or Log(), clock)

    asyncio.run(work())
    return made


def numbers(run) -> dict[str, int]:
    """Return the counters of a run that tell what it has seen."""
    return {
        group.name: group.values()
        for group in run.groups()
        if group.name in {"calls", "pkt_stats", "bindings", "evrateblst"}
    }


def test_it_sees_what_a_run_over_the_file_sees():
    made = read(demo_capture())
    run = run_of(demo().packets(), http_port=8080)
    run.pipeline.run_on(run.pipeline.clock.now + module.AFTER)
    assert numbers(made.run) == numbers(run)
    assert made.run.pipeline.ring.total == 30
    assert made.data() == {
        "id": "a1",
        "path": "/uploads/a1/",
        "name": "x.pcap",
        "size": len(demo_capture()),
        "state": "done",
        "done": True,
        "position": len(demo_capture()),
        "share": 1.0,
        "problem": "",
    }
    assert made.run.stopped_since() is not None


def test_a_call_that_failed_at_the_end_is_told_of():
    steps = script(">INVITE <486 >ACK")
    made = read(
        capture_of(
            [(BEGIN + step.time, frame(step.payload, by_caller=step.by_caller)) for step in steps]
        ).getvalue()
    )
    [event] = made.run.pipeline.ring.read(0, 10)
    assert event.status == 486


def test_hostile_texts_make_it_keep_fewer_events(monkeypatch):
    monkeypatch.setattr(module, "EVENT_BYTES", 200_000)
    packets = []
    for number in range(100):
        steps = script(">OPTIONS <404", f"{number}-{'x' * 8000}")
        packets += [(BEGIN + s.time, frame(s.payload, by_caller=s.by_caller)) for s in steps]
    pipeline = read(capture_of(packets).getvalue()).run.pipeline
    assert pipeline.ring.total == 100
    kept = pipeline.ring.read(0, 100)
    assert 100_000 < sum(event.weight() for event in kept) <= 200_000
    failures = pipeline.tracker.reporter.failures
    assert failures is not None
    assert failures.total == 100
    assert 50_000 < sum(event.weight() for _, event in failures.read(0, 100)) <= 100_000


def test_what_it_may_take():
    usual = settings_for("x", Settings())
    assert (usual.calls_max_mem, usual.regs_max_mem, usual.messages_mb) == (65536, 65536, 64)
    assert usual.event_buffer_size == EVENTS
    assert usual.http_readonly
    assert not usual.http_upload
    given = Settings({"calls_max_mem": 100, "messages_mb": 0, "http_upload_mb": 10})
    less = settings_for("x", given)
    assert (less.calls_max_mem, less.regs_max_mem, less.messages_mb) == (100, 10240, 0)


def test_what_sipcm_was_told_of_packets_holds_and_of_events_not():
    given = Settings(
        {
            "dedup": False,
            "correlate": ("X-A",),
            "calls_timeouts": ("inv_1st:1m",),
            "event_types_blst": ("call-start",),
            "evr_limits": (1, 1, 1),
            "iface": ("eth0",),
            "json": "out.json",
            "end_force_timeout": 1,
            "verbose": True,
        }
    )
    own = settings_for("x", given)
    assert (own.dedup, own.correlate, own.calls_timeouts) == (False, ("X-A",), ("inv_1st:1m",))
    assert own.event_limits() == (0, 0, 0)
    assert (own.iface, own.json, own.end_force_timeout, own.verbose) == ((), "", 0, False)


def test_it_knows_peers_as_sipcm_does():
    peers = made(("192.0.2.0/24", "a"))
    run = Workspace("a1", "x.pcap", 1, Settings({"http_port": 8080, "peers": "f"}), peers).run
    assert run.peers is peers
    assert run.pipeline.peers is peers
    assert run.settings.peers == "f"


def test_it_lets_others_have_their_turn(monkeypatch):
    """Each slice that was long enough is followed by a rest that is longer."""
    now, rests = 0, []

    def clock() -> int:
        nonlocal now
        now += module.SLICE
        return now

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    made = read(demo_capture(), clock=clock)
    assert made.data()["state"] == "done"
    assert len(rests) >= 222 // module.CHUNK
    assert set(rests) == {module.REST * module.SLICE / SECOND}


def test_each_slice_is_the_turn_of_no_page(monkeypatch):
    """A page has its turn while the reader rests, and none while it reads."""
    now = 0
    steps: list[str] = []

    def clock() -> int:
        nonlocal now
        now += module.SLICE
        return now

    take = Workspace._take

    def watched(self, cursor, log) -> bool:
        steps.append("reader")
        assert not on_turn
        return take(self, cursor, log)

    monkeypatch.setattr(Workspace, "_take", watched)
    on_turn: list[bool] = []

    async def page() -> None:
        with patience.taking_turns() as turn:
            while "done" not in steps:
                await turn.next()
                steps.append("page")
                on_turn.append(True)
                await asyncio.sleep(0)
                on_turn.clear()

    async def work() -> None:
        asking = asyncio.create_task(page())
        content = demo_capture()
        made = Workspace("a1", "x.pcap", len(content), Settings({"http_port": 8080}))
        capture = CaptureFile(io.BytesIO(content), name="x.pcap")
        await made.read(capture, asyncio.Lock(), Log(), clock)
        assert made.data()["state"] == "done"
        steps.append("done")
        await asking

    asyncio.run(work())
    assert {"page", "reader"} <= set(steps)


def test_who_is_thrown_away_while_it_reads_gives_up_its_turn(monkeypatch):
    async def work() -> None:
        made = Workspace("a1", "x.pcap", 1, Settings({"http_port": 8080}))
        capture = CaptureFile(io.BytesIO(demo_capture()), name="x.pcap")
        begun = asyncio.Event()

        async def stay(*_) -> None:
            begun.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(made, "_bring_about", stay)
        reading = asyncio.create_task(made.read(capture, asyncio.Lock(), Log(), lambda: 0))
        await begun.wait()
        reading.cancel()
        with patience.taking_turns() as turn:
            await turn.next()
        assert reading.cancelled()

    asyncio.run(work())


def test_timers_that_fire_at_once_are_followed_in_steps(monkeypatch):
    """A packet long after a thousand calls ends all of them, a few events at a time."""
    packets = []
    for number in range(1000):
        steps = script(">INVITE <100", f"call-{number}")
        packets += [(BEGIN + number + step.time, frame(step.payload)) for step in steps]
    for number in range(2):  # the second confirms that time has leapt
        [step] = script(">OPTIONS", f"late-{number}")
        packets.append((BEGIN + (7200 + number) * SECOND, frame(step.payload)))
    monkeypatch.setattr(module, "EFFORT", 300 * TIMER)
    totals = [0]
    rest = Workspace._rest

    async def watched(self, capture, clock) -> None:
        totals.append(self.run.pipeline.ring.total)
        await rest(self, capture, clock)

    monkeypatch.setattr(Workspace, "_rest", watched)
    made = read(capture_of(packets).getvalue())
    assert made.run.pipeline.ring.total >= 1000
    assert max(after - before for before, after in pairwise(totals)) <= 300


def test_timers_behind_the_last_packet_are_followed_in_steps(monkeypatch):
    packets = []
    for number in range(1000):
        steps = script(">INVITE <486 >ACK", f"call-{number}")
        packets += [(BEGIN + s.time, frame(s.payload, by_caller=s.by_caller)) for s in steps]
    monkeypatch.setattr(module, "EFFORT", 300 * TIMER)
    pauses = 0
    rest = Workspace._rest

    async def counted(self, capture, clock) -> None:
        nonlocal pauses
        pauses += bool(self.run.pipeline.ring.total)
        await rest(self, capture, clock)

    monkeypatch.setattr(Workspace, "_rest", counted)
    made = read(capture_of(packets).getvalue())
    assert made.run.pipeline.ring.total == 1000
    assert pauses >= 3


def test_a_bomb_is_cut_off():
    most = MEGABYTE * EXPANSION
    large = frame(bytes(60_000))
    bomb = capture_of((BEGIN, large) for _ in range(most // len(large) + 100)).getvalue()
    made = read(gzip.compress(bomb, 1), http_upload_mb=1)
    assert made.data()["state"] == "done"
    assert made.data()["problem"] == "cut off: it holds more than 16 MB"
    assert made.run.pipeline.counters.total_size.value * 10 < most * 11


def test_damage_is_told():
    made = read(demo_capture()[:5000])
    assert made.data()["state"] == "done"
    assert made.data()["problem"].startswith("the file ends inside packet 13 ")
    assert made.run.pipeline.counters.total_packets.value > 0


def test_what_cannot_be_read_on(monkeypatch):
    content = demo_capture()
    stream = io.BytesIO(content)
    given = Settings({"http_port": 8080})
    made = Workspace("a1", "x.pcap", len(content), given)
    capture = CaptureFile(stream, name="x.pcap")

    def read_block(_size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(capture._file, "read", read_block)
    asyncio.run(made.read(capture, asyncio.Lock(), Log(), lambda: 0))
    assert made.data()["state"] == "failed"
    assert made.data()["problem"] == "Input/output error"
    assert made.done


class Faulty:
    """A pipeline that fails at first, and that is not finished at once."""

    def __init__(self, pipeline, faults: int) -> None:
        self._pipeline = pipeline
        self._faults = faults
        self._unfinished = 3

    def __getattr__(self, name: str):
        return getattr(self._pipeline, name)

    def finish(self) -> bool:
        self._unfinished -= 1
        return self._unfinished <= 0 and bool(self._pipeline.finish())

    def run(self, cursor, most: int) -> int:
        if self._faults:
            self._faults -= 1
            raise ValueError("a fault")
        return int(self._pipeline.run(cursor, most))


@pytest.mark.parametrize(("faults", "lines"), [(1, 1), (3, 2), (4, 3)])
def test_a_fault_of_ours_costs_a_packet(monkeypatch, capfd, faults, lines):
    made = Workspace("a1", "x.pcap", 0, Settings({"http_port": 8080}))
    monkeypatch.setattr(made.run, "pipeline", Faulty(made.run.pipeline, faults))
    capture = CaptureFile(io.BytesIO(demo_capture()), name="x.pcap")
    asyncio.run(made.read(capture, asyncio.Lock(), Log(), lambda: 0))
    assert made.data()["state"] == "done"
    assert capfd.readouterr().err.count("an upload: dropped a packet because of a fault") == lines


def test_a_fault_of_ours_costs_an_upload(monkeypatch, capfd):
    monkeypatch.setattr(Workspace, "_take", lambda *_: 1 / 0)
    made = read(demo_capture())
    assert made.data()["state"] == "failed"
    assert made.data()["problem"] == "a fault in sipcm, which its log tells more of"
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_it_is_freed_in_turns(monkeypatch):
    monkeypatch.setattr(patience, "TURN", 0)
    monkeypatch.setattr(module, "Turns", lambda: patience.Turns(1))
    turns = 0
    following = patience.Turns.next

    async def counted(self) -> None:
        nonlocal turns
        turns += 1
        await following(self)

    monkeypatch.setattr(patience.Turns, "next", counted)
    made = read(demo_capture())
    held = len(made.run.pipeline.tracker.calls.held())
    held += len(made.run.pipeline.tracker.registrar.bindings.held())
    assert made.run.pipeline.messages is not None
    held += int(made.run.pipeline.messages.queue.count() + made.run.pipeline.ring.total)
    monkeypatch.setattr(made.run, "pipeline", Faulty(made.run.pipeline, 0))
    asyncio.run(made.take_apart())
    assert turns == held + 2


@pytest.mark.parametrize("whole", [True, False])
def test_it_is_freed(whole):
    """No collector is needed, which would walk all that sipcm follows."""
    made = Workspace("a1", "x.pcap", 0, Settings({"http_port": 8080}))

    async def work(workspace: Workspace) -> None:
        capture = CaptureFile(io.BytesIO(demo_capture()), name="x.pcap")
        if whole:
            await workspace.read(capture, asyncio.Lock(), Log(), lambda: 0)
        else:
            capture.read()
            workspace._take(capture.cursor, Log())
        await workspace.take_apart()

    asyncio.run(work(made))
    tracker = made.run.pipeline.tracker
    assert tracker.calls.active.value == 0
    assert tracker.registrar.bindings.active.value == 0
    assert made.run.pipeline.messages is not None
    assert made.run.pipeline.messages.bytes.value == 0
    assert not any(made.run.pipeline.ring.events)
    run, itself = weakref.ref(made.run), weakref.ref(made)
    gc.disable()
    try:
        del made, tracker
        assert itself() is None
        assert run() is None
    finally:
        gc.enable()
