"""The pages of events."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sipcm.clock import SECOND
from sipcm.httpui import events
from sipcm.httpui.patience import Turns
from sipcm.run import Run
from sipcm.state.ring import EventRing
from tests.goldenpage import check_golden
from tests.scenario import Scenario
from tests.stage import BEGIN, packets
from tests.webharness import ask, run_of

SCRIPT = "<script>alert(1)</script>"
BROWSER = {"Accept": "text/html"}


def traffic():
    """Return a call, a refused one, a probe, something unreadable, and what lets timers fire."""
    call = Scenario("one").uac("INVITE", headers={"P-Asserted-Identity": "<sip:alice@pbx.example>"})
    call.after("100ms").uas(180).after("2s").uas(200).uac("ACK").after("9s").uac("BYE").uas(200)
    busy = Scenario("busy", at="12s").uac("INVITE").uas(486).uac("ACK")
    probe = Scenario("probe", at="13s").uac(b"\x13\x37 hello\r\n")
    cut = Scenario("cut", at="14s").uac(b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 1")
    end = Scenario("end", at="50s").uac("OPTIONS").uas(200)
    return Scenario("all").join(call, busy, probe, cut, end).packets()


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(traffic())


def numbers(run: Run, path: str) -> list[int]:
    return [
        event["number"]
        for event in ask(run, path, headers={"Accept": "application/json"}).json()["events"]
    ]


def many(calls: int, **settings: Any) -> Run:
    """Return a run with two events for each of so many calls."""
    found = []
    for number in range(calls):
        begin = BEGIN + number * SECOND
        found += packets(">INVITE <200 >ACK >BYE <200", f"call-{number}", begin)
    return run_of(found, **settings)


def test_the_text_is_that_of_the_original(run):
    check_golden("events", ask(run, "/events").text)


def test_the_text_of_one_match(run):
    answer = ask(run, "/events?name=call-end&cid=one")
    head, counts, empty, first = answer.text.splitlines()[:4]
    assert head == (
        'Events List (filter: from 0 max 100 matches, match name against "call-end" '
        'and cid against "one" regexp false):'
    )
    assert counts == "Total Generated:      5\tMax. Buffered:  10240"
    assert empty == ""
    assert first.startswith("    1 (    1). Type: call-end [truncated: false ")


def test_the_text_says_how_many_there_are_and_how_to_go_on(run):
    assert ask(run, "/events?n=2").text.endswith(
        "\n\n\n5 matches in all, the next: /events?n=2&s=2\n"
    )
    assert ask(run, "/events?s=3").text.endswith("\n\n\n5 matches in all\n")
    assert ask(run, "/events?name=call&s=3").text.endswith("\n\n\n3 matches in all\n")
    assert ask(run, "/events?name=call-end").text.endswith("\n\n\n1 match in all\n")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("n=2", [0, 1]),
        ("n=0", []),
        ("n=1", [0]),
        ("s=3", [3, 4]),
        ("s=3&n=1", [3]),
        ("s=99", []),
        ("name=call", [0, 1, 4]),
        ("name=CALL-E", [1]),
        ("src=192.0.2.10", [0, 1, 2, 3, 4]),
        ("dst=198.51.100.2", [0, 1, 2, 3, 4]),
        ("sport=5060", [0, 1, 2, 3, 4]),
        ("dport=99", []),
        ("proto=UDP", [0, 1, 2, 3, 4]),
        ("status=4", [4]),
        ("cid=ONE@", [0, 1]),
        ("fu=alice%40example", [0, 1, 4]),
        ("tu=sip:bob", [0, 1, 4]),
        ("method=invite", [0, 1, 4]),
        ("uri=bob", [0, 1, 4]),
        ("contact=alice%40192", [0, 1, 4]),
        ("reason=busy", [4]),
        ("reason=hello", [2]),
        ("ua=atlanta", [0, 1, 4]),
        ("uas=biloxi", [0, 1, 4]),
        ("filter=status&val=48", [4]),
        ("filter=status&val=", [0, 1, 2, 3, 4]),
        ("name=call&status=200", [0, 1]),
        ("name=^call-(end|attempt)$&re", [1, 4]),
        ("name=CALL&re=1", []),
        ("name=call&s=1&n=1", [1]),
        ("cid=one&exact=1", []),
        ("cid=one@192.0.2.10&exact=1", [0, 1]),
        ("cid=ONE@192.0.2.10&exact=true", []),
        ("status=486&name=call-attempt&exact", [4]),
    ],
)
def test_filters(run, query, expected):
    assert numbers(run, f"/events?{query}") == expected


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("cdi=x", '"cdi": unknown parameter'),
        ("n=x", 'n: "x" is not a whole number'),
        ("s=-1", 's: "-1" is not a whole number'),
        ("re=maybe", 're: "maybe" is not one of 1, true'),
        ("cid=x&re=1&exact=1", "exact: it does not go together with re"),
        ("filter=x&val=y", 'filter: "x" is not one of name, src'),
        ("val=y", "filter: it is missing beside val"),
        ("ua=(&re", 'ua: "(" is not a regular expression: missing ): ('),
        ("filter=ua&val=(&re", 'val: "(" is not a regular expression: missing ): ('),
        ("format=xml", 'format: "xml" is not one of text, html, json, csv'),
    ],
)
def test_bad_parameters(run, query, reason):
    answer = ask(run, f"/events?{query}")
    assert answer.status == 400
    assert answer.text.startswith(reason)
    assert answer.text.count("\n") == 1


def test_json_says_how_many_there_are(run):
    page = ask(run, "/events?n=1&s=1&name=call&format=json").json()
    (event,) = page.pop("events")
    assert page == {
        "total": 5,
        "kept": 5,
        "buffered": 10240,
        "matched": 3,
        "shown": 1,
        "first": 1,
        "next": "/events?n=1&name=call&format=json&s=4",
        "selected": "type icontains call",
        "sorted": None,
    }
    assert (event["number"], event["slot"], event["type"]) == (1, 1, "call-end")
    assert event["sip"]["call_id"] == "one@192.0.2.10"
    assert event["event"]["duration"] == 9.0


def test_pages_follow_one_another():
    run = many(7)
    path, seen = "/events?n=4&format=json", []
    while path:
        page = ask(run, path).json()
        assert page["shown"] == len(page["events"]) <= 4
        seen += [event["number"] for event in page["events"]]
        path = page["next"]
    assert seen == list(range(14))


def test_a_ring_that_went_round():
    run = many(10, event_buffer_size=6)
    page = ask(run, "/events?format=json&s=2").json()
    assert (page["total"], page["kept"], page["buffered"], page["first"]) == (20, 6, 6, 14)
    assert [(event["number"], event["slot"]) for event in page["events"]] == [
        (number, number % 6) for number in range(14, 20)
    ]
    assert "   14 (    2). Type: call-start " in ask(run, "/events").text


@pytest.mark.parametrize(
    ("query", "left"), [("", (*range(4), *range(8, 12))), ("&name=call", range(8, 12))]
)
def test_events_that_go_while_they_are_read_are_passed_over(monkeypatch, query, left):
    """Between two blocks packets come: what is read keeps its number, what has gone is left out.

    What is looked for is found, then read.
    """
    run = many(20, event_buffer_size=16)
    ring = run.pipeline.ring
    monkeypatch.setattr(events, "BLOCK", 4)
    monkeypatch.setattr(Turns, "over", lambda _self: True)

    async def flood(_self):
        for event in ring.read(ring.oldest(), 8):
            ring.add(event, event.timestamp)

    kept = [(number, event.call_id.decode()) for number, event in enumerate(ring.read(24, 16), 24)]
    monkeypatch.setattr(Turns, "next", flood)
    page = ask(run, f"/events?format=json{query}").json()
    shown = [(event["number"], event["sip"]["call_id"]) for event in page["events"]]
    assert shown == [kept[place] for place in left]


def test_csv(run):
    answer = ask(run, "/events?format=csv")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["type"] for row in rows] == [
        "call-start", "call-end", "msg-probe", "parse-error", "call-attempt",
    ]  # fmt: skip
    assert rows[1]["event.duration"] == "9.0"
    assert rows[4]["sip.sip_reason"] == "Busy Here"


def test_head(run):
    answer = ask(run, "/events", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_html_has_the_form_the_rows_and_the_links(run):
    text = ask(run, "/events?cid=one&status=2&re&s=1&n=1", headers=BROWSER).text
    assert '<input type="search" name="cid" value="one"' in text
    assert '<input type="search" name="status" value="2"' in text
    assert 'name="re" value="1" checked' in text
    assert 'name="s" inputmode="numeric" size="8" value="1"' in text
    assert 'name="n" inputmode="numeric" size="5" value="1"' in text
    assert "<p>1 of 2</p>" in text
    assert '<a href="/events?cid=one%40192.0.2.10&amp;exact=1">events</a>' in text
    assert (
        '<a href="/events?cid=one&amp;status=2&amp;re=&amp;s=1&amp;n=1&amp;format=csv">csv</a>'
        in text
    )


def test_html_leads_only_to_calls_that_are_still_followed(run):
    text = ask(run, "/events", headers=BROWSER).text
    found = re.findall(r'/calls/list\?cid=[^"]*', text)
    ended, busy = "one@192.0.2.10", "busy@192.0.2.10"
    assert ended.encode() not in run.pipeline.tracker.calls.by_id
    assert busy.encode() not in run.pipeline.tracker.calls.by_id
    assert found == []
    going = run_of(packets(">INVITE <200", "goes on"))
    text = ask(going, "/events", headers=BROWSER).text
    assert re.findall(r'/calls/list\?cid=[^"]*', text) == ["/calls/list?cid=goes%20on&amp;exact=1"]
    (call,) = ask(going, "/calls/list?cid=goes%20on&exact=1&format=json").json()["calls"]
    assert call["sip"]["call_id"] == "goes on"


def test_html_shows_the_reason_and_the_duration(run):
    text = ask(run, "/events", headers=BROWSER).text
    rows = [row for row in text.split("<tr>") if '<td class="number" ' in row]
    shown = [
        re.findall(r'<td class="reason(?: bad)?">(.*?)</td><td class="number"[^>]*>(.*?)</td>', row)
        for row in rows
    ]
    assert [re.sub("<.*?>", "", reason) for ((reason, _),) in shown] == [
        "486 Busy Here", " incomplete/truncated data", " not SIP", "200 OK", "200 OK",
    ]  # fmt: skip
    assert [duration for ((_, duration),) in shown] == ["", "", "", "9s", ""]


@pytest.mark.parametrize("face", ["text", "html", "json", "csv"])
def test_headers_say_how_many_there_are(run, face):
    answer = ask(run, f"/events?n=1&name=call&format={face}")
    assert answer.headers["X-Total-Count"] == "3"
    behind = "sort=-number&after=4%3A4" if face == "html" else "s=1"
    assert answer.headers["Link"] == f'</events?n=1&name=call&format={face}&{behind}>; rel="next"'
    name = answer.headers.get("Content-Disposition")
    assert name == ('inline; filename="events.csv"' if face == "csv" else None)
    head = ask(run, "/events?s=4", method="HEAD")
    assert (head.headers["X-Total-Count"], "Link" in head.headers) == ("5", False)


def test_headers_hold_what_a_client_sends_harmlessly(run):
    answer = ask(run, "/events?n=0&re=0&cid=%3E%0d%0aX:%20y%ff&s=0")
    assert answer.status == 200
    assert "X" not in answer.headers
    answer = ask(run, "/events?n=0&cid=%3E%0d%0aX:%20y|one&re")
    assert answer.headers["Link"] == '</events?n=0&cid=%3E%0D%0AX%3A+y%7Cone&re=&s=0>; rel="next"'


def test_html_begins_with_the_newest(run):
    text = ask(run, "/events?n=2", headers=BROWSER).text
    assert "2 of 5" in text
    following = "/events?n=2&amp;sort=-number&amp;after=3%3A3"
    assert f'<a href="{following}" rel="next">next</a>' in text
    assert re.findall(r'<tr><td class="number"[^>]*>(\d+)', text) == ["4", "3"]
    assert '<a href="/events" aria-current="page">Events</a>' in text


def test_html_names_each_day_once():
    found = packets(">INVITE <200 >ACK >BYE <200", "today")
    run = run_of(found + packets(">INVITE <200", "tomorrow", BEGIN + 7200 * SECOND))
    text = ask(run, "/events", headers=BROWSER).text
    days = re.findall(r'<th scope="rowgroup" colspan="9">(.*?)</th>', text)
    assert days == ["2023-11-15", "2023-11-14"]


def test_html_of_nothing(run):
    assert "No event fits." in ask(run, "/events?cid=nobody", headers=BROWSER).text


def test_what_is_on_the_wire_is_no_html():
    headers = {
        "From": f'"{SCRIPT}" <sip:{SCRIPT}@example.com>;tag=1',
        "To": f"<sip:x@example.com?subject={SCRIPT}>",
        "User-Agent": SCRIPT,
        "Call-ID": SCRIPT,
    }
    call = Scenario("evil").uac("INVITE", headers=headers).uac("BYE", headers=headers)
    call.uac(f"\x13 {SCRIPT}".encode())
    run = run_of(call.packets())
    text = ask(run, f"/events?cid={SCRIPT}", headers=BROWSER).text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>" not in text
    assert "<script>" not in ask(run, "/events", headers=BROWSER).text


def test_the_form(run):
    check_golden("events_query", ask(run, "/events/query").text)
    text = ask(run, "/events/query", headers=BROWSER).text
    assert '<form action="/events" method="get"' in text
    assert '<option value="uas">' in text
    assert {"name": "cid", "about": "Call-ID"} in ask(run, "/events/query?format=json").json()[
        "filters"
    ]
    assert ask(run, "/events/query?x=1").status == 400


def test_what_the_form_sends(run):
    assert numbers(run, "/events?filter=name&val=&s=&n=") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=type+%3D+call-end", [1]),
        ("q=status+>%3D+400+or+error.reason+!%3D+''", [2, 3, 4]),
        ("q=duration+>+5+and+from+~+'^alice'", [1]),
        ("q=age+<+1h&n=2", [0, 1]),
        ("q=type+%3D+call-end&cid=busy", []),
        ("sort=-number", [4, 3, 2, 1, 0]),
        ("sort=type", [0, 1, 4, 3, 2]),
        ("sort=-status&n=3", [4, 1, 0]),
        ("sort=duration&n=2", [1, 0]),
        ("sort=-time&q=status+%3D+200", [1, 0]),
    ],
)
def test_expressions_and_order(run, query, expected):
    assert numbers(run, f"/events?{query}") == expected


@pytest.mark.parametrize("query", ["sort=-number&n=3", "n=3"])
def test_without_anything_to_look_for_only_what_is_shown_is_read(query, monkeypatch):
    run = many(600)
    read = []

    def blocks(ring: EventRing, numbers: Sequence[int]) -> Iterator[Any]:
        read.append(len(numbers))
        yield ring.read(numbers[0], len(numbers)), numbers

    monkeypatch.setattr(events, "_blocks", blocks)
    path, seen = f"/events?{query}&format=json", []
    for _ in range(3):
        page = ask(run, path).json()
        assert page["matched"] == 1200
        seen += [event["number"] for event in page["events"]]
        path = page["next"]
    assert seen == (list(range(1199, 1190, -1)) if "sort" in query else list(range(9)))
    assert read == [4, 4, 4]


def test_the_newest_from_a_number_on():
    run = many(4)
    assert numbers(run, "/events?sort=-number&s=5") == [7, 6, 5]
    assert numbers(run, "/events?sort=-number&s=5&n=2&after=7%3A7") == [6, 5]
    assert numbers(run, "/events?sort=-number&after=99%3A99&n=1") == [7]
    assert numbers(run, "/events?sort=-number&after=0%3A0") == []


def test_sorted_pages_follow_one_another():
    run = many(7)
    path, seen = "/events?n=4&sort=-status&format=json", []
    while path:
        page = ask(run, path).json()
        assert page["sorted"] == "-status"
        seen += [event["number"] for event in page["events"]]
        path = page["next"]
    assert seen == list(reversed(range(14)))


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("q=status+%3D+x", 'q: status: "x" is not a status such as 404 or 4xx'),
        ("q=naem+%3D+x", 'q: "naem" is no field of events; did you mean name?'),
        ("sort=naem", 'sort: "naem" is no field of events; did you mean name?'),
        ("sort=time&after=x", 'after: "x" is no place in this list'),
        ("q=type&q=status", "q: it is given 2 times; once is enough"),
    ],
)
def test_expressions_and_orders_that_are_none(run, query, reason):
    answer = ask(run, f"/events?{query}")
    assert (answer.status, answer.text.splitlines()[0]) == (400, reason)


def test_html_sorts_by_the_heads_of_columns(run):
    text = ask(run, "/events?sort=-status&q=status&n=2", headers=BROWSER).text
    heads = dict(re.findall(r'aria-sort="(\w+)"><a href="([^"]+)"', text))
    assert heads["descending"] == "/events?q=status&amp;n=2&amp;sort=status"
    links = re.findall(r'aria-sort="none"><a href="([^"]+)"', text)
    assert "/events?q=status&amp;n=2&amp;sort=duration" in links
    assert "/events?q=status&amp;n=2" in links
    assert len(links) == 8
    assert 'name="q" value="status"' in text
    assert '<input type="hidden" name="sort" value="-status">' in text
    assert 'scope="rowgroup"' not in text, "days would alternate"
    assert re.search(r">\d{4}-\d\d-\d\d \d\d:", text)


def test_html_translates_filters(run):
    text = ask(run, "/events?cid=one&status=2&re", headers=BROWSER).text
    assert (
        'As a filter: <a href="/events?q=status+~+2+and+call_id+~+one">'
        "<code>status ~ 2 and call_id ~ one</code></a>"
    ) in text
    assert "As a filter" not in ask(run, "/events?q=status", headers=BROWSER).text


@pytest.mark.parametrize(
    ("query", "stream"),
    [
        ("sort=-number", "/events/stream?"),
        ("sort=-time&n=5", "/events/stream?"),
        ("sort=-number&q=status+%3D+200&cid=x&re", "/events/stream?q=status+%3D+200&cid=x&re="),
        ("", None),
        ("sort=number", None),
        ("sort=-status", None),
        ("sort=time", None),
        ("sort=-number&s=1", None),
        ("sort=-number&after=9:9", None),
    ],
)
def test_html_goes_on_where_it_begins_with_the_newest(run, query, stream):
    text = ask(run, f"/events?{query}", headers=BROWSER).text
    found = re.findall(r'<p class="tail" data-stream="([^"]*)" data-from="5" hidden>', text)
    assert [one.replace("&amp;", "&") for one in found] == ([] if stream is None else [stream])
    assert ("<template" in text) == bool(found)
    if found:
        assert '<a href="/events?sort=-number" aria-current="page">Live</a>' in text


def test_the_template_of_a_row_has_the_cells_of_one(run):
    """What a script puts there looks like what stands there."""
    text = ask(run, "/events?sort=-number&n=1&q=type+%3D+call-end", headers=BROWSER).text
    template = re.findall(r"<template.*?</template>", text)[0]
    (row,) = re.findall(r'<tr><td class="number"[^>]*>\d.*?</tr>', text)

    def cells(html: str) -> list[str]:
        return re.findall(r"<td[^>]*>", re.sub(r' data-cell="\w+"', "", html))

    assert cells(template) == cells(row)
