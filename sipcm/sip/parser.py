"""Turn one SIP message into a value that holds all of it.

For pages, injected messages and tests; the packet path uses the scanner alone. What the scanner
decides (start line, Call-ID, CSeq, tags, where the body begins) is taken from it and not read a
second time. Beside that every header is read, and every violation noticed is flagged.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sipcm.sip.address import Address, parse_address
from sipcm.sip.grammar import LINE_FEED, TOKEN, canonical_name, split_list, unfold
from sipcm.sip.message import MISSING_CSEQ, MISSING_FROM, MISSING_TO, Message
from sipcm.sip.names import Reason
from sipcm.sip.quirk import Quirk
from sipcm.sip.scanner import scan

MOST_EXCERPT: Final = 60

_ADDRESSES: Final = frozenset(
    (b"Contact", b"From", b"P-Asserted-Identity", b"Record-Route", b"Route", b"To")
)
_ONCE: Final = frozenset(
    (b"Call-ID", b"Content-Length", b"Content-Type", b"CSeq", b"Expires")
).union((b"From", b"Max-Forwards", b"To"))
_NEVER_EMPTY: Final = _ONCE | _ADDRESSES | {b"Via"}
_MOST: Final = {b"Expires": 2**32 - 1, b"Max-Forwards": 255}
"""The highest value of headers that are a number (RFC 3261 20.19, 20.22)."""

_NAME: Final = re.compile(TOKEN + rb"++\Z")
_URI: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*+:[!#-;=?-~\x80-\xff]++\Z")
_CONTROL: Final = re.compile(rb"(?<!\\)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STRAY_CR: Final = re.compile(rb"\r[^\r\n]")


@dataclass(frozen=True, slots=True)
class ParseError:
    """A message that cannot be read: why, where, and the line from its begin, at most 60 bytes."""

    reason: Reason
    offset: int
    excerpt: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """One header field: its name as written and as the RFC writes it, its value on one line.

    A line without a colon has no name and is all value.
    """

    name: bytes
    canonical_name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class CSeq:
    """The number and the method of a transaction (RFC 3261 20.16)."""

    number: int
    method: bytes


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A SIP request or response.

    ``status`` is 0 for a request, ``method`` of a response that of its CSeq. ``body`` ends where
    Content-Length says, or with the datagram. ``from_``, ``to`` and ``cseq`` are None when absent.
    """

    version: bytes
    method: bytes
    request_uri: bytes
    status: int
    reason_phrase: bytes
    call_id: bytes
    from_: Address | None
    to: Address | None
    cseq: CSeq | None
    expires: int | None
    content_length: int | None
    headers: tuple[Header, ...]
    body: bytes
    quirks: Quirk

    @property
    def is_request(self) -> bool:
        """Tell whether this is a request."""
        return self.status == 0

    def header(self, name: bytes) -> bytes | None:
        """Return the value of the first header *name* (any case, or compact), None without one."""
        return next(iter(self.all(name)), None)

    def all(self, name: bytes) -> list[bytes]:
        """Return the values of all headers *name* (any case, or compact) in order."""
        return _values(self.headers, canonical_name(name))

    def elements(self, name: bytes) -> list[bytes]:
        """Return the values of all headers *name*, split at their commas, in order."""
        return [element for value in self.all(name) for element in split_list(value)]

    @property
    def contacts(self) -> list[Address]:
        """The addresses in all Contact headers; the URI may be ``*`` (RFC 3261 10.2.2)."""
        return [parse_address(element) for element in self.elements(b"Contact")]

    @property
    def via(self) -> list[bytes]:
        """The hops back to the sender of the request, the nearest first."""
        return self.elements(b"Via")


def parse(data: bytes) -> SipMessage | ParseError:
    """Read *data*, one whole message; never raises, whatever it is."""
    message = Message()
    reason = scan(data, 0, len(data), message)
    if reason:
        return ParseError(Reason(reason), message.error_at, _excerpt(data, message.error_at))
    start_line = data[: message.headers_at].split()
    headers = _read_headers(message)
    length, available = message.content_length, len(data) - message.body_at
    return SipMessage(
        version=start_line[0 if message.status else -1],
        method=message.method_name(),
        request_uri=message.request_uri(),
        status=message.status,
        reason_phrase=message.reason_phrase(),
        call_id=message.call_id,
        from_=None if message.missing & MISSING_FROM else parse_address(message.first(b"From")),
        to=None if message.missing & MISSING_TO else parse_address(message.first(b"To")),
        cseq=None if message.missing & MISSING_CSEQ else _cseq(message),
        expires=None if message.expires() < 0 else message.expires(),
        content_length=None if length < 0 else length,
        headers=headers,
        body=data[message.body_at :][: available if length < 0 else length],
        quirks=Quirk(message.quirks) | _check_head(message) | _check_headers(headers)
        | (Quirk.BODY_SHORT if length > available else Quirk(0))
        | (Quirk.TRAILING_BYTES if 0 <= length < available else Quirk(0)),
    )  # fmt: skip


def _excerpt(data: bytes, offset: int) -> bytes:
    """Return the line that holds the last byte before *offset*, cut to a handy length."""
    read = data[:offset].rstrip(b"\r\n")
    line_at = max(read.rfind(b"\r"), read.rfind(b"\n")) + 1
    lines = data[line_at:].lstrip(b"\r\n")[:MOST_EXCERPT].splitlines()
    return lines[0] if lines else b""


def _cseq(message: Message) -> CSeq:
    return CSeq(message.cseq, message.first(b"CSeq").split()[1])


def _read_headers(message: Message) -> tuple[Header, ...]:
    """Return every header; a last line that the end of the datagram cuts off is none."""
    ends = message.line_ends
    lines = re.compile(b"(%b)%b" % (ends.value, ends.rest))
    found = lines.finditer(message.buffer, message.headers_at, message.headers_end)
    return tuple(_read_header(line[1]) for line in found)


def _read_header(line: bytes) -> Header:
    name, colon, value = line.partition(b":")
    name = name.rstrip(b" \t")
    if not colon or b"\r" in name or b"\n" in name:  # no fold may come before the colon
        return Header(b"", b"", unfold(line))
    return Header(name, canonical_name(name), unfold(value))


def _values(headers: Iterable[Header], name: bytes) -> list[bytes]:
    wanted = name.lower()
    return [header.value for header in headers if header.canonical_name.lower() == wanted]


def _check_head(message: Message) -> Quirk:
    """Return the violations in the start line, and in the bytes of it and the headers."""
    head = message.buffer[: message.headers_end]
    stray_cr = message.line_ends is LINE_FEED and _STRAY_CR.search(head)
    quirks = Quirk.CONTROL if stray_cr or _CONTROL.search(head) else Quirk(0)
    if message.quirks & Quirk.NO_EMPTY_LINE and not head.endswith((b"\r", b"\n")):
        quirks |= Quirk.CUT_LINE
    if not message.status and not _URI.match(message.request_uri()):
        quirks |= Quirk.BAD_URI
    try:
        head.decode()
    except UnicodeDecodeError:
        quirks |= Quirk.NOT_UTF8
    return quirks


def _check_headers(headers: tuple[Header, ...]) -> Quirk:
    """Return the violations that single headers show, and headers that stand there twice."""
    quirks = Quirk(0)
    seen: set[bytes] = set()
    for header in headers:
        name = header.canonical_name
        if not header.name:
            quirks |= Quirk.NO_COLON
        elif not _NAME.match(header.name):
            quirks |= Quirk.BAD_NAME
        if name in seen and name in _ONCE:
            quirks |= Quirk.DUPLICATE
        seen.add(name)
        if not header.value:
            quirks |= Quirk.EMPTY_VALUE if name in _NEVER_EMPTY else Quirk(0)
        elif name in _ADDRESSES and not _are_addresses(header):
            quirks |= Quirk.BAD_ADDRESS
        elif name in _MOST and not _is_number(header.value, _MOST[name]):
            quirks |= Quirk.BAD_NUMBER
    return quirks


def _are_addresses(header: Header) -> bool:
    once = header.canonical_name in _ONCE
    elements = [header.value] if once else split_list(header.value)
    return all(parse_address(element).well_formed for element in elements)


def _is_number(value: bytes, most: int) -> bool:
    return value.isdigit() and len(value) <= 10 and int(value) <= most
