"""One injected message as the pages print it: what it says, what was wrong, and what it brought.

The text is in the layout of the original; what is ours stands behind that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Final

from sipcm.clock import Clock
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.timetext import rfc3339
from sipcm.httpui import bindingtext, calltext, eventtext
from sipcm.httpui.filters import wire
from sipcm.httpui.gotext import quoted, quoted_parts
from sipcm.packet import Packet
from sipcm.sip.address import Address, parse_address
from sipcm.sip.inject import Pasted, position
from sipcm.sip.names import Reason
from sipcm.sip.parser import ParseError, SipMessage
from sipcm.sip.quirk import Quirk
from sipcm.state.bindings import Binding
from sipcm.state.calls import Call
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import TRANSPORT_NAMES, Event

MOST_VALUES: Final = 64
MOST_BYTES: Final = 8192
"""Vias and contacts that are shown, and bytes of contacts, which are taken apart."""

REASONS: Final = {
    Reason.EMPTY_HEADER: "there is no header between the start line and the empty line",
    Reason.INVALID_CHARACTER: "a CSeq is a number and a method, such as 1 INVITE",
    Reason.BAD_HEADER: "the Call-ID is empty",
    Reason.NUMBER_TOO_BIG: "the number of a CSeq is less than 4294967296",
    Reason.TRUNCATED: "the message ends before what is needed has come",
    Reason.BAD_START_LINE: (
        "a start line is METHOD URI SIP/2.0, or SIP/2.0 STATUS PHRASE, one space between each"
    ),
    Reason.BAD_STATUS: "a status is three digits, the first of them not 0",
}
"""What would be right, for each reason for which a message cannot be read."""

QUIRKS: Final = {
    Quirk.LEADING_CRLF: "line ends before the start line",
    Quirk.EXTRA_SPACE: "more or other white space in the start line than one space",
    Quirk.URI_SPACE: "white space inside the request URI",
    Quirk.BARE_STATUS: "no space behind the status",
    Quirk.VERSION: "another version than 2.0",
    Quirk.LINE_END: "the start line ends in something else than CRLF",
    Quirk.NO_EMPTY_LINE: "no empty line behind the headers",
    Quirk.CSEQ_METHOD: "the CSeq names another method than the start line",
    Quirk.CSEQ_RANGE: "the number of the CSeq is 2147483648 or more",
    Quirk.CALL_ID_SPACE: "a Call-ID of several words",
    Quirk.BAD_ADDRESS: "an address that is not as the grammar has it",
    Quirk.BAD_CONTENT_LENGTH: "a Content-Length that is no number of at most 9 digits",
    Quirk.BAD_URI: "a request URI without a scheme, or with characters that no URI has",
    Quirk.NO_COLON: "a header line without a colon, or one that begins with white space",
    Quirk.BAD_NAME: "a header name that is no token",
    Quirk.CUT_LINE: "a last header line without its end, which is not read",
    Quirk.DUPLICATE: "a second header of a kind that a message has once; the first counts",
    Quirk.EMPTY_VALUE: "no value in a header that must have one",
    Quirk.BAD_NUMBER: "an Expires or Max-Forwards that is no number or out of range",
    Quirk.NOT_UTF8: "bytes in the headers that are not UTF-8",
    Quirk.CONTROL: "a control character in the headers, such as a lone CR",
    Quirk.BODY_SHORT: "a body shorter than Content-Length says",
    Quirk.TRAILING_BYTES: "bytes behind the body that Content-Length bounds",
    Quirk.LEADING_JUNK: "something before the start line that is no message",
    Quirk.CSEQ_SPACE: "no space between the number and the method of the CSeq",
    Quirk.METHOD_CASE: "a method that would be a known one in upper case",
    Quirk.MISSING: "no From, To, Call-ID, CSeq or Via, which every message must have",
    Quirk.URI_HEADERS: "a request URI with headers in it",
    Quirk.BAD_VIA: "a Via that is not as the grammar has it, or not of SIP/2.0",
    Quirk.BAD_WARNING: "a Warning that is not code, agent and quoted text",
    Quirk.BAD_AUTHENTICATION: "a challenge or credentials that are not as the grammar has them",
    Quirk.BAD_VALUE: "another header that is not as its grammar has it",
    Quirk.NO_LENGTH: "a body without a Content-Length; it is the whole rest",
    Quirk.NO_TAG: "no tag in From",
}
"""What each violation is that was tolerated."""

MISSING: Final = "%s is missing: the message cannot be put down to a call"
NO_CALL: Final = "it belongs to no call that is followed, and begins none"


@dataclass(frozen=True, slots=True)
class Injected:
    """A message that was injected, and what became of it.

    ``number`` counts injected messages; ``events`` are those that it brought, with their numbers.
    """

    number: int
    pasted: Pasted
    packet: Packet
    parsed: SipMessage | ParseError
    tracked: bool
    call: Call | None
    calls: list[Call]
    bindings: list[Binding]
    events: list[tuple[int, Event]]


def flag_texts(quirks: Quirk) -> dict[str, str]:
    """Return what each of *quirks* means, by its name in lower case."""
    return {str(quirk.name).lower(): QUIRKS.get(quirk, "") for quirk in quirks}


def ends(injected: Injected) -> tuple[str, str, str]:
    """Return source, destination and transport as text."""
    datagram = injected.packet.datagram
    return (
        endpoint_text(datagram.source(), int(datagram.source_port)),
        endpoint_text(datagram.destination(), int(datagram.destination_port)),
        TRANSPORT_NAMES[int(datagram.protocol)],
    )


def place(message: bytes, offset: int) -> tuple[int, int]:
    """Return the line and column, from 1, of the byte *offset* of *message*."""
    before = message[:offset].decode("utf-8", "surrogateescape")
    return position(before + message[offset : offset + 1].decode("latin-1"), len(before))


def untracked(injected: Injected) -> str:
    """Return why the message was put down to no call; empty where it was, or cannot be read."""
    parsed = injected.parsed
    if isinstance(parsed, ParseError) or injected.call is not None:
        return ""
    if injected.tracked:
        return NO_CALL
    needed = (
        ("From", parsed.from_),
        ("To", parsed.to),
        ("Call-ID", parsed.header(b"Call-ID")),
        ("CSeq", parsed.cseq),
    )
    missing = [name for name, value in needed if value is None]
    return MISSING % ", ".join(missing) if missing else "its Call-ID or a tag is too long"


# As JSON


def data(
    injected: Injected, says: dict[str, Any] | None, clock: Clock, size: int
) -> dict[str, Any]:
    """Return *injected* as JSON, with what the message *says*, if it can be read.

    *size* is that of the ring of events.
    """
    source, destination, transport = ends(injected)
    parsed = injected.parsed
    message = injected.pasted.message
    return {
        "number": injected.number,
        "time": rfc3339(injected.packet.timestamp),
        "format": str(injected.pasted.format),
        "notes": [str(note) for note in injected.pasted.notes],
        "transport": transport,
        "source": source,
        "destination": destination,
        "size": len(message),
        "message": wire(message),
        "sip": says,
        "problem": problem(message, parsed) if isinstance(parsed, ParseError) else None,
        "quirks": {} if isinstance(parsed, ParseError) else flag_texts(parsed.quirks),
        "tracked": injected.call is not None,
        "untracked": untracked(injected) or None,
        "calls": [calltext.data(call, clock) for call in injected.calls],
        "bindings": [bindingtext.data(binding, clock) for binding in injected.bindings],
        "events": [eventtext.data(number, event, size) for number, event in injected.events],
    }


def problem(message: bytes, error: ParseError) -> dict[str, Any]:
    """Return why *message* cannot be read, and where."""
    line, column = place(message, error.offset)
    return {
        "reason": error.reason.text,
        "explained": REASONS.get(error.reason, ""),
        "offset": error.offset,
        "line": line,
        "column": column,
        "excerpt": wire(error.excerpt),
    }


def sip_data(message: SipMessage) -> dict[str, Any]:
    """Return what *message* says, field by field; None for what is not there.

    Of headers and values MOST_HEADERS and MOST_VALUES are told, and how many ``more`` there are.
    """
    cseq = message.cseq
    hops, contacts = message.elements(b"Via"), message.elements(b"Contact")
    told = _affordable(contacts[:MOST_VALUES])
    counts = (len(hops) - MOST_VALUES, len(contacts) - len(told), message.more_headers)
    names = ("via", "contacts", "headers")
    more = {name: count for name, count in zip(names, counts, strict=True) if count > 0}
    return {
        "version": wire(message.version),
        "method": wire(message.method),
        "request_uri": wire(message.request_uri) if message.is_request else None,
        "status": message.status or None,
        "reason_phrase": None if message.is_request else wire(message.reason_phrase),
        "call_id": wire(message.call_id) if message.call_id else None,
        "from": _address(message.from_),
        "to": _address(message.to),
        "cseq": cseq and {"number": cseq.number, "method": wire(cseq.method)},
        "via": [wire(hop) for hop in hops[:MOST_VALUES]],
        "contacts": [_address(parse_address(contact)) for contact in told],
        "expires": message.expires,
        "user_agent": None if message.user_agent is None else wire(message.user_agent),
        "server": None if message.server is None else wire(message.server),
        "content_length": message.content_length,
        "headers": [
            {"name": wire(header.name), "value": wire(header.value)}
            for header in message.first_headers
        ],
        **({"more": more} if more else {}),
        "body": wire(message.body),
    }


def _affordable(values: list[bytes]) -> list[bytes]:
    """Return the first of *values*: MOST_BYTES of them, if need be a part of the very first."""
    sizes = accumulate(map(len, values))
    count = sum(1 for size in sizes if size <= MOST_BYTES)
    return values[:count] or [value[:MOST_BYTES] for value in values[:1]]


def _address(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {
        "display_name": wire(address.display_name),
        "uri": wire(address.uri),
        "tag": wire(address.tag),
        "parameters": {wire(name): wire(value) for name, value in address.parameters},
    }


# As text


def text(injected: Injected, clock: Clock, *, verbose: bool) -> Iterable[str]:
    """Return in pieces what the original answers, and behind it what only we tell.

    The message is escaped when it is its turn; of all else it is told how it is now.
    """
    brought = [f"{line}\n" for line in _brought(injected, clock, verbose)]
    return chain(_said(injected, verbose), brought)


def _said(injected: Injected, verbose: bool) -> Iterator[str]:  # noqa: FBT001
    parsed = injected.parsed
    message = injected.pasted.message
    if isinstance(parsed, ParseError):
        yield f"{_head(injected)}\n"
        yield from _quoted_line(message)
        yield f"unexpected error after parsing => {parsed.reason.text}\nparsed ok:\n"
        yield from _quoted_line(message[: parsed.offset])
        yield "error before:\n"
        yield from _quoted_line(message[parsed.offset :])
        yield f"unexpected offset after parsing => {parsed.offset} / {len(message)}\n\n"
    elif verbose:
        yield f"{_head(injected)}\n"
    yield from _quoted_line(message)
    if verbose and not isinstance(parsed, ParseError):
        yield f"after parsing => {len(message)}, {Reason.NO_ERROR.text}\n"
    yield "\n"


def _quoted_line(value: bytes) -> Iterator[str]:
    yield from quoted_parts(value)
    yield "\n"


def _brought(injected: Injected, clock: Clock, verbose: bool) -> Iterator[str]:  # noqa: FBT001
    parsed = injected.parsed
    if not isinstance(parsed, ParseError):
        yield f"filtering callid {quoted(parsed.call_id)}"
        yield from (calltext.text(call, clock)[:-1] for call in injected.calls)
        yield ""
    yield from _ours(injected, verbose)


def _head(injected: Injected) -> str:
    source, destination, transport = ends(injected)
    size = len(injected.pasted.message)
    return f"{injected.number}. {source} -> {destination} {transport.upper()}\tpayload len: {size}"


def _ours(injected: Injected, verbose: bool) -> Iterator[str]:  # noqa: FBT001
    parsed = injected.parsed
    yield f"format: {injected.pasted.format}"
    yield from (f"note: {note}" for note in injected.pasted.notes)
    if isinstance(parsed, ParseError):
        line, column = place(injected.pasted.message, parsed.offset)
        why = REASONS.get(parsed.reason, "")
        yield f"problem: line {line}, column {column}: {parsed.reason.text}: {why}"
    else:
        if verbose:
            yield from (
                f"header: {quoted(header.name)} {quoted(header.value)}"
                for header in parsed.first_headers
            )
            if parsed.more_headers:
                yield f"more headers: {parsed.more_headers}"
        yield from (f"quirk: {name}: {what}" for name, what in flag_texts(parsed.quirks).items())
    if why := untracked(injected):
        yield f"untracked: {why}"
    yield from (f"binding: {bindingtext.text(it).strip()}" for it in injected.bindings)
    for number, event in injected.events:
        yield f"event: {number} {EVENT_NAMES[event.type]}"


# As HTML


def lines(injected: Injected) -> Iterator[tuple[str, str | None, str]]:
    """Yield the lines of the message, each with its end apart.

    Of a line that can be read the middle is None. Of the one that cannot, it is what stands behind
    the place where reading failed, and holds the end where that is the place.
    """
    message, parsed = injected.pasted.message, injected.parsed
    failed = parsed.offset if isinstance(parsed, ParseError) else -1
    begin = 0
    for line in message.splitlines(keepends=True) or [b""]:
        end = begin + len(line)
        content = begin + len(line.rstrip(b"\r\n"))
        middle: str | None = None
        before = content
        if begin <= failed < end or failed == end == len(message):
            content = end if failed >= content else content
            before = failed
            middle = wire(message[failed:content])
        yield wire(message[begin:before]), middle, wire(message[content:end])
        begin = end
