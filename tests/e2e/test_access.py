"""The program with its pages for some only: passwords, TLS, a unix socket."""

import asyncio
import ssl
import stat
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from aiohttp import ClientError, ClientSession, UnixConnector

from sipcm.httpui.passwords import line_for
from tests.certificates import certificate
from tests.e2e.serving import start
from tests.harness import capture_of
from tests.ports import free_port
from tests.stage import packets
from tests.waiting import PATIENCE

pytestmark = pytest.mark.no_cover

CALL = packets(">INVITE <200 >ACK +1 >BYE <200")


@pytest.fixture
def call(tmp_path):
    path = tmp_path / "call.pcap"
    path.write_bytes(capture_of(CALL).getvalue())
    return path


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("-http_auth", "none", "-http_auth: none: No such file or directory"),
        ("-http_tls", "none,none", "-http_tls: none: No such file or directory"),
        ("-http_tls", "a", "-http_tls: a: No such file or directory"),
        ("-l", "unix:", "-l: unix: needs the path of a socket, of 1 to 107 bytes"),
        ("-l", "unix:/none/x", "-l: unix:/none/x: there is no such directory"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(call, option, value, told):
    with start("-pcap", call, "-p", free_port(), option, value, "-log_level", -1) as running:
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (2, b"")
    assert err.decode() == f"sipcm: {told}\n"


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_password_and_tls(call, tmp_path, loop):
    users = tmp_path / "users"
    users.write_text(line_for("alice", "secret") + "\n", encoding="utf-8")
    users.chmod(0o600)
    made, key = certificate(tmp_path)
    port = free_port()
    options = ("-http_auth", users, "-http_tls", f"{made},{key}", "-loop", loop)
    with start("-pcap", call, "-p", port, "-forever", *options) as running:
        assert running.stderr is not None
        url = f"https://127.0.0.1:{port}/"
        assert running.stderr.readline().decode() == f"sipcm: pages on {url}\n"
        context = ssl.create_default_context(cafile=made)
        with pytest.raises(HTTPError, match="401") as caught:
            urlopen(url, timeout=PATIENCE, context=context)
        caught.value.close()
        login = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
        with urlopen(Request(url, headers=login), timeout=PATIENCE, context=context) as answer:
            assert answer.status == 200
        running.terminate()
        running.communicate(timeout=PATIENCE)
    assert running.returncode == 0


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_unix_socket(call, tmp_path, monkeypatch, loop):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pages.sock"

    async def ask():
        async with (
            ClientSession(connector=UnixConnector("pages.sock")) as client,
            client.get("http://localhost/health") as response,
        ):
            return response.status

    with start("-pcap", call, "-l", "unix:pages.sock", "-forever", "-loop", loop) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == b"sipcm: pages on unix:pages.sock\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert asyncio.run(ask()) == 200
        running.terminate()
        running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert not path.exists()
    with pytest.raises(ClientError):
        asyncio.run(ask())
