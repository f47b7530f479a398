"""Events as tables for people: what became of the calls, and what happened when.

This is what ``-show`` prints. Everything from the wire is made printable first.
"""

from collections.abc import Iterable, Iterator, Sequence

from sipcm.export.endpointtext import endpoint_text
from sipcm.export.timetext import clock_text
from sipcm.state import calls, events
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.reporter import IMPLIED_END

WIDEST = 40
"""Columns are cut to this many characters."""

CALL_HEAD = ("time (UTC)", "from", "to", "result", "ring", "duration", "ended by")
EVENT_HEAD = ("time (UTC)", "event", "status", "method", "from", "to", "call-id")

_CALL_TYPES = (events.CALL_START, events.CALL_END, events.CALL_ATTEMPT)


def call_table(happened: Iterable[Event]) -> str:
    """Render one line a call: those that began, ended or failed, in order of their beginning."""
    last: dict[tuple[bytes, bytes, bytes], Event] = {}
    for event in happened:
        if event.type in _CALL_TYPES or (event.type == events.AUTH_FAILED and _is_call(event)):
            last[event.call_id, event.from_tag, event.to_tag] = event
    ordered = sorted(last.values(), key=lambda event: int(event.created))
    return _table("Calls", CALL_HEAD, map(_call_row, ordered))


def event_table(happened: Iterable[Event]) -> str:
    """Render one line an event, in the order in which they came."""
    return _table("Events", EVENT_HEAD, map(_event_row, happened))


def printable(value: bytes) -> str:
    """Decode bytes from the wire for a terminal: nothing in it moves the cursor."""
    text = value.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _is_call(event: Event) -> bool:
    return event.method == b"INVITE"


def _call_row(event: Event) -> tuple[str, ...]:
    return (
        clock_text(event.created),
        printable(event.text(calls.FROM)),
        printable(event.text(calls.TO)),
        _result(event),
        _seconds(event.ring_time),
        _seconds(event.duration),
        events.ORIGINATOR_NAMES[event.originator],
    )


def _result(event: Event) -> str:
    if event.type == events.CALL_START:
        return "answered, not ended"
    if event.type == events.CALL_END and (event.started >= 0 or event.status == IMPLIED_END):
        return "answered" if event.started >= 0 else "ended, beginning not seen"
    return f"{event.status} {printable(event.reason)}"


def _event_row(event: Event) -> tuple[str, ...]:
    return (
        clock_text(event.timestamp),
        EVENT_NAMES[event.type],
        str(event.status or ""),
        printable(event.method),
        printable(event.text(calls.FROM)) or endpoint_text(event.client, event.client_port),
        printable(event.text(calls.TO)) or endpoint_text(event.server, event.server_port),
        printable(event.call_id or event.excerpt),
    )


def _seconds(nanoseconds: int) -> str:
    return "" if nanoseconds < 0 else f"{nanoseconds / 1_000_000_000:.3f} s"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cut = [[_cut(cell) for cell in row] for row in rows]
    if not cut:
        return f"{title}: none\n"
    widths = [max(map(len, column)) for column in zip(head, *cut, strict=True)]
    return "\n".join((f"{title}: {len(cut)}", *_lines(widths, [head, *cut]))) + "\n"


def _cut(cell: str) -> str:
    return cell if len(cell) <= WIDEST else f"{cell[: WIDEST - 1]}…"


def _lines(widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()
