"""Find one call by its number, or by its Call-ID: in the table, among events, among messages.

A call is found as long as any of these knows it. Those that forked from the same request are one
with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from sipcm.httpui.exemption import exempt
from sipcm.httpui.page import RefusedError
from sipcm.httpui.patience import Turns
from sipcm.httpui.query import BadParameterError
from sipcm.option import quote
from sipcm.run import Run
from sipcm.sip import ParseError, parse
from sipcm.state.calls import Call
from sipcm.state.events import Event
from sipcm.state.messages import KeptMessage

MOST_EVENTS = 1000
"""Events of a call that are shown: a call that is told again and again has more."""

BLOCK = 512

_DIGITS: Final = 18

HIGHEST: Final = 10**_DIGITS - 1
"""The highest number that a call may have in an address."""


@dataclass(slots=True)
class Found:
    """What there is of the call ``number``, of those that forked with it, and of other ``legs``.

    ``numbers`` are those whose messages and events are here: with the legs where these were asked
    for. ``call`` is the entry of the table, None when that has let it go. ``gone`` counts messages
    that are known not to be kept any more, ``whole`` says that there are none of these; ``kept``
    says whether any are kept at all.
    """

    number: int
    numbers: list[int]
    call: Call | None = None
    events: list[tuple[int, Event]] = field(default_factory=list)
    messages: list[KeptMessage] = field(default_factory=list)
    gone: int = 0
    whole: bool = False
    kept: bool = True
    legs: list[int] = field(default_factory=list)


def read_number(text: str) -> int:
    """Return the number of a call that *text* is; BadParameterError where it is none."""
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return int(text)
    raise BadParameterError(f"{quote(text)} is no number of a call: the list of calls has them")


async def find(run: Run, number: int, *, legs: bool) -> Found:
    """Find all that is known of call *number*; RefusedError when that is nothing.

    With *legs* messages and events are those of all calls that belong together.
    """
    begun = int(run.pipeline.tracker.begun)
    if number >= begun:
        known = f"the last is {begun - 1}" if begun else "there were none yet"
        raise RefusedError(404, f"there is no call {number}: {known}")
    store = run.pipeline.messages
    found = Found(number, [number], kept=store is not None)
    numbers = [number] if store is None else store.relatives(number)
    happened = await _events(run, {number, *numbers})
    held = run.pipeline.tracker.calls.by_number
    found.call = None if held is None else cast("Call | None", held.get(number))
    if found.call is not None and found.call.family is not None:
        origin = int(found.call.family.origin)
        numbers = [origin, number] if store is None else store.relatives(number, origin)
    family = {number, *numbers}
    found.legs = [leg for leg in _legs(run, family) if leg not in family]
    wanted = family | set(found.legs) if legs else family
    if store is not None:
        wanted = wanted.union(*(store.relatives(one) for one in wanted))
        found.messages = store.of(sorted(wanted))
        found.gone = store.gone(sorted(wanted))
        found.whole = store.whole(sorted(wanted))
    found.numbers = sorted(wanted)
    found.events = happened if wanted <= {number, *numbers} else await _events(run, wanted)
    if found.call is None and not found.events and not found.messages:
        raise RefusedError(
            404,
            f"call {number} has left the table, and its messages and events are not kept any more",
        )
    return found


async def numbers_of(run: Run, call_id: bytes) -> list[int]:
    """Return the numbers of all calls with this Call-ID that are known, the newest first."""
    found = {int(call.number) for call in run.pipeline.tracker.calls.of(call_id)}
    with Turns() as turns:
        for _, event in _newest_first(run):
            if event.call_id == call_id and event.number >= 0:
                found.add(int(event.number))
            if turns.over():
                await turns.next()
        store = run.pipeline.messages
        for number in exempt(list(store.rows)) if store is not None else ():
            if number not in found and _first_call_id(run, number, call_id) == call_id:
                found.add(number)
            if turns.over():
                await turns.next()
    return sorted(found, reverse=True)


def first_message(run: Run, number: int) -> KeptMessage | None:
    """Return the oldest message of call *number* that is kept."""
    store = run.pipeline.messages
    return None if store is None else store.first(number)


def _legs(run: Run, family: set[int]) -> list[int]:
    correlator = run.pipeline.tracker.correlator
    if correlator is None:
        return []
    return sorted({leg for number in family for leg in correlator.legs(number)})


def _first_call_id(run: Run, number: int, hint: bytes = b"") -> bytes:
    message = first_message(run, number)
    if message is None or hint not in message.payload:
        return b""
    parsed = parse(message.payload)
    return b"" if isinstance(parsed, ParseError) else parsed.call_id


async def _events(run: Run, numbers: set[int]) -> list[tuple[int, Event]]:
    """Return the events of the calls *numbers*, with their own numbers: the newest of them."""
    found = []
    with Turns() as turns:
        for number, event in _newest_first(run):
            if event.number in numbers:
                found.append((number, event))
                if len(found) >= MOST_EVENTS:
                    break
            if turns.over():
                await turns.next()
    return found[::-1]


def _newest_first(run: Run) -> Iterator[tuple[int, Event]]:
    """Yield the events that are kept, with their numbers; what comes meanwhile is none of them."""
    ring = run.pipeline.ring
    end = int(ring.total)
    while end > ring.oldest():
        first = max(end - BLOCK, int(ring.oldest()))
        yield from reversed(list(enumerate(ring.read(first, end - first), first)))
        end = first
