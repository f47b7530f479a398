"""The web server: from requests to pages, on the loop that also reads the packets.

Every page is made by a function of the run and the parameters. What is common to all is here: the
checks, the face, the headers, and that whatever goes wrong is told in one line.
"""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Final

from aiohttp import hdrs, web

from sipcm.counters import Group
from sipcm.httpui import about, health
from sipcm.httpui.assets import ASSETS
from sipcm.httpui.audience import GoneError
from sipcm.httpui.certificate import server_context
from sipcm.httpui.connections import Connections, address_of
from sipcm.httpui.document import Document
from sipcm.httpui.faces import Around, prepare
from sipcm.httpui.guard import HEADERS, check_host, check_origin, check_target, own_names
from sipcm.httpui.guests import Guests
from sipcm.httpui.listening import Listening
from sipcm.httpui.logins import Logins
from sipcm.httpui.negotiate import Face, choose
from sipcm.httpui.packing import accepts_packed
from sipcm.httpui.page import RefusedError, See
from sipcm.httpui.passwords import read_passwords, readable_by_others
from sipcm.httpui.patience import Turn, desk, taking_turns
from sipcm.httpui.query import BadExpressionError, BadParameterError, Query
from sipcm.httpui.receiving import read_address, read_form
from sipcm.httpui.refusal import refusal
from sipcm.httpui.routes import PAGES, STREAMS, SUFFIXES, Route, with_more
from sipcm.httpui.sending import (
    Shown,
    answer_with,
    deliver,
    give,
    is_for_all,
    make,
    rows_of,
    send,
    stream,
)
from sipcm.httpui.sharing import Sharing
from sipcm.httpui.site import Site
from sipcm.httpui.uploads import Uploads
from sipcm.httpui.workspace import UNDER
from sipcm.log import Log
from sipcm.option import clip
from sipcm.run import Run
from sipcm.settings import UNIX, Settings

PATIENCE: Final = 1
"""Seconds that requests have to end when the server stops, and streams when their upload goes."""

LAST_WORDS: Final = "the program ends"

MOST_STREAMS: Final = 32
"""Streams at a time: each is a connection that stays."""

MOST_HELD: Final = 1_000_000
"""Entries of lists that are being sent at a time: they stay in memory until a client has them."""

HEALTH: Final = "/health"

_ANY: Final = {"", "0.0.0.0", "::"}  # noqa: S104  names of all addresses
_READING: Final = (hdrs.METH_GET, hdrs.METH_HEAD)


class Server:
    """The pages of *run*, served from :meth:`start` to :meth:`stop`; faults of ours go to *log*.

    *port* goes before that of the settings; 0 is one of the system's choice.
    """

    def __init__(self, run: Run, log: Log, port: int | None = None) -> None:
        self._run = run
        self._log = log
        self._settings = run.settings
        self._port = run.settings.http_port if port is None else port
        self._guests = Guests()
        self._answers: Answers | None = None
        self._connections: Connections | None = None
        self._listening: Listening | None = None

    async def start(self) -> None:
        """Listen, and serve from now on; SipcmError when the address cannot be had.

        ConfigError where passwords or a certificate are wanted and are none.
        """
        settings = self._settings
        users = logins(settings, self._log, self._guests.group)
        self._answers = Answers(self._run, self._log, users)
        desk().is_late = lambda: self._run.late
        tls = server_context(settings.http_tls) if settings.http_tls else None
        prepare()
        if settings.user:  # who may not be allowed to read the files of the package
            about.prepare()
        self._connections = Connections(self._answers.answer)
        self._listening = Listening(
            settings.http_addr,
            self._port,
            self._guests,
            self._connections,
            tls,
            settings.user,
        )
        await self._listening.open()

    @property
    def group(self) -> Group:
        """The counters of connections and logins."""
        return self._guests.group

    def ports(self) -> list[int]:
        """Return the ports at which pages are served."""
        return [] if self._listening is None else self._listening.ports()

    def url(self) -> str:
        """Return where a browser on this machine finds the pages."""
        host, port = self._settings.http_addr, self._port
        if host.startswith(UNIX):
            return host
        if host in _ANY:
            host = "localhost"
        scheme = "https" if self._settings.http_tls else "http"
        return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"

    async def stop(self) -> None:
        """End what is being answered, or cut it off after a while, and listen no more."""
        if self._answers is not None:
            self._answers.end()
        if self._listening is not None:
            self._listening.close()
        if self._connections is not None:
            await asyncio.sleep(0)  # what has just come begins, to end in order
            self._connections.pre_shutdown()
            await self._connections.shutdown(PATIENCE)


class Answers:
    """What is answered to requests for the pages of *run*."""

    def __init__(self, run: Run, log: Log, users: Logins | None = None) -> None:
        self._run = run
        self._log = log
        self._users = users
        settings = run.settings
        self._names = own_names(settings.http_hosts)
        self._held = 0  # entries of lists that are being sent
        self._streams = 0
        self._sharing: Sharing[Shown] = Sharing()
        self._uploads = Uploads(settings, log, peers=run.peers) if settings.http_upload else None
        self._site = Site(
            run,
            PAGES if self._uploads is None else with_more(self._uploads.routes()),
            Around(readonly=settings.http_readonly, uploads=settings.http_upload),
        )

    def end(self) -> None:
        """Let streams come to their end, and uploads go."""
        self._site.audience.end(LAST_WORDS)
        if self._uploads is not None:
            self._uploads.close(LAST_WORDS)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer *request*; tell in one line what cannot be done."""
        host = request.host if hdrs.HOST in request.headers else None
        site = self._site
        if self._look():
            await asyncio.sleep(0)  # what has gathered is read first
        try:
            check_host(host, self._names)
            check_origin(request.method, host, request.headers)
            check_target(request.raw_path, self._names)
            if self._users is not None and not await self._let_in(request, self._users):
                return await self._health(request)
            if request.path in ASSETS:
                return _static(request)
            site, path = self._find(request.path)
            if path in STREAMS:
                async with site.audience.answering(PATIENCE):
                    return await self._stream(request, site, path)
            async with site.audience.answering():
                return await self._page(request, site, path)
        except GoneError as error:
            return await self._tell_gone(request, error)
        except RefusedError as error:
            return await _refuse(site, request, error)
        except BadExpressionError as error:
            refused = RefusedError(400, str(error), place=error.error, meant=error.meant)
            return await _refuse(site, request, refused)
        except BadParameterError as error:
            return await _refuse(site, request, RefusedError(400, str(error)))
        except web.HTTPRequestEntityTooLarge:
            return await _refuse(site, request, RefusedError(413, "too much was sent"))
        except ConnectionError:
            raise  # the client has gone
        except TimeoutError as error:  # the client is there, and takes nothing
            raise _hung_up(request) from error
        except Exception as error:  # a fault of ours costs one page
            self._log.bug(f"page {clip(request.path)}: {error!r}")
            if request.writer.output_size:
                raise ConnectionError from error  # the client sees that the rest is missing
            text = "a fault in sipcm, which its log tells more of"
            return await _refuse(site, request, RefusedError(500, text))

    async def _tell_gone(self, request: web.BaseRequest, error: GoneError) -> web.StreamResponse:
        """Say that what was being answered is gone; hang up where that has begun already."""
        if request.writer.output_size:
            raise _hung_up(request) from error
        return await _refuse(self._site, request, RefusedError(410, str(error)))

    def _find(self, path: str) -> tuple[Site, str]:
        """Return whose page *path* is, and which."""
        if self._uploads is not None and path.startswith(UNDER):
            return self._uploads.find(path)
        return self._site, path

    async def _let_in(self, request: web.BaseRequest, users: Logins) -> bool:
        """Tell whether *request* has a login, which is right or RefusedError.

        Only probes of /health may have none.
        """
        given = request.headers.getall(hdrs.AUTHORIZATION, ())
        if not given and request.path == HEALTH and request.method in _READING:
            return False
        await users.check(given, address_of(request))
        return True

    async def _health(self, request: web.BaseRequest) -> web.StreamResponse:
        """Tell strangers whether all is well, and no more."""
        page = await health.show(self._run, Query(()))
        status = page.data["status"]
        brief = replace(page, data={"status": status}, text=f"status: {status}\n")
        return await send(request, brief, Face.JSON)

    def _look(self) -> bool:
        """Note that somebody looks; tell whether nobody has for a while."""
        onlookers = self._run.onlookers
        return onlookers is not None and onlookers.look()

    async def _stream(self, request: web.BaseRequest, site: Site, path: str) -> web.StreamResponse:
        """Answer with what never ends, until the client goes or the program does."""
        if request.method not in _READING:
            raise _not_allowed(request.path, can_post=False)
        query = Query(read_address(request))
        stream = STREAMS[path].begin(site.run, query, request.headers.get("Last-Event-ID", ""))
        if self._streams >= MOST_STREAMS:
            raise RefusedError(
                503, f"{MOST_STREAMS} streams are open, no more can be", {"Retry-After": "10"}
            )
        response = web.StreamResponse(headers={**HEADERS, "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        await response.prepare(request)
        if request.method == hdrs.METH_HEAD:
            return response
        self._streams += 1
        try:
            async with aclosing(stream.pieces(site.audience)) as pieces:
                async for piece in pieces:
                    self._look()
                    if request.transport is None or request.transport.is_closing():
                        raise ConnectionResetError  # the client has gone
                    if piece:
                        await response.write(piece.encode())
        finally:
            self._streams -= 1
        await response.write_eof()
        return response

    async def _page(self, request: web.BaseRequest, site: Site, path: str) -> web.StreamResponse:
        run = site.run
        found = site.pages.find(path)
        if found is None:
            raise RefusedError(404, f"there is no such page: {run.base}/ lists all")
        route, place, suffix = found
        pairs = read_address(request)
        changes = request.method not in _READING
        if changes:
            can_post = any((route.change, route.answer, route.take))
            if request.method != hdrs.METH_POST or not can_post:
                raise _not_allowed(request.path, can_post=can_post)
        sent = changes and route.take is not None
        if site.around.readonly and not sent and (changes or route.answer is not None):
            raise RefusedError(403, "the pages are read-only: sipcm runs with -http_readonly")
        if changes and not sent:
            pairs += await read_form(request)
        query = Query(pairs, place, suffix, _accept(request))
        if suffix in route.files:
            with taking_turns() as turn:
                await turn.next()
                file = await route.files[suffix](run, query)
                with self._holding(file.held):
                    return await give(request, file)
        asked = query.text("format") or SUFFIXES.get(suffix) or route.face or ""
        face = choose(asked, query.accept) if route.faces else Face.JSON
        query.for_people = face == Face.HTML
        if changes:
            try:
                return await self._post(request, site, route, query, face)
            finally:
                self._sharing.clear()
        key = (request.raw_path, face)  # an upload has its own paths, which are never used again
        with taking_turns() as turn:
            making = self._sharing.get(
                key, turn, lambda: self._show(site, route, query, face, turn), is_for_all
            )
            return await self._hand_over(request, await making)

    async def _post(
        self, request: web.BaseRequest, site: Site, route: Route, query: Query, face: Face
    ) -> web.StreamResponse:
        """Do what is asked of *route*, for this *request* alone."""
        if route.take is not None or route.answer is not None:
            if face == Face.CSV:  # before anything happens
                face = _without_csv(query)
            if route.take is not None:
                page = await route.take(request, query)
            elif route.answer is not None:
                page = await route.answer(site.run, query)
            return await send(request, site.told(page), face, site.around.at(route.path))
        if route.change is not None:
            see = route.change(site.run, query)
            if face == Face.HTML:
                return web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: see.path})
        return await self._hand_over(request, await self._show(site, route, Query(()), face))

    async def _show(
        self, site: Site, route: Route, query: Query, face: Face, turn: Turn | None = None
    ) -> Shown:
        """Make the page of *route*."""
        shown = await route.show(site.run, query)
        if turn is not None and turn.is_over():
            await turn.next()
        if isinstance(shown, See | Document):
            return shown
        if face == Face.CSV and shown.listing is None:
            face = _without_csv(query)
        with self._holding(rows_of(shown)):
            return await make(site.told(shown), face, site.around.at(route.path))

    async def _hand_over(self, request: web.BaseRequest, shown: Shown) -> web.StreamResponse:
        """Send what is *shown*."""
        if isinstance(shown, See):
            return _lead(shown)
        if isinstance(shown, Document):
            return await deliver(request, shown)
        if shown.is_whole():
            return answer_with(request, shown)
        with self._holding(rows_of(shown.page)):
            return await stream(request, shown)

    @contextmanager
    def _holding(self, count: int) -> Iterator[None]:
        """Count entries that are being sent; RefusedError where these would be too many."""
        if self._held and self._held + count > MOST_HELD:
            raise RefusedError(503, "too many entries are being sent: ask again, or for less")
        self._held += count
        try:
            yield
        finally:
            self._held -= count


def logins(settings: Settings, log: Log, group: Group) -> Logins | None:
    """Return the users of ``-http_auth``, None where everybody may see the pages. ConfigError."""
    path = settings.http_auth
    if not path:
        return None
    records = read_passwords(path)
    if readable_by_others(path):
        log.warning(f"-http_auth: {path}: all users of this machine may read it: chmod o= {path}")
    return Logins(records, log, group)


def _hung_up(request: web.BaseRequest) -> ConnectionError:
    """Hang up on the client of *request*, whatever it has not taken yet."""
    if request.transport is not None:
        request.transport.abort()
    return ConnectionError()


def _lead(see: See) -> web.Response:
    """Lead a client to another page."""
    return web.Response(
        status=302, headers={**HEADERS, hdrs.LOCATION: see.path}, text=f"{see.path}\n"
    )


def _without_csv(query: Query) -> Face:
    """Return the face of what is no list; BadParameterError where it was asked for by name."""
    if query.text("format"):
        raise BadParameterError("format: only a list has csv, this page has not")
    return Face.TEXT


async def _refuse(site: Site, request: web.BaseRequest, error: RefusedError) -> web.StreamResponse:
    """Answer with *error*, in the face that was asked for if that can be told."""
    pairs: list[tuple[str, str]] = []
    try:
        pairs = read_address(request)
        face = choose(dict(reversed(pairs)).get("format", ""), _accept(request))
    except BadParameterError:
        face = choose("", _accept(request))
    page = site.told(refusal(error, request.path, pairs))
    around = site.around.at(request.path.removeprefix(site.run.base))
    return await send(request, page, Face.TEXT if face == Face.CSV else face, around)


def _accept(request: web.BaseRequest) -> str:
    return ",".join(request.headers.getall(hdrs.ACCEPT, ()))


def _not_allowed(path: str, *, can_post: bool) -> RefusedError:
    allowed = ", ".join((*_READING, hdrs.METH_POST) if can_post else _READING)
    return RefusedError(405, f"{path} takes {allowed}", {hdrs.ALLOW: allowed})


def _static(request: web.BaseRequest) -> web.Response:
    if request.method not in _READING:
        raise _not_allowed(request.path, can_post=False)
    asset = ASSETS[request.path]
    content = asset.content
    headers = {
        **HEADERS,
        hdrs.CACHE_CONTROL: "max-age=3600",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    if accepts_packed(request):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        content = asset.packed
    return web.Response(body=content, content_type=asset.content_type, headers=headers)
