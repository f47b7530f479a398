"""The closing words of a run: statistics, where packets stopped and why, and how fast they came."""

from sipcm import duration
from sipcm.annotation import TYPE_CHECKING, Final, Iterable, Iterator
from sipcm.clock import SECOND
from sipcm.funnel import funnel, funnel_lines
from sipcm.pipeline import Pipeline
from sipcm.source import Source
from sipcm.state.calls import CallTable
from sipcm.state.callstate import (
    CANCELED,
    ESTABLISHED,
    INIT,
    INV_1ST,
    INV_EARLY,
    INV_NEG,
    NON_INV_1ST,
    NON_INV_FIN,
    NON_INV_NEG,
    SUBSCRIBED,
)
from sipcm.statistics import statistics_text

if TYPE_CHECKING:
    from sipcm.output import Output

OPEN: Final = (INIT, INV_1ST, INV_EARLY, ESTABLISHED, NON_INV_1ST, SUBSCRIBED)
"""States in which more is to come."""

SHOWN_NAMES: Final = 8
"""Servers of encrypted connections that are named."""

UNREPORTED: Final = (INV_NEG, CANCELED, NON_INV_NEG, NON_INV_FIN)
"""States of what is over, but reported only when a timer fires."""


def summary_text(
    pipeline: Pipeline,
    sources: Iterable[Source] = (),
    filtered: int = 0,
    outputs: "Iterable[Output]" = (),
) -> str:
    """Render what *pipeline* has counted of *sources* (whole text, with its last line end).

    *filtered* is how many packets the filter has left out of them, and *outputs* are what has told
    of them.
    """
    parts = [
        statistics_text(pipeline.counters.group.values()),
        *_funnel(pipeline, filtered),
        *_encrypted(pipeline),
        *losses(sources),
        *unwritten(outputs),
        *_calls(pipeline),
        *_left_out(pipeline),
        *_time(pipeline),
    ]
    return "".join(parts)


def losses(sources: Iterable[Source]) -> Iterator[str]:
    """Yield a line for each interface: what was captured and what was lost."""
    for source in sources:
        if told := source.losses():
            yield f"Interface {told}\n"


def unwritten(outputs: "Iterable[Output]") -> Iterator[str]:
    """Yield a line for each output that did not get all."""
    for output in outputs:
        if told := output.losses():
            yield f"Not written: {told}\n"


def _funnel(pipeline: Pipeline, filtered: int) -> Iterator[str]:
    stages = funnel(pipeline, filtered)
    if stages[0].count:
        yield "Packets:\n"
        yield from (f"{line}\n" for line in funnel_lines(stages))


def _encrypted(pipeline: Pipeline) -> Iterator[str]:
    """Yield what was encrypted, and that this is why nothing of it is shown."""
    streams = pipeline.streams
    rows = sorted((-count, name) for name, count in streams.names.group.values().items())
    if not rows:
        return
    more = f" and {len(rows) - SHOWN_NAMES} more" if len(rows) > SHOWN_NAMES else ""
    names = ", ".join(f"{name} ({-count})" for count, name in rows[:SHOWN_NAMES])
    yield (
        f"Encrypted: {streams.names.total()} TLS connections cannot be read, so SIP in them is not "
        f"shown: {names}{more}\n"
    )


def _calls(pipeline: Pipeline) -> Iterator[str]:
    table = pipeline.tracker.calls
    evicted = int(table.evicted.value)
    parts = [f"{int(pipeline.tracker.begun)} begun", f"{_in(table, OPEN)} still open at the end"]
    if unreported := _in(table, UNREPORTED):
        parts.append(f"{unreported} over and not yet reported (see -end_force_timeout)")
    if evicted:
        parts.append(f"{evicted} removed early (-calls_max_entries, -calls_max_mem)")
    yield f"Dialogs and transactions: {', '.join(parts)}\n"
    bindings = pipeline.tracker.registrar.bindings
    if begun := int(bindings.begun):
        parts = [f"{begun} begun", f"{int(bindings.active.value)} still there at the end"]
        if bindings.evicted.value:
            parts.append(
                f"{int(bindings.evicted.value)} removed early (-regs_max_entries, -regs_max_mem)"
            )
        yield f"Registrations: {', '.join(parts)}\n"
    if pipeline.cut:
        yield f"Cut by the snap length: {int(pipeline.cut)} messages that cannot be read\n"


def _left_out(pipeline: Pipeline) -> Iterator[str]:
    rates = pipeline.ring.rates
    if count := int(rates.left_out()):
        over, limited = int(rates.blacklisted.value), int(rates.sent.value)
        yield f"Events over the limits of rates: {over}, {limited} of them told, {count} left out\n"
    if failed := int(rates.failed.value):
        yield f"Events told without regard to limits: {failed} (-evr_max_entries)\n"


def _in(table: CallTable, states: Iterable[int]) -> int:
    return sum(int(table.by_state[state].value) for state in states)


def _time(pipeline: Pipeline) -> Iterator[str]:
    clock = pipeline.clock
    average = pipeline.rates.average(SECOND, clock.newest)
    yield (
        f"Capture time: {duration.render(clock.elapsed())}, {average['total_packets']:.1f} "
        f"packets/s, {average['parse_ok']:.1f} SIP messages/s\n"
    )
    oddities = {
        "older than the one before": clock.late,
        "falls of more than a minute": clock.falls,
        "jumps of more than a day": clock.jumps,
        "leaps that no next packet confirmed": clock.strays,
    }
    told = [f"{what}: {int(count)}" for what, count in oddities.items() if count]
    if told:
        yield f"Packet times: {', '.join(told)}\n"
