"""The page of failures: what failed, and why, from the moment at which that is known."""

from collections.abc import Iterator
from typing import Final

from sipcm.httpui import events
from sipcm.httpui.filters import headers, last_line, next_page, read, shown
from sipcm.httpui.finding import BLOCK, Block, find
from sipcm.httpui.outcomes import PATH
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.state.events import Event
from sipcm.state.failures import Failures

NONE_KEPT: Final = Failures(1)
"""What a run has that keeps none."""


async def show(run: Run, query: Query) -> Page:
    """Show the failures that are asked for, oldest first."""
    asked = read(query, events.FILTERS, run.peers)
    kept = run.pipeline.tracker.reporter.failures or NONE_KEPT
    clock = run.pipeline.clock
    now = clock.packet_time(clock.now)
    found = await find(_blocks(kept), asked, now)
    path = run.base + PATH
    following = next_page(path, query, asked, found.next)
    end = last_line(found.matched, following)
    return Page(
        "Failed",
        "calls_failed.html",
        {
            "total": int(kept.total),
            "matched": found.matched,
            "shown": len(found.shown),
            "first": max(asked.start, int(kept.oldest())),
            "next": following,
            **asked.data(),
        },
        f"{asked.headline('Failures')}\n\n",
        events.listing("failures", run, asked, found, end, int(kept.size), now, placed=True),
        shown(path, query, asked, events.FILTERS),
        headers=headers(found.matched, following),
    )


def _blocks(kept: Failures) -> Iterator[Block[Event]]:
    """Yield the failures that are *kept*, with their numbers, some at a time.

    Between two blocks packets may come: what was overwritten or taken back since is passed over.
    """
    total = int(kept.total)
    for start in range(int(kept.oldest()), total, BLOCK):
        block = kept.read(start, min(BLOCK, total - start))
        yield [event for _, event in block], [number for number, _ in block]
