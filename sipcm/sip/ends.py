"""Where the parts of a line end: what ends them is looked for in eight bytes at once.

All return *end* where there is no such byte. Where eight bytes hold one that only might be it, that
is looked at. They know nothing of what a line says.

Each is a loop of its own, though the loops are alike: what it asks of eight bytes is a few
instructions, fewer than a call, or a look at what to ask for, would take.
"""

from sipcm.annotation import Final, i64
from sipcm.words import ONES, WORD, first, read_word

_TAB: Final = 9
_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_QUOTE: Final = 34
_COMMA: Final = 44
_SEMICOLON: Final = 59
_LESS: Final = 60
_GREATER: Final = 62
_BACKSLASH: Final = 92

_IS_TOKEN: Final = bytes(
    (chr(code).isalnum() and code < 128) or code in b"-.!%*_+`'~" for code in range(256)
)


def line_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the first CR or LF from *at* on is."""
    ones: i64 = ONES
    last = end - WORD
    while at <= last - WORD:  # lines are long, so two words in one step
        word = read_word(buffer, at)
        other = read_word(buffer, at + WORD)
        marks = (word - ones * (_CR + 1)) & ~word | (other - ones * (_CR + 1)) & ~other
        if marks >> 7 & ONES:
            break
        at += 2 * WORD
    while at < end:
        if at <= last:
            word = read_word(buffer, at)
            marks = ((word - ones * (_CR + 1)) & ~word) >> 7 & ONES
            if marks == 0:
                at += WORD
                continue
            at += first(marks)
        code: i64 = buffer[at]
        if code in (_CR, _LF):
            return at
        at += 1
    return end


def word_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the first blank, CR or LF from *at* on is."""
    ones: i64 = ONES
    last = end - WORD
    while at < end:
        if at <= last:
            word = read_word(buffer, at)
            marks = ((word - ones * (_SPACE + 1)) & ~word) >> 7 & ONES
            if marks == 0:
                at += WORD
                continue
            at += first(marks)
        code: i64 = buffer[at]
        if code <= _SPACE and code in (_SPACE, _CR, _LF, _TAB):
            return at
        at += 1
    return end


def quoted_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the first quote, backslash, CR or LF from *at* on is."""
    ones: i64 = ONES
    last = end - WORD
    while at < end:
        if at <= last:
            word = read_word(buffer, at)
            quotes = word ^ ones * _QUOTE
            slashes = word ^ ones * _BACKSLASH
            marks = (quotes - ones) & ~quotes | (slashes - ones) & ~slashes
            marks = (marks | (word - ones * (_CR + 1)) & ~word) >> 7 & ONES
            if marks == 0:
                at += WORD
                continue
            at += first(marks)
        code: i64 = buffer[at]
        if code in (_QUOTE, _BACKSLASH, _CR, _LF):
            return at
        at += 1
    return end


def uri_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the first angle bracket, CR or LF from *at* on is."""
    ones: i64 = ONES
    last = end - WORD
    while at < end:
        if at <= last:
            word = read_word(buffer, at)
            brackets = (word | ones * 2) ^ ones * _GREATER  # a less with that bit is a greater
            marks = ((brackets - ones) & ~brackets | (word - ones * (_CR + 1)) & ~word) >> 7 & ONES
            if marks == 0:
                at += WORD
                continue
            at += first(marks)
        code: i64 = buffer[at]
        if code in (_GREATER, _LESS, _CR, _LF):
            return at
        at += 1
    return end


def tag_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the first blank, CR, LF or other byte that ends a tag is from *at* on."""
    ones: i64 = ONES
    last = end - WORD
    while at < end:
        if at <= last:
            word = read_word(buffer, at)
            # Four from the semicolon on, and all up to the comma: few others of these are in tags.
            four = (word & ones * 0x7F) + ones ^ ones * (_SEMICOLON + 1)
            marks = (four - ones * 4) & ~four | (word - ones * (_COMMA + 1)) & ~word
            marks = marks >> 7 & ONES
            if marks == 0:
                at += WORD
                continue
            at += first(marks)
        code: i64 = buffer[at]
        if code in (_CR, _SEMICOLON, _SPACE, _TAB, _LF):
            return at
        if code in (_GREATER, _COMMA, _QUOTE, _LESS):
            return at
        at += 1
    return end


def token_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where what makes up a token ends."""
    while at < end and _IS_TOKEN[buffer[at]]:
        at += 1
    return at


def blanks_end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the blanks at *at* end."""
    while at < end:
        code: i64 = buffer[at]
        if code > _SPACE or code not in (_SPACE, _TAB):
            return at
        at += 1
    return at
