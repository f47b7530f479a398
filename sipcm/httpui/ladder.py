"""Lay messages out as a ladder: who sends to whom in columns, one row a message, time downwards.

A pure function from messages to places; :mod:`sipcm.httpui.laddersvg` and
:mod:`sipcm.httpui.laddertext` draw them. Texts are printable here already. What does not fit is
counted: of endpoints all but the first share the last column, and of messages it is said how many
are left out before and behind, and how many are gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import east_asian_width

from sipcm.export.endpointtext import endpoint_text

MOST_COLUMNS: Final = 12
"""Columns of a ladder; endpoints beyond share the last one."""

End = tuple[bytes, int]
"""An endpoint: its address, 4 or 16 bytes, and its port."""

_NOBODY: Final[Mapping[End, str]] = {}


class Kind(StrEnum):
    """What a message is, as far as it is drawn differently."""

    REQUEST = "request"
    PROVISIONAL = "provisional"
    SUCCESS = "success"
    REDIRECTION = "redirection"
    CHALLENGE = "challenge"
    FAILURE = "failure"


class Fate(StrEnum):
    """What became of a message; all but news are drawn differently."""

    NEWS = "news"
    REPEAT = "retransmission"
    COPY = "copy"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to draw.

    ``order`` tells it from all others, ``number`` counts those of the ladder from 1, ``call`` is
    the number of its call. ``timestamp`` is nanoseconds since 1970. ``label`` is its method or
    status, ``detail`` what is said of it beside.
    """

    order: int
    number: int
    call: int
    timestamp: int
    source: End
    destination: End
    transport: str
    label: str
    detail: str
    kind: Kind
    fate: Fate


@dataclass(frozen=True, slots=True)
class Column:
    """An endpoint, or several: ``host`` and ``port`` as text, and what is known of the product.

    ``peer`` is the name that the operator gave its network, empty where it has none.
    """

    host: str
    port: str
    agent: str
    peer: str = ""

    @property
    def named(self) -> str:
        """Who it is, in words."""
        return f"{self.peer} {self.host} {self.port}".lstrip()


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message in its row, from column to column; both are the same where one sends to itself.

    ``since_begin`` and ``since_last`` are nanoseconds since the first message of all and since the
    one before; either may be negative, since packets are not always captured in order.
    """

    sent: Sent
    begin: int
    end: int
    since_begin: int
    since_last: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """Columns from left to right, and arrows from the top down.

    ``before`` and ``behind`` count messages that are not drawn, ``gone`` those that are not kept
    any more; these were the first, and where it is not ``whole`` there may have been others.
    """

    columns: tuple[Column, ...]
    arrows: tuple[Arrow, ...]
    before: int = 0
    behind: int = 0
    gone: int = 0
    whole: bool = True


MARKS: Final = {Fate.NEWS: "", Fate.REPEAT: "again", Fate.COPY: "copy", Fate.LATE: "late"}
"""What is written at a message that is no news."""


def lay_out(
    ends: Iterable[End],
    shown: Sequence[Sent],
    agents: Mapping[End, str],
    *,
    peers: Mapping[End, str] = _NOBODY,
    begin: int,
    last: int | None = None,
    before: int = 0,
    behind: int = 0,
    gone: int = 0,
    whole: bool = True,
) -> Ladder:
    """Lay out the messages *shown*, between *ends* in the order in which they appeared.

    *agents* are the products of endpoints, *peers* the names of their networks, where known. Times
    count from *begin*, and from *last* for the first message, where one was before it.
    """
    places: dict[End, int] = {}
    for end in [*ends, *(end for sent in shown for end in (sent.source, sent.destination))]:
        places.setdefault(end, len(places))
    shared = MOST_COLUMNS - 1 if len(places) > MOST_COLUMNS else len(places)
    columns = [
        _column(end, agents.get(end, ""), peers.get(end, "")) for end in list(places)[:shared]
    ]
    if shared < len(places):
        columns.append(Column("others", f"{len(places) - shared} endpoints", ""))
    arrows = []
    for sent in shown:
        arrows.append(
            Arrow(
                sent,
                min(places[sent.source], shared),
                min(places[sent.destination], shared),
                sent.timestamp - begin,
                0 if last is None else sent.timestamp - last,
            )
        )
        last = sent.timestamp
    return Ladder(tuple(columns), tuple(arrows), before, behind, gone, whole)


def left_out(ladder: Ladder) -> list[str]:
    """Return lines that say what is not drawn."""
    lines = []
    if ladder.gone:
        lines.append(f"{_messages(ladder.gone)} not kept any more (-messages_mb)")
    elif not ladder.whole:
        lines.append("messages before these are not kept any more (-messages_mb)")
    if ladder.before:
        lines.append(f"{_messages(ladder.before)} before")
    if ladder.behind:
        lines.append(f"{_messages(ladder.behind)} behind")
    return lines


def cells(text: str) -> int:
    """Return how many places of a monospaced font *text* takes."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(char) in {"W", "F"} else 1 for char in text)


def clip(text: str, most: int) -> str:
    """Cut *text* to *most* places, with an ellipsis where something is left out."""
    if cells(text) <= most:
        return text
    kept: list[str] = []
    left = most - 1
    for char in text:
        left -= cells(char)
        if left < 0:
            break
        kept.append(char)
    return "".join(kept) + "\u2026" if most > 0 else ""


def seconds(nanoseconds: int) -> str:
    """Render a time in seconds, to the millisecond."""
    return f"{nanoseconds / 1_000_000_000:.3f}"


def _column(end: End, agent: str, peer: str) -> Column:
    address, port = end
    host, _, _ = endpoint_text(address, port).rpartition(":")
    return Column(host or "unknown", str(port), agent, peer)


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"
