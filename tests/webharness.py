"""Asks the web server for pages, in this process: a run over packets, and a client for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from sipcm.httpui.server import Server
from sipcm.log import Log
from sipcm.net.capturefile import CaptureFile
from sipcm.run import Run
from sipcm.settings import Settings
from sipcm.source import Source, State
from sipcm.state.failures import Failures
from sipcm.state.peers import Peers
from tests.fakeclock import FakeClock
from tests.harness import Packet, capture_of
from tests.waiting import PATIENCE

SECOND = 1_000_000_000


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def run_of(
    packets: Iterable[Packet],
    *,
    name: str = "call.pcap",
    clock: FakeClock | None = None,
    ended: bool = True,
    arguments: Iterable[str] = (),
    peers: Peers | None = None,
    **settings: Any,
) -> Run:
    """Return a run that has read *packets* in two seconds and ended, a second ago, or goes on."""
    clock = clock or FakeClock()
    given = {"pcap": (name,), **settings}
    run = Run(
        Settings(given, dict.fromkeys(given, "command line")),
        tuple(arguments) or ("-pcap", name),
        clock,
        peers=peers,
    )
    tracker = run.pipeline.tracker
    tracker.calls.keep_order()
    tracker.registrar.bindings.keep_order()
    tracker.reporter.failures = Failures(run.settings.event_buffer_size)
    source = Source(name)
    run.sources.append(source)
    with CaptureFile(capture_of(packets), name=name) as capture:
        while capture.read():
            while taken := run.pipeline.run(capture.cursor, 2048):
                source.received.value += taken
    run.pipeline.finish()
    source.state = State.READING
    clock.now += 2 * SECOND
    if ended:
        source.done()
        run.end()
        clock.now += SECOND
    return run


@asynccontextmanager
async def serving(run: Run, log: Log | None = None) -> AsyncIterator[int]:
    """Serve the pages of *run* on a port of the system's choice, which is yielded."""
    server = Server(run, log or Log(), 0)
    try:
        await server.start()
        yield server.ports()[0]
    finally:
        await server.stop()


def send(run: Run, data: bytes, log: Log | None = None) -> bytes:
    """Send *data* to a server of *run* as it is; return all that comes back until it hangs up."""

    async def talk() -> bytes:
        async with serving(run, log) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            try:
                return await asyncio.wait_for(reader.read(), PATIENCE)
            finally:
                writer.close()

    return asyncio.run(talk())


async def request(client: ClientSession, port: int, path: str, method: str, **sent: Any) -> Answer:
    """Send one request to the server at *port* and return the answer."""
    response = await client.request(
        method, URL(f"http://127.0.0.1:{port}{path}"), allow_redirects=False, **sent
    )
    return Answer(response.status, response.headers, await response.read())


def ask(
    run: Run,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request to a server of *run*, as curl would, and return the answer."""

    async def talk() -> Answer:
        async with serving(run) as port, ClientSession() as client:
            return await request(client, port, path, method, headers=headers, data=form)

    return asyncio.run(talk())


def ask_each(run: Run, paths: Iterable[str], method: str = "GET") -> list[tuple[str, Answer]]:
    """Ask one server of *run* for all *paths*; return each with the answer.

    A server takes longer to start than most pages to be made.
    """

    async def talk() -> list[tuple[str, Answer]]:
        async with serving(run) as port, ClientSession() as client:
            return [(path, await request(client, port, path, method)) for path in paths]

    return asyncio.run(talk())
