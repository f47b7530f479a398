"""A capture of a million packets, and one of fifty thousand: no call and no registration is lost.

They are made of few dialogs, multiplied: the tool that makes them says how many. The registrations
that no reg-del ends are open where the capture is cut.
"""

import json
import subprocess
import sys
from collections import Counter
from typing import NamedTuple

import pytest


class Capture(NamedTuple):
    """What the tool calls it, its file, and how many events of each type it must give."""

    name: str
    file: str
    totals: dict[str, int]


MID = Capture(
    "udp-50k",
    "mid_udp_50k.pcap",
    {"call-start": 3_546, "call-end": 3_546, "reg-new": 1_997, "reg-del": 1_991},
)
BIG = Capture(
    "udp-1m",
    "big_udp_1m.pcap",
    {"call-start": 70_841, "call-end": 70_841, "reg-new": 39_363, "reg-del": 39_360},
)


@pytest.mark.no_cover
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "capture",
    [pytest.param(MID, id="mid"), pytest.param(BIG, id="big", marks=pytest.mark.soak)],
)
def test_totals(capture, shared_dir, tmp_path):
    tool = shared_dir / "tools/make_big_capture.py"
    subprocess.run([sys.executable, tool, tmp_path, capture.name], check=True, capture_output=True)
    told = tmp_path / "events.json"
    command = [sys.executable, "-P", "-m", "sipcm", "-pcap", tmp_path / capture.file, "-json", told]
    subprocess.run(command, check=True, capture_output=True)
    with told.open(encoding="utf-8") as lines:
        seen = Counter(json.loads(line)["type"] for line in lines)
    assert {kind: seen[kind] for kind in capture.totals} == capture.totals
