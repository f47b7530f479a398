"""The page of timeouts: for how long a call stays in each state when no more is seen of it."""

from typing import Any, Final

from sipcm import duration
from sipcm.httpui.page import Page, See
from sipcm.httpui.query import BadParameterError, Query
from sipcm.option import quote
from sipcm.run import Run
from sipcm.state.statenames import (
    DEFAULT_TIMEOUTS,
    HIGHEST_TIMEOUTS,
    LOWEST_TIMEOUTS,
    STATE_IDS,
    STATE_TEXTS,
    TIMED,
)

STATES: Final = tuple((state, STATE_IDS[state]) for state in TIMED)


async def show(run: Run, query: Query) -> Page:
    """Show the timeout of each state."""
    query.refuse_others(())
    timeouts = run.pipeline.tracker.timeouts
    rows: dict[str, dict[str, Any]] = {
        name: {
            "seconds": timeouts.of(state) // duration.SECOND,
            "default": DEFAULT_TIMEOUTS[state],
            "lowest": LOWEST_TIMEOUTS[state],
            "highest": HIGHEST_TIMEOUTS[state],
            "about": STATE_TEXTS[state],
        }
        for state, name in STATES
    }
    states = [
        {
            "name": name,
            "about": STATE_TEXTS[state],
            "value": duration.render(timeouts.of(state)),
            "default": _shown(DEFAULT_TIMEOUTS[state]),
            "lowest": _shown(LOWEST_TIMEOUTS[state]),
            "highest": _shown(HIGHEST_TIMEOUTS[state]),
        }
        for state, name in STATES
    ]
    text = "".join(f"{row['name']:<16}: {row['value']}    {row['about']}\n" for row in states)
    return Page("Call timeouts", "calls_timeout.html", dict(rows), text, extra={"states": states})


def change(run: Run, query: Query) -> See:
    """Set the timeouts that are named: all of them, or none when one of them cannot be."""
    query.refuse_others([name for _, name in STATES])
    asked = [(state, _seconds(query, state)) for state, name in STATES if query.text(name)]
    for state, seconds in asked:
        run.pipeline.tracker.timeouts.set(state, seconds)
    return See("/calls/timeout")


def _seconds(query: Query, state: int) -> int:
    """Return the timeout that *query* has for *state* in seconds, 0 for the default."""
    name = STATE_IDS[state]
    text = query.text(name)
    try:
        seconds, rest = divmod(duration.parse(text), duration.SECOND)
    except ValueError as error:
        raise BadParameterError(f"{name}: {quote(text)} is {error}") from None
    lowest, highest = LOWEST_TIMEOUTS[state], HIGHEST_TIMEOUTS[state]
    if rest or (seconds and not lowest <= seconds <= highest):
        raise BadParameterError(
            f"{name}: {quote(text)} is not a whole number of seconds from {_shown(lowest)} "
            f"to {_shown(highest)}, or 0 for the default"
        )
    return seconds


def _shown(seconds: int) -> str:
    """Write *seconds* as a duration, as options and forms take it."""
    return duration.render(seconds * duration.SECOND)
