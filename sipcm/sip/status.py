"""The response codes that are registered; what is said of any other is said of its class."""

from sipcm.annotation import Final

REGISTERED: Final = frozenset(
    (
        *(100, 180, 181, 182, 183, 199, 200, 202, 204, 300, 301, 302, 305, 380),
        *(400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414, 415, 416, 417, 420),
        *(421, 422, 423, 424, 425, 428, 429, 430, 433, 436, 437, 438, 439, 440, 469, 470, 480),
        *(481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493, 494, 500, 501, 502, 503, 504),
        *(505, 513, 555, 580, 600, 603, 604, 606, 607, 608),
    )
)
"""The IANA registry of SIP response codes."""


CODES: Final = tuple(sorted({0, 700, 800, 900, *REGISTERED}))
"""What a status of three digits may be treated as, in order: see :func:`known`."""

STATUSES: Final = 1000


def known(status: int) -> int:
    """Return *status*, or what it is treated as where it is none of those (RFC 3261 8.1.3.2)."""
    return status if status in REGISTERED else status // 100 * 100


def _numbers() -> bytes:
    numbers = bytearray(STATUSES)
    for number, code in enumerate(CODES):
        if code % 100 == 0:
            numbers[code : code + 100] = bytes([number]) * 100
        else:
            numbers[code] = number
    return bytes(numbers)


CODE_NUMBERS: Final = _numbers()
"""By status: where among CODES that is which it is treated as."""
