"""What failed lately, and why."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from sipcm.httpui import outcomes
from sipcm.httpui.outcomes import failures
from tests.stage import packets
from tests.webharness import ask, run_of

TRAFFIC = [
    *packets(">INVITE <486 >ACK", "busy-1"),
    *packets("+1 >INVITE <486 >ACK", "busy-2"),
    *packets("+2 >INVITE <503 >ACK", "down"),
    *packets("+3 >INVITE <200 >ACK", "answered"),
    *packets("+4 >OPTIONS <404 +40 >OPTIONS#2", "other"),
]


def told(run, span="1m"):
    return asyncio.run(failures(run, span))


def test_alike_together_and_the_most_first():
    data = told(run_of(TRAFFIC)).data()
    assert (data["failed"], data["whole"]) == (4, True)
    assert data["events"] == 5
    assert [
        (row["type"], row["status"], row["reason"], row["count"]) for row in data["causes"]
    ] == [
        ("call-attempt", 486, "Busy Here", 2),
        ("other-failed", 404, "Whatever", 1),
        ("call-attempt", 503, "Service Unavailable", 1),
    ]


@pytest.mark.parametrize("ended", [True, False])
def test_each_links_to_its_events(ended):
    run = run_of(TRAFFIC, ended=ended)
    for row in told(run).data()["causes"]:
        found = ask(run, f"{row['events']}&format=json").json()
        assert found["matched"] == row["count"], row
        assert {event["sip"]["response"]["status"] for event in found["events"]} == {row["status"]}


@pytest.mark.parametrize("reason", ['say "no" and \\', "x" * 300, "<b>&amp;' or type = call-end"])
def test_whatever_the_reason_is_the_link_finds_it(reason):
    steps = [
        (moment, frame.replace(b"Busy Here", reason.encode()))
        for moment, frame in packets(">INVITE <486", "one")
    ]
    run = run_of([*steps, *packets("+40 >OPTIONS", "other")])
    rows = [row for row in told(run).data()["causes"] if row["status"] == 486]
    for row in rows:
        assert ask(run, f"{row['events']}&format=json").json()["matched"] == 1
        assert "q" in parse_qs(urlsplit(row["events"]).query)


def test_only_the_span_counts():
    later = packets("+300 >INVITE <503 >ACK +40 >OPTIONS", "later")
    assert told(run_of([*TRAFFIC, *later]), "1m").failed == 1
    assert told(run_of([*TRAFFIC, *later]), "10m").failed == 6


def test_no_more_is_read_than_is_soon_read(monkeypatch):
    monkeypatch.setattr(outcomes, "MOST_READ", 2)
    found = told(run_of(TRAFFIC))
    assert (found.read, found.whole) == (2, False)


def test_what_is_not_kept_is_told():
    found = told(run_of(TRAFFIC, event_buffer_size=3))
    assert (found.read, found.whole) == (3, False)


def test_nothing_before_anything():
    found = told(run_of([], ended=False))
    assert (found.read, found.failed, found.whole, found.rows) == (0, 0, True, [])
