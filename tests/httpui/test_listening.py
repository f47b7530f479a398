"""Where pages are served: TCP, TLS and unix sockets, and clients that only hold on to them."""

import asyncio
import errno
import os
import socket
import ssl
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector, UnixConnector

from sipcm.errors import ConfigError, SipcmError
from sipcm.httpui import listening
from sipcm.httpui.guests import MOST
from sipcm.httpui.server import Server
from sipcm.log import Log
from tests.certificates import certificate
from tests.httpui.test_connections import LOOPS, on_loop
from tests.webharness import run_of, serving

REQUEST = b"GET /about HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Give the path of a unix socket, short enough wherever the tests run."""
    monkeypatch.chdir(tmp_path)
    return "pages.sock"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("own"))


def at_path(path, **settings):
    return Server(run_of([], http_addr=f"unix:{path}", **settings), Log())


async def through(path, **headers):
    async with ClientSession(connector=UnixConnector(path)) as client:
        response = await client.get("http://localhost/about", headers=headers)
        return response.status


# Unix sockets


@LOOPS
def test_a_unix_socket(path, loop):
    async def talk():
        server = at_path(path)
        await server.start()
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        statuses = [await through(path), await through(path, Host="evil.example")]
        await server.stop()
        return mode, statuses, server.ports(), server.url()

    assert on_loop(loop, talk()) == (0o660, [200, 403], [], f"unix:{path}")
    assert not os.path.lexists(path)


def test_a_stale_one_is_replaced(path):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(path)

    async def talk():
        server = at_path(path)
        await server.start()
        try:
            return await through(path)
        finally:
            await server.stop()

    assert asyncio.run(talk()) == 200


def test_one_in_use_is_not(path):
    async def talk():
        first = at_path(path)
        await first.start()
        try:
            with pytest.raises(SipcmError, match="another program does; choose another -l"):
                await at_path(path).start()
            return await through(path)
        finally:
            await first.stop()

    assert asyncio.run(talk()) == 200


def _replace(path):
    Path(path).rename("away")
    Path(path).touch()


def test_one_that_another_has_put_there_stays(path):
    async def talk():
        server = at_path(path)
        await server.start()
        _replace(path)
        await server.stop()

    asyncio.run(talk())
    assert Path(path).is_file()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "needs the path of a socket"),
        ("x" * 108, "needs the path of a socket"),
        ("none/x.sock", "there is no such directory"),
        ("file", "there is something else that is no socket"),
        (".", "there is something else that is no socket"),
    ],
)
def test_paths_that_cannot_be(tmp_path, monkeypatch, path, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()

    async def talk():
        server = at_path(path)
        try:
            await server.start()
        finally:
            await server.stop()

    with pytest.raises(ConfigError, match=rf"^-l: unix:.*{told}") as caught:
        asyncio.run(talk())
    assert "\n" not in str(caught.value)


def test_a_directory_that_is_not_ours(path, monkeypatch):
    class Refusing(socket.socket):
        def bind(self, address):
            raise PermissionError(errno.EACCES, address)

    monkeypatch.setattr("socket.socket", Refusing)
    with pytest.raises(
        SipcmError, match=r"^cannot serve pages on unix:.*: Permission denied; choo"
    ):
        asyncio.run(at_path(path).start())


def test_the_umask_is_as_it_was(path):
    before = os.umask(0o22)
    try:

        async def talk():
            server = at_path(path)
            await server.start()
            await server.stop()

        asyncio.run(talk())
        assert os.umask(0o22) == 0o22
    finally:
        os.umask(before)


# TLS


def secured(pair, **settings):
    return run_of([], http_tls=f"{pair[0]},{pair[1]}", **settings)


def trusting(pair):
    return ssl.create_default_context(cafile=pair[0])


@LOOPS
def test_tls(pair, loop):
    async def talk():
        connector = TCPConnector(ssl=trusting(pair))
        async with serving(secured(pair)) as port, ClientSession(connector=connector) as client:
            response = await client.get(f"https://localhost:{port}/about")
            return response.status

    assert on_loop(loop, talk()) == 200


def test_the_address_says_so(pair):
    assert Server(secured(pair, http_port=8443), Log()).url() == "https://127.0.0.1:8443/"


@LOOPS
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(pair, loop, version, capfd):
    context = trusting(pair)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")

    async def talk():
        async with serving(secured(pair)) as port:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("localhost", port, ssl=context)
            return await _asked(port, trusting(pair))

    assert on_loop(loop, talk()).startswith(b"HTTP/1.1 200 ")
    assert capfd.readouterr().err == ""


async def _asked(port, context=None):
    reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
    writer.write(REQUEST + b"Connection: close\r\n\r\n")
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


@LOOPS
@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"])
def test_a_handshake_that_does_not_come(pair, loop, data, monkeypatch, capfd):
    """It is cut off, and until then it has a place like all others."""
    monkeypatch.setattr(listening, "IDLE", 0.1)

    async def talk():
        server = Server(secured(pair), Log())
        await server.start()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.ports()[0])
            writer.write(data)
            with suppress(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await _until(lambda: not server._guests.present)
            monkeypatch.undo()  # whoever comes in earnest may be slow
            return await _asked(server.ports()[0], trusting(pair))
        finally:
            await server.stop()

    assert on_loop(loop, talk()).startswith(b"HTTP/1.1 200 ")
    assert capfd.readouterr().err == ""


@LOOPS
def test_handshakes_that_do_not_come_make_room(pair, loop, capfd):
    async def talk():
        async with serving(secured(pair)) as port:
            opened = [await _opened(port) for _ in range(MOST + 20)]
            answer = await _asked(port, trusting(pair))
            for client in opened:
                client.close()
            return answer

    assert on_loop(loop, talk()).startswith(b"HTTP/1.1 200 ")
    assert capfd.readouterr().err == ""


async def _until(true):
    while not true():  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(0)


async def _opened(port):
    client = socket.socket()
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
    return client


# Clients that hold on


@LOOPS
@pytest.mark.parametrize("begin", [b"", REQUEST], ids=["silent", "dripping"])
def test_a_thousand_slow_clients(loop, begin, capfd):
    """Each sends a request for ever; another one is answered all the same, again and again."""
    run = run_of([])

    async def drip(client):
        with suppress(OSError):
            client.send(b"X")

    async def talk():
        loop = asyncio.get_running_loop()
        answers = []
        turns = 0

        async def packets():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        server = Server(run, Log())
        await server.start()
        port = server.ports()[0]
        reading = loop.create_task(packets())
        clients = []
        try:
            for number in range(1000):
                client = await _opened(port)
                clients.append(client)
                with suppress(OSError):
                    client.send(begin)
                if number % 100 == 99:
                    for other in clients:
                        await drip(other)
                    before = turns
                    answers.append(await _asked(port))
                    assert turns > before
                    assert len(server._guests.present) <= MOST
            assert server.group.values()["refused"] == 0
        finally:
            reading.cancel()
            for client in clients:
                client.close()
            await server.stop()
        return answers

    answers = on_loop(loop, talk())
    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 200 "] * 10
    assert capfd.readouterr().err == ""


@LOOPS
def test_nobody_is_let_in_while_there_are_no_descriptors(loop, monkeypatch):
    monkeypatch.setattr(listening, "REST", 0.05)
    run = run_of([])

    async def talk():
        server = Server(run, Log())
        await server.start()
        door: Any = server._listening
        [waiting] = door._sockets
        tries = 0

        class Refusing:
            def fileno(self):
                return waiting.fileno()

            def setblocking(self, flag):
                waiting.setblocking(flag)

            def accept(self):
                nonlocal tries
                tries += 1
                if tries < 3:
                    raise OSError(errno.EMFILE, "x")
                return waiting.accept()

        asyncio.get_running_loop().remove_reader(waiting.fileno())
        door._let_in_from(Refusing())
        try:
            return await _asked(server.ports()[0]), tries
        finally:
            await server.stop()

    answer, tries = on_loop(loop, talk())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert tries >= 3


def test_what_waits_for_its_end_is_cut_off(pair):
    """A handshake that is under way when the server stops."""

    async def talk():
        server = Server(secured(pair), Log())
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.ports()[0])
        await _until(lambda: len(server._guests.present) > 0)
        await server.stop()
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        return len(server._guests.present)

    assert asyncio.run(talk()) == 0
