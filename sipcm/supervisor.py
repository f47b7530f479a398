"""Tells systemd that the service is up, alive and ending (sd_notify(3)); others hear nothing.

A datagram for each message, to the socket that ``NOTIFY_SOCKET`` names.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

PATIENCE: Final = 1.0
"""Seconds for which begin and end of the service wait to be heard; signs of life do not wait."""


class Supervisor:
    """Whoever *environment* says watches this process; *clock* gives nanoseconds."""

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        # @ stands for the byte with which a name begins that is not in the file system (unix(7)).
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._clock = clock
        self._interval = _interval(environment)
        self._due = 0

    def ready(self) -> None:
        """Tell that the service is up."""
        self._tell("READY=1", PATIENCE)

    def alive(self) -> None:
        """Tell that the service is alive, if it is time to: twice in the time that is allowed."""
        if self._interval and (now := self._clock()) >= self._due:
            self._due = now + self._interval
            self._tell("WATCHDOG=1", 0)

    def stopping(self) -> None:
        """Tell that the service ends."""
        self._tell("STOPPING=1", PATIENCE)

    def _tell(self, message: str, patience: float) -> None:
        """Send *message*, or give it up when there is no room for it after *patience* seconds."""
        if not self._address:
            return
        with (
            suppress(OSError),  # nobody listens: the work goes on
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as telling,
        ):
            telling.settimeout(patience)
            telling.connect(self._address)
            telling.send(message.encode())


def _interval(environment: Mapping[str, str]) -> int:
    """Return half of the nanoseconds within which a sign of life is expected; 0 for none."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(microseconds) * 500 if for_us and microseconds.isdecimal() else 0
