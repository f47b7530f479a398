"""Messages as bytes, the many ways to write the same one, and all that the scanner reads in one."""

import re
from collections.abc import Callable

from sipcm.sip.message import Message
from sipcm.sip.scanner import scan

FIELDS = (
    "status",
    "method",
    "method_token",
    "cseq",
    "call_id",
    "from_tag",
    "to_tag",
    "content_length",
    "missing",
    "quirks",
    "error_at",
)
POSITIONS = ("headers_at", "headers_end", "body_at")
SPANS = (("uri_at", "uri_end"), ("phrase_at", "phrase_end"))


def read(data: bytes, before: bytes = b"", after: bytes = b"") -> tuple[int, Message]:
    """Scan *data* where it lies between *before* and *after*."""
    message = Message()
    reason = scan(before + data + after, len(before), len(before) + len(data), message)
    return reason, message


def picture(reason: int, message: Message) -> dict[str, object]:
    """Return everything a message says, positions counted from its start."""
    seen: dict[str, object] = {name: getattr(message, name) for name in FIELDS}
    seen |= {name: getattr(message, name) - message.start for name in POSITIONS}
    asked = ("request_uri", "reason_phrase", "from_uri", "to_uri", "contact_uri", "user_agent")
    seen |= {name: getattr(message, name)() for name in asked}
    seen |= {"reason": reason, "expires": message.expires(), "identity": message.identity(0)}
    return seen


REGISTER = b"REGISTER sip:x SIP/2.0\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:a@x>\r\nCall-ID: c\r\n"


def scanned(*lines: bytes, line_end: bytes = b"\r\n", body: bytes = b"") -> Message:
    """Scan a REGISTER with these further header lines, in the middle of a block."""
    data = REGISTER + b"".join(line + b"\r\n" for line in (*lines, b"CSeq: 1 REGISTER")) + b"\r\n"
    data = data.replace(b"\r\n", line_end)
    block = b"Contact: <sip:before@x>\r\n" + data + body + b"\r\nContact: <sip:after@x>\r\n"
    message = Message()
    assert scan(block, 25, 25 + len(data + body), message) == 0
    return message


# What a message may look like and still be the same message.


def compact(data: bytes) -> bytes:
    forms = {
        b"From": b"f",
        b"To": b"t",
        b"Call-ID": b"i",
        b"Content-Length": b"l",
        b"Contact": b"m",
    }
    for name, form in forms.items():
        data = re.sub(rb"(?mi)^%b(?=[ \t]*:)" % name, form, data)
    return data


def folded(data: bytes) -> bytes:
    start_line, crlf, rest = data.partition(b"\r\n")
    return start_line + crlf + re.sub(rb"(?m)^([A-Za-z-]+ *:) *", rb"\1\r\n \t", rest)


def folded_at_the_end(data: bytes) -> bytes:
    start_line, crlf, rest = data.partition(b"\r\n")
    return start_line + crlf + re.sub(rb"(?m)^([A-Za-z-]+ *:[^\r\n]*)", rb"\1\r\n ", rest)


def other_case(data: bytes) -> bytes:
    start_line, crlf, rest = data.partition(b"\r\n")
    swapped = re.sub(rb"(?m)^([A-Za-z-]+)(?= *:)", lambda name: name[1].swapcase(), rest)
    return start_line + crlf + swapped


def junk_between(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\r\nCall-Info: <x>;tag=no\r\nno colon\r\n", 1)


def twice(data: bytes) -> bytes:
    late = (
        b"From: <sip:e@x>;tag=late\r\nt: <sip:e@x>;tag=late\r\nCall-ID: late\r\nCSeq: 77 LATE\r\n"
    )
    return data.replace(b"\r\n\r\n", b"\r\n" + late + b"l: 777\r\n\r\n", 1)


DRESSES: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "compact": compact,
    "folded": folded,
    "folded-at-the-end": folded_at_the_end,
    "other-case": other_case,
    "space-before-colon": lambda data: re.sub(rb"(?m)^([A-Za-z-]+):", rb"\1 \t:", data),
    "no-space-after-colon": lambda data: re.sub(rb"(?m)^([A-Za-z-]+):[ \t]+", rb"\1:", data),
    "trailing-space": lambda data: re.sub(rb"(?m)^([A-Za-z-]+ *:[^\r]*)\r", rb"\1 \t\r", data),
    "lf": lambda data: data.replace(b"\r\n", b"\n"),
    "lf-after-start-line": lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", 1),
    "crlf-after-start-line": lambda data: data.replace(b"\r\n", b"\n", 1),
    "cr": lambda data: data.replace(b"\r\n", b"\r"),
    "crlf-after-cr": lambda data: data.replace(b"\r\n", b"\r", 1),
    "crcrlf": lambda data: data.replace(b"\r\n", b"\r\r\n"),
    "junk-between": junk_between,
}
LINE_END_DRESSES = {"lf", "cr", "crlf-after-start-line", "crlf-after-cr", "crcrlf"}

REST = b"Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\nContent-Length: 0\r\n\r\n"
HEAD = b"INVITE sip:b@x SIP/2.0\r\n"
FROM = b"From: <sip:a@x>;tag=1\r\n"
TO = b"To: <sip:b@x>\r\n"
CALL_ID = b"Call-ID: c1\r\n"
CSEQ = b"CSeq: 1 INVITE\r\n"


def request(**changed: bytes) -> bytes:
    """Return an INVITE; a header given by keyword takes the place of the usual one."""
    usual = {"head": HEAD, "from_": FROM, "to": TO, "call_id": CALL_ID, "cseq": CSEQ, "rest": REST}
    return b"".join((usual | changed).values())


def with_from(value: bytes) -> bytes:
    return request(from_=b"From: " + value + b"\r\n")


def with_cseq(value: bytes) -> bytes:
    return request(cseq=b"CSeq: " + value + b"\r\n")


RESPONSE = (
    b"SIP/2.0 180 Ringing Now\r\nVia: SIP/2.0/UDP h\r\nt: Bob <sip:b@x>;tag=tt\r\n" + FROM + CALL_ID
) + b"CSeq: 4294967 INVITE\r\nContact: <sip:b@1.2.3.4:5061>\r\nContent-Length: 4\r\n\r\nbody"
