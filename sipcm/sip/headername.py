"""Recognise the names of the headers that the byte scanner notes, without taking them out.

Seven letters in lower case make a number, eight bits each; slices and looks into a dictionary would
cost more than all the letters. It knows nothing of values.
"""

from typing import Final

from mypy_extensions import i64

# The headers that are noted. The first eight are the digits of a signature (sipcm.sip.signature).
NONE: Final = -1
CALL_ID: Final = 0
CONTACT: Final = 1
CSEQ: Final = 2
FROM: Final = 3
MAX_FORWARDS: Final = 4
TO: Final = 5
VIA: Final = 6
AGENT: Final = 7
LENGTH: Final = 8
EXPIRES: Final = 9
SERVER: Final = 10
IDENTITY: Final = 11

COMPACT: Final = 8
"""What makes a digit that of the compact form."""

LOWER: Final = 32
"""The bit that makes a capital letter a small one; it leaves hyphens and small letters alone."""

INITIALS: Final = bytes(
    chr(code).isalpha() and bytes([code]).lower() in b"ftcilmeuspv" for code in range(128)
) + bytes(128)
"""What names begin with that are noted."""

_SPACE: Final = 32
_COLON: Final = 58

_PIECE: Final = 7
_F: Final = 0x66
_I: Final = 0x69
_L: Final = 0x6C
_M: Final = 0x6D
_T: Final = 0x74
_V: Final = 0x76
_TO: Final = 0x746F
_VIA: Final = 0x766961
_FROM: Final = 0x66726F6D
_CSEQ: Final = 0x63736571
_SERVER: Final = 0x736572766572
_CALL_ID: Final = 0x63616C6C2D6964
_CONTACT: Final = 0x636F6E74616374
_EXPIRES: Final = 0x65787069726573
_CONTENT: Final = 0x636F6E74656E74
_MAX_FOR: Final = 0x6D61782D666F72
_USER_AG: Final = 0x757365722D6167
_P_ASSER: Final = 0x702D6173736572


def read_name(buffer: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """Return which header has the name that begins at *at* with an initial, and where it ends.

    What stands there may still belong to the name. Of one that is not noted only NONE is told.
    """
    first = at
    name: i64 = buffer[at] | LOWER
    limit = min(end, at + _PIECE)
    at += 1
    while at < limit:
        code: i64 = buffer[at]
        if code == _COLON or code <= _SPACE:
            break
        name = name << 8 | code | LOWER
        at += 1
    if at == first + 1:
        return _compact(name), at
    kind = _short(name)
    if kind == NONE and at == limit:
        return _long(buffer, at, end, name)
    return kind, at


def _compact(name: i64) -> i64:
    if name == _V:
        return VIA
    if name == _F:
        return FROM
    if name == _T:
        return TO
    if name == _I:
        return CALL_ID
    if name == _M:
        return CONTACT
    return LENGTH if name == _L else NONE


def _short(name: i64) -> i64:
    if name == _VIA:
        return VIA
    if name == _FROM:
        return FROM
    if name == _TO:
        return TO
    if name == _CALL_ID:
        return CALL_ID
    if name == _CSEQ:
        return CSEQ
    if name == _CONTACT:
        return CONTACT
    if name == _EXPIRES:
        return EXPIRES
    return SERVER if name == _SERVER else NONE


def _long(buffer: bytes, at: i64, end: i64, name: i64) -> tuple[i64, i64]:
    """Return the same for a name of which the first letters are read and the rest is at *at*."""
    if name == _CONTENT:
        return _rest(buffer, at, end, b"-length", LENGTH)
    if name == _MAX_FOR:
        return _rest(buffer, at, end, b"wards", MAX_FORWARDS)
    if name == _USER_AG:
        return _rest(buffer, at, end, b"ent", AGENT)
    if name == _P_ASSER:
        return _rest(buffer, at, end, b"ted-identity", IDENTITY)
    return NONE, at


def _rest(buffer: bytes, at: i64, end: i64, rest: bytes, kind: i64) -> tuple[i64, i64]:
    """Return *kind* and where the name ends if *rest*, in any case, stands at *at*."""
    size: i64 = len(rest)
    if end - at < size:
        return NONE, at
    place: i64 = 0
    while place < size:
        code: i64 = buffer[at + place]
        if code <= _SPACE or code | LOWER != rest[place]:
            return NONE, at
        place += 1
    return kind, at + size
