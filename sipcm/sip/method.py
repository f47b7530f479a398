"""Recognise a method where it stands, without taking it out.

Its letters are compared at once, as words (:mod:`sipcm.words`); a slice and a look into a
dictionary would cost more. It knows nothing of what a method means.
"""

from sipcm.annotation import Final, i64
from sipcm.sip.message import (
    ACK,
    BYE,
    CANCEL,
    INFO,
    INVITE,
    MESSAGE,
    METHOD_NUMBERS,
    NOTIFY,
    OPTIONS,
    OTHER,
    PRACK,
    PUBLISH,
    REFER,
    REGISTER,
    SUBSCRIBE,
    UPDATE,
)
from sipcm.words import (
    FIRST_FIVE,
    FIRST_FOUR,
    FIRST_SEVEN,
    FIRST_SIX,
    FIRST_THREE,
    FIRST_TWO,
    word_at,
)

# The methods from behind: the last letter stands first.
_REGISTE: Final = 0x45545349474552
_INVITE: Final = 0x455449564E49
_ACK: Final = 0x4B4341
_BYE: Final = 0x455942
_PRACK: Final = 0x4B43415250
_CANCEL: Final = 0x4C45434E4143
_OPTIONS: Final = 0x534E4F4954504F
_SUBSCRI: Final = 0x49524353425553
_NOTIFY: Final = 0x594649544F4E
_UPDATE: Final = 0x455441445055
_INFO: Final = 0x4F464E49
_REFER: Final = 0x5245464552
_PUBLISH: Final = 0x4853494C425550
_MESSAGE: Final = 0x4547415353454D

_R: Final = 0x52
_BE: Final = 0x4542

_BY_NUMBER: Final = {number: method for method, number in METHOD_NUMBERS.items()}

METHOD_NAMES: Final[list[bytes]] = [_BY_NUMBER.get(number, b"") for number in range(OTHER + 1)]
"""The methods by their numbers; empty for what is none of them."""

METHOD_SIZES: Final = bytes(map(len, METHOD_NAMES))


def method_at(buffer: bytes, at: i64, end: i64) -> i64:
    """Return the number of the known method with which the word at *at* begins, or OTHER.

    What follows its METHOD_SIZES bytes may still belong to the word.
    """
    word = word_at(buffer, at, end)
    if word & FIRST_SIX == _INVITE:
        return INVITE
    if word & FIRST_THREE == _ACK:
        return ACK
    if word & FIRST_THREE == _BYE:
        return BYE
    if word & FIRST_SEVEN == _REGISTE and word >> 56 == _R:
        return REGISTER
    if word & FIRST_SEVEN == _OPTIONS:
        return OPTIONS
    if word & FIRST_SIX == _CANCEL:
        return CANCEL
    if word & FIRST_SEVEN == _SUBSCRI and word_at(buffer, at + 7, end) & FIRST_TWO == _BE:
        return SUBSCRIBE
    if word & FIRST_SIX == _NOTIFY:
        return NOTIFY
    if word & FIRST_SEVEN == _MESSAGE:
        return MESSAGE
    if word & FIRST_SEVEN == _PUBLISH:
        return PUBLISH
    if word & FIRST_SIX == _UPDATE:
        return UPDATE
    if word & FIRST_FOUR == _INFO:
        return INFO
    if word & FIRST_FIVE == _PRACK:
        return PRACK
    if word & FIRST_FIVE == _REFER:
        return REFER
    return OTHER
