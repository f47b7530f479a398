"""A message as bytes with any header lines, and what parse() makes of it."""

from sipcm.sip.parser import parse
from sipcm.sip.sipmessage import SipMessage

HEAD = b"INVITE sip:b@x SIP/2.0\r\n"
IDENTITY = (
    b"Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
    b"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
)


def message(*lines: bytes, head: bytes = HEAD, body: bytes = b"") -> bytes:
    return head + IDENTITY + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def parsed(data: bytes) -> SipMessage:
    result = parse(data)
    assert isinstance(result, SipMessage), result
    return result


def every_field(message: SipMessage) -> list[object]:
    """Ask for everything that a message can tell."""
    names = [name for name in dir(SipMessage) if not name.startswith("_")]
    return [getattr(message, name) for name in names]
