"""The pages of registrations."""

import csv
import re

import pytest

from sipcm.run import Run
from sipcm.state.bindings import BindingTable
from tests.goldenpage import check_golden
from tests.registrations import many, phone, registered
from tests.scenario import Scenario
from tests.webharness import ask, run_of

SCRIPT = "<script>alert(1)</script>"
BROWSER = {"Accept": "text/html"}


def traffic() -> Scenario:
    """Alice has two contacts, Bob has renewed, Carol has gone, Dave's phone names its device."""
    alice, bob, carol, dave = (
        phone(name, number) for number, name in enumerate(("alice", "bob", "carol", "dave"), 1)
    )
    device = '<sip:Dave@192.0.2.4:5062;ob>;+sip.instance="<urn:uuid:4>";reg-id=1'
    return Scenario("registrations").join(
        registered(alice),
        registered(bob, at="1s", expires=60),
        registered(alice, "<sip:alice@198.51.100.9;transport=tcp>", at="2s", call="alice, desk"),
        registered(carol, at="3s"),
        registered(dave, device, at="4s"),
        registered(bob, at="20s", expires=60, call="bob again"),
        registered(carol, at="21s", expires=0, call="carol goes"),
    )


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(traffic().packets())


def table_of(run: Run) -> BindingTable:
    return run.pipeline.tracker.registrar.bindings


def numbers(run: Run, path: str) -> list[int]:
    return [
        binding["number"]
        for binding in ask(run, path, headers={"Accept": "application/json"}).json()["bindings"]
    ]


# The table


def test_the_table_as_text(run):
    check_golden("regs", ask(run, "/regs").text)


def test_the_limits_as_text():
    run = run_of(many(4).packets(), regs_max_entries=8, regs_max_mem=16)
    assert "Limits: 8 entries (50% used) 16 Kb memory (" in ask(run, "/regs").text


def test_the_table_as_json():
    run = run_of(many(7).packets(), regs_max_entries=5, regs_max_mem=64)
    page = ask(run, "/regs?format=json").json()
    taken = page.pop("memory"), page.pop("most_memory")
    assert page == {
        "entries": 5,
        "most_entries": 5,
        "leaving": 0,
        "begun": 7,
        "evicted": 2,
        "evicted_crowd": 0,
        "limit": 5,
        "memory_limit": 65_536,
        "aors": 3,
        "longest_chain": 2,
    }
    assert 5 * 430 < taken[0] <= taken[1] < 5 * 1000


def test_those_that_leave_are_counted():
    gone = [registered(phone("a")), registered(phone("a"), at="1s", expires=0, call="gone")]
    run = run_of(Scenario("leaves").join(*gone).packets(), reg_del_delay=10)
    page = ask(run, "/regs?format=json").json()
    assert (page["entries"], page["leaving"]) == (1, 1)


def test_the_table_as_html(run):
    text = ask(run, "/regs", headers=BROWSER).text
    assert "<dt>Registered now</dt><dd>4</dd>" in text
    assert "<dt>Addresses-of-record</dt><dd>3</dd>" in text
    assert "<dt>Limit of memory</dt><dd>none</dd>" in text
    limited = ask(run_of([], regs_max_mem=2048), "/regs", headers=BROWSER).text
    assert "<dt>Limit of memory</dt><dd>2\u202f048 kB</dd>" in limited


# The list


def test_the_list_as_text(run):
    check_golden("regs_list", ask(run, "/regs/list").text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 4]),
        ("s=3", [4]),
        ("aor=alice", [0, 2]),
        ("aor=ALICE", []),
        ("contact=transport", [2]),
        ("contact=Dave", [4]),
        ("contact=dave", []),
        ("contact=sip:bob@192.0.2.2:5060&exact=1", [1]),
        ("contact=sip:bob&exact=1", []),
        ("src=192.0.2.1&exact", [0, 2]),
        ("ua=Atlanta", [0, 1, 2, 4]),
        ("cid=bob-again", [1]),
        ("filter=contact&val=198.51", [2]),
        ("filter=aor&val=", [0, 1, 2, 4]),
        ("aor=alice&contact=198", [2]),
        ("aor=^sip:(bob|dave)@&re", [1, 4]),
        ("contact=(?i)DAVE&re=1", [4]),
    ],
)
def test_filters(run, query, expected):
    assert numbers(run, f"/regs/list?{query}") == expected


def test_csv(run):
    answer = ask(run, "/regs/list?format=csv")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [row["number"] for row in rows] == ["0", "1", "2", "4"]
    assert rows[1]["sip.call_id"] == "bob-again@192.0.2.2"
    assert rows[3]["device"] == "<urn:uuid:4>;1"
    assert answer.headers["Content-Disposition"] == 'inline; filename="bindings.csv"'


def test_html(run):
    text = ask(run, "/regs/list?aor=alice&n=1", headers=BROWSER).text
    assert '<input type="search" name="aor" value="alice"' in text
    (following,) = set(re.findall('<a href="([^"]*)" rel="next">next</a>', text))
    assert following == "/regs/list?aor=alice&amp;n=1&amp;sort=-number&amp;after=2%3A2"
    assert "sip:alice<wbr>@example.com" in text
    assert '<td class="wire">192.0.2.1<wbr>:5060</td>' in text
    assert "No registration fits." in ask(run, "/regs/list?aor=nobody", headers=BROWSER).text


def rows_of(html: str) -> list[list[str]]:
    """Return the texts of the cells of each row below the head, groups of rows in one."""
    table = html.partition("</thead>")[2].partition("</table>")[0]
    return [
        [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall("<t[hd].*?</t[hd]>", row)]
        for row in re.findall("<tr>.*?</tr>", table)
    ]


def test_html_by_address_of_record(run):
    """Each with all its bindings below it: where, from where, by what, until when."""
    text = ask(run, "/regs/list?sort=aor", headers=BROWSER).text
    assert '<a href="/regs/list?sort=aor" aria-current="page">By AOR</a>' in text
    rows = rows_of(text)
    assert [row[0] for row in rows] == [
        "sip:alice@example.com 2 contacts",
        "0",
        "2",
        "sip:bob@example.com 1 contact",
        "1",
        "sip:dave@example.com 1 contact",
        "4",
    ]
    assert rows[1][2:5] == ["sip:alice@192.0.2.1:5060", "192.0.2.1:5060", "Atlanta Phone/1.0"]
    assert rows[1][1] == "events signalling"
    assert text.count("<tbody>") == 3
    text = ask(run, "/regs/list", headers=BROWSER).text
    assert ["2 contacts" in row[1] for row in rows_of(text)] == [False, True, False, True]


def test_html_stays_fresh_where_that_costs_little(run):
    fresh = '<div id="fresh" data-fresh>'
    for query in ("", "?sort=aor", "?aor=alice"):
        assert fresh in ask(run, f"/regs/list{query}", headers=BROWSER).text
    crowd = run_of(many(2010).packets())
    assert fresh in ask(crowd, "/regs/list", headers=BROWSER).text
    for query in ("sort=aor", "aor=user1", "n=101"):
        assert '<div id="fresh">' in ask(crowd, f"/regs/list?{query}", headers=BROWSER).text


def test_html_leads_to_the_events_of_who_is_registered(run):
    text = ask(run, "/regs/list?aor=bob", headers=BROWSER).text
    path = "/events?tu=sip%3Abob%40example.com&amp;exact=1"
    assert f'<a href="{path}">events</a>' in text
    found = ask(run, path.replace("&amp;", "&") + "&format=json").json()["events"]
    assert [event["type"] for event in found] == ["reg-new"]


def test_html_tells_of_those_that_leave():
    gone = [registered(phone("a")), registered(phone("a"), at="1s", expires=0, call="gone")]
    run = run_of(Scenario("leaves").join(*gone).packets(), reg_del_delay=10)
    assert "leaving" in ask(run, "/regs/list", headers=BROWSER).text


def test_what_is_on_the_wire_is_no_html():
    headers = {
        "From": f"<sip:{SCRIPT}@example.com>;tag=1",
        "To": f"<sip:{SCRIPT}@example.com>",
        "Contact": f"<sip:{SCRIPT}@host>;+sip.instance={SCRIPT}",
        "User-Agent": SCRIPT,
        "Call-ID": SCRIPT,
    }
    answer = {name: headers[name] for name in ("From", "To", "Contact", "Call-ID")}
    evil = Scenario("evil").uac("REGISTER", headers=headers).uas(200, headers=answer)
    run = run_of(evil.packets())
    assert table_of(run).active.value == 1
    text = ask(run, f"/regs/list?cid={SCRIPT}", headers=BROWSER).text
    assert text.count("&lt;script") > 3
    assert "<script>" not in text


def test_the_form(run):
    check_golden("regs_list_query", ask(run, "/regs/list/query").text)
    text = ask(run, "/regs/list/query", headers=BROWSER).text
    assert '<form action="/regs/list" method="get"' in text
