"""Read the values of a Reason header: why a request was sent (RFC 3326 2)."""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import TOKEN
from sipcm.sip.parameters import WELL_FORMED, Parameters, Parametrized, number, split_value

_WELL_FORMED: Final = re.compile(rb"%b++[ \t]*+%b\Z" % (TOKEN, WELL_FORMED))


@dataclass(frozen=True, slots=True)
class ReasonValue(Parametrized):
    """One reason: in which protocol, ``SIP`` or ``Q.850``, there is a cause."""

    protocol: bytes
    parameters: Parameters
    well_formed: bool

    @property
    def cause(self) -> int | None:
        """The status code of SIP, or the cause value of Q.850."""
        return number(self.parameter(b"cause"))

    @property
    def text(self) -> bytes | None:
        """What people are told."""
        return self.parameter(b"text")


def parse_reason(element: bytes) -> ReasonValue:
    """Return the reason in one unfolded element of a Reason header."""
    protocol, parameters = split_value(element)
    well_formed = _WELL_FORMED.match(element.strip(b" \t")) is not None
    return ReasonValue(protocol, parameters, well_formed)
