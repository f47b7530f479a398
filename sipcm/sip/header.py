"""Read all header fields of a message that was scanned, each on one line."""

import re
import sys
from dataclasses import dataclass
from itertools import islice

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


def read_headers(message: Message, most: int = sys.maxsize) -> tuple[Header, ...]:
    """Return the headers, *most* of them; a last line that the datagram cuts off is none."""
    return tuple(
        _read_header(line[1]) for line in islice(_lines(message).finditer(*_place(message)), most)
    )


def count_headers(message: Message) -> int:
    """Return how many headers there are, which takes a small part of reading them."""
    return len(_lines(message).findall(*_place(message)))


def _lines(message: Message) -> re.Pattern[bytes]:
    ends = message.line_ends
    return re.compile(b"(%b)%b" % (ends.value, ends.rest))


def _place(message: Message) -> tuple[bytes, int, int]:
    return message.buffer, message.headers_at, message.headers_end


def _read_header(line: bytes) -> Header:
    name, colon, value = line.partition(b":")
    name = name.rstrip(b" \t")
    if not colon or b"\r" in name or b"\n" in name:  # no fold may come before the colon
        return Header(b"", b"", unfold(line))
    return Header(name, canonical_name(name), unfold(value))
