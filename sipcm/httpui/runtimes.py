"""The times of a run as pages tell them: how long it has been up, read and done.

These are of the machine's clock, all but the capture time, which is that of the packets.
"""

from typing import Any

from sipcm.clock import SECOND
from sipcm.duration import render
from sipcm.run import Run


def data(run: Run) -> dict[str, Any]:
    """Return all times in seconds; ``stopped_since`` is None until the input has ended."""
    stopped = run.stopped_since()
    return {
        "uptime": run.uptime() / SECOND,
        "stopped_since": None if stopped is None else stopped / SECOND,
        "runtime": run.runtime() / SECOND,
        "capture_time": run.pipeline.clock.elapsed() / SECOND,
    }


def line(run: Run) -> str:
    """Return the times as the statistics begin with them."""
    text = f"uptime: {render(run.uptime())}"
    stopped = run.stopped_since()
    if stopped is None:
        return text
    return f"{text} stopped since {render(stopped)} runtime: {render(run.runtime())}"


def tail(run: Run, runtime: int) -> str:
    """Return the times as averages and rates begin with them, which are over *runtime*."""
    text = f"Uptime: {render(run.uptime())}"
    stopped = run.stopped_since()
    if stopped is None:
        return text
    return f"{text} Stopped since: {render(stopped)} Runtime: {render(runtime)}"
