"""The page for Prometheus: what is counted, in its text format 0.0.4 or in OpenMetrics 1.0.

Which of these the Accept header says, or ``format``. It is made a family at a time, and packets
have their turn between two.
"""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Final

from prometheus_client import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from sipcm.httpui.document import Document
from sipcm.httpui.families import families
from sipcm.httpui.negotiate import MOST_RANGES, weight_of
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import Query
from sipcm.run import Run

PATH: Final = "/metrics"

PROMETHEUS: Final = "prometheus"
OPENMETRICS: Final = "openmetrics"

CONTENT_TYPES: Final = {
    PROMETHEUS: "text/plain; version=0.0.4; charset=utf-8",
    OPENMETRICS: "application/openmetrics-text; version=1.0.0; charset=utf-8",
}
"""By format, and as answers have it."""

_END: Final = b"# EOF\n"


class _One(Collector):
    """A family as what is asked for families."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family


async def document(run: Run, query: Query) -> Document:
    """Return all metrics of *run* in the format that is asked for, or that the client prefers."""
    query.refuse_others(())
    form = query.choice("format", "", CONTENT_TYPES) or _preferred(query.accept)
    return Document(CONTENT_TYPES[form], _pieces(run, form))


async def _pieces(run: Run, form: str) -> AsyncGenerator[bytes, None]:
    encode: Callable[[Collector], bytes] = (
        generate_openmetrics if form == OPENMETRICS else generate_latest
    )
    with Turns(between_looks=1) as turns:
        made: list[bytes] = []
        before = ""
        for family in families(run):
            text = encode(_One(family)).removesuffix(_END)
            made.append(_without_head(text) if family.name == before else text)
            before = family.name
            if turns.over():
                await turns.next()
        turns.leave()
        yield b"".join(made)
    if form == OPENMETRICS:
        yield _END


def _without_head(text: bytes) -> bytes:
    """Return the rows of *text*, without the lines before them that say what they are."""
    while text.startswith(b"#"):
        text = text.partition(b"\n")[2]
    return text


def _preferred(accept: str) -> str:
    """Return the format that *accept* prefers; OpenMetrics only where it is named."""
    best = {PROMETHEUS: 0.0, OPENMETRICS: 0.0}
    for media_range in accept.split(",")[:MOST_RANGES]:
        name, *parameters = (part.strip().lower() for part in media_range.split(";"))
        if name == "application/openmetrics-text":
            best[OPENMETRICS] = max(best[OPENMETRICS], weight_of(parameters))
        elif name in {"text/plain", "text/*", "*/*"}:
            best[PROMETHEUS] = max(best[PROMETHEUS], weight_of(parameters))
    return OPENMETRICS if best[OPENMETRICS] > best[PROMETHEUS] else PROMETHEUS
