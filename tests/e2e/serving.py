"""The program with its pages up."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.ports import free_port
from tests.stage import script
from tests.waiting import PATIENCE, wait_until

OURS = {name for name in os.environ if name.startswith("SIPCM_")} - {"SIPCM_PURE"}


def start(*arguments: str | Path | int) -> subprocess.Popen[bytes]:
    """Start sipcm as a program of its own, connected by pipes."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "sipcm", *map(str, arguments)],
        env={name: value for name, value in os.environ.items() if name not in OURS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for_pages(running: subprocess.Popen[bytes], port: int) -> str:
    """Return the address of the pages, once they answer."""
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert running.poll() is None, running.communicate()
        with suppress(URLError), urlopen(f"{url}/health", timeout=PATIENCE):
            return True
        return False

    wait_until(answers, "the pages")
    return url


@contextmanager
def serving(*arguments: str | Path | int) -> Iterator[str]:
    """Run sipcm with *arguments* and pages at the address that is given; a signal ends it."""
    port = free_port()
    with start(*arguments, "-p", port) as running:
        try:
            yield wait_for_pages(running, port)
        finally:
            running.send_signal(signal.SIGTERM)
            out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, err
    assert b"Statistics:" in out + err
    assert b"Traceback" not in err


def wait_until_read(url: str) -> None:
    """Wait until all that is there to be read was read, and all was told that came of it."""

    def read() -> bool:
        with urlopen(f"{url}/?format=json", timeout=PATIENCE) as answer:
            return json.load(answer)["stopped_since"] is not None

    wait_until(read, "the end of the input")


def happen(url: str, *call_ids: str, what: str = ">INVITE <200") -> None:
    """Let a call start for each of *call_ids*, or *what* happens there."""
    for call_id in call_ids:
        for step in script(what, call_id):
            form = urlencode({"sipmsg": step.payload.decode()}).encode()
            with urlopen(f"{url}/inject", form, timeout=PATIENCE) as answer:
                assert answer.status == 200
