"""Two hosts of our own, joined by a cable: network namespaces with a pair of virtual interfaces.

What is sent there stays there. Whoever has no right to make them skips the test.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count

import pytest

from tests.waiting import wait_until

NEAR, FAR = "near", "far"
NEAR4, FAR4 = "10.77.0.1", "10.77.0.2"
NEAR6, FAR6 = "fd77::1", "fd77::2"

_NUMBERS = count()


def ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False)


def is_up(host: str, device: str) -> bool:
    """Tell whether *device* carries packets, which it does a moment after it was set up."""
    return "state UP" in ip("-n", host, "link", "show", device).stdout


class Cable:
    """The host ``near`` with the interface of that name, and ``far`` with its own."""

    def __init__(self) -> None:
        number = f"{os.getpid()}-{next(_NUMBERS)}"
        self.near = f"sipcm-near-{number}"
        self.far = f"sipcm-far-{number}"

    def make(self) -> None:
        if shutil.which("ip") is None:
            pytest.skip("ip (iproute2) is not installed")
        for host in (self.near, self.far):
            made = ip("netns", "add", host)
            if made.returncode:
                pytest.skip(f"no network namespace can be made: {made.stderr.strip()}")
            ip("-n", host, "link", "set", "lo", "up")
        self.plug_in()

    def plug_in(self) -> None:
        """Make the two interfaces and their addresses."""
        ends = ["name", NEAR, "type", "veth", "peer", "name", FAR, "netns", self.far]
        made = ip("-n", self.near, "link", "add", *ends)
        if made.returncode:
            pytest.skip(f"no virtual interfaces can be made: {made.stderr.strip()}")
        ends_at = ((self.near, NEAR, NEAR4, NEAR6), (self.far, FAR, FAR4, FAR6))
        for host, device, four, six in ends_at:
            ip("-n", host, "address", "add", f"{four}/24", "dev", device)
            ip("-n", host, "address", "add", f"{six}/64", "dev", device, "nodad")
            ip("-n", host, "link", "set", device, "up")
        for host, device, _, _ in ends_at:
            wait_until(partial(is_up, host, device), device)

    def set(self, state: str) -> None:
        """Set the near interface ``up`` or ``down``."""
        assert ip("-n", self.near, "link", "set", NEAR, state).returncode == 0
        if state == "up":
            ip("-n", self.near, "address", "add", f"{NEAR6}/64", "dev", NEAR, "nodad")

    def unplug(self) -> None:
        """Delete both interfaces."""
        assert ip("-n", self.near, "link", "delete", NEAR).returncode == 0

    def remove(self) -> None:
        for host in (self.near, self.far):
            ip("netns", "delete", host)


def on(host: str, *command: str | int) -> list[str]:
    """Return the *command* as one that runs on *host*."""
    return ["ip", "netns", "exec", host, *map(str, command)]


def python(host: str, *arguments: str | int) -> Sequence[str]:
    """Return a command that runs Python on *host*."""
    return on(host, sys.executable, *arguments)


@contextmanager
def cable() -> Iterator[Cable]:
    """Give two hosts, which are removed afterwards."""
    made = Cable()
    try:
        made.make()
        yield made
    finally:
        made.remove()
