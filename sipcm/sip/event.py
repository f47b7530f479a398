"""Read an Event header: what a SUBSCRIBE, NOTIFY or PUBLISH is about (RFC 6665 8.2.1)."""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import TOKEN
from sipcm.sip.parameters import WELL_FORMED, Parameters, Parametrized, split_value

_WELL_FORMED: Final = re.compile(rb"%b++[ \t]*+%b\Z" % (TOKEN, WELL_FORMED))


@dataclass(frozen=True, slots=True)
class Event(Parametrized):
    """An event: its package with templates, if any (``presence.winfo``), and parameters."""

    package: bytes
    parameters: Parameters
    well_formed: bool

    @property
    def id(self) -> bytes | None:
        """What tells subscriptions to the same package in one dialog apart (RFC 6665 4.5.2)."""
        return self.parameter(b"id")


def parse_event(value: bytes) -> Event:
    """Return the event in an unfolded header value."""
    package, parameters = split_value(value)
    return Event(package, parameters, _WELL_FORMED.match(value.strip(b" \t")) is not None)
