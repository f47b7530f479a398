"""One call as the pages print it: a line in the layout of the original, and field by field.

A call goes on while a page is made, so each of these reads all it needs at once.
"""

import json
from typing import Any, Final

from sipcm import duration
from sipcm.clock import Clock
from sipcm.export.eventline import line
from sipcm.export.tables import printable
from sipcm.export.timetext import rfc3339
from sipcm.httpui.eventtext import PARTIES, last_method
from sipcm.httpui.gotext import quoted
from sipcm.sip.signature import signature_text
from sipcm.state.calls import Call, is_settled
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import EMPTY, Event
from sipcm.state.statenames import STATE_NAMES
from sipcm.state.trace import event_names, flag_names, message_trace, past_state_names

COLUMNS: Final = (
    "number",
    "created",
    "call_start",
    "duration",
    "state",
    "expires_in",
    "sip.request.method",
    "sip.response.status",
    "sip.sip_reason",
    *PARTIES,
    "sip.pai1",
    "sip.pai2",
    "sip.req_sig",
    "user_agent.original",
    "uas.original",
    "dbg.msg_trace",
)
"""What a line of CSV holds."""


def text(call: Call, clock: Clock) -> str:
    """Return the line of *call*."""
    caller, callee = call.caller, call.callee
    ends = ":".join(map(quoted, (call.call_id, call.from_tag, call.to_tag)))
    # The original counts for the callee only the responses to a request like the first one.
    back = callee.reply_status if callee.last_method == call.method else 0
    past = "->".join(past_state_names(call.past_states, call.past_count))
    signature = signature_text(call.signature, call.call_id, call.from_tag)
    return (
        f"{call.number:6}. {ends} method: {printable(call.method_name)}"
        f' state: "{STATE_NAMES[call.state]}"'
        f" cseq [{max(caller.cseq, 0):3}:{max(callee.cseq, 0):3}]"
        f" status: [{call.status:3}:{back:3}]"
        f" reqs: [{caller.requests:3}:{callee.requests:3}"
        f"-{caller.request_repeats:3}:{callee.request_repeats:3}]"
        f" repls: [{caller.replies:3}:{callee.replies:3}"
        f"-{caller.reply_repeats:3}:{callee.reply_repeats:3}]"
        f' flags: "{"|".join(flag_names(call.flags))}"'
        f' evFlags: "{"|".join(event_names(call.event_flags))}"'
        f'  last ev: "{EVENT_NAMES[call.event_before]}"'
        f" last method: {last_method(caller)}:{last_method(callee)}"
        f" last status [{caller.reply_status:3} {callee.reply_status:3}]"
        f' msg trace: "{message_trace(call)}" state trace: "{past}"'
        f" req_sig: {signature or '-'} refcnt: 0"
        f" expire: {seconds_left(call, clock)}s regcache: 0x0\n"
    )


def json_text(call: Call, clock: Clock) -> str:
    """Return *call* as JSON: what an event of it would tell now, and what only a call has."""
    event = Event(EMPTY, clock.now, call)
    event.status, event.reason = call.status, call.reason
    if call.subscription is not None:
        event.expires = call.subscription.granted
    fields = {
        "number": int(call.number),
        "created": rfc3339(call.created_packet),
        "state": STATE_NAMES[call.state],
        "expires_in": seconds_left(call, clock),
        "events": event_names(call.event_flags),
    }
    if call.answered >= 0:
        fields["call_start"] = rfc3339(call.created_packet + call.answered - call.created)
    if is_settled(call.state) and call.answered >= 0:
        fields["duration"] = max(clock.now - call.answered, 0) / duration.SECOND
    told = line(event)
    # The first object in it is about the event itself, and holds no text from the wire.
    return json.dumps(fields)[:-1] + told[told.index("}") + 1 :]


def data(call: Call, clock: Clock) -> dict[str, Any]:
    """Return what :func:`json_text` says."""
    told: dict[str, Any] = json.loads(json_text(call, clock))
    return told


def seconds_left(call: Call, clock: Clock) -> int:
    """Return for how long *call* is followed yet when no more is seen of it."""
    return max(call.deadline - clock.now, 0) // duration.SECOND
