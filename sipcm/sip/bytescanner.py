"""Read the plain form of a SIP message byte by byte: what the compiled build does first.

One pass over start line and headers notes where all lies that following a call needs, and the order
of headers that a signature needs, in whatever order and case they come, long and compact. *Plain*
is what RFC 3261 writes itself: CRLF ends every line, nothing is folded, the four headers of a
dialog are there and say what they must. All else is left to :func:`sipcm.sip.scanner.scan_any`,
which reads the plain form to the same end.

The functions are flat because they are the hottest of all, and look at each byte once. Names of
headers are compared as numbers that their letters make on the way: slices would cost more.
"""

from typing import Final

from mypy_extensions import i64

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
    INITIALS,
    LENGTH,
    LOWER,
    NONE,
    SERVER,
    TO,
    VIA,
    read_name,
)
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

_TAB: Final = 9
_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_QUOTE: Final = 34
_COMMA: Final = 44
_DOT: Final = 46
_SLASH: Final = 47
_ZERO: Final = 48
_NINE: Final = 57
_COLON: Final = 58
_SEMICOLON: Final = 59
_LESS: Final = 60
_EQUALS: Final = 61
_GREATER: Final = 62
_BACKSLASH: Final = 92

SHORTEST: Final = 32
"""Bytes; no message with four headers is shorter."""

_IS_TOKEN: Final = bytes(
    (chr(code).isalnum() and code < 128) or code in b"-.!%*_+`'~" for code in range(256)
)

_NEEDED: Final = 1 << CALL_ID | 1 << CSEQ | 1 << FROM | 1 << TO


def scan_plain(buffer: bytes, start: i64, end: i64, message: Message) -> bool:
    """Read the datagram in *start*..*end* of *buffer* into *message* if its form is plain.

    Where this is False *message* holds nothing of use.
    """
    if end - start < SHORTEST:
        return False
    message.begin(buffer, start, end)
    at = _start_line(buffer, start, end, message)
    if at < 0:
        return False
    message.headers_at = at
    message.located = True
    order: i64 = 16 | message.method
    has_digit: i64 = 0xFF if message.method == INVITE else 0xFF & ~(1 << CONTACT)
    seen: i64 = 0
    code: i64
    while True:
        if at + 1 >= end:
            return False
        code = buffer[at]
        if code <= _SPACE and code in (_CR, _SPACE, _TAB, _LF):
            break
        line = at
        kind: i64 = NONE
        if INITIALS[code]:
            kind, at = read_name(buffer, at, end)
            name_end = at
            if kind >= 0:
                while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
                    at += 1
                if at == end or buffer[at] != _COLON:
                    kind = NONE
                elif seen >> kind & 1:
                    if kind == CONTACT:
                        message.contacts += 1
                    kind = NONE
            if kind >= 0:
                at += 1
                while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
                    at += 1
                seen |= 1 << kind
                if has_digit >> kind & 1:
                    order = order << 4 | kind | (COMPACT if name_end == line + 1 else 0)
        value = at
        if kind in (FROM, TO):
            at = _address(buffer, at, end, message)
        elif kind == CALL_ID:
            at = _call_id(buffer, at, end, message)
        elif kind == CSEQ:
            at = _cseq(buffer, at, end, message)
        elif kind == LENGTH:
            at = _length(buffer, at, end, message)
        if at < 0:
            return False
        while at < end:
            code = buffer[at]
            if code <= _CR and code in (_CR, _LF):
                break
            at += 1
        if at + 1 >= end or buffer[at] != _CR or buffer[at + 1] != _LF:
            return False
        if kind >= 0:
            _note(buffer, kind, value, at, message)
        at += 2
    if code != _CR or buffer[at + 1] != _LF or seen & _NEEDED != _NEEDED:
        return False
    message.headers_end = at
    message.body_at = at + 2
    message.order = order
    return True


def _start_line(buffer: bytes, start: i64, end: i64, message: Message) -> i64:
    """Read a start line as RFC 3261 7 has it; return where the headers begin, or NOWHERE."""
    code: i64
    at = start
    if _is_version(buffer, start) and buffer[start + 7] == _SPACE:
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
        while at < end:
            code = buffer[at]
            if code <= _CR and code in (_CR, _LF):
                break
            at += 1
        message.phrase_end = at
    else:
        method = method_at(buffer, at, end)
        at += METHOD_SIZES[method]
        if at < end and buffer[at] == _SPACE and method != OTHER:
            message.method_token = METHOD_NAMES[method]
            message.method = method
        else:
            while at < end and _IS_TOKEN[buffer[at]]:
                at += 1
            if at in (start, end) or buffer[at] != _SPACE:
                return NOWHERE
            message.method_token = buffer[start:at]
            message.method = OTHER
        at += 1
        message.uri_at = at
        while at < end:
            code = buffer[at]
            if code <= _SPACE and code in (_SPACE, _TAB, _CR, _LF):
                break
            at += 1
        message.uri_end = at
        if message.uri_end == message.uri_at or at + 10 >= end:
            return NOWHERE
        if buffer[at] != _SPACE or not _is_version(buffer, at + 1):
            return NOWHERE
        at += 8
    if at + 1 >= end or buffer[at] != _CR or buffer[at + 1] != _LF:
        return NOWHERE
    return at + 2


def _is_version(buffer: bytes, at: i64) -> bool:
    """Tell whether SIP/2.0 stands at *at*, behind which there are seven bytes."""
    return (
        buffer[at] == 83
        and buffer[at + 1] == 73
        and buffer[at + 2] == 80
        and buffer[at + 3] == _SLASH
        and buffer[at + 4] == 50
        and buffer[at + 5] == _DOT
        and buffer[at + 6] == _ZERO
    )


# What reads a value returns where it stopped, or NOWHERE if that is not plain.


def _call_id(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a Call-ID, which is one word."""
    first = at
    while at < end:
        code: i64 = buffer[at]
        if code <= _SPACE and code in (_SPACE, _TAB, _CR, _LF):
            break
        at += 1
    if at == first:
        return NOWHERE
    message.call_id = buffer[first:at]
    return _end(buffer, at, end)


def _end(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the blanks at *at* end; NOWHERE where the line goes on behind them."""
    while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
        at += 1
    return at if at < end and buffer[at] == _CR else NOWHERE


def _cseq(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a CSeq."""
    number: i64 = 0
    first = at
    code: i64
    while at < end:
        code = buffer[at]
        if code < _ZERO or code > _NINE:
            break
        number = number * 10 + code - _ZERO
        at += 1
        if at - first > 10:
            return NOWHERE
    if at == first or number >= 1 << 32:
        return NOWHERE
    if number >= 1 << 31:
        message.quirks |= CSEQ_RANGE
    message.cseq = number
    gap = at
    while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
        at += 1
    if at == gap:
        return NOWHERE
    first = at
    method = method_at(buffer, at, end)
    at += METHOD_SIZES[method]
    while at < end and _IS_TOKEN[buffer[at]]:
        at += 1
    if at == first:
        return NOWHERE
    if method == OTHER or at - first != METHOD_SIZES[method]:
        return _other_method(buffer, first, at, end, message)
    if message.status:
        message.method_token = METHOD_NAMES[method]
        message.method = method
    elif method != message.method:
        message.quirks |= CSEQ_METHOD
    return _end(buffer, at, end)


def _other_method(buffer: bytes, first: i64, at: i64, end: i64, message: Message) -> i64:
    """Take the method of a CSeq that stands in *first*..*at* and is not a known one."""
    token = buffer[first:at] if at > first else b""
    if message.status:
        message.method_token = token
        message.method = OTHER
    elif token != message.method_token:
        message.quirks |= CSEQ_METHOD
    return _end(buffer, at, end)


def _length(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read the value of a Content-Length."""
    number: i64 = 0
    first = at
    while at < end:
        code: i64 = buffer[at]
        if code < _ZERO or code > _NINE:
            break
        number = number * 10 + code - _ZERO
        at += 1
        if at - first > 9:
            return NOWHERE
    if at == first:
        return NOWHERE
    message.content_length = number
    return _end(buffer, at, end)


def _address(buffer: bytes, at: i64, end: i64, message: Message) -> i64:
    """Read a From or To in its plainest form; its parts are where the ``seen`` fields say.

    ``seen_at`` is NOWHERE where it has another form. Letters and digits, of which most of it is
    made, are told from what ends a part by two comparisons.
    """
    code: i64 = 0
    message.seen_at = NOWHERE
    while at < end:
        code = buffer[at]
        if (
            code <= _LESS
            and (code >= _SEMICOLON or code <= _QUOTE)
            and code in (_LESS, _QUOTE, _SEMICOLON, _CR, _LF)
        ):
            break
        at += 1
    if at < end and code == _QUOTE:
        at += 1
        while at < end:
            code = buffer[at]
            if code in (_QUOTE, _BACKSLASH, _CR, _LF):
                break
            at += 1
        if code != _QUOTE:
            return at
        at += 1
        while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
            at += 1
    if at >= end or buffer[at] != _LESS:
        return at
    at += 1
    uri = at
    while at < end:
        code = buffer[at]
        if (
            code <= _GREATER
            and (code >= _LESS or code <= _CR)
            and code in (_GREATER, _LESS, _CR, _LF)
        ):
            break
        at += 1
    if code != _GREATER:
        return at
    uri_end = at
    at += 1
    tag = tag_end = at
    if end - at > 5 and buffer[at] == _SEMICOLON and buffer[at + 1] | LOWER == 116:
        if buffer[at + 2] | LOWER != 97 or buffer[at + 3] | LOWER != 103:
            return at
        if buffer[at + 4] != _EQUALS:
            return at
        at += 5
        tag = at
        while at < end:
            code = buffer[at]
            if code <= _GREATER and (code >= _SEMICOLON or code <= _COMMA):
                if code in (_SEMICOLON, _GREATER, _COMMA, _QUOTE, _LESS):
                    break
                if code in (_SPACE, _TAB, _CR, _LF):
                    break
            at += 1
        tag_end = at
        if tag_end == tag:
            return at
    else:
        while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
            at += 1
        if at == end or buffer[at] != _CR:
            return at
    message.seen_at = uri
    message.seen_end = uri_end
    message.seen_tag = tag
    message.seen_tag_end = tag_end
    return at


def _take_address(buffer: bytes, at: i64, end: i64, message: Message) -> bytes:
    """Return the tag of the From or To in *at*..*end* after it was read.

    A URI that ends beyond what is read of a value takes a closer look.
    """
    if message.seen_at >= 0:
        if message.seen_end - at >= MOST_VALUE:
            message.seen_at = message.seen_end = NOWHERE
        first, last = message.seen_tag, message.seen_tag_end
        return buffer[first:last] if last > first else b""
    _, tag, sound = split_address(buffer[at:end] if end > at else b"")
    if not sound:
        message.quirks |= BAD_ADDRESS
    return tag


def _note(buffer: bytes, kind: i64, at: i64, end: i64, message: Message) -> None:
    """Note where the value of a header lies, without the blanks at its end."""
    while end > at and (buffer[end - 1] == _SPACE or buffer[end - 1] == _TAB):
        end -= 1
    if kind == VIA:
        message.via_at = at
    elif kind == FROM:
        message.from_at = at
        message.from_end = end
        message.from_tag = _take_address(buffer, at, end, message)
        message.from_uri_at, message.from_uri_end = message.seen_at, message.seen_end
    elif kind == TO:
        message.to_at = at
        message.to_end = end
        message.to_tag = _take_address(buffer, at, end, message)
        message.to_uri_at, message.to_uri_end = message.seen_at, message.seen_end
    elif kind == CONTACT:
        message.contact_at = at
        message.contact_end = end
        message.contacts = 1
    elif kind == AGENT:
        message.agent_at = at
        message.agent_end = end
    elif kind == SERVER:
        message.server_at = at
        message.server_end = end
    elif kind == EXPIRES:
        message.expires_at = at
        message.expires_end = end
    elif kind == IDENTITY:
        message.identity_at = at
        message.identity_end = end
