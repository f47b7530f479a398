"""The fields of calls: those of their JSON, by short names, by its paths, and by those of lists.

The present moment is one of stream time; times of day are packet time.
"""

from typing import Final

from sipcm.select.commonfields import (
    AGENTS,
    DIALOG,
    ENDS,
    IDENTITIES,
    STATES,
)
from sipcm.select.field import Field, Table
from sipcm.select.kinds import (
    NUMBER,
    SECONDS,
    STATUS,
    TEXT,
    TIME,
    TOKEN,
    URI,
)
from sipcm.select.peerfields import PEERS
from sipcm.sip.signature import signature_text
from sipcm.state import calls
from sipcm.state.calls import is_settled
from sipcm.state.events import TRANSPORT_NAMES
from sipcm.state.statenames import STATE_NAMES

CALLS: Final = Table(
    "calls",
    "state = established and duration > 1h and client not in 10.0.0.0/8",
    (
        Field("number", NUMBER, "its number", "o.number", (), "str(o.number)"),
        Field(
            "state",
            STATES,
            "state, such as early dialog",
            "o.state",
            ("dbg.state",),
            "STATES[o.state]",
        ),
        Field(
            "method",
            TOKEN,
            "method of the first request",
            "o.method_name",
            ("sip.request.method",),
            "wire(o.method_name)",
        ),
        Field(
            "status",
            STATUS,
            "status of the last response",
            "o.status",
            ("sip.response.status",),
            "str(o.status)",
        ),
        Field("reason", TEXT, "reason of that response", "o.reason", ("sip.sip_reason",)),
        Field("from", URI, "URI of From", f"o.text({calls.FROM})", ("sip.from", "fu")),
        Field("to", URI, "URI of To", f"o.text({calls.TO})", ("sip.to", "tu")),
        *DIALOG,
        Field(
            "key",
            TEXT,
            "Call-ID, tag of From and tag of To, joined",
            "o.call_id + o.from_tag + o.to_tag",
        ),
        Field("uri", URI, "URI of the request", f"o.text({calls.URI})", ("uri.original",)),
        Field("contact", URI, "URI of Contact", f"o.text({calls.CONTACT})", ("sip.contact",)),
        *IDENTITIES,
        *ENDS,
        *PEERS,
        *AGENTS,
        Field("created", TIME, "when it began", "o.created_packet"),
        Field("age", SECONDS, "how long ago it began", "max(now - o.created, 0)", (), "", True),
        Field(
            "call_start",
            TIME,
            "when it was answered",
            "o.created_packet + o.answered - o.created if o.answered >= 0 else -1",
        ),
        Field(
            "duration",
            SECONDS,
            "of an established call or a live subscription, since the answer",
            "max(now - o.answered, 0) if o.answered >= 0 and is_settled(o.state) else -1",
            (),
            "",
            True,
        ),
        Field(
            "expires_in",
            SECONDS,
            "for how long it is followed when no more is seen of it",
            "max(o.deadline - now, 0)",
            (),
            "",
            True,
        ),
        Field(
            "requests", NUMBER, "requests of both sides", "o.caller.requests + o.callee.requests"
        ),
        Field("replies", NUMBER, "responses of both sides", "o.caller.replies + o.callee.replies"),
        Field(
            "retransmissions",
            NUMBER,
            "requests and responses that came again",
            "o.caller.request_repeats + o.callee.request_repeats"
            " + o.caller.reply_repeats + o.callee.reply_repeats",
        ),
        Field("req_sig", TEXT, "signature of the first request", "signature(o)", ("sip.req_sig",)),
    ),
    {
        "STATES": STATE_NAMES,
        "TRANSPORTS": TRANSPORT_NAMES,
        "is_settled": is_settled,
        "signature": lambda o: signature_text(o.signature, o.call_id, o.from_tag).encode(),
    },
    (
        *("from", "to", "call_id", "reason"),
        *("state", "status", "method", "client", "server", "peer"),
    ),
)
