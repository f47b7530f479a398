"""Read a Subscription-State header: how a subscription stands (RFC 6665 8.2.3)."""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import TOKEN
from sipcm.sip.parameters import WELL_FORMED, Parameters, Parametrized, number, split_value

_WELL_FORMED: Final = re.compile(rb"%b++[ \t]*+%b\Z" % (TOKEN, WELL_FORMED))


@dataclass(frozen=True, slots=True)
class SubscriptionState(Parametrized):
    """The state, ``active``, ``pending``, ``terminated`` or another, in lower case."""

    state: bytes
    parameters: Parameters
    well_formed: bool

    @property
    def expires(self) -> int | None:
        """The seconds that are left (RFC 6665 4.1.3)."""
        return number(self.parameter(b"expires"))

    @property
    def reason(self) -> bytes | None:
        """Why the subscription was ended (RFC 6665 4.1.3)."""
        return self.parameter(b"reason")

    @property
    def retry_after(self) -> int | None:
        """The seconds to wait before subscribing again (RFC 6665 4.1.3)."""
        return number(self.parameter(b"retry-after"))


def parse_subscription_state(value: bytes) -> SubscriptionState:
    """Return the state in an unfolded header value."""
    state, parameters = split_value(value)
    well_formed = _WELL_FORMED.match(value.strip(b" \t")) is not None
    return SubscriptionState(state.lower(), parameters, well_formed)
