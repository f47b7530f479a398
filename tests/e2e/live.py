"""sipcm as a program that captures on a host of :mod:`tests.e2e.network`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from tests.conftest import ROOT
from tests.e2e.network import Cable, on
from tests.e2e.serving import OURS
from tests.waiting import PATIENCE

PORT = 8081
"""Of the pages; each host has its ports for itself."""


QUIET = 0.3
"""Seconds without a packet; meanwhile sipcm asks the kernel what that has taken."""

TAKEN = ("passed", "recvd", "dropped", "unread")

TWICE = {"pcap.lo", "pcap.any"}
"""Interfaces that have packets twice, of which sipcm leaves one out."""


class Live:
    """A running sipcm on the near host; *folder* takes its output.

    *wrap* are words in front of the command, *more* is added to its environment. Without *events*
    none are written.
    """

    def __init__(
        self,
        cable: Cable,
        folder: Path,
        *arguments: str | Path | int,
        wrap: Sequence[str] = (),
        more: Mapping[str, str] = MappingProxyType({}),
        events: bool = True,
    ) -> None:
        self.cable = cable
        self.events_path = folder / "events.json"
        self.log_path = folder / "log.txt"
        self.out_path = folder / "out.txt"
        for path in (self.events_path, self.log_path):
            path.unlink(missing_ok=True)
        words = [*map(str, arguments), "-p", str(PORT)]
        if events:
            words += ["-json", str(self.events_path)]
        with self.log_path.open("wb") as log, self.out_path.open("wb") as out:
            self.process = subprocess.Popen(
                on(cable.near, *wrap, sys.executable, "-P", "-m", "sipcm", *words),
                cwd=ROOT,
                env={name: os.environ[name] for name in os.environ if name not in OURS}
                | dict(more),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    def wait_for_line(self, text: str, times: int = 1) -> None:
        """Wait until the log says *text*, so many times."""
        self.wait_until(lambda: self.log().count(text) >= times, text)

    def wait_until(self, condition: Any, what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < end, f"{what}: {self.log()}"
            time.sleep(0.02)

    def ready(self) -> Self:
        """Wait until it captures, and the pages are there; end it if that does not come."""
        try:
            self.wait_for_line("capturing")
        except BaseException:
            self.__exit__()
            raise
        return self

    def page(self, path: str) -> Any:
        """Return a page as JSON; its status does not matter."""
        url = f"http://127.0.0.1:{PORT}{path}"
        command = on(self.cable.near, "curl", "-s", "-H", "Accept: application/json", url)
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    def source(self, number: int = 0) -> Any:
        return self.page("/health")["sources"][number]

    def counters(self, group: str = "pcap.near") -> dict[str, int]:
        counters = self.page(f"/counters?group={group}")["groups"][group]
        return {name: counter["value"] for name, counter in counters.items()}

    def settle(self) -> None:
        """Wait until no more packets come, and all were read that the kernel has taken."""
        before: object = None

        def settled() -> bool:
            nonlocal before
            told = self.page("/counters?group=pcap")["groups"]
            now = {name: [told[name][key]["value"] for key in TAKEN] for name in told}
            if now == before and all(was_read(name, *counted) for name, counted in now.items()):
                return True
            before = now
            time.sleep(QUIET)
            return False

        self.wait_until(settled, "the end of the packets")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; return the status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def events(self) -> list[dict[str, Any]]:
        text = self.events_path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def kinds(self) -> Counter[str]:
        return Counter(event["type"] for event in self.events())


def was_read(group: str, passed: int, received: int, dropped: int, unread: int) -> bool:
    """Tell whether nothing is left of what the kernel has *passed*, as the counters of *group* say."""
    return group in TWICE or received + dropped + unread >= passed


def pages_of(log: str) -> list[str]:
    """Return the lines of a log that are no news of a start, nor of ten seconds without SIP."""
    usual = ("pages on", "capturing", "going on as", "no SIP in the")
    return [line for line in log.splitlines() if not any(word in line for word in usual)]
