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

from sipcm.annotation import Final, i64
from sipcm.compiled import COMPILED
from sipcm.pattern import Pattern
from sipcm.sip.ends import blanks_end
from sipcm.sip.grammar import COMPACT_FORMS, LINE_FEED, any_case, header_name
from sipcm.sip.headername import COMPACT, CONTACT
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

_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_COMMA: Final = 44
_ZERO: Final = 48
_NINE: Final = 57
_SEMICOLON: Final = 59
_EQUALS: Final = 61
_B: Final = 98

_USUAL: Final = b"branch=z9hG4bK"
_USUAL_BRANCH: Final = Pattern(
    rb"[^;,\r\n]*+(?>(?:;[^bB \t;,\r\n][^;,\r\n]*+)*);" + _USUAL + rb"([^\0- ,;]*+)(?=[\0- ,;])"
)

_DIGITS_BY_NAME: Final[dict[bytes, int]] = {
    name.lower(): digit for digit, name in enumerate(HEADERS)
} | {
    COMPACT_FORMS[name]: digit | COMPACT
    for digit, name in enumerate(HEADERS)
    if name in COMPACT_FORMS
}
_NAME: Final = b"".join(any_case(name) + b"|" for name in _DIGITS_BY_NAME)[:-1]
_HEADER: Final = Pattern(rb"\n(" + _NAME + rb")[ \t]*+:")
_HEADER_AFTER_CR: Final = Pattern(rb"[\r\n](" + _NAME + rb")[ \t]*+:")
_VIA: Final = Pattern(rb"\n" + header_name(b"Via"))
_VIA_AFTER_CR: Final = Pattern(rb"[\r\n]" + header_name(b"Via"))

_MOST_NAMES: Final = 32
"""With more names than these, in whatever cases, an order of headers is not remembered."""

_MOST_ORDERS: Final = 256
_ORDERS: Final[dict[tuple[i64, tuple[bytes, ...]], i64]] = {}
"""By method and names, the digits of orders that were seen; emptied when it is full."""

# An address that is no part of a name or of a longer number; of IPv6 also in brackets.
_BYTE: Final = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IP4: Final = rb"(?:" + _BYTE + rb"\.){3}" + _BYTE
_IP6: Final = (
    rb"(?=[0-9A-Fa-f:]*?::|(?:[0-9A-Fa-f]{1,4}:){6})"
    rb"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?<![0-9A-Fa-f]{5})(?:" + _IP4 + rb")?"
)
IP: Final = Pattern(
    rb"(?<![0-9A-Za-z.])" + _IP4 + rb"(?!\.?[0-9A-Za-z])"
    rb"|\[" + _IP6 + rb"\]|(?<![0-9A-Za-z:.\[])" + _IP6 + rb"(?![0-9A-Za-z:.])"
)

_LONG_NUMBER: Final = Pattern(rb"[0-9]{%d}" % SHORTEST)

_DOT: Final = 46
_IN_ADDRESSES: Final = 0x30  # a dot or a colon

# Kinds of bytes: from _SEPARATOR on one for each separator, 0 for what is none of them.
_DIGIT: Final = 1
_LOWER_HEX: Final = 2
_UPPER_HEX: Final = 3
_LETTER: Final = 4
_SEPARATOR: Final = 5


def _kinds() -> bytes:
    kinds = bytearray(256)
    alphabets = {
        _DIGIT: b"0123456789",
        _LOWER_HEX: b"abcdef",
        _UPPER_HEX: b"ABCDEF",
        _LETTER: b"ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ",
        **{_SEPARATOR + place: SEPARATORS[place : place + 1] for place in range(len(SEPARATORS))},
    }
    for kind, alphabet in alphabets.items():
        for code in alphabet:
            kinds[code] = kind
    return bytes(kinds)


_KINDS: Final = _kinds()

# Sets of kinds, a bit for each.
_SEPARATORS: Final = 0x7FE0
_AT: Final = 0x20
_PADDING: Final = 0x1000  # =
_BASE64_MARKS: Final = 0x1C00  # / + =
_NO_BASE64: Final = 0x63E1  # the others, and what is none


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
    buffer = message.buffer
    at = message.headers_at - 1
    end = message.headers_end
    usual = message.line_ends is LINE_FEED
    found = (_HEADER if usual else _HEADER_AFTER_CR).findall(buffer, at, end)
    via = (_VIA if usual else _VIA_AFTER_CR).search(buffer, at, end)
    names = tuple(dict.fromkeys(found))
    via_at: i64 = NOWHERE if via is None else via.end()
    if len(names) > _MOST_NAMES:
        return _order(message.method, names), via_at
    return _known_order(message.method, names), via_at


def _order(method: i64, names: tuple[bytes, ...]) -> i64:
    """Return the digits of *method* and of headers with these *names*."""
    order: i64 = 16 | method
    seen: i64 = 0 if method == INVITE else 1 << CONTACT
    for name in names:
        digit: i64 = _DIGITS_BY_NAME[name.lower()]
        header = digit & ~COMPACT
        if not seen >> header & 1:
            seen |= 1 << header
            order = order << 4 | digit
    return order


def _known_order(method: i64, names: tuple[bytes, ...]) -> i64:
    """Remember it: whoever writes headers in one order does so again and again."""
    key = (method, names)
    order = _ORDERS.get(key)
    if order is None:
        if len(_ORDERS) == _MOST_ORDERS:
            _ORDERS.clear()
        order = _order(method, names)
        _ORDERS[key] = order
    return order


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
    if not COMPILED:
        usual = _USUAL_BRANCH.match(buffer, at, end)
        if usual is not None:
            return usual[1]
    return read_branch(buffer, at, end)


def read_branch(buffer: bytes, at: i64, end: i64) -> bytes:
    """Do so byte by byte."""
    while at < end:
        code: i64 = buffer[at]
        at += 1
        if code == _SEMICOLON:
            first = _branch_at(buffer, at, end)
            if first >= 0:
                last = _end_of_value(buffer, first, end)
                return buffer[first:last] if last > first else b""
        elif code <= _COMMA and code in (_COMMA, _CR, _LF):
            break
    return b""


def _branch_at(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where, behind its cookie, the branch begins that the parameter at *at* may be.

    NOWHERE if it is another.
    """
    usual: i64 = len(_USUAL)
    if end - at > usual and buffer[at : at + usual] == _USUAL:
        return at + usual
    at = blanks_end(buffer, at, end)
    if end - at < 7 or buffer[at] | 32 != _B or buffer[at : at + 6].lower() != b"branch":
        return NOWHERE
    at = blanks_end(buffer, at + 6, end)
    if at == end or buffer[at] != _EQUALS:
        return NOWHERE
    at = blanks_end(buffer, at + 1, end)
    if end - at >= 7 and buffer[at : at + 7].lower() == b"z9hg4bk":
        at += 7
    return at


def _end_of_value(buffer: bytes, at: i64, end: i64) -> i64:
    """Return where the value of a parameter ends that begins at *at*; NOWHERE if *end* is met."""
    while at < end:
        code: i64 = buffer[at]
        if code <= _SEMICOLON and (code <= _SPACE or code in (_COMMA, _SEMICOLON)):
            return at
        at += 1
    return NOWHERE


def find_address(text: bytes) -> tuple[i64, i64]:
    """Return where in *text* an IP address begins and ends, both 0 where there is none."""
    if COMPILED and b":" not in text:
        return find_ip4(text)
    found = IP.search(text, 0, MOST_TEXT)
    return (0, 0) if found is None else (found.start(), found.end())


def find_ip4(text: bytes) -> tuple[i64, i64]:
    """Do so byte by byte in a *text* without colons, where there can be none of IPv6."""
    size: i64 = min(len(text), MOST_TEXT)
    apart = True  # from a name or number that goes on
    for at in range(size):
        code: i64 = text[at]
        if apart and _KINDS[code] == _DIGIT:
            end = _ip4_end(text, at, size)
            if end > 0:
                return at, end
        apart = code != _DOT and not _is_of_word(code)
    return 0, 0


def _ip4_end(text: bytes, at: i64, size: i64) -> i64:
    """Return where the address ends that begins at *at*, 0 where none does."""
    for part in range(4):
        first = at
        number: i64 = 0
        while at < size and number < 256 and _KINDS[text[at]] == _DIGIT:
            number = number * 10 + text[at] - _ZERO
            at += 1
        if at == first or number > 255 or (text[first] == _ZERO and at > first + 1):
            return 0
        if part < 3:
            if at == size or text[at] != _DOT:
                return 0
            at += 1
    behind = at + 1 if at < size and text[at] == _DOT else at
    if behind < size and _is_of_word(text[behind]):
        return 0
    return at


def _is_of_word(code: i64) -> bool:
    kind: i64 = _KINDS[code]
    return _DIGIT <= kind <= _LETTER


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
    size: i64 = len(text)
    size = min(size, MOST_TEXT)
    kinds = _kinds_in(text, size)
    flags = (kinds >> _SEPARATOR) * FIRST_SEPARATOR
    if kinds & _AT:
        size = text.index(b"@")
        kinds = _kinds_in(text, size)
    return flags | _script(text, size, kinds) if size >= SHORTEST else flags


def _kinds_in(text: bytes, end: i64) -> i64:
    """Return a bit for each kind of byte among the first *end* of *text*."""
    kinds: i64 = 0
    if not COMPILED:
        for occurring in set(text[:end].translate(_KINDS)):
            kinds |= 1 << occurring
        return kinds
    at: i64 = 0
    while at < end:
        code: i64 = text[at]
        kind: i64 = _KINDS[code]
        kinds |= 1 << kind
        at += 1
    return kinds


def _script(text: bytes, end: i64, kinds: i64) -> i64:
    """Tell how the first *end* bytes of *text*, of these *kinds*, are written: one bit or none.

    DIGITS are nothing else but separators, at least SHORTEST in a row. HEX are at least as many
    hexadecimal digits, with letters of one case. BASE64 is a multiple of four bytes of that
    alphabet, among them one that is neither letter nor digit, as in what is encoded mostly is.
    """
    written = kinds & ~_SEPARATORS
    if written == 1 << _DIGIT:
        return DIGITS if _has_long_number(text, end) else 0
    if end % 4 == 0 and kinds & _BASE64_MARKS and _is_base64(text, end, kinds):
        return BASE64
    letters = written & ~(1 << _DIGIT)
    if letters in (1 << _LOWER_HEX, 1 << _UPPER_HEX) and _digits_in(text, end) >= SHORTEST:
        return HEX
    return 0


def _has_long_number(text: bytes, end: i64) -> bool:
    if not COMPILED:
        return _LONG_NUMBER.search(text, 0, end) is not None
    run: i64 = 0
    at: i64 = 0
    while at < end and run < SHORTEST:
        code: i64 = text[at]
        if code > _NINE or code < _ZERO:
            run = -1
        run += 1
        at += 1
    return run == SHORTEST


def _is_base64(text: bytes, end: i64, kinds: i64) -> bool:
    """Tell whether there is nothing else than that alphabet, and padding only at the end."""
    if kinds & _NO_BASE64:
        return False
    if kinds & _PADDING:
        return text[:end].rstrip(b"=").find(b"=") < 0
    return True


def _digits_in(text: bytes, end: i64) -> i64:
    """Count what is no separator."""
    if not COMPILED:
        return len(text[:end].translate(None, SEPARATORS))
    digits: i64 = 0
    for at in range(end):
        if _KINDS[text[at]] < _SEPARATOR:
            digits += 1
    return digits
