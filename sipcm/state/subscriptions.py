"""What SUBSCRIBE, NOTIFY and the responses to them say of a subscription (RFC 6665).

They are read into a stimulus for the table of :mod:`sipcm.state.callstate`. A subscription begins
with a 2xx or a NOTIFY, whichever is seen first, and ends with a NOTIFY, an answered SUBSCRIBE that
asks for no time, or a 481; else when the time is over that it was granted.
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from sipcm.sip.message import NOTIFY, SUBSCRIBE, Message, delta_seconds
from sipcm.state.callstate import REQ_SUB_ALIVE, REQ_SUB_OVER, RSP_SUB_ALIVE, RSP_SUB_OVER

NOTHING: Final = -1
"""The stimulus of a message that says nothing of a subscription."""

UNSAID: Final = -1


@final
@mypyc_attr(acyclic=True)
class Subscription:
    """What a SUBSCRIBE began.

    ``package``  its Event header, with the ``id`` but no other parameter
    ``asked``    seconds that the newest SUBSCRIBE asks for, UNSAID where it does not say
    ``granted``  seconds that it was granted last, UNSAID before
    ``lapses``   the moment at which it ends unless it is refreshed; for the caller to set when
                 ``granted`` was heard anew
    """

    __slots__ = ("asked", "granted", "lapses", "package")

    def __init__(self) -> None:
        self.package: bytes = b""
        self.asked: i64 = UNSAID
        self.granted: i64 = UNSAID
        self.lapses: i64 = 0

    def copy(self) -> "Subscription":
        """Return what another branch of the same request begins with."""
        other = Subscription()
        other.package = self.package
        other.asked = self.asked
        return other

    def request(self, message: Message, alive: bool) -> i64:  # noqa: FBT001
        """Take in a request; *alive* tells whether the subscription has begun."""
        if message.method == SUBSCRIBE:
            if not self.package:
                self.package = package_of(message)
            self.asked = message.expires()
            return NOTHING
        if message.method != NOTIFY:
            return NOTHING
        package = package_of(message)
        if self.package and package and package != self.package:
            return NOTHING
        state, _, parameters = message.first(b"Subscription-State").partition(b";")
        state = state.strip().lower()
        if state == b"terminated":
            return REQ_SUB_OVER
        if state not in (b"active", b"pending"):
            return NOTHING
        left = _seconds_left(parameters)
        if left < 0:
            left = self.asked
            if alive or left <= 0:
                return NOTHING
        self.granted = left
        return REQ_SUB_ALIVE

    def response(self, message: Message, alive: bool) -> i64:  # noqa: FBT001
        """Take in a response; *alive* tells whether the subscription has begun."""
        status = message.status
        if status == 481 and alive and message.method in (SUBSCRIBE, NOTIFY):
            return RSP_SUB_OVER  # RFC 6665 4.1.2.2, 4.2.2
        if message.method != SUBSCRIBE or not 200 <= status < 300:
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
    package, _, parameters = message.first(b"Event").partition(b";")
    for parameter in parameters.split(b";"):
        name, _, value = parameter.partition(b"=")
        if name.strip().lower() == b"id":
            return package.strip().lower() + b";" + value.strip()
    return package.strip().lower()


def _seconds_left(parameters: bytes) -> i64:
    """Return the ``expires`` in the parameters of a Subscription-State, UNSAID without it."""
    for parameter in parameters.split(b";"):
        name, _, value = parameter.partition(b"=")
        if name.strip().lower() == b"expires":
            return delta_seconds(value.strip())
    return UNSAID
