"""What is said of events that the limits of rates leave out: in the log, and on the first page."""

from sipcm.export.endpointtext import address_text
from sipcm.export.timetext import rfc3339
from sipcm.pipeline import Pipeline
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.rateentry import RateEntry


def beginning(pipeline: Pipeline) -> str:
    """Say that events begin to be left out, of whom, and how all would be told.

    Empty before any was.
    """
    worst = pipeline.ring.rates.spell.worst
    return f"events are left out: {_sender(worst)}, {_limits(pipeline)}" if worst else ""


def lately(pipeline: Pipeline, now: int) -> str:
    """Say how many events were left out in the spell that lasts at the moment *now*.

    Empty where none does.
    """
    spell = pipeline.ring.rates.spell
    worst = spell.worst
    if worst is None or not spell.lasts(now):
        return ""
    since = rfc3339(max(pipeline.clock.packet_time(spell.since), 0))[: len("2026-01-02T03:04:05")]
    return (
        f"events were left out since {since}Z: {spell.count}, of these {worst.missed} "
        f"{_sender(worst)}, {_limits(pipeline)}"
    )


def _sender(entry: RateEntry) -> str:
    address = entry.key[1:]
    return f"{EVENT_NAMES[entry.key[0]]} of {address_text(address) if address else 'nobody known'}"


def _limits(pipeline: Pipeline) -> str:
    limits = ",".join(str(limit) for limit in pipeline.ring.rates.limits)
    return f"which come faster than -evr_limits {limits} allows; 0,0,0 tells all"
