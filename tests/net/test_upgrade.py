"""The handshake of WebSocket."""

import pytest

from sipcm.net.upgrade import (
    NO_UPGRADE,
    OF_PROTOCOL,
    UPGRADE,
    head_end,
    judge,
    may_begin,
)
from tests.websockets import REQUEST, RESPONSE

SUB = b"Sec-WebSocket-Protocol: sip\r\n"

CASES = {
    "request": (REQUEST, OF_PROTOCOL),
    "response": (RESPONSE, OF_PROTOCOL),
    "one of several": (REQUEST.replace(b": sip", b": msrp , SIP"), OF_PROTOCOL),
    "in any case": (REQUEST.lower().replace(b"get", b"GET").replace(b"http", b"HTTP"), OF_PROTOCOL),
    "line feeds": (REQUEST.replace(b"\r", b""), OF_PROTOCOL),
    "without a word": (RESPONSE.replace(SUB, b""), UPGRADE),
    "another": (REQUEST.replace(b": sip", b": msrp"), NO_UPGRADE),
    "no upgrade": (REQUEST.replace(b"Upgrade: websocket\r\n", b""), NO_UPGRADE),
    "to something else": (REQUEST.replace(b"Upgrade: websocket", b"Upgrade: h2c"), NO_UPGRADE),
    "refused": (RESPONSE.replace(b"101", b"404"), NO_UPGRADE),
    "HTTP/1.0": (REQUEST.replace(b"1.1", b"1.0"), NO_UPGRADE),
    "nothing": (b"", NO_UPGRADE),
}


@pytest.mark.parametrize(("head", "verdict"), CASES.values(), ids=CASES)
def test_verdict(head, verdict):
    assert judge(head, b"sip") == verdict


def test_where_it_ends():
    assert head_end(REQUEST + b"more") == len(REQUEST)
    assert head_end(REQUEST[:-1]) == -1
    assert head_end(b"GET / HTTP/1.1\n\nx") == 16


def test_how_it_begins():
    for head in (REQUEST, RESPONSE):
        for size in range(1, 40):
            assert may_begin(b"?" + head[:size], 1, 1 + size)
    for other in (b"", b"POST / HTTP/1.1", b"HTTP/1.1 200 OK", b"GETX", b"get "):
        assert not may_begin(other, 0, len(other))
