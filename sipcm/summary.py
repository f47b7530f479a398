"""The closing words of a run: statistics, where packets stopped and why, and how fast they came."""

from collections.abc import Iterator

from sipcm import duration
from sipcm.clock import SECOND
from sipcm.counters import Group
from sipcm.pipeline import Pipeline
from sipcm.statistics import statistics_text


def summary_text(pipeline: Pipeline) -> str:
    """Render what *pipeline* has counted (whole text, with its last line end)."""
    parts = [
        statistics_text(pipeline.counters.group.values()),
        *_kinds("Not decoded", pipeline.undecoded),
        *_kinds("UDP payloads", pipeline.payloads),
        *_calls(pipeline),
        *_time(pipeline),
    ]
    return "".join(parts)


def _kinds(title: str, group: Group) -> Iterator[str]:
    rows = sorted((-count, name) for name, count in group.values().items() if count)
    if rows:
        yield f"{title}:\n"
    for count, name in rows:
        yield f"\t{name:<30} = {-count:9}\n"


def _calls(pipeline: Pipeline) -> Iterator[str]:
    table = pipeline.tracker.calls
    begun, active, evicted = (
        int(pipeline.tracker.begun),
        int(table.active.value),
        int(table.evicted.value),
    )
    yield f"Dialogs and transactions: {begun} begun, {active} still tracked at the end"
    yield f", {evicted} removed early (-calls_max_entries)\n" if evicted else "\n"
    if pipeline.cut:
        yield f"Cut by the snap length: {int(pipeline.cut)} messages that cannot be read\n"


def _time(pipeline: Pipeline) -> Iterator[str]:
    clock = pipeline.clock
    average = pipeline.rates.average(SECOND, clock.newest)
    yield (
        f"Capture time: {duration.render(clock.elapsed())}, {average['total_packets']:.1f} "
        f"packets/s, {average['parse_ok']:.1f} SIP messages/s\n"
    )
    oddities = {
        "older than the one before": clock.late,
        "falls back in time": clock.falls,
        "jumps of more than a day": clock.jumps,
        "with a damaged time": clock.strays,
    }
    told = [f"{int(count)} {what}" for what, count in oddities.items() if count]
    if told:
        yield f"Packet times: {', '.join(told)}\n"
