"""Read all header fields of a message that was scanned, each on one line."""

import re
from dataclasses import dataclass

from sipcm.sip.grammar import canonical_name, unfold
from sipcm.sip.message import Message


@dataclass(frozen=True, slots=True)
class Header:
    """One header field: its name as written and as the RFC writes it, its value on one line.

    A line without a colon has no name and is all value.
    """

    name: bytes
    canonical_name: bytes
    value: bytes


def read_headers(message: Message) -> tuple[Header, ...]:
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
