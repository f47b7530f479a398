"""Who may ask, and who may change something."""

import socket

import pytest
from multidict import MultiDict

from sipcm.httpui.guard import HEADERS, check_host, check_origin, own_names
from sipcm.httpui.page import RefusedError

NAMES = own_names(["Monitor.example.com", "pbx."])


@pytest.mark.parametrize(
    "host",
    [
        None,
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "127.0.0.1",
        "127.0.0.1:8080",
        "192.0.2.1:",
        "[::1]",
        "[::1]:8080",
        "[fe80::1%eth0]:80",
        "monitor.example.com",
        "MONITOR.example.COM:443",
        "pbx",
        socket.gethostname(),
    ],
)
def test_ours(host):
    check_host(host, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":80",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.1",
        "0x7f000001",
        "2130706433",
        "::1",
        "[::1",
        "[::1]x",
        "[]",
        "127.0.0.1:80:80",
        "127.0.0.1:999999",
        "127.0.0.1@evil.example",
        "localhost\r\n",
        "local host",
        "\udcff\udcfe",
        "<script>",
    ],
)
def test_not_ours(host):
    with pytest.raises(RefusedError, match="not a name of this server") as caught:
        check_host(host, NAMES)
    assert caught.value.status == 403


def test_a_long_host_is_told_shortly():
    with pytest.raises(RefusedError) as caught:
        check_host("a" * 8000, NAMES)
    assert len(str(caught.value)) < 200


def test_names_that_are_empty_are_none():
    assert "" not in own_names(["", "a"])


HOST = "localhost:8080"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost:8080"},
        {"Origin": "https://localhost:8080"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_our_own_page_or_none(headers):
    check_origin("POST", HOST, MultiDict(headers))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:8081"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_the_page_of_another(method, headers):
    with pytest.raises(RefusedError, match="only be sent from a page of this server") as caught:
        check_origin(method, HOST, MultiDict(headers))
    assert caught.value.status == 403


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_is_free(method):
    headers = MultiDict({"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"})
    check_origin(method, HOST, headers)


def test_a_page_may_load_nothing_from_elsewhere():
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "http" not in policy
