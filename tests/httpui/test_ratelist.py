"""The list of senders of events."""

import csv
from typing import Any

import pytest

from sipcm.clock import SECOND
from sipcm.httpui.patience import Turns
from sipcm.run import Run
from sipcm.state.events import CALL_END, MSG_PROBE, PARSE_ERROR, Event
from tests.goldenpage import check_golden
from tests.stage import BEGIN, packets
from tests.webharness import ask, run_of

PATH = "/evrateblst/list"
ADDRESSES = {
    "10.0.0.1": b"\x0a\x00\x00\x01",
    "10.0.0.20": b"\x0a\x00\x00\x14",
    "192.0.2.1": b"\xc0\x00\x02\x01",
    "2001:db8::1": bytes.fromhex("20010db8000000000000000000000001"),
}
JSON = {"Accept": "application/json"}


def bring(run: Run, address: str, count: int, kind: int = MSG_PROBE, after: int = 0) -> None:
    """Let *count* events come at once, *after* nanoseconds."""
    clock = run.pipeline.clock
    for _ in range(count):
        event = Event(kind, clock.now + after)
        event.client = ADDRESSES[address]
        run.pipeline.ring.add(event, clock.now + after)


def flood() -> Run:
    """Return a run that a few senders have flooded; another packet comes two seconds later."""
    begin, end = packets(">OPTIONS"), packets(">OPTIONS", begin=BEGIN + 2 * SECOND)
    run = run_of([*begin, *end], evr_limits=(20, 240, 3600))
    bring(run, "10.0.0.1", 500)
    bring(run, "10.0.0.20", 8, PARSE_ERROR)
    bring(run, "192.0.2.1", 3)
    bring(run, "192.0.2.1", 30, CALL_END)
    bring(run, "2001:db8::1", 1)
    return run


@pytest.fixture(scope="module")
def run() -> Run:
    return flood()


def numbers(run: Run, query: str = "") -> list[int]:
    page = ask(run, f"{PATH}?{query}", headers=JSON).json()
    return [sender["number"] for sender in page["senders"]]


def test_text(run):
    check_golden("evrateblst_list", ask(run, PATH).text)
    check_golden("evrateblst_list_query", ask(run, f"{PATH}/query").text)


def test_the_head_is_that_of_the_original(run):
    head = ask(run, f"{PATH}?n=0").text.split("\n")
    assert head[0] == (
        'Event Rate Blacklist (filter: from 0 max 0 matches, match against "" regexp false '
        "ip false ridx -1 rval 0):"
    )
    assert head[1:4] == ["", "Total:  events: 542, blst type 0 ,blst rate 490, failed blst 0", ""]
    asked = ask(run, f"{PATH}?ip=10.0.0.0/8&ridx=1&rate=2.5&s=1&n=3").text.split("\n")[0]
    assert asked.endswith(
        'from 1 max 3 matches, match against "10.0.0.0/8" regexp false ip true ridx 1 rval 2.5):'
    )
    asked = ask(run, f"{PATH}?ip=^10&re").text.split("\n")[0]
    assert asked.endswith('match against "^10" regexp true ip false ridx -1 rval 0):')


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("n=2", [0, 1]),
        ("s=3", [3, 4]),
        ("s=1&n=1", [1]),
        ("s=9", []),
        ("ip=10.0.0.1", [0]),
        ("ip=10.0.0.2", []),
        ("ip=10.0.0.0/24", [0, 1]),
        ("ip=10.0.0.7/24", [0, 1]),
        ("ip=0.0.0.0/0", [0, 1, 2, 3]),
        ("ip=192.0.2.1", [2, 3]),
        ("ip=2001:db8::/32", [4]),
        ("ip=2001:DB8::1", [4]),
        ("ip=::/0", [4]),
        ("ip=^10&re", [0, 1]),
        ("ip=0.1$&re=1", [0]),
        ("ip=:&re=1", [4]),
        ("val=1", [0, 3]),
        ("val=0", [1, 2, 4]),
        ("val=-1", [0, 1, 2, 3, 4]),
        ("rate=8", [0, 1, 3]),
        ("rate=8&rop=>=", [0, 1, 3]),
        ("rate=8&rop=<", [2, 4]),
        ("rate=8.5&rop=<&ridx=2", [1, 2, 4]),
        ("rate=0", [0, 1, 2, 3, 4]),
        ("rate=&ridx=0&rop=<&val=-1&ip=&s=&n=5", [0, 1, 2, 3, 4]),
        ("val=1&ip=192.0.2.0/24&rate=30", [3]),
        ("q=exceeded", [0, 3]),
        ("q=ip+in+10.0.0.0/8+and+not+type+%3D+msg-probe", [1]),
        ("q=rate0+%3C+30&val=0&ip=^1&re", [1, 2]),
        ("q=+&val=1", [0, 3]),
    ],
)
def test_filters(run, query, expected):
    assert numbers(run, query) == expected


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("cid=x", '"cid": unknown parameter; known are ip, re'),
        ("ip=10.0.0", 'ip: "10.0.0" is neither an address nor a network such as 192.0.2.0/24'),
        ("ip=10.0.0.1/33", 'ip: "10.0.0.1/33" is neither an address nor a network'),
        ("ip=(&re", 'ip: "(" is not a regular expression: missing )'),
        ("ip=" + "x" * 300 + "&re", "ip: a regular expression has at most 256 characters"),
        ("rate=fast", 'rate: "fast" is not a number such as 20 or 0.5'),
        ("rate=-1", 'rate: "-1" is not a number'),
        ("rate=1e9", 'rate: "1e9" is not a number'),
        ("rate=1.2.3", 'rate: "1.2.3" is not a number'),
        ("rate=nan", 'rate: "nan" is not a number'),
        ("rop=>", 'rop: ">" is not one of >=, <'),
        ("ridx=3", 'ridx: "3" is not a whole number from 0 to 2'),
        ("val=2", 'val: "2" is not one of -1, 0, 1'),
        ("n=-1", 'n: "-1" is not a whole number'),
        ("sort=naem", 'sort: "naem" is no field of senders; did you mean name?'),
        ("after=1", "after: it is missing what sort is"),
        ("sort=events&after=x", 'after: "x" is no place in this list'),
    ],
)
def test_bad_parameters(run, query, reason):
    answer = ask(run, f"{PATH}?{query}")
    assert answer.status == 400
    assert answer.text.startswith(reason)
    assert answer.text.count("\n") == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=number", [0, 1, 2, 3, 4]),
        ("sort=-number&s=1&n=2", [4, 3]),
        ("sort=-events", [0, 3, 1, 2, 4]),
        ("sort=events&n=3", [4, 2, 1]),
        ("sort=-rate1&val=1", [0, 3]),
        ("sort=ip", [0, 1, 2, 3, 4]),
        ("sort=-type&q=over+%3D+0", [4, 2, 1]),
        ("sort=-last_over", [3, 0, 4, 2, 1]),
    ],
)
def test_orders(run, query, expected):
    assert numbers(run, query) == expected


def test_a_sorted_list_goes_on_behind_its_last_entry(run):
    found, following = [], f"{PATH}?sort=-events&n=2&format=json"
    while following:
        page = ask(run, following).json()
        assert (page["matched"], page["sorted"]) == (5, "-events")
        found += [sender["number"] for sender in page["senders"]]
        following = page["next"]
    assert found == [0, 3, 1, 2, 4]


def test_a_mistake_in_an_expression_has_its_place(run):
    answer = ask(run, f"{PATH}?q=exceeded+and+reit0+%3E+5&format=json")
    assert (answer.status, answer.json()["position"]) == (400, 13)


def test_what_is_asked_for_is_one_expression(run):
    query = "val=0&ip=10.0.0.7/24&rate=0.5&rop=<&ridx=1&sort=-ip&q=events>1"
    page = ask(run, f"{PATH}?{query}&format=json").json()
    assert page["selected"] == "ip = 10.0.0.7/24 and not exceeded and rate1 < 0.5 and events > 1"
    assert page["sorted"] == "-ip"
    text = ask(run, f"{PATH}?{query}&format=text").text.split("\n")[0]
    assert text.endswith('ridx 1 rval 0.5 q "events>1" sorted by -ip):')
    html = ask(run, f"{PATH}?{query}&format=html").text
    link = f"{PATH}?sort=-ip&amp;q=ip+%3D+10.0.0.7%2F24+and+not+exceeded+and+rate1+%3C+0.5"
    assert f'<a href="{link}+and+events+%3E+1">' in html
    assert "As a filter" not in ask(run, f"{PATH}?val=-1&rop=<&ridx=1&format=html").text
    asked = ask(run, f"{PATH}?ip=^1&re=1&format=json").json()["selected"]
    assert asked == 'ip ~ "^1"'


def test_heads_of_columns_sort(run):
    html = ask(run, f"{PATH}?val=1&sort=-rate0&format=html").text
    assert f'aria-sort="descending"><a href="{PATH}?val=1&amp;sort=rate0">per 1s</a>' in html
    assert f'aria-sort="none"><a href="{PATH}?val=1&amp;sort=ip">Sender</a>' in html
    assert '<input type="hidden" name="sort" value="-rate0">' in html


def test_rates_are_those_of_now():
    """What was over a limit stays so until its next event, but its rate falls."""
    run = flood()
    assert numbers(run, "rate=400") == [0]
    run.pipeline.clock.run_on(BEGIN + 12 * SECOND)
    assert numbers(run, "rate=400") == []
    assert numbers(run, "rate=400&ridx=1") == [0]
    assert numbers(run, "val=1") == [0, 3]


def test_how_it_goes_on(run):
    answer = ask(run, f"{PATH}?n=2&ip=^1&re=1&format=json")
    page = answer.json()
    following = f"{PATH}?n=2&ip=%5E1&re=1&format=json&s=2"
    assert (page["matched"], page["shown"], page["first"], page["next"]) == (4, 2, 0, following)
    assert answer.headers["X-Total-Count"] == "4"
    assert answer.headers["Link"] == f'<{following}>; rel="next"'
    page = ask(run, following).json()
    assert [sender["number"] for sender in page["senders"]] == [2, 3]
    assert page["next"] is None
    assert ask(run, f"{PATH}?n=4").text.endswith(
        f"\n\n5 matches in all, the next: {PATH}?n=4&s=4\n"
    )


def test_json(run):
    page = ask(run, f"{PATH}?n=1&format=json").json()
    (sender,) = page.pop("senders")
    assert page == {
        "on": True,
        "entries": 5,
        "matched": 5,
        "shown": 1,
        "first": 0,
        "next": f"{PATH}?n=1&format=json&s=1",
        "selected": None,
        "sorted": None,
    }
    assert (sender["type"], sender["ip"], sender["over"]) == ("msg-probe", "10.0.0.1", 480)


def test_csv(run):
    answer = ask(run, f"{PATH}?format=csv")
    assert answer.headers["Content-Disposition"] == 'inline; filename="senders.csv"'
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [row["ip"] for row in rows][::4] == ["10.0.0.1", "2001:db8::1"]
    assert (rows[0]["events"], rows[0]["exceeded"], rows[0]["rate1.value"]) == (
        "500",
        "true",
        "500.0",
    )
    assert rows[4]["last_over"] == ""


def test_html(run):
    text = ask(
        run, f"{PATH}?val=1&rate=2&rop=<&ridx=1&ip=^1&re", headers={"Accept": "text/html"}
    ).text
    assert "No sender fits." in text
    for part in (
        'name="ip" value="^1"',
        'name="re" value="1" checked',
        '<option value="1" selected>yes',
        '<option value="1" selected>1m0s',
        '<option value="&lt;" selected>&lt;',
        'name="rate" value="2"',
    ):
        assert part in text
    text = ask(run, PATH, headers={"Accept": "text/html"}).text
    assert '<a href="/events?name=msg-probe&amp;src=10.0.0.1&amp;exact=1">10.0.0.1</a>' in text
    assert "No rate is limited" not in text


def test_the_link_of_a_sender_finds_its_events(run):
    page = ask(run, "/events?name=msg-probe&src=192.0.2.1&exact=1&format=json").json()
    assert page["matched"] == 3


def test_without_limits_it_says_so():
    run = run_of([])
    assert ask(run, PATH).text.endswith("failed blst 0\n\n0 matches in all\n")
    assert "No rate is limited" in ask(run, PATH, headers={"Accept": "text/html"}).text
    assert ask(run, f"{PATH}?format=json").json()["on"] is False


def test_senders_that_go_while_they_are_read_are_passed_over(monkeypatch):
    run = flood()
    table = run.pipeline.ring.rates.table
    monkeypatch.setattr(Turns, "over", lambda _self: True)
    seen = {table.by_key[key].number for key in next(filter(None, table.by_key.lots()))}
    left: list[set[int]] = []

    async def forget(_self: Any) -> None:
        if not left:
            table.force(3, 10)
            left.append({table.by_key[key].number for key in table.by_key})

    monkeypatch.setattr(Turns, "next", forget)
    assert numbers(run) == sorted(seen | left[0])
    assert len(left[0]) < 5
