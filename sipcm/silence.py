"""A line now and then while packets come and none of them is SIP: it says what they are instead.

Looks at the clock of the machine, since it speaks to somebody who waits.
"""

import time

from sipcm.annotation import Callable, Final
from sipcm.pipeline import Pipeline

INTERVAL: Final = 10_000_000_000
"""Nanoseconds between two lines."""

MOST_REASONS: Final = 3


class Silence:
    """Watches *pipeline*; *filtered* tells how many packets a filter left out."""

    def __init__(
        self,
        pipeline: Pipeline,
        filtered: Callable[[], int],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._pipeline = pipeline
        self._filtered = filtered
        self._clock = clock
        self._due = clock() + INTERVAL
        self._packets = 0
        self._messages = 0
        self._reasons: dict[str, int] = {}

    def tick(self) -> str | None:
        """Return the line if it is time for it and there is something to say."""
        if self._clock() < self._due:
            return None
        from sipcm.funnel import funnel, reasons  # noqa: PLC0415  most runs are over by now

        self._due = self._clock() + INTERVAL
        stages = funnel(self._pipeline, self._filtered())
        count = {stage.name: stage.count for stage in stages}
        found = reasons(stages)
        packets = count["frames"] - self._packets
        messages = count["sip"] - self._messages
        new = {name: number - self._reasons.get(name, 0) for name, number in found.items()}
        self._packets, self._messages, self._reasons = count["frames"], count["sip"], found
        return silence_text(packets, new) if packets and not messages else None


def silence_text(packets: int, stopped: dict[str, int]) -> str:
    """Say of what kinds the *packets* were that brought no SIP."""
    kinds = sorted(
        ((-number, name) for name, number in stopped.items() if number > 0),
    )
    named = [f"{name} {-number * 100 // packets} %" for number, name in kinds[:MOST_REASONS]]
    if len(kinds) > MOST_REASONS:
        named.append(f"and {len(kinds) - MOST_REASONS} more kinds")
    what = f": {', '.join(named)}" if named else ""
    return f"no SIP in the {packets} packets of the last 10 s{what}"
