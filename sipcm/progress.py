"""The line on a terminal that tells how far a long run has come.

It is there only on a terminal, and only once a run has taken longer than two seconds.
"""

import time

from sipcm.annotation import Callable, Final, Sequence, TextIO
from sipcm.log import escape
from sipcm.source import Source, State

SECOND: Final = 1_000_000_000
PATIENCE: Final = 2 * SECOND
"""Nanoseconds after which the line appears."""
INTERVAL: Final = SECOND // 4
"""Nanoseconds between two of them."""

WIDEST: Final = 79
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Rewrites one line of *stream* while *sources* are read."""

    def __init__(
        self,
        sources: Sequence[Source],
        stream: TextIO,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._sources = sources
        self._stream = stream
        self._clock = clock
        self._begun = clock()
        self._due = self._begun + PATIENCE
        self._shown = False

    def tick(self) -> None:
        """Write the line anew if it is time for it."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + INTERVAL
        self._shown = True
        self._write(_CLEAR + progress_text(self._sources, now - self._begun))

    def clear(self) -> None:
        """Take the line away, so that something else can be written there."""
        if self._shown:
            self._shown = False
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal has gone, the work has not
            self._due = 1 << 62


def progress_text(sources: Sequence[Source], elapsed: int) -> str:
    """Say how far the reading has come after *elapsed* nanoseconds: percent, speed, time left."""
    packets = sum(int(source.received.value) for source in sources)
    reading = [source for source in sources if source.state == State.READING]
    parts = [
        f"{packets:,} packets",
        f"{packets * SECOND // max(elapsed, 1):,} packets/s",
    ]
    if share := _share(sources):
        left = round(elapsed * (1 - share) / share / SECOND)
        parts.insert(0, f"{share:.0%}")
        parts.append(f"{left // 60}:{left % 60:02} left")
    told = ", ".join(parts)
    room = WIDEST - len(told) - 2
    name = escape(reading[-1].name) if reading else ""
    if len(name) > room:
        name = f"…{name[len(name) - room + 1 :]}"
    return f"{name}: {told}" if name else told


def _share(sources: Sequence[Source]) -> float:
    """Return which share of all bytes has been read; 0 where that cannot be known."""
    total = read = 0
    for source in sources:
        if source.state == State.FAILED:
            continue
        if source.size is None:
            return 0.0
        total += source.size * source.planned
        read += min(source.size * source.passes + source.position, source.size * source.planned)
    return min(read / total, 1.0) if total else 0.0
