"""What failed lately, and why: failures that are alike together, the most first.

Read from the newest events backwards, in turns; as many of them as are soon read.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from sipcm import duration
from sipcm.export.timetext import rfc3339
from sipcm.httpui.patience import Turns
from sipcm.httpui.trends import SPANS, present
from sipcm.run import Run
from sipcm.select.texts import wire
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import (
    AUTH_FAILED,
    CALL_ATTEMPT,
    OTHER_FAILED,
    OTHER_TIMEOUT,
    REG_EXPIRED,
    Event,
)

FAILURES: Final = frozenset({CALL_ATTEMPT, AUTH_FAILED, OTHER_FAILED, OTHER_TIMEOUT, REG_EXPIRED})
"""Types of events that tell of what did not come about, or ended without a word."""

MOST_READ: Final = 65_536
"""Events that are looked at; of a span with more only the newest count."""

MOST_SHOWN: Final = 12

BLOCK: Final = 256

LONGEST: Final = 128
"""Bytes of a reason that an expression asks for."""

Cause = tuple[int, bytes, int, bytes]
"""Type, method, status and reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Failures that are alike, how many there were, and an expression that finds them."""

    cause: Cause
    count: int
    when: str

    def data(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        kind, method, status, reason = self.cause
        return {
            "type": EVENT_NAMES[kind],
            "method": wire(method),
            "status": status,
            "reason": wire(reason),
            "count": self.count,
            "events": f"/events?{urlencode({'q': self.expression()})}",
        }

    def expression(self) -> str:
        """Return what finds these events in the list."""
        kind, method, status, reason = self.cause
        asked = [f"type = {EVENT_NAMES[kind]}", self.when]
        if status:
            asked.append(f"status = {status}")
        if method:
            asked.append(f"method = {_quoted(wire(method))}")
        if len(reason) <= LONGEST:
            asked.append(f"reason is {_quoted(wire(reason))}")
        return " and ".join(asked)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of a span: ``failed`` of so many events that were ``read``, and why most of them did.

    ``whole`` says whether all events of the span are still there and were read.
    """

    read: int
    failed: int
    whole: bool
    rows: list[Outcome]

    def data(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        return {
            "events": self.read,
            "failed": self.failed,
            "whole": self.whole,
            "causes": [row.data() for row in self.rows],
        }


async def failures(run: Run, span: str) -> Outcomes:
    """Return what failed within a *span* of SPANS: the last one, or that before the input ended."""
    pipeline = run.pipeline
    moment = present(run)
    _, length, _ = SPANS[span]
    since = int(pipeline.clock.packet_time(max(moment - length, 0)))
    lasting = run.stopped_since() is None
    when = f"age < {duration.render(length)}" if lasting else f"time >= {rfc3339(since)}"
    ring = pipeline.ring
    end = int(ring.total)
    oldest = max(int(ring.oldest()), end - MOST_READ)
    causes: Counter[Cause] = Counter()
    read = 0
    recent = True
    with Turns(1) as turns:
        while recent and end > oldest:
            begin = max(end - BLOCK, oldest)
            block = [event for event in ring.read(begin, end - begin) if event.timestamp >= since]
            recent = len(block) > 0
            read += len(block)
            causes.update(_cause(event) for event in block if event.type in FAILURES)
            end = begin
            if turns.over():
                await turns.next()
                oldest = max(oldest, int(ring.oldest()))
    rows = [Outcome(cause, count, when) for cause, count in causes.most_common(MOST_SHOWN)]
    return Outcomes(read, causes.total(), not recent or end == 0, rows)


def _cause(event: Event) -> Cause:
    return event.type, event.method, event.status, event.reason


def _quoted(text: str) -> str:
    """Write *text* as a value of an expression."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
