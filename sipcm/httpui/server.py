"""The web server: from requests to pages, on the loop that also reads the packets.

Every page is made by a function of the run and the parameters. What is common to all is here: the
checks, the face, the headers, and that whatever goes wrong is told in one line.
"""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from sipcm.errors import ConfigError, SipcmError
from sipcm.httpui.connections import IDLE, Connections
from sipcm.httpui.faces import pieces, prepare
from sipcm.httpui.guard import HEADERS, check_host, check_origin, own_names
from sipcm.httpui.negotiate import CONTENT_TYPES, Face, choose
from sipcm.httpui.page import File, Page, RefusedError, See
from sipcm.httpui.patience import joined, joined_bytes
from sipcm.httpui.query import BadExpressionError, BadParameterError, Query
from sipcm.httpui.refusal import refusal
from sipcm.httpui.routes import STREAMS, SUFFIXES, find
from sipcm.log import Log
from sipcm.option import clip
from sipcm.run import Run

PATIENCE: Final = 1
"""Seconds that requests have to end when the server stops."""

MOST_STREAMS: Final = 32
"""Streams at a time: each is a connection that stays."""

MOST_HELD: Final = 1_000_000
"""Entries of lists that are being sent at a time: they stay in memory until a client has them."""

FORM: Final = "application/x-www-form-urlencoded"

_STATIC: Final = {
    f"/static/{name}": (files("sipcm.httpui").joinpath("static", name).read_bytes(), content_type)
    for name, content_type in (
        ("style.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("sipcm.js", "text/javascript"),
    )
}
_ANY: Final = {"", "0.0.0.0", "::"}  # noqa: S104  names of all addresses
_READING: Final = (hdrs.METH_GET, hdrs.METH_HEAD)


class Server:
    """The pages of *run*, served from :meth:`start` to :meth:`stop`; faults of ours go to *log*."""

    def __init__(self, run: Run, log: Log) -> None:
        self._settings = run.settings
        self._answers = Answers(run, log)
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen, and serve from now on; SipcmError when the address cannot be had."""
        host, port = self._settings.http_addr, self._settings.http_port
        prepare()
        self._runner = web.ServerRunner(
            Connections(self._answers.answer), shutdown_timeout=PATIENCE
        )
        await self._runner.setup()
        try:
            await _site(self._runner, host, port).start()
        except (OSError, UnicodeError) as error:
            await self.stop()
            raise _in_words(error, host, port) from None

    def url(self) -> str:
        """Return where a browser on this machine finds the pages."""
        host, port = self._settings.http_addr, self._settings.http_port
        if host in _ANY:
            host = "localhost"
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    async def stop(self) -> None:
        """End what is being answered, or cut it off after a while, and listen no more."""
        self._answers.end()
        if self._runner is not None:
            await self._runner.cleanup()


class Answers:
    """What is answered to requests for the pages of *run*."""

    def __init__(self, run: Run, log: Log) -> None:
        self._run = run
        self._log = log
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
        pairs = list(request.query.items())
        changes = request.method not in _READING
        if changes and route.built:
            can_post = route.change is not None or route.answer is not None
            if request.method != hdrs.METH_POST or not can_post:
                raise _not_allowed(request.path, can_post=can_post)
            pairs += await _posted(request)
        query = Query(pairs, place, suffix)
        if suffix in route.files:
            return await self._give(request, await route.files[suffix](self._run, query))
        asked = query.text("format") or SUFFIXES.get(suffix) or route.face or ""
        face = choose(asked, _accept(request))
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
            page = shown
        if face == Face.CSV and page.listing is None:
            face = _without_csv(query)
        held = 0 if page.listing is None else int(page.data.get("shown", 0))
        with self._holding(held):
            return await _send(request, page, face)

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
    return parse_qsl(text, keep_blank_values=True, errors="surrogateescape")


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


async def _send(request: web.BaseRequest, page: Page, face: Face) -> web.StreamResponse:
    """Send the *face* of *page*; a long one goes out as it is made.

    Its begin is made before anything is sent, so that a fault there can still be told.
    """
    async with aclosing(joined(pieces(page, face))) as content:
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
    headers = {**HEADERS, hdrs.CACHE_CONTROL: "max-age=3600"}
    return web.Response(body=content, content_type=content_type, headers=headers)


def _in_words(error: OSError | UnicodeError, host: str, port: int) -> SipcmError:
    """Return what tells the operator why nobody can listen on *host* and *port*."""
    if isinstance(error, socket.gaierror | UnicodeError):
        reason = getattr(error, "strerror", "") or "this is no name of a host"
        return ConfigError(f"-l: {host}: {reason}")
    # What the loop says of it names the address again.
    reason = os.strerror(error.errno) if error.errno else str(error)
    return SipcmError(
        f"cannot serve pages on {host} port {port}: {reason}; choose others with -l and -p"
    )


def _site(runner: web.ServerRunner, host: str, port: int) -> web.BaseSite:
    if host == "::" and socket.has_dualstack_ipv6():
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6, dualstack_ipv6=True, reuse_port=False
        )
        return web.SockSite(runner, listening)
    return web.TCPSite(runner, host, port)
