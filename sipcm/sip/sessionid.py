"""Read a Session-ID header: what tells a call whatever stands between its ends (RFC 7989 5)."""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.parameters import WELL_FORMED, Parameters, Parametrized, split_value

NULL: Final = b"0" * 32
"""The identifier of an end that is not known yet (RFC 7989 5)."""

_UUID: Final = rb"[0-9A-Fa-f]{32}"
_WELL_FORMED: Final = re.compile(rb"%b[ \t]*+%b\Z" % (_UUID, WELL_FORMED))
_IS_UUID: Final = re.compile(_UUID + rb"\Z")


@dataclass(frozen=True, slots=True)
class SessionId(Parametrized):
    """The identifiers of both ends, each 32 hexadecimal digits in lower case.

    ``local`` is that of the sender. RFC 7329, the older one, has only this and writes no null.
    """

    local: bytes
    parameters: Parameters
    well_formed: bool

    @property
    def remote(self) -> bytes | None:
        """The identifier of the other end as far as the sender knows it (RFC 7989 5)."""
        value = self.parameter(b"remote")
        return None if value is None else value.lower()


def parse_session_id(value: bytes) -> SessionId:
    """Return the identifiers in an unfolded header value."""
    local, parameters = split_value(value)
    remotes = [text for name, text in parameters if name == b"remote"]
    well_formed = _WELL_FORMED.match(value.strip(b" \t")) is not None
    return SessionId(local.lower(), parameters, well_formed and all(map(_IS_UUID.match, remotes)))
