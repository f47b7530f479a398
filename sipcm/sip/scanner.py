"""Fill a Message from the bytes of one SIP datagram.

Compiled, the plain form is read byte by byte (:mod:`sipcm.sip.bytescanner`); interpreted, that is
the slowest way of all, and the usual form is read by one match. The rest is for ``scan_any``.

One pattern reads the start line, one all headers up to the empty line; both run on the block where
the datagram lies, without copying it, and read nothing beyond its end. The forms that nearly
everyone sends are read by the patterns themselves, the rest by the functions below.

Tolerant: whatever leaves From, To, Call-ID and CSeq readable is read and flagged. The scanner never
raises and knows nothing of packets, time or calls.
"""

from sipcm.annotation import Final, Match, i64
from sipcm.compiled import COMPILED
from sipcm.pattern import Pattern
from sipcm.sip.bytescanner import scan_plain
from sipcm.sip.grammar import (
    ANY_LINE_END,
    COMPACT_FORMS,
    JUNK,
    LINE_FEED,
    LWS,
    SIP_VERSION,
    TAG_CHARACTER,
    TOKEN,
    LineEnds,
    any_case,
    header_name,
    split_address,
    unfold,
)
from sipcm.sip.message import (
    BAD_ADDRESS,
    BAD_CONTENT_LENGTH,
    BARE_STATUS,
    CALL_ID_SPACE,
    CSEQ_METHOD,
    CSEQ_RANGE,
    CSEQ_SPACE,
    EXTRA_SPACE,
    LEADING_CRLF,
    LEADING_JUNK,
    LINE_END,
    METHOD_NUMBERS,
    MISSING_CALL_ID,
    MISSING_CSEQ,
    MISSING_FROM,
    MISSING_TO,
    NO_EMPTY_LINE,
    OTHER,
    URI_SPACE,
    VERSION,
    Message,
)

# Why a message cannot be read. Texts for people are in sipcm.sip.wording, names in sipcm.sip.names.
EMPTY_HEADER: Final = 2
INVALID_CHARACTER: Final = 6
BAD_HEADER: Final = 8
NUMBER_TOO_BIG: Final = 12
TRUNCATED: Final = 13
BAD_START_LINE: Final = 32
BAD_STATUS: Final = 33

# The form in which most messages come: CRLF, long names, and the four headers in the order of
# RFC 3261's examples, each in its plainest form, with any others between them. It is read by one
# match; ``scan_any`` reads all other forms, and this one to the same end. No group that is asked
# for lies in an atomic one, which loses it in PyPy; what is skipped for such a group fails at once.
_OTHERS: Final = rb"(?>(?:[^fticlFTICL\r\n][^\n]*+\n|Cont(?:act|ent-[DET])[^\n]*+\n)*)"
_END: Final = rb"\r\n(?![ \t])" + _OTHERS
_PLAIN: Final = (
    rb': (?:[^"<;\r\n]*+|"[^"\\\r\n]*+" ?+)<([^<>\r\n]*+)>'
    rb"(?:;tag=(" + TAG_CHARACTER + rb"++)[^\r\n]*+)?" + _END
)
_START_LINE: Final = (
    rb"(?:SIP/2\.0 ([1-9][0-9]{2}) ([^\r\n]*+)|(" + TOKEN + rb"++) ([^ \t\r\n]++) SIP/2\.0)\r\n"
)
USUAL: Final = Pattern(
    _START_LINE + rb"()" + _OTHERS
    + rb"From" + _PLAIN + rb"To" + _PLAIN
    + rb"Call-ID: ([^ \t\r\n]++)" + _END
    + rb"CSeq: ([0-9]{1,9}+) (" + TOKEN + rb"++)" + _END
    + rb"(?:Content-Length: *+([0-9]{1,9}+)" + _END + rb")?(\r\n)"
)  # fmt: skip

# Groups of the patterns for a start line, this one included.
STATUS: Final = 1
PHRASE: Final = 2
METHOD: Final = 3
URI: Final = 4

START_LINE: Final = Pattern(_START_LINE)

# More or other white space, some of it in the URI; another version; another line end. The words of
# the URI go on up to the version that ends the line.
_ODD_START_LINE: Final = Pattern(
    rb"(?:" + SIP_VERSION + rb"[ \t]++([1-9][0-9]{2})(?![^ \t\r\nA-Za-z])([^\r\n]*+)"
    rb"|(" + TOKEN + rb"++)[ \t]++"
    rb"([^ \t\r\n]++(?>(?:[ \t]++(?!" + SIP_VERSION + rb"[ \t]*+[\r\n])[^ \t\r\n]++)*))"
    rb"[ \t]++" + SIP_VERSION + rb"[ \t]*+)(?:\r*+\n|\r)"
)
_STATUS_LINE: Final = Pattern(SIP_VERSION + rb"[ \t]++")
_METHOD_AND_REST: Final = Pattern(TOKEN + rb"++[ \t][^\r\n]*+|" + TOKEN + rb"*+")
_BLANK: Final = Pattern(rb"[\r\n]*+")
_WHITE: Final = Pattern(rb"[ \t\r\n]++")  # less than what bytes.split takes for white
_JUNK: Final = Pattern(JUNK + rb"(?=" + _ODD_START_LINE.source + rb")")

# Groups of the pattern for the headers.
FROM: Final = 1
FROM_TAG: Final = 2
TO: Final = 3
TO_TAG: Final = 4
CALL_ID: Final = 5
WORD: Final = 6
CSEQ: Final = 7
CSEQ_NUMBER: Final = 8
CSEQ_TOKEN: Final = 9
CONTENT_LENGTH: Final = 10
LENGTH: Final = 11
EMPTY_LINE: Final = 12


def _headers(ends: LineEnds) -> bytes:
    """Return the pattern for all headers and the empty line after them.

    Of each header the first counts: where its group is set, a later one is any other line. A value
    may begin with its usual form, the parts of which are groups of their own.
    """
    over = rb"(?=%b[^ \t])" % ends.end  # the value ends here, no fold follows
    address = rb'[^"<;\r\n]*+(?:"[^"\\\r\n]*+"[ \t]*+)?<[^<>\r\n]*+>'
    has_tag = rb";%b=(?=%b)" % (any_case(b"tag"), TAG_CHARACTER)
    tag = rb"(?:%b|%b)(%b*+)" % (has_tag, over, TAG_CHARACTER)
    word = rb"[ \t]*+([^ \t\r\n]++)"
    cseq = rb"[ \t]*+([0-9]{1,10})[ \t]++(%b++)" % TOKEN
    length = rb"[ \t]*+([0-9]{1,9})"
    table = (
        (b"From", FROM, address + tag),
        (b"To", TO, address + tag),
        (b"Call-ID", CALL_ID, word + over),
        (b"CSeq", CSEQ, cseq + over),
        (b"Content-Length", CONTENT_LENGTH, length + over),
    )
    initials = b"".join(name[:1] + COMPACT_FORMS.get(name, b"") for name, _, _ in table)
    lines = [rb"[^%b%b\r\n]%b" % (initials.lower(), initials.upper(), ends.rest)]
    for name, group, usual in table:
        value = rb"(?(%d)(?!))((?:%b)?%b)" % (group, usual, ends.value)
        lines.append(header_name(name) + value + ends.rest)
    lines.append(rb"(?!%b)%b" % (ends.end, ends.rest))
    return rb"(?:%b)*(%b)?" % (b"|".join(lines), ends.end)


HEADERS: Final = Pattern(_headers(LINE_FEED))
_ANY_HEADERS: Final = Pattern(_headers(ANY_LINE_END))

# The white space may be missing where the method begins with a letter.
_CSEQ: Final = Pattern(
    LWS + rb"([0-9]++)((?>[ \t\r\n]++|(?=[A-Za-z])))(" + TOKEN + rb"++)" + LWS + rb"\Z"
)


def scan(buffer: bytes, start: i64, end: i64, message: Message) -> i64:
    """Read the datagram in *start*..*end* of *buffer* into *message*.

    Return 0, or the number of the reason why it cannot be read (``message.error_at`` tells where);
    what was read before that place stands in *message*. A message that lacks headers can be read,
    ``message.missing`` names them.
    """
    if COMPILED:
        done = scan_plain(buffer, start, end, message)
    else:
        done = scan_usual(buffer, start, end, message)
    if done:
        return 0
    return scan_any(buffer, start, end, message)


def scan_usual(buffer: bytes, start: i64, end: i64, message: Message) -> bool:
    """Read a message by one match if it is in the usual form."""
    usual = (USUAL.known or USUAL.compiled()).match(buffer, start, end)
    if usual is None:
        return False
    if message.usual is None:
        message.begin(buffer, start, end)
    status, method, from_tag, to_tag, call_id, cseq, token, length = usual.group(
        STATUS, METHOD, 7, 9, 10, 11, 12, 13
    )
    message.usual = usual
    message.buffer = buffer
    message.start = start
    message.end = end
    message.headers_at = usual.start(5)
    message.body_at = body_at = usual.end()
    message.headers_end = body_at - 2
    message.call_id = call_id
    message.given_from_tag = from_tag or b""
    message.given_to_tag = to_tag or b""
    message.cseq = int(cseq)
    message.content_length = int(length) if length else -1
    message.quirks = 0
    if status:
        message.status = int(status)
    else:
        message.status = 0
        if method != token:
            message.quirks = CSEQ_METHOD
            token = method
    message.method_token = token
    message.method = METHOD_NUMBERS.get(token, OTHER)
    return True


def scan_any(buffer: bytes, start: i64, end: i64, message: Message) -> i64:
    """Read a message of any form, as :func:`scan` does."""
    message.begin(buffer, start, end)
    line = START_LINE.match(buffer, start, end)
    if line is None:
        line = _odd_start_line(message)
        if line is None:
            return _refuse_start_line(message)
    _take_start_line(message, line)

    pattern = HEADERS if message.line_ends is LINE_FEED else _ANY_HEADERS
    headers = pattern.match(buffer, message.headers_at, end)
    if headers is None or headers.end() == message.headers_at:
        return _fail(message, TRUNCATED, end)
    empty_line = headers.start(EMPTY_LINE)
    if empty_line == message.headers_at:
        return _fail(message, EMPTY_HEADER, empty_line)
    message.headers_end = end if empty_line < 0 else empty_line
    message.body_at = end if empty_line < 0 else headers.end()

    tag = headers[FROM_TAG]
    message.from_tag = _tag(message, headers[FROM], MISSING_FROM) if tag is None else tag
    tag = headers[TO_TAG]
    message.to_tag = _tag(message, headers[TO], MISSING_TO) if tag is None else tag
    length = headers[LENGTH]
    message.content_length = _length(message, headers) if length is None else int(length)
    word = headers[WORD]
    message.call_id = _call_id(message, headers) if word is None else word
    if not message.call_id and not message.missing & MISSING_CALL_ID:
        return _fail(message, BAD_HEADER, headers.start(CALL_ID))
    reason = _take_cseq(message, headers)
    if reason == 0 and empty_line < 0:
        if message.missing:
            return _fail(message, TRUNCATED, end)
        message.quirks |= NO_EMPTY_LINE
    return reason


def _fail(message: Message, reason: i64, at: i64) -> i64:
    message.error_at = at - message.start
    return reason


def _take_start_line(message: Message, line: Match) -> None:
    message.headers_at = message.headers_end = message.body_at = line.end()
    status = line[STATUS]
    if status is not None:
        message.status = int(status)
        message.phrase_at, message.phrase_end = line.span(PHRASE)
    else:
        method = line[METHOD]
        message.method_token = method
        message.method = METHOD_NUMBERS.get(method, OTHER)
        message.uri_at, message.uri_end = line.span(URI)


def _first_line(message: Message) -> i64:
    """Return where the start line begins: line ends may come before it (RFC 3261 7.5)."""
    blank = _BLANK.match(message.buffer, message.start, message.end)
    return message.start if blank is None else blank.end()


def _odd_start_line(message: Message) -> Match | None:
    """Match a start line that is not written as RFC 3261 25.1 has it, and flag what is odd."""
    at = _first_line(message)
    before: i64 = LEADING_CRLF if at > message.start else 0
    line = _ODD_START_LINE.match(message.buffer, at, message.end)
    if line is None:
        junk = _JUNK.match(message.buffer, message.start, message.end)
        if junk is not None:
            before = LEADING_JUNK
            line = _ODD_START_LINE.match(message.buffer, junk.end(), message.end)
    if line is None:
        return None
    text = line[0].rstrip(b"\r\n")
    words = [word for word in _WHITE.split(text) if word]
    status = line[STATUS]
    if status is None:
        version = words[-1]
        usual = text == b" ".join((line[METHOD], line[URI], version))
    else:
        version = words[0]
        usual = text.startswith(version + b" " + status)
    line_end = line[0][len(text) :]
    message.line_ends = ANY_LINE_END if line_end == b"\r" else LINE_FEED
    message.quirks = (
        before
        | (0 if usual else EXTRA_SPACE)
        | (URI_SPACE if status is None and len(words) > 3 else 0)
        | (BARE_STATUS if status is not None and line[PHRASE][:1] not in (b" ", b"\t") else 0)
        | (0 if version[4:] == b"2.0" else VERSION)
        | (0 if line_end == b"\r\n" else LINE_END)
    )
    return line


def _refuse_start_line(message: Message) -> i64:
    buffer, end = message.buffer, message.end
    at = _first_line(message)
    if buffer.find(b"\n", at, end) < 0 and buffer.find(b"\r", at, end) < 0:
        return _fail(message, TRUNCATED, end)
    version = _STATUS_LINE.match(buffer, at, end)
    if version is not None:
        return _fail(message, BAD_STATUS, version.end())
    readable = _METHOD_AND_REST.match(buffer, at, end)
    return _fail(message, BAD_START_LINE, at if readable is None else readable.end())


def _tag(message: Message, value: bytes | None, missing: i64) -> bytes:
    """Return the tag in a From or To that has not the usual form, or is absent."""
    if value is None:
        message.missing |= missing
        return b""
    _, tag, sound = split_address(unfold(value))
    if not sound:
        message.quirks |= BAD_ADDRESS
    return tag


def _call_id(message: Message, headers: Match) -> bytes:
    """Return a Call-ID that is absent, folded, empty or several words.

    Peers copy it as it stands, so several words are one identity and not a word with something
    after it.
    """
    value: bytes | None = headers[CALL_ID]
    if value is None:
        message.missing |= MISSING_CALL_ID
        return b""
    words = [word for word in _WHITE.split(value) if word]
    if len(words) > 1:
        message.quirks |= CALL_ID_SPACE
    return b" ".join(words)


def _length(message: Message, headers: Match) -> i64:
    """Return a Content-Length that is absent, folded or unreadable."""
    value: bytes | None = headers[CONTENT_LENGTH]
    if value is None:
        return -1
    digits = value.strip()
    if len(digits) <= 9 and digits.isdigit():
        return int(digits)
    message.quirks |= BAD_CONTENT_LENGTH
    return -1


def _take_cseq(message: Message, headers: Match) -> i64:
    """Take the CSeq, of a response also its method; return a reason or 0 (RFC 3261 20.16)."""
    digits = headers[CSEQ_NUMBER]
    method = headers[CSEQ_TOKEN]
    if digits is None:
        value: bytes | None = headers[CSEQ]
        if value is None:
            message.missing |= MISSING_CSEQ
            return 0
        found = _CSEQ.match(value)
        if found is None:
            return _fail(message, INVALID_CHARACTER, headers.start(CSEQ))
        digits, method = found[1], found[3]
        if not found[2]:
            message.quirks |= CSEQ_SPACE
    number: i64 = int(digits) if len(digits) <= 10 else 2**32
    if number >= 2**32:
        return _fail(message, NUMBER_TOO_BIG, headers.start(CSEQ))
    if number >= 2**31:
        message.quirks |= CSEQ_RANGE
    message.cseq = number
    if message.status:
        message.method_token = method
        message.method = METHOD_NUMBERS.get(method, OTHER)
    elif method != message.method_token:
        message.quirks |= CSEQ_METHOD
    return 0
