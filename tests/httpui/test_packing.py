"""Pages that go out packed: which do, for whom, and that they are the same."""

import gzip
from types import SimpleNamespace
from typing import Any

import pytest

from sipcm.httpui import sending
from sipcm.httpui.packing import LEAST, Packing, may_be_packed
from tests.samples import demo
from tests.stage import packets
from tests.webharness import ask, run_of, send

PACKED = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br"}
PLAIN = {"Accept": "text/html", "Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def run():
    return run_of(demo().packets(), http_port=8080)


def body(run, path, headers):
    """Return the head and the content of the page as they are sent."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    data = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n{lines}\r\n"
    head, _, content = send(run, data.encode()).partition(b"\r\n\r\n")
    return head.decode(), content


def test_a_page_is_a_quarter_of_itself_and_the_same(run):
    head, packed = body(run, "/events", PACKED)
    plain_head, plain = body(run, "/events", PLAIN)
    assert "Content-Encoding: gzip\r\n" in head
    assert "Vary: Accept, Accept-Encoding\r\n" in head
    assert "Content-Encoding" not in plain_head
    assert "Vary: Accept, Accept-Encoding\r\n" in plain_head
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 4


def test_a_long_list_is_packed_as_it_is_made():
    found = [packet for number in range(600) for packet in packets(">OPTIONS", f"call-{number}")]
    run = run_of(found)
    assert run.pipeline.tracker.calls.active.value == 600
    head, packed = body(run, "/calls/list?n=1000", PACKED)
    assert "Content-Encoding: gzip\r\n" in head
    plain = body(run, "/calls/list?n=1000", PLAIN)[1]
    assert len(plain) > 3 << 16
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("encoding", ["", "br", "gzip;q=0", "identity", "*"])
def test_who_does_not_read_it_gets_the_plain(run, encoding):
    answer = ask(run, "/events", headers={"Accept": "text/html", "Accept-Encoding": encoding})
    assert "Content-Encoding" not in answer.headers
    assert answer.text.endswith("</html>")


@pytest.mark.parametrize("face", ["text", "json", "csv"])
def test_only_html_is_packed(run, face):
    answer = ask(run, f"/events?format={face}", headers=PACKED)
    assert "Content-Encoding" not in answer.headers


def test_what_fits_into_a_packet_is_not_packed(run, monkeypatch):
    monkeypatch.setattr(sending, "LEAST", 1 << 20)
    assert "Content-Encoding" not in ask(run, "/about", headers=PACKED).headers
    assert LEAST < 1460


def test_head_is_as_get(run):
    answer = ask(run, "/events", method="HEAD", headers=PACKED)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body == b""


@pytest.mark.parametrize("path", ["/none", "/events?q=naem"])
def test_a_refusal_is_packed_as_well(run, path):
    assert ask(run, path, headers=PACKED).headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("site", "is_packed"),
    [
        ("same-origin", True),
        ("none", True),
        ("same-site", False),
        ("cross-site", False),
        ("odd", False),
    ],
)
def test_what_another_site_asks_for_is_not_packed(run, site, is_packed):
    """Or that site could find out what stands on a page, by lengths."""
    answer = ask(run, "/events?q=client", headers=PACKED | {"Sec-Fetch-Site": site})
    assert ("Content-Encoding" in answer.headers) == is_packed


@pytest.mark.parametrize("secure", [False, True])
def test_where_a_browser_does_not_say_who_asks_only_what_all_can_read_is_packed(secure):
    request: Any = SimpleNamespace(headers={}, secure=secure)
    assert may_be_packed(request) != secure
    request.headers["Sec-Fetch-Site"] = "same-origin"
    assert may_be_packed(request)


def test_pieces_together_are_the_page():
    packing = Packing()
    pieces = [b"a" * 70_000, b"", b"b" * 70_000]
    packed = b"".join([*map(packing.pack, pieces), packing.end()])
    assert gzip.decompress(packed) == b"".join(pieces)
    assert len(packed) < 1000
