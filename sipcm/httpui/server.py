"""The web server: from requests to pages, on the loop that also reads the packets.

Every page is made by a function of the run and the parameters. What is common to all is here: the
checks, the face, the headers, and that whatever goes wrong is told in one line.
"""

import asyncio
import gzip
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from sipcm.counters import Group
from sipcm.httpui import health
from sipcm.httpui.certificate import server_context
from sipcm.httpui.connections import IDLE, Connections, address_of
from sipcm.httpui.document import Document
from sipcm.httpui.faces import pieces, prepare
from sipcm.httpui.guard import HEADERS, check_host, check_origin, check_target, own_names
from sipcm.httpui.guests import Guests
from sipcm.httpui.listening import Listening
from sipcm.httpui.logins import Logins
from sipcm.httpui.negotiate import CONTENT_TYPES, Face, choose
from sipcm.httpui.page import File, Page, RefusedError, See
from sipcm.httpui.passwords import read_passwords, readable_by_others
from sipcm.httpui.patience import joined, joined_bytes
from sipcm.httpui.query import BadExpressionError, BadParameterError, Query
from sipcm.httpui.refusal import refusal
from sipcm.httpui.routes import STREAMS, SUFFIXES, find
from sipcm.log import Log
from sipcm.option import clip
from sipcm.run import Run
from sipcm.settings import UNIX, Settings

PATIENCE: Final = 1
"""Seconds that requests have to end when the server stops."""

MOST_STREAMS: Final = 32
"""Streams at a time: each is a connection that stays."""

MOST_HELD: Final = 1_000_000
"""Entries of lists that are being sent at a time: they stay in memory until a client has them."""

MOST_PARAMETERS: Final = 1000
"""Parameters in an address or a form."""

_TOO_MANY: Final = f"there are more than {MOST_PARAMETERS} parameters"

HEALTH: Final = "/health"

FORM: Final = "application/x-www-form-urlencoded"

_STATIC: Final = {
    f"/static/{name}": (files("sipcm.httpui").joinpath("static", name).read_bytes(), content_type)
    for name, content_type in (
        ("style.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("sipcm.js", "text/javascript"),
    )
}
_PACKED: Final = {
    path: gzip.compress(content, mtime=0) for path, (content, _content_type) in _STATIC.items()
}
"""The same in a third of the bytes, for all browsers (RFC 9110 8.4.1.3)."""

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
        tls = server_context(settings.http_tls) if settings.http_tls else None
        prepare()
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
        self._names = own_names(run.settings.http_hosts)
        self._held = 0  # entries of lists that are being sent
        self._streams = 0
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Let streams come to their end."""
        self._ended.set()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer *request*; tell in one line what cannot be done."""
        host = request.host if hdrs.HOST in request.headers else None
        try:
            check_host(host, self._names)
            check_origin(request.method, host, request.headers)
            check_target(request.raw_path, self._names)
            if self._users is not None and not await self._let_in(request, self._users):
                return await self._health(request)
            if request.path in _STATIC:
                return _static(request)
            if request.path in STREAMS:
                return await self._stream(request)
            return await self._page(request)
        except RefusedError as error:
            return await _refuse(request, error)
        except BadExpressionError as error:
            refused = RefusedError(400, str(error), place=error.error)
            return await _refuse(request, refused)
        except BadParameterError as error:
            return await _refuse(request, RefusedError(400, str(error)))
        except web.HTTPRequestEntityTooLarge:
            return await _refuse(request, RefusedError(413, "too much was sent"))
        except ConnectionError:
            raise  # the client has gone
        except TimeoutError as error:  # the client is there, and takes nothing
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionError from error
        except Exception as error:  # a fault of ours costs one page
            self._log.bug(f"page {clip(request.path)}: {error!r}")
            if request.writer.output_size:
                raise ConnectionError from error  # the client sees that the rest is missing
            text = "a fault in sipcm, which its log tells more of"
            return await _refuse(request, RefusedError(500, text))

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
        return await _send(request, brief, Face.JSON)

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer with what never ends, until the client goes or the program does."""
        if request.method not in _READING:
            raise _not_allowed(request.path, can_post=False)
        query = Query(request.query.items())
        stream = STREAMS[request.path](self._run, query, request.headers.get("Last-Event-ID", ""))
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
            async with aclosing(stream.pieces(self._ended)) as pieces:
                async for piece in pieces:
                    if request.transport is None or request.transport.is_closing():
                        raise ConnectionResetError  # the client has gone
                    if piece:
                        await response.write(piece.encode())
        finally:
            self._streams -= 1
        await response.write_eof()
        return response

    async def _page(self, request: web.BaseRequest) -> web.StreamResponse:
        found = find(request.path)
        if found is None:
            raise RefusedError(404, "there is no such page: / lists all")
        route, place, suffix = found
        if request.query_string.count("&") >= MOST_PARAMETERS:
            raise BadParameterError(_TOO_MANY)
        pairs = list(request.query.items())
        changes = request.method not in _READING
        if changes:
            can_post = route.change is not None or route.answer is not None
            if request.method != hdrs.METH_POST or not can_post:
                raise _not_allowed(request.path, can_post=can_post)
        readonly = self._run.settings.http_readonly
        if readonly and (changes or route.answer is not None):
            raise RefusedError(403, "the pages are read-only: sipcm runs with -http_readonly")
        if changes:
            pairs += await _posted(request)
        query = Query(pairs, place, suffix, _accept(request))
        if suffix in route.files:
            return await self._give(request, await route.files[suffix](self._run, query))
        asked = query.text("format") or SUFFIXES.get(suffix) or route.face or ""
        face = choose(asked, query.accept) if route.faces else Face.JSON
        if changes and route.answer is not None:
            if face == Face.CSV:  # before anything happens
                face = _without_csv(query)
            page = await route.answer(self._run, query)
        else:
            if changes and route.change is not None:
                see = route.change(self._run, query)
                if face == Face.HTML:
                    return web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: see.path})
                query = Query(())
            shown = await route.show(self._run, query)
            if isinstance(shown, See):
                return _lead(shown)
            if isinstance(shown, Document):
                return await _deliver(request, shown)
            page = shown
        if face == Face.CSV and page.listing is None:
            face = _without_csv(query)
        held = 0 if page.listing is None else int(page.data.get("shown", 0))
        with self._holding(held):
            return await _send(request, page, face, readonly=readonly)

    async def _give(self, request: web.BaseRequest, file: File) -> web.StreamResponse:
        """Send *file*, as it is made."""
        with self._holding(file.held):
            async with aclosing(joined_bytes(file.pieces)) as content:
                response = web.StreamResponse(headers=HEADERS)
                shown = "attachment" if file.attached else "inline"
                response.headers[hdrs.CONTENT_DISPOSITION] = f'{shown}; filename="{file.name}"'
                response.content_type = file.content_type
                await response.prepare(request)
                if request.method != hdrs.METH_HEAD:
                    async for piece in content:
                        await response.write(piece)
                await response.write_eof()
                return response

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


async def _posted(request: web.BaseRequest) -> list[tuple[str, str]]:
    """Return the fields of the form that *request* brings; without a body there are none."""
    try:
        async with asyncio.timeout(IDLE):
            body = await request.read()
    except TimeoutError:
        raise RefusedError(408, "the form did not come in time") from None
    if body and request.content_type != FORM:
        raise RefusedError(415, f"a form is expected here: Content-Type {FORM}")
    if hdrs.CONTENT_ENCODING in request.headers:
        raise RefusedError(415, "a form is expected here as it is, without Content-Encoding")
    # Bytes that are no text stay what they are: a message may have them.
    text = body.decode("utf-8", "surrogateescape")
    try:
        return parse_qsl(
            text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise BadParameterError(_TOO_MANY) from None


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


async def _send(
    request: web.BaseRequest, page: Page, face: Face, *, readonly: bool = False
) -> web.StreamResponse:
    """Send the *face* of *page*; a long one goes out as it is made.

    Its begin is made before anything is sent, so that a fault there can still be told.
    """
    async with aclosing(joined(pieces(page, face, readonly=readonly))) as content:
        begin = await anext(content, "")
        response = web.StreamResponse(status=page.status, headers={**HEADERS, **page.headers})
        response.headers[hdrs.VARY] = hdrs.ACCEPT
        if face == Face.CSV and page.listing is not None:
            name = f"{page.listing.name}.csv"
            response.headers[hdrs.CONTENT_DISPOSITION] = f'inline; filename="{name}"'
        response.content_type = CONTENT_TYPES[face]
        response.charset = "utf-8"
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            await _write(response, begin)
            async for piece in content:
                await _write(response, piece)
        await response.write_eof()
        return response


async def _deliver(request: web.BaseRequest, document: Document) -> web.StreamResponse:
    """Send *document*; its begin is made before anything is sent."""
    async with aclosing(document.pieces) as content:
        begin = await anext(content, b"")
        response = web.StreamResponse(headers=HEADERS)
        response.headers[hdrs.VARY] = hdrs.ACCEPT
        response.headers[hdrs.CONTENT_TYPE] = document.content_type
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            await response.write(begin)
            async for piece in content:
                await response.write(piece)
        await response.write_eof()
        return response


async def _write(response: web.StreamResponse, text: str) -> None:
    """Send *text*, in which bytes of a file's name may stand that are no text."""
    await response.write(text.encode("utf-8", "backslashreplace"))


async def _refuse(request: web.BaseRequest, error: RefusedError) -> web.StreamResponse:
    """Answer with *error*, in the face that was asked for if that can be told."""
    try:
        face = choose(request.query.get("format", ""), _accept(request))
    except BadParameterError:
        face = choose("", _accept(request))
    page = refusal(error, request.path, request.query.items())
    return await _send(request, page, Face.TEXT if face == Face.CSV else face)


def _accept(request: web.BaseRequest) -> str:
    return ",".join(request.headers.getall(hdrs.ACCEPT, ()))


def _not_allowed(path: str, *, can_post: bool) -> RefusedError:
    allowed = ", ".join((*_READING, hdrs.METH_POST) if can_post else _READING)
    return RefusedError(405, f"{path} takes {allowed}", {hdrs.ALLOW: allowed})


def _static(request: web.BaseRequest) -> web.Response:
    if request.method not in _READING:
        raise _not_allowed(request.path, can_post=False)
    content, content_type = _STATIC[request.path]
    headers = {
        **HEADERS,
        hdrs.CACHE_CONTROL: "max-age=3600",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    accepted = request.headers.get(hdrs.ACCEPT_ENCODING, "").replace(" ", "").split(",")
    if "gzip" in accepted:  # as all browsers say it; who weighs it gets the file as it is
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        content = _PACKED[request.path]
    return web.Response(body=content, content_type=content_type, headers=headers)
