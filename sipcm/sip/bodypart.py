"""Take a multipart body apart: a session description often comes with something else (RFC 2046).

Nothing raises: what is not as it should be has fewer parts, or none.
"""

import re
from dataclasses import dataclass
from typing import Final

from sipcm.sip.grammar import LINE_FEED, unfold
from sipcm.sip.mediatype import MediaType, parse_media_type

MOST_PARTS: Final = 32
"""Parts of one body that are read; there are two or three."""

_CONTENT_TYPE: Final = LINE_FEED.header(b"Content-Type")
_EMPTY_LINE: Final = re.compile(rb"(?:\A|\n)\r?\n")


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part: its media type, ``text/plain`` where it names none, and its content."""

    media_type: MediaType
    content: bytes


def parse_parts(body: bytes, boundary: bytes) -> list[BodyPart]:
    """Return the parts between the lines of *boundary* (RFC 2046 5.1.1)."""
    line = re.compile(rb"(?:\A|\r?\n)--%b(--)?[ \t]*+(?=\r?\n|\Z)" % re.escape(boundary))
    parts: list[BodyPart] = []
    begin: int | None = None
    for found in line.finditer(body):
        if begin is not None:
            parts.append(_part(body[begin : found.start()]))
        begin = found.end()
        if found[1] is not None or len(parts) == MOST_PARTS:
            return parts
    if begin is not None:
        parts.append(_part(body[begin:]))
    return parts


def _part(text: bytes) -> BodyPart:
    text = text.removeprefix(b"\r").removeprefix(b"\n")
    head = _EMPTY_LINE.search(text)
    if head is None:
        return BodyPart(parse_media_type(b"text/plain"), text)
    found = _CONTENT_TYPE.search(b"\n" + text[: head.end()])
    media_type = parse_media_type(unfold(found[1]) if found else b"text/plain")
    return BodyPart(media_type, text[head.end() :])
