"""Turn the bytes of one SIP message into a value that holds all of it, or say why they cannot be.

For pages, injected messages and tests; the packet path uses the scanner alone.
"""

from dataclasses import dataclass
from typing import Final

from sipcm.sip.message import Message
from sipcm.sip.names import Reason
from sipcm.sip.quirk import Quirk
from sipcm.sip.scanner import scan
from sipcm.sip.sipmessage import SipMessage

__all__ = ["ParseError", "Quirk", "Reason", "SipMessage", "parse"]

MOST_EXCERPT: Final = 60


@dataclass(frozen=True, slots=True)
class ParseError:
    """A message that cannot be read: why, where, and the line from its begin, at most 60 bytes."""

    reason: Reason
    offset: int
    excerpt: bytes


def parse(data: bytes) -> SipMessage | ParseError:
    """Read *data*, one whole message; never raises, whatever it is."""
    message = Message()
    reason = scan(data, 0, len(data), message)
    if reason:
        return ParseError(Reason(reason), message.error_at, _excerpt(data, message.error_at))
    return SipMessage(message)


def _excerpt(data: bytes, offset: int) -> bytes:
    """Return the line that holds the last byte before *offset*, cut to a handy length."""
    read = data[:offset].rstrip(b"\r\n")
    line_at = max(read.rfind(b"\r"), read.rfind(b"\n")) + 1
    lines = data[line_at:].lstrip(b"\r\n")[:MOST_EXCERPT].splitlines()
    return lines[0] if lines else b""
