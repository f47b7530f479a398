"""The page of the blacklist: which types of events are not kept."""

from typing import Final

from sipcm.httpui.page import Page, See
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import EMPTY

TYPES: Final = tuple((number, name) for number, name in enumerate(EVENT_NAMES) if number != EMPTY)


async def show(run: Run, query: Query) -> Page:
    """Show which types of events are not kept."""
    query.refuse_others(())
    bits = run.pipeline.ring.blacklist
    types = {name: bits >> number & 1 == 1 for number, name in TYPES}
    text = "".join(f"{name:<14}: {'on' if off else 'off'}\n" for name, off in types.items())
    return Page(
        "Event blacklist", "events_blacklist.html", dict(types), text, extra={"types": types}
    )


def change(run: Run, query: Query) -> See:
    """Set which types of events are not kept; a ``reset`` comes before the types that are named."""
    query.refuse_others((*(name for _, name in TYPES), "reset"))
    bits = 0 if "reset" in query else run.pipeline.ring.blacklist
    for number, name in TYPES:
        bit = 1 << number
        kept = bits & ~bit
        bits = kept | bit if query.setting(name, default=bits >> number & 1 == 1) else kept
    run.pipeline.ring.blacklist = bits
    return See("/events/blst")
