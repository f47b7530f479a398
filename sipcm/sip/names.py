"""The names of the numbers in the hot modules, for documents, JSON, counters and tests.

The hot modules use the bare numbers and never these.
"""

from enum import IntEnum, IntFlag

from sipcm.sip import message, payload, scanner


class Method(IntEnum):
    """The method of a message, in the order of the statistics."""

    UNDEF = message.UNDEF
    REGISTER = message.REGISTER
    INVITE = message.INVITE
    ACK = message.ACK
    BYE = message.BYE
    PRACK = message.PRACK
    CANCEL = message.CANCEL
    OPTIONS = message.OPTIONS
    SUBSCRIBE = message.SUBSCRIBE
    NOTIFY = message.NOTIFY
    UPDATE = message.UPDATE
    INFO = message.INFO
    REFER = message.REFER
    PUBLISH = message.PUBLISH
    MESSAGE = message.MESSAGE
    OTHER = message.OTHER


class PayloadKind(IntEnum):
    """What a UDP payload is."""

    UNKNOWN = payload.UNKNOWN
    SIP = payload.SIP
    KEEPALIVE = payload.KEEPALIVE
    STUN = payload.STUN
    RTP = payload.RTP
    RTCP = payload.RTCP
    DNS = payload.DNS
    DTLS = payload.DTLS
    SSDP = payload.SSDP


class Reason(IntEnum):
    """Why a message cannot be read. 0 to 17 are the numbers and texts of the Go original."""

    NO_ERROR = 0
    END_OF_HEADER = 1
    EMPTY_HEADER = scanner.EMPTY_HEADER
    MORE_BYTES = 3
    MORE_VALUES = 4
    CR_EXPECTED = 5
    INVALID_CHARACTER = scanner.INVALID_CHARACTER
    BAD_PARAMETER = 7
    BAD_HEADER = scanner.BAD_HEADER
    NOT_A_NUMBER = 9
    VALUE_TOO_LONG = 10
    BAD_VALUE = 11
    NUMBER_TOO_BIG = scanner.NUMBER_TOO_BIG
    TRUNCATED = scanner.TRUNCATED
    NO_CONTENT_LENGTH = 14
    PARSER_BUG = 15
    CONVERSION_BUG = 16
    TOO_MANY_VALUES = 17
    BAD_START_LINE = scanner.BAD_START_LINE
    BAD_STATUS = scanner.BAD_STATUS

    @property
    def text(self) -> str:
        """What people are told."""
        return _REASON_TEXTS[self]


_REASON_TEXTS = {
    Reason.NO_ERROR: "no error",
    Reason.END_OF_HEADER: "end of header",
    Reason.EMPTY_HEADER: "empty header",
    Reason.MORE_BYTES: "more bytes needed",
    Reason.MORE_VALUES: "more header values present",
    Reason.CR_EXPECTED: "CR expected",
    Reason.INVALID_CHARACTER: "invalid character in header",
    Reason.BAD_PARAMETER: "error parsing header parameter",
    Reason.BAD_HEADER: "bad header",
    Reason.NOT_A_NUMBER: "header value is not a number",
    Reason.VALUE_TOO_LONG: "header value is too long",
    Reason.BAD_VALUE: "bad header value",
    Reason.NUMBER_TOO_BIG: "numeric header value too big",
    Reason.TRUNCATED: "incomplete/truncated data",
    Reason.NO_CONTENT_LENGTH: "no Content-Length header in message",
    Reason.PARSER_BUG: "internal BUG while parsing header",
    Reason.CONVERSION_BUG: "error conversion BUG",
    Reason.TOO_MANY_VALUES: "too many values for the header",
    Reason.BAD_START_LINE: "bad start line",
    Reason.BAD_STATUS: "bad status code",
}


class Quirk(IntFlag):
    """A violation of RFC 3261 in a message that can be read nevertheless."""

    # The scanner sees these; they stand in Message.quirks.
    LEADING_CRLF = message.LEADING_CRLF
    """Line ends before the start line; allowed on streams (7.5)."""
    EXTRA_SPACE = message.EXTRA_SPACE
    """More, other or trailing white space in the start line."""
    URI_SPACE = message.URI_SPACE
    """White space inside the request URI."""
    BARE_STATUS = message.BARE_STATUS
    """No space after the status code."""
    VERSION = message.VERSION
    """Another version than 2.0."""
    LINE_END = message.LINE_END
    """The start line ends in something else than CRLF."""
    NO_EMPTY_LINE = message.NO_EMPTY_LINE
    """The datagram ends before the empty line."""
    CSEQ_METHOD = message.CSEQ_METHOD
    """The CSeq of a request names another method (8.1.1.5)."""
    CSEQ_RANGE = message.CSEQ_RANGE
    """A CSeq number of 2**31 or more (8.1.1.5)."""
    CALL_ID_SPACE = message.CALL_ID_SPACE
    """A Call-ID of several words."""
    BAD_ADDRESS = message.BAD_ADDRESS
    """A From, To, Contact or other address that is not as the grammar has it."""
    BAD_CONTENT_LENGTH = message.BAD_CONTENT_LENGTH
    """A Content-Length that is no number of at most 9 digits."""

    # These take a reading of every header; parse() adds them.
    BAD_URI = 1 << 16
    """A request URI without a scheme, or with characters that no URI has."""
    NO_COLON = 1 << 17
    """A header line without a colon, or one that begins with white space."""
    BAD_NAME = 1 << 18
    """A header name that is no token."""
    CUT_LINE = 1 << 19
    """A last header line without its end; it is not read."""
    DUPLICATE = 1 << 20
    """A second header of a kind that a message has once; the first counts."""
    EMPTY_VALUE = 1 << 21
    """No value in a header that must have one."""
    BAD_NUMBER = 1 << 22
    """An Expires or Max-Forwards that is no number, or out of range."""
    NOT_UTF8 = 1 << 23
    """Bytes in the headers that are not UTF-8 (7)."""
    CONTROL = 1 << 24
    """A control character in the headers, a lone CR or LF included, that no backslash quotes."""
    BODY_SHORT = 1 << 25
    """A body shorter than Content-Length says (18.3)."""
    TRAILING_BYTES = 1 << 26
    """Bytes after the body that Content-Length bounds (18.3)."""


def reason_text(number: int) -> str:
    """Return the text of the reason *number*."""
    return next(reason.text for reason in Reason if reason == number)
