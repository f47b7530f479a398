"""Where the server listens."""

import asyncio

import pytest
from aiohttp import ClientSession

from sipcm.errors import ConfigError, SipcmError
from sipcm.httpui.server import Server
from sipcm.log import Log
from sipcm.run import Run
from sipcm.settings import Settings


def made(**settings):
    run = Run(Settings({"pcap": ("x",), **settings}))
    return Server(run, Log())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("::1", "http://[::1]:80/"),
        ("0.0.0.0", "http://localhost:80/"),
        ("::", "http://localhost:80/"),
        ("", "http://localhost:80/"),
        ("pbx", "http://pbx:80/"),
    ],
)
def test_url(host, url):
    assert made(http_addr=host, http_port=80).url() == url


@pytest.mark.parametrize(
    ("host", "reached"),
    [("127.0.0.1", ["127.0.0.1"]), ("::1", ["[::1]"]), ("::", ["127.0.0.1", "[::1]"])],
)
def test_start_and_stop(host, reached):
    async def talk():
        listening = made(http_addr=host)
        await listening.start()
        port = listening.ports()[0]
        statuses = []
        try:
            async with ClientSession() as client:
                for name in reached:
                    response = await client.get(f"http://{name}:{port}/about")
                    statuses.append(response.status)
        finally:
            await listening.stop()
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(reached[0].strip("[]"), port)
        return statuses

    assert asyncio.run(talk()) == [200] * len(reached)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a..b", "[::1]", "x" * 70 + ".y"])
def test_no_address(host):
    async def talk():
        listening = made(http_addr=host)
        try:
            await listening.start()
        finally:
            await listening.stop()

    with pytest.raises(ConfigError, match=r"^-l: .*: \w"):
        asyncio.run(talk())


def test_an_address_that_is_taken():
    async def talk():
        first = made()
        await first.start()
        port = first.ports()[0]
        second = made(http_port=port)
        try:
            await second.start()
        finally:
            await second.stop()
            await first.stop()

    with pytest.raises(SipcmError, match=r"^cannot serve pages on 127\.0\.0\.1 port \d+: .* -p$"):
        asyncio.run(talk())


def test_stop_before_start():
    asyncio.run(made().stop())
