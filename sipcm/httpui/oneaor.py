"""The page of one address-of-record: where it is registered, and what changed of that lately.

Without one it shows which changed last.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from sipcm import duration
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.tables import printable
from sipcm.export.timetext import rfc3339
from sipcm.httpui import bindingrow, bindingtext
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.log import escape
from sipcm.run import Run
from sipcm.select.syntax import Comparison, Value, every, written
from sipcm.select.texts import encoded, meant, wire
from sipcm.sip.address import parse_address
from sipcm.sip.contact import address_of_record
from sipcm.state.bindings import TO, Binding
from sipcm.state.changes import FLAPPING, LATELY, Change
from sipcm.state.eventnames import EVENT_NAMES

PATH: Final = "/regs/aor"

MOST_SHOWN: Final = 50
"""Addresses-of-record that changed last."""

MOST_NAMES: Final = 4
"""Ways to write one address-of-record that its events are looked for by."""


async def show(run: Run, query: Query) -> Page:
    """Show the registrations of ``aor``, or which changed last."""
    query.refuse_others(("aor",))
    asked = query.text("aor").strip()
    if not asked:
        return _newest(run)
    aor = _known(run, asked)
    bindings = _bindings(run, aor)
    changes = _changes(run, aor)[::-1]
    data: dict[str, Any] = {
        "aor": wire(aor),
        "bindings": [bindingtext.data(binding, run.pipeline.clock) for binding in bindings],
        "changes": [_change(change) for change in changes],
        "returns": _returns(run, aor),
        "flapping": is_flapping(run, aor),
        "changed": [],
    }
    extra = {
        "kept": run.pipeline.tracker.reporter.changes is not None,
        "lasts": [bindingrow.lasts(binding, run.pipeline.clock) for binding in bindings],
        "sources": [endpoint_text(*binding.client()) for binding in bindings],
        "query": urlencode({"aor": data["aor"]}),
        "events": f"{run.base}/events?{urlencode({'q': _expression(aor, bindings)})}",
        "others": _others(run, data["aor"]),
        "span": duration.render(LATELY),
    }
    text = "".join(f"{line}\n" for line in _text(run, data, bindings, changes))
    return Page("Registrations of one", "regs_aor.html", data, text, extra=extra)


def is_flapping(run: Run, aor: bytes) -> bool:
    """Tell whether *aor* went and came back again and again lately."""
    return _returns(run, aor) >= FLAPPING


def _newest(run: Run) -> Page:
    """Show which changed last."""
    kept = run.pipeline.tracker.reporter.changes
    rows: list[dict[str, Any]] = []
    for aor in kept.newest(MOST_SHOWN) if kept is not None else ():
        last = _changes(run, aor)[-1]
        rows.append(
            {
                "aor": wire(aor),
                "bindings": len(_bindings(run, aor)),
                "returns": _returns(run, aor),
                "flapping": is_flapping(run, aor),
                "last": _change(last),
            }
        )
    data = {
        "aor": None,
        "bindings": [],
        "changes": [],
        "returns": 0,
        "flapping": False,
        "changed": rows,
    }
    lines = [
        f"{row['last']['time']} {row['last']['type']:<11} {row['bindings']:3} bindings"
        f" {'flapping ' if row['flapping'] else ''}{row['aor']}"
        for row in rows
    ]
    lines = lines or [f"none yet; {run.base}{PATH}?aor=URI shows one address-of-record"]
    text = "".join(f"{escape(line)}\n" for line in lines)
    extra = {"kept": kept is not None, "query": "", "span": duration.render(LATELY)}
    return Page("Registrations that changed last", "regs_aor.html", data, text, extra=extra)


def _known(run: Run, text: str) -> bytes:
    """Return the address-of-record that *text* means: with its scheme, if that is left out.

    Of what a header has (RFC 3261 20.10) that is the URI in brackets, unless a user is named so.
    """
    texts = [text]
    if "<" in text and (uri := parse_address(encoded(text)).uri):
        texts.append(wire(uri))
    aors = [
        [address_of_record(uri) for one in (way, f"sip:{way}") for uri in meant(one)]
        for way in texts
    ]
    known = (aor for ways in aors for aor in ways if _bindings(run, aor) or _changes(run, aor))
    return next(known, aors[-1][0])


def _others(run: Run, aor: str) -> str:
    """Return where those are listed that contain *aor*."""
    return f"{run.base}/regs/list?{urlencode({'aor': aor})}"


def _bindings(run: Run, aor: bytes) -> list[Binding]:
    return run.pipeline.tracker.registrar.bindings.of(aor)


def _changes(run: Run, aor: bytes) -> list[Change]:
    kept = run.pipeline.tracker.reporter.changes
    return [] if kept is None else kept.of(aor)


def _returns(run: Run, aor: bytes) -> int:
    kept = run.pipeline.tracker.reporter.changes
    return 0 if kept is None else int(kept.returns(aor, run.pipeline.clock.now))


def _change(change: Change) -> dict[str, Any]:
    """Return *change* as JSON has it."""
    return {
        "time": rfc3339(change.timestamp),
        "type": EVENT_NAMES[change.kind],
        "contact": wire(change.contact),
        "source": endpoint_text(change.client, change.client_port),
    }


def _expression(aor: bytes, bindings: list[Binding]) -> str:
    """Return what finds the events of *aor*, as it is and as the To of its *bindings* has it."""
    named = dict.fromkeys([aor, *(binding.text(TO) for binding in bindings)])
    found = tuple(Value(wire(one)) for one in [*named][:MOST_NAMES])
    by_name = Comparison("to", "in" if len(found) > 1 else "=", found)
    return written(every([Comparison("method", "=", (Value("REGISTER"),)), by_name]))


def _text(
    run: Run, data: dict[str, Any], bindings: list[Binding], changes: list[Change]
) -> Iterator[str]:
    yield escape(f"{data['aor']}: {len(bindings)} bindings")
    if not bindings:
        others = _others(run, data["aor"])
        yield f"not registered, as far as was captured; {others} lists those that contain it"
    yield f"came back {data['returns']} times in {duration.render(LATELY)}" + (
        ", flapping" if data["flapping"] else ""
    )
    yield ""
    for binding, told in zip(bindings, data["bindings"], strict=True):
        yield bindingtext.text(binding).removesuffix("\n")
        agent = told.get("user_agent", {}).get("original", "")
        since = told.get("call_start", told["created"])
        until, left = told.get("expires_at", "unknown"), told["expires_in"]
        yield f"\tsince {since}, renewed {told['refreshes']} times"
        yield f"\texpires {until}, kept for {left}s"
        yield f"\tfrom {endpoint_text(*binding.client())} {escape(agent)}".rstrip()
    yield ""
    yield "changes:" if run.pipeline.tracker.reporter.changes is not None else "changes: not kept"
    for change in changes:
        told = _change(change)
        source, contact = told["source"], printable(change.contact)
        yield f"\t{told['time']} {told['type']:<11} {contact} from {source}"
