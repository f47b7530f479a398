"""Events as JSON by way of nested objects: slow, and plain enough to hold the writer of lines to."""

import json
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any

from sipcm.export.timetext import rfc3339
from sipcm.sip.signature import signature_text
from sipcm.sip.wording import REASONS
from sipcm.state import calls, events
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.statenames import STATE_NAMES
from sipcm.state.trace import flag_names, message_trace, past_state_names

MILLISECOND = 1_000_000
SECOND = 1_000_000_000


def plain_line(event: Event) -> str:
    """Return *event* as one line of JSON."""
    text = json.dumps(_document(event), ensure_ascii=False, separators=(",", ":"))
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _document(event: Event) -> dict[str, Any]:
    """Return *event* as nested objects, in the order of the user guide."""
    return _known(
        {
            "@timestamp": rfc3339(event.timestamp),
            "type": EVENT_NAMES[event.type],
            "event": _event(event),
            "client": {
                "ip": _address(event.client),
                "port": event.client_port or None,
                "transport": events.TRANSPORT_NAMES.get(event.transport),
            },
            "server": {"ip": _address(event.server), "port": event.server_port or None},
            "sip": _sip(event),
            "uri": {"original": _text(event.text(calls.URI))},
            "user_agent": {"original": _text(event.text(calls.USER_AGENT))},
            "uas": {"original": _text(event.text(calls.UAS))},
            "rate": _rate(event),
            "error": _error(event),
            "dbg": _debug(event),
        }
    )


def _event_id(event: Event) -> str:
    """Return a name for *event* that is the same in every run over the same capture."""
    what = (
        event.type,
        int(event.timestamp),
        event.call_id,
        event.from_tag,
        event.to_tag,
        int(event.status),
        event.client,
        int(event.client_port),
        event.excerpt,
    )
    return blake2b(repr(what).encode(), digest_size=8).hexdigest()


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": _event_id(event),
        "created": rfc3339(event.created) if event.created >= 0 else None,
        "call_start": rfc3339(event.started) if event.started >= 0 else None,
        "duration": _span(event.duration, SECOND),
        "generated_on": events.TRIGGER_NAMES[event.trigger] if event.trigger else None,
    }


def _sip(event: Event) -> dict[str, Any]:
    return {
        "call_id": _text(event.call_id),
        "fromtag": _text(event.from_tag),
        "totag": _text(event.to_tag),
        "from": _text(event.text(calls.FROM)),
        "to": _text(event.text(calls.TO)),
        "contact": _text(event.text(calls.CONTACT)),
        "request": {"method": _text(event.method)},
        "response": {"status": int(event.status) or None},
        "sip_reason": _text(event.reason),
        "pdd": _span(event.pdd, MILLISECOND),
        "ring_time": _span(event.ring_time, MILLISECOND),
        "originator": events.ORIGINATOR_NAMES[event.originator] or None,
        "expires": int(event.expires) if event.expires >= 0 else None,
        "pai1": _text(event.text(calls.PAI1)),
        "pai2": _text(event.text(calls.PAI2)),
        "req_sig": signature_text(event.signature, event.call_id, event.from_tag) or None,
    }


def _rate(event: Event) -> dict[str, Any] | None:
    note = event.rate
    if note is None or not (note.exceeded or note.suppressed):
        return None
    return {
        "exceeded": note.exceeded,
        "count": int(note.count),
        "suppressed": int(note.suppressed),
        "value": note.value,
        "limit": int(note.limit),
        "interval": _span(note.interval, SECOND),
    }


def _error(event: Event) -> dict[str, Any] | None:
    if event.type not in (events.PARSE_ERROR, events.MSG_PROBE):
        return None
    return {
        "reason": REASONS[event.error_reason] if event.error_reason else "not SIP",
        "offset": int(event.error_offset) if event.error_offset >= 0 else None,
        "excerpt": _text(event.excerpt),
    }


def _debug(event: Event) -> dict[str, Any] | None:
    caller, callee = event.caller, event.callee
    if caller is None or callee is None:
        return None
    return {
        "state": STATE_NAMES[event.state],
        "prev_states": past_state_names(event.past_states, event.past_count),
        "msg_trace": message_trace(event),
        "call_flags": flag_names(event.call_flags),
        "cseq": [max(caller.cseq, 0), max(callee.cseq, 0)],
        "rcseq": [max(caller.reply_cseq, 0), max(callee.reply_cseq, 0)],
        "req_no": [int(caller.requests), int(callee.requests)],
        "repl_no": [int(caller.replies), int(callee.replies)],
        "req_retr": [int(caller.request_repeats), int(callee.request_repeats)],
        "repl_retr": [int(caller.reply_repeats), int(callee.reply_repeats)],
    }


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is unknown: None, and objects with nothing in them."""
    found: dict[str, Any] = {}
    for key, value in fields.items():
        kept = _known(value) if isinstance(value, dict) else value
        if kept is not None and kept != {}:
            found[key] = kept
    return found


def _text(value: bytes) -> str | None:
    return value.decode("utf-8", "backslashreplace") if value else None


def _address(value: bytes) -> str | None:
    return str(ip_address(value)) if value else None


def _span(nanoseconds: int, unit: int) -> float | None:
    return nanoseconds / unit if nanoseconds >= 0 else None
