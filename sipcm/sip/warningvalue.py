"""Read the values of a Warning header (RFC 3261 20.43), and what devices write in their place."""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import QUOTED_STRING, split_list
from sipcm.sip.parameters import unquote

_STRICT: Final = re.compile(rb"([0-9]{3})[ ]([^ \t,]++)[ ](%b)\Z" % QUOTED_STRING)
_LOOSE: Final = re.compile(rb"([0-9]{3})[ \t]++([^ \t,]++)(?:[ \t]++(.*+))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WarningValue:
    """One warning: a code of three digits, who warns, and a text for people.

    Of a malformed value ``raw`` is all that can be relied on: ``code`` is None and the others are
    empty where they cannot be told apart, and ``well_formed`` is False.
    """

    code: int | None
    agent: bytes
    text: bytes
    raw: bytes
    well_formed: bool


def parse_warnings(value: bytes) -> list[WarningValue]:
    """Return the warnings in an unfolded header value; one that has none in it is kept whole."""
    warnings = [_warning(element) for element in split_list(value)]
    if any(warning.code is not None for warning in warnings):
        return warnings
    whole = value.strip(b" \t")
    return [WarningValue(None, b"", b"", whole, well_formed=False)] if whole else []


def _warning(element: bytes) -> WarningValue:
    strict = _STRICT.match(element)
    found = strict or _LOOSE.match(element)
    if found is None:
        return WarningValue(None, b"", b"", element, well_formed=False)
    text = unquote(found[3] or b"")
    return WarningValue(int(found[1]), found[2], text, element, well_formed=strict is not None)
