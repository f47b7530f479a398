"""The pages of calls."""

import csv
import re
from typing import Any

import pytest

from sipcm.clock import SECOND
from sipcm.httpui import entries
from sipcm.httpui.patience import Turns
from sipcm.run import Run
from sipcm.state.statenames import STATE_IDS
from tests.goldenpage import check_golden
from tests.scenario import Scenario
from tests.stage import BEGIN, packets
from tests.webharness import ask, run_of

SCRIPT = "<script>alert(1)</script>"
BROWSER = {"Accept": "text/html"}

TRAFFIC = [
    (">INVITE +1 <180", "ringing"),
    (">INVITE <180/x <200/y", "forked"),
    (">OPTIONS", "Asked"),
    (">INVITE <486 >ACK", "busy"),
]


@pytest.fixture(scope="module")
def run() -> Run:
    found = []
    for second, (script, call_id) in enumerate(TRAFFIC):
        found += packets(script, call_id, BEGIN + second * SECOND)
    return run_of(found)


def many(calls: int, **settings: Any) -> Run:
    found = []
    for number in range(calls):
        found += packets(">INVITE <180", f"call-{number}", BEGIN + number * SECOND // 100)
    return run_of(found, **settings)


def numbers(run: Run, path: str) -> list[int]:
    return [
        call["number"]
        for call in ask(run, path, headers={"Accept": "application/json"}).json()["calls"]
    ]


# The table


def test_the_table_as_text(run):
    check_golden("calls", ask(run, "/calls").text)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((0, 0), "Limits: 0 entries (unlimited) 0 Kb memory (unlimited)\n"),
        ((4, 0), "Limits: 4 entries (25% used) 0 Kb memory (unlimited)\n"),
        ((0, 2), "Limits: 0 entries (unlimited) 2 Kb memory ("),
    ],
)
def test_the_limits(limits, words):
    entries, memory = limits
    run = many(1, calls_max_entries=entries, calls_max_mem=memory)
    assert words in ask(run, "/calls").text


def test_the_table_as_json():
    run = many(5, calls_max_entries=3, calls_max_mem=1000)
    page = ask(run, "/calls?format=json").json()
    taken = page.pop("memory"), page.pop("most_memory")
    assert 3 * 850 < taken[0] <= taken[1] < 3 * 2000
    assert page == {
        "entries": 3,
        "most_entries": 3,
        "begun": 5,
        "evicted": 2,
        "evicted_settled": 0,
        "copies": 0,
        "limit": 3,
        "memory_limit": 1_024_000,
        "longest_chain": 1,
        "by_state": {**dict.fromkeys(STATE_IDS, 0), "inv_early_dlg": 3},
    }


def test_the_table_as_html(run):
    text = ask(run, "/calls", headers=BROWSER).text
    assert '<th scope="row">inv_early_dlg</th><td class="number">2</td>' in text
    assert "<dt>Followed now</dt><dd>5</dd>" in text
    assert "<dt>Limit of memory</dt><dd>none</dd>" in text


def test_what_had_to_go_and_what_was_seen_twice():
    run = many(1)
    table = run.pipeline.tracker.calls
    table.evicted.value, table.evicted_settled.value, table.copies.value = 5, 3, 7
    page = ask(run, "/calls?format=json").json()
    assert (page["evicted"], page["evicted_settled"], page["copies"]) == (5, 3, 7)
    text = ask(run, "/calls", headers=BROWSER).text
    assert "<dt>Of these settled</dt><dd>3</dd>" in text
    assert "<dt>Copies of messages</dt><dd>7</dd>" in text


# The list


def test_the_list_as_text(run):
    check_golden("calls_list", ask(run, "/calls/list").text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("cid=forked", [1, 2]),
        ("cid=FORKED", []),
        ("cid=asked", []),
        ("cid=Asked", [3]),
        ("ftag=a", [0, 1, 2, 3, 4]),
        ("ttag=y", [2]),
        ("key=forkedax", [1]),
        ("state=early dialog", [0, 1]),
        ("state=Early", []),
        ("filter=state&val=non-invite", [3]),
        ("filter=state&val=", [0, 1, 2, 3, 4]),
        ("state=early&cid=forked", [1]),
        ("state=^(early|established)&re", [0, 1, 2]),
        ("cid=(?i)asked&re=1", [3]),
        ("cid=forke&exact=1", []),
        ("cid=forked&exact=1", [1, 2]),
        ("cid=Forked&exact", []),
    ],
)
def test_filters(run, query, expected):
    assert numbers(run, f"/calls/list?{query}") == expected


def test_what_stays_of_a_call_id_is_found_when_the_newest_call_of_it_leaves(monkeypatch):
    fork = packets(">INVITE <180/b <180/c", "forked", BEGIN + SECOND)
    run = run_of([*packets(">INVITE", "first"), *fork])
    table = run.pipeline.tracker.calls
    newest = table.by_id[b"forked"]
    assert newest.same_id is not None

    async def leave(_self):
        if table.by_id[b"forked"] is newest:
            table.remove(newest)

    monkeypatch.setattr(entries, "BLOCK", 1)
    monkeypatch.setattr(Turns, "over", lambda _self: True)
    monkeypatch.setattr(Turns, "next", leave)
    found = ask(run, "/calls/list?format=json").json()["calls"]
    assert [(call["number"], call["sip"]["call_id"]) for call in found] == [
        (0, "first"),
        (1, "forked"),
    ]


def test_csv(run):
    rows = list(csv.DictReader(ask(run, "/calls/list?format=csv").text.splitlines()))
    assert [row["sip.call_id"] for row in rows] == ["ringing", "forked", "forked", "Asked", "busy"]
    assert rows[2]["state"] == "established"


def test_html(run):
    text = ask(run, "/calls/list?state=early&n=1", headers=BROWSER).text
    assert '<input type="search" name="state" value="early"' in text
    assert "<p>1 of 2, " in text
    (following,) = set(re.findall('<a href="([^"]*)" rel="next">next</a>', text))
    assert following == "/calls/list?state=early&amp;n=1&amp;sort=-number&amp;after=1%3A1"
    assert "&gt;INVITE<wbr>&lt;180" in text
    assert '<input type="checkbox" name="exact" value="1">' in text
    assert "No call fits." in ask(run, "/calls/list?cid=nobody", headers=BROWSER).text


def test_html_leads_to_the_events_of_a_call_that_has_some(run):
    text = ask(run, "/calls/list", headers=BROWSER).text
    assert re.findall('/events[^"]*cid=[^"]*', text) == ["/events?cid=forked&amp;exact=1"]
    assert '<input type="checkbox" name="exact" value="1" checked>' in (
        ask(run, "/calls/list?cid=forked&exact=1", headers=BROWSER).text
    )


def test_what_is_on_the_wire_is_no_html():
    headers = {
        "From": f'"{SCRIPT}" <sip:{SCRIPT}@example.com>;tag=1',
        "To": f"<sip:x@example.com?subject={SCRIPT}>",
        "User-Agent": SCRIPT,
        "Call-ID": SCRIPT,
    }
    run = run_of(Scenario("evil").uac("INVITE", headers=headers).packets())
    text = ask(run, f"/calls/list?cid={SCRIPT}", headers=BROWSER).text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>" not in text


def test_the_form(run):
    check_golden("calls_list_query", ask(run, "/calls/list/query").text)
    assert (
        '<form action="/calls/list" method="get"'
        in ask(run, "/calls/list/query", headers=BROWSER).text
    )
