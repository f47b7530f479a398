"""The program with its pages up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.waiting import wait_until

PATIENCE = 30
"""Seconds until the pages must be up, and until a stopped program must have ended."""

OURS = {name for name in os.environ if name.startswith("SIPCM_")} - {"SIPCM_PURE"}


def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
