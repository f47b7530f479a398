"""What is known of one call: who, when, how it went; from the table, events, or its messages.

An event says it best, since it was made when all was known; a call that goes on is told as an event
would tell it now. When both are gone, the messages are read.
"""

from collections.abc import Sequence
from typing import Any, Final

from sipcm.clock import Clock
from sipcm.export.ndjson import document
from sipcm.export.tables import printable
from sipcm.export.timetext import rfc3339
from sipcm.httpui.sentmessages import Read
from sipcm.state import events
from sipcm.state.calls import Call, is_settled
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import EMPTY, ORIGINATOR_NAMES, UNKNOWN, Event
from sipcm.state.messages import KeptMessage
from sipcm.state.reporter import WAITING
from sipcm.state.statenames import STATE_NAMES

_SECOND: Final = 1_000_000_000

_LEFT_OUT: Final = " (-evr_limits left out events, maybe those of this call)"

_REFUSED: Final = 300
"""The lowest status of a final response that is none of success."""

_WORDS: Final = {
    events.CALL_START: "answered",
    events.AUTH_FAILED: "credentials refused",
    events.CALL_ATTEMPT: "failed",
    events.REG_NEW: "registered",
    events.REG_DEL: "registration removed",
    events.REG_EXPIRED: "registration not refreshed",
    events.SUB_NEW: "subscribed",
    events.SUB_DEL: "subscription ended",
    events.OTHER_OK: "answered",
    events.OTHER_FAILED: "failed",
    events.OTHER_TIMEOUT: "no answer",
    events.ACTION_LOG: "left out to make room while it went on",
}
_WITH_STATUS: Final = (
    events.AUTH_FAILED,
    events.CALL_ATTEMPT,
    events.OTHER_OK,
    events.OTHER_FAILED,
)


def so_far(call: Call, clock: Clock) -> Event:
    """Return an event that says of *call* what is known now."""
    event = Event(EMPTY, clock.packet_time(clock.now), call)
    event.status, event.reason = call.status, call.reason
    first = call.early if call.early >= 0 else call.decided
    if first >= 0:
        event.pdd = max(first - call.created, 0)
    if call.answered >= 0:
        event.started = call.created_packet + call.answered - call.created
        if call.early >= 0:
            event.ring_time = max(call.answered - call.early, 0)
        if is_settled(call.state):
            event.duration = max(clock.now - call.answered, 0)
    return event


def read_from(messages: Sequence[Read]) -> Event:
    """Return an event that says what *messages*, of which there is one at least, tell."""
    first = messages[0]
    event = Event(EMPTY, messages[-1].kept.timestamp)
    event.created = first.kept.timestamp
    event.transport = int(first.kept.protocol)
    asked = first.sip is None or first.sip.is_request
    client, server = (
        (first.source, first.destination) if asked else (first.destination, first.source)
    )
    event.client, event.client_port = client
    event.server, event.server_port = server
    texts = [b""] * 6
    if (sip := first.sip) is not None:
        event.call_id, event.method = sip.call_id, sip.method
        texts[0] = sip.from_.uri if sip.from_ is not None else b""
        texts[1] = sip.to.uri if sip.to is not None else b""
        texts[2] = sip.request_uri
    event.texts = b"\n".join(text.replace(b"\n", b" ") for text in texts)
    for read in messages:
        if read.sip is not None and read.sip.status >= 200 and read.sip.method == event.method:
            event.status, event.reason = read.sip.status, read.sip.reason_phrase
            break
    return event


def outcome(
    happened: Sequence[Event], call: Call | None, told: Event, *, left_out: bool = False
) -> str:
    """Say in a few words what became of the call: *happened* are its events, *told* all of it.

    *left_out* says whether limits of rates have left out any event of the run.
    """
    last = happened[-1] if happened else None
    if last is not None and last.type == events.CALL_END:
        return f"answered, ended by {ORIGINATOR_NAMES[last.originator] or 'nobody known'}"
    if last is not None and last.type in _WORDS:
        words = _WORDS[last.type]
        if last.type in _WITH_STATUS:
            words = f"{words}: {_response(last)}"
        goes_on = call is not None and is_settled(call.state)
        return f"{words}, goes on" if goes_on else words
    if call is not None and call.state in WAITING and told.status >= _REFUSED:
        return f"refused: {_response(told)}; waits for another try"
    if call is not None:
        response = f", {_response(told)}" if told.status else ""
        return f"goes on: {STATE_NAMES[call.state]}{response}"
    answer = f"; last answer {_response(told)}" if told.status else ""
    return f"no event tells{_LEFT_OUT if left_out else ''}{answer}"


def timing(told: Event, messages: Sequence[KeptMessage], *, whole: bool) -> dict[str, Any]:
    """Return the times of a call, as JSON: moments, and seconds; what is not known is absent.

    How long it took in all is told by its *messages* where these are the *whole* of it, and by its
    end where that came after them.
    """
    total = UNKNOWN
    if whole and messages:
        total = messages[-1].timestamp - messages[0].timestamp
    elif told.created >= 0 and told.type != EMPTY:
        total = told.timestamp - told.created
    if told.started >= 0 and told.created >= 0 and told.duration >= 0:
        total = max(total, told.started - told.created + told.duration)
    moments = {"begin": told.created, "answered": told.started}
    spans = {
        "pdd": told.pdd,
        "ring_time": told.ring_time,
        "talk": told.duration,
        "total": max(total, 0) if total != UNKNOWN else UNKNOWN,
    }
    return {
        **{name: rfc3339(at) for name, at in moments.items() if at >= 0},
        **{name: span / _SECOND for name, span in spans.items() if span >= 0},
    }


def summary(told: Event) -> dict[str, Any]:
    """Return who and what, as the JSON of an event has it."""
    fields = document(told)
    return {key: fields[key] for key in ("client", "server", "sip", "uri") if key in fields}


def kind(event: Event) -> str:
    """Return the name of the type of *event*."""
    return EVENT_NAMES[event.type]


def _response(event: Event) -> str:
    return f"{event.status} {printable(event.reason)}".strip()
