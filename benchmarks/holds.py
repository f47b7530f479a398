"""For how long the event loop was held, as ``/metrics`` tells it."""

import os
import re
from pathlib import Path

Buckets = dict[str, list[tuple[float, float]]]
"""Bounds in seconds and how many holds were no longer, by who held the loop."""

LIMIT = 0.005
"""Seconds that nobody may hold it for."""

_BUCKET = re.compile(r'sipcm_loop_held_seconds_bucket\{kind="(\w+)",le="([^"]+)"\} (\S+)')


def held(metrics: str) -> Buckets:
    """Read what *metrics* tell."""
    found: Buckets = {}
    for kind, bound, count in _BUCKET.findall(metrics):
        found.setdefault(kind, []).append((float(bound), float(count)))
    return found


def added(before: Buckets, after: Buckets) -> dict[str, str]:
    """Say of what was added between two looks how much was within the limit."""
    lines = {}
    for kind, buckets in after.items():
        old = dict(before.get(kind, []))
        counts = [(bound, count - old.get(bound, 0)) for bound, count in buckets]
        total = counts[-1][1]
        if total:
            share = dict(counts)[LIMIT] / total
            lines[kind] = (
                f"{total:.0f} times, {share:.3%} within 5 ms, p99.9 at most "
                f"{_bound(counts, 0.999 * total)}, all at most {_bound(counts, total)}"
            )
    return lines


def table(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> list[str]:
    """Return a line for each bucket: how often the loop was held for so long between two looks."""
    old = dict(before)
    counts = [count - old.get(bound, 0) for bound, count in after]
    return [
        f"  up to {1000 * bound:6g} ms  {count - below:10.0f}"
        for (bound, _), count, below in zip(after, counts, [0.0, *counts], strict=False)
    ]


def stolen() -> float:
    """Return for how many seconds other machines have had our processors: proc(5), steal."""
    return int(Path("/proc/stat").read_text().split(maxsplit=9)[8]) / os.sysconf("SC_CLK_TCK")


def _bound(counts: list[tuple[float, float]], wanted: float) -> str:
    return f"{1000 * next(bound for bound, count in counts if count >= wanted):g} ms"
