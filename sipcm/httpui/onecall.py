"""The page of one call: what became of it, its ladder and its messages; and its files."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from sipcm.export.callcapture import capture
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.ndjson import document
from sipcm.export.tables import printable
from sipcm.export.timetext import date_time_text, rfc3339
from sipcm.httpui import callfacts, ladder, laddersvg, laddertext
from sipcm.httpui.callsearch import Found, find, first_message, numbers_of, read_number
from sipcm.httpui.filters import headers, wire
from sipcm.httpui.ladder import End, Fate, Ladder, Sent
from sipcm.httpui.page import File, Page, RefusedError, See
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import Query
from sipcm.httpui.sentmessages import Descriptions, Media, Read
from sipcm.log import escape
from sipcm.run import Run
from sipcm.select.texts import meant
from sipcm.state.events import TRANSPORT_NAMES, Event
from sipcm.state.messages import COPY, REPEAT, KeptMessage

PATH: Final = "/calls/"

USUAL: Final = 100
MOST: Final = 500
"""Messages that are shown unless said otherwise, and at most."""

MOST_READ: Final = 2000
"""Messages of a call that are read for products, media and times."""

MOST_MEDIA: Final = 50
MOST_SHOWN_EVENTS: Final = 100
MOST_PRODUCTS: Final = 16

BETWEEN_LOOKS: Final = 4
"""Messages that are made JSON between two looks at the clock: of each up to 16 kB are in it."""

_PARAMETERS: Final = ("legs", "n", "raw", "s", "width")
_TEXT_WIDTH: Final = 16


@dataclass(slots=True)
class Overall:
    """What is told by all messages of a call: who takes part, by what, and how many were which.

    ``ends`` has the names of the endpoints' networks, empty where they have none.
    """

    ends: dict[End, str] = field(default_factory=dict)
    transports: set[str] = field(default_factory=set)
    fates: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class Told:
    """A call as it is shown: what was found of it, read, and laid out; ``read`` is its begin."""

    found: Found
    all: Overall
    read: list[Read]
    shown: list[Read]
    following: int | None
    event: Event
    outcome: str
    ladder: Ladder
    media: list[Media]
    products: dict[End, str]


async def show(run: Run, query: Query) -> Page:
    """Show the call whose number stands in the address."""
    width, raw = _in_text(query)
    told = await _tell(run, query)
    number = told.found.number
    following = None
    if told.following is not None:
        end = f".{query.suffix}" if query.suffix else ""
        following = f"{_path(run, number)}{end}?{urlencode(query.pairs(s=told.following))}"
    legs = [_leg(run, leg) for leg in told.found.legs]
    data = await _data(run, told, legs, following)
    extra = {
        "call": data,
        "path": _path(run, number),
        "query": urlencode(query.pairs(("format",))),
        "drawing": laddersvg.draw(told.ladder, title=_title(number), linked=True),
        "rows": _rows(run, told, data["timing"]),
        "media": [(one, one.texts()) for one in told.media],
        "left_out": ladder.left_out(told.ladder),
        "together": query.switch("legs"),
        "all_shown": told.shown,
        "why_none": _why_none(told),
    }
    return Page(
        _title(number),
        "call.html",
        data,
        "",
        extra=extra,
        headers=headers(len(told.found.messages), following),
        rest=lambda: (f"{line}\n" for line in _text(run, told, data, following, width, raw=raw)),
    )


async def by_call_id(run: Run, query: Query) -> Page | See:
    """Lead to the call with the Call-ID that is asked for; where there are several, list them."""
    query.refuse_others(("cid",))
    call_id = query.text("cid")
    numbers = []
    for known in meant(call_id) if call_id else ():
        numbers += await numbers_of(run, known)
    if call_id and not numbers:
        raise RefusedError(404, f"no call with Call-ID {escape(call_id)} is known")
    if len(numbers) == 1:
        return See(_path(run, numbers[0]))
    calls = [_leg(run, number) for number in numbers[:MOST]]
    lines = [_leg_line(call) for call in calls] or [
        f"{run.base}{PATH}id?cid=CALL-ID leads to its call"
    ]
    return Page(
        "Call by Call-ID",
        "call_by_id.html",
        {"call_id": call_id, "matched": len(numbers), "calls": calls},
        "".join(f"{line}\n" for line in lines),
    )


async def as_capture(run: Run, query: Query) -> File:
    """Give the packets of the call."""
    query.refuse_others(("legs",))
    found = await find(run, read_number(query.place), legs=query.switch("legs"))
    if not found.messages:
        raise RefusedError(404, _none_kept(found))
    return File(
        capture(found.messages),
        "application/x-pcapng",
        f"call-{found.number}.pcap",
        attached=True,
        held=len(found.messages),
    )


async def as_drawing(run: Run, query: Query) -> File:
    """Give the ladder as a drawing."""
    _in_text(query)  # it takes what the page takes
    told = await _tell(run, query)
    if not told.found.messages:
        raise RefusedError(404, _none_kept(told.found))
    parts = laddersvg.document(told.ladder, title=_title(told.found.number))
    content = (part.encode() for part in parts)
    return File(content, "image/svg+xml", f"call-{told.found.number}.svg")


def _in_text(query: Query) -> tuple[int, bool]:
    """Return how wide the text is, and whether it has the messages; BadParameterError."""
    query.refuse_others(_PARAMETERS)
    width = query.number("width", laddertext.USUAL, laddertext.LEAST, laddertext.MOST)
    return width, query.switch("raw")


async def _tell(run: Run, query: Query) -> Told:
    """Find the call that is asked for, read its messages, and lay out those to show."""
    number = read_number(query.place)
    most = query.number("n", USUAL, 1, MOST)
    start = query.number("s", 0, 0, (1 << 63) - 1)
    found = await find(run, number, legs=query.switch("legs"))
    first = bisect_left(found.messages, start, key=lambda kept: int(kept.order))
    read = [_read(found, at) for at in range(min(MOST_READ, len(found.messages)))]
    last = min(first + most, len(found.messages))
    shown = read[first:last] + [
        _read(found, at) for at in range(max(first, len(read)), max(last, len(read)))
    ]
    overall = await _overall(run, found.messages)
    products = await _products(read, shown)
    # What is told of the very call goes before what is told of those that forked with it.
    own = [event for _, event in found.events if event.number == number]
    happened = own or [event for _, event in found.events]
    event = _event(run, found, happened, read)
    if event.duration < 0 and own:  # it has ended, and is followed a little longer
        event.duration = own[-1].duration
    left_out = int(run.pipeline.ring.rates.left_out())
    return Told(
        found,
        overall,
        read,
        shown,
        int(found.messages[last].order) if last < len(found.messages) else None,
        event,
        callfacts.outcome(happened, found.call, event, left_out=left_out > 0),
        _laid_out(found, overall, products, shown, first),
        await _media(read),
        products,
    )


async def _overall(run: Run, messages: Sequence[KeptMessage]) -> Overall:
    overall = Overall()
    with Turns() as turns:
        for kept in messages:
            for end in (
                (kept.source, int(kept.source_port)),
                (kept.destination, int(kept.destination_port)),
            ):
                if end not in overall.ends:
                    overall.ends[end] = run.peer(end[0])
            overall.transports.add(TRANSPORT_NAMES.get(kept.protocol, "-"))
            overall.fates[int(kept.fate)] += 1
            if turns.over():
                await turns.next()
    return overall


async def _products(read: Sequence[Read], shown: Sequence[Read]) -> dict[End, str]:
    """Return what those who sent the messages *read* say that they are.

    Messages remember what was read in them: after this those *shown* cost little.
    """
    products: dict[End, str] = {}
    with Turns(1) as turns:
        for one in (*read, *shown):
            product = escape(one.product) if one.label else ""
            if product and one.fate != Fate.COPY:
                products.setdefault(one.source, product)
            if turns.over():
                await turns.next()
    return products


async def _media(read: Sequence[Read]) -> list[Media]:
    """Return the first that the messages *read* say of media."""
    media: list[Media] = []
    descriptions = Descriptions()
    with Turns(BETWEEN_LOOKS) as turns:
        for one in read:
            news = descriptions.news(one)
            if news is not None:
                media.append(news)
            if len(media) == MOST_MEDIA:
                break
            if turns.over():
                await turns.next()
    return media


def _event(run: Run, found: Found, happened: Sequence[Event], read: Sequence[Read]) -> Event:
    """Return an event that tells of the call: from the table, or from what else there is."""
    if found.call is not None:
        return callfacts.so_far(found.call, run.pipeline.clock)
    return happened[-1] if happened else callfacts.read_from(read)


def _laid_out(
    found: Found,
    overall: Overall,
    products: dict[End, str],
    shown: Sequence[Read],
    first: int,
) -> Ladder:
    messages = found.messages
    return ladder.lay_out(
        overall.ends,
        [_sent(found, one) for one in shown],
        products,
        peers=overall.ends,
        begin=int(messages[0].timestamp) if messages else 0,
        last=int(messages[first - 1].timestamp) if 0 < first < len(messages) else None,
        before=first,
        behind=len(messages) - first - len(shown),
        gone=found.gone,
        whole=found.whole or not messages,
    )


def _sent(found: Found, read: Read) -> Sent:
    """Return a message to draw; where legs are in the ladder, with the number of its call."""
    sent = read.sent()
    if not found.legs or found.legs[0] not in found.numbers:
        return sent
    return replace(sent, detail=f"{sent.detail}, call {sent.call}")


def _read(found: Found, at: int) -> Read:
    return Read(found.messages[at], found.gone + at + 1)


async def _data(
    run: Run, told: Told, legs: list[dict[str, Any]], following: str | None
) -> dict[str, Any]:
    """Return the JSON of the page."""
    found = told.found
    return {
        "number": found.number,
        "tracked": found.call is not None,
        "outcome": told.outcome,
        **_summary(run, told.event),
        "timing": callfacts.timing(told.event, found.messages, whole=found.whole),
        "transports": sorted(told.all.transports),
        "products": [
            {"endpoint": endpoint_text(*end), "product": product}
            for end, product in list(told.products.items())[:MOST_PRODUCTS]
        ],
        "media": [one.data() for one in told.media],
        "events": [
            {"number": number, "call": int(event.number), **document(event)}
            for number, event in found.events[-MOST_SHOWN_EVENTS:]
        ],
        "legs": legs,
        "messages": {
            "kept": len(found.messages),
            "gone": found.gone,
            "whole": found.whole,
            "before": told.ladder.before,
            "shown": len(told.shown),
            "behind": told.ladder.behind,
            "retransmissions": told.all.fates[REPEAT],
            "copies": told.all.fates[COPY],
            **({"begin": rfc3339(found.messages[0].timestamp)} if found.messages else {}),
        },
        "ladder": await _rungs(told),
        "next": following,
    }


async def _rungs(told: Told) -> list[dict[str, Any]]:
    """Return the JSON of the messages that are shown."""
    rungs = []
    with Turns(BETWEEN_LOOKS) as turns:
        for one, arrow in zip(told.shown, told.ladder.arrows, strict=True):
            rungs.append(
                {
                    **one.data(),
                    **_known("from_peer", told.all.ends[one.source]),
                    **_known("to_peer", told.all.ends[one.destination]),
                    "since_begin": arrow.since_begin / 1_000_000_000,
                    "since_last": arrow.since_last / 1_000_000_000,
                }
            )
            if turns.over():
                await turns.next()
    return rungs


def _summary(run: Run, event: Event) -> dict[str, Any]:
    """Return who and what, as the JSON of an event has it, with the names of networks."""
    summary = callfacts.summary(event)
    for key, address in (("client", event.client), ("server", event.server)):
        if name := run.peer(address):
            summary[key] = {**summary[key], "peer": name}
    return summary


def _known(key: str, text: str) -> dict[str, str]:
    return {key: text} if text else {}


def _path(run: Run, number: int) -> str:
    """Return where the call *number* is shown."""
    return f"{run.base}{PATH}{number}"


def _leg(run: Run, number: int) -> dict[str, Any]:
    """Return who talks to whom in another call, as far as its first message tells."""
    leg: dict[str, Any] = {"number": number, "path": _path(run, number)}
    message = first_message(run, number)
    if message is None:
        return leg
    read = Read(message, 1)
    event = callfacts.read_from([read])
    leg["begin"] = rfc3339(message.timestamp)
    leg["client"] = endpoint_text(event.client, event.client_port)
    leg |= _known("client_peer", run.peer(event.client))
    leg["server"] = endpoint_text(event.server, event.server_port)
    leg |= _known("server_peer", run.peer(event.server))
    leg["label"] = read.label
    if read.sip is not None:
        leg["call_id"] = wire(read.sip.call_id)
    return leg


def _rows(run: Run, told: Told, timing: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the facts of a call for people: name and text, those that are known."""
    event = told.event
    names = ("client", "server")
    ends = (
        f"{endpoint_text(event.client, event.client_port)} {run.peer(event.client)}".strip(),
        f"{endpoint_text(event.server, event.server_port)} {run.peer(event.server)}".strip(),
    )
    rows = [
        ("Outcome", told.outcome),
        ("From", printable(event.text(0))),
        ("To", printable(event.text(1))),
        ("Call-ID", printable(event.call_id)),
        *((name.capitalize(), end) for name, end in zip(names, ends, strict=True)),
        ("Transport", ", ".join(sorted(told.all.transports))),
        ("Begin (UTC)", date_time_text(event.created) if event.created >= 0 else ""),
        ("Answered (UTC)", date_time_text(event.started) if event.started >= 0 else ""),
        *((title, f"{timing[key]:.3f} s") for title, key in _SPANS if key in timing),
        ("Retransmissions", str(told.all.fates[REPEAT] or "")),
        ("Copies", str(told.all.fates[COPY] or "")),
    ]
    return [(name, text) for name, text in rows if text]


_SPANS: Final = (
    ("Post-dial delay", "pdd"),
    ("Ringing", "ring_time"),
    ("Talking", "talk"),
    ("In all", "total"),
)


def _text(
    run: Run,
    told: Told,
    data: dict[str, Any],
    following: str | None,
    width: int,
    *,
    raw: bool,
) -> Iterator[str]:
    yield _title(told.found.number)
    for name, value in _rows(run, told, data["timing"]):
        yield f"  {name:<{_TEXT_WIDTH}} {value}"
    for end, product in list(told.products.items())[:MOST_PRODUCTS]:
        yield f"  {'Product':<{_TEXT_WIDTH}} {endpoint_text(*end)} {product}"
    if told.media:
        yield ""
        yield "Media:"
    for one in told.media:
        described = "; ".join(map(escape, one.texts()))
        yield f"  #{one.read.number} {endpoint_text(*one.read.source)}: {described}"
        for change in one.changes:
            yield f"     changed: {escape(change)}"
    if data["events"]:
        yield ""
        yield "Events:"
    for _, event in told.found.events[-MOST_SHOWN_EVENTS:]:
        status = f" {event.status} {printable(event.reason)}" if event.status else ""
        yield f"  {date_time_text(event.timestamp)} {callfacts.kind(event)}{status}"
    if data["legs"]:
        yield ""
        yield f"Legs, shown as one by {_path(run, told.found.number)}?legs=1:"
    for leg in data["legs"]:
        yield f"  {_leg_line(leg)}"
    yield ""
    if not told.shown:
        yield _why_none(told)
        return
    yield from laddertext.lines(told.ladder, width)
    if following:
        yield f"... the next: {following}"
    if raw:
        yield from _raw(told.shown)


def _raw(shown: Sequence[Read]) -> Iterator[str]:
    for one in shown:
        yield ""
        ends = f"{endpoint_text(*one.source)} -> {endpoint_text(*one.destination)}"
        yield f"#{one.number} {date_time_text(one.kept.timestamp)} {ends} {one.transport}"
        for name, rest in one.lines():
            yield f"  {escape(name + rest)}".rstrip()
        if one.cut or one.kept.missing:
            yield f"  ... {one.cut} bytes more, {one.kept.missing} were not captured"


def _leg_line(leg: dict[str, Any]) -> str:
    keys = ("begin", "client", "client_peer", "server", "server_peer", "label")
    words = [leg["path"], *(leg.get(key, "") for key in keys)]
    return " ".join(word for word in [*words, escape(leg.get("call_id", ""))] if word)


def _why_none(told: Told) -> str:
    """Return why there is no ladder, where there is none."""
    if told.shown:
        return ""
    if told.found.messages:
        return "there is no message from number s on"
    return _none_kept(told.found)


def _none_kept(found: Found) -> str:
    if not found.kept:
        return "messages are not kept: -messages_mb is 0"
    return f"the messages of call {found.number} are not kept any more: -messages_mb keeps more"


def _title(number: int) -> str:
    return f"Call {number}"
