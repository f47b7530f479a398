"""Which face of a page a client gets: text, HTML, JSON or CSV.

``?format=`` goes first, then the Accept header (RFC 9110 12.5.1). Who accepts anything, as curl
does, gets text.
"""

from enum import StrEnum

from sipcm.httpui.query import BadParameterError
from sipcm.option import quote

MOST_RANGES = 32
"""Media ranges that are looked at in an Accept header."""


class Face(StrEnum):
    """A form of a page."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"
    CSV = "csv"


CONTENT_TYPES = {
    Face.TEXT: "text/plain",
    Face.HTML: "text/html",
    Face.JSON: "application/json",
    Face.CSV: "text/csv",
}

_BY_RANGE = {
    "*/*": Face.TEXT,
    "text/*": Face.TEXT,
    "application/*": Face.JSON,
    "application/xhtml+xml": Face.HTML,
    **{media_type: face for face, media_type in CONTENT_TYPES.items()},
}


def choose(asked: str, accept: str) -> Face:
    """Return the face that is *asked* for by name, or that *accept* prefers; text is the default.

    BadParameterError when *asked* is no name of one.
    """
    if asked:
        if asked not in list(Face):
            raise BadParameterError(f"format: {quote(asked)} is not one of {', '.join(Face)}")
        return Face(asked)
    best, face = 0.0, Face.TEXT
    for media_range in accept.split(",")[:MOST_RANGES]:
        name, *parameters = (part.strip().lower() for part in media_range.split(";"))
        weight = weight_of(parameters)
        if name in _BY_RANGE and weight > best:
            best, face = weight, _BY_RANGE[name]
    return face


def weight_of(parameters: list[str]) -> float:
    """Return the weight that the *parameters* of a media range have (RFC 9110 12.4.2)."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if weight <= 1 else 0.0
    return 1.0
