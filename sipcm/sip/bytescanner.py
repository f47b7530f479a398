"""Read the plain form of a SIP message byte by byte: what the compiled build does first.

One pass over start line and headers notes where all lies that following a call needs, in whatever
order and case it comes, long and compact. *Plain* is what RFC 3261 writes itself: CRLF ends every
line, nothing is folded, the four headers of a dialog are there and say what they must. All else is
left to :func:`sipcm.sip.scanner.scan_any`, which reads the plain form to the same end.

The functions are long and flat because they are the hottest of all: a call for each byte or line
costs as much as the byte or line itself.
"""

from typing import Final

from mypy_extensions import i64

from sipcm.sip.grammar import split_address
from sipcm.sip.message import (
    BAD_ADDRESS,
    CSEQ_METHOD,
    CSEQ_RANGE,
    METHOD_NUMBERS,
    NOWHERE,
    OTHER,
    Message,
)

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
_BACKSLASH: Final = 92

SHORTEST: Final = 32
"""Bytes; no message with four headers is shorter."""

# What a byte may be: TOKEN of RFC 3261 25.1, or part of a tag (more than a token has).
_IS_TOKEN: Final = 1
_IS_TAG: Final = 2
_CLASSES: Final = bytes(
    (_IS_TOKEN if (chr(code).isalnum() and code < 128) or code in b"-.!%*_+`'~" else 0)
    | (0 if code in b';,"<> \t\r\n' else _IS_TAG)
    for code in range(256)
)

# Headers that are noted, and the letters that their names begin with.
_NONE: Final = 0
_FROM: Final = 1
_TO: Final = 2
_CALL_ID: Final = 3
_CSEQ: Final = 4
_LENGTH: Final = 5
_CONTACT: Final = 6
_EXPIRES: Final = 7
_AGENT: Final = 8
_SERVER: Final = 9
_IDENTITY: Final = 10
_NOTED: Final[dict[bytes, int]] = {
    b"from": _FROM,
    b"f": _FROM,
    b"to": _TO,
    b"t": _TO,
    b"call-id": _CALL_ID,
    b"i": _CALL_ID,
    b"cseq": _CSEQ,
    b"content-length": _LENGTH,
    b"l": _LENGTH,
    b"contact": _CONTACT,
    b"m": _CONTACT,
    b"expires": _EXPIRES,
    b"user-agent": _AGENT,
    b"server": _SERVER,
    b"p-asserted-identity": _IDENTITY,
}
_INITIALS: Final = bytes(
    1 if chr(code).lower().encode("latin-1")[:1] in b"ftcilmeusp" and chr(code).isalpha() else 0
    for code in range(128)
) + bytes(128)


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
    cseq_at: i64 = NOWHERE
    call_id_at: i64 = NOWHERE
    code: i64
    while True:
        if at + 1 >= end:
            return False
        code = buffer[at]
        if code == _CR:
            break
        if code in (_SPACE, _TAB, _LF):
            return False
        kind: i64 = _NONE
        value_at = at
        if _INITIALS[code]:
            colon = at + 1
            while colon < end:
                code = buffer[colon]
                if code == _COLON or code <= _SPACE:
                    break
                colon += 1
            name_end = colon
            while colon < end and (buffer[colon] == _SPACE or buffer[colon] == _TAB):
                colon += 1
            if colon < end and buffer[colon] == _COLON and name_end - at < 20:
                kind = _kind(buffer[at:name_end])
                value_at = colon + 1
        line_end = value_at
        while line_end < end:
            code = buffer[line_end]
            if code <= _CR and code in (_CR, _LF):
                break
            line_end += 1
        if line_end + 1 >= end or buffer[line_end] != _CR or buffer[line_end + 1] != _LF:
            return False
        at = line_end + 2
        if kind == _NONE:
            continue
        while value_at < line_end and (buffer[value_at] == _SPACE or buffer[value_at] == _TAB):
            value_at += 1
        while line_end > value_at and (
            buffer[line_end - 1] == _SPACE or buffer[line_end - 1] == _TAB
        ):
            line_end -= 1
        if kind == _FROM:
            if message.from_at == NOWHERE:
                message.from_at = value_at
                message.from_end = line_end
        elif kind == _TO:
            if message.to_at == NOWHERE:
                message.to_at = value_at
                message.to_end = line_end
        elif kind == _CALL_ID:
            if call_id_at == NOWHERE:
                call_id_at = value_at
                while value_at < line_end:
                    code = buffer[value_at]
                    if code in (_SPACE, _TAB):
                        return False
                    value_at += 1
                if call_id_at == line_end:
                    return False
                message.call_id = buffer[call_id_at:line_end]
        elif kind == _CSEQ:
            if cseq_at == NOWHERE:
                cseq_at = value_at
                if not _cseq(buffer, value_at, line_end, message):
                    return False
        elif kind == _LENGTH:
            if message.content_length < 0 and not _length(buffer, value_at, line_end, message):
                return False
        elif kind == _CONTACT:
            if message.contacts == 0:
                message.contact_at = value_at
                message.contact_end = line_end
            message.contacts += 1
        elif kind == _EXPIRES:
            if message.expires_at == NOWHERE:
                message.expires_at = value_at
                message.expires_end = line_end
        elif kind == _AGENT:
            if message.agent_at == NOWHERE:
                message.agent_at = value_at
                message.agent_end = line_end
        elif kind == _SERVER:
            if message.server_at == NOWHERE:
                message.server_at = value_at
                message.server_end = line_end
        elif message.identity_at == NOWHERE:
            message.identity_at = value_at
            message.identity_end = line_end
    if buffer[at + 1] != _LF or message.from_at < 0 or message.to_at < 0:
        return False
    if call_id_at < 0 or cseq_at < 0:
        return False
    message.headers_end = at
    message.body_at = at + 2
    message.from_tag = _address(buffer, message.from_at, message.from_end, message)
    message.from_uri_at, message.from_uri_end = message.seen_at, message.seen_end
    message.to_tag = _address(buffer, message.to_at, message.to_end, message)
    message.to_uri_at, message.to_uri_end = message.seen_at, message.seen_end
    return True


def _start_line(buffer: bytes, start: i64, end: i64, message: Message) -> i64:
    """Read a start line as RFC 3261 7 has it; return where the headers begin, or NOWHERE."""
    code: i64
    at = start
    if buffer[start : start + 8] == b"SIP/2.0 ":
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
        while at < end and _CLASSES[buffer[at]] & _IS_TOKEN:
            at += 1
        if at == start or at + 1 >= end or buffer[at] != _SPACE:
            return NOWHERE
        method = buffer[start:at]
        message.method_token = method
        message.method = METHOD_NUMBERS.get(method, OTHER)
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
        if buffer[at : at + 8] != b" SIP/2.0":
            return NOWHERE
        at += 8
    if at + 1 >= end or buffer[at] != _CR or buffer[at + 1] != _LF:
        return NOWHERE
    at += 2
    # An empty line at once is an error, which is told elsewhere.
    return NOWHERE if at < end and buffer[at] == _CR else at


def _kind(name: bytes) -> i64:
    """Return which of the headers that are noted has this *name*, or none."""
    size = len(name)
    if size == 7:
        if name == b"Call-ID":
            return _CALL_ID
        if name == b"Contact":
            return _CONTACT
        if name == b"Expires":
            return _EXPIRES
    elif size == 4:
        if name == b"From":
            return _FROM
        if name == b"CSeq":
            return _CSEQ
    elif size == 2:
        if name == b"To":
            return _TO
    elif size == 14:
        if name == b"Content-Length":
            return _LENGTH
    elif size == 10:
        if name == b"User-Agent":
            return _AGENT
    elif size not in (1, 6, 19):
        return _NONE
    return _NOTED.get(name.lower(), _NONE)


def _cseq(buffer: bytes, at: i64, end: i64, message: Message) -> bool:
    """Read the value of a CSeq; False where it is not plain."""
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
            return False
    if at == first or number >= 1 << 32:
        return False
    gap = at
    while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
        at += 1
    method_at = at
    while at < end and _CLASSES[buffer[at]] & _IS_TOKEN:
        at += 1
    if method_at in (gap, end) or at != end:
        return False
    if number >= 1 << 31:
        message.quirks |= CSEQ_RANGE
    message.cseq = number
    token = buffer[method_at:end]
    if message.status:
        message.method_token = token
        message.method = METHOD_NUMBERS.get(token, OTHER)
    elif token != message.method_token:
        message.quirks |= CSEQ_METHOD
    return True


def _length(buffer: bytes, at: i64, end: i64, message: Message) -> bool:
    """Read the value of a Content-Length; False where it is not plain."""
    if at == end or end - at > 9:
        return False
    number: i64 = 0
    code: i64
    while at < end:
        code = buffer[at]
        if code < _ZERO or code > _NINE:
            return False
        number = number * 10 + code - _ZERO
        at += 1
    message.content_length = number
    return True


def _address(buffer: bytes, at: i64, end: i64, message: Message) -> bytes:
    """Return the tag in a From or To; note in ``seen_at`` and ``seen_end`` where its URI lies.

    They are NOWHERE where the address is not in its plainest form.
    """
    first = at
    code: i64 = 0
    while at < end:
        code = buffer[at]
        if code in (_LESS, _QUOTE, _SEMICOLON):
            break
        at += 1
    if at < end and code == _QUOTE:
        at += 1
        while at < end and buffer[at] != _QUOTE and buffer[at] != _BACKSLASH:
            at += 1
        if at < end and buffer[at] == _QUOTE:
            at += 1
            while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
                at += 1
    if at < end and buffer[at] == _LESS:
        at += 1
        message.seen_at = at
        while at < end and buffer[at] != _GREATER and buffer[at] != _LESS:
            at += 1
        if at < end and buffer[at] == _GREATER:
            message.seen_end = at
            at += 1
            if at == end:
                return b""
            if end - at > 5 and buffer[at : at + 5].lower() == b";tag=":
                at += 5
                tag_at = at
                while at < end and _CLASSES[buffer[at]] & _IS_TAG:
                    at += 1
                if at > tag_at:
                    return buffer[tag_at:at]
    message.seen_at = message.seen_end = NOWHERE
    _, tag, sound = split_address(buffer[first:end] if end > first else b"")
    if not sound:
        message.quirks |= BAD_ADDRESS
    return tag
