"""Recognise a method where it stands, without taking it out.

The letters of a known method make a number, five bits each; a slice and a look into a dictionary
would cost more than all the letters. It knows nothing of what a method means.
"""

from typing import Final

from mypy_extensions import i64

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

_A: Final = 65
_Z: Final = 90

LONGEST: Final = 9
"""Letters; as many as SUBSCRIBE has."""

_REGISTER: Final = 0x914E99D0B2
_INVITE: Final = 0x12EB2685
_ACK: Final = 0x46B
_BYE: Final = 0xB25
_PRACK: Final = 0x109046B
_CANCEL: Final = 0x6170CAC
_OPTIONS: Final = 0x3E144BDD3
_SUBSCRIBE: Final = 0x13A8A6392445
_NOTIFY: Final = 0x1CFA24D9
_UPDATE: Final = 0x2B020685
_INFO: Final = 0x4B8CF
_REFER: Final = 0x12298B2
_PUBLISH: Final = 0x42A262668
_MESSAGE: Final = 0x34B3984E5

_BY_NUMBER: Final = {number: method for method, number in METHOD_NUMBERS.items()}

METHOD_NAMES: Final[list[bytes]] = [_BY_NUMBER.get(number, b"") for number in range(OTHER + 1)]
"""The methods by their numbers; empty for what is none of them."""

METHOD_SIZES: Final = bytes(map(len, METHOD_NAMES))


def method_at(buffer: bytes, at: i64, end: i64) -> i64:
    """Return the number of the known method that the capital letters at *at* spell, or OTHER.

    What follows them, within METHOD_SIZES or behind, may still belong to the word.
    """
    word: i64 = 0
    limit = min(end, at + LONGEST)
    while at < limit:
        code: i64 = buffer[at]
        if code < _A or code > _Z:
            break
        word = word << 5 | (code & 31)
        at += 1
    if word == _INVITE:
        return INVITE
    if word == _ACK:
        return ACK
    if word == _BYE:
        return BYE
    if word == _REGISTER:
        return REGISTER
    if word == _OPTIONS:
        return OPTIONS
    if word == _CANCEL:
        return CANCEL
    if word == _SUBSCRIBE:
        return SUBSCRIBE
    if word == _NOTIFY:
        return NOTIFY
    if word == _MESSAGE:
        return MESSAGE
    if word == _PUBLISH:
        return PUBLISH
    if word == _UPDATE:
        return UPDATE
    if word == _INFO:
        return INFO
    if word == _PRACK:
        return PRACK
    if word == _REFER:
        return REFER
    return OTHER
