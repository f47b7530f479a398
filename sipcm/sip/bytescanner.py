"""Read the plain form of a SIP message byte by byte: what the compiled build does first.

One pass over start line and headers notes where all lies that following a call needs, and the order
of headers that a signature needs, in whatever order and case they come, long and compact. *Plain*
is what RFC 3261 writes itself: CRLF ends every line, nothing is folded, the four headers of a
dialog are there and say what they must. All else is left to :func:`sipcm.sip.scanner.scan_any`,
which reads the plain form to the same end.

The functions are flat because they are the hottest of all. What ends a part of a line is looked for
in eight bytes at once, and names are compared like that (:mod:`sipcm.words`).
"""

from sipcm.annotation import Final, i64
from sipcm.sip.ends import (
    blanks_end,
    line_end,
    quoted_end,
    tag_end,
    token_end,
    uri_end,
    word_end,
)
from sipcm.sip.grammar import split_address
from sipcm.sip.headername import (
    AGENT,
    CALL_ID,
    COMPACT,
    CONTACT,
    CSEQ,
    EXPIRES,
    FROM,
    IDENTITY,
    LENGTH,
    MAX_FORWARDS,
    NONE,
    SERVER,
    TO,
    VIA,
    read_name,
)
from sipcm.sip.lines import begins
from sipcm.sip.message import (
    BAD_ADDRESS,
    CSEQ_METHOD,
    CSEQ_RANGE,
    INVITE,
    MOST_VALUE,
    NOWHERE,
    OTHER,
    Message,
)
from sipcm.sip.method import METHOD_NAMES, METHOD_SIZES, method_at
from sipcm.words import FIRST_FIVE, FIRST_SEVEN, FIRST_TWO, WORD, read_word, word_at

_TAB: Final = 9
_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_QUOTE: Final = 34
_ZERO: Final = 48
_NINE: Final = 57
_COLON: Final = 58
_SEMICOLON: Final = 59
_LESS: Final = 60
_GREATER: Final = 62
_S: Final = 83

# Parts of words, from behind: the last byte stands first.
_VERSION_AND_SPACE: Final = 0x20302E322F504953
_VERSION: Final = 0x302E322F504953
_BYTE: Final = 0xFF
_CR_AND_LF: Final = 0x0A0D
_COLON_AND_SPACE: Final = 0x203A
_TAG: Final = 0x3D6761743B  # with the semicolon before and what follows
_TAG_LOWER: Final = 0x20202000

SHORTEST: Final = 32
"""Bytes; no message with four headers is shorter."""

_NEEDED: Final = 1 << CALL_ID | 1 << CSEQ | 1 << FROM | 1 << TO


def scan_plain(buffer: bytes, start: i64, end: i64, message: Message) -> bool:
    """Read the datagram in *start*..*end* of *buffer* into *message* if its form is plain.

    Where this is False *message* holds nothing of use, but for where its headers begin, and in
    ``headers_end`` the line up to which all is plain.
    """
    if end - start < SHORTEST:
        return False
    message.begin_plain(buffer, start, end)
    at = _start_line(buffer, start, end, message)
    if at < 0:
        return False
    message.headers_at = at
    message.located = True
    method = message.method
    order: i64 = 16 | method
    seen: i64 = 0
    code: i64 = buffer[at] if at < end else 0
    while True:
        message.headers_end = at
        if end - at < 2:
            return False
        if code <= _SPACE and code in (_CR, _SPACE, _TAB, _LF):
            break
        line = at
        kind, name_end = read_name(buffer, at, end)
        if kind >= 0:
            value = _value_at(buffer, name_end, end)
            if value < 0:
                kind = NONE
            elif seen >> kind & 1:
                if kind == CONTACT:
                    message.contacts += 1
                kind = NONE
            else:
                seen |= 1 << kind
                if kind < LENGTH and (kind != CONTACT or method == INVITE):
                    order = order << 4 | kind
                    if name_end == at + 1:
                        order |= COMPACT
                at = value
        if kind == VIA:
            message.via_at = at
            at = line_end(buffer, at, end)
        elif kind in (NONE, MAX_FORWARDS):
            at = line_end(buffer, at, end)
        else:
            at = _value(buffer, kind, at, end, message)
            if at < 0:
                return False
        word = read_word(buffer, at) if end - at >= WORD else word_at(buffer, at, end)
        if word & FIRST_TWO != _CR_AND_LF:
            return False
        if (
            kind == NONE
            and (code == _S or buffer[at - 1] == _ZERO)
            and begins(buffer, line, at + 2)
        ):
            message.restarts = True
        at += 2
        code = word >> 16 & _BYTE
    if code != _CR or buffer[at + 1] != _LF or seen & _NEEDED != _NEEDED:
        return False
    message.body_at = at + 2
    message.order = order
    return True


def _start_line(buffer: bytes, start: i64, end: i64, message: Message) -> i64:
    """Read a start line as RFC 3261 7 has it; return where the headers begin, or NOWHERE."""
    at = start
    if read_word(buffer, start) == _VERSION_AND_SPACE:
        hundreds: i64 = buffer[start + 8]
        tens: i64 = buffer[start + 9]
        ones: i64 = buffer[start + 10]
        if hundreds <= _ZERO or hundreds > _NINE or buffer[start + 11] != _SPACE:
            return NOWHERE
        if tens < _ZERO or tens > _NINE or ones < _ZERO or ones > _NINE:
            return NOWHERE
        message.status = (hundreds - _ZERO) * 100 + (tens - _ZERO) * 10 + ones - _ZERO
        at = start + 12
        message.phrase_at = at
        at = line_end(buffer, at, end)
        message.phrase_end = at
    else:
        method = method_at(buffer, at, end)
        at += METHOD_SIZES[method]
        if at < end and buffer[at] == _SPACE and method != OTHER:
            message.method_token = METHOD_NAMES[method]
            message.method = method
        else:
            at = token_end(buffer, at, end)
            if at in (start, end) or buffer[at] != _SPACE:
                return NOWHERE
            message.method_token = buffer[start:at]
            message.method = OTHER
        at += 1
        message.uri_at = at
        at = word_end(buffer, at, end)
        message.uri_end = at
        if at == message.uri_at or at + 10 >= end or buffer[at] != _SPACE:
            return NOWHERE
        if read_word(buffer, at + 1) & FIRST_SEVEN != _VERSION:
            return NOWHERE
        at += 8
    if end - at < 2 or buffer[at] != _CR or buffer[at + 1] != _LF:
        return NOWHERE
    return at + 2


def _value_at(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the value begins behind the name that ends at *at*; NOWHERE without a colon."""
    if end - at >= WORD:
        word = read_word(buffer, at)
        if word & FIRST_TWO == _COLON_AND_SPACE and word >> 16 & _BYTE > _SPACE:
            return at + 2
    at = blanks_end(buffer, at, end)
    if at >= end or buffer[at] != _COLON:
        return NOWHERE
    return blanks_end(buffer, at + 1, end)


# What reads a value returns where it stopped, or NOWHERE if that is not plain.


def _value(buffer: bytes, kind: i64, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a header as far as that is asked for, and note where it lies.

    Blanks at its end are left out.
    """
    if kind == CALL_ID:
        return _call_id(buffer, at, end, message)
    if kind == CSEQ:
        return _cseq(buffer, at, end, message)
    if kind == LENGTH:
        return _length(buffer, at, end, message)
    if kind == FROM:
        return _from(buffer, at, end, message)
    if kind == TO:
        return _to(buffer, at, end, message)
    last = line_end(buffer, at, end)
    value_end = _before_blanks(buffer, at, last)
    if kind == CONTACT:
        message.contact_at = at
        message.contact_end = value_end
        message.contacts = 1
    elif kind == AGENT:
        message.agent_at = at
        message.agent_end = value_end
    elif kind == SERVER:
        message.server_at = at
        message.server_end = value_end
    elif kind == EXPIRES:
        message.expires_at = at
        message.expires_end = value_end
    elif kind == IDENTITY:
        message.identity_at = at
    return last


def _before_blanks(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where a value in *at*..*end* ends without the blanks behind it."""
    while end > at and (buffer[end - 1] == _SPACE or buffer[end - 1] == _TAB):
        end -= 1
    return end


def _from(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a From, and note where its parts lie."""
    last = _address(buffer, at, end, message)
    if message.seen_at < 0:
        message.from_tag = _other_tag(buffer, at, last, message)
    else:
        message.from_tag_at, message.from_tag_end = message.seen_tag, message.seen_tag_end
    message.from_uri_at, message.from_uri_end = message.seen_at, message.seen_end
    return last


def _to(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a To, as that of a From."""
    last = _address(buffer, at, end, message)
    if message.seen_at < 0:
        message.to_tag = _other_tag(buffer, at, last, message)
    else:
        message.to_tag_at, message.to_tag_end = message.seen_tag, message.seen_tag_end
    message.to_uri_at, message.to_uri_end = message.seen_at, message.seen_end
    return last


def _call_id(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a Call-ID, which is one word."""
    last = word_end(buffer, at, end)
    if last == at:
        return NOWHERE
    message.call_id = buffer[at:last]
    return _close(buffer, last, end)


def _close(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the blanks at *at* end; NOWHERE where the line goes on behind them."""
    if at < end and buffer[at] != _CR:
        at = blanks_end(buffer, at, end)
    if at >= end or buffer[at] != _CR:
        return NOWHERE
    return at


def _cseq(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a CSeq."""
    number: i64 = 0
    first_digit = at
    code: i64
    while at < end:
        code = buffer[at]
        if code < _ZERO or code > _NINE:
            break
        number = number * 10 + code - _ZERO
        at += 1
        if at - first_digit > 10:
            return NOWHERE
    if at == first_digit or number >= 1 << 32:
        return NOWHERE
    if number >= 1 << 31:
        message.quirks |= CSEQ_RANGE
    message.cseq = number
    token = blanks_end(buffer, at, end)
    if token == at:
        return NOWHERE
    method = method_at(buffer, token, end)
    size: i64 = METHOD_SIZES[method]
    at = token_end(buffer, token + size, end)
    if at == token:
        return NOWHERE
    if method == OTHER or at - token != size:
        _other_method(buffer, token, at, message)
    elif message.status:
        message.method_token = METHOD_NAMES[method]
        message.method = method
    elif method != message.method:
        message.quirks |= CSEQ_METHOD
    return _close(buffer, at, end)


def _other_method(buffer: bytes, at: i64, end: i64, message: Message) -> None:
    """Take the method of a CSeq that stands in *at*..*end* and is not a known one."""
    token = buffer[at:end] if end > at else b""
    if message.status:
        message.method_token = token
        message.method = OTHER
    elif token != message.method_token:
        message.quirks |= CSEQ_METHOD


def _length(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a Content-Length."""
    number: i64 = 0
    first_digit = at
    while at < end:
        code: i64 = buffer[at]
        if code < _ZERO or code > _NINE:
            break
        number = number * 10 + code - _ZERO
        at += 1
        if at - first_digit > 9:
            return NOWHERE
    if at == first_digit:
        return NOWHERE
    message.content_length = number
    return _close(buffer, at, end)


def _address(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read a From or To as far as its form is the plainest, and return where its line ends."""
    last = _plain_address(buffer, at, end, message)
    return last if last < end and buffer[last] == _CR else line_end(buffer, last, end)


def _plain_address(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read a From or To in its plainest form; its parts are where the ``seen`` fields say.

    ``seen_at`` is NOWHERE where it has another form, or is so long that it is cut.
    """
    code: i64
    begin = at
    message.seen_at = NOWHERE
    while at < end:
        code = buffer[at]
        if code <= _LESS and code in (_LESS, _QUOTE, _SEMICOLON, _CR, _LF):
            break
        at += 1
    if at < end and buffer[at] == _QUOTE:
        at = quoted_end(buffer, at + 1, end)
        if at >= end or buffer[at] != _QUOTE:
            return at
        at = blanks_end(buffer, at + 1, end)
    if at >= end or buffer[at] != _LESS:
        return at
    uri = at + 1
    uri_last = uri_end(buffer, uri, end)
    if uri_last >= end or buffer[uri_last] != _GREATER or uri_last - begin >= MOST_VALUE:
        return uri_last
    at = uri_last + 1
    tag = tag_last = at
    if (word_at(buffer, at, end) | _TAG_LOWER) & FIRST_FIVE == _TAG:
        tag = at + 5
        at = tag_last = tag_end(buffer, tag, end)
        if tag_last == tag:
            return at
    elif at >= end or buffer[at] != _CR:
        at = blanks_end(buffer, at, end)
        if at >= end or buffer[at] != _CR:
            return at
    message.seen_at = uri
    message.seen_end = uri_last
    message.seen_tag = tag
    message.seen_tag_end = tag_last
    return at


def _other_tag(buffer: bytes, at: i64, end: i64, message: Message) -> bytes:
    """Return the tag of a From or To in *at*..*end* that has not its plainest form."""
    end = _before_blanks(buffer, at, end)
    _, tag, sound = split_address(buffer[at:end] if end > at else b"")
    if not sound:
        message.quirks |= BAD_ADDRESS
    return tag
