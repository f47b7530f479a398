"""Events as tables for people: what became of calls and registrations, and what happened when.

This is what ``-show`` prints. Everything from the wire is made printable first.
"""

from sipcm.annotation import Callable, Iterable, Iterator, Sequence
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.timetext import date_time_text
from sipcm.sip.message import INVITE
from sipcm.state import bindings, calls, callstate, events
from sipcm.state.bindings import Binding
from sipcm.state.calls import FORCED_TIMEOUT, FORK_CHILD, Call
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.reporter import IMPLIED_END, event_of

WIDEST = 40
"""Columns are cut to this many characters on a terminal."""

CALL_HEAD = ("time (UTC)", "from", "to", "result", "ring", "duration", "ended by", "call-id")
REGISTRATION_HEAD = ("since (UTC)", "user", "contact", "result", "lasted", "granted", "from")
EVENT_HEAD = ("time (UTC)", "event", "status", "method", "from", "to", "call-id")

_REGISTRATION_ENDS = {events.REG_DEL: "removed", events.REG_EXPIRED: "not refreshed"}

Choice = Callable[[Sequence[Event]], list[Event]]
"""Returns those of some events that are asked for."""

_CALL_TYPES = (events.CALL_START, events.CALL_END, events.CALL_ATTEMPT)

_GOES_ON = {
    callstate.INV_1ST: "no answer yet",
    callstate.INV_EARLY: "ringing",
    callstate.ESTABLISHED: "answered, not ended",
}
"""What is said of a call by its state, of which no event tells."""


def call_table(
    happened: Iterable[Event],
    held: Iterable[Call] = (),
    widest: int = 0,
    choice: Choice = list,
) -> str:
    """Render one line a call, in order of their beginning.

    Events tell of those that began, ended or failed, *held* are those that are still tracked.
    Columns are cut to *widest* characters, 0 does not cut. *choice* returns those of some events
    whose calls are shown: the last event of each, or what one would tell now.
    """
    last: dict[tuple[bytes, bytes, bytes], Event] = {}
    for event in happened:
        if event.type in _CALL_TYPES or (event.type == events.AUTH_FAILED and _is_call(event)):
            last[event.call_id, event.from_tag, event.to_tag] = event
    for call in filter(_is_told_apart, held):
        last.setdefault((call.call_id, call.from_tag, call.to_tag), _so_far(call))
    ordered = sorted(choice(list(last.values())), key=lambda event: int(event.created))
    return _table("Calls", CALL_HEAD, map(_call_row, ordered), widest)


def registration_table(
    happened: Iterable[Event],
    held: Iterable[Binding] = (),
    widest: int = 0,
    choice: Choice = list,
) -> str:
    """Render one line a registration, in order of their beginning.

    Events tell of those that ended, *held* are those that are still there; *choice* as above.
    """
    ended = choice([event for event in happened if event.type in _REGISTRATION_ENDS])
    rows = [
        (event.started if event.started >= 0 else event.timestamp, _ended_row(event))
        for event in ended
    ]
    rows += [
        (binding.began_packet, _held_row(binding))
        for binding in held
        if binding.announced and choice([_bound(binding)])
    ]
    ordered = (row for _, row in sorted(rows, key=lambda row: int(row[0])))
    return _table("Registrations", REGISTRATION_HEAD, ordered, widest)


def event_table(happened: Iterable[Event], widest: int = 0) -> str:
    """Render one line an event, in the order in which they came; *widest* as above."""
    return _table("Events", EVENT_HEAD, map(_event_row, happened), widest)


def printable(value: bytes) -> str:
    """Decode bytes from the wire for a terminal: nothing in it moves the cursor."""
    text = value.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _ended_row(event: Event) -> tuple[str, ...]:
    return (
        date_time_text(event.started) if event.started >= 0 else "before",
        printable(event.text(calls.TO)),
        printable(event.text(calls.CONTACT)),
        _REGISTRATION_ENDS[event.type],
        _seconds(event.duration),
        f"{event.expires} s" if event.expires >= 0 else "",
        endpoint_text(event.client, event.client_port),
    )


def _bound(binding: Binding) -> Event:
    """Return what an event of *binding* would tell now."""
    event = event_of(binding, events.EMPTY, binding.began_packet)
    event.started, event.expires = binding.began_packet, binding.expires
    return event


def _held_row(binding: Binding) -> tuple[str, ...]:
    return (
        date_time_text(binding.began_packet),
        printable(binding.text(bindings.TO)),
        printable(binding.text(bindings.CONTACT)),
        "being removed" if binding.leaving else "registered",
        "",
        f"{binding.expires} s",
        endpoint_text(*binding.client()),
    )


def _is_call(event: Event) -> bool:
    return event.method == b"INVITE"


def _is_told_apart(call: Call) -> bool:
    """Tell whether *call* is one of its own: a branch is not, nor one that another has answered."""
    family = call.family
    answered_elsewhere = family is not None and family.answered and call.answered < 0
    branch = call.flags & FORK_CHILD and call.answered < 0
    return call.method == INVITE and not answered_elsewhere and not branch


def _so_far(call: Call) -> Event:
    """Return what an event of *call* would tell now."""
    event = Event(events.EMPTY, call.created_packet, call)
    event.status, event.reason = call.status, call.reason
    return event


def _call_row(event: Event) -> tuple[str, ...]:
    cut_off = bool(event.call_flags & FORCED_TIMEOUT) and event.type == events.CALL_END
    return (
        date_time_text(event.created),
        printable(event.text(calls.FROM)),
        printable(event.text(calls.TO)),
        _GOES_ON[callstate.ESTABLISHED] if cut_off else _result(event),
        _seconds(event.ring_time),
        "" if cut_off else _seconds(event.duration),
        "" if cut_off else events.ORIGINATOR_NAMES[event.originator],
        printable(event.call_id),
    )


def _result(event: Event) -> str:
    if event.type == events.EMPTY and event.state in _GOES_ON:
        return _GOES_ON[event.state]
    if event.type == events.CALL_START:
        return "answered, not ended"
    if event.type == events.CALL_END and (event.started >= 0 or event.status == IMPLIED_END):
        return "answered" if event.started >= 0 else "ended, beginning not seen"
    return f"{event.status} {printable(event.reason)}"


def _event_row(event: Event) -> tuple[str, ...]:
    return (
        date_time_text(event.timestamp),
        EVENT_NAMES[event.type],
        str(event.status or ""),
        printable(event.method),
        printable(event.text(calls.FROM)) or endpoint_text(event.client, event.client_port),
        printable(event.text(calls.TO)) or endpoint_text(event.server, event.server_port),
        printable(event.call_id or event.excerpt),
    )


def _seconds(nanoseconds: int) -> str:
    return "" if nanoseconds < 0 else f"{nanoseconds / 1_000_000_000:.3f} s"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], widest: int) -> str:
    cut = [[_cut(cell, widest) for cell in row] for row in rows]
    if not cut:
        return f"{title}: none\n"
    widths = [max(map(len, column)) for column in zip(head, *cut, strict=True)]
    return "\n".join((f"{title}: {len(cut)}", *_lines(widths, [head, *cut]))) + "\n"


def _cut(cell: str, widest: int) -> str:
    return f"{cell[: widest - 1]}…" if 0 < widest < len(cell) else cell


def _lines(widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()
