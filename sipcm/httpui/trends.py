"""How many messages and packets came lately: a row with a chart for each kind.

From the samples that rates keep anyway, at whatever moment somebody asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from sipcm import duration
from sipcm.clock import DAY, MINUTE, SECOND
from sipcm.export.timetext import rfc3339
from sipcm.httpui.chart import draw, fold, highest
from sipcm.httpui.faces import figure
from sipcm.run import Run
from sipcm.state.rates import History

SPANS: Final = {
    "1m": ("last minute", MINUTE, 0),
    "10m": ("last ten minutes", 10 * MINUTE, 1),
    "1d": ("last day", DAY, 2),
}
"""What may be looked back on: in words, nanoseconds, and the ring of samples that reaches it."""

LATELY: Final = 10
"""Seconds of stream time over which rates are told."""

MOST_COLUMNS: Final = 96

HEIGHT: Final = 24

SERIES: Final = (
    ("messages", "SIP messages", "parse_ok"),
    ("requests", "Requests", "sip_reqs"),
    ("responses", "Responses", "sip_repls"),
    *((f"{number}xx", f"{number}xx", f"sip_{number}XX") for number in range(1, 7)),
    ("unreadable", "Not readable", "parse_errs"),
    ("packets", "Packets", "total_packets"),
)
"""Key, name and counter of each row."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A row: its rates per second, the oldest first, None before counting began.

    ``now`` is the rate of the last LATELY seconds, ``mean`` that of all that was captured of them.
    """

    key: str
    name: str
    rates: list[float | None]
    now: float
    mean: float
    most: float


@dataclass(frozen=True, slots=True)
class Trends:
    """All rows over a *span*; times are nanoseconds, ``begin`` and ``end`` of packet time.

    ``covered`` is how much of it was captured, to a second: all rates are of that time alone.
    """

    span: str
    step: int
    begin: int
    end: int
    covered: int
    rows: list[Trend]

    def data(self) -> dict[str, Any]:
        """Return the rows as JSON has them."""
        return {
            "span": self.span,
            "step": self.step / SECOND,
            "begin": rfc3339(self.begin),
            "end": rfc3339(self.end),
            "covered": self.covered / SECOND,
            "series": {
                row.key: {
                    "now": row.now,
                    "mean": row.mean,
                    "most": row.most,
                    "per_second": row.rates,
                }
                for row in self.rows
            },
        }

    def lines(self) -> Iterator[str]:
        """Yield the rows as lines of text."""
        words, _, _ = SPANS[self.span]
        yield f"{f'per second, {words}':<28}{'now':>9} {'mean':>9} {'most':>9}"
        for row in self.rows:
            yield f"{row.name:<28}{row.now:9.1f} {row.mean:9.1f} {row.most:9.1f}"
        if part := self.part():
            yield f"the mean is that of the {part} that were captured"

    def part(self) -> str:
        """Return how much of the span was captured, if it is much less than that; else nothing."""
        _, length, _ = SPANS[self.span]
        if self.covered >= length - 2 * self.step:
            return ""
        return duration.render(round(self.covered / SECOND) * SECOND)

    def charts(self) -> Iterator[tuple[Trend, Markup]]:
        """Yield each row with its chart."""
        words, _, _ = SPANS[self.span]
        each = duration.render(self.step)
        for row in self.rows:
            about = f"In each {each}: {figure(row.mean)}/s on average, at most {figure(row.most)}/s"
            title = f"{row.name}, the {words}"
            yield row, draw(fold(row.rates, MOST_COLUMNS), height=HEIGHT, title=title, about=about)


def present(run: Run) -> int:
    """Return the moment of stream time that a page looks back from.

    After the end of the input that is the newest packet: what came last does not grow old.
    """
    clock = run.pipeline.clock
    return int(clock.now if run.stopped_since() is None else clock.newest)


def usual(run: Run) -> str:
    """Return the span of a page that was asked for none: a minute.

    After the end of the input it is the shortest that goes back to the first packet, if any does.
    """
    if run.stopped_since() is None:
        return next(iter(SPANS))
    elapsed = run.pipeline.clock.elapsed()
    return next((name for name, (_, length, _) in SPANS.items() if elapsed < length), "1d")


def look_back(run: Run, span: str) -> Trends:
    """Return the rows over *span*, one of SPANS."""
    pipeline = run.pipeline
    moment = present(run)
    counters = [counter for _, _, counter in SERIES]
    _, _, ring = SPANS[span]
    history = pipeline.rates.history(ring, counters, moment)
    lately = pipeline.rates.rate(LATELY * SECOND, moment)
    lengths = _lengths(history, int(pipeline.clock.begin), moment)
    known = [(rises, length) for rises, length in zip(history.rises, lengths, strict=True) if rises]
    whole = sum(length for _, length in known)
    rows = []
    for place, (key, name, counter) in enumerate(SERIES):
        rates = [
            rises[place] * SECOND / length if rises else None
            for rises, length in zip(history.rises, lengths, strict=True)
        ]
        mean = sum(rises[place] for rises, _ in known) * SECOND / whole if known else 0.0
        rows.append(Trend(key, name, rates, lately[counter] / LATELY, mean, highest(rates)))
    packet_time = pipeline.clock.packet_time
    begin = max(history.begin, 0)
    covered = max(moment - max(int(pipeline.clock.begin), begin), SECOND) if known else 0
    end = int(packet_time(moment))
    return Trends(span, history.step, int(packet_time(begin)), end, covered, rows)


def _lengths(history: History, begun: int, moment: int) -> list[int]:
    """Return how much of each step was captured, which has *begun* then, up to *moment*.

    That is no less than a second, or one packet would be taken for thousands in a second.
    """
    step = history.step
    begins = range(history.begin, history.begin + step * len(history.rises), step)
    return [
        max(min(begin + step, moment) - max(begin, begun), min(step, SECOND)) for begin in begins
    ]
