"""The same filter lets the same packets through live and of a file that tcpdump wrote meanwhile."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.livefilters import TAGGED, UNTAGGED, frames
from tests.e2e.network import FAR, NEAR, Cable, cable, ip, on, python
from tests.e2e.sipp import AT_ONCE, need


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, list[list[str]]]:
    need("tcpdump")
    path = tmp_path_factory.mktemp("filters") / "all.pcap"
    with cable() as net:
        # One program sends and receives, so both ends are on one host.
        ip("-n", net.far, "link", "set", FAR, "netns", net.near)
        ip("-n", net.near, "link", "set", FAR, "up")
        return capture(net, path)


def capture(net: Cable, path: Path) -> dict[str, list[list[str]]]:
    command = ["tcpdump", "-i", NEAR, "-Q", "in", *AT_ONCE, "-w", str(path)]
    tcpdump = subprocess.Popen(on(net.near, *command), stderr=subprocess.PIPE)
    try:
        assert tcpdump.stderr is not None
        assert any(b"listening on" in line for line in iter(tcpdump.stderr.readline, b""))
        program = python(net.near, "-m", "tests.e2e.livefilters", FAR, NEAR, str(path))
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        tcpdump.send_signal(signal.SIGINT)
        tcpdump.communicate(timeout=20)
    assert done.stderr == ""
    found: dict[str, list[list[str]]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("expression", [*UNTAGGED, *TAGGED])
def test_both_let_the_same_through(told, expression):
    live, of_the_file = told[expression]
    assert live == of_the_file


def test_what_was_sent_came(told):
    live = told[""][0]
    assert [frame.hex() for frame in frames(tagged=False)] == live
    assert 0 < len(told["vlan"][0]) < len(live)
