"""What failed lately, and why: failures that are alike together, the most first.

Read from the newest failures backwards, in turns. What whole blocks of them tell is remembered once
none of them can be taken back.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from sipcm import duration
from sipcm.export.timetext import rfc3339
from sipcm.httpui.patience import Turns
from sipcm.httpui.trends import SPANS, present
from sipcm.run import Run
from sipcm.select.texts import wire
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.failures import Failures

PATH: Final = "/calls/failed"
"""Where failures are listed."""

MOST_SHOWN: Final = 12

BLOCK: Final = 256
"""Failures of which it is remembered together what they tell."""

LONGEST: Final = 128
"""Bytes of a reason that an expression asks for."""

Cause = tuple[int, bytes, int, bytes]
"""Type, method, status and reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Failures that are alike, how many there were, and how they are found.

    ``when`` is an expression, ``path`` where failures are listed.
    """

    cause: Cause
    count: int
    when: str
    path: str

    def data(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        kind, method, status, reason = self.cause
        return {
            "type": EVENT_NAMES[kind],
            "method": wire(method),
            "status": status,
            "reason": wire(reason),
            "count": self.count,
            "path": f"{self.path}?{urlencode({'q': self.expression()})}",
        }

    def expression(self) -> str:
        """Return what finds these failures in the list."""
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
    """Of a span: how many ``failed``, and why most of them did; ``path`` is where they are listed.

    ``whole`` says whether all failures of the span are still kept.
    """

    failed: int
    whole: bool
    path: str
    rows: list[Outcome]

    def data(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        return {
            "failed": self.failed,
            "whole": self.whole,
            "path": self.path,
            "causes": [row.data() for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """What so many failures that were ``read`` tell, the ``earliest`` of them at that time."""

    read: int
    earliest: int
    causes: Counter[Cause]


_TALLIES: "Final[WeakKeyDictionary[Run, dict[int, Tally]]]" = WeakKeyDictionary()
"""Tallies of whole blocks of failures, which change no more, by the number of the block."""


async def failures(run: Run, span: str) -> Outcomes:
    """Return what failed within a *span* of SPANS: the last one, or that before the input ended."""
    pipeline = run.pipeline
    moment = present(run)
    _, length, _ = SPANS[span]
    since = int(pipeline.clock.packet_time(max(moment - length, 0)))
    lasting = run.stopped_since() is None
    when = f"age <= {duration.render(length)}" if lasting else f"time >= {rfc3339(since)}"
    path = run.base + PATH
    causes: Counter[Cause] = Counter()
    kept = pipeline.tracker.reporter.failures
    whole = kept is None or await _count_all(kept, since, causes, _TALLIES.setdefault(run, {}))
    rows = [Outcome(cause, count, when, path) for cause, count in causes.most_common(MOST_SHOWN)]
    return Outcomes(causes.total(), whole, f"{path}?{urlencode({'q': when})}", rows)


async def _count_all(
    kept: Failures, since: int, causes: Counter[Cause], tallies: dict[int, Tally]
) -> bool:
    """Add the failures *since* then to *causes*; tell whether all of them are still *kept*."""
    end, oldest = int(kept.total), int(kept.oldest())
    recent = True
    with Turns(1) as turns:
        while recent and end > oldest:
            number = (end - 1) // BLOCK
            begin = max(number * BLOCK, oldest)
            tally = tallies.get(number)
            if tally is None or tally.earliest < since or begin != number * BLOCK:
                block = [event for _, event in kept.read(begin, end - begin)]
                tally = _tally(block, since)
                recent = tally.read > 0 or not block
                changes_no_more = end - begin == BLOCK and end <= kept.settled()
                if changes_no_more and tally.read == len(block):
                    tallies[number] = tally
            causes.update(tally.causes)
            end = begin
            if turns.over():
                await turns.next()
                oldest = max(oldest, int(kept.oldest()))
    for number in [number for number in tallies if number * BLOCK < oldest]:
        del tallies[number]
    return not recent or end == 0


def _tally(events: Iterable[Event], since: int) -> Tally:
    """Count those of *events* that happened *since* then."""
    recent = [event for event in events if event.timestamp >= since]
    causes = Counter(_cause(event) for event in recent)
    return Tally(len(recent), min((event.timestamp for event in recent), default=since), causes)


def _cause(event: Event) -> Cause:
    return event.type, event.method, event.status, event.reason


def _quoted(text: str) -> str:
    """Write *text* as a value of an expression."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
