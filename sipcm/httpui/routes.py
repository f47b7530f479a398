"""The one table of pages: path, what it is for, and who makes it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sipcm.httpui import (
    about,
    bindings,
    blacklist,
    calls,
    counters,
    events,
    health,
    inject,
    metrics,
    oneaor,
    onecall,
    openapi,
    overview,
    ratelimits,
    ratelist,
    regsettings,
    stats,
    timeouts,
)
from sipcm.httpui.document import Document
from sipcm.httpui.eventstream import EventStream
from sipcm.httpui.negotiate import Face
from sipcm.httpui.overview import Entry
from sipcm.httpui.page import File, Page, See
from sipcm.httpui.query import Query
from sipcm.run import Run

Show = Callable[[Run, Query], Awaitable[Page | See | Document]]
Change = Callable[[Run, Query], See]
Answer = Callable[[Run, Query], Awaitable[Page]]
Give = Callable[[Run, Query], Awaitable[File]]

PLACE: Final = "<id>"
"""In a path: what a request has there is the ``place`` of its query."""

SUFFIXES: Final = {"json": Face.JSON, "txt": Face.TEXT}
"""Faces that a path with a place may ask for by its end."""


@dataclass(frozen=True, slots=True)
class Route:
    """A page: its path, a few words about it, who shows it, and who does what is posted to it.

    What is posted changes something that the page then shows, or has an answer of its own.
    ``faces`` is false for what is shown in formats of its own.
    ``face`` is the one that it has where none is asked for by name, whatever a client accepts.
    ``files`` are what is given out beside the faces, by the end of a path with a place.
    """

    path: str
    about: str
    show: Show
    change: Change | None = None
    answer: Answer | None = None
    face: Face | None = None
    faces: bool = True
    files: Mapping[str, Give] = field(default_factory=dict)


ROUTES: tuple[Route, ...] = (
    Route("/", "overview", lambda run, query: overview.show(run, query, contents())),
    Route("/about", "version and libraries", about.show),
    Route("/about/config", "settings and where they come from", about.show_config),
    Route("/calls", "call table: entries, limits", calls.show),
    Route(
        f"/calls/{PLACE}",
        "one call: ladder, messages, media, legs",
        onecall.show,
        files={"pcap": onecall.as_capture, "svg": onecall.as_drawing},
    ),
    Route("/calls/id", "the call with a Call-ID", onecall.by_call_id),
    Route("/calls/list", "calls that are followed now", calls.CALLS.show_list),
    Route("/calls/list/query", "find calls", calls.CALLS.show_query),
    Route("/calls/timeout", "timeouts of each call state", timeouts.show, timeouts.change),
    Route("/counters", "all counters", counters.show),
    Route("/counters/avg", "all counters on average", counters.show_average),
    Route("/events", "what happened", events.show),
    Route("/events/blst", "event types that are not kept", blacklist.show, blacklist.change),
    Route("/events/query", "find events", events.show_query),
    Route("/evrateblst", "senders of events and their rates: entries", ratelimits.show),
    Route(
        "/evrateblst/forcegc",
        "forget senders of events now",
        ratelimits.show_forced,
        ratelimits.force,
    ),
    Route(
        "/evrateblst/gccfg1",
        "how senders of events are forgotten",
        ratelimits.show_periodic,
        ratelimits.set_periodic,
    ),
    Route(
        "/evrateblst/gccfg2",
        "how senders of events are forgotten when there are too many",
        ratelimits.show_pressure,
        ratelimits.set_pressure,
    ),
    Route("/evrateblst/list", "senders of events and their rates", ratelist.show),
    Route("/evrateblst/list/query", "find senders of events", ratelist.show_query),
    Route(
        "/evrateblst/rates",
        "limits of rates of events",
        ratelimits.show_rates,
        ratelimits.set_rates,
    ),
    Route("/health", "whether all is well, for probes", health.show, face=Face.JSON),
    Route("/inject", "put a message in by hand", inject.show, answer=inject.answer),
    Route(metrics.PATH, "counters for Prometheus", metrics.document, faces=False),
    Route(
        openapi.PATH,
        "this list for programs (OpenAPI)",
        lambda run, query: openapi.document(run, query, ROUTES),
        faces=False,
    ),
    Route("/regs", "table of registrations: entries, limits", bindings.show),
    Route("/regs/aor", "the registrations of one, or which changed last", oneaor.show),
    Route(
        "/regs/cfg",
        "how registrations are followed",
        regsettings.show,
        regsettings.change,
    ),
    Route("/regs/list", "who is registered now, and where", bindings.BINDINGS.show_list),
    Route("/regs/list/query", "find registrations", bindings.BINDINGS.show_query),
    Route("/stats", "packets and messages", stats.show),
    Route("/stats/avg", "packets and messages on average", stats.show_average),
    Route("/stats/rate", "packets and messages lately", stats.show_rate),
    Route("/stats/raw", "packets and messages, a line each", stats.show_raw),
)


_BY_PATH: Final = {route.path: route for route in ROUTES}

STREAMS = {"/events/stream": EventStream}
"""What never ends, by path: made of the run, the parameters, and where the client has been."""


def contents() -> list[Entry]:
    """Return what the overview tells of each page; those of single things are found from these."""
    return [Entry(route.path, route.about) for route in ROUTES if PLACE not in route.path]


def find(path: str) -> tuple[Route, str, str] | None:
    """Return the page at *path*, what stands there in its place, and the end that asks for a file.

    None when there is no such page. What is no end of a file belongs to the place.
    """
    if path in _BY_PATH:
        return _BY_PATH[path], "", ""
    room, _, place = path.rpartition("/")
    route = _BY_PATH.get(f"{room}/{PLACE}")
    if route is None or not place:
        return None
    name, _, suffix = place.rpartition(".")
    if suffix in route.files or suffix in SUFFIXES:
        return route, name, suffix
    return route, place, ""
