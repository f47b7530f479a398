"""The one table of pages: path, what it is for, and who makes it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from sipcm.httpui import (
    about,
    bindings,
    blacklist,
    calls,
    counters,
    events,
    failed,
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
from sipcm.httpui.overview import Contents
from sipcm.httpui.page import File, Page, See
from sipcm.httpui.query import Query
from sipcm.run import Run

Show = Callable[[Run, Query], Awaitable[Page | See | Document]]
Change = Callable[[Run, Query], See]
Answer = Callable[[Run, Query], Awaitable[Page]]
Give = Callable[[Run, Query], Awaitable[File]]
Take = Callable[[web.BaseRequest, Query], Awaitable[Page]]

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
    What is no form, and may be long, goes to ``take`` as it comes.
    ``own`` is true for what tells of sipcm itself or of how it is used, so that no upload has it.
    """

    path: str
    about: str
    show: Show
    change: Change | None = None
    answer: Answer | None = None
    face: Face | None = None
    faces: bool = True
    files: Mapping[str, Give] = field(default_factory=dict)
    take: Take | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """What never ends: a few words about it, and who begins one.

    It is made of the run, the parameters, and where the client has been.
    """

    about: str
    begin: Callable[[Run, Query, str], EventStream]


_ROUTES: tuple[Route, ...] = (
    Route("/about", "version and libraries", about.show, own=True),
    Route("/about/config", "settings and where they come from", about.show_config, own=True),
    Route("/calls", "call table: entries, limits", calls.show),
    Route(
        f"/calls/{PLACE}",
        "one call: ladder, messages, media, legs",
        onecall.show,
        files={"pcap": onecall.as_capture, "svg": onecall.as_drawing},
    ),
    Route("/calls/failed", "what failed, and why", failed.show),
    Route("/calls/id", "the call with a Call-ID", onecall.by_call_id),
    Route("/calls/list", "calls that are followed now", calls.CALLS.show_list),
    Route("/calls/list/query", "find calls", calls.CALLS.show_query),
    Route("/calls/timeout", "timeouts of each call state", timeouts.show, timeouts.change),
    Route("/counters", "all counters", counters.show),
    Route("/counters/avg", "all counters on average", counters.show_average),
    Route("/events", "what happened", events.show),
    Route("/events/blst", "event types that are not kept", blacklist.show, blacklist.change),
    Route("/events/query", "find events", events.show_query),
    Route("/evrateblst", "senders of events and their rates: entries", ratelimits.show, own=True),
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
    Route("/evrateblst/list", "senders of events and their rates", ratelist.show, own=True),
    Route("/evrateblst/list/query", "find senders of events", ratelist.show_query, own=True),
    Route(
        "/evrateblst/rates",
        "limits of rates of events",
        ratelimits.show_rates,
        ratelimits.set_rates,
    ),
    Route("/health", "whether all is well, for probes", health.show, face=Face.JSON),
    Route("/inject", "put a message in by hand", inject.show, answer=inject.answer),
    Route(metrics.PATH, "counters for Prometheus", metrics.document, faces=False, own=True),
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


STREAMS: Final[dict[str, Stream]] = {"/events/stream": Stream("events as they come", EventStream)}
"""What never ends, by path."""


class Pages:
    """The pages of one place: *routes*, and two that tell of all of them.

    ``routes`` are all of these, in order of their paths.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        telling = (
            Route("/", "overview", self._overview),
            Route(openapi.PATH, "this list for programs (OpenAPI)", self._description, faces=False),
        )
        self.routes = tuple(sorted((*telling, *routes), key=lambda route: route.path))
        self._by_path = {route.path: route for route in self.routes}
        self._own: Contents | None = None

    def contents(self, base: str = "") -> Contents:
        """Return what the overview tells of each page; those of single things are found from these.

        *base* is what their paths begin with.
        """
        if base:  # of an upload, which goes
            return self._contents(base)
        if self._own is None:
            self._own = self._contents("")
        return self._own

    def _contents(self, base: str) -> Contents:
        return Contents(
            (base + route.path, route.about) for route in self.routes if PLACE not in route.path
        )

    def find(self, path: str) -> tuple[Route, str, str] | None:
        """Return the page at *path*, what stands in its place, and the end that asks for a file.

        None when there is no such page. What is no end of a file belongs to the place.
        """
        if path in self._by_path:
            return self._by_path[path], "", ""
        room, _, place = path.rpartition("/")
        route = self._by_path.get(f"{room}/{PLACE}")
        if route is None or not place:
            return None
        name, _, suffix = place.rpartition(".")
        if suffix in route.files or suffix in SUFFIXES:
            return route, name, suffix
        return route, place, ""

    async def _overview(self, run: Run, query: Query) -> Page:
        return await overview.show(run, query, self.contents(run.base))

    async def _description(self, run: Run, query: Query) -> Document:
        return await openapi.document(run, query, self.routes, STREAMS)


PAGES: Final = Pages(_ROUTES)
"""All pages of the run that sipcm was started for."""

ROUTES: Final = PAGES.routes

UPLOADED: Final = Pages(
    route for route in _ROUTES if not (route.own or route.change or route.answer)
)
"""The pages of a capture that was sent: nothing can be changed there."""


def with_more(routes: Iterable[Route]) -> Pages:
    """Return all pages, and *routes* among them."""
    return Pages((*_ROUTES, *routes))
