"""Messages that are posted with curl."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.serving import serving, wait_until_read
from tests.harness import capture_of
from tests.stage import BEGIN, packets, script
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.no_cover


@pytest.fixture
def recorded(tmp_path) -> Path:
    """A capture of one call that goes on."""
    path: Path = tmp_path / "call.pcap"
    path.write_bytes(capture_of(packets(">INVITE <200 >ACK", "recorded")).getvalue())
    return path


def counters(url: str) -> dict[str, int]:
    with urlopen(f"{url}/stats?format=json", timeout=PATIENCE) as answer:
        found: dict[str, int] = json.load(answer)["counters"]
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(recorded, tmp_path):
    """After the end of the input the events of an injected message go where the others went."""
    out = tmp_path / "events.json"
    (bye,) = script(">BYE/b#2", "recorded")
    message = tmp_path / "message"
    message.write_bytes(bye.payload)
    with serving("-pcap", recorded, "-forever", "-json", out) as url:
        wait_until_read(url)
        command = ["curl", "-s", "--data-urlencode", f"sipmsg@{message}", f"{url}/inject"]
        text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        assert 'state: "bye detected"' in text
        assert "event: 1 call-end\n" in text
        wait_until(lambda: out.read_bytes().count(b"\n") >= 2, "the events")
        types = [json.loads(line)["type"] for line in out.read_text("utf-8").splitlines()]
        assert types == ["call-start", "call-end"]
        evil = [*command[:2], "-H", "Origin: http://evil.example", *command[2:]]
        refused = subprocess.run(evil, capture_output=True, check=True).stdout
        assert refused == b"this may only be sent from a page of this server itself\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_while_a_file_is_read(tmp_path):
    """In a replay that waits for its next packet the message comes before that, at its time."""
    happened = [*packets(">INVITE <200 >ACK", "recorded")]
    happened += packets(">BYE/b#5", "recorded", BEGIN + 3600 * 10**9)
    path, out = tmp_path / "slow.pcap", tmp_path / "events.json"
    path.write_bytes(capture_of(happened).getvalue())
    (bye,) = script(">BYE/b#2", "recorded")
    with serving("-pcap", path, "-replay", "-json", out) as url:
        wait_until(lambda: counters(url)["total_packets"] == 3, "the packets before the wait")
        form = f"sipmsg={bye.payload.decode()}"
        command = ["curl", "-s", "--data-urlencode", form, f"{url}/inject?format=json"]
        data = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        [event] = data["events"]
        assert event["type"] == "call-end"
        assert 0 <= event["event"]["duration"] < 3600
        counted = counters(url)
        assert (counted["injected"], counted["total_packets"]) == (1, 3)
    types = [json.loads(line)["type"] for line in out.read_text("utf-8").splitlines()]
    assert types == ["call-start", "call-end"]
