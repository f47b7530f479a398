"""Those who read the events of a live capture come and go; it goes on."""

import json
import os
import subprocess

import pytest

from tests.e2e.live import Live, pages_of
from tests.e2e.network import cable
from tests.e2e.sipp import need
from tests.e2e.test_live_faults import LIMITS, sent
from tests.waiting import PATIENCE


@pytest.fixture
def net():
    need("curl")
    with cable() as made:
        yield made


def types(events: bytes) -> list[str]:
    """Return the types of the events in whole lines of JSON."""
    return [json.loads(line)["type"] for line in events.splitlines()]


def has_writer(reader: int) -> bool:
    try:
        return os.read(reader, 1) != b""
    except BlockingIOError:  # pipe(7): so it is while there is one and nothing was written
        return True


def test_a_reader_goes_away_and_another_one_comes(net, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    options = ("-i", "near", "-bpf", "udp port 5060", "-json", fifo, *LIMITS)
    with Live(net, tmp_path, *options, events=False).ready() as live:
        live.wait_until(lambda: has_writer(reader), "a writer")
        os.close(reader)
        lost = sent(net, 100, 1)["calls"]
        why = f"-json: {fifo}: its reader has gone; events are lost until it has another"
        live.wait_for_line(f"error: {why}")
        assert live.page("/health")["reasons"] == [why]
        live.settle()
        with (tmp_path / "read.json").open("wb") as read:
            another = subprocess.Popen(["cat", str(fifo)], stdout=read)
        live.wait_for_line("it is read again; so far ")
        assert live.page("/health")["status"] == "ok"
        missed = live.counters("json")["lost"]
        assert missed == live.page("/stats")["not_written"]["events"] == 2 * lost
        got = sent(net, 20, 1)["calls"]
        live.settle()
        assert live.end() == 1  # something that was asked for was not done
    assert another.wait(PATIENCE) == 0
    events = types((tmp_path / "read.json").read_bytes())
    assert {kind: events.count(kind) for kind in events} == {"call-start": got, "call-end": got}
    assert len(pages_of(live.log())) == 2
    summary = live.out_path.read_text(encoding="utf-8")
    assert f"\nNot written: {missed} events to -json {fifo}\n" in summary
