"""The names of the numbers in the hot modules, for documents, pages and tests.

The hot modules use the bare numbers and never these.
"""

from enum import IntEnum

from sipcm.sip import message, payload, scanner
from sipcm.sip.wording import REASONS


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
        return REASONS[self]
