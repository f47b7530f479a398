"""The violations of RFC 3261 that are tolerated, by name.

The scanner uses the bare bits of :mod:`sipcm.sip.message`; nothing here is on its path.
"""

from enum import IntFlag

from sipcm.sip import message


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
    """No space between the status code and the reason phrase."""
    VERSION = message.VERSION
    """Another version than 2.0."""
    LINE_END = message.LINE_END
    """A line ends in something else than CRLF; the scanner looks at the start line alone."""
    NO_EMPTY_LINE = message.NO_EMPTY_LINE
    """The datagram ends before the empty line."""
    CSEQ_METHOD = message.CSEQ_METHOD
    """The CSeq of a request names another method (8.1.1.5)."""
    CSEQ_RANGE = message.CSEQ_RANGE
    """A CSeq number of 2**31 or more (8.1.1.5)."""
    CALL_ID_SPACE = message.CALL_ID_SPACE
    """A Call-ID of several words."""
    BAD_ADDRESS = message.BAD_ADDRESS
    """A From, To, Contact or other address that is not as the grammar has it, its URI included."""
    BAD_CONTENT_LENGTH = message.BAD_CONTENT_LENGTH
    """A Content-Length that is no number of at most 9 digits."""
    LEADING_JUNK = message.LEADING_JUNK
    """Something before the start line that is no message."""
    CSEQ_SPACE = message.CSEQ_SPACE
    """No space between the number and the method of a CSeq."""

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
    METHOD_CASE = 1 << 27
    """A method that would be a known one in upper case; it is another one (7.1)."""
    MISSING = 1 << 28
    """No From, To, Call-ID, CSeq or Via, which every message must have (8.1.1)."""
    URI_HEADERS = 1 << 29
    """A request URI with headers in it (19.1.1)."""
    BAD_VIA = 1 << 30
    """A Via that is not as the grammar has it (20.42), or not of SIP/2.0 (8.1.1.7)."""
    BAD_WARNING = 1 << 31
    """A Warning that is not code, agent and quoted text (20.43)."""
    BAD_AUTHENTICATION = 1 << 32
    """A challenge or credentials that are not as the grammar has them (20.7, 20.44)."""
    BAD_VALUE = 1 << 33
    """Another header that is read and is not as its grammar has it, like Call-ID or Date."""
    NO_LENGTH = 1 << 34
    """A body without a Content-Length, which should be there (20.14); it is the whole rest."""
    NO_TAG = 1 << 35
    """No tag in From (8.1.1.3); RFC 2543 did without."""
