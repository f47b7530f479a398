"""The fields of events: those of their JSON, by short names, by its paths, and by those of lists.

Times are nanoseconds of packet time, and so is the present moment.
"""

from typing import Final

from sipcm.export.eventline import event_id
from sipcm.select.commonfields import (
    AGENTS,
    DIALOG,
    ENDS,
    IDENTITIES,
    STATES,
)
from sipcm.select.field import Field, Table
from sipcm.select.kinds import (
    FLAG,
    MILLISECONDS,
    NUMBER,
    SECONDS,
    STATUS,
    TEXT,
    TIME,
    TOKEN,
    URI,
    words,
)
from sipcm.select.peerfields import PEERS
from sipcm.sip.signature import signature_text
from sipcm.sip.wording import REASONS
from sipcm.state import calls
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import (
    EMPTY,
    MSG_PROBE,
    ORIGINATOR_NAMES,
    PARSE_ERROR,
    TRANSPORT_NAMES,
    TRIGGER_NAMES,
    Event,
)
from sipcm.state.statenames import STATE_NAMES

TYPES: Final = words({name: number for number, name in enumerate(EVENT_NAMES) if number != EMPTY})

_TRIGGERS: Final = words({name: at for at, name in enumerate(TRIGGER_NAMES) if at})
_ORIGINATORS: Final = words({name: at for at, name in enumerate(ORIGINATOR_NAMES) if at})


def _reason(event: Event) -> bytes:
    """Return why it is so; of what cannot be read, how it begins."""
    return event.reason or event.excerpt


def _limited(event: Event) -> bool:
    """Tell whether an event tells of a limit of its rate."""
    return event.rate is not None and (event.rate.exceeded or event.rate.suppressed > 0)


def _error(event: Event) -> bytes:
    """Return what is wrong with what cannot be read."""
    if event.type not in (PARSE_ERROR, MSG_PROBE):
        return b""
    return REASONS[event.error_reason].encode() if event.error_reason else b"not SIP"


EVENTS: Final = Table(
    "events",
    r'from ~ "^\+49" and status >= 400 and not method = OPTIONS',
    (
        Field("type", TYPES, "the type, such as call-end", "o.type", ("name",), "TYPES[o.type]"),
        Field("time", TIME, "when it happened", "o.timestamp", ("@timestamp",)),
        Field(
            "age", SECONDS, "how long ago it happened", "max(now - o.timestamp, 0)", (), "", True
        ),
        *ENDS,
        *PEERS,
        Field(
            "status",
            STATUS,
            "status of the response",
            "o.status",
            ("sip.response.status",),
            "str(o.status)",
        ),
        *DIALOG,
        Field("from", URI, "URI of From", f"o.text({calls.FROM})", ("sip.from", "fu")),
        Field("to", URI, "URI of To", f"o.text({calls.TO})", ("sip.to", "tu")),
        Field(
            "method",
            TOKEN,
            "method of the request",
            "o.method",
            ("sip.request.method",),
            "wire(o.method)",
        ),
        Field("uri", URI, "URI of the request", f"o.text({calls.URI})", ("uri.original",)),
        Field("contact", URI, "URI of Contact", f"o.text({calls.CONTACT})", ("sip.contact",)),
        Field(
            "reason",
            TEXT,
            "reason of the response, or bytes unread",
            "reason(o)",
            ("sip.sip_reason",),
        ),
        *AGENTS,
        Field("created", TIME, "first message of the dialog", "o.created", ("event.created",)),
        Field(
            "call_start",
            TIME,
            "when it was answered or registered",
            "o.started",
            ("event.call_start",),
        ),
        Field(
            "duration",
            SECONDS,
            "from the answer to the end, or for how long it was registered",
            "o.duration",
            ("event.duration",),
        ),
        Field(
            "pdd",
            MILLISECONDS,
            "from the request to the first 18x, or the final response",
            "o.pdd",
            ("sip.pdd",),
        ),
        Field(
            "ring_time",
            MILLISECONDS,
            "from the first 18x to the answer",
            "o.ring_time",
            ("sip.ring_time", "ring"),
        ),
        Field(
            "originator",
            _ORIGINATORS,
            "who ended the call",
            "o.originator",
            ("sip.originator",),
            "ORIGINATORS[o.originator]",
        ),
        Field(
            "generated_on",
            _TRIGGERS,
            "what brought it about",
            "o.trigger",
            ("event.generated_on",),
            "TRIGGERS[o.trigger]",
        ),
        Field(
            "expires",
            SECONDS,
            "time that was granted",
            "o.expires * 1_000_000_000",
            ("sip.expires",),
        ),
        *IDENTITIES,
        Field("req_sig", TEXT, "signature of the first request", "signature(o)", ("sip.req_sig",)),
        Field(
            "state",
            STATES,
            "state of the call",
            "o.state if o.caller else -1",
            ("dbg.state",),
            "STATES[o.state] if o.caller else ''",
        ),
        Field(
            "rate.exceeded",
            FLAG,
            "whether a limit was exceeded",
            "limited(o) and o.rate.exceeded",
        ),
        Field(
            "rate.count",
            NUMBER,
            "its number among those over the limit",
            "o.rate.count if limited(o) else -1",
        ),
        Field(
            "rate.suppressed",
            NUMBER,
            "how many were left out before it",
            "o.rate.suppressed if limited(o) else -1",
        ),
        Field(
            "rate.value",
            NUMBER,
            "events in the interval",
            "o.rate.value if limited(o) else -1",
        ),
        Field("error.reason", TEXT, "what is wrong with what cannot be read", "error(o)"),
        Field("error.offset", NUMBER, "where that is, in bytes", "o.error_offset"),
        Field("error.excerpt", TEXT, "how it begins", "o.excerpt"),
        Field("id", TEXT, "the name of the event", "event_id(o).encode()", ("event.id",)),
    ),
    {
        "ORIGINATORS": ORIGINATOR_NAMES,
        "STATES": STATE_NAMES,
        "TRANSPORTS": TRANSPORT_NAMES,
        "TRIGGERS": TRIGGER_NAMES,
        "TYPES": EVENT_NAMES,
        "error": _error,
        "event_id": event_id,
        "limited": _limited,
        "reason": _reason,
        "signature": lambda o: signature_text(o.signature, o.call_id, o.from_tag).encode(),
    },
    (
        *("from", "to", "call_id", "reason"),
        *("type", "status", "method", "client", "server", "peer"),
    ),
)
