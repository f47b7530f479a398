"""The page for probes: whether all is well, told by the status and in JSON."""

from collections.abc import Iterator
from typing import Any

from sipcm.clock import SECOND
from sipcm.duration import render
from sipcm.funnel import TITLES, funnel, funnel_data, funnel_lines
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.log import escape
from sipcm.output import Output
from sipcm.run import Run
from sipcm.source import Source, State


async def show(run: Run, query: Query) -> Page:
    """Show whether all inputs can be read and outputs written: status 200, or 503 and why not.

    So it is while packets are lost too.
    """
    query.refuse_others(())
    dropped = sum(source.lost_lately(run.moment()) for source in run.sources)
    reasons = list(_reasons(run, dropped))
    tracker = run.pipeline.tracker
    calls = int(tracker.calls.evicted.value)
    bindings = int(tracker.registrar.bindings.evicted.value)
    stages = funnel(run.pipeline, run.filtered())
    data = {
        "status": "failing" if reasons else "ok",
        **({"reasons": reasons} if reasons else {}),
        "sources": [source_data(source) for source in run.sources],
        "outputs": [_output_data(output) for output in run.outputs],
        "dropped_last_10s": dropped,
        "evicted": {"calls": calls, "bindings": bindings},  # no reason: a restart would lose all
        "uptime": run.uptime() / SECOND,
        "funnel": funnel_data(stages),
    }
    lines = [
        f"status: {data['status']}",
        *(f"reason: {reason}" for reason in reasons),
        *(
            f"source {source.name}: {source.state}, {source.received.value} packets"
            for source in run.sources
        ),
        *(
            f"output {output.option} {output.path}: {output.written.value} {output.what}, "
            f"{output.lost.value} not written"
            for output in run.outputs
        ),
        f"dropped in the last 10s: {dropped}",
        f"removed early for the limits: {calls} calls, {bindings} registrations",
        f"uptime: {render(run.uptime())}",
    ]
    text = "".join(f"{escape(line)}\n" for line in lines)
    text += "packets:\n" + "".join(f"{line}\n" for line in funnel_lines(stages))
    return Page(
        "Health",
        "health.html",
        data,
        text,
        extra={"titles": TITLES},
        status=503 if reasons else 200,
    )


def source_data(source: Source) -> dict[str, Any]:
    """Return how things stand with an input."""
    return {
        "name": source.name,
        "state": source.state,
        "format": source.format,
        "received": int(source.received.value),
        "dropped": source.lost(),
        "problem": source.problem,
        "size": source.size,
        "position": source.position if source.in_bytes else None,
        "share": share_of(source),
    }


def _output_data(output: Output) -> dict[str, Any]:
    return {
        "option": output.option,
        "path": output.path,
        "what": output.what,
        "written": int(output.written.value),
        "lost": int(output.lost.value),
        "problem": output.problem,
    }


def share_of(source: Source) -> float | None:
    """Return how much of *source* has been read, from 0 to 1; None where its end is not known."""
    if source.state == State.DONE and source.passes >= source.planned:
        return 1.0
    if not source.size:
        return None
    return min((source.passes + source.position / source.size) / source.planned, 1.0)


def _reasons(run: Run, dropped: int) -> Iterator[str]:
    for source in run.sources:
        if complaint := source.complaint():
            yield f"{source.name}: {complaint}"
    yield from filter(None, (output.complaint() for output in run.outputs))
    if dropped:
        yield f"{dropped} packets were lost in the last 10s"
