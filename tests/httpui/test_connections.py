"""Connections: how many, how long, and what is no HTTP."""

import asyncio

import pytest

from sipcm.httpui import connections
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
                return await asyncio.wait_for(reader.read(), 5)
            except ConnectionResetError:
                return b""
            finally:
                writer.close()

    return asyncio.run(talk())


def test_silence_after_a_request(run, monkeypatch):
    monkeypatch.setattr(connections, "IDLE", 0.05)
    answer = send(run, b"GET /about HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_one_connection_too_many(run, monkeypatch):
    monkeypatch.setattr(connections, "MOST", 2)
    request = b"GET /about HTTP/1.1\r\nHost: localhost\r\n\r\n"

    async def ask(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            return writer, await asyncio.wait_for(reader.read(12), 5)
        except ConnectionResetError:
            return writer, b""

    async def talk():
        async with serving(run) as port:
            first, second, third = [await ask(port) for _ in range(3)]
            first[0].close()
            await asyncio.sleep(0.05)
            fourth = await ask(port)
            for writer, _ in (second, third, fourth):
                writer.close()
            return [answer for _, answer in (first, second, third, fourth)]

    assert asyncio.run(talk()) == [b"HTTP/1.1 200", b"HTTP/1.1 200", b"", b"HTTP/1.1 200"]


def test_nothing_is_left_of_a_client(run):
    async def talk():
        async def handler(_request):
            raise AssertionError

        kept = connections.Connections(handler)
        listening = await asyncio.get_running_loop().create_server(kept, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.05)
        during = len(kept.connections), len(kept._silent)
        writer.close()
        await asyncio.sleep(0.05)
        after = len(kept.connections), len(kept._silent)
        listening.close()
        return during, after

    assert asyncio.run(talk()) == ((1, 1), (0, 0))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_connections_that_are_too_many_leave_no_line(run, monkeypatch, capfd, loop):
    factory = pytest.importorskip("uvloop").new_event_loop if loop == "uvloop" else None
    monkeypatch.setattr(connections, "MOST", 2)

    async def talk():
        async with serving(run) as port:
            opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
            await asyncio.sleep(0.05)
            for _, writer in opened:
                writer.close()

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(talk())
    assert capfd.readouterr().err == ""
