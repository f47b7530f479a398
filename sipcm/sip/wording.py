"""Words for the numbers in the hot modules, for counters, statistics and JSON."""

from sipcm.annotation import Final
from sipcm.sip import scanner
from sipcm.sip.method import METHOD_NAMES

METHODS: Final = ["UNDEF", *(name.decode() for name in METHOD_NAMES[1:-1]), "OTHER"]
"""The methods by their numbers, in the order of the statistics."""

REASONS: Final[dict[int, str]] = {
    0: "no error",
    1: "end of header",
    scanner.EMPTY_HEADER: "empty header",
    3: "more bytes needed",
    4: "more header values present",
    5: "CR expected",
    scanner.INVALID_CHARACTER: "invalid character in header",
    7: "error parsing header parameter",
    scanner.BAD_HEADER: "bad header",
    9: "header value is not a number",
    10: "header value is too long",
    11: "bad header value",
    scanner.NUMBER_TOO_BIG: "numeric header value too big",
    scanner.TRUNCATED: "incomplete/truncated data",
    14: "no Content-Length header in message",
    15: "internal BUG while parsing header",
    16: "error conversion BUG",
    17: "too many values for the header",
    scanner.BAD_START_LINE: "bad start line",
    scanner.BAD_STATUS: "bad status code",
}
"""What people are told of why a message cannot be read, by its number.

0 to 17 are the numbers and texts of the Go original.
"""
