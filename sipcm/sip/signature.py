"""The signature of a request: how its sender writes, whatever it says.

Two requests of one program look alike: the headers stand in the same order, and Call-ID, tag and
branch are made in the same way. The signature is that in a few letters, so that a scanner is known
by it under any name and address::

    26350214 I 004a 02 F 0000 V 0040

First the number of the method, then a digit for each header of ``HEADERS`` in the order in which
they come, eight higher for the compact form; ``I`` with what the Call-ID is made of and a quarter
of its length, ``F`` with the same of the From tag, ``V`` with that of the first branch. An IP
address, of which only the place counts, is taken out before, the magic cookie of RFC 3261 8.1.1.7
too.

What a request alone can tell, order and branch, is one number, which is made on the packet path.
"""

import re
from typing import Final

from mypy_extensions import i64

from sipcm.sip.grammar import COMPACT_FORMS, LINE_FEED, any_case
from sipcm.sip.headername import COMPACT, CONTACT, VIA
from sipcm.sip.message import INVITE, NOWHERE, Message

HEADERS: Final = (
    b"Call-ID",
    b"Contact",  # of an INVITE only
    b"CSeq",
    b"From",
    b"Max-Forwards",
    b"To",
    b"Via",
    b"User-Agent",
)
"""The headers whose order counts; their digits are those of sipcm.sip.headername."""

# What a text is made of. An address at the begin and the end is the whole text.
IP_AT_START: Final = 0x1
IP_AT_END: Final = 0x2
IP_BETWEEN: Final = 0x4
SEPARATORS: Final = b"@.:-*/+=_|"
"""The others from the bit FIRST_SEPARATOR on."""
FIRST_SEPARATOR: Final = 0x8
HEX: Final = 0x2000
BASE64: Final = 0x4000
DIGITS: Final = 0x8000

MOST_TEXT: Final = 1024
"""Bytes of a text that are looked at."""

SHORTEST: Final = 8
"""Digits that make a number or a hexadecimal number and no counter."""

_TAB: Final = 9
_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_PLUS: Final = 43
_COMMA: Final = 44
_SLASH: Final = 47
_COLON: Final = 58
_SEMICOLON: Final = 59
_EQUALS: Final = 61
_B: Final = 98
_Z: Final = 122

_DIGITS_BY_NAME: Final[dict[bytes, int]] = {
    name.lower(): digit for digit, name in enumerate(HEADERS)
} | {
    COMPACT_FORMS[name]: digit | COMPACT
    for digit, name in enumerate(HEADERS)
    if name in COMPACT_FORMS
}
_NAME: Final = b"".join(any_case(name) + b"|" for name in _DIGITS_BY_NAME)[:-1]
_HEADER: Final = re.compile(rb"\n(" + _NAME + rb")[ \t]*+:")
_HEADER_AFTER_CR: Final = re.compile(rb"[\r\n](" + _NAME + rb")[ \t]*+:")

# An address that is no part of a name or of a longer number; of IPv6 also in brackets.
_BYTE: Final = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IP4: Final = rb"(?:" + _BYTE + rb"\.){3}" + _BYTE
_IP6: Final = (
    rb"(?=[0-9A-Fa-f:]*?::|(?:[0-9A-Fa-f]{1,4}:){6})"
    rb"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?<![0-9A-Fa-f]{5})(?:" + _IP4 + rb")?"
)
_IP: Final = re.compile(
    rb"(?<![0-9A-Za-z.])" + _IP4 + rb"(?!\.?[0-9A-Za-z])"
    rb"|\[" + _IP6 + rb"\]|(?<![0-9A-Za-z:.\[])" + _IP6 + rb"(?![0-9A-Za-z:.])"
)

_IN_ADDRESSES: Final = 0x30  # a dot or a colon

# Kinds of bytes: from _SEPARATOR on one for each separator.
_OTHER: Final = 0
_DIGIT: Final = 1
_LOWER_HEX: Final = 2
_UPPER_HEX: Final = 3
_LETTER: Final = 4
_SEPARATOR: Final = 5


def _kind(code: int) -> int:
    byte = bytes([code])
    if byte in SEPARATORS:
        return _SEPARATOR + SEPARATORS.index(byte)
    if byte.isdigit():
        return _DIGIT
    if byte in b"abcdef":
        return _LOWER_HEX
    if byte in b"ABCDEF":
        return _UPPER_HEX
    return _LETTER if byte.isalpha() else _OTHER


_KINDS: Final = bytes(map(_kind, range(256)))


def sign(message: Message) -> i64:
    """Return what the request *message* alone can tell of its signature, a number but 0.

    The digits of method and headers stand behind a 1, the four digits of the branch follow.
    """
    if message.located:
        order, via_at = message.order, message.via_at
    else:
        order, via_at = match_headers(message)
    if via_at < 0:
        return order << 16
    return order << 16 | classes(_branch(message, via_at))


def signature_text(signature: i64, call_id: bytes, from_tag: bytes) -> str:
    """Return the whole signature of a request; empty for 0, which is none."""
    if signature == 0:
        return ""
    of_call_id, address = _classes_and_address(call_id)
    quarter = min((len(call_id) - address) // 4, 255)
    return (
        f"{signature >> 16:x}"[1:]
        + f"I{of_call_id:04x}{quarter:02x}F{classes(from_tag):04x}V{signature & 0xFFFF:04x}"
    )


def match_headers(message: Message) -> tuple[i64, i64]:
    """Return the digits of method and headers, and where the first Via begins.

    The scanner of the plain form has noted both already.
    """
    order: i64 = 16 | message.method
    seen: i64 = 0 if message.method == INVITE else 1 << CONTACT
    via_at: i64 = NOWHERE
    pattern = _HEADER if message.line_ends is LINE_FEED else _HEADER_AFTER_CR
    for found in pattern.finditer(message.buffer, message.headers_at - 1, message.headers_end):
        digit: i64 = _DIGITS_BY_NAME[found[1].lower()]
        header = digit & ~COMPACT
        if not seen >> header & 1:
            seen |= 1 << header
            order = order << 4 | digit
            if header == VIA:
                via_at = found.end()
    return order, via_at


def _branch(message: Message, at: i64) -> bytes:
    """Return the branch in the Via whose value begins at *at*, without its cookie."""
    branch = branch_in(message.buffer, at, message.headers_end)
    if branch:
        return branch
    value = message.first(b"Via") + b" "  # it may be folded
    return branch_in(value, 0, len(value))


def branch_in(buffer: bytes, at: i64, end: i64) -> bytes:
    """Return the branch of the first element of the Via at *at*, without its cookie.

    Empty where the line ends before one, or *end* is met. No quoted string of a Via is known to
    hold a comma or semicolon.
    """
    code: i64
    while at < end:
        code = buffer[at]
        at += 1
        if code in (_COMMA, _CR, _LF):
            break
        if code != _SEMICOLON:
            continue
        at = _skip_blanks(buffer, at, end)
        if end - at < 7 or buffer[at] | 32 != _B or buffer[at : at + 6].lower() != b"branch":
            continue
        at = _skip_blanks(buffer, at + 6, end)
        if at == end or buffer[at] != _EQUALS:
            continue
        at = _skip_blanks(buffer, at + 1, end)
        if end - at >= 7 and buffer[at] | 32 == _Z:
            cookie = buffer[at : at + 7]
            if cookie == b"z9hG4bK" or cookie.lower() == b"z9hg4bk":
                at += 7
        first = at
        while at < end:
            code = buffer[at]
            if code <= _SPACE or code in (_COMMA, _SEMICOLON):
                return buffer[first:at] if at > first else b""
            at += 1
    return b""


def _skip_blanks(buffer: bytes, at: i64, end: i64) -> i64:
    while at < end and (buffer[at] == _SPACE or buffer[at] == _TAB):
        at += 1
    return at


def find_address(text: bytes) -> tuple[i64, i64]:
    """Return where in *text* an IP address begins and ends, both 0 where there is none."""
    found = _IP.search(text, 0, MOST_TEXT)
    return (0, 0) if found is None else (found.start(), found.end())


def classes(text: bytes) -> i64:
    """Return what *text* is made of, as bits."""
    return _classes_and_address(text)[0]


def _classes_and_address(text: bytes) -> tuple[i64, i64]:
    """Return what *text* is made of, as bits, and how many bytes of it are an IP address."""
    flags = _marks(text)
    if flags & _IN_ADDRESSES:
        at, end = find_address(text)
        if end:
            place = (IP_AT_START if at == 0 else 0) | (IP_AT_END if end == len(text) else 0)
            return (place or IP_BETWEEN) | _marks(text[:at] + text[end:]), end - at
    return flags, 0


def _marks(text: bytes) -> i64:
    """Return the bits of the separators in *text*, and of what stands before the first ``@``."""
    size = min(len(text), MOST_TEXT)
    flags: i64 = 0
    local = size
    at: i64 = 0
    while at < size:
        kind: i64 = _KINDS[text[at]]
        if kind >= _SEPARATOR:
            flags |= FIRST_SEPARATOR << (kind - _SEPARATOR)
            if kind == _SEPARATOR:
                local = min(local, at)
        at += 1
    return flags | _script(text, local) if local >= SHORTEST else flags


def _script(text: bytes, end: i64) -> i64:
    """Tell how the first *end* bytes of *text*, up to an ``@``, are written, as one bit or none.

    DIGITS are nothing else but separators, at least SHORTEST in a row. HEX are at least as many
    hexadecimal digits, with letters of one case. BASE64 is a multiple of four bytes of that
    alphabet, among them one that is neither letter nor digit, as in what is encoded mostly is.
    """
    kinds: i64 = 0
    digits: i64 = 0
    run: i64 = 0
    longest: i64 = 0
    marked = False  # with + / =
    padded = False
    base64 = end % 4 == 0 and end >= SHORTEST
    at: i64 = 0
    while at < end:
        code: i64 = text[at]
        kind: i64 = _KINDS[code]
        at += 1
        if code == _EQUALS:
            padded = marked = True
        elif padded or kind == _OTHER:
            base64 = False
        elif code in (_PLUS, _SLASH):
            marked = True
        elif kind >= _SEPARATOR:
            base64 = False
        if kind == _DIGIT:
            run += 1
            longest = max(longest, run)
        else:
            run = 0
        if kind < _SEPARATOR:
            kinds |= 1 << kind
            digits += 1
    if kinds == 1 << _DIGIT:
        return DIGITS if longest >= SHORTEST else 0
    if base64 and marked:
        return BASE64
    hexadecimal = kinds & ~(1 << _DIGIT) in (1 << _LOWER_HEX, 1 << _UPPER_HEX)
    return HEX if hexadecimal and digits >= SHORTEST else 0
