"""The page of what failed."""

import re

import pytest

from sipcm.httpui import failed
from tests.peers import made
from tests.stage import packets
from tests.webharness import ask, run_of

BROWSER = {"Accept": "text/html"}

TRAFFIC = [
    *packets(">INVITE <486 >ACK", "busy"),
    *packets("+1 >INVITE <200 >ACK", "answered"),
    *packets("+2 >INVITE <180 <503 >ACK", "down"),
    *packets("+3 >REGISTER <403", "forbidden"),
]


@pytest.fixture(scope="module")
def run():
    return run_of(TRAFFIC, ended=False)


def statuses(run, query=""):
    rows = ask(run, f"/calls/failed?{query}&format=json").json()["failures"]
    return [row["sip"]["response"]["status"] for row in rows]


def test_what_was_refused_is_there_before_any_event_tells_of_it(run):
    told = ask(run, "/events?format=json").json()["events"]
    assert {event["type"] for event in told} == {"call-start"}
    assert statuses(run) == [486, 503, 403]


def test_a_list_as_that_of_events(run):
    assert statuses(run, "q=status+>%3D+500") == [503]
    assert statuses(run, "name=other") == [403]
    assert statuses(run, "sort=-number&n=2") == [403, 503]
    assert statuses(run, "s=1&n=1") == [503]
    page = ask(run, "/calls/failed?n=1&format=json").json()
    assert (page["total"], page["matched"], page["shown"], page["first"]) == (3, 3, 1, 0)
    assert page["next"] == "/calls/failed?n=1&format=json&s=1"
    assert [row["number"] for row in page["failures"]] == [0]


def test_faces(run):
    text = ask(run, "/calls/failed").text
    assert text.startswith("Failures (filter: from 0 max 100 matches, ")
    assert text.endswith("3 matches in all\n")
    assert len(ask(run, "/calls/failed?format=csv").text.splitlines()) == 4
    assert ask(run, "/calls/failed?none=1").status == 400


def test_html_begins_with_the_newest_and_leads_to_the_calls(run):
    text = ask(run, "/calls/failed", headers=BROWSER).text
    assert re.findall(r'<td class="reason bad">(\d+)', text) == ["403", "503", "486"]
    assert re.findall(r'<a href="(/calls/\d+)">call</a>', text) == [
        "/calls/3", "/calls/2", "/calls/0",
    ]  # fmt: skip
    assert "486 Busy Here" in ask(run, "/calls/0", headers=BROWSER).text
    assert '<a href="/calls/failed" aria-current="page">Failed</a>' in text
    assert "No failure fits." in ask(run, "/calls/failed?q=status+%3D+600", headers=BROWSER).text


def test_between_which_addresses_and_networks_stands_below_whom(run):
    """So nobody has to open each call to find the trunk."""
    text = ask(run, "/calls/failed?n=1", headers=BROWSER).text
    assert 'sip:alice<wbr>@example.com <span class="faint at">192.0.2.10:5060</span></td>' in text
    assert 'sip:bob<wbr>@example.com <span class="faint at">198.51.100.20:5060</span></td>' in text
    peers = made(("192.0.2.0/24", "carrier-a"))
    text = ask(run_of(TRAFFIC, peers=peers), "/calls/failed?n=1", headers=BROWSER).text
    assert '<span class="faint at">carrier-a 192.0.2.10:5060</span>' in text
    assert '<span class="faint at">198.51.100.20:5060</span>' in text
    assert "faint at" not in ask(run, "/events", headers=BROWSER).text


def test_what_is_taken_back_during_the_search(run, monkeypatch):
    monkeypatch.setattr(failed, "BLOCK", 1)
    gone = run_of(TRAFFIC, ended=False).pipeline.tracker.reporter.failures
    assert gone is not None
    blocks = failed._blocks(gone)
    assert next(blocks)[1] == [0]
    gone.take_back(2)
    assert [numbers for _, numbers in blocks] == [[], [2]]
