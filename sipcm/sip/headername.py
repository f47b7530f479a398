"""Recognise the names of the headers that the byte scanner notes, without taking them out.

Seven letters are compared at once, as words (:mod:`sipcm.words`); slices and looks into a
dictionary would cost more than the rest of the line. It knows nothing of values.
"""

from sipcm.annotation import Final, i64
from sipcm.words import (
    FIRST_FIVE,
    FIRST_FOUR,
    FIRST_SEVEN,
    FIRST_SIX,
    FIRST_THREE,
    FIRST_TWO,
    WORD,
    read_word,
    word_at,
)

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

_SPACE: Final = 32
_COLON: Final = 58

# The bits that make capital letters small ones, of seven letters and of names with a hyphen, which
# stays what it is.
_LOWER: Final = 0x20202020202020
_LOWER_CALL_ID: Final = 0x20200020202020
_LOWER_MAX_FOR: Final = 0x20202000202020
_LOWER_USER_AG: Final = 0x20200020202020
_LOWER_P_ASSER: Final = 0x20202020200020
_LOWER_LENGTH: Final = 0x20202020202000
_LOWER_TED_IDE: Final = 0x20202000202020

_BYTE: Final = 0xFF

# Names and their parts, from behind: the last letter stands first.
_C: Final = 0x63
_E: Final = 0x65
_F: Final = 0x66
_I: Final = 0x69
_L: Final = 0x6C
_M: Final = 0x6D
_P: Final = 0x70
_S: Final = 0x73
_T: Final = 0x74
_U: Final = 0x75
_V: Final = 0x76
_TO: Final = 0x6F74
_VIA: Final = 0x616976
_FROM: Final = 0x6D6F7266
_CSEQ: Final = 0x71657363
_SERVER: Final = 0x726576726573
_CALL_ID: Final = 0x64692D6C6C6163
_CONTACT: Final = 0x746361746E6F63
_EXPIRES: Final = 0x73657269707865
_CONTENT: Final = 0x746E65746E6F63
_LENGTH: Final = 0x6874676E656C2D
_MAX_FOR: Final = 0x726F662D78616D
_WARDS: Final = 0x7364726177
_USER_AG: Final = 0x67612D72657375
_ENT: Final = 0x746E65
_P_ASSER: Final = 0x72657373612D70
_TED_IDE: Final = 0x6564692D646574
_NTITY: Final = 0x797469746E


def read_name(buffer: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """Return which header has the name that begins at *at*, and where it ends.

    What stands there may still belong to the name. Of one that is not noted only NONE is told.
    """
    word = read_word(buffer, at) if end - at >= WORD else word_at(buffer, at, end)
    word &= FIRST_SEVEN
    initial = word & _BYTE | 32
    second = word >> 8 & _BYTE
    if second <= _SPACE or second == _COLON:
        return _compact(initial), at + 1
    letters = word | _LOWER
    if initial == _C:
        if letters & FIRST_FOUR == _CSEQ:
            return CSEQ, at + 4
        if letters == _CONTACT:
            return CONTACT, at + 7
        if word | _LOWER_CALL_ID == _CALL_ID:
            return CALL_ID, at + 7
        if letters == _CONTENT:
            word = word_at(buffer, at + 7, end) & FIRST_SEVEN
            if word | _LOWER_LENGTH == _LENGTH:
                return LENGTH, at + 14
    elif initial == _V:
        if letters & FIRST_THREE == _VIA:
            return VIA, at + 3
    elif initial == _F:
        if letters & FIRST_FOUR == _FROM:
            return FROM, at + 4
    elif initial == _T:
        if letters & FIRST_TWO == _TO:
            return TO, at + 2
    elif initial == _M:
        if word | _LOWER_MAX_FOR == _MAX_FOR:
            word = word_at(buffer, at + 7, end)
            if (word | _LOWER) & FIRST_FIVE == _WARDS:
                return MAX_FORWARDS, at + 12
    elif initial == _U:
        if word | _LOWER_USER_AG == _USER_AG:
            word = word_at(buffer, at + 7, end)
            if (word | _LOWER) & FIRST_THREE == _ENT:
                return AGENT, at + 10
    elif initial == _S:
        if letters & FIRST_SIX == _SERVER:
            return SERVER, at + 6
    elif initial == _E:
        if letters == _EXPIRES:
            return EXPIRES, at + 7
    elif initial == _P and word | _LOWER_P_ASSER == _P_ASSER:
        word = word_at(buffer, at + 7, end) & FIRST_SEVEN
        if word | _LOWER_TED_IDE == _TED_IDE:
            word = word_at(buffer, at + 14, end)
            if (word | _LOWER) & FIRST_FIVE == _NTITY:
                return IDENTITY, at + 19
    return NONE, at


def _compact(initial: i64) -> i64:
    if initial == _V:
        return VIA
    if initial == _F:
        return FROM
    if initial == _T:
        return TO
    if initial == _I:
        return CALL_ID
    if initial == _M:
        return CONTACT
    if initial == _L:
        return LENGTH
    return NONE
