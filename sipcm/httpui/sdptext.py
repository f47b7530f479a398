"""Session descriptions in a few words: which media, where to, in which codecs, and what changed."""

from collections.abc import Iterator
from typing import Any, Final

from sipcm.httpui.filters import wire
from sipcm.sip.sdp import Codec, Media, SessionDescription

MOST_STREAMS: Final = 8
MOST_CODECS: Final = 16
"""Streams of a description, and codecs of a stream, that are shown; others are counted."""


def streams(description: SessionDescription) -> list[dict[str, Any]]:
    """Return the streams of *description*, as JSON."""
    return [_stream(media) for media in description.media[:MOST_STREAMS]]


def more(description: SessionDescription) -> int:
    """Return how many streams of *description* are not shown."""
    return max(len(description.media) - MOST_STREAMS, 0) + description.more_media


def changes(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    """Return in words what is different *now* in the streams that somebody offers or takes."""
    found = []
    for number in range(max(len(before), len(now))):
        if number >= len(before):
            found.append(f"{now[number]['type']} added")
        elif number >= len(now):
            found.append(f"{before[number]['type']} gone")
        else:
            found += _differences(before[number], now[number])
    return found


def text(stream: dict[str, Any]) -> str:
    """Return a stream in one line."""
    if not stream["port"]:
        return f"{stream['type']} refused"
    codecs = " ".join(stream["codecs"]) or stream["protocol"]
    if "more_codecs" in stream:
        codecs = f"{codecs} ({stream['more_codecs']} more)"
    return (
        f"{stream['type']} {stream['address']} port {stream['port']} {codecs} {stream['direction']}"
    )


def _stream(media: Media) -> dict[str, Any]:
    connection = media.connection
    codecs = [_codec(codec) for codec in media.codecs[:MOST_CODECS]]
    more = len(media.codecs) - len(codecs) + (media.more_formats if media.codecs else 0)
    if more:
        codecs.append("...")
    return {
        "type": wire(media.type),
        "address": "" if connection is None else wire(connection.address),
        "port": media.port,
        "protocol": wire(media.protocol),
        "direction": wire(media.direction),
        "codecs": codecs,
        **({"more_codecs": more} if more else {}),
    }


def _codec(codec: Codec) -> str:
    return wire(codec.name) if codec.name else str(codec.payload_type)


def _differences(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for name in ("type", "address", "port", "direction", "codecs"):
        if before[name] != now[name]:
            yield f"{name} {_words(before[name])} \u2192 {_words(now[name])}"


def _words(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)
