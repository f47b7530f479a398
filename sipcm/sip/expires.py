"""How long something is to last: the seconds of an Expires header or an ``expires`` parameter."""

from sipcm.annotation import Final, i64
from sipcm.sip.grammar import parameter

MALFORMED_EXPIRES: Final = 3600  # RFC 3261 20.10
MOST_EXPIRES: Final = 2**32 - 1
UNSAID: Final = -1
"""The expiry of what names none."""

_EXPIRES: Final = parameter(b"expires")


def expires_in(parameters: bytes) -> i64:
    """Return the seconds of ``expires`` in *parameters*, from a semicolon on; UNSAID without."""
    found = _EXPIRES.match(parameters)
    return UNSAID if found is None else delta_seconds((found[1] or found[2] or b"").strip(b" \t"))


def delta_seconds(value: bytes) -> i64:
    """Return the seconds that *value* says; a malformed one means an hour (RFC 3261 20.10)."""
    if not value.isdigit():
        return MALFORMED_EXPIRES
    digits = value.lstrip(b"0")
    return MOST_EXPIRES if len(digits) > 10 else min(int(digits or b"0"), MOST_EXPIRES)
