"""What SUBSCRIBE, NOTIFY and the responses to them say of a subscription (RFC 6665).

They are read into a stimulus for the table of :mod:`sipcm.state.callstate`. A subscription begins
with a 2xx or a NOTIFY, whichever is seen first, and ends with a NOTIFY, an answered SUBSCRIBE that
asks for no time, or a refusal that is its end; else when the time is over that it was granted.

A dialog may carry subscriptions to several packages. The call is about the one that began it, and
what concerns another says nothing here.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.sip.expires import UNSAID, expires_in
from sipcm.sip.grammar import parameter
from sipcm.sip.message import NOTIFY, SUBSCRIBE, Message
from sipcm.state.callstate import REQ_SUB_ALIVE, REQ_SUB_OVER, RSP_SUB_ALIVE, RSP_SUB_OVER

NOTHING: Final = -1
"""The stimulus of a message that says nothing of a subscription."""

USUAL_EXPIRES: Final = 3600
"""Seconds of a subscription for which nobody says a number: what most packages take (3.1.1)."""

MOST_PACKAGE: Final = 256
"""Bytes of the Event header that are compared."""

SUBSCRIPTION_WEIGHT: Final = 150

_ID: Final = parameter(b"id")

# What ends a subscription when a SUBSCRIBE or NOTIFY of it is refused so (4.1.2.2, 4.2.2). Others,
# a challenge or a server that is busy, leave it as it is.
FATAL: Final = (404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604)


@final
@mypyc_attr(acyclic=True)
class Subscription:
    """What a SUBSCRIBE began.

    ``package``  its Event header, with the ``id`` but no other parameter
    ``asked``    seconds that the newest SUBSCRIBE asks for, UNSAID where it does not say
    ``granted``  seconds that it was granted last, UNSAID before
    ``lapses``   the moment at which it ends unless it is refreshed; for the caller to set when
                 ``granted`` was heard anew
    ``other_subscribe``, ``other_notify``  CSeq of the last ones that concern another package
    """

    __slots__ = ("asked", "granted", "lapses", "other_notify", "other_subscribe", "package")

    def __init__(self) -> None:
        self.package: bytes = b""
        self.asked: i64 = UNSAID
        self.granted: i64 = UNSAID
        self.lapses: i64 = 0
        self.other_subscribe: i64 = UNSAID
        self.other_notify: i64 = UNSAID

    def copy(self) -> "Subscription":
        """Return what another branch of the same request begins with."""
        other = Subscription()
        other.package = self.package
        other.asked = self.asked
        return other

    def weight(self) -> i64:
        """Return how many bytes of memory this takes, about."""
        return SUBSCRIPTION_WEIGHT + len(self.package)

    def request(self, message: Message, alive: bool) -> i64:  # noqa: FBT001
        """Take in a request; *alive* tells whether the subscription goes on."""
        if message.method == SUBSCRIBE:
            package = package_of(message)
            if not self.package:
                self.package = package
            if package == self.package:
                self.asked = message.expires()
            else:
                self.other_subscribe = message.cseq
            return NOTHING
        if message.method != NOTIFY:
            return NOTHING
        package = package_of(message)
        if self.package and package and package != self.package:
            self.other_notify = message.cseq
            return NOTHING
        state, _, parameters = message.first(b"Subscription-State").partition(b";")
        state = state.strip().lower()
        if state == b"terminated":
            return REQ_SUB_OVER
        if state not in (b"active", b"pending"):
            return NOTHING
        left = expires_in(b";" + parameters)
        if left == 0:
            return REQ_SUB_OVER
        if not alive and self.asked == 0:
            return NOTHING  # the state was asked for once, or this crosses the end
        if left < 0:
            if alive:
                return NOTHING
            left = self.asked if self.asked > 0 else USUAL_EXPIRES
        self.granted = left
        return REQ_SUB_ALIVE

    def response(self, message: Message, alive: bool) -> i64:  # noqa: FBT001
        """Take in a response; *alive* tells whether the subscription goes on."""
        status = message.status
        if message.method == NOTIFY:
            if alive and status in FATAL and message.cseq != self.other_notify:
                return RSP_SUB_OVER
            return NOTHING
        if message.method != SUBSCRIBE or message.cseq == self.other_subscribe:
            return NOTHING
        if status >= 300:
            return RSP_SUB_OVER if alive and status in FATAL else NOTHING
        if status < 200:
            return NOTHING
        granted = message.expires()
        if granted < 0:
            granted = self.asked
        if granted < 0:
            return NOTHING
        if granted == 0:
            return RSP_SUB_OVER
        self.granted = granted
        return RSP_SUB_ALIVE


def package_of(message: Message) -> bytes:
    """Return the event package of *message* with its ``id``, as they are compared (8.2.1)."""
    value = message.first(b"Event")[:MOST_PACKAGE]
    package, _, parameters = value.partition(b";")
    name = package.strip().lower()
    found = _ID.match(b";" + parameters)
    return name if found is None else name + b";" + (found[1] or found[2] or b"").strip()
