"""Read the parameters behind a header value: ``;name=value``, the generic-param of RFC 3261 25.1.

Many headers end in them, so that their readers share this. Nothing raises.
"""

import re
from typing import Final

from sipcm.sip.grammar import LWS, QUOTED_STRING, TOKEN

Parameters = tuple[tuple[bytes, bytes], ...]

_VALUE: Final = rb"=%b(?:%b|[A-Za-z0-9\-.!%%*_+`'~\[\]:]++)%b" % (LWS, QUOTED_STRING, LWS)
WELL_FORMED: Final = rb"(?>(?:;%b%b++%b(?:%b)?)*)" % (LWS, TOKEN, LWS, _VALUE)
"""A pattern for parameters as the grammar has them, none included."""

_PARAMETER: Final = re.compile(rb';([^;="]*+)(?:=%b(%b|[^;]*+))?' % (LWS, QUOTED_STRING))
_QUOTED_PAIR: Final = re.compile(rb"\\((?s:.))")


class Parametrized:
    """What has ``parameters``: pairs of a name in lower case and a value, empty when absent."""

    __slots__ = ()

    parameters: Parameters

    def parameter(self, name: bytes) -> bytes | None:
        """Return the value of the parameter *name* (lower case), None without it."""
        return next((value for known, value in self.parameters if known == name), None)


def parse_parameters(text: bytes) -> Parameters:
    """Return the parameters in *text*, which begins with a semicolon; values without quotes."""
    pairs = (
        (found[1].strip().lower(), unquote((found[2] or b"").strip()))
        for found in _PARAMETER.finditer(text)
    )
    return tuple((name, value) for name, value in pairs if name)


def split_value(text: bytes) -> tuple[bytes, Parameters]:
    """Split *text* at its first semicolon into what comes before and the parameters."""
    value, semicolon, rest = text.partition(b";")
    return value.strip(b" \t"), parse_parameters(semicolon + rest) if rest else ()


def unquote(text: bytes) -> bytes:
    """Return what a quoted string says, other text as it is."""
    if len(text) >= 2 and text.startswith(b'"') and text.endswith(b'"'):
        return _QUOTED_PAIR.sub(rb"\1", text[1:-1])
    return text


def number(text: bytes | None, most: int = 2**32 - 1) -> int | None:
    """Return the decimal number in *text*, None without one or where it is more than *most*."""
    if not text or not text.isdigit() or len(text) > 10:
        return None
    value = int(text)
    return value if value <= most else None
