"""The first page."""

import pytest

from sipcm.httpui import overview
from sipcm.httpui.routes import ROUTES
from sipcm.run import Run
from sipcm.source import Source
from tests.goldenpage import check_golden
from tests.samples import demo
from tests.stage import packets
from tests.webharness import ask, run_of


@pytest.fixture(scope="module")
def run() -> Run:
    run = run_of(demo().packets(), name="demo.pcap")
    source = Source("gone.pcap")
    source.fail("No such file or directory")
    run.sources.append(source)
    return run


def test_text(run, monkeypatch):
    monkeypatch.setattr(overview, "VERSION", "0.9.0")
    check_golden("overview", ask(run, "/").text)


def test_numbers():
    data = ask(run_of(packets(">INVITE <180 <200 >ACK")), "/?format=json").json()
    assert data["entries"] == data["established"] == 1
    assert data["bindings"] == 0
    assert data["packets"] == data["messages"] == 4
    assert data["parse_errors"] == 0
    assert data["events"] == data["events_by_type"]["call-start"] == 1
    assert "empty" not in data["events_by_type"]
    assert data["stopped_since"] == 1.0
    assert data["sources"][0]["received"] == 4


def test_registrations(run):
    assert ask(run, "/?format=json").json()["bindings"] == 2
    assert "<dt>Registered</dt><dd>2</dd>" in ask(run, "/", headers={"Accept": "text/html"}).text


def test_lately():
    steps = " ".join(f">INVITE#{number} +1" for number in range(1, 31))
    data = ask(run_of(packets(steps)), "/?format=json").json()
    assert data["messages_per_second"] == data["packets_per_second"] == 1.1  # of a second more


def test_pages(run):
    pages = ask(run, "/?format=json").json()["pages"]
    assert [page["path"] for page in pages] == [
        route.path for route in ROUTES if "<" not in route.path
    ]
    assert all(page["built"] for page in pages)


def test_html(run):
    text = ask(run, "/", headers={"Accept": "text/html"}).text
    assert '<a href="/events?name=call-end">call-end</a>' in text
    assert '<progress value="1.0" aria-label="read of demo.pcap"></progress> 100 %' in text
    assert '<td class="bad">failed</td>' in text
    assert '<a href="/counters/avg">/counters/avg</a>' in text
    assert '<a href="/metrics">/metrics</a>' in text


def test_before_anything_came():
    text = ask(run_of([], ended=False), "/?format=html").text
    assert "none yet" in text
    assert "is being read" in text
