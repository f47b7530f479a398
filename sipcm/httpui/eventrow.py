"""One event as a row of the list in HTML."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from sipcm import duration
from sipcm.export.endpointtext import endpoint_text
from sipcm.httpui.cells import breaking, cell, head_of, mark, moment, time_of, usual
from sipcm.httpui.faces import figure, seconds
from sipcm.select.texts import wire
from sipcm.sip.wording import REASONS
from sipcm.state import calls
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import (
    MSG_PROBE,
    PARSE_ERROR,
    REG_DEL,
    REG_EXPIRED,
    REG_NEW,
    Event,
    RateNote,
)

COLUMNS: Final = 9

_OF_REGISTRATIONS: Final = {REG_NEW, REG_DEL, REG_EXPIRED}


Peer = Callable[[bytes], str]
"""Gives the name of the network of an address, empty where it has none."""


def row(
    number: int,
    event: Event,
    *,
    dated: bool,
    tracked: bool,
    base: str = "",
    peer: Peer | None = None,
) -> tuple[str, str]:
    """Return what stands above *event* and others of its day, and its row.

    With *dated* that is nothing, and the row tells the day itself; *tracked* says whether there
    are calls with its Call-ID; *base* is what links begin with. With *peer* it tells the addresses
    that it was between, too.
    """
    time = time_of(event.timestamp)
    html = (
        f'<tr><td class="number" data-label="No.">{number}</td>'
        f"{moment(time, dated=dated)}"
        f'<td class="brief">{EVENT_NAMES[event.type]}{_too_often(event.rate)}</td>'
        f'<td class="reason{mark(event.status)}">{status(event)}</td>'
        f'<td class="number" data-label="lasted">{_lasted(event)}</td>'
        f"<td>{usual(event.method, '')}</td>"
        f'<td class="wire uri">{caller(event, peer)}</td>'
        f'<td class="wire uri">{callee(event, peer)}</td>'
        f'<td class="wire">{_call(event, base, tracked=tracked)}</td></tr>'
    )
    return "" if dated else head_of(time[:10], COLUMNS), html


def brief_row(event: Event, base: str = "") -> str:
    """Return the row of *event* among the newest, with fewer columns; *base* as above."""
    time = time_of(event.timestamp)
    return (
        f'<tr><td><time datetime="{time}">{time[11:23]}</time></td>'
        f'<td class="brief">{EVENT_NAMES[event.type]}</td>'
        f'<td class="reason{mark(event.status)}">{status(event)}</td>'
        f'<td class="wire uri">{caller(event)}</td>'
        f'<td class="wire uri">{callee(event)}</td>'
        f'<td class="brief">{_links(event, base)}</td></tr>'
    )


def status(event: Event) -> str:
    """Return the status, and why it is so."""
    why = usual(event.reason, "/") or breaking(_mistake(event), "/")
    return f'{event.status or ""} <span class="faint">{why}</span>'


def caller(event: Event, peer: Peer | None = None) -> str:
    """Return who asked, and with *peer* from where."""
    return _end(event.text(calls.FROM), event.client, event.client_port, peer)


def callee(event: Event, peer: Peer | None = None) -> str:
    """Return who was asked, and with *peer* where."""
    return _end(event.text(calls.TO), event.server, event.server_port, peer)


def _end(uri: bytes, ip: bytes, port: int, peer: Peer | None) -> str:
    place = endpoint_text(ip, port)
    if peer is not None and place:
        place = f"{peer(ip)} {place}".lstrip()
    if not uri:
        return breaking(place, "@")
    told = breaking(wire(uri), "@")
    if peer is None or not place:
        return told
    return f'{told} <span class="faint at">{cell(place)}</span>'


def _mistake(event: Event) -> str:
    if event.type not in (PARSE_ERROR, MSG_PROBE):
        return ""
    return REASONS[event.error_reason] if event.error_reason else "not SIP"


def _too_often(note: RateNote | None) -> str:
    if note is None or not (note.exceeded or note.suppressed):
        return ""
    words = [f"no. {figure(int(note.count))} too many"] if note.exceeded else []
    if note.suppressed:
        words.append(f"{figure(int(note.suppressed))} left out before")
    return f' <span class="faint">{", ".join(words)}</span>'


def _lasted(event: Event) -> str:
    return seconds(event.duration / duration.SECOND) if event.duration >= 0 else ""


def _call(event: Event, base: str, *, tracked: bool) -> str:
    """Return the Call-ID with links to all there is of it; how it begins, of what has none."""
    if not event.call_id:
        broken = event.type in (PARSE_ERROR, MSG_PROBE)
        return cell(wire(event.excerpt)) if broken else ""
    call_id = wire(event.call_id)
    asked = f"?cid={quote(call_id)}&amp;exact=1"
    call = f'<a href="{base}/calls/{event.number}">call</a> ' if event.number >= 0 else ""
    held = f' <a href="{base}/calls/list{asked}">calls</a>' if tracked else ""
    events = f'<a href="{base}/events{asked}">events</a>'
    return f"{breaking(call_id, '@')} {call}{events}{held}"


def _links(event: Event, base: str) -> str:
    """Return links to whoever registered, and to all there is of the call."""
    if not event.call_id:
        return ""
    to = event.text(calls.TO)
    who = ""
    if to and event.type in _OF_REGISTRATIONS:
        who = f'<a href="{base}/regs/aor?aor={quote(wire(to))}">who</a> '
    call = f'<a href="{base}/calls/{event.number}">call</a> ' if event.number >= 0 else ""
    asked = f"?cid={quote(wire(event.call_id))}&amp;exact=1"
    return f'{who}{call}<a href="{base}/events{asked}">events</a>'
