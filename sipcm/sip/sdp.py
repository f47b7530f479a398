"""Read session descriptions: where media is to go and in which codecs (RFC 8866).

Tolerant: a line that cannot be read is passed over, any line end will do, and nothing raises. Of
lines, streams and formats so many are read as a description may have; of others it is counted how
many there are. It does not know what an offer or an answer is.
"""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sipcm.sip.bodypart import parse_parts
from sipcm.sip.mediatype import MediaType
from sipcm.sip.parameters import number
from sipcm.sip.via import HIGHEST_PORT

STATIC_CODECS: Final[dict[int, tuple[bytes, int, int]]] = {
    0: (b"PCMU", 8000, 1), 3: (b"GSM", 8000, 1), 4: (b"G723", 8000, 1), 5: (b"DVI4", 8000, 1),
    6: (b"DVI4", 16000, 1), 7: (b"LPC", 8000, 1), 8: (b"PCMA", 8000, 1), 9: (b"G722", 8000, 1),
    10: (b"L16", 44100, 2), 11: (b"L16", 44100, 1), 12: (b"QCELP", 8000, 1), 13: (b"CN", 8000, 1),
    14: (b"MPA", 90000, 1), 15: (b"G728", 8000, 1), 16: (b"DVI4", 11025, 1),
    17: (b"DVI4", 22050, 1), 18: (b"G729", 8000, 1), 25: (b"CelB", 90000, 1),
    26: (b"JPEG", 90000, 1), 28: (b"nv", 90000, 1), 31: (b"H261", 90000, 1),
    32: (b"MPV", 90000, 1), 33: (b"MP2T", 90000, 1), 34: (b"H263", 90000, 1),
}  # fmt: skip
"""Encoding name, clock rate and channels of the payload types that need no rtpmap (RFC 3551 6)."""

MOST_LINES: Final = 1000
MOST_MEDIA: Final = 16
MOST_FORMATS: Final = 128
"""Lines and streams of a description that are read, and formats of a stream: there are as many
payload types."""

MEDIA_TYPE: Final = b"application/sdp"
DIRECTIONS: Final = frozenset((b"sendrecv", b"sendonly", b"recvonly", b"inactive"))
USUAL_DIRECTION: Final = b"sendrecv"  # RFC 8866 6.7.1
_BEGIN: Final = b"v=0"
_MEDIA_LINE: Final = re.compile(rb"(?:\A|[\r\n])[ \t]*+m[ \t]*+=")

Attributes = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where media is to be sent (c=, RFC 8866 5.7): ``IP4`` or ``IP6``, and an address or name."""

    address_type: bytes
    address: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made the description and in which version (o=, RFC 8866 5.2)."""

    username: bytes
    session_id: bytes
    version: bytes
    address: bytes


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to encode media: an rtpmap (RFC 8866 6.6) and the parameters of an fmtp (6.15).

    ``name`` is empty and ``clock_rate`` 0 where neither an rtpmap nor RFC 3551 tells them.
    """

    payload_type: int
    name: bytes
    clock_rate: int
    channels: int
    parameters: bytes


@dataclass(frozen=True, slots=True)
class Media:
    """One stream (m=, RFC 8866 5.14), with what the session says where it says nothing itself.

    ``type`` is ``audio`` or the like, ``protocol`` ``RTP/AVP`` or the like. A ``port`` of 0 refuses
    the stream (RFC 3264 6). ``formats`` are what the line says: payload types where RTP is used,
    which ``codecs`` tells more of. ``attributes`` are its own. ``more_formats`` were not read.
    """

    type: bytes
    port: int
    ports: int
    protocol: bytes
    formats: tuple[bytes, ...]
    connection: Connection | None
    direction: bytes
    codecs: tuple[Codec, ...]
    attributes: Attributes
    more_formats: int = 0


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A session: its name and origin, what holds for all streams, and the streams in order.

    ``more_media`` are lines of streams that were not read.
    """

    name: bytes
    origin: Origin | None
    connection: Connection | None
    direction: bytes
    attributes: Attributes
    media: tuple[Media, ...]
    more_media: int = 0


class _Section:
    """The lines of the session, or of one stream, as they come."""

    __slots__ = ("attributes", "connection", "line")

    def __init__(self, line: bytes) -> None:
        self.line = line
        self.connection: Connection | None = None
        self.attributes: list[tuple[bytes, bytes]] = []

    def direction(self, otherwise: bytes) -> bytes:
        """Return the last direction that is told here, for a later one overrides."""
        told = (name for name, _ in reversed(self.attributes) if name in DIRECTIONS)
        return next(told, otherwise)


def find_sdp(media_type: MediaType | None, body: bytes) -> SessionDescription | None:
    """Return the description that a body is, or that is one of its parts (RFC 5621 3.1).

    A body of which no type is told is one if it begins like one.
    """
    if media_type is None:
        return parse_sdp(body) if body.startswith(_BEGIN) else None
    if media_type.type == b"multipart":
        boundary = media_type.boundary
        parts = parse_parts(body, boundary) if boundary else []
        contents = (part.content for part in parts if part.media_type.name == MEDIA_TYPE)
        found = next(contents, None)
        return None if found is None else parse_sdp(found)
    return parse_sdp(body) if media_type.name == MEDIA_TYPE else None


def parse_sdp(body: bytes) -> SessionDescription:
    """Return what can be read in *body*; of no session description an empty one."""
    sections = [_Section(b"")]
    name = b""
    origin: Origin | None = None
    lines = body.splitlines()
    cut = len(lines) > MOST_LINES
    for line in islice(lines, MOST_LINES):
        kind, equal, value = line.partition(b"=")
        kind, value = kind.strip(), value.strip(b" \t")
        section = sections[-1]
        if not equal:
            continue
        if kind == b"m":
            if len(sections) > MOST_MEDIA:
                cut = True
                break
            sections.append(_Section(value))
        elif kind == b"c":
            section.connection = section.connection or _connection(value)
        elif kind == b"a":
            attribute, _, rest = value.partition(b":")
            section.attributes.append((attribute.strip(), rest.strip(b" \t")))
        elif kind == b"o":
            origin = origin or _origin(value)
        elif kind == b"s":
            name = name or value
    session, *streams = sections
    media = (_media(stream, session) for stream in streams)
    return SessionDescription(
        name=name,
        origin=origin,
        connection=session.connection,
        direction=session.direction(USUAL_DIRECTION),
        attributes=tuple(session.attributes),
        media=tuple(stream for stream in media if stream is not None),
        more_media=len(_MEDIA_LINE.findall(body)) - len(streams) if cut else 0,
    )


def _connection(value: bytes) -> Connection | None:
    words = value.split()
    if len(words) < 3:
        return None
    return Connection(words[1], words[2].partition(b"/")[0])


def _origin(value: bytes) -> Origin | None:
    words = value.split()
    if len(words) < 6:
        return None
    return Origin(words[0], words[1], words[2], words[5])


def _media(stream: _Section, session: _Section) -> Media | None:
    words = stream.line.split(None, 3 + MOST_FORMATS)
    if len(words) < 3:
        return None
    port, _, ports = words[1].partition(b"/")
    first = number(port, HIGHEST_PORT)
    if first is None:
        return None
    formats = tuple(words[3 : 3 + MOST_FORMATS])
    more = words[3 + MOST_FORMATS :]
    return Media(
        type=words[0].lower(),
        port=first,
        ports=number(ports, HIGHEST_PORT) or 1,
        protocol=words[2],
        formats=formats,
        connection=stream.connection or session.connection,
        direction=stream.direction(session.direction(USUAL_DIRECTION)),
        codecs=_codecs(words[2], formats, stream.attributes),
        attributes=tuple(stream.attributes),
        more_formats=len(more[0].split()) if more else 0,
    )


def _codecs(
    protocol: bytes, formats: tuple[bytes, ...], attributes: list[tuple[bytes, bytes]]
) -> tuple[Codec, ...]:
    """Return a codec for each payload type among *formats*, in the order of preference.

    They are payload types where RTP is used, or an rtpmap takes them for some.
    """
    maps: dict[int, bytes] = {}
    parameters: dict[int, bytes] = {}
    for name, value in attributes:
        if name in (b"rtpmap", b"fmtp"):
            text, _, rest = value.partition(b" ")
            payload_type = number(text, 127)
            if payload_type is not None:
                table = maps if name == b"rtpmap" else parameters
                table.setdefault(payload_type, rest.strip(b" \t"))
    if not maps and b"RTP/" not in protocol.upper():
        return ()
    numbers = (number(text, 127) for text in formats)
    return tuple(
        _codec(payload_type, maps.get(payload_type), parameters.get(payload_type, b""))
        for payload_type in numbers
        if payload_type is not None
    )


def _codec(payload_type: int, rtpmap: bytes | None, parameters: bytes) -> Codec:
    """Return a codec by its rtpmap: name, rate, and channels where there are more than one."""
    if rtpmap is None:
        name, rate, channels = STATIC_CODECS.get(payload_type, (b"", 0, 1))
        return Codec(payload_type, name, rate, channels, parameters)
    words = [word.strip(b" \t") for word in rtpmap.split(b"/", 2)]
    told = [*words, b"", b""]
    return Codec(payload_type, told[0], number(told[1]) or 0, number(told[2]) or 1, parameters)
