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
from sipcm.httpui.chart import draw, fold, highest, known
from sipcm.httpui.faces import figure
from sipcm.run import Run

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

    ``now`` is the rate of the last LATELY seconds, ``mean`` that of all steps that are over.
    """

    key: str
    name: str
    rates: list[float | None]
    now: float
    mean: float
    most: float


@dataclass(frozen=True, slots=True)
class Trends:
    """All rows over a *span*; times are nanoseconds, ``begin`` and ``end`` of packet time."""

    span: str
    step: int
    begin: int
    end: int
    rows: list[Trend]

    def data(self) -> dict[str, Any]:
        """Return the rows as JSON has them."""
        return {
            "span": self.span,
            "step": self.step / SECOND,
            "begin": rfc3339(self.begin),
            "end": rfc3339(self.end),
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
    seconds = history.step / SECOND
    rows = []
    for place, (key, name, counter) in enumerate(SERIES):
        rates = [rises[place] / seconds if rises else None for rises in history.rises]
        over = [rate for rate in rates[:-1] if rate is not None]
        mean = sum(over) / len(over) if over else known(rates[-1])
        rows.append(Trend(key, name, rates, lately[counter] / LATELY, mean, highest(rates)))
    packet_time = pipeline.clock.packet_time
    begin = max(history.begin, 0)
    return Trends(span, history.step, int(packet_time(begin)), int(packet_time(moment)), rows)
