"""The connections of clients: how long a silent one stays, and what is no HTTP.

Whatever a client sends or leaves out, it costs no more than a connection, and never a line of the
log: a stranger must not be able to fill it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, cast

from aiohttp import web

from sipcm.httpui.guard import HEADERS
from sipcm.httpui.guests import LOCAL, Guest

IDLE: Final = 15
"""Seconds that a client may do nothing: before its first request, between two, or within one."""

LINGER: Final = 2
"""Seconds for which the rest of what was refused is read, so that the client sees the answer."""

MOST_BODY: Final = 1 << 16
"""Bytes that may be posted."""

_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def _abort(transport: asyncio.BaseTransport) -> None:
    """Close *transport* at once; those of uvloop are write transports by their methods only."""
    cast("asyncio.WriteTransport", transport).abort()


def guest_of(request: web.BaseRequest) -> Guest | None:
    """Return whose *request* it is; None where nobody counts."""
    return cast("Connection", request.protocol).guest


def address_of(request: web.BaseRequest) -> str:
    """Return the address that *request* comes from, empty for a unix socket."""
    guest = guest_of(request)
    return (request.remote or LOCAL) if guest is None else guest.address


class Connection(web.RequestHandler):
    """A connection that answers what is no request as shortly as any other mistake.

    ``guest`` is whose it is, None where nobody counts.
    """

    __slots__ = ("_stuck", "guest")

    def __init__(self, others: "Connections", guest: Guest | None, **options: Any) -> None:
        super().__init__(others, **options)
        self.guest = guest
        self._stuck: asyncio.TimerHandle | None = None  # since the client takes no more

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for requests, which may take no longer than a while."""
        super().connection_made(transport)
        if self.guest is not None:
            self.guest.hang_up = partial(_abort, transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the client."""
        self._move_on()
        if self.guest is not None:
            self.guest.leave()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Hang up on a client that takes nothing for a while."""
        super().pause_writing()
        self._hang_up_after(IDLE)

    def resume_writing(self) -> None:
        """Go on: the client has taken something."""
        self._move_on()
        super().resume_writing()

    def force_close(self) -> None:
        """Close the connection; what the client does not take soon is lost."""
        self._hang_up_after(LINGER)
        super().force_close()

    def _hang_up_after(self, seconds: float) -> None:
        self._move_on()
        if self.transport is not None:
            loop = asyncio.get_running_loop()
            self._stuck = loop.call_later(seconds, _abort, self.transport)

    def _move_on(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """Say that *request* cannot be read, without repeating it as the library would."""
        if request.writer.output_size or isinstance(exc, ConnectionError):
            raise ConnectionError from exc  # to hang up: half of an answer cannot be taken back
        text = (
            "this is no HTTP request that can be read\n" if status < 500 else "a fault in sipcm\n"
        )
        response = web.Response(status=status, text=text, headers=HEADERS)
        response.force_close()
        return response


class Connections(web.Server):
    """Makes the connections of a server and keeps an eye on them."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(self._answered, request_factory=self._request)
        self._handler = handler
        self._silent: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def __call__(self, guest: Guest | None = None) -> Connection:
        """Make the half of the connection of *guest* that is ours."""
        return Connection(
            self,
            guest,
            loop=asyncio.get_running_loop(),
            access_log=None,
            logger=_LOGGER,
            keepalive_timeout=IDLE,
            lingering_time=LINGER,
            auto_decompress=False,
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Wait for the first request of a client."""
        super().connection_made(handler, transport)
        loop = asyncio.get_running_loop()
        self._silent[handler] = loop.call_later(IDLE, transport.abort)

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Forget a client."""
        self._heard(handler)
        super().connection_lost(handler, exc)

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer *request*; meanwhile its client keeps its place."""
        guest = guest_of(request)
        if guest is None:
            return await self._handler(request)
        guest.asks()
        try:
            return await self._handler(request)
        finally:
            guest.waits()

    def _heard(self, handler: web.RequestHandler) -> None:
        if timer := self._silent.pop(handler, None):
            timer.cancel()

    def _request(
        self,
        message: Any,
        payload: Any,
        protocol: web.RequestHandler,
        writer: Any,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        self._heard(protocol)
        loop = asyncio.get_running_loop()
        return web.BaseRequest(
            message, payload, protocol, writer, task, loop, client_max_size=MOST_BODY
        )
