"""What is being lost, and what went before its time: all that a page of calls cannot show.

Each kind says what it means for whoever looks for a call.
"""

from dataclasses import dataclass
from typing import Any

from sipcm.run import Run


@dataclass(frozen=True, slots=True)
class Loss:
    """A kind of what was lost: a key, how many since the start, and what that means.

    ``lately`` is how many in the last ten seconds, None where nobody knows.
    """

    key: str
    name: str
    count: int
    about: str
    lately: int | None = None

    def data(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        data = {"key": self.key, "name": self.name, "count": self.count, "about": self.about}
        return data if self.lately is None else {**data, "lately": self.lately}


def losses(run: Run) -> list[Loss]:
    """Return all kinds, also those of which there were none."""
    pipeline = run.pipeline
    counted = pipeline.counters.group.values()
    moment = run.moment()
    fragments = pipeline.defragmenter
    tracker = pipeline.tracker
    return [
        Loss(
            "dropped",
            "Packets dropped",
            sum(source.lost() for source in run.sources),
            "the kernel had no room for them: sipcm or the machine was too busy",
            sum(source.lost_lately(moment) for source in run.sources),
        ),
        Loss(
            "tcp_missed_bytes",
            "Bytes of TCP missing",
            counted["tcp_missed_bytes"],
            "segments that were not captured: messages in them are unknown",
        ),
        Loss(
            "fragments",
            "Fragmented packets incomplete",
            int(fragments.timeouts4.value + fragments.timeouts6.value + fragments.evicted.value),
            "a fragment was not captured, or there were too many to wait for",
        ),
        Loss(
            "cut",
            "Messages cut short",
            int(pipeline.cut),
            "the capture does not hold them whole: -snaplen, or that of who wrote the file",
        ),
        Loss(
            "calls",
            "Calls removed early",
            int(tracker.calls.evicted.value),
            "to stay within -calls_max_entries and -calls_max_mem",
        ),
        Loss(
            "bindings",
            "Registrations removed early",
            int(tracker.registrar.bindings.evicted.value),
            "to stay within -regs_max_entries and -regs_max_mem",
        ),
        Loss(
            "events",
            "Events not told",
            _untold(run),
            "a limit of rates was reached, or their type is on the blacklist",
        ),
    ]


def _untold(run: Run) -> int:
    ring = run.pipeline.ring
    happened = sum(int(counter.value) for counter in ring.by_type)
    return happened - int(ring.queued.value)
