"""Half an hour of calls: nothing is lost, nothing grows, and time does not drift.

LIVE_SOAK_SECONDS gives another length.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.live import Live, pages_of
from tests.e2e.network import FAR, cable, python
from tests.e2e.sipp import need

SECONDS = int(os.environ.get("LIVE_SOAK_SECONDS", "1800"))
RATE = 5000
"""Messages per second."""

CALLS = 20_000
"""That are kept at most, so that memory is what it will be after some seconds."""

DRIFT = 1.0
"""Seconds by which the newest packet may come to be behind: more than it is at any moment."""

GROWTH = 4 << 20
"""Bytes that memory may grow by after the first quarter: pages of the allocator."""


def memory(pid: int) -> int:
    """Return the bytes of memory that the process *pid* has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def behind(live: Live) -> float:
    """Return how many seconds of the run lie before the first packet and behind the newest."""
    times = live.page("/?format=json")
    return float(times["runtime"]) - float(times["capture_time"])


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 300)
def test_half_an_hour(tmp_path):
    need("curl")
    options = ("-i", "near", "-bpf", "udp port 5060", "-evr_limits", "0,0,0")
    limits = ("-calls_max_entries", CALLS, "-event_buffer_size", 1000)
    with cable() as net, Live(net, tmp_path, *options, *limits).ready() as live:
        command = python(net.far, str(ROOT / "scripts" / "send_sip.py"), FAR, RATE, SECONDS)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:
            samples = []
            while sender.poll() is None:
                lag = live.counters()["lag_ms"]
                sample = memory(live.process.pid), lag, behind(live)
                if sender.poll() is None:  # the last packet may have come long ago
                    samples.append(sample)
                    print(*sample, flush=True)
                time.sleep(min(SECONDS / 60, 10))
            assert sender.stdout is not None
            calls = json.loads(sender.stdout.read())["calls"]
        live.settle()
        counted = live.counters()
        assert live.end() == 0
    assert counted["dropped"] == 0
    assert pages_of(live.log()) == []
    text = live.events_path.read_text(encoding="utf-8")
    assert text.count('"type":"call-start"') == text.count('"type":"call-end"') == calls
    sizes, _, late = zip(*samples[len(samples) // 4 :], strict=True)
    assert max(sizes) - sizes[0] <= GROWTH
    assert max(late) - min(late) <= DRIFT
