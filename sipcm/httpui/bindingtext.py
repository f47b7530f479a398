"""One binding as the pages print it: a line in the layout of the original, and field by field.

A binding goes on while a page is made, so each of these reads all it needs at once.
"""

from typing import Any, Final

from sipcm import duration
from sipcm.clock import Clock
from sipcm.export.ndjson import document
from sipcm.export.timetext import rfc3339
from sipcm.httpui.gotext import quoted
from sipcm.select.bindingfields import LEAVING, LIVE
from sipcm.select.texts import wire
from sipcm.state import bindings
from sipcm.state.bindings import Binding
from sipcm.state.events import EMPTY
from sipcm.state.reporter import event_of

COLUMNS: Final = (
    "number",
    "aor",
    "contact",
    "device",
    "state",
    "call_start",
    "refreshed",
    "refreshes",
    "expires",
    "expires_in",
    "created",
    "sip.from",
    "sip.to",
    "uri.original",
    "sip.call_id",
    "sip.fromtag",
    "sip.totag",
    "client.ip",
    "client.port",
    "client.transport",
    "server.ip",
    "server.port",
    "sip.req_sig",
    "user_agent.original",
    "uas.original",
)
"""What a line of CSV holds."""

_LIKE_AN_EVENT: Final = ("client", "server", "sip", "uri", "user_agent", "uas")


def text(binding: Binding) -> str:
    """Return the line of *binding*."""
    ends = f"{quoted(binding.aor)} -> {quoted(binding.text(bindings.CONTACT))}"
    return f"{binding.number:6}. REG Binding: {ends} (refcnt 0 CallEntry: 0x0)\n"


def data(binding: Binding, clock: Clock) -> dict[str, Any]:
    """Return *binding* as JSON; the keys that an event of it has too are those of events."""
    fields: dict[str, Any] = {
        "number": int(binding.number),
        **({"call": int(binding.call)} if binding.call >= 0 else {}),
        "aor": wire(binding.aor),
        "contact": wire(binding.text(bindings.CONTACT)),
        "state": LEAVING if binding.leaving else LIVE,
        "created": rfc3339(binding.created),
        "refreshes": int(binding.refreshes),
        "expires_in": seconds_left(binding, clock),
    }
    if device := binding.text(bindings.DEVICE):
        fields["device"] = wire(device.removesuffix(b";"))  # it has no reg-id
    if binding.announced:
        fields["call_start"] = rfc3339(binding.began_packet)
    if binding.expires >= 0:
        fields["refreshed"] = rfc3339(packet_time(binding, clock, binding.refreshed))
        fields["expires"] = int(binding.expires)
        fields["expires_at"] = rfc3339(packet_time(binding, clock, expiry(binding)))
    told = document(event_of(binding, EMPTY, binding.created))
    for known in ("contact", "request", "expires"):
        told["sip"].pop(known, None)
    return fields | {key: told[key] for key in _LIKE_AN_EVENT if key in told}


def seconds_left(binding: Binding, clock: Clock) -> int:
    """Return for how long *binding* is kept yet when no more is seen of it."""
    return max(binding.deadline - clock.now, 0) // duration.SECOND


def expiry(binding: Binding) -> int:
    """Return the moment up to which *binding* was granted; of one that is leaving, when it goes."""
    if binding.leaving or binding.expires < 0:
        return int(binding.deadline)
    return int(min(binding.refreshed + binding.expires * duration.SECOND, binding.deadline))


def packet_time(binding: Binding, clock: Clock, moment: int) -> int:
    """Return *moment* in the packet times of the last REGISTER of *binding*.

    Where packets have fallen back in time since, those are other ones than of the packets now: by
    these the binding might end before it was made. It is the times of the first REGISTER that are
    known then.
    """
    if is_of_now(binding, clock):
        return int(clock.packet_time(moment))
    return int(binding.began_packet + moment - binding.began)


def is_of_now(binding: Binding, clock: Clock) -> bool:
    """Tell whether packet times are placed as they were for the last REGISTER of *binding*."""
    return binding.refreshed > clock.fell or not binding.announced
