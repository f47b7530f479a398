"""Connections: how many, how long, and what is no HTTP."""

import asyncio
import socket
from contextlib import suppress

import pytest
from aiohttp.web import Server

from sipcm.httpui import connections, guests
from sipcm.httpui.connections import Connections
from sipcm.httpui.guests import Guest
from tests.waiting import others_until
from tests.webharness import run_of, send, serving


@pytest.fixture(scope="module")
def run():
    return run_of([])


def test_silence_before_the_first_request(run, monkeypatch):
    monkeypatch.setattr(connections, "IDLE", 0.05)
    assert silent(run, b"") == b""
    assert silent(run, b"GET /stats HTTP/1.1\r\nHost: local") == b""


def silent(run, data):
    async def talk():
        async with serving(run) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            try:
                return await asyncio.wait_for(reader.read(), 10)
            except ConnectionResetError:
                return b""
            finally:
                writer.close()

    return asyncio.run(talk())


@pytest.fixture
def may_begin_late(monkeypatch):
    """Let a client wait with its first request for as long as it likes."""
    monkeypatch.setattr(Connections, "connection_made", Server.connection_made)


@pytest.mark.usefixtures("may_begin_late")
def test_silence_after_a_request(run, monkeypatch):
    monkeypatch.setattr(connections, "IDLE", 0.05)
    answer = send(run, b"GET /about HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_one_connection_too_many(run, monkeypatch):
    """While all others are being answered, nobody has to go for it."""
    monkeypatch.setattr(guests, "MOST", 2)
    monkeypatch.setattr(Guest, "waits", lambda _: None)
    request = b"GET /about HTTP/1.1\r\nHost: localhost\r\n\r\n"

    async def ask(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            return writer, await asyncio.wait_for(reader.read(12), 10)
        except ConnectionResetError:
            return writer, b""

    async def talk():
        async with serving(run) as port:
            first, second, third = [await ask(port) for _ in range(3)]
            first[0].close()
            fourth = await ask(port)
            while fourth[1] == b"":  # the server has not seen yet that there is room
                fourth[0].close()
                fourth = await ask(port)
            for writer, _ in (second, third, fourth):
                writer.close()
            return [answer for _, answer in (first, second, third, fourth)]

    assert asyncio.run(talk()) == [b"HTTP/1.1 200", b"HTTP/1.1 200", b"", b"HTTP/1.1 200"]


def test_nothing_is_left_of_a_client(run):
    async def talk():
        async def handler(_request):
            raise AssertionError

        kept = Connections(handler)
        listening = await asyncio.get_running_loop().create_server(kept, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await others_until(lambda: held(kept) == (1, 1))
        writer.close()
        await others_until(lambda: held(kept) == (0, 0))
        listening.close()

    def held(kept):
        return len(kept.connections), len(kept._silent)

    asyncio.run(talk())


def on_loop(loop, work):
    factory = pytest.importorskip("uvloop").new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(work)


LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


@LOOPS
def test_connections_that_are_too_many_are_hung_up_without_a_word(run, monkeypatch, capfd, loop):
    monkeypatch.setattr(guests, "MOST", 2)

    async def talk():
        async with serving(run) as port:
            opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
            for reader, _ in opened[:-2]:
                with suppress(ConnectionResetError):
                    assert await asyncio.wait_for(reader.read(), 10) == b""
            for _, writer in opened:
                writer.close()

    on_loop(loop, talk())
    assert capfd.readouterr().err == ""


@LOOPS
def test_a_client_that_asks_and_takes_nothing_is_hung_up_on(run, monkeypatch, loop):
    """Nor does it matter that what is sent to it is no page but a file."""
    monkeypatch.setattr(connections, "IDLE", 0.2)
    monkeypatch.setattr(connections, "LINGER", 0.2)
    request = b"GET /static/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n"

    async def talk():
        async with serving(run) as port:
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(0.1)
            client.connect(("127.0.0.1", port))

            def hung_up():
                try:
                    client.send(100 * request)
                except TimeoutError:
                    return False  # it takes no more requests while it cannot answer
                except OSError:
                    return True
                return False

            await others_until(hung_up)
            client.close()

    on_loop(loop, talk())
