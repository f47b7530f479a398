"""The page that injects a message: the form, and what became of the message that was posted.

The answer to a POST is the result itself: it is for whoever sent the message, and nothing of it is
kept here. A browser asks before it sends the same again.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from sipcm.httpui import injecttext
from sipcm.httpui.injecttext import Injected
from sipcm.httpui.page import Page, RefusedError
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import OFF, BadParameterError, Query
from sipcm.log import escape
from sipcm.option import quote
from sipcm.packet import Packet
from sipcm.protocol import PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_WEBSOCKET
from sipcm.run import Run
from sipcm.sip.inject import Format, InjectError, Pasted, decode
from sipcm.sip.message import Message
from sipcm.sip.parser import ParseError, SipMessage, parse
from sipcm.sip.uri import address_of_record
from sipcm.state import bindings
from sipcm.state.bindings import Binding
from sipcm.state.calls import Call

PATH: Final = "/inject"
TITLE: Final = "Inject a message"
TEMPLATE: Final = "inject.html"

FORMATS: Final = {
    Format.AUTO: "found out by looking at the text",
    Format.CRLF: "as it stands, lines end with CRLF",
    Format.LF: "lines end with LF",
    Format.CR: "lines end with CR",
    Format.NGREPLF: "as ngrep prints it, lines end with .LF",
    Format.NGREPCR: "as ngrep prints it, lines end with .CR",
    Format.NGREPCRLF: "as ngrep prints it, lines end with .CRLF",
    Format.ESCAPED: r"with escapes, lines end with \r\n",
}
TRANSPORTS: Final = {
    "udp": PROTOCOL_UDP,
    "tcp": PROTOCOL_TCP,
    "sctp": PROTOCOL_SCTP,
    "ws": PROTOCOL_WEBSOCKET,
}
"""The transports in which sipcm sees messages; what TLS carries it cannot see."""

PORT: Final = 5060
LOOPBACK: Final = {4: bytes([127, 0, 0, 1]), 16: bytes(15) + b"\x01"}
"""The address that stands for one not given, by the length of the other."""

FIELDS: Final = {
    "sipmsg": "the message",
    "crlfformat": "how its line ends are written",
    "proto": "over which transport it came",
    "src": "from which address and port",
    "dst": "to which address and port",
    "verbose": "yes: tell every header",
}

BETWEEN_LOOKS: Final = 0.01
"""Seconds between two looks at whether the ring of events has room."""

MOST_LOOKS: Final = 300


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be injected, from where to where."""

    pasted: Pasted
    protocol: int
    source: tuple[bytes, int]
    destination: tuple[bytes, int]
    verbose: bool


async def show(run: Run, query: Query) -> Page:
    """Show the form."""
    query.refuse_others(())
    lines = [
        f"POST {PATH} with sipmsg=TEXT, such as: curl --data-urlencode sipmsg@FILE ...{PATH}",
        *(f"    {name:<12}{about}" for name, about in FIELDS.items()),
        "crlfformat:",
        *(f"    {name:<12}{about}" for name, about in FORMATS.items()),
        f"proto: {', '.join(TRANSPORTS)}",
        "src and dst: 192.0.2.1:5060 or [2001:db8::1]:5060; 127.0.0.1:5060 unless given",
    ]
    return Page(
        TITLE,
        TEMPLATE,
        {
            "path": PATH,
            "fields": [{"name": name, "about": about} for name, about in FIELDS.items()],
            "formats": [{"name": str(name), "about": about} for name, about in FORMATS.items()],
            "transports": list(TRANSPORTS),
            "injected": int(run.pipeline.counters.injected.value),
        },
        "".join(f"{line}\n" for line in lines),
        extra=_extra(query),
    )


async def answer(run: Run, query: Query) -> Page:
    """Inject the message that was posted and tell what became of it."""
    query.refuse_others(FIELDS)
    pipeline = run.pipeline
    clock = pipeline.clock
    await asyncio.sleep(0)  # to read a long form was a step of its own
    with Turns(1) as turns:
        try:
            asked = _read(query)
        except BadParameterError as error:
            return _refused(str(error), query)
        packet = Packet()
        packet.place(asked.pasted.message, asked.protocol, *asked.source, *asked.destination)
        parsed = await _parsed(asked.pasted.message, turns)
        says = None if isinstance(parsed, ParseError) else injecttext.sip_data(parsed)
        if turns.over():
            await turns.next()
        await _have_room(run, turns)
        # Nothing else has its turn until all is noted: it is told what this message brought.
        injected = _inject(run, asked.pasted, packet, parsed)
        data = injecttext.data(injected, says, clock, int(pipeline.ring.size))
        text = injecttext.text(injected, clock, verbose=asked.verbose)
        if turns.over():
            await turns.next()
    return Page(
        TITLE,
        TEMPLATE,
        data,
        "",
        extra=_extra(query, injected=injected, verbose=asked.verbose),
        rest=lambda: text,
    )


def _read(query: Query) -> _Asked:
    """Return what *query* asks for."""
    form = Format(query.choice("crlfformat", Format.AUTO, list(FORMATS)))
    protocol = TRANSPORTS[query.choice("proto", "udp", list(TRANSPORTS))]
    source, destination = query.endpoint("src", PORT), query.endpoint("dst", PORT)
    other = source or destination
    usual = (LOOPBACK[len(other[0]) if other else 4], PORT)
    source, destination = source or usual, destination or usual
    if len(source[0]) != len(destination[0]):
        raise BadParameterError(
            f"dst: {quote(query.text('dst'))} is not of the same IP version as src"
        )
    verbose = query.setting("verbose", default=False)
    pasted = decode(query.text("sipmsg"), form)
    if isinstance(pasted, InjectError):
        where = f"line {pasted.line}, column {pasted.column}"
        raise BadParameterError(f"sipmsg: {where}: {pasted.text}")
    return _Asked(pasted, protocol, source, destination, verbose)


async def _parsed(message: bytes, turns: Turns) -> SipMessage | ParseError:
    """Read *message*, step by step; it remembers its headers and its quirks."""
    if turns.over():
        await turns.next()
    parsed = parse(message)
    if isinstance(parsed, ParseError):
        return parsed
    for name in ("from_", "to", "more_headers", "quirks"):
        if turns.over():
            await turns.next()
        getattr(parsed, name)
    if turns.over():
        await turns.next()
    return parsed


async def _have_room(run: Run, turns: Turns) -> None:
    """Wait until there is room for the events that a message may bring."""
    looks = 0
    while not run.pipeline.ready():
        looks += 1
        if looks > MOST_LOOKS:
            raise RefusedError(503, "the events before it wait for their reader: try again later")
        turns.leave()
        await asyncio.sleep(BETWEEN_LOOKS)


def _inject(run: Run, pasted: Pasted, packet: Packet, parsed: SipMessage | ParseError) -> Injected:
    """Inject *packet*, of which *parsed* is what it says."""
    pipeline = run.pipeline
    tracker, ring = pipeline.tracker, pipeline.ring
    begin = int(ring.total)
    tracked = pipeline.inject(packet, run.today())
    readable = not isinstance(parsed, ParseError)
    return Injected(
        int(pipeline.counters.injected.value),
        pasted,
        packet,
        parsed,
        tracked,
        tracker.last if tracked else None,
        _calls(run, packet.message) if readable else [],
        _bindings(run, packet.message) if readable else [],
        list(enumerate(ring.read(begin, ring.size), max(begin, int(ring.oldest())))),
    )


def _calls(run: Run, message: Message) -> list[Call]:
    """Return the calls that have the Call-ID of *message*."""
    return run.pipeline.tracker.calls.of(message.call_id)[::-1]  # the oldest first


def _bindings(run: Run, message: Message) -> list[Binding]:
    """Return the bindings that were made or renewed with the Call-ID of *message*."""
    if message.method_token != b"REGISTER":
        return []
    table = run.pipeline.tracker.registrar.bindings
    of_user = table.of(address_of_record(message.to_uri()))
    return [it for it in of_user if it.text(bindings.CALL_ID) == message.call_id]


def _refused(why: str, query: Query) -> Page:
    """Return the page that says *why* nothing was injected, with the form as it was sent."""
    why = escape(why)
    extra = _extra(query, problem_with_form=why)
    return Page(TITLE, TEMPLATE, {"error": why}, f"{why}\n", extra=extra, status=400)


def _extra(
    query: Query,
    *,
    problem_with_form: str = "",
    injected: Injected | None = None,
    verbose: bool = False,
) -> dict[str, Any]:
    """Return what only the HTML needs: the form as it was sent, and how the message is shown."""

    def sent(name: str, usual: str) -> str:
        return next(iter(query.texts(name)), usual)

    return {
        "result": injected is not None,
        "refused": problem_with_form,
        "form": {
            "sipmsg": sent("sipmsg", ""),
            "crlfformat": sent("crlfformat", "auto"),
            "proto": sent("proto", "udp"),
            "src": sent("src", "127.0.0.1:5060"),
            "dst": sent("dst", "127.0.0.1:5060"),
            "verbose": sent("verbose", "no").lower() not in OFF,
        },
        "formats_offered": FORMATS,
        "transports_offered": TRANSPORTS,
        "verbose": verbose,
        "lines": () if injected is None else injecttext.lines(injected),
    }
