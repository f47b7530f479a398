"""What the pages of calls and those of registrations have in common."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from sipcm.clock import SECOND
from sipcm.httpui import entries
from sipcm.httpui.patience import Turns
from sipcm.run import Run
from sipcm.select.bindingfields import BINDINGS
from sipcm.select.callfields import CALLS
from sipcm.select.kinds import FLAG
from sipcm.state.bindings import Binding
from sipcm.state.calls import Call
from tests.registrations import many
from tests.stage import BEGIN, packets
from tests.webharness import Answer, ask, run_of

BROWSER = {"Accept": "text/html"}


class Kind(NamedTuple):
    """Entries of a run as their pages show them: ``table`` is the page of totals."""

    run: Run
    table: str
    rows: str

    def ask(self, query: str, method: str = "GET") -> Answer:
        return ask(self.run, f"{self.table}/list?{query}", method=method)

    def numbers(self, query: str) -> list[int]:
        page = self.ask(f"{query}&format=json").json()
        return [entry["number"] for entry in page[self.rows]]

    def held(self) -> list[Any]:
        tracker = self.run.pipeline.tracker
        return [*tracker.calls.held(), *tracker.registrar.bindings.held()]

    def leave(self, number: int) -> None:
        """Let the entry of that *number* leave."""
        tracker = self.run.pipeline.tracker
        (gone,) = (entry for entry in self.held() if entry.number == number)
        if isinstance(gone, Call):
            tracker.calls.remove(gone)
        else:
            assert isinstance(gone, Binding)
            tracker.registrar.bindings.remove(gone)


def calls(count: int) -> Run:
    """Return a run with so many calls, two to a Call-ID."""
    found = []
    for number in range(0, count, 2):
        script = ">INVITE <180/b <180/c" if number + 1 < count else ">INVITE"
        found += packets(script, f"call-{number}", BEGIN + number * SECOND // 100)
    return run_of(found)


def bindings(count: int) -> Run:
    """Return a run with so many bindings, two to an AOR, and no call."""
    run = run_of(many(count).packets())
    table = run.pipeline.tracker.calls
    for call in table.held():
        table.remove(call)
    return run


def kind_of(name: str, count: int) -> Kind:
    if name == "calls":
        return Kind(calls(count), "/calls", "calls")
    return Kind(bindings(count), "/regs", "bindings")


@pytest.fixture(params=["calls", "bindings"])
def kind(request) -> Kind:
    """Give five entries."""
    return kind_of(request.param, 5)


@pytest.fixture(params=["calls", "bindings"])
def crowd(request) -> Kind:
    """Give twenty entries."""
    return kind_of(request.param, 20)


# The table


@pytest.mark.parametrize(
    "query", ["", "&sort=-number", "&sort=client", "&q=number+%3E+0&sort=client"]
)
def test_as_many_as_may_be_asked_for(kind, query):
    assert len(kind.numbers(f"n={(1 << 63) - 1}{query}")) == 5 - query.startswith("&q")


def test_totals(kind):
    page = ask(kind.run, f"{kind.table}?format=json").json()
    assert (page["entries"], page["begun"], page["most_entries"]) == (5, 5, 5)
    assert (page["evicted"], page["longest_chain"]) == (0, 2)
    assert page["memory_limit"] == 0 < page["memory"] <= page["most_memory"]


def test_the_longest_chain_is_counted_in_turns(kind, monkeypatch):
    waits = []

    async def note(_self):
        waits.append(True)

    monkeypatch.setattr(Turns, "over", lambda _self: True)
    monkeypatch.setattr(Turns, "next", note)
    assert ask(kind.run, f"{kind.table}?format=json").json()["longest_chain"] == 2
    assert waits


@pytest.mark.parametrize("query", ["n=1", "format=csv", "format=x"])
def test_the_table_takes_no_parameters(kind, query):
    answer = ask(kind.run, f"{kind.table}?{query}")
    assert answer.status == 400
    assert query.partition("=")[0] in answer.text


# The list


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("n=2", [0, 1]),
        ("n=0", []),
        ("s=2&n=2", [2, 3]),
        ("s=4", [4]),
        ("s=5", []),
        ("s=999999999", []),
    ],
)
def test_so_many_from_there_on(kind, query, expected):
    assert kind.numbers(query) == expected


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("x=y", '"x": unknown parameter'),
        ("n=-1", 'n: "-1" is not a whole number'),
        ("n=1.5", 'n: "1.5" is not a whole number'),
        ("s=x", 's: "x" is not a whole number'),
        ("re=x", 're: "x" is not one of 1, true'),
        ("exact=x", 'exact: "x" is not one of 1, true'),
        ("cid=x&re&exact", "exact: it does not go together with re"),
        ("filter=x&val=y", 'filter: "x" is not one of '),
        ("val=x", "filter: it is missing beside val"),
        ("cid=[&re", 'cid: "[" is not a regular expression: missing ]: ['),
    ],
)
def test_bad_parameters(kind, query, reason):
    answer = kind.ask(query)
    assert answer.status == 400
    assert answer.text.startswith(reason)
    assert answer.text.count("\n") == 1


def test_json_says_how_many_there_are(kind):
    page = kind.ask("n=1&s=1&format=json").json()
    (entry,) = page.pop(kind.rows)
    assert page == {
        "entries": 5,
        "begun": 5,
        "matched": 5,
        "shown": 1,
        "first": 1,
        "next": f"{kind.table}/list?n=1&format=json&s=2",
        "selected": None,
        "sorted": None,
    }
    assert entry["number"] == 1


def test_the_text_says_how_to_go_on(kind):
    end = f"5 matches in all, the next: {kind.table}/list?n=4&s=4\n"
    assert kind.ask("n=4").text.endswith(end)


@pytest.mark.parametrize("face", ["text", "html", "json", "csv"])
def test_headers_say_how_many_there_are(kind, face):
    answer = kind.ask(f"n=2&s=1&format={face}")
    assert answer.headers["X-Total-Count"] == "5"
    assert answer.headers["Link"] == f'<{kind.table}/list?n=2&format={face}&s=3>; rel="next"'
    name = answer.headers.get("Content-Disposition")
    assert name == (f'inline; filename="{kind.rows}.csv"' if face == "csv" else None)
    assert "Link" not in kind.ask(f"s=1&format={face}").headers


def test_head(kind):
    answer = kind.ask("n=3", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["X-Total-Count"] == "5"


def test_pages_follow_one_another_whatever_goes_between(crowd):
    seen, query = [], "n=6"
    for leaves in (1, 15, 16, 3):
        page = crowd.ask(f"{query}&format=json").json()
        seen += [entry["number"] for entry in page[crowd.rows]]
        if page["next"]:
            _, _, query = page["next"].removesuffix("&format=json").partition("?")
            query = query.replace("&format=json", "")
        crowd.leave(leaves)
    assert seen == [*range(15), *range(16, 20)]
    assert page["next"] is None


def test_what_leaves_during_the_search(crowd, monkeypatch):
    async def leave(_self):
        if held := crowd.held():
            crowd.leave(max(entry.number for entry in held))

    monkeypatch.setattr(entries, "BLOCK", 1)
    monkeypatch.setattr(Turns, "over", lambda _self: True)
    monkeypatch.setattr(Turns, "next", leave)
    found = crowd.numbers("")
    assert 0 < len(found) < 20
    assert found == list(range(len(found)))


def test_expressions_and_order(kind):
    assert kind.numbers("q=number+>%3D+2") == [2, 3, 4]
    assert kind.numbers("q=number+in+(1,9)") == [1]
    assert kind.numbers("sort=-number&n=2") == [4, 3]
    assert kind.numbers("sort=created") == [0, 1, 2, 3, 4]
    page = kind.ask("sort=-number&n=2&format=json&q=number+<+4").json()
    assert (page["matched"], page["sorted"], page["selected"]) == (4, "-number", "number < 4")
    assert (
        page["next"] == f"{kind.table}/list?sort=-number&n=2&format=json&q=number+%3C+4&after=2%3A2"
    )
    assert kind.numbers(page["next"].partition("?")[2].replace("format=json&", "")) == [1, 0]


@pytest.mark.parametrize(
    "query", ["n=3", "n=3&s=8", "n=3&s=19", "sort=-number&n=3", "sort=-number&n=3&after=12:12"]
)
def test_where_nothing_is_looked_for_only_what_is_shown_is_read(crowd, query, monkeypatch):
    seen: list[int] = []
    blocks = entries.Shown.blocks

    def watched(shown: Any, run: Run, numbers: Sequence[int]) -> Any:
        seen.extend(numbers)
        return blocks(shown, run, numbers)

    whole = crowd.ask(f"{query}&format=json&q=number+>%3D+0").json()
    monkeypatch.setattr(entries.Shown, "blocks", watched)
    page = crowd.ask(f"{query}&format=json").json()
    assert page[crowd.rows] == whole[crowd.rows]
    assert page["matched"] == whole["matched"] == 20
    assert (page["next"] is None) == (whole["next"] is None)
    assert len(seen) <= 4


def test_sorted_by_every_field(kind):
    """Each has an order, of which the other way round is the contrary."""
    table = CALLS if kind.rows == "calls" else BINDINGS
    for field in table.fields:
        if field.missing:
            continue  # no network has a name here
        there = kind.numbers(f"sort={field.name}")
        back = kind.numbers(f"sort=-{field.name}")
        assert sorted(there) == sorted(back) == [0, 1, 2, 3, 4], field.name
        known = len(kind.numbers(f"q={field.name}")) if field.kind is not FLAG else 5
        if known == 5:
            assert there == back[::-1], field.name


def test_html_sorts_by_the_heads_of_columns(kind):
    text = ask(kind.run, f"{kind.table}/list?sort=number", headers=BROWSER).text
    assert f'aria-sort="ascending"><a href="{kind.table}/list">No.</a>' in text
    for link in re.findall(r'aria-sort="none"><a href="([^"]+)"', text):
        sorted_page = ask(kind.run, link.replace("&amp;", "&"), headers=BROWSER)
        assert sorted_page.text.count('aria-sort="ascending"') == 1, link


def test_html_begins_with_the_newest(kind):
    def numbers(path: str) -> list[int]:
        text = ask(kind.run, path, headers=BROWSER).text
        return [
            int(number)
            for number in re.findall(r'<tr><td class="number"[^>]*>(?:<a [^>]*>)?(\d+)', text)
        ]

    path = f"{kind.table}/list"
    assert numbers(path) == [4, 3, 2, 1, 0]
    assert numbers(f"{path}?q=number+<+3") == [2, 1, 0]
    assert numbers(f"{path}?sort=number") == numbers(f"{path}?s=0") == [0, 1, 2, 3, 4]
    assert numbers(f"{path}?s=3") == [3, 4]
    assert kind.numbers("") == [0, 1, 2, 3, 4]
    text = ask(kind.run, f"{path}?n=2", headers=BROWSER).text
    assert f'aria-sort="descending"><a href="{path}?n=2&amp;sort=number">No.</a>' in text
    assert 'name="sort"' not in text
    following = f"{path}?n=2&sort=-number&after=3%3A3"
    assert f'<a href="{following.replace("&", "&amp;")}" rel="next">' in text
    assert numbers(following) == [2, 1]
    for face in ("text", "json", "csv"):  # those of what is seen
        assert f'href="{path}?n=2&amp;sort=-number&amp;format={face}"' in text


@pytest.mark.parametrize("query", ["n=3", "n=3&s=8", "sort=number&n=3"])
def test_where_html_begins_with_the_newest_only_what_is_shown_is_read(crowd, query, monkeypatch):
    seen: list[int] = []
    blocks = entries.Shown.blocks

    def watched(shown: Any, run: Run, numbers: Sequence[int]) -> Any:
        seen.extend(numbers)
        return blocks(shown, run, numbers)

    monkeypatch.setattr(entries.Shown, "blocks", watched)
    assert "3 of 20" in ask(crowd.run, f"{crowd.table}/list?{query}", headers=BROWSER).text
    assert len(seen) <= 4


def test_the_form_takes_no_parameters(kind):
    assert ask(kind.run, f"{kind.table}/list/query?n=1").status == 400
