"""Events as they come, from the program as it runs, by curl."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.serving import happen, serving, wait_until_read
from tests.samples import demo
from tests.waiting import PATIENCE

pytestmark = pytest.mark.no_cover


@pytest.fixture
def recorded(tmp_path) -> Path:
    path: Path = tmp_path / "demo.pcap"
    demo().write(path)
    return path


def test_curl_follows(recorded):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    with serving("-pcap", recorded, "-forever", "-event_buffer_size", 20) as url:
        wait_until_read(url)
        command = [curl, "-sN", f"{url}/events/stream?s=0&q=type+%3D+call-start"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            happen(url, "at-last")
            seen = ""
            while "at-last" not in seen:
                seen += running.stdout.readline()
            running.terminate()
    assert seen.startswith("retry: 2000\n: events from number 0 on\n\n")
    told = [json.loads(text) for text in re.findall(r"^data: (.*)$", seen, re.MULTILINE)]
    assert {event["type"] for event in told if "type" in event} == {"call-start"}
    assert told[-1]["sip"]["call_id"] == "at-last"


def test_the_program_ends_with_streams_open(recorded):
    with serving("-pcap", recorded, "-forever") as url:
        stream = urlopen(f"{url}/events/stream", timeout=PATIENCE)
        assert stream.readline() == b"retry: 2000\n"
    with stream:
        assert stream.read().endswith(b": the program ends\n\n")
