"""Sends captures to the pages of a run, as browsers and curl do, and waits until they are read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any, TypeVar

from aiohttp import ClientSession
from yarl import URL

from sipcm.log import Log
from sipcm.run import Run
from tests.harness import capture_of
from tests.samples import demo
from tests.waiting import LOOK
from tests.webharness import Answer, run_of, serving

T = TypeVar("T")

BOUNDARY = "----boundary7MA4YWxk"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def demo_capture() -> bytes:
    """Return the demo as a capture file."""
    return capture_of(demo().packets()).getvalue()


def form_of(content: bytes, name: str = "x.pcap", field: str = "file") -> bytes:
    """Return the form in which a browser sends a file."""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode() + b"%b\r\n--%b--\r\n" % (content, BOUNDARY.encode())


def host(**settings: Any) -> Run:
    """Return a run that has seen nothing and lets captures be sent to it."""
    return run_of([], ended=False, **{"http_port": 8080, "http_upload": True, **settings})


class Client:
    """Asks a server for pages."""

    def __init__(self, session: ClientSession, port: int) -> None:
        self._session = session
        self.port = port

    async def ask(
        self, path: str, *, method: str = "GET", data: Any = None, **headers: str
    ) -> Answer:
        """Send one request; blanks in names of *headers* are written as underscores."""
        response = await self._session.request(
            method,
            URL(f"http://127.0.0.1:{self.port}{path}", encoded=True),
            data=BytesIO(data) if isinstance(data, bytes) else data,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            allow_redirects=False,
        )
        return Answer(response.status, response.headers, await response.read())

    async def send(self, content: bytes, path: str = "/upload", **headers: str) -> Answer:
        """Send *content* as it is."""
        return await self.ask(path, method="POST", data=content, **headers)

    async def read(self, content: bytes, path: str = "/upload") -> str:
        """Send *content*, and return where its pages are when it was read."""
        answer = await self.send(content, path)
        assert answer.status == 303, answer.text
        where = answer.headers["Location"]
        await self.until_read()
        return where

    async def until_read(self) -> None:
        """Wait until all that was sent was read."""

        async def read() -> bool:
            return all(one["done"] for one in await self.uploads())

        await self.until(read)

    async def until(self, true: Callable[[], Awaitable[object]]) -> None:
        """Ask until *true* is."""
        while not await true():  # noqa: ASYNC110  only the server can tell
            await asyncio.sleep(LOOK)

    async def uploads(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask("/upload?format=json")).json()["uploads"]
        return found


@asynccontextmanager
async def client_of(run: Run, log: Log | None = None) -> AsyncIterator[Client]:
    """Serve the pages of *run* to a client."""
    async with serving(run, log) as port, ClientSession() as session:
        yield Client(session, port)


def talk(work: Callable[[Client], Awaitable[T]], run: Run | None = None) -> T:
    """Let *work* be done with a client of the pages of *run*."""

    async def doing() -> T:
        async with client_of(run if run is not None else host()) as client:
            return await work(client)

    return asyncio.run(doing())
