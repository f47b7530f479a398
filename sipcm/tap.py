"""One interface that is captured: opened, watched, and opened anew when it comes back."""

import math
from collections.abc import Callable
from typing import Final

from sipcm.clock import SECOND
from sipcm.errors import CaptureError, ConfigError
from sipcm.livefilter import LiveFilter
from sipcm.livesource import LiveSource
from sipcm.log import Log
from sipcm.net.capture import device
from sipcm.net.capture.device import Device
from sipcm.net.capture.packetsocket import PacketSocket
from sipcm.net.capture.ring import RingCursor
from sipcm.source import State

BETWEEN_LOOKS: Final = SECOND // 4
"""Nanoseconds between two looks at an interface, and before the first try to open it again."""

LONGEST_WAIT: Final = 4 * SECOND
"""Nanoseconds between two tries at most."""

NEVER: Final = 1 << 62

QUIET: Final = 10 * SECOND
"""Nanoseconds without a loss after which losses are over."""


Places = Callable[[str, int], int]
"""Gives a number to the packets of an interface, by its name and link type."""


def nowhere(_name: str, _linktype: int) -> int:
    """Give all interfaces one number, where no packets are written."""
    return 0


class Tap:
    """The interface *name*: what it carries goes through ``cursor``.

    ``source``   how things stand with it, for operators
    ``misused``  whether it could not be opened again because of what the operator must mend
    """

    def __init__(
        self, name: str, source: LiveSource, wanted: LiveFilter, log: Log, place: Places
    ) -> None:
        self.name = name
        self.source = source
        self.misused = False
        self.cursor = RingCursor(device.WITH_HEADER.number)
        self._wanted = wanted
        self._log = log
        self._place = place
        self._socket: PacketSocket | None = None
        self._device: Device | None = None
        self._blocks = 0  # that were read since filled() was asked last
        self._up = False
        self._missing = False  # whether it was not there at the last look
        self._retry_at = NEVER
        self._wait = BETWEEN_LOOKS
        self._looked = 0
        self._losing = 0  # when a loss was seen last, while there are losses
        self._lost = 0  # since when these began

    @property
    def is_open(self) -> bool:
        """Return whether there is a socket."""
        return self._socket is not None

    def descriptor(self) -> int | None:
        """Return what is readable when packets have come; None while there is no interface."""
        return None if self._socket is None else self._socket.fileno()

    def open(self) -> None:
        """Open the interface. Raises CaptureError, ConfigError where the right is missing."""
        found = device.find(self.name)
        if found is None:
            raise CaptureError(f"{self.name}: {device.absence(self.name)}")
        opened = PacketSocket(found, self._wanted.wish(found.link))
        for note in opened.notes:
            self._log.warning(f"{self.name}: {note}")
        before = self.cursor
        self.cursor = RingCursor(found.link.number)
        self.cursor.number, self.cursor.skipped = before.number, before.skipped
        self.cursor.place = self._place(self.name, found.link.number)
        if not opened.filtered:
            self.cursor.sieve = self._wanted.sieve(found.link.name)
        self._socket, self._device = opened, found
        self._up, self._missing = found.up, False
        self.source.format = found.link.name
        self.source.problem = "" if found.up else "the interface is down"
        self.source.state = State.READING if found.up else State.WAITING
        what = f"a ring of {opened.megabytes} MB" if opened.megabytes else "no ring"
        down = "" if found.up else "; it is down"
        self._log.info(f"{self.name}: capturing {found.link.name} with {what}{down}")

    def wait_for(self, now: int) -> None:
        """Note that the interface is not there yet, *now*; :meth:`watch` opens it."""
        self.source.state = State.WAITING
        self.source.problem = "there is no such interface yet"
        self._retry_at = now + self._wait
        self._log.info(f"{self.name}: waiting for the interface")

    def read(self) -> bool:
        """Feed the next block of packets into the cursor; False where there is none."""
        if self._socket is None or not (block := self._socket.read()):
            return False
        self._blocks += 1
        self.cursor.feed(block)
        return True

    def filled(self) -> float:
        """Return which part of the ring was read since this was asked last.

        It may be more than all of it, and is where there is no ring.
        """
        blocks, self._blocks = self._blocks, 0
        if self._socket is None or not blocks:
            return 0.0
        return blocks / self._socket.room if self._socket.room else math.inf

    def measure(self) -> None:
        """Count what the cursor has come past."""
        self.source.received.value = self.cursor.number
        if (sieve := self.cursor.sieve) is not None:
            self.source.filtered.value += sieve.left_out()

    def watch(self, now: int) -> None:
        """Look at the interface if it is time to, and tell what has changed."""
        if self._socket is None:
            if now >= self._retry_at:
                self._reopen(now)
            return
        troubled = self._socket.error()
        if not troubled and now - self._looked < BETWEEN_LOOKS:
            return
        self._looked = now
        self.count(now)
        found = device.find(self.name)
        if found is None or self._device is None or found.number != self._device.number:
            # What it has brought comes first; the kernel hands over the last of it after a while.
            if self._missing and not self._socket.pending():
                self._lose_interface(now)
            self._missing = True
        elif found.up != self._up:
            self._up = found.up
            self.source.state = State.READING if found.up else State.WAITING
            self.source.problem = "" if found.up else "the interface is down"
            if found.up:
                self._log.notice(f"{self.name}: the interface is up again")
            else:
                self.source.gone.value += 1
                self._log.warning(f"{self.name}: the interface went down; waiting for it")

    def count(self, now: int) -> None:
        """Take in what the kernel has lost, and tell when losses begin and end."""
        if self._socket is None:
            return
        losses = self._socket.losses()
        source = self.source
        source.lose(now, losses.passed, losses.dropped, losses.frozen)
        if losses.dropped:
            if not self._losing:
                self._lost = 0
                self._log.warning(
                    f"{self.name}: packets are lost: sipcm is too busy, or -ring_mb too small"
                )
            self._losing = now
            self._lost += losses.dropped
        elif self._losing and now - self._losing >= QUIET:
            self._losing = 0
            self._log.warning(
                f"{self.name}: no more packets are lost; {self._lost} were, "
                f"{source.dropped.value} of {source.passed.value} in all"
            )

    def stop(self) -> None:
        """Take nothing new; what the kernel has taken can still be read."""
        if self._socket is not None:
            self._socket.stop()

    def close(self, now: int) -> None:
        """Let go of the interface."""
        if self._socket is not None:
            self.count(now)
            self.measure()
            source, cursor = self.source, self.cursor
            read = int(cursor.number + cursor.skipped) + source.dropped.value + source.unread.value
            source.unread.value += max(source.passed.value - read, 0)
            self._socket.close()
            self._socket = None

    def _lose_interface(self, now: int) -> None:
        self.close(now)
        self.source.state = State.WAITING
        self.source.problem = "the interface has gone"
        self.source.gone.value += 1
        self._wait = BETWEEN_LOOKS
        self._retry_at = now + self._wait
        self._log.warning(f"{self.name}: the interface has gone; waiting for it")

    def _reopen(self, now: int) -> None:
        """Try to open the interface; wait longer each time."""
        self._wait = min(2 * self._wait, LONGEST_WAIT)
        self._retry_at = now + self._wait
        if device.find(self.name) is None:
            return
        try:
            self.open()
        except CaptureError as error:
            self.source.problem = str(error)
            self._log.debug(str(error))
        except ConfigError as error:
            self._retry_at = NEVER
            self.misused = True
            self.source.fail(str(error))
            self._log.error(str(error))
