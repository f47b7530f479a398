"""A table of people, to ask for."""

from dataclasses import dataclass
from typing import Final

from sipcm.select.field import Field, Table
from sipcm.select.kinds import (
    ADDRESS,
    FLAG,
    MILLISECONDS,
    NUMBER,
    SECONDS,
    STATUS,
    TEXT,
    TIME,
    TOKEN,
    URI,
    words,
)


@dataclass(frozen=True)
class Person:
    """Somebody, of whom not everything has to be known."""

    name: bytes = b""
    uri: bytes = b""
    method: bytes = b""
    mood: int = 0
    host: bytes = b""
    age: int = -1
    waits: int = -1
    born: int = -1
    size: int = -1
    status: int = 0
    away: bool = False
    since: int = -1


MOODS: Final = ("?", "glad", "sad", "so so")

PEOPLE: Final = Table(
    "people",
    "name = Anna",
    (
        Field("name", TEXT, "how somebody is called", "o.name", ("person.name", "who")),
        Field("uri", URI, "where to call", "o.uri"),
        Field("method", TOKEN, "how to call", "o.method", (), "wire(o.method)"),
        Field(
            "mood",
            words({"glad": 1, "sad": 2, "so so": 3}),
            "how somebody is",
            "o.mood",
            (),
            "MOODS[o.mood]",
        ),
        Field("host", ADDRESS, "where somebody is", "o.host", (), "address(o.host)"),
        Field("age", SECONDS, "how old", "o.age"),
        Field("left", SECONDS, "how long it stays", "max(o.age - now, 0)", passes=True),
        Field("waits", MILLISECONDS, "how long", "o.waits"),
        Field("born", TIME, "since when", "o.born"),
        Field("size", NUMBER, "how big", "o.size", (), "str(o.size)"),
        Field("status", STATUS, "what was said", "o.status", (), "str(o.status)"),
        Field("away", FLAG, "whether nobody is there", "o.away"),
        Field("idle", SECONDS, "for how long", "now - o.since", (), "", True),
    ),
    {"MOODS": MOODS},
)
