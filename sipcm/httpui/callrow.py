"""One call as a row of the list in HTML."""

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from sipcm.clock import Clock
from sipcm.httpui.calltext import seconds_left
from sipcm.httpui.cells import breaking, head_of, mark, moment, time_of, usual
from sipcm.httpui.faces import seconds
from sipcm.select.texts import wire
from sipcm.state import calls
from sipcm.state.calls import Call
from sipcm.state.statenames import STATE_NAMES
from sipcm.state.trace import trace_text

COLUMNS: Final = 10


def row(call: Call, clock: Clock, *, dated: bool, base: str = "") -> tuple[str, str]:
    """Return what stands above *call* and others of its day, and its row.

    *dated* and *base* are as those of events.
    """
    time = time_of(call.created_packet)
    words = (call.steps0, call.steps1, call.steps2, call.steps3)
    html = (
        f'<tr><td class="number" data-label="No.">'
        f'<a href="{base}/calls/{call.number}">{call.number}</a></td>'
        f"{moment(time, dated=dated)}"
        f'<td class="state">{STATE_NAMES[call.state]}</td>'
        f'<td class="number" data-label="expires">{seconds(seconds_left(call, clock))}</td>'
        f"<td>{usual(call.method_name, '')}</td>"
        f'<td class="reason{mark(call.status)}">{call.status or ""} '
        f'<span class="faint">{usual(call.reason, "/")}</span></td>'
        f'<td class="wire uri">{breaking(wire(call.text(calls.FROM)), "@")}</td>'
        f'<td class="wire uri">{breaking(wire(call.text(calls.TO)), "@")}</td>'
        f'<td class="trace">{_trace(words, call.step_count)}</td>'
        f'<td class="wire">{_call_id(call, base)}</td></tr>'
    )
    return "" if dated else head_of(time[:10], COLUMNS), html


@lru_cache(maxsize=1024)
def _trace(words: tuple[int, int, int, int], count: int) -> str:
    return breaking(trace_text(words, count), "<>")


def _call_id(call: Call, base: str) -> str:
    """Return the Call-ID, with a link to the events where there were any."""
    text = wire(call.call_id)
    if not text or not call.event_flags:
        return breaking(text, "@")
    events = f'<a href="{base}/events?cid={quote(text)}&amp;exact=1">events</a>'
    return f"{breaking(text, '@')} {events}"
