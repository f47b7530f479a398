"""One event as the pages print it: in the layout of the original, and field by field.

What the original has and we do not, such as sizes, is there and reads 0 or ``-``.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from sipcm import duration
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.eventline import line
from sipcm.export.tables import printable
from sipcm.httpui.gotext import quoted, time_text
from sipcm.sip.signature import signature_text
from sipcm.sip.wording import METHODS, REASONS
from sipcm.state import calls
from sipcm.state.calls import Party
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import TRANSPORT_NAMES, TRIGGER_NAMES, UNKNOWN, Event, RateNote
from sipcm.state.statenames import STATE_NAMES
from sipcm.state.trace import event_names, flag_names, message_trace, past_state_names

PARTIES: Final = (
    "sip.from",
    "sip.to",
    "uri.original",
    "sip.contact",
    "sip.call_id",
    "sip.fromtag",
    "sip.totag",
    "client.ip",
    "client.port",
    "client.transport",
    "server.ip",
    "server.port",
)
"""Columns of CSV that tell who talks to whom: of an event, and of a call."""

COLUMNS: Final = (
    "number",
    "@timestamp",
    "type",
    "sip.response.status",
    "sip.request.method",
    "sip.sip_reason",
    *PARTIES,
    "event.id",
    "event.created",
    "event.call_start",
    "event.duration",
    "event.generated_on",
    "sip.pdd",
    "sip.ring_time",
    "sip.originator",
    "sip.pai1",
    "sip.pai2",
    "sip.req_sig",
    "user_agent.original",
    "uas.original",
    "error.reason",
    "error.offset",
    "error.excerpt",
    "dbg.state",
    "dbg.msg_trace",
    "rate.exceeded",
    "rate.count",
    "rate.suppressed",
    "rate.value",
    "rate.limit",
    "rate.interval",
)
"""What a line of CSV holds."""

_FIELDS_OF_THE_ORIGINAL: Final = 11
_NO_PARTY: Final = Party()
_NO_NOTE: Final = RateNote(False, 0, 0, 0.0, 0, 0, UNKNOWN)


def text(number: int, event: Event, size: int, now: int) -> str:
    """Return the lines of *event*, *number* in a ring of *size*; *now* is packet time."""
    head = f"{number:5} ({number % size:5}). Type: {EVENT_NAMES[event.type]} [truncated: false "
    sizes = f"valid fields: {_FIELDS_OF_THE_ORIGINAL} used: {0:5}/{0:5}]"
    lines = [*_times(event, now), *_message(event), *_rate(event), *_debug(event)]
    return "\n\t".join([head + sizes, *lines]) + "\n\n\n"


def json_text(number: int, event: Event, size: int) -> str:
    """Return *event*, *number* in a ring of *size*, as JSON."""
    call = f'"call":{event.number},' if event.number >= 0 else ""
    return f'{{"number":{number},"slot":{number % size},{call}{line(event)[1:]}'


def data(number: int, event: Event, size: int) -> dict[str, Any]:
    """Return what :func:`json_text` says."""
    told: dict[str, Any] = json.loads(json_text(number, event, size))
    return told


def _times(event: Event, now: int) -> Iterator[str]:
    age = max(now - event.created, 0) if event.created >= 0 else 0
    ago = duration.render(age // duration.SECOND * duration.SECOND)
    yield f"ts        : {time_text(event.timestamp)}"
    yield f"created   : {time_text(event.created)} ({ago} ago)"
    yield f"call-start: {time_text(event.started)} duration: {_span(event.duration)} "
    yield f"pdd       : {_span(event.pdd)} ring time {_span(event.ring_time)} "


def _message(event: Event) -> Iterator[str]:
    ends = f"{_client(event)} -> {endpoint_text(event.server, event.server_port)}"
    yield f"protocol  : {_transport(event)}  {ends}"
    yield f"sip.call_id: {printable(event.call_id)}"
    yield f"sip.response.status: {event.status}"
    signature = signature_text(event.signature, event.call_id, event.from_tag)
    yield f"sip.req_sig: {signature or '-'}"
    texts = (
        ("sip.from", event.text(calls.FROM)),
        ("sip.to", event.text(calls.TO)),
        ("sip.request.method", event.method),
        ("uri.original", event.text(calls.URI)),
        ("sip.contact", event.text(calls.CONTACT)),
        ("sip.sip_reason", _reason(event)),
        ("user_agent.original", event.text(calls.USER_AGENT)),
        ("uas.original", event.text(calls.UAS)),
        ("sip.pai1", event.text(calls.PAI1)),
        ("sip.pai2", event.text(calls.PAI2)),
        ("error.reason", REASONS[event.error_reason].encode() if event.error_reason else b""),
    )
    for name, value in texts:
        if value:
            yield f"{name}: {quoted(value)}"


def _rate(event: Event) -> Iterator[str]:
    note = event.rate or _NO_NOTE
    # The original counts an event over a limit among those since the last one that was told.
    since_last = note.suppressed + (1 if note.exceeded else 0)
    yield (
        f"blacklisted: {str(note.exceeded).lower()} (t: {note.count} d: {since_last})"
        f" rate: {note.value:.6f} / {float(note.limit):.6f} per {duration.render(note.interval)}"
    )
    yield f"blacklisted: same state since: {time_text(note.since)}"


def _debug(event: Event) -> Iterator[str]:
    caller, callee = event.caller or _NO_PARTY, event.callee or _NO_PARTY
    reported = "|".join(event_names(event.event_flags))
    flags = "|".join(flag_names(event.call_flags))
    past = "->".join(past_state_names(event.past_states, event.past_count))
    yield f'DBG: state: "{STATE_NAMES[event.state]}"  pstate: "{past}"'
    yield f"DBG: fromTag: {quoted(event.from_tag)} toTag: {quoted(event.to_tag)}"
    yield (
        f'DBG:  lastev: "{EVENT_NAMES[event.event_before]}" evF: {reported} '
        f"({reported.encode().hex().upper()}) generated on: {TRIGGER_NAMES[event.trigger]}"
    )
    yield (
        f"DBG: cseq: {max(caller.cseq, 0):6}/{max(callee.cseq, 0):6}"
        f"  rcseq: {max(caller.reply_cseq, 0):6}/{max(callee.reply_cseq, 0):6}"
        f" forked: {time_text(event.forked)}"
    )
    yield (
        f"DBG: reqNo: {caller.requests:4}/{callee.requests:4}"
        f" retr: {caller.request_repeats:4}/{callee.request_repeats:4}"
        f" replNo: {caller.replies:4}/{callee.replies:4}"
        f" retr: {caller.reply_repeats:4}/{callee.reply_repeats:4}"
    )
    yield f"DBG: call flags: {flags} (0x{event.call_flags:02x})"
    yield (
        f"DBG: last method: [{last_method(caller)} {last_method(callee)}]"
        f"  last status:[{caller.reply_status} {callee.reply_status}]"
    )
    yield f"DBG: msg trace: {message_trace(event)}"


def last_method(party: Party) -> str:
    """Return the name of the method that *party* sent last, empty before there was any."""
    return METHODS[party.last_method] if party.last_method else ""


def _client(event: Event) -> str:
    return endpoint_text(event.client, event.client_port)


def _transport(event: Event) -> str:
    return TRANSPORT_NAMES.get(event.transport, "-")


def _reason(event: Event) -> bytes:
    """Return why it is so; of what cannot be read, how it begins."""
    return event.reason or event.excerpt


def _span(nanoseconds: int) -> str:
    return duration.render(max(nanoseconds, 0))
