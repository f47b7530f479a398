"""Tell what a single line of a stream is: a start line, a Content-Length, or anything else.

The framer asks this before a message is whole, line by line. Every answer takes time in proportion
to the line, whatever stands in it. Lines end with a line feed, which may follow carriage returns.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.compiled import COMPILED
from sipcm.pattern import Pattern
from sipcm.sip.ends import blanks_end
from sipcm.sip.grammar import SIP_VERSION, TOKEN
from sipcm.sip.message import METHOD_NUMBERS, NOWHERE, OTHER
from sipcm.sip.method import METHOD_SIZES, method_at
from sipcm.words import ONES, WORD, first, read_word

_TAB: Final = 9
_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_SLASH: Final = 47
_ZERO: Final = 48
_NINE: Final = 57
_COLON: Final = 58

# Where a message must begin, a line is its start line if it has a version in its place.
_BEGIN: Final = Pattern(
    rb"(?:" + SIP_VERSION + rb"[ \t]++[1-9][0-9]{2}(?![^ \t\r\n])"
    rb"|(" + TOKEN + rb"++)[ \t]++(?>(?:[^ \t\r\n]++[ \t]++(?=[^ \t\r\n]))+)"
    + SIP_VERSION + rb"[ \t]*+\r*+\n)"
)  # fmt: skip

# Elsewhere it is one only as RFC 3261 7 writes it, and behind other bytes only with a method and
# a URI that are known. Each attempt ends at a space, before which no other can begin.
_METHOD: Final = rb"(?:" + b"|".join(METHOD_NUMBERS) + rb")"
_RESPONSE: Final = rb"SIP/2\.0 [1-9][0-9]{2} "
_END: Final = rb":[^ \t\r\n]++ SIP/2\.0\r*+\n"
_AGAIN: Final = Pattern(
    rb"(?:" + _RESPONSE + rb"|" + TOKEN + rb"++ [A-Za-z][A-Za-z0-9+.\-]*+" + _END + rb")"
)
_BEHIND: Final = Pattern(rb"(?:" + _RESPONSE + rb"|" + _METHOD + rb" (?:sips?|tel)" + _END + rb")")

# How far a Content-Length was read.
ABSENT: Final = 0
EXPECTED: Final = 1
DIGITS: Final = 2
READ: Final = 3
UNREADABLE: Final = 4
_MOST_DIGITS: Final = 9

MOST_LENGTH: Final = 1 << 24
"""The highest Content-Length that is believed; a body is skipped that is not kept."""


def find_line_feed(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the first line feed is, or NOWHERE."""
    if not COMPILED:
        return buffer.find(b"\n", at, end)
    ones: i64 = ONES
    last = end - WORD
    while at < end:
        if at <= last:
            word = read_word(buffer, at) ^ ones * _LF
            marks = ((word - ones) & ~word) >> 7 & ONES
            if marks == 0:
                at += WORD
                continue
            return at + first(marks)
        if buffer[at] == _LF:
            return at
        at += 1
    return NOWHERE


def may_begin(buffer: bytes, at: i64, end: i64) -> bool:
    """Tell whether a message may begin with the line in *at*..*end*, where one has to begin."""
    if COMPILED and is_usual(buffer, at, end):
        return True
    line = _BEGIN.match(buffer, at, end)
    if line is None:
        return False
    method: bytes | None = line[1]
    if method is None or method in METHOD_NUMBERS:
        return True
    return find_start(buffer, at, end, False) in (at, NOWHERE)


def is_usual(buffer: bytes, at: i64, end: i64) -> bool:
    """Tell whether the line in *at*..*end* is a start line as nearly everyone writes it."""
    if end - at < 14 or buffer[end - 2] != _CR:
        return False
    method = method_at(buffer, at, end)
    if method == OTHER:
        hundreds: i64 = buffer[at + 8]
        tens: i64 = buffer[at + 9]
        ones: i64 = buffer[at + 10]
        if hundreds <= _ZERO or hundreds > _NINE or buffer[at + 11] != _SPACE:
            return False
        if tens < _ZERO or tens > _NINE or ones < _ZERO or ones > _NINE:
            return False
        return buffer[at : at + 8] == b"SIP/2.0 "
    at += METHOD_SIZES[method]
    if end - at < 12 or buffer[at] != _SPACE or buffer[at + 1] <= _SPACE:
        return False
    at += 1
    while buffer[at] > _SPACE:
        at += 1
    return end - at == 10 and buffer[at:end] == b" SIP/2.0\r\n"


def begins(buffer: bytes, at: i64, end: i64) -> bool:
    """Tell whether the line in *at*..*end* is a start line beyond doubt, and no header."""
    if end - at < 13:  # A b:c SIP/2.0
        return False
    if buffer[at + 3] != _SLASH or buffer[at + 7] != _SPACE:  # no SIP/2.0
        text_end = end - 1
        while text_end > at + 4 and buffer[text_end - 1] == _CR:
            text_end -= 1
        if buffer[text_end - 1] != _ZERO or buffer[text_end - 4] != _SLASH:
            return False
    return _AGAIN.match(buffer, at, end) is not None


def find_start(buffer: bytes, at: i64, end: i64, torn: bool) -> i64:  # noqa: FBT001
    """Return where in the line in *at*..*end* a start line begins beyond doubt, or NOWHERE.

    Where its begin is *torn* off, a method must be known: it may be half of one. One that is not
    known may have a body without line end before it, and be known but for that.
    """
    if buffer.find(b"SIP/2.0", at, end) < 0:
        return NOWHERE
    found = _BEHIND.search(buffer, at, end)
    if found is not None:
        return found.start()
    return at if not torn and _AGAIN.match(buffer, at, end) else NOWHERE


def find_length(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the value begins if the line in *at*..*end* is Content-Length, or NOWHERE."""
    code: i64 = buffer[at]
    if code in (67, 99):  # C
        if end - at < 15 or (buffer[at + 8] != 76 and buffer[at + 8] != 108):
            return NOWHERE
        if buffer[at : at + 14].lower() != b"content-length":
            return NOWHERE
        at += 14
    elif code in (76, 108):  # L
        at += 1
    else:
        return NOWHERE
    at = blanks_end(buffer, at, end)
    return at + 1 if at < end and buffer[at] == _COLON else NOWHERE


@final
@mypyc_attr(acyclic=True)
class ContentLength:
    """The Content-Length of a message, read line by line as it comes.

    ``reading`` says how far it is, ``number`` what was read; ``last`` that the last line was of it,
    so that a fold goes on with it.
    """

    __slots__ = ("_digits", "last", "number", "reading")

    def __init__(self) -> None:
        self.reading: i64 = ABSENT
        self.number: i64 = 0
        self.last: bool = False
        self._digits: i64 = 0

    def reset(self) -> None:
        """Forget what was read."""
        self.reading = ABSENT
        self.number = 0
        self.last = False
        self._digits = 0

    def readable(self) -> bool:
        """Tell whether there is a number, and one that is believed."""
        return self.reading in (DIGITS, READ) and self.number <= MOST_LENGTH

    def set(self, number: i64) -> None:
        """Take *number* as what was read."""
        self.reading = READ
        self.number = number

    def take(self, buffer: bytes, at: i64, end: i64) -> None:
        """Read the header line in *at*..*end*, without its end; of several the first counts."""
        code: i64 = buffer[at]
        if code in (_SPACE, _TAB):  # a header goes on (RFC 3261 7.3.1)
            if self.last:
                self._read(buffer, at, end)
            return
        self.last = False
        if self.reading == ABSENT:
            value = find_length(buffer, at, end)
            if value >= 0:
                self.reading = EXPECTED
                self.last = True
                self._read(buffer, value, end)

    def _read(self, buffer: bytes, at: i64, end: i64) -> None:
        reading = self.reading
        if reading == DIGITS:
            reading = READ
        while at < end and reading != UNREADABLE:
            code: i64 = buffer[at]
            at += 1
            if code in (_SPACE, _TAB):
                if reading == DIGITS:
                    reading = READ
            elif code < _ZERO or code > _NINE or reading == READ or self._digits == _MOST_DIGITS:
                reading = UNREADABLE
            else:
                reading = DIGITS
                self._digits += 1
                self.number = self.number * 10 + code - _ZERO
        self.reading = reading
